"""From a supplier's bytes to a Draft: one module a format, one registry, one cleaner.

`read` raises only UploadRejected, whatever the bytes; tests search for a counter-example.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module

from chalicelib.core import metadata
from chalicelib.core.article import EMBEDDED, Body, Image
from chalicelib.core.clean import Cleaned, clean, one_line
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats.embedded import EmbeddedImages
from chalicelib.core.formats.reading import Field, Inventory, Reading, letters
from chalicelib.core.limits import MAX_FILE_BYTES, MAX_HEADLINE_LENGTH
from chalicelib.core.metadata import Metadata
from chalicelib.core.pictures import PreparedFile
from chalicelib.core.receipt import Dropped

# Extension -> module of this package. Each is imported when a file of its kind comes.
READERS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".docx": "docx",
    ".eml": "eml",
    ".xml": "xml",
    ".rss": "xml",
    ".atom": "xml",
}

_DATE_IN_NAME = re.compile(r"(?:^|[/_])((?:19|20)\d\d)-(0[1-9]|1[0-2])-([012]\d|3[01])-[^/]*$")
_DATE_IN_PATH = re.compile(r"(?:^|/)((?:19|20)\d\d)/(0[1-9]|1[0-2])/([012]\d|3[01])/")
THIN = 1 / 3  # of a file's letters; below that an editor must look what is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file understood: what it says about itself, its body, and what became of its parts."""

    format: str
    metadata: Metadata
    headline: str
    body: Body
    pictures: tuple[Image, ...]  # what the body shows
    files: tuple[PreparedFile, ...]  # that those among them need which came inside the file
    kept: dict[str, int]
    dropped: tuple[Dropped, ...]
    warnings: tuple[Finding, ...]


def read(key: str, data: bytes) -> Draft:
    """Return the draft that the file *key* with the bytes *data* makes.

    Raises UploadRejected, with every error that one reading can find.
    """
    extension = posixpath.splitext(key)[1].lower()
    if extension not in READERS:
        known = " ".join(READERS)
        raise UploadRejected(
            Finding(
                code="unknown-extension",
                message=f"Nothing reads files that end in {extension or 'no extension'!r}.",
                fix=f"Upload the article under a name that ends in one of {known}",
            )
        )
    if len(data) > MAX_FILE_BYTES:
        raise too_large(len(data))
    if not data.strip():
        raise UploadRejected(
            Finding(
                code="empty",
                message="The file is empty.",
                fix="Upload the article's text. To withdraw an article, delete its file.",
            )
        )
    reader = import_module(f"{__name__}.{READERS[extension]}")
    reading: Reading = reader.read(data)
    if reading.format == "markdown":
        warnings = (*reading.warnings, *_date_elsewhere(reading, key))
        reading = replace(reading, warnings=warnings)
    return _draft(reading, data)


def _date_elsewhere(reading: Reading, key: str) -> tuple[Finding, ...]:
    """Warn of a date that a site generator would have read where we do not look for one.

    Zola has it in `path = "2026/03/24/ferry"`, Jekyll in the file's name: 2026-03-24-ferry.md.
    An article without a date of its own is dated by its first upload, always.
    """
    if metadata.has(reading.metadata, "published_at"):
        return ()
    path = reading.metadata.get("path")
    in_path = _DATE_IN_PATH.search(str(path.value)) if path is not None else None
    found = in_path or _DATE_IN_NAME.search(key)
    if found is None:
        return ()
    date = "-".join(found.groups())
    where = path if path is not None and in_path else Field(date, "/published_at")
    return (
        Finding(
            code="date-elsewhere",
            message=f"The date {date} stands only in the {'path' if in_path else 'file name'}: the "
            "article is dated by its first upload.",
            fix=f"Write published_at: {date}T09:00:00Z if that is its date.",
            line=where.line,
            pointer=where.pointer,
        ),
    )


def too_large(size: int) -> UploadRejected:
    """The rejection of a file of *size* bytes, which need not be read to be refused."""
    return UploadRejected(
        Finding(
            code="too-large",
            message=f"The file has {size:,} bytes; {MAX_FILE_BYTES:,} are allowed.",
            fix="Upload the text alone; images go under media/, each as its own file.",
        )
    )


def _draft(reading: Reading, data: bytes) -> Draft:
    stated = metadata.interpret(reading.metadata)
    embedded = EmbeddedImages(reading)
    headline, cleaned = _settled(reading, stated.metadata, embedded.problems)
    lost, thin = _compared(reading.inventory, cleaned, headline)
    return Draft(
        format=reading.format,
        metadata=stated.metadata,
        headline=headline,
        body=cleaned.body,
        pictures=tuple(embedded.image(key) for key in cleaned.pictures),
        files=embedded.files(cleaned.pictures),
        kept=cleaned.kept,
        dropped=(*reading.dropped, *stated.dropped, *cleaned.dropped, *embedded.dropped, *lost),
        warnings=(
            *reading.warnings,
            *stated.warnings,
            *_undescribed(cleaned, reading, data),
            *thin,
        ),
    )


def _settled(
    reading: Reading, stated: Metadata, embedded: Mapping[str, str]
) -> tuple[str, Cleaned]:
    """Return the headline and the body without it.

    Raises UploadRejected "no-text" and "no-headline". An agency's kill may come without either,
    and must be obeyed all the same.
    """

    def cleaned(headline: str) -> Cleaned:
        return clean(
            reading.html,
            base_url=stated.original_url,
            without_heading=headline,
            embedded=embedded,
        )

    headline, is_kill = stated.headline, stated.status != "usable"
    body = cleaned(headline or "")
    if headline is None and body.headings:
        headline = one_line(body.headings[0])[:MAX_HEADLINE_LENGTH].rstrip()
        body = cleaned(headline)
    if not body.body.text.strip():
        if not is_kill:
            raise UploadRejected(
                Finding(
                    code="no-text",
                    message="There is no text to publish in the file.",
                    fix="Write the article below its metadata.",
                    line=reading.first_line,
                )
            )
        body = clean(f"<p>{stated.status}</p>")
    if headline is None and not is_kill:
        raise UploadRejected(
            Finding(
                code="no-headline",
                message="The file has no headline and no heading to take one from.",
                fix="Write headline: … in the metadata, or begin the text with a heading.",
                line=1,
                pointer="/headline",
            )
        )
    return headline or stated.status, body


def _undescribed(cleaned: Cleaned, reading: Reading, data: bytes) -> list[Finding]:
    """Warn of images in the text that say nothing to readers who do not see them."""
    return [
        Finding(
            code="image-alt-missing",
            message=f"{_told(key)} has no description for readers who do not see it.",
            fix="Describe in a sentence what it shows: ![Description](media/NAME.jpg) in Markdown, "
            "alt in HTML and mails, View Alt Text in Word.",
            line=_line_of(key, reading, data),
        )
        for key in cleaned.undescribed
    ]


def _told(key: str) -> str:
    if key.startswith(EMBEDDED):
        return f"Image {key.removeprefix(EMBEDDED)} in the file"
    return f"{key} in the text"


def _line_of(key: str, reading: Reading, data: bytes) -> int | None:
    """The line of the file's text on which *key* stands as it is shown, None where it is not."""
    lines = data.split(b"\n")
    for number, line in enumerate(lines[reading.first_line - 1 :], start=reading.first_line):
        if key.encode() in line:
            return number
    return None


def _compared(
    source: Inventory, cleaned: Cleaned, headline: str
) -> tuple[tuple[Dropped, ...], list[Finding]]:
    """Tell what the file held and the article does not: counted twice, never believed."""
    kept = {**cleaned.kept, "headings": len(cleaned.headings)}
    held = {
        "heading": (source.headings, kept["headings"]),
        "block quote": (source.block_quotes, kept["block_quotes"]),
        "table": (source.tables, kept["tables"]),
        "list": (source.lists, kept["lists"]),
    }
    lost = tuple(
        Dropped(what=what, count=before - after, why="its structure could not be kept")
        for what, (before, after) in held.items()
        if after < before
    )
    warnings = []
    words = letters(cleaned.body.text) + letters(headline)  # it may have stood in the text
    if words < THIN * source.letters:
        percent = round(100 * words / source.letters)
        warnings.append(
            Finding(
                code="extraction-thin",
                message=f"Only {percent} % of the file's text is in the article.",
                fix="Read the preview; where text is missing, upload the article in a simpler "
                "form.",
            )
        )
    if source.block_quotes and not kept["block_quotes"]:
        warnings.append(
            Finding(
                code="quotes-lost",
                message=f"None of the file's block quotes ({source.block_quotes}) is one in the "
                "article: what others said may be gone, or read as the article's own words.",
                fix="Read the preview; mark quotations as block quotes of plain paragraphs.",
            )
        )
    return lost, warnings
