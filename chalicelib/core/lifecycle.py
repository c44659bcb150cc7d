"""The life of an article: how one more version of its key changes what readers see.

Pure. A Life is what the newsroom knows of one key; `accept`, `reject` and `withdraw` return the
next one and the receipt. Everything is decided as of the version's `received_at`, so that a
rebuild, which sees the same versions later, decides the same.

`current` is the revision that readers have, or will have from its `public_at`; `draft` waits
beside it for its editors; `shown` counts what readers had before; `gone` says why they have none
any more. `slug` is the address at which they had it last: a new headline keeps it, also after a
withdrawal, until an editor states another. The headline of a draft or of an embargo that they
never had is in no address. What readers already have cannot be taken back by a date: an embargo
on it is refused. To take it back, it is withdrawn, or given a status.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.article import (
    Absence,
    Article,
    Body,
    Correction,
    Image,
    Sentence,
    Summary,
    article_id,
    credited,
    preview_secret,
    slugify,
)
from chalicelib.core.changes import ChangeKind
from chalicelib.core.edits import edits
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import Draft
from chalicelib.core.language import guess_language, terms
from chalicelib.core.receipt import Outcome, Receipt
from chalicelib.core.uploads import Version

Summarise = Callable[[str, Body, str], tuple[tuple[Sentence, ...], Summary]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What the newsroom knows of one key's article after a version of it."""

    key: str
    revision: int = 0  # of the last accepted version; 0 before the first
    first_received_at: datetime | None = None
    fingerprint: str | None = None  # of the last accepted version's bytes, None once withdrawn
    current: Article | None = None
    draft: Article | None = None  # the last accepted version, while it is a draft
    shown: tuple[int, ...] = ()  # revisions that readers had before the current one
    gone: Absence | None = None
    came_as: ChangeKind = "published"  # what the current revision is, or will be, to readers
    slug: str | None = None  # of what readers had before the current one


def accept(
    life: Life, draft: Draft, data: bytes, *, version: Version, summarise: Summarise
) -> tuple[Life, Receipt, Article]:
    """Return the life after the version with this *draft*, its receipt, and what it made."""
    at = version.received_at
    fingerprint = hashlib.blake2b(data, digest_size=16).hexdigest()
    first_received_at = life.first_received_at or at
    is_unchanged = fingerprint == life.fingerprint
    after = replace(
        life if is_unchanged else _remembered(life, at),
        revision=life.revision + (0 if is_unchanged else 1),
        first_received_at=first_received_at,
        fingerprint=fingerprint,
    )
    article = _article(after, draft, version=version, summarise=summarise)
    article = replace(article, seen_at=_seen_at(after, article, at))
    if is_unchanged:
        return after, _receipt(after, "unchanged", draft, article, at), article
    after, outcome = _placed(after, article, draft, at)
    receipt = _receipt(after, outcome, draft, article, at)
    before = life.current or life.draft
    if before is not None and outcome != "withdrawn":
        receipt = replace(receipt, changes=edits(before, article))
    return after, receipt, article


def _placed(life: Life, article: Article, draft: Draft, at: datetime) -> tuple[Life, Outcome]:
    """Put the revision in its place, and say what that makes of the upload."""
    stated = draft.metadata
    if stated.draft:
        # What readers have stays; what they were to have later is taken back with the draft.
        return replace(life, current=life.current if life.shown else None, draft=article), "draft"
    life = replace(life, draft=None)
    if stated.status != "usable":
        absence = Absence(reason=stated.status, at=at, note=stated.status_reason)
        gone = absence if life.shown or life.gone else None
        return replace(life, current=None, shown=(), gone=gone), "withdrawn"
    if article.public_at > at:
        if life.shown:
            raise _already_public(article)
        return replace(life, current=article, came_as="published"), "scheduled"
    # Else it had expired before it came, and gave readers nothing.
    is_public = article.is_public(at)
    change = _change(life, article)
    gone = None if is_public else life.gone
    after = replace(life, current=article, gone=gone, came_as=change)
    return after, change if is_public else "expired"


def _already_public(article: Article) -> UploadRejected:
    key = "embargo_until" if article.embargo_until == article.public_at else "published_at"
    return UploadRejected(
        Finding(
            code="already-public",
            message=f"{key} is {article.public_at:%Y-%m-%d %H:%M} UTC, but readers have this "
            "article already: it cannot be hidden again until then.",
            fix="Upload the update when it may be read, or under another key; to take the article "
            "from readers now, delete it or write status: withheld.",
            pointer=f"/{key}",
        )
    )


def reject(life: Life, error: UploadRejected, *, version: Version) -> tuple[Life, Receipt]:
    """Return the life as it is, and the receipt that tells what to mend."""
    receipt = Receipt(
        key=life.key,
        kind="article",
        outcome="rejected",
        received_at=version.received_at,
        article_id=article_id(life.key),
        revision=life.revision or None,
        slug=life.current.slug if life.current else None,
        errors=error.findings,
    )
    return life, receipt


def withdraw(life: Life, *, version: Version) -> tuple[Life, Receipt]:
    """Return the life after its object was deleted: readers who knew it are told so."""
    at = version.received_at
    life = _remembered(life, at)
    absence = Absence(reason="withdrawn", at=at) if life.shown else life.gone
    # What was taken from readers does not come back through the history of what follows.
    after = replace(life, fingerprint=None, current=None, draft=None, shown=(), gone=absence)
    receipt = Receipt(
        key=life.key,
        kind="article",
        outcome="withdrawn",
        received_at=at,
        article_id=article_id(life.key),
        revision=life.revision or None,
    )
    return after, receipt


def _remembered(life: Life, at: datetime) -> Life:
    """Note the current revision as shown, and its address, if readers have had it by *at*."""
    current = life.current
    if current is None or not current.was_public(at) or current.revision in life.shown:
        return life
    return replace(life, shown=(*life.shown, current.revision), slug=current.slug)


def _seen_at(life: Life, article: Article, at: datetime) -> datetime | None:
    """Return from when readers have an article that takes the place of the life's current one."""
    if life.current is not None and life.current.public_at <= at:
        return life.current.seen_at
    return max(article.public_at, at)


def _change(before: Life, article: Article) -> ChangeKind:
    if before.current is None or not before.shown:
        return "published"
    return "corrected" if _unsaid(before.current, article.corrections) else "updated"


def _article(
    life: Life,
    draft: Draft,
    *,
    version: Version,
    summarise: Summarise,
) -> Article:
    """Make the article of *life*'s last accepted revision."""
    stated = draft.metadata
    at = version.received_at
    language = stated.language or guess_language(draft.body.text)
    sentences, summary = summarise(draft.headline, draft.body, language)
    corrections = _corrections(life, draft, at)
    published_at = stated.published_at or life.first_received_at or at
    return Article(
        id=article_id(life.key),
        key=life.key,
        revision=life.revision,
        headline=draft.headline,
        slug=stated.slug or life.slug or slugify(draft.headline) or "story",
        standfirst=stated.standfirst,
        byline=stated.byline,
        language=language,
        section=stated.section,
        tags=stated.tags,
        source=credited(stated.source),
        credited_to=stated.source,
        original_url=stated.original_url,
        image=Image(
            key=stated.image,
            alt=stated.image_alt,
            stated_credit=stated.image_credit,
            stated_caption=stated.image_caption,
        )
        if stated.image
        else None,
        published_at=published_at,
        updated_at=stated.updated_at
        or (max(at, published_at) if life.revision > 1 else published_at),
        received_at=at,
        embargo_until=stated.embargo_until,
        expires_at=stated.expires_at,
        pinned_until=stated.pinned_until,
        breaking=stated.breaking,
        corrections=corrections,
        corrected=_corrected(life, corrections, draft.body, sentences),
        same_story=stated.same_story,
        not_same_story=stated.not_same_story,
        replaces=stated.replaces,
        extra=stated.extra,
        body=draft.body,
        pictures=draft.pictures,
        sentences=sentences,
        summary=replace(summary, generation=replace(summary.generation, generated_at=at)),
        terms=terms(draft.headline, draft.body.text, stated.tags, language),
        preview=preview_secret(life.key, version.id),
    )


def _corrections(life: Life, draft: Draft, at: datetime) -> tuple[Correction, ...]:
    """A correction without a time was made when the file first said it."""
    known: dict[str, datetime] = {}
    for correction in life.current.corrections if life.current else ():
        known.setdefault(correction.text, correction.at)
    notes = draft.metadata.corrections
    return tuple(
        Correction(at=note.at or known.get(note.text, at), text=note.text) for note in notes
    )


def _unsaid(before: Article, corrections: tuple[Correction, ...]) -> list[Correction]:
    """Return the corrections that the revision *before* did not have."""
    said = {correction.text for correction in before.corrections}
    return [correction for correction in corrections if correction.text not in said]


def _corrected(
    life: Life, corrections: tuple[Correction, ...], body: Body, sentences: tuple[Sentence, ...]
) -> dict[str, datetime]:
    """Return which sentences came with a correction, and the time of it.

    Those are the sentences that readers had not before a revision with a new correction. They
    stay marked through later revisions, as long as they stand and the article says that it was
    corrected.
    """
    before = life.current
    if before is None or not life.shown or not corrections:
        return {}
    old = {_words(before.body, one): before.corrected.get(one.id) for one in before.sentences}
    came_at = max((correction.at for correction in _unsaid(before, corrections)), default=None)
    times = {one.id: old.get(_words(body, one), came_at) for one in sentences}
    return {sentence: at for sentence, at in times.items() if at is not None}


def _words(body: Body, sentence: Sentence) -> str:
    return " ".join(body.text[sentence.start : sentence.end].split())


def _receipt(life: Life, outcome: Outcome, draft: Draft, article: Article, at: datetime) -> Receipt:
    return Receipt(
        key=life.key,
        kind="article",
        outcome=outcome,
        received_at=at,
        article_id=article_id(life.key),
        revision=life.revision or None,
        slug=life.current.slug if life.current else None,
        format=draft.format,
        warnings=(*draft.warnings, *_times(draft, at)),
        kept=draft.kept,
        dropped=draft.dropped,
        preview=_preview(life, at),
        summary=article.summary,
    )


def _preview(life: Life, at: datetime) -> str | None:
    """The secret of what waits for its time or its editors after this version."""
    if life.draft is not None:
        return life.draft.preview
    is_waiting = life.current is not None and life.current.public_at > at
    return life.current.preview if life.current is not None and is_waiting else None


def _times(draft: Draft, at: datetime) -> list[Finding]:
    """Warn of times that an editor cannot have meant, as of the upload."""
    stated = draft.metadata
    found: list[Finding] = []
    if stated.embargo_until is not None and stated.embargo_until <= at:
        found.append(
            Finding(
                code="embargo-past",
                message=f"The embargo ended before the upload came ({at:%Y-%m-%d %H:%M} UTC): "
                "the article is public at once.",
                fix="Check embargo_until; upload before the embargo ends.",
                pointer="/embargo_until",
            )
        )
    if stated.published_at is not None and stated.published_at > at:
        found.append(
            Finding(
                code="future-date",
                message=f"published_at is later than the upload: readers see the article from "
                f"{stated.published_at:%Y-%m-%d %H:%M} UTC.",
                fix="Nothing to do if that is meant; else correct published_at.",
                pointer="/published_at",
            )
        )
    if stated.published_at is None:
        found.append(
            Finding(
                code="no-date",
                message="The file has no date; it is dated by its first upload.",
                fix="Write published_at: 2026-11-30T09:00:00Z in the metadata.",
                pointer="/published_at",
            )
        )
    return found
