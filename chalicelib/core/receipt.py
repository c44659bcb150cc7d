"""What became of an upload: the receipt that every upload gets, whatever happens.

The row of a key holds the receipt of its newest version, written in the same transaction as the
article; the object in the receipts bucket is a copy of it, delivered until it is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from chalicelib.core.article import ArticleId, Summary, article_id
from chalicelib.core.codec import digest, encode, pack
from chalicelib.core.differences import Piece
from chalicelib.core.errors import Finding
from chalicelib.core.limits import MAX_FINDINGS, MAX_KEY_BYTES, MAX_RECEIPT_BYTES

Kind = Literal["article", "source", "image", "takedown"]
Outcome = Literal[
    "published",
    "updated",
    "corrected",
    "unchanged",
    "scheduled",
    "draft",
    "expired",
    "withdrawn",
    "ignored",
    "rejected",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something of the file that is not in the article, told in the receipt."""

    what: str
    count: int
    why: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedKey:
    """A key of the metadata that says something else; "" where it said or says nothing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What one revision says otherwise than another."""

    since_revision: int
    metadata: tuple[ChangedKey, ...] = ()
    words_added: int = 0
    words_removed: int = 0
    markup_changed: bool = False  # links, images or emphasis of a text that stayed
    paragraphs: tuple[tuple[Piece, ...], ...] = ()  # of the text, those that differ, in order
    untold: int = 0  # keys and paragraphs that changed too


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one version of one key. `revision` is that of the article as it now stands."""

    key: str
    kind: Kind
    outcome: Outcome
    received_at: datetime
    article_id: ArticleId | None = None
    revision: int | None = None
    slug: str | None = None  # with the id, the address; None where there is no page
    preview: str | None = None  # the secret of the preview, of what is not public yet
    format: str | None = None
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    kept: dict[str, int] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()
    summary: Summary | None = None  # of the article that the version made
    changes: Edits | None = None  # against what readers had, else against the draft before


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Another article with the same text; `similarity` is the share of the smaller in both."""

    article_id: ArticleId
    similarity: float
    source: str  # its source's id
    public_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who else tells what an article tells, as known when its receipt is written.

    It depends on what else was uploaded, so it is no part of the record.
    """

    story_id: ArticleId
    duplicates: tuple[Duplicate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a delivered receipt tells of: a version, and the digest of what it says of it.

    The second changes under the same version, since what a receipt knows of others may.
    """

    version_id: str
    digest: str = ""


def stamped(receipt: Receipt, *, version_id: str) -> Stamp:
    return Stamp(version_id=version_id, digest=digest(encode(receipt)))


def bounded(receipt: Receipt) -> Receipt:
    """Return *receipt* so that a row can hold it: MAX_FINDINGS of each kind, and a count."""
    shortened = replace(
        receipt,
        errors=_first(receipt.errors),
        warnings=_first(receipt.warnings),
        dropped=receipt.dropped[:MAX_FINDINGS],
    )
    more = len(receipt.dropped) - MAX_FINDINGS
    if more > 0:
        rest = Dropped(what="kind of part", count=more, why="too many to tell apart")
        shortened = replace(shortened, dropped=(*shortened.dropped, rest))
    if len(pack(shortened)) > MAX_RECEIPT_BYTES:
        return replace(shortened, summary=None)
    return shortened


def _first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    more = len(findings) - MAX_FINDINGS
    if more <= 0:
        return findings
    rest = Finding(
        code="more",
        message=f"{more:,} more of the kind were found.",
        fix="Mend these and upload the file again.",
    )
    return (*findings[:MAX_FINDINGS], rest)


def receipt_key(key: str) -> str:
    """Return the key, without extension, under which the receipt of *key* lies."""
    return key if len(key.encode("utf-8")) <= MAX_KEY_BYTES else f".long/{article_id(key)}"
