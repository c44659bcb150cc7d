"""What a key of the uploads bucket is, before anything is read.

Any key is an article but for the reserved prefixes; folder markers and the litter of file
managers are ignored.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.limits import MAX_KEY_BYTES

UploadKind = Literal["article", "source", "image", "takedown", "ignored"]

_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".gitkeep", ".keep", ".htaccess"})
_TRACES = ("._", "~$", ".~lock.")  # of macOS, Microsoft Office, LibreOffice
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_TAKEDOWNS = re.compile(r"takedowns/[a-z2-7]{16}\.yaml")  # by the article's id
_SOURCES = re.compile(r"sources/(?:[^/]+\.ya?ml|feeds\.opml)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a key. `received_at` is its LastModified, or its `received-at` metadata."""

    id: str
    received_at: datetime
    is_delete_marker: bool = False
    size: int = 0


def kind_of(key: str) -> UploadKind:
    """Say what *key* holds by its name alone."""
    name = posixpath.basename(key)
    is_litter = name.lower() in _LITTER or name.startswith(_TRACES) or name.endswith("~")
    if not name or is_litter:
        return "ignored"
    if key.startswith("takedowns/"):
        return "takedown" if _TAKEDOWNS.fullmatch(key) else "ignored"
    if key.startswith("sources/"):
        return "source" if _SOURCES.fullmatch(key) else "ignored"
    if key.startswith("media/"):
        return "image"
    return "article"


def check_key(key: str) -> None:
    """Raise UploadRejected "key" for a name that no editor can have meant.

    S3 allows any character; those that hide, move or break text on a screen, in a log or in an
    address are refused.
    """
    size = len(key.encode("utf-8", "surrogatepass"))
    if size > MAX_KEY_BYTES:
        raise _rejected(f"The key has {size:,} bytes; {MAX_KEY_BYTES:,} are allowed.")
    if _CONTROL.search(key):
        raise _rejected("The key holds a control character.")
    if "\\" in key or ".." in key.split("/"):
        raise _rejected("The key climbs out of its folder.")
    if any("\ud800" <= character <= "\udfff" for character in key):
        raise _rejected("The key holds half a character.")


def _rejected(message: str) -> UploadRejected:
    fix = "Upload the file under a plain name, such as world/ferry-returns.md."
    return UploadRejected(Finding(code="key", message=message, fix=fix))
