"""DOCX (Office Open XML, as Word, LibreOffice and Google Docs write it).

A .docx is a zip of XML parts. The directory is judged before anything is unpacked, only the parts
that are read are unpacked, each under a limit of its own, and their XML goes through the reader
that obeys no document type. Nothing is written to disk, so names that climb lead nowhere.

The headline is the paragraph in Word's style Title, else the first heading, else the document's
title. The date of the document is kept but is not the article's: it is the day on which somebody
made the file from which this one was saved. Custom properties named like keys of ours are
metadata (File > Info > Properties > Advanced > Custom).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from chalicelib.core.article import EMBEDDED
from chalicelib.core.clean import one_line
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import xml
from chalicelib.core.formats.docx_body import Block, Styles, Written, write
from chalicelib.core.formats.reading import Embedded, Field, Reading
from chalicelib.core.limits import (
    MAX_IMAGE_BYTES,
    MAX_UNPACKED_BYTES,
    MAX_WORD_TAGS,
    MAX_ZIP_MEMBERS,
)
from chalicelib.core.metadata import ALIASES
from chalicelib.core.pictures import Crop
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Word wrote until 2003, and encrypted files are in
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MAIN = "word/document.xml"
_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError,
    OSError, OverflowError,
)  # fmt: skip
# What programs put where nobody wrote anything.
_NO_TITLE = re.compile(
    r"(?:microsoft word\b.*|untitled.*|document ?\d*|word document|.*\.docx?|title)", re.IGNORECASE
)
_NO_AUTHOR = frozenset(
    {
        "", "un-named", "unnamed", "user", "administrator", "admin", "author", "python-docx",
        "unknown", "microsoft office user", "windows user", "apache poi", "docx4j",
    }
)  # fmt: skip
_BYLINE = re.compile(r"by:?\s+(\S.{1,118}\S)", re.IGNORECASE)
_KEYS = frozenset(re.sub(r"[_-]", "", k).lower() for n, a in ALIASES.items() for k in (n, *a))
LONGEST_HEADLINE = 200  # characters of a first line that may be a headline


def read(data: bytes) -> Reading:
    """Return the document's text and properties.

    Raises UploadRejected "docx" for what is no such document, "encrypted", "unpacked-size" and
    what the XML reader refuses.
    """
    package = _Package(data)
    main = package.main()
    document = package.xml(main)
    if document is None:
        raise _not_word("no part of it is a document")
    styles = Styles(package.xml(package.beside(main, "styles")))
    written = write(
        document,
        styles=styles,
        numbering=package.xml(package.beside(main, "numbering")),
        notes={
            "footnote": package.xml(package.beside(main, "footnotes")),
            "endnote": package.xml(package.beside(main, "endnotes")),
        },
        links=package.targets(main, "hyperlink"),
        images=package.targets(main, "image"),
    )
    metadata = _properties(package)
    warnings = list(written.warnings)
    html = _with_head(written, metadata, warnings)
    return Reading(
        format="docx",
        metadata=metadata,
        html=html,
        warnings=tuple(warnings),
        dropped=(*written.dropped, *_margins(package)),
        inventory=written.inventory,
        embedded={
            f"{EMBEDDED}{number}": package.image(shown.part, shown.crop)
            for number, shown in enumerate(written.shown, start=1)
        },
    )


class _Package:
    """The parts of the zip that are asked for, unpacked under limits."""

    def __init__(self, data: bytes) -> None:
        if data.startswith(_OLE):
            if _ENCRYPTED in data:
                raise _encrypted()
            raise _not_word("it is a document of Word 97 to 2003")
        if not data.startswith(_ZIP):
            raise _not_word("it is no zip, which every .docx is")
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            self._members = {member.filename: member for member in self._zip.infolist()}
            count = len(self._zip.infolist())
        except _BROKEN_ZIP as error:
            raise _not_word(f"its zip directory is broken ({one_line(str(error))[:80]})") from None
        if count > MAX_ZIP_MEMBERS:
            raise _too_much(f"{count:,} files; {MAX_ZIP_MEMBERS:,} are allowed")
        self._room = MAX_UNPACKED_BYTES
        self._links: dict[str, dict[str, tuple[str, str]]] = {}

    def names(self) -> list[str]:
        return list(self._members)

    def main(self) -> str:
        """The name of the part that is the document."""
        for kind, target in self.relations("").values():
            if kind == "officeDocument" and target in self._members:
                return target
        if _MAIN in self._members:
            return _MAIN
        raise _not_word("no part of it is a document")

    def xml(self, name: str | None) -> Element | None:
        """Return a part's root, None where there is no such part."""
        if name is None or name not in self._members:
            return None
        try:
            return xml.parse(self._bytes(name), max_tags=MAX_WORD_TAGS)
        except UploadRejected as error:
            finding = error.findings[0]
            if finding.code != "xml":
                raise
            raise _not_word(f"{one_line(name)[:60]} is broken ({finding.message[:120]})") from None

    def _bytes(self, name: str) -> bytes:
        member = self._members[name]
        if member.flag_bits & 0x1:
            raise _encrypted()
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _not_word(f"{one_line(name)[:60]} is packed in a way that Word does not use")
        if member.file_size > self._room:
            raise _too_much(
                f"{member.file_size:,} bytes unpacked; {MAX_UNPACKED_BYTES:,} are allowed"
            )
        try:
            with self._zip.open(member) as part:
                data = part.read(self._room + 1)  # a directory may lie about sizes
        except _BROKEN_ZIP as error:
            problem = one_line(str(error))[:80]
            raise _not_word(f"{one_line(name)[:60]} cannot be unpacked ({problem})") from None
        self._room -= len(data)
        if self._room < 0:
            raise _too_much(f"more than {MAX_UNPACKED_BYTES:,} bytes unpacked")
        return data

    def relations(self, part: str) -> Mapping[str, tuple[str, str]]:
        """The kind and target of each relation of *part*, by id; "" is the package."""
        if part not in self._links:
            folder, name = posixpath.split(part)
            root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
            found = {}
            for relation in root.iterchildren("{*}Relationship") if root is not None else ():
                target = relation.get("Target") or ""
                if relation.get("TargetMode") != "External":
                    inside = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
                    target = posixpath.normpath(inside.lstrip("/"))
                kind = (relation.get("Type") or "").rpartition("/")[2]
                found[relation.get("Id") or ""] = (kind, target)
            self._links[part] = found
        return self._links[part]

    def beside(self, part: str, kind: str) -> str | None:
        return next((t for k, t in self.relations(part).values() if k == kind), None)

    def targets(self, part: str, kind: str) -> Mapping[str, str]:
        return {id_: t for id_, (k, t) in self.relations(part).items() if k == kind}

    def image(self, name: str, crop: Crop | None) -> Embedded:
        """Unpack an image, if there is room for it: no picture costs a document its text."""
        if name not in self._members:
            return Embedded(problem="it is not in the document itself")
        if self._members[name].file_size > min(self._room, MAX_IMAGE_BYTES):
            return Embedded(problem="it unpacks to too many bytes")
        try:
            return Embedded(data=self._bytes(name), crop=crop)
        except UploadRejected as error:
            return Embedded(problem=one_line(error.findings[0].message).rstrip("."))


# Properties


def _properties(package: _Package) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    custom = package.xml(package.beside("", "custom-properties"))
    for part in custom.iterchildren("{*}property") if custom is not None else ():
        name, said = one_line(part.get("name") or ""), xml.words(part)
        if said and re.sub(r"[\s_-]", "", name).lower() in _KEYS:
            fields[name] = Field(said, f"/custom/{name}")
    core = package.xml(package.beside("", "core-properties"))
    if core is None:
        return fields
    for name, key in (
        ("title", "title"), ("creator", "author"), ("keywords", "keywords"),
        ("category", "category"), ("language", "language"), ("subject", "subject"),
        ("description", "comments"), ("created", "created"), ("modified", "saved"),
    ):  # fmt: skip
        said = xml.words(xml.first(core, name))
        is_nothing = (name == "title" and _NO_TITLE.fullmatch(said)) or (
            name == "creator" and said.lower() in _NO_AUTHOR
        )
        if said and not is_nothing:
            value = said.replace(";", ",") if name == "keywords" else said
            fields.setdefault(key, Field(value, f"/core/{name}"))
    return fields


def _with_head(written: Written, metadata: dict[str, Field], warnings: list[Finding]) -> str:
    """Settle headline, standfirst and byline, and return the body without them."""
    blocks = list(written.blocks)
    for key, kind in (("headline", "title"), ("standfirst", "subtitle"), ("byline", "byline")):
        place = next((n for n, block in enumerate(blocks) if block.kind == kind), None)
        if place is not None and key not in metadata:
            said: object = blocks.pop(place).text
            if key == "byline":
                said = _names(str(said))
                metadata.pop("author", None)
            metadata[key] = Field(said, f"/text/{kind}")
    filled = [place for place, block in enumerate(blocks) if block.text]
    has_heading = any(block.kind == "heading" for block in blocks[: filled[1] if filled[1:] else 1])
    if "headline" not in metadata and has_heading:
        metadata.pop("title", None)  # what stands first in the text is what its writer sees
    if "headline" not in metadata and "title" not in metadata:
        _guess_headline(blocks, filled, metadata, warnings)
    _find_byline(blocks, metadata)
    return "".join(block.html for block in blocks)


def _guess_headline(
    blocks: list[Block], filled: list[int], metadata: dict[str, Field], warnings: list[Finding]
) -> None:
    if any(block.kind == "heading" for block in blocks) or len(filled) < 2:
        return
    first = blocks[filled[0]]
    if first.kind != "paragraph" or len(first.text) > LONGEST_HEADLINE or first.text.endswith("."):
        return
    metadata["headline"] = Field(first.text, "/text/title")
    del blocks[filled[0]]
    warnings.append(
        Finding(
            code="headline-guessed",
            message="The document has no title; its first line was taken for the headline.",
            fix="Give the headline Word's style Title.",
            line=1,
        )
    )


def _find_byline(blocks: list[Block], metadata: dict[str, Field]) -> None:
    """A first or second paragraph that says "By …" is the byline."""
    if "byline" in metadata:
        return
    for place, block in enumerate(blocks[:3]):
        found = _BYLINE.fullmatch(block.text) if block.kind == "paragraph" else None
        if found and not found[1].endswith("."):
            metadata.pop("author", None)
            metadata["byline"] = Field(_names(found[1]), "/text/byline")
            del blocks[place]
            return


def _names(said: str) -> list[str]:
    said = re.sub(r"^by:?\s+", "", said, flags=re.IGNORECASE)
    return [name for part in re.split(r"[,;&]|\band\b", said) if (name := part.strip())]


def _margins(package: _Package) -> list[Dropped]:
    """Tell the words of headers and footers, which pages of paper have and articles have not."""
    count = 0
    for name in package.names():
        if re.fullmatch(r"word/(?:header|footer)\d{0,3}\.xml", name):
            root = package.xml(name)
            texts = root.iter("{*}t") if root is not None else ()
            count += any((part.text or "").strip() for part in texts)
    if not count:
        return []
    return [Dropped(what="page header or footer", count=count, why="an article has no pages")]


def _not_word(problem: str) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="docx",
            message=f"The file is no Word document that can be read: {problem}.",
            fix="Open it in a word processor and save it as .docx, or upload its text as .md.",
        )
    )


def _encrypted() -> UploadRejected:
    return UploadRejected(
        Finding(
            code="encrypted",
            message="The document is protected by a password.",
            fix="Save it without a password and upload it again.",
        )
    )


def _too_much(problem: str) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="unpacked-size",
            message=f"The document holds {problem}.",
            fix="Save the text alone under a new name; images go under media/.",
        )
    )
