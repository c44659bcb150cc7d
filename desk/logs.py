"""What a stage's functions say, one line an event, the oldest first.

On AWS from CloudWatch Logs, from all functions at once, in the order of time; of the local run
from its `run.log`. Records that are JSON are told by their fields, all else as it stands.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.core.api import moment
from chalicelib.core.clean import printable
from desk import chosen, configured
from desk.errors import DeskError, WrongWords
from desk.holdings import API_HANDLER, APP

if TYPE_CHECKING:
    from desk.stage import Stage

# What a line says first, or what says nothing to who reads the log.
_TOLD_APART = {"level", "message", "timestamp", "service", "location", "exception"}
_ERRORS = ("ERROR", "CRITICAL")
_LAMBDAS_OWN = ("START ", "END ", "REPORT ", "INIT_START ", "EXTENSION ")

EXAMPLES = """\
  python -m desk logs --about world/ferry.md
  python -m desk logs --stage prod --since 1d --errors --function ingest"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event of a log. `fields` are those of a structured record, else {"message": text}."""

    at: datetime
    function: str
    fields: dict[str, Any]

    @property
    def is_error(self) -> bool:
        said = str(self.fields.get("message", ""))
        is_lambdas = said.startswith("[ERROR]") or "Task timed out after" in said
        return self.fields.get("level") in _ERRORS or is_lambdas

    @property
    def is_metric(self) -> bool:
        return "_aws" in self.fields

    def tells_of(self, text: str) -> bool:
        return text in json.dumps(self.fields, ensure_ascii=False)


def deployed(stage: Stage, *, since: datetime, functions: list[str]) -> Iterator[Line]:
    """Yield what the *functions* of *stage* have logged since then, in the order of time."""
    prefix, client = f"{APP}-{stage.name}", stage.client("logs")
    yield from merge(
        *(
            _group(client, prefix if name == API_HANDLER else f"{prefix}-{name}", name, since)
            for name in functions
        ),
        key=lambda line: line.at,
    )


def _group(client: Any, group: str, function: str, since: datetime) -> Iterator[Line]:
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{group}", startTime=int(since.timestamp() * 1000)
    )
    try:
        events = (event for page in pages for event in page["events"])
        for event in events:
            text = event["message"].rstrip("\n")
            if not text.startswith(_LAMBDAS_OWN):
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield Line(at=at, function=function, fields=_fields(text))
    except client.exceptions.ResourceNotFoundException:
        raise DeskError(f"there is no log group /aws/lambda/{group}: deploy again") from None


def local(log: Path, *, since: datetime) -> Iterator[Line]:
    """Yield what the functions of the local run have logged since then: their records alone."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        for text in lines:
            fields = _fields(text.rstrip("\n"))
            at = _time(fields)
            if at is not None and at >= since:
                yield Line(at=at, function="", fields=fields)


def _fields(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"message": text}


def _time(fields: dict[str, Any]) -> datetime | None:
    told = str(fields.get("timestamp", "")).replace(",", ".")
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def wanted(*, only_errors: bool, about: str | None) -> Callable[[Line], bool]:
    """Return what tells the lines that are asked for; metrics are for dashboards."""
    return lambda line: (
        not line.is_metric
        and (line.is_error or not only_errors)
        and (about is None or line.tells_of(about))
    )


def text(line: Line) -> str:
    """Return a line for people; an exception follows on lines of its own."""
    fields = line.fields
    more = " ".join(f"{n}={v}" for n, v in fields.items() if n not in _TOLD_APART)
    head = (moment(line.at), line.function, fields.get("level"), fields.get("message"), more)
    told = [printable("  ".join(str(part) for part in head if part))]
    if trace := fields.get("exception"):
        told += [f"    {printable(one)}" for one in str(trace).splitlines()]
    return "\n".join(told)


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", type=_period, default="1h", metavar="TIME",
                        help="15m, 6h, 2d (default: 1h)")  # fmt: skip
    parser.add_argument("--function", action="append", metavar="NAME", help="default: all")
    parser.add_argument("--errors", action="store_true", help="errors alone")
    parser.add_argument("--about", metavar="TEXT", help="a key, an id, a request")
    chosen.words(parser, json_help="one record a line")


def run(arguments: argparse.Namespace) -> None:
    stage, since = chosen.stage(arguments), datetime.now(UTC) - arguments.since
    names = configured.functions()
    if unknown := sorted(set(arguments.function or ()) - set(names)):
        raise WrongWords(f"there is no function {unknown[0]}: they are {', '.join(names)}")
    is_wanted = wanted(only_errors=arguments.errors, about=arguments.about)
    with stage.explained():
        if stage.name == configured.LOCAL:
            lines = local(arguments.data_dir / "run.log", since=since)
        else:
            lines = deployed(stage, since=since, functions=arguments.function or list(names))
        for line in filter(is_wanted, lines):
            told = {"at": line.at.isoformat(), "function": line.function, **line.fields}
            print(json.dumps(told, ensure_ascii=False) if arguments.json else text(line))


def _period(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})([mhd])", text, re.ASCII)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no time ago: write it as 15m, 6h or 2d")
    unit = {"m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})
