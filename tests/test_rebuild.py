"""Whatever an editor did, the table that a rebuild makes is the one that the events have made."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from chalice.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import ingesting, newsroom, wiring
from chalicelib.aws.projection import Projection
from chalicelib.aws.table import row_key
from chalicelib.core.article import article_id
from desk import samples
from desk.errors import DeskError
from desk.rebuild import NOTE_EVERY, Rebuilt, keys_of, other, rebuild
from tests import builders
from tests.conftest import NOW, STAGE, Paper
from tests.core.formats.documents import docx, drawing, p
from tests.test_placing import BUDGET, BUDGET_AGAIN, CHESS, FERRY, FERRY_AGAIN, forget

TABLE, UPLOADS = STAGE.table, STAGE.uploads
OTHER = "broadsheet-local-2"
Rows = dict[tuple[str, str], dict[str, Any]]


def rebuilt(table: str = TABLE, *, told: Callable[[], object] = int) -> Rebuilt:
    projection = STAGE.projection(table=table)
    projection.create()
    keys = keys_of(STAGE, projection)
    return rebuild(keys, STAGE, projection=projection, now=NOW, told=told, threads=1)


def rows(table: str = TABLE) -> Rows:
    """Every row of a table but the observations; what is a set has no order."""
    read, found = TypeDeserializer().deserialize, {}
    for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table):
        for stored in page["Items"]:
            row = {name: read(value) for name, value in stored.items()}
            if not row["pk"].startswith("OBSERVED#"):
                found[row["pk"], row["sk"]] = row
    return found


def put(table: str = TABLE, **row: Any) -> None:
    typed = TypeSerializer().serialize
    item = {name: typed(value) for name, value in row.items()}
    boto3.client("dynamodb").put_item(TableName=table, Item=item)


def delete(pk: str, sk: str, *, table: str = TABLE) -> None:
    boto3.client("dynamodb").delete_item(TableName=table, Key=row_key((pk, sk)))


def empty(*tables: str) -> None:
    for table in tables:
        for pk, sk in rows(table):
            delete(pk, sk, table=table)


def objects(bucket: str) -> dict[str, bytes]:
    s3 = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    keys = [one["Key"] for one in listed]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


# Histories


@dataclass(frozen=True)
class Upload:
    """An editor uploads a text, and says so much about it."""

    key: str
    text: str
    metadata: tuple[tuple[str, str], ...]

    def __call__(self, paper: Paper, hour: int) -> None:
        content = builders.markdown(self.text[:40], body=self.text, **dict(self.metadata))
        paper.upload(self.key, content, at=NOW - timedelta(hours=100 - hour))


@dataclass(frozen=True)
class File:
    """An editor uploads a source's profile, or an image."""

    key: str
    content: str | bytes

    def __call__(self, paper: Paper, hour: int) -> None:
        paper.upload(self.key, self.content, at=NOW - timedelta(hours=100 - hour))


@dataclass(frozen=True)
class Deletion:
    """An editor deletes a file."""

    key: str

    def __call__(self, paper: Paper, hour: int) -> None:
        paper.delete(self.key)


@dataclass(frozen=True)
class Forgotten:
    """An operator deletes a version for good: the newest, which may be a deletion, or the first."""

    key: str
    place: int

    def __call__(self, paper: Paper, hour: int) -> None:
        versions = wiring.uploads().versions(self.key)
        if versions:
            gone = versions[self.place]
            paper.s3.delete_object(Bucket=UPLOADS, Key=self.key, VersionId=gone.id)


WORD = docx(
    p("Ferry", "Title") + drawing("quay", descr="The quay") + p(FERRY),
    images={"quay": builders.picture(200, 100)},
)
ARTICLES = ("a.md", "b.md", "c.md", "d.md")
FILES = (
    File("sources/courier.yaml", builders.profile(avatar="media/face.png")),
    File("sources/courier.yaml", builders.profile("The Courier", owner="Marrow House")),
    File("sources/courier.yaml", "no name here"),
    File("media/face.png", builders.picture(colour="teal")),
    File("media/face.png", builders.picture(colour="red")),
    File("media/face.png", b"no image"),
    File("takedowns/readme.txt", "nothing is made of it"),
    File("e.docx", WORD),
)
METADATA = st.fixed_dictionaries(
    {"date": st.sampled_from(["2026-03-24T09:00:00Z", "2026-03-20T09:00:00Z", ""])},
    optional={
        "source": st.sampled_from(["courier", "gazette"]),
        "replaces": st.sampled_from(ARTICLES),
        "same_story": st.sampled_from(ARTICLES),
        "not_same_story": st.sampled_from(ARTICLES),
        "image": st.just("media/face.png"),
        "draft": st.just("true"),
        "embargo_until": st.sampled_from(["2026-03-30T09:00:00Z", "2026-03-21T09:00:00Z"]),
        "expires_at": st.sampled_from(["2026-03-31T09:00:00Z", "2026-03-23T09:00:00Z"]),
        "correction": st.sampled_from(["It was Tuesday.", "It was Monday."]),
        "status": st.sampled_from(["withheld", "canceled"]),
        "pinned_until": st.just("2026-03-25T09:00:00Z"),
        "tags": st.sampled_from(["[ferry]", "[ferry, court]"]),
        "slug": st.just("stated"),
    },
)
TEXTS = (FERRY, FERRY_AGAIN, BUDGET, BUDGET_AGAIN, CHESS, f"{FERRY}\n\n{BUDGET}")
KEYS = st.sampled_from((*ARTICLES, "sources/courier.yaml", "media/face.png", "e.docx"))
ACTS = st.one_of(
    st.builds(
        Upload,
        st.sampled_from(ARTICLES),
        st.sampled_from(TEXTS),
        METADATA.map(lambda given: tuple(given.items())),
    ),
    st.sampled_from(FILES),
    st.builds(Deletion, KEYS),
    st.builds(Forgotten, KEYS, st.sampled_from([0, -1])),
)
HISTORIES = st.lists(ACTS, min_size=3, max_size=14)


@pytest.fixture
def begun(paper: Paper) -> Callable[[], Paper]:
    """Begin a newsroom without a past, as often as one is asked for."""
    STAGE.projection(table=OTHER).create()

    def begin() -> Paper:
        empty(TABLE, OTHER)
        for key, _ in wiring.uploads().newest(""):
            forget(paper, key)
        return paper

    return begin


@given(history=HISTORIES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rebuild_into_an_empty_table_makes_the_rows_that_events_made(
    begun: Callable[[], Paper], history: list[Any]
) -> None:
    paper = begun()
    for hour, act in enumerate(history):
        act(paper, hour)
        paper.ingest(act.key)
    had, receipts = rows(), objects(STAGE.receipts)

    again, other = rebuilt(), rebuilt(OTHER)

    assert (again.changed, again.swept, again.failed) == (0, 0, {})
    assert rows() == had
    assert rows(OTHER) == had
    assert (other.rows, other.digest) == (again.rows, again.digest) == (len(had), again.digest)
    assert objects(STAGE.receipts) == receipts


@given(history=HISTORIES, heard=st.sets(st.integers(0, 13)))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rebuild_makes_good_whatever_events_were_lost(
    begun: Callable[[], Paper], history: list[Any], heard: set[int]
) -> None:
    paper = begun()
    for hour, act in enumerate(history):
        act(paper, hour)
        if hour in heard:
            paper.ingest(act.key)

    rebuilt()
    rebuilt(OTHER)

    assert rows() == rows(OTHER)


# The samples


@pytest.fixture
def sampled(paper: Paper) -> Paper:
    """The sample newsroom, and something that happened in it."""
    listed = samples.listed()
    for file in listed:
        samples.upload(file, paper.s3, UPLOADS, now=NOW)
    articles = [file.key for file in listed if not file.key.startswith(("sources/", "media/"))]
    first, second, third = articles[:3]
    paper.delete(first)
    paper.upload(second, builders.markdown("Another report", replaces=third))
    paper.upload("late.md", builders.markdown("Late", embargo_until="2026-03-29T09:00:00Z"))
    for file in listed:
        paper.ingest(file.key)
    paper.ingest("late.md")
    return paper


ADDRESSES = (
    "/", "/latest", "/corrections", "/sources", "/feed.xml", "/feed.atom", "/feed.json",
    "/sitemap.xml", "/sitemap-news.xml", "/v1/latest", "/v1/articles?limit=100", "/v1/changes",
    "/v1/sources",
)  # fmt: skip


def pages(http: Any) -> dict[str, bytes]:
    """Return the bodies at all addresses, those of each article and its story among them."""
    ids = sorted({pk.partition("#")[2] for pk, sk in rows() if sk == "CURRENT"})
    forms = ("/a/{}", "/a/{}/x/history", "/v1/articles/{}", "/v1/stories/{}", "/story/{}/feed.json")
    each = [form.format(id_) for id_ in ids for form in forms]
    return {address: http.get(address).body for address in (*ADDRESSES, *each)}


def test_the_samples_come_back_with_the_same_ids_pages_and_feeds(
    sampled: Paper, client: Client
) -> None:
    newsroom.refresh_latest(store=wiring.store(), now=NOW)
    had, read = rows(), pages(client.http)
    empty(TABLE)

    done = rebuilt()

    assert rows() == had
    assert pages(client.http) == read
    assert (done.rows, done.failed) == (len(had), {})
    assert done.changed == done.keys == len(list(wiring.uploads().newest("")))


# What a table may have gone through


def damage(where: tuple[str, str], **attributes: Any) -> None:
    put(pk=where[0], sk=where[1], **attributes)


def test_rows_that_were_lost_changed_or_added_are_mended(paper: Paper) -> None:
    paper.publish("sources/courier.yaml", builders.profile())
    paper.publish("a.md", builders.markdown(body=FERRY, source="courier", replaces="old.md"))
    paper.publish("b.md", builders.markdown(body=FERRY_AGAIN))
    had, id_ = rows(), article_id("a.md")
    for (pk, sk), row in had.items():  # as another release may have written them
        if "article" in row or "membership" in row or "placed" in row:
            damage((pk, sk), **dict.fromkeys(row.keys() - {"pk", "sk"}, b"x"))
    (listed,) = [key for key in had if key[0] == "LIST#all" and key[1].endswith(id_)]
    delete(*listed)
    damage(("LIST#all", f"2026-03-24T10:00:00Z#{id_}"), card="{}")
    damage((f"ARTICLE#{id_}", "AS#000002"), article=b"x")
    damage((f"ARTICLE#{article_id('old.md')}", "SUCCESSORS"), by={f"2026-01-01T00:00:00Z#{id_}"})
    damage((f"UPLOAD#{article_id('gone.md')}", "STATE"), key="gone.md", record=b"x")
    damage(("STORYKEY#gone", "2026-03-24T10:00:00Z#aaaaaaaaaaaaaaaa"))
    damage(("SHOWN#source:courier", "VALUE"), value='{"id":"courier","name":"Another"}')

    done = rebuilt()

    assert rows() == had
    assert done.failed == {}
    assert done.swept is not None
    assert done.swept >= 3


def test_an_upload_that_is_being_read_during_the_sweep_is_written_whole_after_it(
    paper: Paper,
) -> None:
    keys = keys_of(STAGE, STAGE.projection())
    paper.upload("a.md", builders.markdown())
    versions = wiring.uploads().versions("a.md")
    half_done = ingesting.folded("a.md", None, versions, **paper.parts(), now=NOW)

    rebuild(keys, STAGE, projection=STAGE.projection(), now=NOW, told=int, threads=1)
    ingesting.written(None, half_done, store=wiring.store())
    paper.ingest("a.md")

    rebuilt(OTHER)
    assert rows() == rows(OTHER)


def test_a_table_that_holds_other_things_is_left_alone(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown(body=FERRY))
    assert other(STAGE, OTHER)[1]
    rebuilt(OTHER)
    assert not other(STAGE, OTHER)[1]  # its own rows are no reason to refuse it

    customer = {"pk": "CUSTOMER#1", "sk": "PROFILE"}
    put(OTHER, **customer)

    with pytest.raises(DeskError, match="would delete"):
        other(STAGE, OTHER)
    assert rows(OTHER)["CUSTOMER#1", "PROFILE"] == customer


def test_a_table_with_other_keys_is_left_alone(paper: Paper) -> None:
    boto3.client("dynamodb").create_table(
        TableName="customers",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    put("customers", id="1")

    with pytest.raises(DeskError, match="would delete"):
        other(STAGE, "customers")


def test_the_table_of_another_stage_is_left_alone(paper: Paper) -> None:
    with pytest.raises(DeskError, match="is what prod reads"):
        other(STAGE, "broadsheet-prod")

    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["broadsheet-local"]


def test_the_rows_of_a_key_deleted_for_good_unheard_are_taken_away(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown(body=FERRY))
    had = rows()
    paper.publish("gone.md", builders.markdown(body=FERRY_AGAIN))
    for version in wiring.uploads().versions("gone.md"):
        paper.s3.delete_object(Bucket=UPLOADS, Key="gone.md", VersionId=version.id)

    done = rebuilt()

    assert rows() == had
    assert done.changed == 1


def test_a_rebuild_writes_the_receipts_that_are_missing_and_no_other(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown("First"))
    paper.publish("b.md", builders.markdown("Second"))
    had = objects(STAGE.receipts)
    stamp = paper.s3.head_object(Bucket=STAGE.receipts, Key="a.md.json")["Metadata"]
    paper.s3.put_object(  # as an earlier release told it
        Bucket=STAGE.receipts, Key="a.md.json", Body=b"{}", Metadata={**stamp, "digest": "another"}
    )
    paper.s3.delete_object(Bucket=STAGE.receipts, Key="b.md.json")

    rebuilt()

    assert objects(STAGE.receipts) == {**had, "a.md.json": b"{}"}


def test_a_killed_rebuild_goes_on_where_it_was(paper: Paper) -> None:
    keys = [f"{number:03}.md" for number in range(NOTE_EVERY + 10)]
    for key in keys:
        paper.upload(key, "too short\x00", at=NOW)  # rejected, which is quick
    calls = itertools.count(1)

    def killed() -> None:
        if next(calls) == NOTE_EVERY + 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuilt(told=killed)
    done = rebuilt()
    again = rebuilt()

    assert (done.keys, done.skipped) == (len(keys), NOTE_EVERY)
    assert (again.skipped, again.digest) == (0, done.digest)


class Unreadable(Exception):
    """A fault of ours."""


def test_a_key_that_fails_is_told_and_nothing_is_swept_away(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.publish("a.md", builders.markdown())
    damage(("LIST#all", "2026-03-24T10:00:00Z#aaaaaaaaaaaaaaaa"), card="{}", brief=b"x")

    def fails(*_: object) -> Any:
        raise Unreadable

    monkeypatch.setattr(wiring, "extract", fails)
    done = rebuilt()

    assert done.failed == {"a.md": "Unreadable: "}
    assert done.swept is None
    assert ("LIST#all", "2026-03-24T10:00:00Z#aaaaaaaaaaaaaaaa") in rows()


def test_what_was_observed_stays(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown())
    damage(("OBSERVED#feeds", "x"), address="https://courier.example/rss")

    rebuilt()

    kept = boto3.client("dynamodb").get_item(TableName=TABLE, Key=row_key(("OBSERVED#feeds", "x")))
    assert "Item" in kept


def test_the_digest_tells_one_table_from_another(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown())
    before = Projection(boto3.client("dynamodb"), TABLE).digest()
    paper.publish("a.md", builders.markdown(date="2026-03-24T09:00:01Z"))

    assert Projection(boto3.client("dynamodb"), TABLE).digest() != before
