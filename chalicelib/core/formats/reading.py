"""What a format module hands over: metadata as found, the body as HTML, nothing decided yet.

A reader turns bytes into a Reading and raises UploadRejected only for bytes that are not its
format at all. What a key means, what a date is and which HTML is safe is decided once for all
formats: in `metadata` and `clean`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.pictures import Crop
from chalicelib.core.receipt import Dropped


@dataclass(frozen=True, slots=True)
class Field:
    """One metadata value as the file has it (text, number, list, mapping, date), and where."""

    value: object
    pointer: str  # RFC 6901, from the metadata's root
    line: int | None = None
    column: int | None = None

    def finding(self, code: str, message: str, fix: str) -> Finding:
        """Return a finding that leads here."""
        return Finding(
            code=code,
            message=message,
            fix=fix,
            line=self.line,
            column=self.column,
            pointer=self.pointer,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What the text of a file holds, counted in the file itself by its reader.

    What the article holds is counted by the cleaner; the receipt tells the difference.
    """

    letters: int  # and digits
    headings: int = 0
    block_quotes: int = 0
    tables: int = 0
    lists: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """An image inside the file, or why its bytes cannot be had."""

    data: bytes = b""
    crop: Crop | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file as its reader understood it.

    `metadata` maps the file's own key to its field, in file order. Where one key can come from
    several places (meta tags, JSON-LD), the reader has chosen. `html` is untrusted, and shows an
    image inside the file by its name in `embedded`: `<img src="embedded/1" alt="…">`.
    """

    format: str  # markdown, text, html, json …
    metadata: Mapping[str, Field]
    html: str
    inventory: Inventory
    first_line: int = 1  # the line of the file on which the body begins
    warnings: tuple[Finding, ...] = ()
    dropped: tuple[Dropped, ...] = field(default=())
    embedded: Mapping[str, Embedded] = field(default_factory=dict)  # in the file's order


_NO_LETTER = re.compile(r"[\W_]+")
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def letters(text: str) -> int:
    """Count the letters and digits of *text*: what no change of markup or space may change."""
    return len(_NO_LETTER.sub("", text))


def pointer(*keys: str) -> str:
    """Return the JSON Pointer (RFC 6901) that leads through *keys*."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def decode(data: bytes) -> str:
    """Return UTF-8 text (RFC 3629) without its byte order mark; UTF-16 and UTF-32 by their mark.

    Raises UploadRejected "binary" for bytes that are no text, and "encoding" with the line and
    column of the first wrong byte.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\x00" in data:
        raise UploadRejected(
            Finding(
                code="binary",
                message="The file is not text: it contains NUL bytes.",
                fix="Upload the article's text; images go under media/.",
                line=data[: data.index(b"\x00")].count(b"\n") + 1,
            )
        )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode(encoding, "replace")) + 1
        raise UploadRejected(
            Finding(
                code="encoding",
                message=f"The file is not {encoding.upper()}: byte 0x{data[error.start]:02x} "
                "belongs to no character.",
                fix="Save the file as UTF-8 and upload it again.",
                line=before.count(b"\n") + 1,
                column=column,
            )
        ) from None
    return text.lstrip("\ufeff")
