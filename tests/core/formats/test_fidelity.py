"""Nothing is dropped in silence: what real files hold is in the text, found without our readers.

The witnesses are other programs: markdown-it's HTML in lxml's tree for Markdown, the standard
library's zip and XML for Word documents.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from html import escape
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from lxml.html import document_fromstring
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import Draft
from chalicelib.core.formats.reading import letters
from tests.core.formats.documents import (
    TEXTS,
    WORD,
    docx,
    mail,
    news_item,
    nitf,
    p,
    refusal,
    rss,
    table,
)
from tests.core.formats.test_html import SAVED_PAGE

_TOLD = ("script", "style", "iframe", "video", "audio", "object", "svg", "noscript", "button")
_PARTS = (
    "blockquote",
    "li",
    "td",
    "th",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "figcaption",
    "dt",
    "dd",
)
_MATTER = re.compile(r"\s*(---|\+\+\+)[ \t]*\r?\n(.*?)\r?\n\1[ \t]*\r?\n", re.DOTALL)
_TAG_OF_GENERATOR = re.compile(r"\{\{[<%].*?[>%]\}\}|\{%.*?%\}", re.DOTALL)


def words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.replace("\u2019", "'")))


def missing(parts: list[tuple[str, str]], draft: Draft) -> list[tuple[str, str]]:
    """The parts whose words do not stand in the article, one after the other."""
    text = f" {words(draft.body.text)} "
    headline = words(draft.headline)
    return [
        (tag, said) for tag, said in parts if said and f" {said} " not in text and said != headline
    ]


def codes(draft: Draft) -> set[str]:
    return {warning.code for warning in draft.warnings}


# Markdown


def markdown_parts(source: str) -> list[tuple[str, str]]:
    """Every quote, item, cell and heading; of an element that holds others, its own lines."""
    html = (
        MarkdownIt("commonmark")
        .enable(["table", "strikethrough"])
        .use(footnote_plugin)
        .render(_TAG_OF_GENERATOR.sub("", _MATTER.sub("", source.lstrip("\ufeff"), count=1)))
    )
    tree = document_fromstring(f"<html><body><div>{html}</div></body></html>")
    for element in list(tree.iter(*_TOLD)):
        element.drop_tree()
    for mark in tree.xpath("//a[starts-with(@href, '#fn')]"):
        mark.drop_tree()
    for image in tree.iter("img"):  # a picture's description stands for it
        image.tail = f" {image.get('alt') or ''} {image.tail or ''}"
    return [(str(e.tag), words(line)) for e in tree.iter(*_PARTS) for line in own_lines(e)]


def own_lines(element) -> Iterator[str]:
    blocks = {
        "p",
        "ul",
        "ol",
        "div",
        "table",
        "pre",
        "blockquote",
        "dl",
        "br",
        "hr",
        "figure",
        *_PARTS,
    }
    line = [element.text or ""]
    for child in element:
        if child.tag in blocks:
            yield "".join(line)
            line = []
            if child.tag not in _PARTS:
                yield from own_lines(child)
        else:
            inner = list(own_lines(child)) if isinstance(child.tag, str) else [""]
            line.append(inner[0])
            if len(inner) > 1:
                yield "".join(line)
                yield from inner[1:-1]
                line = [inner[-1]]
        line.append(child.tail or "")
    yield "".join(line)


def test_every_part_of_every_real_markdown_file_is_in_the_text(shared: Path):
    files = sorted((shared / "data" / "articles-md").glob("*.md"))
    lost, counted, read = {}, 0, 0
    for path in files:
        data = path.read_bytes()
        try:
            draft = formats.read(path.name, data)
        except UploadRejected:
            continue
        read += 1
        parts = markdown_parts(data.decode("utf-8").replace("\r\n", "\n"))
        counted += len(parts)
        gone = missing(parts, draft)
        if gone:
            lost[path.name] = gone
        told = {part.what for part in draft.dropped} & {"heading", "block quote", "table", "list"}
        assert not told, (path.name, told)

    assert lost == {}
    assert read > 0.9 * len(files)
    assert counted > 1_000


PARTS = (
    "<p>It sails.</p><blockquote>We are glad.</blockquote><h2>Why</h2><ul><li>Fog</li></ul>"
    "<table><tr><td>Callport</td><td>4</td></tr></table>"
)
MARKDOWN = """---
title: x
---
# Heading *one*

> Quoted **words**, over
> two lines.
>
> > Deeper.

1. first
   - nested `code`
2. second

   with a paragraph

| Port | Boats |
|------|------:|
| Callport | 4 |

<figure><figcaption>A caption</figcaption></figure>

<blockquote>Quoted in HTML</blockquote>

Term[^n]

[^n]: A note.
"""


def test_every_part_of_our_own_markdown_is_in_the_text():
    parts = markdown_parts(MARKDOWN)

    assert len([said for _, said in parts if said]) >= 14
    assert missing(parts, formats.read("a.md", MARKDOWN.encode())) == []


# Word


def paragraphs(data: bytes) -> Iterator[str]:
    """Each paragraph's text as Word shows it, told by the standard library."""
    space = f"{{{WORD}}}"
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
            if name not in archive.namelist():
                continue
            root = ET.fromstring(archive.read(name))  # noqa: S314  # our own and known files
            for parent in list(root.iter()):
                for gone in ("del", "moveFrom"):
                    for child in parent.findall(f"{space}{gone}"):
                        parent.remove(child)
            for paragraph in root.iter(f"{space}p"):
                yield words("".join(run.text or "" for run in paragraph.iter(f"{space}t")))


WORD_BODY = (
    p("Ferry returns", "Title")
    + p(TEXTS[0])
    + p("Why", "Heading1")
    + p("We have tested her.", "Quote")
    + p("She is ready.", "Quote")
    + p("one", item=(1, 0))
    + p("one below", item=(1, 1))
    + p("two", item=(1, 0))
    + table(("Port", "Boats"), ("Callport", "4"))
    + p("The quay", "Caption")
    + p(TEXTS[1])
)


def test_every_paragraph_of_our_own_word_document_is_in_the_text():
    data = docx(WORD_BODY)

    draft = formats.read("a.docx", data)

    assert missing([("p", said) for said in paragraphs(data)], draft) == []
    assert draft.kept | {"words": 0, "links": 0} == {
        "words": 0, "headings": 1, "links": 0, "images": 0, "block_quotes": 1, "tables": 1,
        "lists": 2,
    }  # fmt: skip


def test_every_paragraph_of_every_real_word_document_is_in_the_text(shared: Path):
    files = sorted((shared / "data" / "articles-json-xml" / "docx").glob("*.docx"))
    read = 0
    for path in files:
        # Sentences without a title: a heading makes articles of them, and nothing else changes.
        data = with_title(path.read_bytes())
        if not any(list(paragraphs(data))[1:]):
            assert [found.code for found in refusal(path.name, data)] == ["no-text"], path.name
            continue
        draft = formats.read(path.name, data)
        read += 1
        assert missing([("p", said) for said in paragraphs(data)], draft) == [], path.name

    assert read >= len(files) - 1


def with_title(data: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                level = b'<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'
                title = b"<w:p>" + level + b"<w:r><w:t>Title</w:t></w:r></w:p>"
                content = re.sub(rb"(<w:body[^>]*>)", rb"\1" + title, content, count=1)
            new.writestr(name, content)
    return out.getvalue()


# The receipt compares


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", MARKDOWN.encode()),
        ("a.docx", docx(WORD_BODY)),
        ("a.eml", mail("\n".join(TEXTS) + "\n\n> quoted")),
        ("a.xml", nitf("<bq><p>a</p></bq><table><tr><td>b</td></tr></table><hl2>c</hl2><p>d</p>")),
        ("a.xml", news_item("<blockquote>a</blockquote><ul><li>b</li></ul><h3>c</h3>")),
        ("a.rss", rss(f"<description>{escape(PARTS)}</description>")),
        ("a.rss", rss("<description>It sails.\n\nTwice a day.</description>")),
        ("a.json", json.dumps({"headline": "x", "body_html": PARTS}).encode()),
        ("a.json", json.dumps({"headline": "x", "body_markdown": MARKDOWN}).encode()),
        ("a.json", json.dumps({"headline": "x", "body_text": "It sails.\n\nDaily."}).encode()),
        ("a.json", json.dumps({"uri": "x", "headline": "x", "body_html": PARTS}).encode()),
        ("a.json", json.dumps({"uri": "x", "headline": "x", "body_text": "It sails."}).encode()),
        ("a.txt", b"Ferry returns\n\nIt sails.\n\nTwice a day.\n"),
        ("a.html", f"<h1>x</h1>{PARTS}".encode()),
    ],
)
def test_what_arrived_whole_is_told_whole(name, data):
    draft = formats.read(name, data)

    assert not {"extraction-thin", "quotes-lost"} & codes(draft)
    assert not [part for part in draft.dropped if "structure" in part.why]


SPOKEN = " ".join(TEXTS)
LOST = f"<p>Short.</p><button><blockquote>{SPOKEN}</blockquote></button>"
ESCAPED = f'<inlineData contenttype="text/html">{escape(LOST)}</inlineData>'.encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.rss", rss(f"<description>{escape(LOST)}</description>")),
        ("a.json", json.dumps({"headline": "x", "body_html": LOST}).encode()),
        ("a.json", json.dumps({"headline": "x", "body": LOST}).encode()),
        ("a.json", json.dumps({"uri": "x", "headline": "x", "body_html": LOST}).encode()),
        ("a.json", json.dumps({"@type": "NewsArticle", "headline": "x",
                               "articleBody": LOST}).encode()),
        ("a.xml", re.sub(rb"(?s)<inlineXML.*</inlineXML>", ESCAPED, news_item())),
    ],
)  # fmt: skip
def test_a_text_that_the_cleaner_cannot_keep_is_warned_of(name, data):
    draft = formats.read(name, data)

    assert draft.body.text == "Short."
    assert ("block quote", 1) in [(part.what, part.count) for part in draft.dropped]
    assert {"extraction-thin", "quotes-lost"} <= codes(draft)


def test_a_page_whose_quotes_are_not_in_the_article_is_warned_of():
    quote = '<blockquote class="quote"><p>We are glad that she is back.</p></blockquote>'
    linked = f'<blockquote><a href="https://example.org/">{SPOKEN}</a></blockquote>'
    assert quote in SAVED_PAGE

    draft = formats.read("a.html", SAVED_PAGE.replace(quote, linked).encode())

    assert "quotes-lost" in codes(draft)
    assert "quotes-lost" not in codes(formats.read("a.html", SAVED_PAGE.encode()))


def test_one_quote_that_is_kept_is_no_loss_of_all():
    text = f"> {TEXTS[0]}\n\n<button>\n\n> {TEXTS[1]}\n\n</button>\n"

    draft = formats.read("a.md", f"---\ntitle: x\n---\n\n{text}".encode())

    assert ("block quote", 1) in [(part.what, part.count) for part in draft.dropped]
    assert "quotes-lost" not in codes(draft)


@pytest.mark.parametrize(
    "kept", ["Паром вернулся на линию в понедельник.", "渡し船は月曜日に航路へ戻った。"]
)
def test_what_is_missing_is_measured_in_letters_whatever_bytes_they_take(kept):
    size = letters(kept)
    assert size / (size + 3 * size) < formats.THIN
    assert len(kept.encode()) / (len(kept.encode()) + 3 * size) > formats.THIN

    def page(lost: str) -> bytes:
        body = f"<p>{kept}</p><button>{lost}</button>"
        return json.dumps({"headline": "-", "body_html": body}).encode()

    assert "extraction-thin" in codes(formats.read("a.json", page("x" * 3 * size)))
    assert "extraction-thin" not in codes(formats.read("a.json", page("д" * size)))


@pytest.mark.parametrize("word", ["вернулся ", "渡し船は、"])
def test_a_whole_page_in_another_script_is_not_thin(word):
    text = "".join(f"<p>{word * 40}</p>" for _ in range(3))

    draft = formats.read("a.html", f"<h1>{word}</h1>{text}".encode())

    assert "extraction-thin" not in codes(draft)


def test_a_second_body_with_other_words_is_told():
    body = {"headline": "x", "body_html": f"<p>{SPOKEN}</p>", "body_text": "Another, shorter."}

    draft = formats.read("a.json", json.dumps(body).encode())
    again = formats.read("a.json", json.dumps({**body, "body_text": SPOKEN}).encode())

    assert [(part.what, part.count) for part in draft.dropped] == [("other body", 1)]
    assert again.dropped == ()


def test_what_only_a_site_generator_can_run_is_told_of_json_too():
    body = f"{TEXTS[0]}\n\n{{{{< figure >}}}}\n"

    draft = formats.read("a.json", json.dumps({"headline": "x", "body": body}).encode())

    (part,) = draft.dropped
    assert (part.what, part.line) == ("site generator tag", None)
