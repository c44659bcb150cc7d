"""What must be true of a newsroom: meanwhile, whatever befalls it, and when it has come to rest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib import newsroom, wiring
from chalicelib.aws.buckets import KeptReceipts, Uploads
from chalicelib.aws.projection import Projection, canonical
from chalicelib.core.article import ArticleId, article_id
from chalicelib.core.codec import encode
from chalicelib.core.errors import Gone, Moved, NotFound, StoreUnavailable
from chalicelib.core.receipt import receipt_key, stamped
from chalicelib.core.site import Site
from chalicelib.core.uploads import kind_of
from desk.rebuild import _place as place_in_a_rebuild
from tests.conftest import STAGE
from tests.simulation.acts import ARTICLES
from tests.simulation.clouds import AGAIN
from tests.simulation.model import Expected, Told, expected

if TYPE_CHECKING:
    from tests.simulation.world import World

_WORD = re.compile(r"Zq\d{3}x")  # see Told.word
_ADDRESS_WORD = re.compile(r"zq\d{3}x")
_TOLD_LATER = ("ingested_at", "story_id", "duplicates")  # of a receipt: known when it was written
LATER = timedelta(days=2)  # every embargo has lifted by then, and what expires has expired


def hold_meanwhile(world: World) -> None:
    """What holds at every moment, whatever is under way and whatever was lost."""
    now, store = world.now, world.store
    for where, answer in _answers(store, now=now, is_brief=True):
        for told in _told(answer, world, now=now):
            assert told.may_be_read(now), f"{where} tells of {told} at {now}"
    settled = store.settled_to(key for key in ARTICLES if world.versions.get(key))
    for key, version in settled.items():
        if version == world.versions[key][-1].id and not _is_in_doubt(world, key):
            _hold_page(world, key, _expected(world, key), now=now)


def hold_at_rest(world: World) -> None:
    """What holds when every event was heard and every function has come to its end."""
    _hold_receipts(world, _rebuilt(world))
    life = {key: _expected(world, key) for key in ARTICLES}
    _hold_readers(world, life, now=world.now, with_front_page=True)
    # Time alone lifts embargoes and ends articles: no function runs meanwhile.
    _hold_readers(world, life, now=world.now + LATER, with_front_page=False)


def _is_in_doubt(world: World, key: str) -> bool:
    """True while the bucket says what its newest version does not: a takedown, a removal."""
    mark = world.mark_of(key)
    is_unheard = any(event.key in (key, mark) and event.is_needed for event in world.waiting)
    has_failed = any(event.key in (key, mark) and event.is_needed for event in world.failed)
    marks = world.versions.get(mark, [])
    newest = marks[-1].id if marks else None
    return is_unheard or has_failed or world.store.settled_to([mark]).get(mark) != newest


def _expected(world: World, key: str) -> Expected:
    return expected(world.versions.get(key, ()), is_closed=world.is_closed(key))


# Against a rebuild


def _rebuilt(world: World) -> Projection:
    """Make the table once more from the bucket alone, and compare it byte for byte."""
    db, s3 = world.clients["dynamodb"], world.clients["s3"]
    again = Projection(db, AGAIN)
    for key in sorted(world.uploaded(), key=place_in_a_rebuild):
        newsroom.rebuild(
            key,
            uploads=Uploads(s3, STAGE.uploads),
            receipts=KeptReceipts(s3, AGAIN),
            store=again,
            summarise=wiring.summarise,
            site=Site(),
            now=world.now,
        )
    had, has = _rows(db, STAGE.table), _rows(db, AGAIN)
    for key in sorted(had.keys() | has.keys()):
        one, other = (canonical(rows.get(key, {})).decode() for rows in (had, has))
        assert had.get(key) == has.get(key), f"row {key} is {one}, of a rebuild {other}"
    return again


def _rows(client: Any, table: str) -> dict[tuple[str, str], Any]:
    pages = client.get_paginator("scan").paginate(TableName=table)
    rows = (row for page in pages for row in page["Items"])
    return {
        (row["pk"]["S"], row["sk"]["S"]): _ordered(row)
        for row in rows
        if not row["pk"]["S"].startswith("OBSERVED#")
    }


def _ordered(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with its sets in one order."""
    return {
        name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in row.items()
    }


def _hold_receipts(world: World, again: Projection) -> None:
    """Every upload has its receipt, which says what a rebuild says."""
    s3 = world.clients["s3"]
    for key in world.uploaded():
        there, newest = receipt_key(key), world.versions[key][-1].id
        answer = s3.get_object(Bucket=STAGE.receipts, Key=f"{there}.json")
        assert answer["Metadata"]["version-id"] == newest, f"the receipt of {key} is an old one"
        told = json.loads(answer["Body"].read())
        page = s3.head_object(Bucket=STAGE.receipts, Key=f"{there}.html")
        assert page["Metadata"] == answer["Metadata"], f"the receipt's page of {key} is another's"
        if kind_of(key) == "ignored":
            continue
        record = again.record(key)
        assert record is not None
        stamp = stamped(record.told(), version_id=newest)
        assert answer["Metadata"]["digest"] == stamp.digest, f"the receipt of {key} is outdated"
        # The page of a rebuild was written as soon as its record: some others came after it.
        says = s3.get_object(Bucket=AGAIN, Key=f"{there}.json")["Body"].read()
        for name, said in json.loads(says).items():
            if name not in (*_TOLD_LATER, "warnings"):
                assert told[name] == said, f"{name} in the receipt of {key}"


# Against the model


def _hold_readers(
    world: World, life: Mapping[str, Expected], *, now: datetime, with_front_page: bool
) -> None:
    """Readers have everything that is public, and nothing else, wherever they look."""
    store = world.store
    public = {
        article_id(key): made for key, one in life.items() if (made := one.public(now)) is not None
    }
    allowed = {word for one in life.values() for word in one.words(now)}
    for where, answer in _answers(store, now=now, is_brief=False):
        if where == "front page" and not with_front_page:
            continue  # it was prepared before: see hold_meanwhile
        for told in _told(answer, world, now=now):
            assert told.word in allowed, f"{where} tells of {told} at {now}"
    for key, one in life.items():
        _hold_page(world, key, one, now=now)
    revisions = {id_: made.revision for id_, made in public.items()}
    lists = {"all": {}, "briefs": {}, "world": {"section": "world"}, "sea": {"tag": "sea"},
             "courier": {"source": "courier"}}  # fmt: skip
    for name, asked in lists.items():
        if name == "briefs":
            cards = [card for card, _ in newsroom.list_briefs(store=store, now=now).listed]
        else:
            cards = list(newsroom.list_cards(store=store, now=now, **asked).cards)
        wanted = {id_: made.revision for id_, made in public.items()
                  if _is_under(made.told, asked)}  # fmt: skip
        assert {card.id: card.revision for card in cards} == wanted, f"the list {name} at {now}"
        assert len(cards) == len(wanted), f"an article stands twice in the list {name}"
    corrected = newsroom.list_corrections(store=store, now=now).corrected
    assert {one.card.id: [said.text for said in one.corrections] for one in corrected} == {
        id_: [f"It was {made.told.word}."]
        for id_, made in public.items()
        if made.told.said.corrects
    }, "the list of corrections"
    log = newsroom.list_changes(store=store, now=now).changes
    mirror = {one.article_id: one for one in log}
    there = {id_: one.revision for id_, one in mirror.items() if one.kind != "withdrawn"}
    assert there == revisions, f"what a mirror has at {now}"
    if with_front_page:
        front = newsroom.front_page(store=store, now=now)
        assert {card.id: card.revision for card in front.cards} == revisions, "the front page"


def _is_under(told: Told, asked: Mapping[str, str]) -> bool:
    said = told.said
    if "source" in asked:
        return said.source == "courier"
    return not asked or said.section == "world"


def _hold_page(world: World, key: str, life: Expected, *, now: datetime) -> None:
    """The article's page is that of its newest revision, or says that there is none."""
    made = life.public(now)
    try:
        article = newsroom.read_article(article_id(key), store=world.store, now=now).article
    except Moved:
        return  # its successor is held to its own page
    except (NotFound, Gone):
        assert made is None, f"{key} has no page at {now}"
        return
    assert made is not None, f"{key} has a page at {now}: {article.headline}"
    assert made.told.word in article.headline, f"{key} shows {article.headline}"
    assert article.revision == made.revision, f"{key} counts {article.revision} revisions"
    said = [correction.text for correction in article.corrections]
    assert said == ([f"It was {made.told.word}."] if made.told.said.corrects else [])


def _answers(store: Projection, *, now: datetime, is_brief: bool) -> Iterator[tuple[str, Any]]:
    """Yield what readers are given wherever they look, each with where that is."""
    asked: dict[str, Any] = {"store": store, "now": now}
    with suppress(StoreUnavailable):  # it was never prepared
        yield "front page", newsroom.front_page(**asked)
    yield "archive", newsroom.list_cards(**asked)
    yield "log of changes", newsroom.list_changes(**asked)
    for key in ARTICLES:
        id_ = article_id(key)
        yield from _asked(f"page of {key}", newsroom.read_article, id_, asked)
        if not is_brief:
            yield from _asked(f"history of {key}", newsroom.read_history, id_, asked)
            yield from _asked(f"story of {key}", newsroom.read_story, id_, asked)
    if not is_brief:
        yield "feed", newsroom.list_briefs(**asked)
        yield "corrections", newsroom.list_corrections(**asked)
        yield "sitemap", newsroom.published_between(now - timedelta(days=9), now, **asked)
        yield "list as it was", newsroom.latest_as_of(now, **asked)


def _asked(
    where: str, question: Any, id_: ArticleId, asked: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    try:
        yield where, question(id_, **asked)
    except (NotFound, Gone, Moved):
        return


def _told(answer: Any, world: World, *, now: datetime) -> Iterator[Told]:
    """Yield the files of which an answer tells readers something.

    An address may go on telling the headline that an article had: who had it finds it there.
    """
    said = encode(answer).decode()
    for word in set(_ADDRESS_WORD.findall(said)):
        told = world.told[word.capitalize()]
        assert told.may_have_been_read(now), f"an address tells of {told} at {now}"
    for word in set(_WORD.findall(said)):
        yield world.told[word]
