"""The use cases, one function each. What a function is given is all that it may touch.

The bucket is the truth and the table a projection of it. An event only says that a key changed:
`ingest` repeats one pass over the key until a pass finds nothing left to do. A pass folds the
versions that are not in the record yet, copies what the record takes from others as they are
now, and delivers the receipt; its steps stand in `ingesting`. Events may then come twice, late,
in any order, or be lost until `reconcile` finds the key: there is nothing to compare but the
bucket.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from chalicelib.core.around import Around, around
from chalicelib.core.article import (
    MAX_OTHERS,
    Article,
    ArticleId,
    Brief,
    Card,
    Corrected,
    Elsewhere,
    Membership,
    Source,
    article_id,
    id_at,
    place_of,
    read_by,
)
from chalicelib.core.errors import FoldConflict, Moved, NotFound, StoreUnavailable
from chalicelib.core.ranking import Latest
from chalicelib.core.takedown import taken_by
from chalicelib.core.turns import Turns
from chalicelib.core.uploads import Version, kind_of

if TYPE_CHECKING:
    from chalicelib.aws.buckets import KeptReceipts, Media, Receipts, Upload, Uploads
    from chalicelib.aws.notices import Notices
    from chalicelib.aws.projection import Projection
    from chalicelib.aws.store import ArticleRows, History, Store
    from chalicelib.core import shapes
    from chalicelib.core.api import Json
    from chalicelib.core.article import Filing
    from chalicelib.core.changes import Change
    from chalicelib.core.lifecycle import Summarise
    from chalicelib.core.receipt import Receipt, Telling
    from chalicelib.core.record import Shown
    from chalicelib.core.site import Site
    from chalicelib.core.stories import Story
    from chalicelib.core.watch import Feed, Fetch

log = logging.getLogger("broadsheet")

MAX_PASSES = 12  # one folds, one confirms; the rest are for writers met on the way
LATEST_CARDS = 60  # what one read unit carries, compressed, beside the leads
T = TypeVar("T")

PAGE_CARDS = 30  # cards on a page of a list
PAGE_CHANGES = 100  # entries of the log, of some 250 bytes
MAX_BETWEEN = 6_000  # cards of a month, two hundred a day: ten calls
MAX_HISTORY = 30  # revisions on a history page; a text changed more often is told by its last
ID_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What an ingest found or did. `receipt` is that of the key's newest version."""

    receipt: Receipt | None
    has_changed: bool


# Editors


def ingest(
    key: str,
    *,
    uploads: Uploads,
    receipts: Receipts,
    store: Store,
    summarise: Summarise,
    site: Site,
    now: datetime,
    notices: Notices | None = None,
) -> Ingested:
    """Bring everything that follows from *key* up to date with the uploads bucket.

    Harmless to repeat. What others have copied from this key is brought up to date too, so a
    source's new name reaches all its articles. A rejection is pushed to *notices* when its receipt
    is delivered: once a version. Raises FoldConflict when other writers won every pass; the event
    is then retried.
    """
    from chalicelib import ingesting

    has_changed = False
    placed: tuple[Article | None] | None = None  # what the stories were last brought up to
    telling: Telling | None = None
    anew = False
    for _ in range(MAX_PASSES):
        versions = uploads.versions(key)
        if kind_of(key) == "ignored":
            told = ingesting.ignored(key, versions, receipts=receipts, site=site, now=now)
            return Ingested(receipt=told, has_changed=False)
        before = store.record(key)
        fresh = ingesting.folded(
            key,
            before,
            versions,
            uploads=uploads,
            receipts=receipts,
            store=store,
            summarise=summarise,
            site=site,
            now=now,
            anew=anew,
        )
        after = ingesting.dressed(fresh.record, store=store)
        if after != before or fresh.revisions:
            fresh = fresh._replace(record=after)
            is_written = ingesting.written(before, fresh, store=store)
            has_changed |= is_written
            anew = anew and not is_written
            continue  # a last pass sees whether another writer was faster, or came meanwhile
        article = after.life.current if after and after.life else None
        if after is None:
            # No row is left that could say whether this was done: it is done every time.
            ingesting.cleared(key, store=store)
            if uploads.versions(key):
                anew = True  # what was cleared may have been made of an upload that just came
                continue
            _spread(
                key,
                None,
                uploads=uploads,
                receipts=receipts,
                store=store,
                summarise=summarise,
                site=site,
                now=now,
                notices=notices,
            )
            return Ingested(receipt=None, has_changed=has_changed)
        if after.life is not None and placed != (article,):
            telling = ingesting.placed(after, receipts=receipts, store=store, site=site, now=now)
            placed = (article,) if telling is not None else None
            continue
        is_delivered = ingesting.deliver(
            after.told(),
            after.folded_to,
            telling=telling,
            receipts=receipts,
            store=store,
            site=site,
            now=now,
        )
        if is_delivered:
            if notices is not None:
                ingesting.notify(after.receipt, notices=notices, now=now)
            continue  # it may have been written over that of a newer version, just come
        _spread(
            key,
            after.shown(),
            uploads=uploads,
            receipts=receipts,
            store=store,
            summarise=summarise,
            site=site,
            now=now,
            notices=notices,
        )
        store.settle(after)
        return Ingested(receipt=after.told(), has_changed=has_changed)
    message = f"{MAX_PASSES} passes over one key were all overtaken."
    raise FoldConflict(message)


def rebuild(
    key: str,
    *,
    uploads: Uploads,
    receipts: KeptReceipts,
    store: Projection,
    summarise: Summarise,
    site: Site,
    now: datetime,
) -> bool:
    """Derive every row of *key* again, from all its versions; say whether one was not as it is now.

    Whatever the table holds is overwritten where it differs, and nowhere else: readers see no gap,
    and other writers may go on. Raises as `ingest` does.
    """
    from chalicelib import ingesting

    has_changed = kind_of(key) != "ignored" and ingesting.rewritten(
        key,
        uploads=uploads,
        receipts=receipts,
        store=store,
        summarise=summarise,
        site=site,
        now=now,
    )
    # What the new rows still call for: placing, a receipt that is missing, those who copy.
    done = ingest(
        key,
        uploads=uploads,
        receipts=receipts,
        store=store,
        summarise=summarise,
        site=site,
        now=now,
    )
    return has_changed or done.has_changed


def _spread(
    key: str,
    shown: Shown | None,
    *,
    uploads: Uploads,
    receipts: Receipts,
    store: Store,
    summarise: Summarise,
    site: Site,
    now: datetime,
    notices: Notices | None,
) -> None:
    """Ingest every key that copied an older value of a source or an image, or was taken down.

    A key that cannot be ingested does not keep the others waiting: its error is raised last.
    """
    from chalicelib.core.record import name_of_key

    if kind_of(key) == "article":
        return
    taken = taken_by(key)
    users: Iterable[str]
    if taken is None:
        users = store.behind(store.users(key), name_of_key(key), shown)
    else:
        users = filter(None, [store.uploaded_as(taken)])
    failures: list[Exception] = []
    for user in users:
        try:
            ingest(
                user,
                uploads=uploads,
                receipts=receipts,
                store=store,
                summarise=summarise,
                site=site,
                now=now,
                notices=notices,
            )
        except Exception as error:
            log.exception("key not brought up to date", extra={"key": user, "copies_from": key})
            store.unsettle(user)  # or who spreads again would pass it over
            failures.append(error)
    if failures:
        message = f"{len(failures)} keys that copy from {key} could not be ingested"
        raise ExceptionGroup(message, failures)


def check(
    key: str,
    data: bytes,
    *,
    received_at: datetime,
    now: datetime,
    sources: Mapping[str, Source] | None,
    summarise: Summarise,
    site: Site,
) -> tuple[Json, shapes.Article | None]:
    """Return the receipt that an upload would get, and the article it would make, offline.

    The very steps of `ingest` on a key without a past; *sources* are the profiles by id, None
    where nobody can say which there are.
    """
    from chalicelib.core import api, fold
    from chalicelib.core.record import dressed, name_of

    version = Version(id="check", received_at=received_at, size=len(data))
    if kind_of(key) == "ignored":
        told = api.receipt(fold.ignored(key, version), site=site, ingested_at=now)
        return told, None
    given = data if fold.needs_bytes(key, version) else None
    try:
        folded = fold.fold(key, None, version, given, summarise=summarise)
    except Exception:
        log.exception("file not read", extra={"key": key})
        folded = fold.at_fault(key, None, version)
    shown = {name_of("source", source.id): source for source in (sources or {}).values()}
    # Only profiles are missed: which images the bucket holds is not known here, and an article
    # is checked before its images are uploaded.
    names = () if sources is None else folded.record.takes_from()
    missing = {name: "" for name in names if name.startswith("source:") and name not in shown}
    record = replace(folded.record, dressed=missing)
    told = api.receipt(record.told(), site=site, ingested_at=now)
    if folded.article is None:
        return told, None
    return told, api.article(dressed(folded.article, shown), site=site)


def version_of(key: str, revision: int, *, uploads: Uploads, summarise: Summarise) -> Version:
    """Return the version of *key* that made *revision*: the fold counts, so the fold is asked.

    Raises NotFound, with the revisions that there are. Reads every version up to that one.
    """
    from chalicelib import ingesting
    from chalicelib.core import fold

    if kind_of(key) != "article":
        raise NotFound(f"{key} is no article: only articles have revisions.")
    record, had = None, 0
    for listed in uploads.versions(key):
        version, data = ingesting.read(key, listed, uploads=uploads)
        try:
            record = fold.fold(key, record, version, data, summarise=summarise).record
        except Exception:
            log.exception("version not read", extra={"key": key, "version": version.id})
            record = fold.at_fault(key, record, version).record
        had = record.life.revision if record.life else 0
        if had == revision:
            return listed
    if record is None:
        raise NotFound(f"Nothing has ever been uploaded as {key}.")
    there_are = f"it has {had}, counted from 1" if had else "none was accepted"
    raise NotFound(f"{key} has no revision {revision}: {there_are}.")


def reconcile(
    *,
    uploads: Uploads,
    receipts: Receipts,
    store: Store,
    summarise: Summarise,
    site: Site,
    now: datetime,
    notices: Notices | None = None,
) -> int:
    """Ingest what one page of the bucket holds and is not settled; return how many keys changed.

    Settled is a key whose newest version is in the table, whose receipt is delivered and whose
    value has reached all that copied it: a function killed anywhere is made good here. A key of
    which nothing is made is settled when its receipt is there: one call for each. A cursor
    in the table says where the next page begins; after the last page it starts over. A key that
    cannot be ingested does not keep the others waiting: its error is raised last. The one on which
    the last reconciliation died is ingested whatever is noted of it: another may have settled it.
    """
    from chalicelib import ingesting

    cursor, died_over = store.cursor()
    listing = uploads.page(cursor)
    settled = store.settled_to(listing.newest)
    behind = [
        key
        for key, newest in listing.newest.items()
        if settled.get(key) != newest
        and not ingesting.is_told_ignored(key, newest, receipts=receipts)
    ]
    # Last, where the next one begins after this page: it may die on it again.
    begins = {key: key for key in behind}
    if died_over is not None:
        begins.setdefault(died_over, listing.next_cursor or "")
    failures: list[Exception] = []
    changed = 0
    for key, begins_after in begins.items():
        # A key on which the function dies is not where the next one begins.
        store.put_cursor(begins_after, works_on=key)
        try:
            done = ingest(
                key,
                uploads=uploads,
                receipts=receipts,
                store=store,
                summarise=summarise,
                site=site,
                now=now,
                notices=notices,
            )
        except Exception as error:
            log.exception("key not reconciled", extra={"key": key})
            failures.append(error)
            store.unsettle(key)  # as another may have left it meanwhile
        else:
            changed += done.has_changed
    store.put_cursor(listing.next_cursor)
    if failures:
        message = f"{len(failures)} of {len(begins)} keys could not be ingested"
        raise ExceptionGroup(message, failures)
    return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """The latest list as it was just prepared, and how old the one had become that readers had."""

    latest: Latest
    aged: timedelta  # none where there was no list, or where another refresh was faster


def refresh_latest(*, store: Store, now: datetime) -> Refreshed:
    """Prepare the latest list from recent cards, read consistently."""
    from chalicelib import listing

    limit, latest = LATEST_CARDS, None
    while latest is None:
        latest = listing.prepared(limit, store=store, now=now)
        limit //= 2
    replaced_at = store.put_latest(latest)
    return Refreshed(latest=latest, aged=now - (replaced_at or now))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsRead:
    """What a run over other publishers' feeds came to."""

    read: int  # feeds that answered as they should, with news or without
    failed: int
    links: int  # that are new, or say something new


def fetch_feeds(*, store: Store, fetch: Fetch, now: datetime) -> FeedsRead:
    """Ask for the feeds of all sources that are due, and keep what is new in them.

    Each feed is written as its answer comes, with its links, all or none: a run that is killed
    loses nothing but time. Where nothing is new nothing is written. What cannot be kept does not
    keep the others waiting: it is raised last.
    """
    from chalicelib.core import watch

    owners = watch.owners(store.sources())
    known = {feed.address: feed for feed in store.feeds.all()}
    failures: list[Exception] = []
    read = failed = written = 0
    for feed, answer in fetch(watch.due(owners, known, now=now)):
        try:
            after, links = watch.after(feed, answer, source=owners[feed.address], now=now)
            if after != feed and store.feeds.put(after, links, was=feed):
                written += len(links)
        except Exception as error:
            log.exception("feed not kept", extra=_named(feed, owners))
            failures.append(error)
            continue
        if after.problem is None:
            read += 1
        else:
            failed += 1
            told = {**_named(feed, owners), "problem": after.problem}
            log.warning("feed not read", extra=told)
    if failures:
        message = f"{len(failures)} feeds could not be kept"
        raise ExceptionGroup(message, failures)
    return FeedsRead(read=read, failed=failed, links=written)


def _named(feed: Feed, owners: Mapping[str, str]) -> dict[str, str]:
    """Name a feed in the log by source and host: some have their reader's secret in the rest."""
    return {"source": owners[feed.address], "host": urlsplit(feed.address).hostname or ""}


# Readers


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article as readers have it, and what stands around it."""

    article: Article
    story_id: ArticleId
    latest: Latest
    around: Around
    sources: int | None  # of the newsroom that tell it; None where there may be more than here

    @property
    def has_others(self) -> bool:
        """True if other articles of the newsroom tell the same story."""
        return any(isinstance(one, Card) for one in self.around.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsView:
    """A page of a list, newest first."""

    cards: tuple[Card, ...]
    turns: Turns

    @property
    def changed_at(self) -> datetime | None:
        """When the last of its cards came or changed, None without cards."""
        return max((card.changed_at for card in self.cards), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefsView:
    """A page of a list as feeds tell it, newest first."""

    listed: tuple[tuple[Card, Brief], ...]
    turns: Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionsView:
    """A page of corrected articles, the last corrected first."""

    corrected: tuple[Corrected, ...]
    turns: Turns

    @property
    def changed_at(self) -> datetime | None:
        """When the last of them changed, None without any."""
        return max((one.card.changed_at for one in self.corrected), default=None)


def front_page(*, store: Store, now: datetime) -> Latest:
    """Return the prepared list as of *now*.

    Raises StoreUnavailable before the first refresh: an empty page is a fault, never no news.
    """
    latest = store.latest()
    if latest is None:
        raise StoreUnavailable("The latest list has not been prepared yet.")
    return latest.as_of(now)


def latest_as_of(moment: datetime, *, store: Store, now: datetime) -> Latest:
    """Return what readers may see at *now*, listed as it would have been at *moment*. Two calls.

    Nothing is kept of lists that were: this one is made of the newest LATEST_CARDS articles of
    that moment, or of *now* if that is earlier, and says in `refreshed_at` of which.
    """
    from chalicelib import listing

    moment = min(moment, now)
    cards, turns = store.cards("all", until=moment, limit=LATEST_CARDS)
    public = (card for card in cards if card.is_public(now))
    told, owners = listing.with_stories(public, {}, store=store, now=moment)
    latest = Latest(refreshed_at=moment, leads=(), cards=told, owners=owners, older=turns.older)
    return latest.as_of(moment)


def read_article(id_: ArticleId, *, store: Store, now: datetime) -> ArticleView:
    """Return the article at *id_*. Raises NotFound, Gone with the reason, Moved. One call."""
    rows = store.article(id_)
    _follow(rows, now=now)
    article = read_by(rows.current, rows.gone, shown=rows.shown, now=now)
    latest = rows.latest.as_of(now) if rows.latest else Latest(refreshed_at=now, leads=(), cards=())
    membership = rows.membership or Membership(story_id=id_, others=())
    others = tuple(card for card in membership.others if card.is_public(now))
    is_whole = len(membership.others) < MAX_OTHERS
    sources = {article.source.id, *(card.source.id for card in others)}
    return ArticleView(
        article=article,
        story_id=membership.story_id,
        latest=latest,
        around=around(article.card(), others=others, elsewhere=rows.elsewhere, listed=latest.cards),
        sources=len(sources) if is_whole else None,
    )


def _follow(rows: ArticleRows, *, now: datetime) -> None:
    """Raise Moved to the article that replaces this one, unless this one replaces that in turn.

    Of several the last that became public: each is the word of an editor, and the later one holds.
    """
    public = [place for place in rows.successors if place < place_of(now, "~")]
    if not public:
        return
    to, current = id_at(max(public)), rows.current
    if current is not None and current.replaces and article_id(current.replaces) == to:
        return  # each says so of the other: both are shown
    raise Moved(to)


def read_story(id_: ArticleId, *, store: Store, now: datetime) -> Story:
    """Return the story whose first article has this id. One call, up to three for another id.

    Raises Moved, to the first article's, for the id of any other that is told in it; NotFound and
    Gone as `read_article` does, for an article that readers do not have.
    """
    from chalicelib.core import stories

    def told(story_id: ArticleId) -> Story | None:
        accounts = store.stories.members(story_id, consistent=False)
        return stories.tell(accounts.values(), now=now)

    story = told(id_)
    if story is None:
        rows = store.article(id_)
        _follow(rows, now=now)
        article = read_by(rows.current, rows.gone, shown=rows.shown, now=now)
        shared = told(rows.membership.story_id) if rows.membership else None
        story = shared or stories.Story.of_one(article.card())
    if story.id != id_:
        raise Moved(story.id)
    return story


def reports_elsewhere(story: Story, *, store: Store) -> tuple[Elsewhere, ...]:
    """Return the reports of a story's event on other sites, as its first article has them."""
    return tuple(link for link in store.elsewhere(story.id) if not link.is_related)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """An article and the revisions that readers have or had, newest first."""

    article: Article
    revisions: tuple[Article, ...]


def read_history(id_: ArticleId, *, store: Store, now: datetime) -> HistoryView:
    """Return the public revisions of the article at *id_*, the newest MAX_HISTORY. One call.

    A revision that was replaced before readers had it is none of them. Raises NotFound and Gone
    as `read_article` does.
    """
    rows = store.history(id_, limit=MAX_HISTORY)
    article = read_by(rows.current, rows.gone, shown=rows.shown, now=now)
    return HistoryView(article=article, revisions=_public(rows, article, now=now))


def _public(rows: History, article: Article, *, now: datetime) -> tuple[Article, ...]:
    """Return the revisions that readers may have, under the article's present profile."""
    numbers = {*rows.shown, article.revision}
    return tuple(
        replace(past, source=article.source) if past.credited_to == article.credited_to else past
        for past in rows.revisions
        if past.revision in numbers and past.is_public(now)
    )


def read_revision(id_: ArticleId, number: int, *, store: Store, now: datetime) -> Article:
    """Return a past revision that readers had. Raises NotFound for any other. One call."""
    rows = store.history(id_, limit=1, revision=number)
    article = read_by(rows.current, rows.gone, shown=rows.shown, now=now)
    for past in _public(rows, article, now=now):
        return past
    raise NotFound("Readers have had no revision of this number.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a preview's address opens."""

    article: Article
    is_draft: bool
    is_public: bool  # its time has come since


def preview(token: str, *, store: Store, now: datetime) -> Preview:
    """Return the draft or scheduled article that the preview address *token* opens. One call.

    Raises NotFound for a wrong or an old token: each upload has its own.
    """
    id_, secret = ArticleId(token[:ID_LENGTH]), token[ID_LENGTH:]
    current, draft = store.waiting(id_)
    for article in (draft, current):
        if article is not None and hmac.compare_digest(article.preview, secret):
            is_public = article is current and article.is_public(now)
            return Preview(article=article, is_draft=article is draft, is_public=is_public)
    raise NotFound("There is no preview at this address: a newer upload has its own.")


def list_cards(
    *,
    store: Store,
    now: datetime,
    until: datetime | None = None,
    after: str = "",
    before: str = "",
    limit: int = PAGE_CARDS,
    section: str | None = None,
    tag: str | None = None,
    source: str | None = None,
    sections: Sequence[str] = (),
    updated_since: datetime | None = None,
) -> CardsView:
    """Return a page of the cards that match every filter given, none newer than *until*. One Query.

    It goes on *after* a place in the list, or ends right *before* one.
    The narrowest list is read and the other filters applied to its page, which may come short
    and still have an older one. Several *sections* are read instead of any other list: one Query
    each.
    """
    under: tuple[Filing, str] | None = None
    if source is not None:
        under = ("source", source)
    elif tag is not None:
        under = ("tag", tag)
    elif section is not None:
        under = ("section", section)
    last = min(until or now, now)
    pages = [
        store.cards(list_, until=last, after=after, before=before, limit=limit)
        for list_ in _lists_under(under, sections)
    ]
    listed, turns = _merged(pages, card_of=lambda card: card, before=before, limit=limit)
    matching = tuple(
        card
        for card in listed
        if card.is_public(now)
        and section in (None, card.section)
        and (tag is None or tag in card.tags)
        and (updated_since is None or card.updated_at >= updated_since)
    )
    return CardsView(cards=matching, turns=turns)


def list_briefs(
    *,
    store: Store,
    now: datetime,
    after: str = "",
    limit: int = PAGE_CARDS,
    under: tuple[Filing, str] | None = None,
    sections: Sequence[str] = (),
) -> BriefsView:
    """Return a page of what feeds tell, of everything or *under* one thing. One Query.

    Of several *sections* together: one Query each.
    """
    pages = [
        store.briefs(list_, until=now, after=after, limit=limit)
        for list_ in _lists_under(under, sections)
    ]
    listed, turns = _merged(pages, card_of=lambda told: told[0], before="", limit=limit)
    public = tuple((card, brief) for card, brief in listed if card.is_public(now))
    return BriefsView(listed=public, turns=turns)


def list_story(id_: ArticleId, *, store: Store, now: datetime) -> BriefsView:
    """Return all articles of the story with this id as feeds tell them. Two calls for 100 of them.

    Raises as `read_story` does.
    """
    story = read_story(id_, store=store, now=now)
    newest_first = [member.card for member in reversed(story.members)]
    briefs = store.briefs_of(newest_first)
    listed = tuple((card, briefs.get(card.id, Brief())) for card in newest_first)
    return BriefsView(listed=listed, turns=Turns())


def _lists_under(under: tuple[Filing, str] | None, sections: Sequence[str]) -> Sequence[str]:
    """Return the names of lists in the table."""
    if sections:
        return [f"section#{section}" for section in sections]
    return [f"{under[0]}#{under[1]}" if under else "all"]


def _merged(
    pages: Sequence[tuple[Sequence[T], Turns]],
    *,
    card_of: Callable[[T], Card],
    before: str,
    limit: int,
) -> tuple[tuple[T, ...], Turns]:
    """Return the page of several lists that share no article, newest first, and where it leads.

    A list that goes on may hold anything beyond its page: nothing beyond may be told before it is
    read. A place means the same in every list, so one is enough to go on in all. A page that ends
    right *before* a place was read towards the newest, every other towards the oldest.
    """
    if len(pages) == 1:
        ((page, turns),) = pages
        return tuple(page), turns

    def place(told: T) -> str:
        return card_of(told).place

    listed = sorted((told for page, _ in pages for told in page), key=place, reverse=True)
    if before:
        read_to = min((turns.newer for _, turns in pages if turns.newer), default="~")
        sure = [told for told in listed if place(told) <= read_to]
        kept = tuple(sure[-limit:])
    else:
        read_to = max((turns.older for _, turns in pages if turns.older), default="")
        sure = [told for told in listed if place(told) >= read_to]
        kept = tuple(sure[:limit])
    each = [turns for _, turns in pages]
    goes_on = len(kept) < len(listed) or any(one.newer if before else one.older for one in each)
    if before:
        older = place(kept[-1]) if kept else before
        return kept, Turns(older=older, newer=place(kept[0]) if kept and goes_on else None)
    newer = max((one.newer for one in each if one.newer), default=None)
    if newer and kept:
        newer = place(kept[0])
    return kept, Turns(older=place(kept[-1]) if kept and goes_on else None, newer=newer)


def list_corrections(
    *, store: Store, now: datetime, after: str = "", before: str = "", limit: int = PAGE_CARDS
) -> CorrectionsView:
    """Return a page of the corrections of what readers have. One Query."""
    corrected, turns = store.corrections(until=now, after=after, before=before, limit=limit)
    public = tuple(one for one in corrected if one.card.is_public(now))
    return CorrectionsView(corrected=public, turns=turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesView:
    """A page of the log of changes, oldest first; `further` is the cursor of the next page."""

    changes: tuple[Change, ...]
    further: str | None


def list_changes(
    *,
    store: Store,
    now: datetime,
    since: datetime | None = None,
    after: str = "",
    limit: int = PAGE_CHANGES,
) -> ChangesView:
    """Return a page of what readers were given and lost from *since* to *now*. One Query.

    An entry in whose place a later one has come by now is left out: a page may come short and
    still have a next one.
    """
    told, further = store.changes(since=since, until=now, after=after, limit=limit)
    newest = tuple(change for change in told if change.is_newest(now))
    return ChangesView(changes=newest, further=further)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesView:
    """Every source, by name, each with the feeds in which it is watched, as they were found."""

    sources: tuple[tuple[Source, tuple[Feed, ...]], ...]

    @property
    def changed_at(self) -> datetime | None:
        """When a feed was last found to be another, None before any was asked for."""
        feeds = (feed for _, watched in self.sources for feed in watched)
        return max((feed.changed_at for feed in feeds if feed.changed_at), default=None)


def list_sources(*, store: Store) -> SourcesView:
    """Return all sources. Two calls."""
    from chalicelib.core.watch import Feed

    found = {feed.address: feed for feed in store.feeds.all()}
    named = sorted(store.sources(), key=lambda one: (one.source.name.casefold(), one.source.id))
    return SourcesView(
        sources=tuple(
            (
                one.source,
                tuple(found.get(address) or Feed(address=address) for address in one.feeds),
            )
            for one in named
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the newsroom is."""

    latest: Latest | None  # as it was prepared last, None before the first time
    feeds: tuple[Feed, ...]  # of all sources


def read_status(*, store: Store) -> Status:
    """Return how the newsroom is. Three calls."""
    watched = list_sources(store=store).sources
    feeds = {feed.address: feed for _, watched_in in watched for feed in watched_in}
    return Status(latest=store.latest(), feeds=tuple(feeds.values()))


def read_source(id_: str, *, store: Store) -> Source:
    """Return a source, which need not have published here. Raises NotFound. One call."""
    for one in store.sources():
        if one.source.id == id_:
            return one.source
    raise NotFound("Nothing has been published under this source.")


def published_between(
    since: datetime, until: datetime, *, store: Store, now: datetime
) -> tuple[Card, ...]:
    """Return what became public in this time and still is, newest first, MAX_BETWEEN at most.

    A Query for every megabyte of rows, some 600: for robots, which come seldom.
    """
    cards = (card for card in store.between(since, min(until, now)) if card.is_public(now))
    return tuple(islice(cards, MAX_BETWEEN))


def first_public_at(*, store: Store, now: datetime) -> datetime | None:
    """Return when the first article became public, None before it. One Query of one row."""
    first = store.first(until=now)
    return first.public_at if first else None


def read_media(name: str, *, media: Media) -> Upload:
    """Return a prepared image and when it was prepared. Raises NotFound."""
    image = media.read(name)
    if image is None:
        raise NotFound("There is no image at this address.")
    return image
