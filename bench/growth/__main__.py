"""Ask newsrooms of several sizes the same, and print what that took, and the ratios.

Units are worked out from the rows, as `bench.meter` does: DynamoDB Local counts no row that is
not there, and too little of a transaction. Times are those of this process's CPU, moto's for
S3 among them, and of the clock.

python -m bench.growth [--articles 100,1000,10000,50000] [--rounds 7] [--engine moto]
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.growth.newsrooms import Newsroom, engine, made
from bench.growth.uses import Act, editing, reading
from bench.meter import Asked, counted
from desk import dynamodb_local

COUNTS = (100, 1_000, 10_000, 50_000)
ROUNDS = 7


@dataclass
class Measured:
    """What one use of one newsroom took, over all rounds."""

    use: Asked = field(default_factory=Asked)  # in the first round
    own_ms: list[float] = field(default_factory=list)
    clock_ms: list[float] = field(default_factory=list)

    @property
    def calls(self) -> float:
        """How many there are to the table."""
        return self.use.calls_to("dynamodb")

    def told(self) -> str:
        return (
            f"{self.calls:.0f}, {self.use.read_units:g} / {self.use.write_units:g}, "
            f"{statistics.median(self.own_ms):.1f} (± {_half_of_the_middle(self.own_ms):.1f}), "
            f"{statistics.median(self.clock_ms):.1f} (± {_half_of_the_middle(self.clock_ms):.1f})"
        )

    def told_against(self, other: Measured) -> str:
        units, others = (one.use.read_units + one.use.write_units for one in (self, other))
        own, clock = (
            statistics.median(mine) / statistics.median(theirs)
            for mine, theirs in (
                (self.own_ms, other.own_ms),
                (self.clock_ms, other.clock_ms),
            )
        )
        return f"{self.calls / other.calls:.2f}, {units / others:.2f}, {own:.2f}, {clock:.2f}"


def _half_of_the_middle(values: Sequence[float]) -> float:
    """Return half of what the middle half of the values spans."""
    if len(values) < 2:
        return 0.0
    first, _, third = statistics.quantiles(values, n=4)
    return (third - first) / 2


Found = Mapping[str, Mapping[int, Measured]]  # by use, then by how many articles


def measured(counts: Sequence[int], *, rounds: int, on: str) -> Found:
    """Return what each use took in newsrooms of these sizes."""
    found: dict[str, dict[int, Measured]] = {}
    with engine(on):
        newsrooms = []
        for count in counts:
            began = time.monotonic()
            newsrooms.append(made(count, now=datetime.now(UTC).replace(microsecond=0)))
            took = time.monotonic() - began
            print(f"{count:,} articles are there after {took:.0f} s", file=sys.stderr, flush=True)
        # The first round is counted, which takes calls of its own, and the others are timed.
        for one, name, act in _acts(newsrooms):
            each = found.setdefault(name, {}).setdefault(one.articles, Measured())
            with counted() as each.use:
                act()
        for _ in range(rounds):
            for one, name, act in _acts(newsrooms):
                clock, own = time.perf_counter(), time.process_time()
                act()
                own, clock = time.process_time() - own, time.perf_counter() - clock
                found[name][one.articles].own_ms.append(own * 1000)
                found[name][one.articles].clock_ms.append(clock * 1000)
    return found


def _acts(newsrooms: Iterable[Newsroom]) -> Iterator[tuple[Newsroom, str, Act]]:
    """Yield what is done in each newsroom, by its name, while that one is served."""
    import app

    for one in newsrooms:
        one.enter()
        for name, act in itertools.chain(reading(one, app.app), editing(one)):
            yield one, name, act


def tables(found: Found, counts: Sequence[int]) -> str:
    """Return the figures, and below them the same as ratios to the smallest newsroom's."""
    least, *more = counts
    lines = [
        "Calls, read / write units, ms of our own, ms (± half of what the middle half spans)",
        *_head(counts),
        *(
            f"| {use} | " + " | ".join(by_count[count].told() for count in counts) + " |"
            for use, by_count in found.items()
        ),
    ]
    if more:
        lines += [
            f"\nCalls, units, ms of our own, ms as ratios to {least:,} articles",
            *_head(more),
            *(
                f"| {use} | "
                + " | ".join(by_count[count].told_against(by_count[least]) for count in more)
                + " |"
                for use, by_count in found.items()
            ),
        ]
    return "\n".join(lines)


def _head(counts: Sequence[int]) -> tuple[str, str, str]:
    named = " | ".join(f"{count:,} articles" for count in counts)
    return "", f"| use | {named} |", "|" + "---|" * (len(counts) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--articles", default=",".join(map(str, COUNTS)))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--engine", default="dynamodb-local", choices=("dynamodb-local", "moto"))
    given = parser.parse_args()
    if given.engine == "dynamodb-local" and (lack := dynamodb_local.missing()):
        print(f"skipped: {lack}")
        return
    counts = tuple(int(one) for one in given.articles.split(","))
    print(tables(measured(counts, rounds=given.rounds, on=given.engine), counts))


if __name__ == "__main__":
    main()
