"""The command line: words in, one use of the desk's parts, an exit status out.

A command is a module with `words`, which it understands, `run`, which does it, and EXAMPLES. Of
all commands only the one that is named is imported, so that none waits for another's libraries.
What the person at the keyboard can mend is one line on stderr, never a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from desk.errors import INTERRUPTED, NOT_DONE, DeskError

COMMANDS = {
    "run": ("desk.local", "run the whole system on this machine"),
    "check": ("desk.check", "tell what an upload would become"),
    "publish": ("desk.upload", "upload, wait, print the receipts"),
    "status": ("desk.status", "tell where uploads stand"),
    "restore": ("desk.restore", "upload an old revision again"),
    "rebuild": ("desk.rebuild", "derive the table again from the uploads"),
    "takedown": ("desk.takedown", "remove every trace of an article"),
    "export": ("desk.export", "give an article or all uploads back"),
    "import": ("desk.moving", "fill an empty stage with another's uploads"),
    "screenshots": ("desk.screenshots", "take the documentation's screenshots"),
    "redrive": ("desk.redrive", "replay what failed"),
    "doctor": ("desk.doctor", "tell what is wrong with a stage"),
    "logs": ("desk.logs", "show what the functions say"),
    "licences": ("desk.licences", "list what is shipped, and under which licence"),
    "deploy": ("desk.deploy", "deploy a stage to AWS"),
    "destroy": ("desk.destroy", "take a stage down but for its data"),
}


def main(words: list[str] | None = None) -> int:
    given = sys.argv[1:] if words is None else words
    try:
        arguments = understood(given)
        return int(arguments.run(arguments) or 0)
    except DeskError as error:
        print(f"desk {given[0]}: {error}", file=sys.stderr)
        return error.status
    except ModuleNotFoundError as error:
        mend = f"the module {error.name} is missing: remove .venv and run `make test`"
        print(f"desk {given[0]}: {mend}", file=sys.stderr)
        return NOT_DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the exit flushes stdout once more
        return NOT_DONE


def understood(words: list[str]) -> argparse.Namespace:
    """Return what *words* mean, with the command's `run`; it exits where they mean nothing."""
    parser = argparse.ArgumentParser(
        prog="python -m desk",
        description="Broadsheet's desk: for editors (check, publish, status, restore, export) "
        "and operators.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, about) in COMMANDS.items():
        added = commands.add_parser(
            name,
            help=about,
            description=about[0].upper() + about[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name in words:
            command = import_module(module)
            command.words(added)
            added.epilog = f"examples:\n{command.EXAMPLES}"
            added.set_defaults(run=command.run)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
