"""What it costs to place an article among the others, and whether that grows with their number.

Articles about invented events come at an even pace; each event is told by a few of them, and the
names of one place stand in a fifth. The index is filled as placing one after the other would
fill it, then a few more articles are placed and the reads of the table counted: an index key is
one Query, up to 50 articles' nodes are one BatchGetItem.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from chalicelib import placing
from chalicelib.core.article import (
    Article,
    ArticleId,
)
from chalicelib.core.stories.node import Placed
from tests import builders
from tests.memory import MemoryStories

COUNTS = (100, 1_000, 5_000, 20_000)
NEW = 30
A_DAY = 400
_START = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 50  # nodes in a BatchGetItem: two rows each


def main() -> None:
    print(table(COUNTS))


def table(counts: Iterable[int]) -> str:
    lines = [
        "| articles | Query | BatchGetItem | writes | most reads for one | ms |",
        "|" + "---|" * 6,
    ]
    for count in counts:
        calls, times = measured(count)
        reads = [one["under"] + one["members"] + one["nodes"] for one in calls]
        lines.append(
            f"| {count:,} | {_mean(one['under'] + one['members'] for one in calls):.1f} "
            f"| {_mean(one['nodes'] for one in calls):.1f} "
            f"| {_mean(one['writes'] for one in calls):.1f} | {max(reads)} "
            f"| {statistics.median(times) * 1000:.0f} |"
        )
    return "\n".join(lines)


def measured(count: int) -> tuple[list[Counter[str]], list[float]]:
    """Place NEW articles after *count*; return the calls and the seconds of each."""
    rows = _Counted()
    made = list(articles(count + NEW))
    rows.fill(made[:count])
    calls, times = [], []
    for one in made[count:]:
        rows.calls.clear()
        start = time.perf_counter()
        placing.place(one.id, one, rows=rows)  # type: ignore[arg-type]
        times.append(time.perf_counter() - start)
        calls.append(Counter(rows.calls))
    return calls, times


class _Counted(MemoryStories):
    """Rows in memory that count what would be calls to the table."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def nodes(self, ids: Iterable[ArticleId]) -> Any:
        wanted = set(ids)
        self.calls["nodes"] += -(-len(wanted) // _AT_ONCE)
        return super().nodes(wanted)

    def under(self, key: str, *, limit: int | None) -> Any:
        self.calls["under"] += 1
        return super().under(key, limit=limit)

    def members(self, story_id: ArticleId) -> Any:
        self.calls["members"] += 1
        return super().members(story_id)

    def link(self, a: ArticleId, b: ArticleId, strength: float) -> None:
        self.calls["writes"] += 2
        super().link(a, b, strength)

    def put_placed(self, id_: ArticleId, placed: Placed) -> None:
        self.calls["writes"] += 1
        super().put_placed(id_, placed)


def forward(number: int) -> datetime:
    return _START + timedelta(days=number / A_DAY)


def articles(count: int, *, public_at: Callable[[int], datetime] = forward) -> Iterator[Article]:
    """Make articles by their number, the same ones each time but for when they are public."""
    for number, event in enumerate(tellings(count)):
        yield article(number, event, public_at=public_at(number))


def tellings(count: int) -> Iterator[int]:
    """Yield the event that each article tells of."""
    chance = random.Random(1)  # noqa: S311 - the articles must be the same each time
    open_events: list[int] = []
    for number in range(count):
        if not open_events or chance.random() < 0.4:
            open_events = [*open_events[-40:], number]
        yield chance.choice(open_events)


@cache
def _words(seed: int, count: int) -> tuple[str, ...]:
    chance = random.Random(seed)  # noqa: S311
    letters = ("bdfgklmnprstvz", "aeiou")
    return tuple(
        "".join(chance.choice(letters[place % 2]) for place in range(chance.randint(5, 9)))
        for _ in range(count)
    )


def prose(number: int, event: int) -> str:
    """Return the text of one article on an invented event, the same each time."""
    chance = random.Random(number)  # noqa: S311
    own = _words(event + 1, 24)
    common = _words(-1, 600)
    names = [word.capitalize() for word in own[:5]]
    place = [word.capitalize() for word in _words(-2, 4)] if number % 5 == 0 else []
    sentences = []
    for _ in range(14):
        told = chance.sample(own[5:], 5) + chance.sample(common, 6)
        chance.shuffle(told)
        said = chance.sample([*names, *place], 2)
        sentences.append(f"On the day {said[0]} {' '.join(told)} with {said[1]}.")
    return " ".join(sentences)


def article(number: int, event: int, *, public_at: datetime) -> Article:
    """Make an article that tells of an event."""
    text, source = prose(number, event), f"source-{number % 7}"
    return builders.made(f"bench/{number}.md", text, public_at=public_at, source=source)


def _mean(values: Iterable[int]) -> float:
    return statistics.mean(values)


if __name__ == "__main__":
    main()
