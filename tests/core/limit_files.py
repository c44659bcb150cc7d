"""Files and values that are as large as a number says, to a byte, a tag or a pixel."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import TypeVar

from PIL import Image

from chalicelib.core import codec, formats
from tests.core.formats import documents

T = TypeVar("T")
FERRY = documents.p("Ferry", "Title") + documents.p("Text.")


def article(**told: object) -> bytes:
    """Our own JSON."""
    return json.dumps({"headline": "x", "body": "Text.", **told}).encode()


def page(head: str = "") -> bytes:
    return f"<html><head>{head}</head><body><article><h1>Ferry</h1><p>Text.</p>".encode()


def mail(text: str = "word", *, headers: str = "") -> bytes:
    return f"From: a@b.example\nSubject: Ferry\n{headers}\n{text}\n".encode()


def feed(comment: str = "", *, namespaces: str = "") -> bytes:
    return f"<rss version='2.0'{namespaces}><!--{comment}--><channel></channel></rss>".encode()


def json_feed(*items: dict[str, str]) -> bytes:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()


def brackets(n: int) -> str:
    """A paragraph of Markdown with open brackets, after which *n* characters stand in all."""
    letters = ["a"] * 100_000
    after = len(letters)
    while n:
        letters[-min(after, n)] = "["
        n -= min(after, n)
        after -= 1
    return "".join(letters)


def markup(length: int) -> str:
    """HTML that is published in *length* characters, most of them addresses."""
    addresses = f'<a href="https://a.example/{"a" * 1_900}">x</a> ' * 510

    def padded(padding: int) -> str:
        return f"<p>{addresses}</p><p>{'a' * padding}</p>"

    published = formats.read("a.json", article(body_html=padded(1))).body.html
    return padded(length - len(published) + 1)


def values(n: int) -> str:
    """Front matter of *n* keys, lists and texts, most of which come of an anchor."""
    anchored = 99
    again, rest = divmod(n - anchored - 6, anchored + 1)
    anchor = ", ".join(["x"] * anchored)
    return (
        f"---\ntitle: x\na: &a [{anchor}]\nk: [{', '.join(['*a'] * again + ['x'] * rest)}]\n---\n\n"
    )


def _packed(data: bytes) -> list[zipfile.ZipInfo]:
    return zipfile.ZipFile(BytesIO(data)).infolist()


def members(n: int) -> bytes:
    """A Word document of *n* files."""
    own = len(_packed(documents.docx(FERRY)))
    return documents.docx(FERRY, parts={f"custom/{number}.xml": "" for number in range(n - own)})


def unpacking_to(n: int) -> bytes:
    """A Word document whose parts that are read have *n* bytes together."""

    def padded(length: int) -> bytes:
        runs, rest = divmod(length, 1_000_000)  # the parser takes no longer text than ten million
        padding = "<w:proofErr/>".ljust(1_000_000) * runs + " " * rest
        text = documents.xml("document", f"<w:body>{FERRY}{padding}</w:body>")
        return documents.docx("", parts={"word/document.xml": text})

    read = (part for part in _packed(padded(0)) if part.filename != "[Content_Types].xml")
    return padded(n - sum(part.file_size for part in read))


def word_tags(n: int) -> bytes:
    """A Word document whose text has *n* tags; the declaration above them is none."""
    own = documents.xml("document", f"<w:body>{FERRY}</w:body>").count("<") - 1
    return documents.docx(FERRY + "<w:proofErr/>" * (n - own))


def styles(n: int) -> bytes:
    """A Word document whose second paragraph is a heading, by the last of *n* styles in a chain."""
    chain = "".join(
        f'<w:style w:styleId="S{number}"><w:basedOn w:val="S{number + 1}"/></w:style>'
        for number in range(1, n)
    )
    last = f'<w:style w:styleId="S{n}"><w:name w:val="heading 2"/></w:style>'
    text = documents.p("Ferry", "Title") + documents.p("Crosshead", "S1") + documents.p("Text.")
    return documents.docx(text, parts={"word/styles.xml": documents.xml("styles", chain + last)})


def associated(n: int) -> dict[str, object]:
    """A ninjs item with *n* levels of others inside it, the last of which breaches the schema."""
    item: dict[str, object] = {"uri": "x", "urgency": "soon"}
    for _ in range(n):
        item = {"uri": "x", "associations": {"a": item}}
    return {**item, "body_text": "Text."}


def image(width: int, height: int = 1, *, kind: str = "PNG", mode: str = "L") -> bytes:
    out = BytesIO()
    Image.new(mode, (width, height)).save(out, kind)
    return out.getvalue()


def drawing(work: int) -> bytes:
    """An SVG drawing of 625 elements, whose work is *work* when it is 640 pixels wide."""
    elements, across, down = 625, 625 * 640 * 640, work
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}">'
        f"{'<g/>' * (elements - 1)}</svg>"
    ).encode()


def packing_to(n: int, make: Callable[[str], T]) -> T:
    """Return what *make* makes of a text so that it has *n* bytes when it is packed."""

    def size(length: int) -> int:
        return len(codec.pack(make(_noise()[:length])))

    least, most = 0, len(_noise())
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if size(middle) <= n else (least, middle)
    near = (make(_noise()[:length]) for length in range(least, least - 50, -1))
    return next(made for made in near if len(codec.pack(made)) == n)


@cache
def _noise() -> str:
    """What compression makes little smaller."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(random.Random(1).choices(letters, k=600_000))
