"""What it costs to place an article among the others, and whether that grows with their number.

Articles about invented events come at an even pace; each event is told by a few of them, and the
names of one place stand in a fifth. The index is filled as placing one after the other would
fill it, then a few more articles are placed and the calls to the table counted: an index key is
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
from chalicelib.aws.stories import Stories
from chalicelib.core.article import Article
from tests import builders
from tests.doubles.dynamodb import DynamoDB
from tests.story_rows import story_rows

COUNTS = (100, 1_000, 5_000, 20_000)
NEW = 30
TABLE = "placing"
A_DAY = 400
_START = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    print(table(COUNTS))


def table(counts: Iterable[int]) -> str:
    lines = [
        "| articles | Query | BatchGetItem | writes | most reads for one | ms |",
        "|" + "---|" * 6,
    ]
    for count in counts:
        calls, times = measured(count)
        reads = [one["query"] + one["batch_get_item"] for one in calls]
        writes = [sum(one.values()) - read for one, read in zip(calls, reads, strict=True)]
        lines.append(
            f"| {count:,} | {_mean(one['query'] for one in calls):.1f} "
            f"| {_mean(one['batch_get_item'] for one in calls):.1f} "
            f"| {_mean(writes):.1f} | {max(reads)} "
            f"| {statistics.median(times) * 1000:.0f} |"
        )
    return "\n".join(lines)


def measured(count: int) -> tuple[list[Counter[str]], list[float]]:
    """Place NEW articles after *count*; return the calls and the seconds of each."""
    double = DynamoDB(TABLE)
    client = _Counting(double)
    made = list(articles(count + NEW))
    for row in story_rows(made[:count]):
        double.put_item(TableName=TABLE, Item=row)
    calls, times = [], []
    for one in made[count:]:
        client.calls.clear()
        start = time.perf_counter()
        rows = Stories(client, TABLE)  # type: ignore[arg-type]  # answers as boto3 does
        placing.place(one.id, one, ground=None, rows=rows)
        times.append(time.perf_counter() - start)
        calls.append(Counter(client.calls))
    return calls, times


class _Counting:
    """A client that counts what it is asked, by operation."""

    def __init__(self, client: DynamoDB) -> None:
        self._client = client
        self.exceptions = client.exceptions
        self.calls: Counter[str] = Counter()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._client, operation)

        def counted(**asked: Any) -> Any:
            self.calls[operation] += 1
            return call(**asked)

        return counted


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
