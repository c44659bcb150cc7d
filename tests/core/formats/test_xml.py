"""XML can do nothing: no entity, no document type, no depth; and each vocabulary has its reader."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import formats
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import xml
from chalicelib.core.limits import MAX_NESTING, MAX_XML_TAGS
from tests.core.formats.documents import TEXTS, news_item, nitf, refusal, rss


def rejection(data: bytes) -> Finding:
    with pytest.raises(UploadRejected) as raised:
        formats.read("a.xml", data)
    return raised.value.findings[0]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><nitf>&b;</nitf>", "xml-entities"),
        (b"<!DOCTYPE a [<!ENTITY % b SYSTEM 'file:///etc/passwd'> %b;]><nitf/>", "xml-entities"),
        (b"<?xml version='1.0'?><!-- x --><!DOCTYPE a [ ]><nitf/>", "xml-entities"),
        (b"<nitf>&undeclared;</nitf>", "xml"),
        (b"<nitf><body>", "xml"),
        (b"<!DOCTYPE a", "xml"),
        (b"<!-- only a comment -->", "xml"),
        (b"words", "xml"),
        (b"<a>" * (MAX_NESTING + 1) + b"</a>" * (MAX_NESTING + 1), "nesting"),
        (b"<a>" * 50_000, "nesting"),
        (b"<a>" + b"<b/>" * MAX_XML_TAGS + b"</a>", "too-complex"),
        (b"<html><body><p>x</p></body></html>", "xml-kind"),
        (b"<nitf>caf\xe9</nitf>", "encoding"),
        (b"\x00\x01\x02", "binary"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(data, expected):
    assert rejection(data).code == expected


def test_what_does_not_parse_is_told_with_line_and_column():
    finding = rejection(
        b"<?xml version='1.0'?>\n<!DOCTYPE nitf\n  SYSTEM 'x'>\n<nitf>\n  <body>\n</nitf>"
    )

    assert (finding.line, finding.column) == (6, 8)
    assert "body" in finding.message


def test_no_document_type_is_fetched(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("something wants to leave")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    outside = b'<!DOCTYPE nitf PUBLIC "-//x" "http://127.0.0.1:9/x.dtd">'

    root = xml.parse(outside + b"<nitf><p>caf&eacute;&nbsp;&#8212;&amp;&#0;</p></nitf>")

    assert xml.words(root) == "café —&"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("iso-8859-1", "cp1252"),
        ("windows-1251", "cp1251"),
        ("utf-8", "utf-8"),
        ("UTF-16", "utf-16"),
    ],
)
def test_the_declared_encoding_is_read(declared, encoding):
    letter = "Ж" if encoding == "cp1251" else "é"

    root = xml.parse(f'<?xml version="1.0" encoding="{declared}"?><a>{letter}</a>'.encode(encoding))

    assert xml.words(root) == letter


@pytest.mark.parametrize(
    ("name", "data", "format_"),
    [
        ("a.xml", nitf(), "nitf"),
        ("a.xml", news_item(), "newsml-g2"),
        ("a.xml", rss(), "rss"),
        ("a.rss", rss(), "rss"),
        ("a.atom", b"<entry><title>x</title><summary>Text.</summary></entry>", "atom"),
    ],
)
def test_the_root_chooses_the_reader(name, data, format_):
    assert formats.read(name, data).format == format_


_TEXT = st.text(st.characters(exclude_characters="<&"), max_size=12)
_ELEMENTS = (
    "title item entry channel link description content category author name guid pubDate updated "
    "source head body body.head body.content hedline hl1 byline docdata date.release media note "
    "newsItem itemSet itemMeta contentMeta headline by creator subject embargoed pubStatus "
    "inlineXML inlineData NewsItem NewsLines HeadLine DataContent Status Property p table "
    "tr td ul li"
)
_NAMES = st.sampled_from(_ELEMENTS.split())


@st.composite
def _elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(_NAMES)
    said = draw(st.sampled_from(["", "2026-03-24", "stat:canceled", "x:04000000", "embargoed"]))
    inner = draw(_TEXT)
    if depth < 4:
        inner += "".join(draw(st.lists(_elements(depth=depth + 1), max_size=3)))
    return (
        f'<{name} qcode="{said}" norm="{said}" FormalName="{said}" role="{said}">{inner}</{name}>'
    )


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(xml.VOCABULARIES)), st.lists(_elements(), max_size=4))
def test_no_document_is_more_than_a_rejection(root, parts):
    data = f"<{root}>{''.join(parts)}</{root}>".encode("utf-8", "replace")

    assert all(found.message and found.fix for found in refusal("a.xml", data))


@given(st.binary(max_size=300) | st.text("<>!?&;[]-/ax=\"' DOCTYPE", max_size=80).map(str.encode))
def test_no_bytes_are_more_than_a_rejection(data):
    for name in ("a.xml", "a.rss", "a.atom", "a.eml", "a.docx"):
        with pytest.raises(UploadRejected):
            formats.read(name, data)


def test_paragraphs_of_hard_lines_are_joined():
    text = formats.read("a.xml", nitf(f"<p>{TEXTS[0].replace(' ', chr(10))}</p>")).body.text

    assert text == TEXTS[0]
