"""The use cases, one function each. What a function is given is all that it may touch.

The bucket is the truth and the table a projection of it. An event only says that a key changed:
`ingest` repeats one pass over the key until a pass finds nothing left to do. A pass folds the
versions that are not in the record yet, copies what the record takes from others as they are
now, and delivers the receipt. Events may then come twice, late, in any order, or be lost until
`reconcile` finds the key: there is nothing to compare but the bucket.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.core import ranking
from chalicelib.core.article import Article, ArticleId, Card, Source, article_id, read_by
from chalicelib.core.errors import FoldConflict, Moved, NotFound, StoreUnavailable
from chalicelib.core.ranking import Latest
from chalicelib.core.uploads import Version, kind_of

if TYPE_CHECKING:
    from chalicelib.aws.buckets import Media, Receipts, Upload, Uploads
    from chalicelib.aws.notices import Notices
    from chalicelib.aws.store import History, Store
    from chalicelib.core.api import Json
    from chalicelib.core.lifecycle import Summarise
    from chalicelib.core.receipt import Receipt
    from chalicelib.core.record import Record
    from chalicelib.core.site import Site

log = logging.getLogger("broadsheet")

MAX_PASSES = 12  # one folds, one confirms; the rest are for writers met on the way
LATEST_CARDS = 60  # what one read unit carries, compressed, beside the leads
MAX_PAGES = 5  # of a list, read to find that many cards that have not expired
MAX_HISTORY = 30  # revisions on a history page; a text changed more often is told by its last
ID_LENGTH = 16
LEADS = 3  # articles kept whole, so that one that expires leaves another to lead
NEWS_FOR = timedelta(days=1)  # a rejection; events and reconciliations come within hours
AHEAD = timedelta(minutes=15)  # three refreshes: what becomes public meanwhile is in the list


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
    has_changed = False
    for _ in range(MAX_PASSES):
        versions = uploads.versions(key)
        if kind_of(key) == "ignored":
            return _ignore(key, versions, receipts=receipts, site=site, now=now)
        before = store.record(key)
        after = _folded(
            key,
            before,
            versions,
            uploads=uploads,
            receipts=receipts,
            store=store,
            summarise=summarise,
            site=site,
            now=now,
        )
        after = _dressed(after, store=store)
        is_new = after != before
        if is_new and not store.write(before, after):
            continue  # another writer was faster
        if is_new:
            _drop_revisions(before, after, store=store)
        has_changed |= is_new
        if after is None:
            return Ingested(receipt=None, has_changed=has_changed)
        is_delivered = _deliver(after, receipts=receipts, site=site, now=now)
        if is_delivered and notices is not None:
            _notify(after.receipt, notices=notices, now=now)
        if is_delivered or is_new:
            continue  # a last pass sees whether anything moved meanwhile
        if not store.is_settled(key, after.folded_to):
            for user in store.users(key) if after.kind != "article" else ():
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
            store.settle(key, after.folded_to)
        return Ingested(receipt=after.receipt, has_changed=has_changed)
    message = f"{MAX_PASSES} passes over one key were all overtaken."
    raise FoldConflict(message)


def check(
    key: str,
    data: bytes,
    *,
    received_at: datetime,
    now: datetime,
    sources: Mapping[str, Source],
    summarise: Summarise,
    site: Site,
) -> tuple[Json, Json | None]:
    """Return the receipt that an upload would get, and the article it would make, offline.

    The very steps of `ingest` on a key without a past; *sources* are the profiles by id.
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
    told = api.receipt(folded.record.receipt, site=site, ingested_at=now)
    if folded.article is None:
        return told, None
    shown = {name_of("source", source.id): source for source in sources.values()}
    return told, api.article(dressed(folded.article, shown), site=site)


def version_of(key: str, revision: int, *, uploads: Uploads, summarise: Summarise) -> Version:
    """Return the version of *key* that made *revision*: the fold counts, so the fold is asked.

    Raises NotFound, with the revisions that there are. Reads every version up to that one.
    """
    from chalicelib.core import fold

    if kind_of(key) != "article":
        raise NotFound(f"{key} is no article: only articles have revisions.")
    record, had = None, 0
    for listed in uploads.versions(key):
        version, data = _read(key, listed, uploads=uploads)
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
    value has reached all that copied it: a function killed anywhere is made good here. A cursor
    in the table says where the next page begins; after the last page it starts over. A key that
    cannot be ingested does not keep the others waiting: its error is raised last.
    """
    listing = uploads.page(store.cursor())
    settled = store.settled_to(listing.newest)
    behind = [
        key
        for key, newest in listing.newest.items()
        if settled.get(key) != newest and kind_of(key) != "ignored"
    ]
    failures: list[Exception] = []
    changed = 0
    for key in behind:
        store.put_cursor(key)  # a key on which the function dies is not where the next one begins
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
        else:
            changed += done.has_changed
    store.put_cursor(listing.next_cursor)
    if failures:
        message = f"{len(failures)} of {len(behind)} keys could not be ingested"
        raise ExceptionGroup(message, failures)
    return changed


def refresh_latest(*, store: Store, now: datetime) -> Latest:
    """Prepare the latest list from recent cards, read consistently, and return it."""
    found: dict[ArticleId, Card] = {}
    for list_ in ("pinned", "all"):
        after: str | None = ""
        for _ in range(MAX_PAGES):
            cards, after = store.cards(
                list_, until=now + AHEAD, after=after or "", limit=LATEST_CARDS, consistent=True
            )
            found |= {card.id: card for card in cards if not card.has_expired(now)}
            if len(found) >= LATEST_CARDS or after is None:
                break
    order = ranking.in_order(found.values(), now=now)[: LATEST_CARDS + LEADS]
    # What is public leads now; what becomes public before the next refresh may lead then.
    public = [card.id for card in order if card.is_public(now)][:LEADS]
    upcoming = [card.id for card in order if not card.is_public(now)][:LEADS]
    leads = store.articles([*public, *upcoming])
    latest = Latest(
        refreshed_at=now, leads=tuple(article.without_body() for article in leads), cards=order
    )
    latest = _fitting(latest)
    store.put_latest(latest)
    return latest


def _fitting(latest: Latest) -> Latest:
    """Leave out leads, then cards, from the end until a row can hold the list."""
    from chalicelib.core.codec import pack
    from chalicelib.core.limits import MAX_ROW_BYTES

    while len(pack(latest)) > MAX_ROW_BYTES:
        if len(latest.leads) > 1 or len(latest.cards) <= 1:
            latest = replace(latest, leads=latest.leads[:-1])
        else:
            latest = replace(latest, cards=latest.cards[: len(latest.cards) // 2])
    return latest


# Readers


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article as readers have it, and what stands around it."""

    article: Article
    latest: Latest
    around: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsView:
    """A page of a list, newest first; `older` is the cursor of the next page."""

    cards: tuple[Card, ...]
    older: str | None


def front_page(*, store: Store, now: datetime) -> Latest:
    """Return the prepared list as of *now*.

    Raises StoreUnavailable before the first refresh: an empty page is a fault, never no news.
    """
    latest = store.latest()
    if latest is None:
        raise StoreUnavailable("The latest list has not been prepared yet.")
    return latest.as_of(now)


def read_article(id_: ArticleId, *, store: Store, now: datetime) -> ArticleView:
    """Return the article at *id_*. Raises NotFound, Gone with the reason, Moved. One call."""
    rows = store.article(id_)
    if rows.moved is not None and rows.moved.public_at <= now:
        raise Moved(rows.moved.to)
    article = read_by(rows.current, rows.gone, now=now)
    latest = rows.latest.as_of(now) if rows.latest else Latest(refreshed_at=now, leads=(), cards=())
    around = ranking.related(article.terms, latest.cards, without=article.id)
    return ArticleView(article=article, latest=latest, around=around)


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
    article = read_by(rows.current, rows.gone, now=now)
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
    article = read_by(rows.current, rows.gone, now=now)
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
    after: str = "",
    limit: int,
    section: str | None = None,
    tag: str | None = None,
    source: str | None = None,
    updated_since: datetime | None = None,
) -> CardsView:
    """Return a page of the cards that match every filter given. One Query.

    The narrowest list is read and the other filters applied to its page, which may come short
    and still have an older one.
    """
    if source is not None:
        list_ = f"source#{source}"
    elif tag is not None:
        list_ = f"tag#{tag}"
    elif section is not None:
        list_ = f"section#{section}"
    else:
        list_ = "all"
    cards, older = store.cards(list_, until=now, after=after, limit=limit)
    matching = tuple(
        card
        for card in cards
        if card.is_public(now)
        and section in (None, card.section)
        and (tag is None or tag in card.tags)
        and (updated_since is None or card.updated_at >= updated_since)
    )
    return CardsView(cards=matching, older=older)


def read_media(name: str, *, media: Media) -> Upload:
    """Return a prepared image and when it was prepared. Raises NotFound."""
    image = media.read(name)
    if image is None:
        raise NotFound("There is no image at this address.")
    return image


# The pass


def _folded(
    key: str,
    record: Record | None,
    versions: tuple[Version, ...],
    *,
    uploads: Uploads,
    receipts: Receipts,
    store: Store,
    summarise: Summarise,
    site: Site,
    now: datetime,
) -> Record | None:
    """Fold the versions after the record's, oldest first; all of them where one of its is gone."""
    from chalicelib.core import fold
    from chalicelib.core.record import lineage

    ids = [version.id for version in versions]
    folded = ids.index(record.folded_to) + 1 if record and record.folded_to in ids else 0
    if record is not None and lineage(ids[:folded]) != record.lineage:
        record, folded = None, 0  # a version is gone for good: what it left must go too
    pending = versions[folded:]
    for listed in pending:
        version, data = _read(key, listed, uploads=uploads)
        try:
            step = fold.fold(key, record, version, data, summarise=summarise)
        except Exception:
            # A fault of ours. The newest version is tried again and then kept in the failure
            # queue; an older one must not stand in the way of the upload that came after it.
            log.exception("version not read", extra={"key": key, "version": version.id})
            if listed is pending[-1]:
                _tell_of_fault(key, version, receipts=receipts, site=site, now=now)
                raise
            step = fold.at_fault(key, record, version)
        # Before the record that shows them: a page never points at what is not there.
        for file in step.files:
            receipts.put_media(file)
        if step.revision is not None:
            store.put_revision(step.revision)
        record = step.record
    return replace(record, lineage=lineage(ids)) if record is not None else None


def _read(key: str, listed: Version, *, uploads: Uploads) -> tuple[Version, bytes | None]:
    """Return a version with its true time, and its bytes where they are needed to judge it."""
    from chalicelib.core import fold

    if not fold.needs_bytes(key, listed):
        return listed, None
    upload = uploads.read(key, listed)
    return replace(listed, received_at=upload.received_at), upload.data


def _tell_of_fault(
    key: str, version: Version, *, receipts: Receipts, site: Site, now: datetime
) -> None:
    """Tell the editor that the upload has come and that we could not read it."""
    from chalicelib.core import fold

    receipt = fold.at_fault(key, None, version).record.receipt
    _put_receipt(receipt, version_id="", receipts=receipts, site=site, now=now)


def _drop_revisions(before: Record | None, after: Record | None, *, store: Store) -> None:
    """Forget revisions that are no longer in the bucket: an undone deletion, a takedown."""
    had = before.life.revision if before and before.life else 0
    has = after.life.revision if after and after.life else 0
    if had > has:
        store.drop_revisions(article_id(before.key), after=has, up_to=had)  # type: ignore[union-attr]


def _dressed(record: Record | None, *, store: Store) -> Record | None:
    """Copy into the record what it takes from others, if that is not what it has."""
    from chalicelib.core.record import dress

    if record is None:
        return None
    names = record.takes_from()
    if not names and not record.dressed:
        return record
    shown, digests = store.shown(names)
    return dress(record, shown, digests)


def _deliver(record: Record, *, receipts: Receipts, site: Site, now: datetime) -> bool:
    """Write the record's receipt to the bucket unless it is there; say whether it was written."""
    from chalicelib.core.receipt import receipt_key

    key = receipt_key(record.key)
    if receipts.version(key) == record.folded_to:
        return False
    _put_receipt(record.receipt, version_id=record.folded_to, receipts=receipts, site=site, now=now)
    return True


def _notify(receipt: Receipt, *, notices: Notices, now: datetime) -> None:
    """Push a rejection to the editors, unless it is too old to be news: an import, a rebuild.

    After the receipt was written, so that it is there to be read; a function that is killed in
    between pushes nothing, and the receipt tells all the same.
    """
    from chalicelib.core import notice

    if receipt.outcome == "rejected" and now - receipt.received_at < NEWS_FOR:
        notices.push(notice.rejection(receipt))


def _put_receipt(
    receipt: Receipt,
    *,
    version_id: str,
    receipts: Receipts,
    site: Site,
    now: datetime,
) -> None:
    from chalicelib.core import api, codec, pages
    from chalicelib.core.receipt import receipt_key

    told = api.receipt(receipt, site=site, ingested_at=now)
    receipts.put(
        receipt_key(receipt.key),
        version_id=version_id,
        json=codec.encode(told),
        html=pages.receipt(told, site=site, now=now).render().encode(),
    )
    log.info(
        "upload ingested",
        extra={
            "key": receipt.key,
            "outcome": receipt.outcome,
            "article_id": receipt.article_id,
            "revision": receipt.revision,
        },
    )


def _ignore(
    key: str, versions: tuple[Version, ...], *, receipts: Receipts, site: Site, now: datetime
) -> Ingested:
    """Tell that nothing is made of *key*. It has no record: there is nothing to project."""
    from chalicelib.core import fold
    from chalicelib.core.receipt import receipt_key

    if not versions:
        return Ingested(receipt=None, has_changed=False)
    receipt = fold.ignored(key, versions[-1])
    if receipts.version(receipt_key(key)) != versions[-1].id:
        _put_receipt(receipt, version_id=versions[-1].id, receipts=receipts, site=site, now=now)
    return Ingested(receipt=receipt, has_changed=False)
