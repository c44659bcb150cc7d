"""The table's contract: one question, one answer, and no write that another has overtaken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.aws.store import _OBSERVED_LATEST, Store, rows_of
from chalicelib.aws.table import row_key
from chalicelib.core import fold
from chalicelib.core.article import ArticleId, Brief, article_id
from chalicelib.core.codec import decode, encode
from chalicelib.core.errors import StoreUnavailable
from chalicelib.core.limits import MAX_PICTURES, MAX_TAGS
from chalicelib.core.ranking import Latest
from chalicelib.core.record import Record
from chalicelib.core.turns import Turns
from chalicelib.core.uploads import Version
from tests import builders
from tests.conftest import NOW
from tests.engines import TABLE, Engine

pytestmark = pytest.mark.table

KEY = "world/ferry.md"


def record(text: str = "", *, version: str = "v1", key: str = KEY) -> Record:
    data = (text or builders.markdown(tags="[a, b]", section="world")).encode()
    made = Version(id=version, received_at=NOW, size=len(data))
    return fold.fold(key, None, made, data, summarise=wiring.summarise).record


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine.client, TABLE)


def test_a_record_is_read_as_it_was_written(store: Store) -> None:
    assert store.write(None, record())

    assert store.record(KEY) == record()
    assert store.record("other.md") is None


def test_a_fold_that_lost_the_race_writes_nothing(store: Store) -> None:
    original = record()
    correction = record(builders.markdown("Ferry returns on Monday"), version="v2")
    assert store.write(None, original)
    assert store.write(original, correction)

    assert not store.write(None, original)
    assert not store.write(original, record(version="v3"))

    assert store.record(KEY) == correction


@pytest.mark.parametrize("count", [1, 150])
def test_a_fold_that_lost_the_race_leaves_no_revision_either(store: Store, count: int) -> None:
    late, ahead = record(), record(builders.markdown("Ferry returns on Monday"), version="v2")
    made = [replace(late.life.current, revision=number) for number in range(1, count + 1)]
    id_ = late.life.current.id
    assert store.write(None, ahead)

    assert not store.write(None, late, made)

    assert store.history(id_, limit=200).revisions == ()
    assert store.write(ahead, late, made)
    assert len(store.history(id_, limit=200).revisions) == count


@pytest.mark.parametrize("count", [1, 150])
def test_a_fold_that_lost_the_race_takes_no_revision_away(store: Store, count: int) -> None:
    late, ahead = record(), record(builders.markdown("Ferry returns on Monday"), version="v2")
    made = [replace(late.life.current, revision=number) for number in range(1, count + 1)]
    id_ = late.life.current.id
    assert store.write(None, ahead, made)

    assert not store.write(None, late, gone=range(1, count + 1))
    store.forget_revisions(KEY)  # as who found no record would

    assert len(store.history(id_, limit=200).revisions) == count
    assert store.write(ahead, late, gone=range(1, count + 1))
    assert store.history(id_, limit=200).revisions == ()


def test_more_revisions_than_a_transaction_takes_are_all_kept(store: Store) -> None:
    made = record()
    revisions = [replace(made.life.current, revision=number) for number in range(1, 151)]

    assert store.write(None, made, revisions)

    kept = store.history(revisions[0].id, limit=200).revisions
    assert {article.revision for article in kept} == set(range(1, 151))


def test_what_a_record_no_longer_owns_is_deleted_with_the_write(store: Store) -> None:
    before, after = record(), record(builders.markdown(section="sport"), version="v2")
    store.write(None, before)
    store.write(before, after)

    cards, _ = store.cards("section#world", until=NOW, limit=9)
    assert cards == ()
    assert len(store.cards("section#sport", until=NOW, limit=9)[0]) == 1
    assert store.write(after, None)
    assert store.record(KEY) is None
    assert store.cards("all", until=NOW, limit=9) == ((), Turns())


def test_a_list_is_newest_first_and_never_reads_beyond_its_bound(store: Store) -> None:
    for hour in range(5):
        text = builders.markdown(date=f"{NOW - timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}")
        store.write(None, record(text, key=f"{hour}.md"))

    cards, turns = store.cards("all", until=NOW - timedelta(hours=1), limit=2)
    rest, end = store.cards("all", until=NOW, after=turns.older or "", limit=9)

    assert [card.id for card in cards] == [article_id("1.md"), article_id("2.md")]
    assert [card.id for card in rest] == [article_id("3.md"), article_id("4.md")]
    assert turns.newer is None
    assert end.older is None


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_a_list_is_turned_back_over_the_pages_it_was_turned_to(store: Store, limit: int) -> None:
    for hour in range(7):
        text = builders.markdown(date=f"{NOW - timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}")
        store.write(None, record(text, key=f"{hour}.md"))
    until = NOW - timedelta(hours=1)
    there, back = [], []

    page, turns = store.cards("all", until=until, limit=limit)
    there.append(page)
    while turns.older:
        page, turns = store.cards("all", until=until, after=turns.older, limit=limit)
        there.append(page)
    while turns.newer:
        page, turns = store.cards("all", until=until, before=turns.newer, limit=limit)
        back.append(page)

    assert [card.id for page in there for card in page] == [
        article_id(f"{hour}.md") for hour in range(1, 7)
    ]
    assert back == there[-2::-1]


def test_before_the_newest_there_is_nothing_and_the_way_back(store: Store) -> None:
    store.write(None, record())
    (card,), _ = store.cards("all", until=NOW, limit=9)
    place = f"{card.public_at:%Y-%m-%dT%H:%M:%SZ}#{card.id}"
    long_ago = card.public_at - timedelta(days=9)

    assert store.cards("all", until=NOW, before=place, limit=9) == ((), Turns(older=place))
    assert store.cards("all", until=long_ago, before=place, limit=9) == ((), Turns(older=place))


def test_a_list_tells_feeds_what_its_cards_leave_out(store: Store) -> None:
    made = record(builders.markdown(correction="It was 214."))
    store.write(None, made)

    ((card, brief),), _ = store.briefs("all", until=NOW, limit=9)

    assert made.life is not None
    assert made.life.current is not None
    assert card == made.life.current.card()
    assert brief == made.life.current.brief()
    assert brief.points
    assert [said.text for said in brief.corrections] == ["It was 214."]


def test_a_sentence_that_is_a_book_stays_out_of_the_lists(store: Store) -> None:
    words = " ".join(f"{number * 7919 % 99_991:x}" for number in range(9_000))
    store.write(None, record(builders.markdown(body=f"The {words} ends.")))

    ((card, brief),), _ = store.briefs("all", until=NOW, limit=9)

    assert card.headline == builders.HEADLINE
    assert brief == Brief()


def test_a_later_refresh_is_not_undone_by_an_earlier_one(store: Store) -> None:
    late = Latest(refreshed_at=NOW, leads=(), cards=())
    store.put_latest(late)

    replaced_at = store.put_latest(replace(late, refreshed_at=NOW - timedelta(minutes=1)))

    assert replaced_at is None
    assert store.latest() == late


def test_a_list_that_can_no_longer_be_read_is_replaced_and_its_time_told(store: Store) -> None:
    latest = Latest(refreshed_at=NOW, leads=(), cards=())
    store.put_latest(latest)
    store._client.update_item(
        TableName=TABLE,
        Key=row_key(_OBSERVED_LATEST),
        UpdateExpression="SET latest = :older",
        ExpressionAttributeValues={":older": {"B": b"of another form"}},
    )
    later = replace(latest, refreshed_at=NOW + timedelta(minutes=5))

    assert store.put_latest(later) == NOW
    assert store.latest() == later


def test_an_article_that_is_not_there_is_nothing(store: Store) -> None:
    rows = store.article(ArticleId("a" * 16))

    assert (rows.current, rows.gone, rows.latest) == (None, None, None)


def test_readers_are_told_that_the_table_does_not_answer(engine: Engine) -> None:
    store = Store(engine.client, "no-such-table")

    for question in (store.latest, lambda: store.article(ArticleId("a" * 16)),
                     lambda: store.cards("all", until=NOW, limit=1)):  # fmt: skip
        with pytest.raises(StoreUnavailable):
            question()


def test_what_is_settled_is_told_for_many_keys_until_the_next_write(store: Store) -> None:
    keys = [f"{number}.md" for number in range(120)]
    for key in keys[::40]:
        store.write(None, record(key=key, version=f"v-{key}"))
        store.settle(record(key=key, version=f"v-{key}"))
        store.settle(record(key=key, version="another"))

    assert store.settled_to(keys) == {key: f"v-{key}" for key in keys[::40]}
    store.write(record(key="0.md", version="v-0.md"), record(key="0.md", version="next"))
    assert store.settled_to(["0.md"]) == {}


@given(
    headline=st.text(max_size=400),
    names=st.lists(st.text(max_size=400), max_size=60),
    notes=st.lists(st.text(max_size=3_000), max_size=60),
    pictures=st.integers(0, 120),
    draft=st.booleans(),
)
def test_any_file_makes_few_and_small_rows(
    *, headline: str, names: list[str], notes: list[str], pictures: int, draft: bool
) -> None:
    import json

    body = "Text. " + " ".join(f"![{headline}](media/{number}.png)" for number in range(pictures))
    article = {"headline": headline or "x", "byline": names, "tags": names, "body": body,
               "correction": notes, "status_reason": "".join(notes), "image_alt": "".join(names),
               "image": "media/x.png", "same_story": names, "draft": draft, "replaces": "a",
               "pinned_until": "2030-01-01T00:00:00Z", "section": "s"}  # fmt: skip
    data = json.dumps(article).encode()
    version = Version(id="v", received_at=NOW, size=len(data))
    first = fold.fold("a.json", None, version, data, summarise=wiring.summarise).record
    made = rows_of(first)

    assert len(made) <= 50  # see below how an update of that many is one transaction
    sizes = [len(encode(item)) for item in made.values()]
    assert max(sizes) < 400_000
    assert sum(sizes) < 2_000_000


def test_the_largest_update_there_can_be_is_one_transaction(store: Store) -> None:
    def full(name: str, hour: int, **metadata: str) -> str:
        pictures = " ".join(f"![x](media/{name}{number}.png)" for number in range(MAX_PICTURES))
        given = {"tags": str([f"{name}{number}" for number in range(MAX_TAGS)]), "section": name,
                 "source": name, "image": f"media/{name}.png", "replaces": name,
                 "pinned_until": "2030-01-01", "expires_at": f"2030-01-0{hour}",
                 "correction": name}  # fmt: skip
        text = f"It was {name}. {pictures}"
        return builders.markdown(
            name, date=f"2026-03-24T0{hour}:00:00Z", body=text, **given | metadata
        )

    made: Record | None = None
    records = []
    for hour, name in enumerate("abcd", start=1):
        data = full(name, hour, draft="true" if hour % 2 == 0 else "false").encode()
        at = NOW + timedelta(hours=hour)
        version = Version(id=name, received_at=at, size=len(data))
        made = fold.fold(KEY, made, version, data, summarise=wiring.summarise).record
        records.append(made)
    before, after = records[1], records[3]  # each with an article and a draft, all of them others
    assert store.write(None, before)

    assert len(rows_of(before)) == len(rows_of(after)) == 50
    # Two more are those of what each replaces.
    assert len(rows_of(before).keys() | rows_of(after).keys()) + 2 == 99
    assert store.write(before, after)


TEXTS = st.text(min_size=1, max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headline=TEXTS, body=TEXTS, tag=TEXTS, unknown=TEXTS)
def test_any_record_survives_its_rows(headline: str, body: str, tag: str, unknown: str) -> None:
    import json

    article = {"headline": headline, "body_text": body, "tags": [tag], "unknown": unknown}
    data = json.dumps(article).encode()
    version = Version(id="v", received_at=NOW, size=len(data))
    made = fold.fold("a.json", None, version, data, summarise=wiring.summarise).record

    assert decode(encode(made), Record) == made
    assert rows_of(made) == rows_of(decode(encode(made), Record))


def source(key: str, data: bytes) -> Record:
    version = Version(id=f"v-{key}", received_at=NOW, size=len(data))
    return fold.fold(key, None, version, data, summarise=wiring.summarise).record


def test_every_source_is_listed_with_its_feeds_until_its_file_is_gone(store: Store) -> None:
    profile = builders.profile(feeds="[https://courier.example/rss]").encode()
    courier = source("sources/courier.yaml", profile)
    outlines = [
        {"text": "Courier", "xmlUrl": "https://courier.example/atom"},
        {"text": "Another", "xmlUrl": "https://another.example/rss"},
    ]
    store.write(None, source("sources/feeds.opml", builders.opml(*outlines)))
    store.write(None, courier)
    store.write(None, source("sources/wire.yaml", builders.profile("The Wire").encode()))

    told = {one.source.name: one.feeds for one in store.sources()}

    assert told == {
        "Another": ("https://another.example/rss",),
        "The Callport Courier": ("https://courier.example/rss", "https://courier.example/atom"),
        "The Wire": (),
    }
    store.write(courier, None)
    assert [one.source.name for one in store.sources()] == ["Another", "Courier", "The Wire"]
