"""From a supplier's bytes to a Draft: one module a format, one registry, one cleaner.

`read` raises only UploadRejected, whatever the bytes; tests search for a counter-example.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from importlib import import_module

from chalicelib.core import metadata
from chalicelib.core.article import Body
from chalicelib.core.clean import clean, one_line
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats.reading import Reading
from chalicelib.core.limits import MAX_FILE_BYTES
from chalicelib.core.metadata import Metadata
from chalicelib.core.receipt import Dropped

# Extension -> module of this package. Each is imported when a file of its kind comes.
READERS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file understood: what it says about itself, its body, and what became of its parts."""

    format: str
    metadata: Metadata
    headline: str
    body: Body
    pictures: tuple[str, ...]  # keys under media/ that the body shows
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
    return _draft(reading)


def too_large(size: int) -> UploadRejected:
    """The rejection of a file of *size* bytes, which need not be read to be refused."""
    return UploadRejected(
        Finding(
            code="too-large",
            message=f"The file has {size:,} bytes; {MAX_FILE_BYTES:,} are allowed.",
            fix="Upload the text alone; images go under media/, each as its own file.",
        )
    )


def _draft(reading: Reading) -> Draft:
    stated = metadata.interpret(reading.metadata)
    headline = stated.metadata.headline
    cleaned = clean(
        reading.html,
        base_url=stated.metadata.original_url,
        without_heading=headline or "",
    )
    if not cleaned.body.text.strip():
        raise UploadRejected(
            Finding(
                code="no-text",
                message="There is no text to publish in the file.",
                fix="Write the article below its metadata.",
                line=reading.first_line,
            )
        )
    warnings = [*reading.warnings, *stated.warnings]
    if headline is None:
        if not cleaned.headings:
            raise UploadRejected(
                Finding(
                    code="no-headline",
                    message="The file has no headline and no heading to take one from.",
                    fix="Write headline: … in the metadata, or begin the text with a heading.",
                    line=1,
                    pointer="/headline",
                )
            )
        headline = one_line(cleaned.headings[0])[:300]
        cleaned = clean(
            reading.html, base_url=stated.metadata.original_url, without_heading=headline
        )
    return Draft(
        format=reading.format,
        metadata=stated.metadata,
        headline=headline,
        body=cleaned.body,
        pictures=cleaned.pictures,
        kept=cleaned.kept,
        dropped=(*reading.dropped, *stated.dropped, *cleaned.dropped),
        warnings=tuple(warnings),
    )
