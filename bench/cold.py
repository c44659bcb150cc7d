"""What a cold start costs, against an application that starts as the guides teach it.

Each round starts every function afresh, the baseline among them, and gives it one event: a reader
asks for the front page, an editor has uploaded an article, the clock ticks. Counted is the CPU
time from the process's start until it waits for its second event. Ratios are of one round, so
what slows a machine down slows both. A run that finds one surely above its limit fails.

python -m bench.cold --rounds 15
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.deployed import (
    BASELINES_ROUTES,
    BUCKET,
    Deployed,
    Reader,
    deployed,
    our_routes,
    upload_event,
)
from bench.function import Function
from bench.placing import prose
from bench.ratios import above, spread, verdict
from desk.functions import tick

# What each start may cost at most, in starts of the baseline.
LIMITS = {"api_handler, GET /": 0.6, "ingest of a Markdown file": 1.3, "refresh_latest": 0.8}
BASELINE = "the baseline, GET /"


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start in CPU milliseconds."""

    init_ms: float  # until it waited for its first event
    first_ms: float  # from there until it waited for its second

    @property
    def ms(self) -> float:
        return self.init_ms + self.first_ms


def starts(at: Deployed, *, rounds: int) -> dict[str, list[Start]]:
    """Return *rounds* starts of each function, made in turn."""
    routes = our_routes()
    told: dict[str, list[Start]] = {}

    def started(name: str, function: Function, act: Callable[[Function], float]) -> None:
        with function:
            told.setdefault(name, []).append(Start(function.start_cpu_ms, act(function)))

    def asks(routes_: object = routes) -> Callable[[Function], float]:
        return lambda function: _front_page(Reader(function, routes_))  # type: ignore[arg-type]

    for number in range(rounds):
        key = _uploaded(number)
        started(BASELINE, at.start("app.app", of="baseline"), asks(BASELINES_ROUTES))
        started("api_handler, GET /", at.start("app.app"), asks())
        started(
            "ingest of a Markdown file",
            at.start("chalicelib.events.ingest"),
            lambda function, key=key: function.call(upload_event(key)).cpu_ms,  # type: ignore[misc]
        )
        started(
            "refresh_latest",
            at.start("chalicelib.events.refresh_latest"),
            lambda function: function.call(tick("refresh_latest")).cpu_ms,
        )
    return told


def _front_page(reader: Reader) -> float:
    status, _, _ = reader.get("/")
    if status != 200:
        message = f"the front page answers {status}"
        raise RuntimeError(message)
    return reader.last.cpu_ms


def _uploaded(number: int) -> str:
    """Upload an article about an event of its own, and return its key."""
    import boto3

    key, text = f"bench/{number}.md", prose(number, number)
    body = f"---\nheadline: Report {number}\nsection: world\n---\n\n{text}\n"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    return key


def ratios(told: dict[str, list[Start]]) -> dict[str, list[float]]:
    """Return what each function's starts cost in those of the baseline, round by round."""
    base = [start.ms for start in told[BASELINE]]
    return {
        name: [start.ms / ours for start, ours in zip(found, base, strict=True)]
        for name, found in told.items()
    }


def table(told: dict[str, list[Start]]) -> Iterable[str]:
    yield "| start | init ms | first event ms | both | of the baseline | most allowed |"
    yield "|" + "---|" * 6
    for name, found in told.items():
        init, first, both = (
            statistics.median(values)
            for values in zip(*((s.init_ms, s.first_ms, s.ms) for s in found), strict=True)
        )
        limit = f"{LIMITS[name]:.1f}" if name in LIMITS else ""
        ratio = spread(ratios(told)[name])
        yield f"| {name} | {init:.0f} | {first:.0f} | {both:.0f} | {ratio} | {limit} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, deployed(Path(folder)) as at:
        at.fill()
        told = starts(at, rounds=words.rounds)
    print("\n".join(table(told)))
    return verdict(above(LIMITS, ratios(told)))


if __name__ == "__main__":
    sys.exit(main())
