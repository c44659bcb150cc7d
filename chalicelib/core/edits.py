"""What an upload changed against the revision before it, short enough for a receipt.

What does not fit is counted, never left out in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from chalicelib.core.article import Article, moment
from chalicelib.core.codec import encode
from chalicelib.core.differences import Piece, differences
from chalicelib.core.language import count_words
from chalicelib.core.receipt import ChangedKey, Edits

MAX_CHANGED_KEYS = 25  # as many as have a name; more are unknown keys of a machine
MAX_CHANGED_PARAGRAPHS = 12  # a screen or two; who rewrote more knows what
MAX_PARAGRAPH_LENGTH = 2_000  # characters; with more, its pieces are a mosaic
MAX_PIECE_LENGTH = 600  # characters
MAX_VALUE_LENGTH = 300  # characters of a key's value
CONTEXT = 80  # characters around a change, by which its place is known
PIECE_COST = 30  # characters that a piece takes up besides its text


def edits(before: Article, after: Article) -> Edits:
    """Return what *after* says otherwise than *before*."""
    keys = tuple(_changed_keys(before, after))
    paragraphs = differences(before.body.text, after.body.text)
    return Edits(
        since_revision=before.revision,
        metadata=keys[:MAX_CHANGED_KEYS],
        words_added=_words(paragraphs, "added"),
        words_removed=_words(paragraphs, "removed"),
        markup_changed=not paragraphs and before.body.html != after.body.html,
        paragraphs=tuple(_readable(pieces) for pieces in paragraphs[:MAX_CHANGED_PARAGRAPHS]),
        untold=len(keys[MAX_CHANGED_KEYS:]) + len(paragraphs[MAX_CHANGED_PARAGRAPHS:]),
    )


def _words(paragraphs: tuple[tuple[Piece, ...], ...], kind: str) -> int:
    return sum(count_words(p.text) for pieces in paragraphs for p in pieces if p.kind == kind)


# Metadata


def _changed_keys(before: Article, after: Article) -> Iterator[ChangedKey]:
    old, new = _values(before), _values(after)
    for name in dict.fromkeys((*old, *new)):
        was, is_ = old.get(name, ""), new.get(name, "")
        if was != is_:
            start = _start_of_difference(was, is_)
            yield ChangedKey(name=name[:80], before=_from(start, was), after=_from(start, is_))


def _values(article: Article) -> dict[str, str]:
    """What the metadata says, by the names of its keys, as an editor reads it."""
    image = article.image
    return {
        "headline": article.headline,
        "standfirst": article.standfirst or "",
        "byline": ", ".join(article.byline),
        "published_at": moment(article.published_at),
        "updated_at": moment(article.updated_at) if _states_update(article) else "",
        "section": article.section or "",
        "tags": ", ".join(article.tags),
        "source": article.credited_to or "",
        "original_url": article.original_url or "",
        "language": article.language,
        "image": image.key if image else "",
        "image_alt": image.alt if image else "",
        "image_credit": (image.stated_credit or "") if image else "",
        "image_caption": (image.stated_caption or "") if image else "",
        "embargo_until": moment(article.embargo_until) if article.embargo_until else "",
        "expires_at": moment(article.expires_at) if article.expires_at else "",
        "correction": "; ".join(correction.text for correction in article.corrections),
        "pinned_until": moment(article.pinned_until) if article.pinned_until else "",
        "breaking": "true" if article.breaking else "",
        "slug": article.slug,
        "same_story": ", ".join(article.same_story),
        "not_same_story": ", ".join(article.not_same_story),
        "replaces": article.replaces or "",
        **{
            name: value if isinstance(value, str) else encode(value).decode()
            for name, value in article.extra.items()
        },
    }


def _states_update(article: Article) -> bool:
    """True unless `updated_at` is what an upload makes it by itself, which is no change."""
    return article.updated_at not in (article.received_at, article.published_at)


def _start_of_difference(before: str, after: str) -> int:
    """Return from where to tell two values: the beginning, or else shortly before they part."""
    if max(len(before), len(after)) <= MAX_VALUE_LENGTH:
        return 0
    same = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    return max(0, sum(1 for _ in same) - CONTEXT)


def _from(start: int, value: str) -> str:
    return _clipped(f"… {value[start:]}" if start and value[start:] else value, MAX_VALUE_LENGTH)


# The text


def _readable(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Shorten a paragraph; one that changed everywhere is told as a whole, before and after."""
    short = tuple(_shortened(piece) for piece in pieces)
    if sum(len(piece.text) + PIECE_COST for piece in short) <= MAX_PARAGRAPH_LENGTH:
        return short
    before = "".join(piece.text for piece in pieces if piece.kind != "added")
    after = "".join(piece.text for piece in pieces if piece.kind != "removed")
    return _shortened(Piece("removed", before)), _shortened(Piece("added", after))


def _shortened(piece: Piece) -> Piece:
    if piece.kind != "kept":
        return Piece(piece.kind, _clipped(piece.text, MAX_PIECE_LENGTH))
    if len(piece.text) <= 3 * CONTEXT:
        return piece
    return Piece("kept", f"{piece.text[:CONTEXT]} … {piece.text[-CONTEXT:]}")


def _clipped(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
