"""How one more version of a key changes its record. Pure: the bytes are given.

Articles have a life of revisions (`lifecycle`); of a source and an image only the last accepted
version counts. A rejected version changes nothing but the receipt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.core import formats, lifecycle, pictures, sources, takedown
from chalicelib.core.article import Article, Picture, article_id
from chalicelib.core.codec import check_fits
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.lifecycle import Life, Summarise
from chalicelib.core.limits import MAX_FILE_BYTES, MAX_IMAGE_BYTES
from chalicelib.core.pictures import PreparedFile
from chalicelib.core.receipt import Dropped, Kind, Outcome, Receipt, bounded
from chalicelib.core.record import Record
from chalicelib.core.sources import Profile, Watched
from chalicelib.core.takedown import Mark
from chalicelib.core.uploads import Version, check_key, kind_of

Given = Profile | tuple[Watched, ...] | Picture | Mark  # what a version of no article gives


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A record after one more version, and the files that it needs to be shown."""

    record: Record
    files: tuple[PreparedFile, ...] = ()
    article: Article | None = None  # what the version itself made, drafts included

    @property
    def revision(self) -> Article | None:
        """The article if the version made a revision that readers have or will have."""
        life = self.record.life
        made = life.current if life else None
        return made if made is not None and made == self.article else None


def needs_bytes(key: str, version: Version) -> bool:
    """True unless the version can be judged by its name and size alone."""
    limit = MAX_IMAGE_BYTES if kind_of(key) == "image" else MAX_FILE_BYTES
    return not version.is_delete_marker and version.size <= limit


def fold(
    key: str,
    record: Record | None,
    version: Version,
    data: bytes | None,
    *,
    summarise: Summarise,
    is_closed: bool = False,
) -> Folded:
    """Return what *version*, with its bytes where `needs_bytes`, makes of *record*.

    An article that *is_closed* was taken down: its versions are refused unread.
    """
    kind = kind_of(key)
    if kind == "takedown":
        return _fold_takedown(key, record, version, data)
    if kind == "source":
        return _fold_source(key, record, version, data)
    if kind == "image":
        return _fold_image(key, record, version, data)
    return _fold_article(key, record, version, data, summarise, is_closed=is_closed)


def _fold_article(
    key: str,
    record: Record | None,
    version: Version,
    data: bytes | None,
    summarise: Summarise,
    *,
    is_closed: bool,
) -> Folded:
    life = record.life if record and record.life else Life(key=key)
    made: Article | None = None
    files: tuple[PreparedFile, ...] = ()
    if version.is_delete_marker:
        after, receipt = lifecycle.withdraw(life, version=version)
    else:
        try:
            check_key(key)
            if is_closed:
                raise takedown.refusal(key, article_id(key))
            if data is None:
                raise formats.too_large(version.size)
            draft = formats.read(key, data)
            after, receipt, made = lifecycle.accept(
                life, draft, data, version=version, summarise=summarise
            )
            check_fits(made)
            files = draft.files
        except UploadRejected as error:
            made = None
            after, receipt = lifecycle.reject(life, error, version=version)
    return Folded(
        record=Record(
            key=key,
            kind="article",
            folded_to=version.id,
            receipt=bounded(receipt),
            life=after,
            is_closed=is_closed,
            dressed=record.dressed if record else {},
        ),
        files=files,
        article=made,
    )


def _fold_source(key: str, record: Record | None, version: Version, data: bytes | None) -> Folded:
    before = (record.profile or record.subscriptions or None) if record else None
    after = before
    warnings: tuple[Finding, ...] = ()
    errors: tuple[Finding, ...] = ()
    if version.is_delete_marker:
        after = None
    else:
        try:
            check_key(key)
            if data is None:
                raise formats.too_large(version.size)
            if key == sources.SUBSCRIPTIONS:
                after, warnings = sources.read_subscriptions(data)
            else:
                after, warnings = sources.read(key, data)
        except UploadRejected as error:
            errors = error.findings
    receipt = Receipt(
        key=key,
        kind="source",
        outcome=_outcome(version, errors, before, after),
        received_at=version.received_at,
        format="opml" if key == sources.SUBSCRIPTIONS else "yaml",
        errors=errors,
        warnings=warnings,
    )
    return Folded(
        record=Record(
            key=key,
            kind="source",
            folded_to=version.id,
            receipt=bounded(receipt),
            profile=after if isinstance(after, Profile) else None,
            subscriptions=after if isinstance(after, tuple) else (),
            dressed=record.dressed if record else {},
        )
    )


def _fold_image(key: str, record: Record | None, version: Version, data: bytes | None) -> Folded:
    before = record.picture if record else None
    picture: Picture | None = before
    files: tuple[PreparedFile, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    errors: tuple[Finding, ...] = ()
    if version.is_delete_marker:
        picture = None
    else:
        try:
            check_key(key)
            if data is None:
                raise pictures.too_large(version.size)
            prepared = pictures.prepare(data)
            picture, files, dropped = prepared.picture, prepared.files, prepared.dropped
        except UploadRejected as error:
            errors = error.findings
    receipt = Receipt(
        key=key,
        kind="image",
        outcome=_outcome(version, errors, before, picture),
        received_at=version.received_at,
        errors=errors,
        dropped=dropped,
    )
    record = Record(key=key, kind="image", folded_to=version.id, receipt=receipt, picture=picture)
    return Folded(record=record, files=files)


def _fold_takedown(key: str, record: Record | None, version: Version, data: bytes | None) -> Folded:
    before, after = record.mark if record else None, None
    if not version.is_delete_marker:
        after = takedown.read(data or b"", at=version.received_at)
    receipt = Receipt(
        key=key,
        kind="takedown",
        outcome=_outcome(version, (), before, after),
        received_at=version.received_at,
        article_id=takedown.taken_by(key),
        format="yaml",
    )
    return Folded(
        record=Record(key=key, kind="takedown", folded_to=version.id, receipt=receipt, mark=after)
    )


def _outcome(
    version: Version,
    errors: tuple[Finding, ...],
    before: Given | None,
    after: Given | None,
) -> Outcome:
    if version.is_delete_marker:
        return "withdrawn"
    if errors:
        return "rejected"
    if before is None:
        return "published"
    return "unchanged" if before == after else "updated"


def at_fault(key: str, record: Record | None, version: Version) -> Folded:
    """Pass over a version that a fault of ours keeps from being read: it changes nothing."""
    finding = Finding(
        code="our-fault",
        message="The file came, but a fault of ours kept it from being read.",
        fix="Nothing is lost: it is tried again, and we are told. A newer upload goes ahead of it.",
    )
    named = kind_of(key)
    kind: Kind = "article" if named == "ignored" else named
    receipt = Receipt(
        key=key,
        kind=kind,
        outcome="rejected",
        received_at=version.received_at,
        article_id=article_id(key) if kind == "article" else None,
        errors=(finding,),
    )
    if record is not None:
        return Folded(record=replace(record, folded_to=version.id, receipt=receipt))
    life = Life(key=key) if kind == "article" else None
    return Folded(
        record=Record(key=key, kind=kind, folded_to=version.id, receipt=receipt, life=life)
    )


def ignored(key: str, version: Version) -> Receipt:
    """The receipt of a folder marker, or of what a file manager leaves behind."""
    warning = Finding(
        code="ignored",
        message="Nothing is published from a key of this name.",
        fix="Articles have any other name; profiles are sources/NAME.yaml, images media/NAME.jpg.",
    )
    return Receipt(
        key=key,
        kind="source" if key.startswith("sources/") else "article",
        outcome="ignored",
        received_at=version.received_at,
        warnings=(warning,),
    )
