"""What is fuzzed: one target a format, with valid files of it, its words, and what must hold.

A target's `run` is the code of the functions, from the bytes on; it raises where a promise is
broken, and nothing else. Both the properties of the test suite and the coverage-guided fuzzer
(`make fuzz`) run these.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from PIL import Image

from chalicelib import wiring
from chalicelib.core import fold, links
from chalicelib.core.errors import FeedUnreadable
from chalicelib.core.uploads import Version
from tests import builders
from tests.core.formats import documents
from tests.fuzz import oracle

NOW = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
ID = "a" * 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]
    run: Callable[[bytes], None]


def upload(key: str) -> Callable[[bytes], None]:
    """What ingest makes of the bytes under *key*: the fold, its receipt, its article."""

    def run(data: bytes) -> None:
        version = Version(id="v1", received_at=NOW, size=len(data))
        given = data if fold.needs_bytes(key, version) else None
        oracle.hold(fold.fold(key, None, version, given, summarise=wiring.extract))

    return run


def word(data: bytes) -> None:
    """A Word document: whole, or with the bytes as the body of a sound one."""
    upload("a.docx")(data if data[:2] == b"PK" else _with_body(data))


def _with_body(body: bytes) -> bytes:
    return documents.docx(
        "", footnotes=_FOOTNOTES, links={"l1": "https://courier.example/"},
        images={"i1": builders.picture(8, 6)}, parts={"word/document.xml": body},
    )  # fmt: skip


def feed(data: bytes) -> None:
    """Another publisher's feed, as `fetch_feeds` reads it."""
    try:
        found = links.read(data, address="https://courier.example/feed", content_type="",
                           source="courier", now=NOW)  # fmt: skip
    except FeedUnreadable:
        return
    assert len(found) <= links.MAX_LINKS
    for link in found:
        assert link.url.startswith(("http://", "https://"))
        assert link.url.isascii()
        assert link.headline or link.text
        for said in (link.headline, link.text):
            assert not oracle.steers(said), said


_FOOTNOTES = f'<w:footnote w:id="2">{documents.p("A note.")}</w:footnote>'
_DOCUMENT = documents.xml(
    "document",
    "<w:body>"
    + documents.p("Ferry returns", "Title")
    + documents.p("By Ilse Marrow", "Byline")
    + "".join(documents.p(text) for text in documents.TEXTS)
    + documents.p("An item", item=(1, 0))
    + documents.p("Another", item=(2, 1))
    + documents.p("As it was said", "Quote")
    + documents.table(("a", "b"), ("c", "d"))
    + documents.drawing("i1", descr="A ferry", crop='<a:srcRect l="10000" t="500"/>')
    + '<w:p><w:hyperlink r:id="l1"><w:r><w:t>link</w:t></w:r></w:hyperlink>'
    + '<w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    + '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "https://a.b'
    + '"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>x</w:t></w:r>'
    + '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    + "<w:p><w:ins><w:r><w:t>in</w:t></w:r></w:ins><w:del><w:r><w:delText>out</w:delText></w:r>"
    + "</w:del></w:p></w:body>",
).encode()
_ATOM = (
    b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Courier</title><entry><title type="html">'
    b'Ferry &lt;i&gt;returns&lt;/i&gt;</title><id>urn:1</id><link rel="alternate" href="/1"/>'
    b"<updated>2026-03-24T09:00:00Z</updated><author><name>Ilse Marrow</name></author>"
    b'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>She is back.</p></div>'
    b"</content></entry></feed>"
)
_JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1", "title": "Courier", "language": "en",
        "items": [{"id": "1", "url": "https://courier.example/1", "title": "Ferry returns",
                   "content_html": "<p>She is back.</p>",
                   "date_published": "2026-03-24T09:00:00Z"}],
    }
).encode()  # fmt: skip
_NINJS = json.dumps(
    {
        "uri": "urn:courier:1", "type": "text", "version": "1", "language": "en",
        "versioncreated": "2026-03-24T09:00:00Z", "pubstatus": "usable", "urgency": 3,
        "headline": "Ferry returns", "byline": "Ilse Marrow", "profile": "story",
        "body_html": "<p>She is back.</p><h2>More</h2><ul><li>x</li></ul>",
        "description_text": "After repairs", "subject": [{"code": "medtop:1", "name": "ferries"}],
        "place": [{"name": "Callport"}], "infosource": [{"name": "Courier"}],
        "associations": {"main": {"type": "picture", "headline": "A ferry", "renditions": {
            "original": {"href": "https://courier.example/1.jpg", "mimetype": "image/jpeg"}}}},
        "correctionof": "urn:courier:0", "ednote": "CORRECTION",
        "embargoed": "2026-03-24T10:00:00Z",
    }
).encode()  # fmt: skip
_OURS = json.dumps(
    {
        "headline": "Ferry returns", "published_at": "2026-03-24T09:00:00Z", "byline": ["Ilse"],
        "tags": ["a", "b"], "section": "World", "image": {"url": "media/a.png", "alt": "x"},
        "correction": [{"at": "2026-03-24T10:00:00Z", "text": "It was 221."}],
        "body_markdown": "*She* is [back](https://courier.example/).", "same_story": ["a.md"],
        "unknown": {"deep": [1, 2.5, None, True]},
    }
).encode()  # fmt: skip
_PAGE = (
    b'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Ferry returns | Courier'
    b'</title><meta property="og:title" content="Ferry returns"><link rel="canonical" '
    b'href="https://courier.example/1"><meta name="author" content="Ilse Marrow"><script '
    b'type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle",'
    b'"headline":"Ferry returns","datePublished":"2026-03-24T09:00:00Z","author":{"name":"Ilse"}}'
    b'</script></head><body><nav><a href="/">Home</a></nav><main><article><h1>Ferry returns</h1>'
    b'<p class="byline">By Ilse Marrow</p>'
    + b"".join(f"<p>{text}</p>".encode() for text in documents.TEXTS)
    + b'<blockquote><p>She is ready.</p></blockquote><figure><img src="/media/a.png" alt="x">'
    b"<figcaption>A ferry</figcaption></figure><table><tr><th>a</th><td>b</td></tr></table>"
    b'<ul><li>one<li>two</ul><p><a href="/x" onclick="x()">more</a></p></article></main></body>'
)
_MARKDOWN = builders.markdown(
    byline="[Ilse Marrow, Tom Aske]", tags="[ferry, callport]", section="World",
    correction='[{at: 2026-03-24T10:00:00Z, text: "It was 221."}]', image="media/a.png",
    image_alt="A ferry", unknown="{a: [1, 2]}",
    body="# Ferry\n\n" + "\n\n".join(builders.PARAGRAPHS)
    + "\n\n## More\n\n- a\n- b\n  1. c\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    "```python\nx\n```\n\n[a](https://a.example) ![b](media/b.png) <b>c</b>[^1]\n\n[^1]: Note.\n",
).encode()  # fmt: skip
_TOML = (
    b'+++\ntitle = "Ferry returns"\ndate = 2026-03-24T09:00:00Z\ndraft = false\n'
    b'[extra]\nauthor = "Ilse"\n[taxonomies]\ntags = ["a", "b"]\n+++\n\nShe is *back*.\n'
)
_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    b'width="40" height="30" viewBox="0 0 40 30"><defs><linearGradient id="g"><stop offset="0" '
    b'stop-color="red"/></linearGradient><clipPath id="c"><rect width="9" height="9"/></clipPath>'
    b'<g id="s"><path d="M0 0L9 9a3 3 0 0 1 2 2z"/></g></defs><rect width="40" height="30" '
    b'fill="url(#g)"/><use xlink:href="#s" x="3"/><circle cx="9" cy="9" r="3" '
    b'clip-path="url(#c)" stroke-dasharray="2 1"/></svg>'
)
_OPML = builders.opml(
    {"text": "Courier", "xmlUrl": "https://courier.example/feed", "htmlUrl": "https://a.example/"}
)
_PROFILE = builders.profile(
    avatar="media/a.png", owner="Marram", paywalled="true", feeds="[https://courier.example/feed]"
).encode()
_MARK = b"taken_down_at: 2026-03-24T09:00:00Z\nreason: By order\nwas_public: true\n"
_G2 = documents.news_item(
    meta='<pubStatus qcode="stat:usable"/><embargoed>2026-03-24T09:30:00Z</embargoed>',
    about='<by>Ilse Marrow</by><subject qcode="medtop:1"><name>ferries</name></subject>',
)
_RSS = documents.rss(
    "<link>https://courier.example/1</link><guid>1</guid><dc:creator>Ilse</dc:creator>"
    "<category>World</category><content:encoded><![CDATA[<p>She is <b>back</b>.</p>]]>"
    '</content:encoded><media:content url="https://a.example/1.jpg"/>'
)


def _image(kind: str, **options: object) -> bytes:
    out = BytesIO()
    with Image.linear_gradient("L").resize((24, 18)) as image:
        image.convert("P" if kind == "GIF" else "RGB").save(out, kind, **options)
    return out.getvalue()


_MARKUP = (
    b"<script>", b"</script>", b"<svg>", b"<math>", b"<style>", b"<template>", b"<noscript>",
    b"<p>", b"</p>", b"<table>", b"<td>", b"<a href=javascript:1>", b"<img src=x onerror=1>",
    b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&#x202e;", b"&nbsp;", b"&lt;", b"<pre>\n", b"<li>",
    b"<details>", b"<a id=x name=x>", b"<base href=//x>", b"style=position:fixed", b"<h1>",
)  # fmt: skip
_TRICKS = (
    b"\x00", b"\r\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xe2\x80\xa8",
    b"\xed\xa0\x80", b"9" * 40, b"-1", b"1e999", b"NaN", b"../", b"\\", b"%0d%0a", b"\xcc\x81" * 9,
    b"\xf0\x9f\x98\x80",
)  # fmt: skip
_YAML = (
    b"&a ", b"*a", b"<<: ", b"!!python/object:x ", b"!!binary ", b"? ", b": ", b"- ", b"[", b"{",
    b"|\n  ", b">-\n  ", b"---\n", b"...\n", b"%YAML 9\n", b"null", b"2026-13-45", b"0x1F",
    b"1:2:3",
    b"headline: ", b"date: ", b"tags: ", b"byline: ", b"embargo_until: ", b"expires_at: ",
    b"correction: ", b"slug: ", b"source: ", b"image: ", b"status: canceled", b"draft: true",
    b"replaces: ", b"same_story: ", b"language: ", b"pinned_until: ",
)  # fmt: skip
_JSON = (b"{", b"}", b"[", b"]", b'"', b"\\ud800", b"\\u0000", b"null", b"true", b"1e400", b',"a":')
_XML = (
    b"<!DOCTYPE a [", b"<!ENTITY a 'b'>", b"&a;", b"<?xml encoding='utf-7'?>", b"<?x?>",
    b' xmlns="x"', b' xmlns:a="x"', b"<a:b>", b"/>", b"xml:lang", b"xml:base",
)  # fmt: skip
_MAIL = (
    b"Content-Type: ", b"multipart/mixed; boundary=a\n\n--a\n", b"text/html; charset=utf-7",
    b"Content-Transfer-Encoding: base64\n", b"quoted-printable", b"=?utf-8?b?", b"?=", b"=0D=0A",
    b"Content-ID: <a>", b"message/rfc822", b"\n\n", b"format=flowed", b"charset=x-user-defined",
)  # fmt: skip

_ANY = _MARKUP + _TRICKS
TARGETS: dict[str, Target] = {
    "markdown": Target(
        seeds=(_MARKDOWN, _TOML, b"# Ferry\n\nShe is back.\n"),
        words=_ANY + _YAML + (b"+++\n", b"\n\n", b"    ", b"```", b"[^1]", b"](", b"|-", b"> "),
        run=upload("a.md"),
    ),
    "text": Target(
        seeds=(b"Ferry returns\nBy Ilse Marrow\n\nShe is back.\n",), words=_TRICKS,
        run=upload("a.txt"),
    ),
    "html": Target(
        seeds=(_PAGE,), words=_ANY + _JSON + (b"<meta charset=", b"utf-7", b"<frameset>"),
        run=upload("a.html"),
    ),
    "json": Target(seeds=(_OURS, _NINJS), words=_ANY + _JSON, run=upload("a.json")),
    "xml": Target(
        seeds=(documents.nitf(), _G2, _RSS, _ATOM), words=_ANY + _XML, run=upload("a.xml")
    ),
    "docx": Target(
        seeds=(_DOCUMENT, _with_body(_DOCUMENT)),
        words=_TRICKS + _XML + (b"<w:p>", b"<w:r>", b"<w:t>", b"<w:tbl>", b"<w:tc>", b"</w:p>",
                                b'<w:fldChar w:fldCharType="begin"/>', b"<mc:AlternateContent>"),
        run=word,
    ),
    "mail": Target(
        seeds=(
            documents.mail(), documents.mail("Text.", html=_PAGE.decode()),
            documents.mail("Text.", List_Id="<a.b>"),
        ),
        words=_ANY + _MAIL, run=upload("a.eml"),
    ),
    "image": Target(
        seeds=(
            _image("PNG"), _image("JPEG"), _image("WEBP"), _image("GIF"),
            _image("JPEG", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"),
        ),
        words=(*_TRICKS, b"IHDR", b"tEXt", b"iTXt", b"zTXt", b"iCCP", b"\xff\xe1", b"8BIM", b"acTL",
               b"VP8X", b"<x:xmpmeta>"),
        run=upload("media/a.png"),
    ),
    "svg": Target(
        seeds=(_SVG,),
        words=_TRICKS + _XML + (b"<use href='#s'/>", b"<g id='s'>", b"<mask id='m'>", b"url(#c)",
                                b"<style>", b"<pattern>", b"<filter>", b"1e9", b"transform="),
        run=upload("media/a.svg"),
    ),
    "feed": Target(seeds=(_RSS, _ATOM, _JSON_FEED), words=_ANY + _XML + _JSON, run=feed),
    "opml": Target(
        seeds=(_OPML,), words=_TRICKS + _XML + (b"<outline ", b"xmlUrl="),
        run=upload("sources/feeds.opml"),
    ),
    "profile": Target(
        seeds=(_PROFILE,), words=_TRICKS + _YAML, run=upload("sources/courier.yaml")
    ),
    "takedown": Target(
        seeds=(_MARK,), words=_TRICKS + _YAML, run=upload(f"takedowns/{ID}.yaml")
    ),
}  # fmt: skip
