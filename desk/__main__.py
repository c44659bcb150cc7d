"""The command line: words in, one use of the desk's parts, an exit status out.

0 done; 1 something was rejected, or could not be done; 2 the words are wrong; 3 no receipt came.
What the person at the keyboard can mend is one line on stderr, never a traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk.errors import DeskError, WrongWords

if TYPE_CHECKING:
    from chalicelib.aws.projection import Projection
    from desk.stage import Stage
    from desk.takedown import Plan

REJECTED, NO_RECEIPT, INTERRUPTED = 1, 3, 130
LARGEST_PORT = 65535


def main(words: list[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    try:
        return int(arguments.run(arguments) or 0)
    except DeskError as error:
        print(f"desk {arguments.command}: {error}", file=sys.stderr)
        return error.status
    except ModuleNotFoundError as error:
        mend = f"the module {error.name} is missing: remove .venv and run `make test`"
        print(f"desk {arguments.command}: {mend}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the exit flushes stdout once more
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m desk",
        description="Broadsheet's desk: for editors (check, publish, status, restore, export) "
        "and operators.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, about: str, examples: str, run: Any) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=about,
            description=about[0].upper() + about[1:] + ".",
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    _run_words(command("run", "run the whole system on this machine", _RUN_EXAMPLES, _run))
    _check_words(command("check", "tell what an upload would become", _CHECK_EXAMPLES, _check))
    _publish_words(
        command("publish", "upload, wait, print the receipts", _PUBLISH_EXAMPLES, _publish)
    )
    _status_words(command("status", "tell where uploads stand", _STATUS_EXAMPLES, _status))
    _restore_words(command("restore", "upload an old revision again", _RESTORE_EXAMPLES, _restore))
    _rebuild_words(
        command("rebuild", "derive the table again from the uploads", _REBUILD_EXAMPLES, _rebuild)
    )
    _takedown_words(
        command("takedown", "remove every trace of an article", _TAKEDOWN_EXAMPLES, _takedown)
    )
    _export_words(
        command("export", "give an article or all uploads back", _EXPORT_EXAMPLES, _export)
    )
    _import_words(
        command("import", "fill an empty stage with another's uploads", _IMPORT_EXAMPLES, _import)
    )
    _screenshots_words(
        command(
            "screenshots",
            "take the documentation's screenshots",
            _SCREENSHOTS_EXAMPLES,
            _screenshots,
        )
    )
    _redrive_words(command("redrive", "replay what failed", _REDRIVE_EXAMPLES, _redrive))
    _stage_words(
        command("doctor", "tell what is wrong with a stage", _DOCTOR_EXAMPLES, _doctor),
        json_help="one finding a line",
    )
    _logs_words(command("logs", "show what the functions say", _LOGS_EXAMPLES, _logs))
    deploy = command("deploy", "deploy a stage to AWS", _DEPLOY_EXAMPLES, _deploy)
    deploy.add_argument("--stage", default="prod", help="default: prod")
    for who, of_what in (("editors", "rejected uploads"), ("operators", "alarms")):
        deploy.add_argument(f"--{who}-email", metavar="ADDRESS",
                            default=os.environ.get(f"{who.upper()}_EMAIL") or None,
                            help=f"is told of {of_what} ({who.upper()}_EMAIL)")  # fmt: skip
    deploy.add_argument("--dry-run", action="store_true", help="say what would change, and end")
    deploy.add_argument("--list", action="store_true", help="make the zip, list it, and end")
    deploy.add_argument("--no-smoke", action="store_true", help="do not try the site afterwards")
    deploy.add_argument("--json", action="store_true", help="print {stage, url} when done")
    destroy = command("destroy", "take a stage down but for its data", _DESTROY_EXAMPLES, _destroy)
    destroy.add_argument("--stage", default="prod", help="default: prod")
    destroy.add_argument("--data", action="store_true",
                         help="delete table, uploads and receipts too; always asks")  # fmt: skip
    destroy.add_argument("--yes", action="store_true", help="do not ask for the rest")
    destroy.add_argument("--json", action="store_true", help="print {stage} when done")
    return parser


_RUN_EXAMPLES = """\
  python -m desk run
  python -m desk run --port 9000 --aws-port 9001 --data-dir /tmp/newsroom --no-samples"""
_CHECK_EXAMPLES = """\
  python -m desk check draft.md
  python -m desk check articles/ --json > receipts.jsonl
  python -m desk check draft.md --key world/ferry.md --sources samples/sources"""
_PUBLISH_EXAMPLES = """\
  python -m desk publish ferry.md --key world/ferry.md
  python -m desk publish articles/ --stage prod --json"""
_STATUS_EXAMPLES = """\
  python -m desk status world/ferry.md
  python -m desk status world/ --json"""
_RESTORE_EXAMPLES = """\
  python -m desk restore world/ferry.md --revision 2"""
_EXPORT_EXAMPLES = """\
  python -m desk export world/ferry.md --format markdown --out ferry.md
  python -m desk export tt3k3vhwfsl3k6qz --format ninjs --stage prod
  python -m desk export --to backup/ --stage prod"""
_IMPORT_EXAMPLES = """\
  python -m desk import backup/ --stage drill
  python -m desk import --from-stage prod --stage prod-eu --json"""
_REBUILD_EXAMPLES = """\
  python -m desk rebuild --stage prod
  python -m desk rebuild --stage prod --table broadsheet-prod-2 --json"""
_TAKEDOWN_EXAMPLES = """\
  python -m desk takedown world/ferry.md --reason "By order of a court." --stage prod
  python -m desk takedown tt3k3vhwfsl3k6qz --reason "A privacy request." --yes --json"""
_SCREENSHOTS_EXAMPLES = """\
  python -m desk screenshots
  CHROMIUM=/opt/chrome/chrome python -m desk screenshots --out /tmp/screenshots"""
_REDRIVE_EXAMPLES = """\
  python -m desk redrive --look
  python -m desk redrive --stage prod"""
_DOCTOR_EXAMPLES = """\
  python -m desk doctor
  python -m desk doctor --stage prod --json"""
_LOGS_EXAMPLES = """\
  python -m desk logs --about world/ferry.md
  python -m desk logs --stage prod --since 1d --errors --function ingest"""
_DEPLOY_EXAMPLES = """\
  python -m desk deploy --stage prod --editors-email desk@courier.example
  python -m desk deploy --stage prod --dry-run
  python -m desk deploy --list"""
_DESTROY_EXAMPLES = """\
  python -m desk destroy --stage staging --yes
  echo 'delete staging' | python -m desk destroy --stage staging --yes --data"""


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: they go from 0 to {LARGEST_PORT}")
    return port


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{text} is no time: write it as 2026-11-24T09:00:00Z"
        raise argparse.ArgumentTypeError(message) from None


def _data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(os.environ.get("DATA_DIR") or ".local"),
        help="where the local run keeps its uploads (DATA_DIR, .local/)",
    )


def _run_words(parser: argparse.ArgumentParser) -> None:
    said = os.environ
    parser.add_argument("--port", type=_port, default=said.get("PORT") or "8000",
                        help="of the site (PORT, 8000; 0: any)")  # fmt: skip
    parser.add_argument("--aws-port", type=_port, default=said.get("AWS_PORT") or "8001",
                        help="of the embedded AWS (AWS_PORT, 8001; 0: any)")  # fmt: skip
    parser.add_argument("--no-samples", action="store_true", default=said.get("SAMPLES") == "0",
                        help="start empty (SAMPLES=0)")  # fmt: skip
    _data_dir(parser)


def _run(arguments: argparse.Namespace) -> None:
    from desk.local import Options, run

    run(
        Options(
            port=arguments.port,
            aws_port=arguments.aws_port,
            data_dir=arguments.data_dir,
            with_samples=not arguments.no_samples,
        )
    )


def _check_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE|FOLDER")
    parser.add_argument("--json", action="store_true", help="one object a line, with the article")
    parser.add_argument("--key", help="the key of the one file given (default: its name)")
    parser.add_argument("--sources", type=Path, metavar="DIR", help="source profiles, *.yaml")
    parser.add_argument("--now", type=_moment, metavar="TIME", help="decide as of then")


def _check(arguments: argparse.Namespace) -> int:
    from desk.check import check
    from desk.upload import files

    listed = list(files(arguments.paths, key=arguments.key))
    now = arguments.now or datetime.now(UTC).replace(microsecond=0)
    show = _shown(as_json=arguments.json)
    rejected = 0
    with _progress(len(listed), "checking") as progress:
        for receipt, article in check(listed, profiles=arguments.sources, now=now):
            show({**receipt, "article": article} if arguments.json else receipt)
            rejected += receipt["outcome"] == "rejected"
            progress.update()
    return REJECTED if rejected else 0


def _stage_words(parser: argparse.ArgumentParser, *, json_help: str) -> None:
    parser.add_argument("--stage", default="local", help="default: local, the running `make run`")
    parser.add_argument("--json", action="store_true", help=json_help)
    _data_dir(parser)


def _stage(arguments: argparse.Namespace, *, named: str | None = None) -> Stage:
    from desk import local
    from desk.configured import recorded

    name = named or arguments.stage
    if name == local.STAGE:
        return local.stage_of(local.find(arguments.data_dir))
    return recorded(name)


def _publish_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE|FOLDER")
    parser.add_argument("--key", help="the key of the one file given (default: its name)")
    _stage_words(parser, json_help="one receipt a line")


def _publish(arguments: argparse.Namespace) -> int:
    from desk import receipts
    from desk.upload import files, publish

    listed = list(files(arguments.paths, key=arguments.key))
    stage = _stage(arguments)
    show = _shown(as_json=arguments.json)
    if len(listed) > 1 and not arguments.json:
        show = _shown_in_a_table(receipts.columns(file.key for file in listed))
    outcomes: list[str] = []
    with stage.explained(), _progress(len(listed), "publishing") as progress:

        def told(receipt: dict[str, Any]) -> None:
            show(receipt)
            outcomes.append(receipt["outcome"])
            progress.update()

        missing = publish(listed, stage, told=told)
    for file in missing:
        print(f"desk publish: no receipt of {file.key} has come", file=sys.stderr)
    if missing:
        return NO_RECEIPT
    return REJECTED if "rejected" in outcomes else 0


def _status_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY|PREFIX")
    _stage_words(parser, json_help="one key a line")


def _status(arguments: argparse.Namespace) -> None:
    from desk.status import listed, statuses, text

    stage, now = _stage(arguments), datetime.now(UTC)
    with stage.explained():
        found = list(listed(arguments.key, stage))
        told = []
        with _progress(len(found), "reading", unit="key") as progress:
            for one in statuses(found, stage, now=now):
                if arguments.json:
                    progress.write(json.dumps(one, ensure_ascii=False), file=sys.stdout)
                told.append(one)
                progress.update()
    if not arguments.json:
        print(text(told))


def _restore_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY")
    parser.add_argument("--revision", type=int, required=True, metavar="N", help="counted from 1")
    _stage_words(parser, json_help="the receipt as JSON")


def _restore(arguments: argparse.Namespace) -> int:
    from desk.restore import restore

    stage = _stage(arguments)
    with stage.explained():
        receipt = restore(arguments.key, arguments.revision, stage)
    if receipt is None:
        print(f"desk restore: no receipt of {arguments.key} has come", file=sys.stderr)
        return NO_RECEIPT
    _shown(as_json=arguments.json)(receipt)
    return REJECTED if receipt["outcome"] == "rejected" else 0


def _redrive_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--look", action="store_true", help="tell what is there, send nothing")
    _stage_words(parser, json_help="one failed event a line")


def _redrive(arguments: argparse.Namespace) -> int:
    from desk.redrive import redrive, text

    stage = _stage(arguments)
    with stage.explained():
        done = redrive(stage, only_look=arguments.look)
    if arguments.json:
        for failure in done:
            print(json.dumps(asdict(failure), ensure_ascii=False))
    else:
        print(text(done) or "the failure queue is empty")
    return 1 if any(one.is_kept for one in done) else 0


def _doctor(arguments: argparse.Namespace) -> int:
    from desk.doctor import examine

    stage = _stage(arguments)
    is_well = True
    with stage.explained():
        for check, findings in examine(stage, now=datetime.now(UTC)):
            is_well = is_well and not findings
            if arguments.json:
                for one in findings:
                    print(json.dumps(asdict(one), ensure_ascii=False))
                continue
            print(f"{check}: {'well' if not findings else ''}".rstrip())
            for one in findings:
                print(f"  {one.what}\n    mend: {one.mend}")
    return 0 if is_well else 1


def _logs_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", type=_period, default="1h", metavar="TIME",
                        help="15m, 6h, 2d (default: 1h)")  # fmt: skip
    parser.add_argument("--function", action="append", metavar="NAME", help="default: all")
    parser.add_argument("--errors", action="store_true", help="errors alone")
    parser.add_argument("--about", metavar="TEXT", help="a key, an id, a request")
    _stage_words(parser, json_help="one record a line")


def _period(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})([mhd])", text, re.ASCII)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no time ago: write it as 15m, 6h or 2d")
    unit = {"m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def _logs(arguments: argparse.Namespace) -> None:
    from desk import configured, local, logs

    stage, since = _stage(arguments), datetime.now(UTC) - arguments.since
    names = configured.functions()
    if unknown := sorted(set(arguments.function or ()) - set(names)):
        raise WrongWords(f"there is no function {unknown[0]}: they are {', '.join(names)}")
    is_wanted = logs.wanted(only_errors=arguments.errors, about=arguments.about)
    with stage.explained():
        if stage.name == local.STAGE:
            lines = logs.local(arguments.data_dir / "run.log", since=since)
        else:
            lines = logs.deployed(stage, since=since, functions=arguments.function or list(names))
        for line in filter(is_wanted, lines):
            told = {"at": line.at.isoformat(), "function": line.function, **line.fields}
            print(json.dumps(told, ensure_ascii=False) if arguments.json else logs.text(line))


def _export_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("article", nargs="?", metavar="ID|KEY")
    parser.add_argument("--format", choices=("markdown", "json", "ninjs"), dest="as_")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: print it")
    parser.add_argument("--to", type=Path, metavar="FOLDER",
                        help="all versions of all uploads, which `import` reads")  # fmt: skip
    _stage_words(parser, json_help="{id, key, format, lost, text}, or {versions, summaries}")


def _export(arguments: argparse.Namespace) -> None:
    if (arguments.to is None) == (arguments.article is None):
        raise WrongWords("name one article, by its key or its id, or a folder with --to for all")
    if arguments.to is not None:
        _export_all(arguments)
    elif arguments.as_ is None:
        raise WrongWords("name the --format of the file: markdown, json or ninjs")
    else:
        _export_article(arguments)


def _export_all(arguments: argparse.Namespace) -> None:
    from desk import moving

    stage = _stage(arguments)
    with stage.explained(), _progress(0, "exporting", unit="version") as progress:
        done = moving.export(stage, arguments.to, told=progress.update)
    told = f"{done.versions} versions and {done.summaries} summaries are in {arguments.to}"
    print(json.dumps(asdict(done)) if arguments.json else told)


def _import_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="of an export")
    parser.add_argument("--from-stage", metavar="NAME", help="instead of a folder")
    _stage_words(parser, json_help="{versions, summaries} and what `rebuild` tells")


def _import(arguments: argparse.Namespace) -> int:
    from desk import moving

    if (arguments.folder is None) == (arguments.from_stage is None):
        raise WrongWords(
            "name a folder that `export --to` has filled, or a stage with --from-stage"
        )
    stage = _stage(arguments)
    with stage.explained(), _progress(0, "importing", unit="version") as progress:
        given = (
            moving.out_of(arguments.folder)
            if arguments.folder is not None
            else moving.out_of_stage(_stage(arguments, named=arguments.from_stage))
        )
        carried = moving.into(stage, *given, told=progress.update)
    return _rebuilt(stage, stage.projection(), asdict(carried), as_json=arguments.json)


def _export_article(arguments: argparse.Namespace) -> None:
    from desk.export import export

    stage = _stage(arguments)
    with stage.explained():
        article, exported = export(arguments.article, arguments.as_, stage)
    text = exported.data.decode()
    if arguments.json:
        told = {"id": article.id, "key": article.key, "format": arguments.as_}
        text = json.dumps({**told, "lost": exported.lost, "text": text}, ensure_ascii=False) + "\n"
    for name in exported.lost:
        print(f"desk export: {arguments.as_} does not carry: {name}", file=sys.stderr)
    if arguments.out is None:
        sys.stdout.write(text)
        return
    try:
        arguments.out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DeskError(f"{arguments.out}: cannot be written: {error.strerror}") from None


def _screenshots_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: docs/images")
    parser.add_argument("--json", action="store_true", help="{screenshot, bytes}, one a line")


def _screenshots(arguments: argparse.Namespace) -> None:
    from desk import chromium
    from desk.screenshots import FOLDER, SCREENSHOTS, take

    with (
        chromium.opened() as browser,
        _progress(len(SCREENSHOTS), "taking", unit="screenshot") as progress,
    ):
        for path in take(arguments.out or FOLDER, browser):
            told = {"screenshot": str(path), "bytes": path.stat().st_size}
            line = (
                json.dumps(told) if arguments.json else "{screenshot}  {bytes} bytes".format(**told)
            )
            progress.write(line, file=sys.stdout)
            progress.update()


def _rebuild_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--table", metavar="NAME",
                        help="into another table, which is made if it is not there")  # fmt: skip
    _stage_words(parser, json_help="{keys, skipped, changed, swept, failed, rows, digest}")


def _rebuild(arguments: argparse.Namespace) -> int:
    from desk.rebuild import other

    stage = _stage(arguments)
    with stage.explained():
        projection, is_made = stage.projection(), False
        if arguments.table is not None:
            projection, is_made = other(stage, arguments.table)
        if is_made:
            print(f"desk rebuild: the table {arguments.table} is made", file=sys.stderr)
    return _rebuilt(stage, projection, {}, as_json=arguments.json)


def _rebuilt(stage: Stage, projection: Projection, before: dict[str, int], *, as_json: bool) -> int:
    """Rebuild, and tell of it after what was done *before*."""
    from chalicelib.core.clean import printable
    from desk.rebuild import keys_of, rebuild

    now = datetime.now(UTC).replace(microsecond=0)
    with stage.explained():
        keys = keys_of(stage, projection)
        with _progress(len(keys), "rebuilding", unit="key") as progress:
            done = rebuild(keys, stage, projection=projection, now=now, told=progress.update)
    for key, why in done.failed.items():
        print(printable(f"desk rebuild: {key} is not rebuilt: {why}"), file=sys.stderr)
    if as_json:
        print(json.dumps({**before, **asdict(done)}, ensure_ascii=False))
    else:
        for name, count in before.items():
            print(f"{name}: {count}")
        print(f"keys: {done.keys}, {done.changed} changed, {len(done.failed)} failed")
        print(f"rows: {done.rows}, {done.swept or 0} swept away")
        print(f"digest: {done.digest}")
    return REJECTED if done.failed else 0


def _takedown_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("article", metavar="KEY|ID")
    parser.add_argument("--reason", type=_reason, required=True,
                        help="readers see it at the article's address")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="do not ask")
    _stage_words(parser, json_help="{id, key, images, proved, surfaces, out_of_reach}")


def _reason(text: str) -> str:
    from chalicelib.core.takedown import MAX_REASON_LENGTH

    reason = " ".join(text.split())
    if not 0 < len(reason) <= MAX_REASON_LENGTH:
        message = f"a reason has 1 to {MAX_REASON_LENGTH} characters, this one {len(reason)}"
        raise argparse.ArgumentTypeError(message)
    if any("\ud800" <= character <= "\udfff" for character in reason):
        raise argparse.ArgumentTypeError("the reason is no text in UTF-8")
    return reason


def _takedown(arguments: argparse.Namespace) -> int:
    from chalicelib.core.clean import printable
    from desk import takedown, traces

    stage = _stage(arguments)
    now = datetime.now(UTC).replace(microsecond=0)
    with stage.explained():
        projection = stage.projection()
        planned = takedown.plan(arguments.article, stage, projection)
        article = planned.traces
        if not arguments.yes and not _is_meant(planned):
            print("desk takedown: nothing was done", file=sys.stderr)
            return REJECTED
        addresses = 2 * len(traces.addresses(article))  # before and after
        with _progress(addresses, "reading every surface", unit="address") as progress:
            proof = takedown.take_down(
                planned,
                arguments.reason,
                stage,
                projection=projection,
                ask=traces.over_http(stage.site),
                now=now,
                told=progress.update,
            )
    if arguments.json:
        told = {"id": article.id, "key": article.key, "images": planned.images}
        proved = {"proved": not proof.left, **asdict(proof)}
        print(json.dumps({**told, **proved}, ensure_ascii=False))
    else:
        showed = sum(bool(one["before"]) for one in proof.surfaces)
        print(f"surfaces: {len(proof.surfaces)} read, {showed} showed it, {len(proof.left)} do now")
        for one in proof.left:
            print(printable(f"  left: {one['surface']}: {', '.join(one['left'])}"))
        for where in proof.out_of_reach:
            print(f"out of reach: {where}")
    return REJECTED if proof.left else 0


def _is_meant(planned: Plan) -> bool:
    """Ask whoever sits at the terminal; nobody else can have meant it without --yes."""
    from chalicelib.core.clean import printable

    if not sys.stdin.isatty():
        raise WrongWords("this cannot be undone: say --yes where nobody can be asked")
    traces = planned.traces
    key, images = printable(str(traces.key)), printable(", ".join(planned.images))
    print(f"All versions of {key} go for good, with {len(planned.files)} image files, and")
    print(f"these uploads that nothing else shows: {images or 'none'}")
    return input(f"Type {traces.id} to take it down: ").strip() == traces.id


def _deploy(arguments: argparse.Namespace) -> None:
    from desk import bundle, deploy
    from desk.configured import recorded
    from desk.smoke import smoke

    emails = {"EditorsEmail": arguments.editors_email, "OperatorsEmail": arguments.operators_email}
    settings = {name: address for name, address in emails.items() if address is not None}
    if arguments.list:
        print(bundle.build().table())
        return
    if arguments.dry_run:
        for line in deploy.changes(arguments.stage, settings=settings):
            print(line)
        return
    url = deploy.deploy(arguments.stage, settings=settings, say=_say_on_stderr)
    if not arguments.no_smoke:
        _say_on_stderr("smoke test ...")
        smoke(recorded(arguments.stage))
    print(json.dumps({"stage": arguments.stage, "url": url}) if arguments.json else f"site: {url}/")


def _destroy(arguments: argparse.Namespace) -> int:
    from desk import deploy

    stage = arguments.stage
    asks = not arguments.yes and sys.stdin.isatty()
    if asks and not _is_typed(stage, f"Take the stage {stage} down?"):
        return 1
    question = f"Delete every article of {stage} for good, with all versions and receipts?"
    if arguments.data and not _is_typed(f"delete {stage}", question):
        return 1
    kept = deploy.destroy(stage, say=_say_on_stderr)
    if arguments.data:
        deploy.destroy_data(kept, say=_say_on_stderr)
    else:
        for name in kept.values():
            _say_on_stderr(f"kept: {name}")
    if arguments.json:
        print(json.dumps({"stage": stage}))
    return 0


def _is_typed(words: str, question: str) -> bool:
    """Ask for *words*, also where no terminal is: what is not typed is not done."""
    print(f"{question} Type `{words}`: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() == words:
        return True
    print("desk destroy: nothing was done", file=sys.stderr)
    return False


def _say_on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _shown(*, as_json: bool) -> Any:
    from tqdm import tqdm

    from desk import receipts, terminal

    colour = terminal.wants_colour(sys.stdout)

    def show(receipt: dict[str, Any]) -> None:
        line = json.dumps(receipt, ensure_ascii=False) if as_json else None
        # tqdm moves the bar out of the way when both go to one terminal.
        tqdm.write(line or receipts.text(receipt, colour=colour), file=sys.stdout)

    return show


def _shown_in_a_table(widths: tuple[int, ...]) -> Any:
    from tqdm import tqdm

    from desk import receipts, terminal

    tqdm.write(terminal.row(receipts.HEADINGS, widths), file=sys.stdout)
    return lambda receipt: tqdm.write(receipts.line(receipt, widths), file=sys.stdout)


def _progress(total: int, doing: str, *, unit: str = "file") -> Any:
    from tqdm import tqdm

    hidden = not sys.stderr.isatty() or total == 1
    return tqdm(total=total or None, desc=doing, unit=unit, disable=hidden, leave=False)


if __name__ == "__main__":
    sys.exit(main())
