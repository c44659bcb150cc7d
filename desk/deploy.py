"""A stage on AWS: the stack, then the functions, then what Chalice cannot set, then the proof.

The order is Chalice's own pattern: `infra/` first, its outputs recorded in `.chalice/config.json`,
then `chalice deploy`, which from then on works alone. Every step begins with what the account
holds, not with what this machine remembers: a deployment that was cut off anywhere is finished
by the next one, from any machine, and a former commit is deployed like any other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from desk import bundle, configured, holdings
from desk.errors import DeskError
from desk.holdings import Holdings, Resource
from desk.planned import planned
from desk.smoke import smoke
from desk.stack import Change, Stack
from desk.stage import explained
from desk.terminal import say
from desk.venv import ROOT

MAX_EVENT_AGE_S = 6 * 3600  # Lambda's own limit: a longer outage than that is `reconcile`'s to mend
MAX_REPEATS = 2
API_PATH = "api"  # `api_gateway_stage` of .chalice/config.json

EXAMPLES = """\
  python -m desk deploy --stage prod --editors-email desk@courier.example
  python -m desk deploy --stage prod --dry-run
  python -m desk deploy --list"""


def deploy(stage: str, *, settings: Mapping[str, str]) -> str:
    """Bring *stage* to what this checkout says, and return the site's address.

    *settings* are parameters of the stack; those that are not given stay as they were. What is
    about to change is said before it is changed.
    """
    configured.check_name(stage)
    say(f"zip: {bundle.build()}")
    stack = Stack(stage)
    outputs = stack.apply(settings, about_to=lambda changes: _say_all(_told(changes)))
    with explained():
        held = Holdings(stage)
        for spare in held.spare_apis():
            say(f"the API {spare} calls this stage too: delete it if nobody reads there")
        api_id = held.api()
        address = held.address(api_id, API_PATH)
        configured.record(stage, outputs, public_url=held.domain() or address)
        wanted = planned(stage)
        resources = held.resources(wanted["functions"], outputs["UploadsBucket"])
        _say_all(_differences(wanted, resources))
        holdings.remember(stage, resources)
        chalice("deploy", stage)
        say("the failure queue, unknown addresses ...")
        held.send_failures_to(outputs["FailuresArn"], repeats=MAX_REPEATS, age_s=MAX_EVENT_AGE_S)
        held.answer_unknown_paths(api_id, API_PATH)
    return configured.recorded(stage).site


def changes(stage: str, *, settings: Mapping[str, str]) -> Iterator[str]:
    """Yield what `deploy` would change, and change nothing."""
    configured.check_name(stage)
    stack = Stack(stage)
    yield from _told(stack.planned(settings))
    outputs = stack.outputs()
    with explained(), _copied() as copy:
        configured.record(stage, outputs or stack.foretold(), root=copy)
        wanted = planned(stage, root=copy)
        held = Holdings(stage).resources(wanted["functions"], outputs.get("UploadsBucket"))
    yield from _differences(wanted, held)


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def _told(changes: Iterable[Change]) -> Iterator[str]:
    lines = [f"stack: {change}" for change in changes]
    yield from lines or ["stack: as it is, but perhaps for its parameters"]


def _differences(wanted: Mapping[str, Any], held: Iterable[Resource]) -> Iterator[str]:
    has = {resource["name"] for resource in held}
    makes = {name: f"{f['memory']} MB, {f['timeout']} s" for name, f in wanted["functions"].items()}
    makes |= {f"{name}_role": f["policy"] for name, f in wanted["functions"].items()}
    makes |= {f"{name}-event": every for name, every in wanted["schedules"].items()}
    makes |= {f"{name}-s3event": bucket for name, bucket, _ in wanted["uploads"]}
    makes |= {"rest_api": API_PATH}
    yield from (f"functions: make {n} ({about})" for n, about in makes.items() if n not in has)
    if updates := [name for name in makes if name in has]:
        yield f"functions: update {', '.join(updates)}"
    yield from (f"functions: delete {name}" for name in sorted(has - makes.keys()))


@contextmanager
def _copied() -> Iterator[Path]:
    """Give a copy of what Chalice reads of the checkout: recording writes into it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        kept = shutil.ignore_patterns("deployed", "deployments")
        shutil.copytree(ROOT / ".chalice", copy / ".chalice", ignore=kept)
        for name in ("app.py", "chalicelib", "desk"):
            (copy / name).symlink_to(ROOT / name)
        yield copy


def chalice(command: str, stage: str) -> None:
    """Run Chalice's own command."""
    words = [sys.executable, "-c", "from chalice.cli import main; main()", command]
    done = subprocess.run([*words, "--stage", stage], cwd=ROOT, check=False)  # noqa: S603 - ours
    if done.returncode:
        target = "deploy" if command == "deploy" else "destroy"
        again = f"mend it and run `make {target} STAGE={stage}` again: it goes on from there"
        raise DeskError(f"`chalice {command} --stage {stage}` failed, see above: {again}")


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", default="prod", help="default: prod")
    for who, of_what in (("editors", "rejected uploads"), ("operators", "alarms")):
        parser.add_argument(f"--{who}-email", metavar="ADDRESS",
                            default=os.environ.get(f"{who.upper()}_EMAIL") or None,
                            help=f"is told of {of_what} ({who.upper()}_EMAIL)")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and end")
    parser.add_argument("--list", action="store_true", help="make the zip, list it, and end")
    parser.add_argument("--no-smoke", action="store_true", help="do not try the site afterwards")
    parser.add_argument("--json", action="store_true", help="print {stage, url} when done")


def run(arguments: argparse.Namespace) -> None:
    emails = {"EditorsEmail": arguments.editors_email, "OperatorsEmail": arguments.operators_email}
    settings = {name: address for name, address in emails.items() if address is not None}
    if arguments.list:
        print(bundle.build().table())
        return
    if arguments.dry_run:
        for line in changes(arguments.stage, settings=settings):
            print(line)
        return
    url = deploy(arguments.stage, settings=settings)
    if not arguments.no_smoke:
        say("smoke test ...")
        smoke(configured.recorded(arguments.stage))
    print(json.dumps({"stage": arguments.stage, "url": url}) if arguments.json else f"site: {url}/")
