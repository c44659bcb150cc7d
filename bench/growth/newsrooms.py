"""Newsrooms of any size, filled at once with the rows that ingesting would have left."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from unittest import mock

from bench import placing as events
from chalicelib.core.article import Article, Source
from desk import dynamodb_local
from tests.tables import served

if TYPE_CHECKING:
    from chalicelib.aws.table import Item, Key
    from chalicelib.core.record import Record

SECTIONS = ("world", "world", "sport", "world", "business", "world")  # two thirds in one
SOURCES = 7  # those of `bench.placing`
TAGS = 300
LISTED = 100  # the newest, whose keys the bucket holds: moto's listing grows with it, S3's not
_WRITERS, _WRITTEN_AT_ONCE = 4, 500  # threads, rows of each
_AT_ONCE = 1_000  # articles that are clustered together: two and a half days
_AN_ARTICLE = timedelta(days=1) / events.A_DAY


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
    from chalicelib.aws.store import revision_rows, rows_of
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
    kept: list[Item] = []
    for number, record in zip(numbers, records, strict=True):
        own = rows_of(record)
        if number < LISTED:
            _hold(one, record, own)
        kept += own.values()
    rows = iter([*kept, *revision_rows(articles), *story_rows(articles)])
    batches = iter(lambda: list(islice(rows, _WRITTEN_AT_ONCE)), [])
    write = wiring.store()._write_all  # noqa: SLF001 - rows of many records in one call
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(lambda some: write(put=some), batches))  # raises what a thread raised


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


def _hold(one: Newsroom, record: Record, own: dict[Key, Item]) -> None:
    """Have the bucket hold a key, settled to its version as one that was ingested."""
    from chalicelib.aws.store import state_key

    version = {"S": put(one, record.key, "as its row tells")}
    own[state_key(record.key)] |= {"folded_to": version, "settled_to": version}


def upload(one: Newsroom, key: str, text: str) -> None:
    """Upload and ingest a file, as its event would."""
    put(one, key, text)
    ingest(one, key)


def put(one: Newsroom, key: str, text: str) -> str:
    """Upload a file and return its version."""
    from chalicelib import wiring

    answer = wiring._client("s3").put_object(  # noqa: SLF001 - the functions' own
        Bucket=f"{one.name}-uploads",
        Key=key,
        Body=text.encode(),
        Metadata={"received-at": one.now.isoformat()},
    )
    return str(answer["VersionId"])


def ingest(one: Newsroom, key: str) -> None:
    """Ingest a file, as its event would."""
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
