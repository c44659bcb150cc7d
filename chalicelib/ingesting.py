"""The steps of the pass that `newsroom.ingest` repeats over one key, each harmless to repeat.

Fold what the record has not seen, dress it, write it, place its article, deliver its receipt.
What a step is given is all that it may touch. Loaded where keys are ingested: readers' routes
must not wait for the readers of files that a fold needs.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from chalicelib import placing
from chalicelib.core import api, codec, fold, notice, pages
from chalicelib.core.article import article_id
from chalicelib.core.errors import FoldConflict
from chalicelib.core.receipt import Receipt, Stamp, Telling, receipt_key, stamped
from chalicelib.core.record import Record, dress, lineage
from chalicelib.core.uploads import Version, kind_of

if TYPE_CHECKING:
    from chalicelib.aws.buckets import Receipts, Uploads
    from chalicelib.aws.notices import Notices
    from chalicelib.aws.projection import Projection
    from chalicelib.aws.store import Store
    from chalicelib.core.article import Article
    from chalicelib.core.lifecycle import Summarise
    from chalicelib.core.site import Site

log = logging.getLogger("broadsheet")

MAX_PASSES = 12  # of a rebuild over one key: each is lost to a writer met on the way
NEWS_FOR = timedelta(days=1)  # a rejection; events and reconciliations come within hours


class Folded(NamedTuple):
    """What a fold comes to: the record, the revisions that it made, and numbers that it has not.

    These are of a fold from the first version on: another may have made them of versions that are
    gone for good, or of a text that was taken down since.
    """

    record: Record | None
    revisions: tuple[Article, ...]
    gone: tuple[int, ...]


def folded(
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
    anew: bool = False,
) -> Folded:
    """Fold the versions after the record's, oldest first.

    All of them if *anew*; where one of the record's is gone for good, for what it left goes too;
    and where the article was taken down since, or the takedown was lifted.
    """
    ids = [version.id for version in versions]
    known = ids.index(record.folded_to) + 1 if record and record.folded_to in ids else 0
    had = record.life.revision if record and record.life else 0
    is_closed = kind_of(key) == "article" and store.is_closed(article_id(key))
    anew = anew or (record is not None and record.is_closed != is_closed)
    if record is not None and (anew or lineage(ids[:known]) != record.lineage):
        record, known = None, 0
    pending = versions[known:]
    made: list[Article] = []
    for listed in pending:
        version, data = read(key, listed, uploads=uploads, is_closed=is_closed)
        try:
            step = fold.fold(key, record, version, data, summarise=summarise, is_closed=is_closed)
        except Exception:
            # A fault of ours. The newest version is tried again and then kept in the failure
            # queue; an older one must not stand in the way of the upload that came after it.
            log.exception("version not read", extra={"key": key, "version": version.id})
            if listed is pending[-1]:
                if not anew:  # else the editor knows already what became of it
                    _tell_of_fault(key, version, receipts=receipts, site=site, now=now)
                raise
            step = fold.at_fault(key, record, version)
        # Before the record that shows them: a page never points at what is not there.
        for file in step.files:
            receipts.put_media(file)
        if step.revision is not None:
            made.append(step.revision)
        record = step.record
    gone: tuple[int, ...] = ()
    if not known and kind_of(key) == "article":
        # Of no more numbers than versions are listed: who lists a newer one may be at work on it.
        has = max(len(ids), record.life.revision if record and record.life else 0)
        kept = {article.revision for article in made}
        gone = tuple(number for number in range(1, max(had, has) + 1) if number not in kept)
    told = replace(record, lineage=lineage(ids)) if record is not None else None
    return Folded(record=told, revisions=tuple(made), gone=gone)


def read(
    key: str, listed: Version, *, uploads: Uploads, is_closed: bool = False
) -> tuple[Version, bytes | None]:
    """Return a version with its true time, and its bytes where they are needed to judge it."""
    if listed.is_delete_marker:
        return listed, None
    with_bytes = not is_closed and fold.needs_bytes(key, listed)
    upload = uploads.read(key, listed, with_bytes=with_bytes)
    version = replace(listed, received_at=upload.received_at, is_delete_marker=upload.is_deletion)
    return version, upload.data if with_bytes and not upload.is_deletion else None


def _tell_of_fault(
    key: str, version: Version, *, receipts: Receipts, site: Site, now: datetime
) -> None:
    """Tell the editor that the upload has come and that we could not read it."""
    receipt = fold.at_fault(key, None, version).record.receipt
    _put_receipt(receipt, Stamp(version_id=""), receipts=receipts, site=site, now=now)


def dressed(record: Record | None, *, store: Store) -> Record | None:
    """Copy into the record what it takes from others, if that is not what it has."""
    if record is None:
        return None
    names = record.takes_from()
    if not names and not record.dressed:
        return record
    shown, digests = store.shown(names)
    return dress(record, shown, digests)


def written(before: Record | None, after: Folded, *, store: Store) -> bool:
    """Write the record and the revisions that it counts, unless another writer was faster."""
    if before is not None and after.record is None:
        # Before its row goes: readers of a story are never led to what is not there.
        is_out = unplaced(before.key, before, store=store)
        if not is_out:
            return False
    return store.write(before, after.record, after.revisions, gone=after.gone)


def rewritten(
    key: str,
    *,
    uploads: Uploads,
    receipts: Receipts,
    store: Projection,
    summarise: Summarise,
    site: Site,
    now: datetime,
) -> bool:
    """Fold *key* from its first version on, put what differs; say whether anything did.

    An article is left to be placed anew, whatever the stories hold of it.
    """
    for _ in range(MAX_PASSES):
        before = store.legible(key)
        fresh = folded(
            key,
            before,
            uploads.versions(key),
            uploads=uploads,
            receipts=receipts,
            store=store,
            summarise=summarise,
            site=site,
            now=now,
            anew=True,
        )
        after = dressed(fresh.record, store=store)
        if after is None:
            if before is None:
                store.drop_record(key)  # where it is illegible: the sweep takes the rest
            return False  # the next ingest takes away what there was
        outcome = store.rewrite(before, after, fresh.revisions, gone=fresh.gone)
        if outcome == "overtaken":
            continue
        if after.life is not None:
            store.stories.leave_unplaced(article_id(key), after)
        return outcome == "written"
    raise FoldConflict("Other writers were faster at every pass over one key.")


def unplaced(key: str, ground: Record | None, *, store: Store) -> bool:
    """Take an article that is none any more out of the stories, if its record is still *ground*."""
    if kind_of(key) != "article":
        return True
    return placing.place(article_id(key), None, ground=ground, rows=store.stories) is not None


def cleared(key: str, *, store: Store) -> None:
    """Take away what an article may have left of which no record tells.

    A function that died before it wrote a record may have left revisions, and stories.
    """
    if kind_of(key) == "article" and unplaced(key, None, store=store):
        store.forget_revisions(key)


def placed(
    record: Record, *, receipts: Receipts, store: Store, site: Site, now: datetime
) -> Telling | None:
    """Bring the stories up to date with an article, and say what they tell of it.

    None where the record is another by now.
    """
    id_, article = article_id(record.key), record.life.current if record.life else None
    try:
        return placing.place(id_, article, ground=record, rows=store.stories)
    except Exception:
        # The article is out and its editor is told, whatever its stories wait for.
        if store.record(record.key) == record:
            deliver(
                record.told(), record.folded_to, receipts=receipts, store=store, site=site, now=now
            )
        raise


def deliver(
    receipt: Receipt,
    version_id: str,
    *,
    telling: Telling | None = None,
    receipts: Receipts,
    store: Store | None,
    site: Site,
    now: datetime,
) -> bool:
    """Write the receipt to the bucket unless it is there; say whether it was written."""
    stamp = stamped(receipt, version_id=version_id)
    if receipts.has(receipt_key(receipt.key), stamp):
        return False
    if store is not None:
        # It may be over that of a newer version, just come: were this one killed, it would stay.
        store.unsettle(receipt.key)
    _put_receipt(receipt, stamp, telling=telling, receipts=receipts, site=site, now=now)
    return True


def notify(receipt: Receipt, *, notices: Notices, now: datetime) -> None:
    """Push a rejection to the editors, unless it is too old to be news: an import, a rebuild.

    After the receipt was written, so that it is there to be read; a function that is killed in
    between pushes nothing, and the receipt tells all the same.
    """
    if receipt.outcome == "rejected" and now - receipt.received_at < NEWS_FOR:
        notices.push(notice.rejection(receipt))


def _put_receipt(
    receipt: Receipt,
    stamp: Stamp,
    *,
    telling: Telling | None = None,
    receipts: Receipts,
    site: Site,
    now: datetime,
) -> None:
    told = api.receipt(receipt, site=site, ingested_at=now, telling=telling)
    receipts.put(
        receipt_key(receipt.key),
        stamp=stamp,
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


def is_told_ignored(key: str, version_id: str, *, receipts: Receipts) -> bool:
    """True if nothing is made of *key* and the receipt of this version says so."""
    if kind_of(key) != "ignored":
        return False
    stamp = receipts.stamp(receipt_key(key))
    return stamp is not None and stamp.version_id == version_id


def ignored(
    key: str, versions: tuple[Version, ...], *, receipts: Receipts, site: Site, now: datetime
) -> Receipt | None:
    """Tell that nothing is made of *key*. It has no record: there is nothing to project."""
    if not versions:
        return None
    receipt = fold.ignored(key, versions[-1])
    deliver(receipt, versions[-1].id, receipts=receipts, store=None, site=site, now=now)
    return receipt
