"""How values become bytes and back: JSON by msgspec from the types themselves, zlib for articles.

The same value gives the same bytes, so that two tables can be compared.
"""

from __future__ import annotations

import hashlib
import zlib
from functools import cache
from typing import Any, TypeVar

import msgspec

from chalicelib.core.article import Article, Brief
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.limits import MAX_BRIEF_BYTES, MAX_ROW_BYTES

T = TypeVar("T")

encode = msgspec.json.encode

# What `decode` and `unpack` raise for bytes that another release wrote, or nobody.
ILLEGIBLE = (msgspec.DecodeError, zlib.error)


def decode(encoded: bytes | str, kind: type[T]) -> T:
    """Return the value of *kind* that `encode` wrote. Raises msgspec.DecodeError for another's."""
    value: T = _decoder(kind).decode(encoded)  # type: ignore[arg-type]  # a type is hashable
    return value


def pack(value: object) -> bytes:
    return zlib.compress(encode(value), 6)


def unpack(packed: bytes, kind: type[T]) -> T:
    return decode(zlib.decompress(packed), kind)


def digest(encoded: bytes) -> str:
    """Return the digest by which an encoded value is known."""
    return hashlib.blake2b(encoded, digest_size=8).hexdigest()


def check_fits(article: Article) -> None:
    """Raise UploadRejected "too-large-to-store" for an article that no row can hold."""
    size = len(pack(article))
    if size > MAX_ROW_BYTES:
        raise UploadRejected(
            Finding(
                code="too-large-to-store",
                message=f"Text and markup come to {size:,} bytes, compressed; {MAX_ROW_BYTES:,} "
                "can be stored.",
                fix="Split the article into parts and upload each under its own key.",
            )
        )


def pack_brief(article: Article) -> bytes:
    """Pack what feeds tell of *article*: nothing where a sentence of it is a book."""
    packed = pack(article.brief())
    return packed if len(packed) <= MAX_BRIEF_BYTES else pack(Brief())


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
