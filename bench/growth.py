"""Whether anything grows with the archive: the same questions of newsrooms of several sizes.

A newsroom of each size stands in a table of its own, in one DynamoDB Local: articles of the
sample newsroom told over and over as of other events, 400 a day back from now, in stories as
placing would have made them. Then readers and editors do the same in each, in turn, so that
what else this machine does slows all of them alike.

Units are worked out from the rows, as `bench.meter` does: DynamoDB Local counts no row that is
not there, and too little of a transaction. Times are those of this process's CPU, moto's for
S3 among them, and of the clock.

python -m bench.growth [--articles 100,1000,10000,50000] [--rounds 7] [--engine moto]
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from bench import placing as events
from bench.meter import Asked, Meter
from chalicelib.aws.store import Store
from chalicelib.core.article import Article, Source
from desk import dynamodb_local
from tests.tables import served

if TYPE_CHECKING:
    from chalicelib.aws.table import Item, Key
    from chalicelib.core.record import Record

ROOT = Path(__file__).parents[1]
COUNTS = (100, 1_000, 10_000, 50_000)
ROUNDS = 7
SECTIONS = ("world", "world", "sport", "world", "business", "world")  # two thirds in one
SOURCES = 7  # those of `bench.placing`
TAGS = 300
LISTED = 100  # the newest, whose keys the bucket holds: moto's listing grows with it, S3's not
_AT_ONCE = 1_000  # articles that are clustered together: two and a half days
_AN_ARTICLE = timedelta(days=1) / events.A_DAY
_OWN_EVENT = 10_000_000  # from where on events are nobody else's


@dataclass
class Newsroom:
    """One size: the names of its table and buckets, and the places to look at."""

    articles: int
    now: datetime
    new: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def name(self) -> str:
        return f"growth-{self.articles}"

    def enter(self) -> None:
        """Make it the one that the functions of this process serve."""
        from chalicelib import wiring

        os.environ.update(
            BROADSHEET_TABLE=self.name,
            BROADSHEET_UPLOADS_BUCKET=f"{self.name}-uploads",
            BROADSHEET_RECEIPTS_BUCKET=f"{self.name}-receipts",
        )
        for part in (wiring.store, wiring.uploads, wiring.receipts, wiring.media):
            part.cache_clear()

    def public_at(self, number: int) -> datetime:
        """Return when an article became public: the newest, number 0, a little ago."""
        return (self.now - (number + 1) * _AN_ARTICLE).replace(microsecond=0)


# The newsrooms


@contextmanager
def engine(name: str) -> Iterator[None]:
    """Have this process's calls to AWS answered: S3 by moto, the table by what is named."""
    from moto import mock_aws

    from desk.mends import mend_all

    mend_all()
    os.environ.update(
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - nobody looks at it
        AWS_DEFAULT_REGION="us-east-1",
        BROADSHEET_UPLOADS_BUCKET="growth",  # the events' module wants one
        BROADSHEET_PUBLIC_URL="https://news.example",
        POWERTOOLS_SERVICE_NAME="broadsheet-local",
    )
    with ExitStack() as stack:
        if name == "dynamodb-local":
            at = stack.enter_context(dynamodb_local.running())
            stack.enter_context(mock.patch.dict(os.environ, AWS_ENDPOINT_URL_DYNAMODB=at))
        stack.enter_context(mock_aws())
        if name == "moto":
            at = stack.enter_context(served()).address
            stack.enter_context(mock.patch.dict(os.environ, AWS_ENDPOINT_URL_DYNAMODB=at))
        yield


def made(articles: int, *, now: datetime) -> Newsroom:
    """Make a newsroom of so many articles."""
    import boto3

    from chalicelib import newsroom, wiring
    from chalicelib.aws.projection import Projection
    from tests.builders import profile

    one = Newsroom(articles=articles, now=now)
    one.enter()
    Projection(boto3.client("dynamodb"), one.name).create()
    s3 = wiring._client("s3")  # noqa: SLF001 - the functions' own
    for kind in ("uploads", "receipts"):
        s3.create_bucket(Bucket=f"{one.name}-{kind}")
    s3.put_bucket_versioning(
        Bucket=f"{one.name}-uploads", VersioningConfiguration={"Status": "Enabled"}
    )
    for number in range(SOURCES):
        upload(one, f"sources/source-{number}.yaml", profile(f"Source {number}"))
    models = list(sample_records(now))
    for start in range(0, articles, _AT_ONCE):
        stop = min(start + _AT_ONCE, articles)
        _fill(one, range(start, stop), models)
    newsroom.refresh_latest(store=wiring.store(), now=now)
    return one


def sample_records(now: datetime) -> Iterator[Record]:
    """Yield the records of the sample newsroom's public articles."""
    from chalicelib import wiring
    from chalicelib.core import fold
    from chalicelib.core.uploads import Version, kind_of
    from desk import samples

    for file in samples.listed():
        if kind_of(file.key) != "article":
            continue
        data = samples.content(file, now)
        version = Version(id="v", received_at=now, size=len(data))
        record = fold.fold(file.key, None, version, data, summarise=wiring.extract).record
        if record.life is not None and record.life.current is not None:
            yield record


def _fill(one: Newsroom, numbers: range, models: Sequence[Record]) -> None:
    """Write what ingesting these articles one after the other would have written."""
    from chalicelib import wiring
    from chalicelib.aws.store import rows_of
    from tests.story_rows import story_rows

    told = itertools.islice(events.tellings(numbers.stop), numbers.start, None)
    records = [
        _record(
            events.article(number, event, public_at=one.public_at(number)),
            models[number % len(models)],
            number,
        )
        for number, event in zip(numbers, told, strict=True)
    ]
    articles = [record.life.current for record in records if record.life and record.life.current]
    kept = _Store()
    for number, record in zip(numbers, records, strict=True):
        own = rows_of(record)
        if number < LISTED:
            _list(one, record, own)
        kept.rows.update(own)
    for article in articles:
        kept.put_revision(article)
    wiring.store()._write_all(put=[*kept.rows.values(), *story_rows(articles)])  # noqa: SLF001 - at once


def _record(event: Article, model: Record, number: int) -> Record:
    """Return the record of an article that is as long as its model and tells of *event*."""
    life = model.life
    if life is None or life.current is None:
        raise ValueError(f"{model.key} makes no article.")
    like, source = life.current, event.source.id
    article = replace(
        like,
        id=event.id,
        key=event.key,
        headline=event.headline,
        section=SECTIONS[number % len(SECTIONS)],
        tags=tuple(f"tag-{number * step % TAGS}" for step in (1, 7, 31)),
        source=Source(id=source, name=source),
        credited_to=source,
        original_url=None,
        published_at=event.published_at,
        updated_at=event.published_at,
        received_at=event.published_at,
        embargo_until=None,
        expires_at=None,
        pinned_until=None,
        breaking=False,
        same_story=(),
        not_same_story=(),
        body=replace(like.body, text=event.body.text),
    )
    receipt = replace(
        model.receipt, key=event.key, article_id=event.id, received_at=event.published_at
    )
    life = replace(life, key=event.key, current=article)
    return replace(model, key=event.key, receipt=receipt, life=life)


def _list(one: Newsroom, record: Record, own: dict[Key, Item]) -> None:
    """Have the bucket hold a key, settled to its version as one that was ingested."""
    from chalicelib.aws.store import state_key

    version = {"S": _put(one, record.key, "as its row tells")}
    own[state_key(record.key)] |= {"folded_to": version, "settled_to": version}


class _Store(Store):
    """The rows of revisions as the store would put them, to be written many at once."""

    def __init__(self) -> None:
        self.rows: dict[Key, Item] = {}
        self._table = ""

    def _put(self, item: Item, **_words: Any) -> None:
        self.rows[item["pk"]["S"], item["sk"]["S"]] = item


# What is done in each


def upload(one: Newsroom, key: str, text: str) -> None:
    """Upload and ingest a file, as its event would."""
    _put(one, key, text)
    _ingest(one, key)


def _put(one: Newsroom, key: str, text: str) -> str:
    """Upload a file and return its version."""
    from chalicelib import wiring

    answer = wiring._client("s3").put_object(  # noqa: SLF001 - the functions' own
        Bucket=f"{one.name}-uploads",
        Key=key,
        Body=text.encode(),
        Metadata={"received-at": one.now.isoformat()},
    )
    return str(answer["VersionId"])


def _ingest(one: Newsroom, key: str) -> None:
    from chalicelib import newsroom, wiring

    newsroom.ingest(
        key,
        uploads=wiring.uploads(),
        receipts=wiring.receipts(),
        store=wiring.store(),
        summarise=wiring.extract,
        site=wiring.site(),
        now=one.now,
    )


def _text(one: Newsroom, number: int, event: int) -> str:
    from tests.builders import markdown

    told = events.article(number, event, public_at=one.now)
    return markdown(
        told.headline,
        date=one.now.isoformat(),
        body=told.body.text,
        section="world",
        tags="[tag-1, tag-2]",
        source=f"source-{number % SOURCES}",
    )


Act = Callable[[], object]


def _reading(one: Newsroom, app: Any) -> Iterator[tuple[str, Act]]:
    """Yield what readers ask for, by its name."""
    from chalice.test import Client

    from chalicelib import wiring
    from chalicelib.web.parameters import cursor

    def get(path: str) -> Act:
        def ask() -> None:
            with Client(app) as client:
                answer = client.http.get(path, headers={"Accept-Encoding": "gzip", "Accept": "*/*"})
            if answer.status_code != HTTPStatus.OK:
                raise RuntimeError(f"{path} answers {answer.status_code}")

        return ask

    newest, *_ = wiring.store().cards("all", until=one.now, limit=1)[0]
    middle = wiring.store().cards("section#world", until=one.public_at(one.articles // 2), limit=1)[
        0
    ][0]
    told = wiring.store().latest()
    story_id = next(card.story_id for card in told.cards if card.story_id) if told else ""
    yield "the front page", get("/")
    yield "an article", get(f"/a/{newest.id}/{newest.slug}")
    yield "a section", get("/section/world")
    yield "a section, half way down", get(f"/section/world?cursor={cursor(middle.place)}")
    yield "a story", get(f"/story/{story_id}")
    yield "the list as JSON", get("/v1/latest")
    yield "the feed", get("/feed.xml")


def _editing(one: Newsroom) -> Iterator[tuple[str, Act]]:
    """Yield what editors and the clock do; each upload is another file's."""
    from chalicelib import newsroom, wiring

    number = _OWN_EVENT + next(one.new)
    told = next(events.tellings(1))  # the event of the newest article

    def ingested(key: str, text: str) -> Act:
        _put(one, key, text)
        return lambda: _ingest(one, key)

    key = f"new/{number}.md"
    yield "a new article", ingested(key, _text(one, number, number))
    yield "its update", ingested(key, _text(one, number, number).replace("On the day", "When"))
    yield "one more of a story", ingested(f"story/{number}.md", _text(one, number, told))
    wiring.store().put_cursor(None)
    yield "a refresh", lambda: newsroom.refresh_latest(store=wiring.store(), now=one.now)
    yield (
        "a page of the listing",
        lambda: newsroom.reconcile(
            uploads=wiring.uploads(),
            receipts=wiring.receipts(),
            store=wiring.store(),
            summarise=wiring.extract,
            site=wiring.site(),
            now=one.now,
        ),
    )


# The measurement


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
            f"{statistics.median(self.own_ms):.1f} (± {_spread(self.own_ms):.1f}), "
            f"{statistics.median(self.clock_ms):.1f} (± {_spread(self.clock_ms):.1f})"
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


def _spread(values: Sequence[float]) -> float:
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
        for name, act in itertools.chain(_reading(one, app.app), _editing(one)):
            yield one, name, act


@contextmanager
def counted() -> Iterator[Asked]:
    """Count what is asked of the table within the block."""
    import boto3

    from chalicelib import wiring

    meter = Meter(boto3.client("dynamodb"))
    watchers = wiring._client("dynamodb").watchers  # noqa: SLF001 - the functions' own
    watcher = partial(meter.count, "dynamodb")
    watchers.append(watcher)
    try:
        yield meter.asked
    finally:
        watchers.remove(watcher)


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
