"""Every limit says what it counts and why: what is at it passes, and one more does not."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import codec, formats, limits, links, pictures, sources, takedown
from chalicelib.core.article import Brief, Summary, slugify
from chalicelib.core.clean import web_address
from chalicelib.core.errors import FeedUnreadable, Finding, UploadRejected
from chalicelib.core.formats import html_bytes, jsonld, xml
from chalicelib.core.metadata import Metadata
from chalicelib.core.receipt import Receipt, bounded
from chalicelib.core.uploads import check_key
from chalicelib.core.watch import Answer, Feed
from chalicelib.fetching import Fetcher
from chalicelib.web.parameters import SECTIONS
from tests import builders
from tests.conftest import NOW
from tests.core import limit_files as files
from tests.publishers import Publisher, publisher


def said(**told: object) -> formats.Draft:
    """Read our own JSON with these keys."""
    return formats.read("a.json", files.article(**told))


def about(**told: object) -> Metadata:
    return said(**told).metadata


def on_page(head: str) -> Metadata:
    return formats.read("a.html", files.page(head)).metadata


def written(matter: str, text: str = "Text.") -> formats.Draft:
    return formats.read("a.md", f"{matter}\n\n{text}".encode())


def mail(text: str = "word", *, headers: str = "") -> formats.Draft:
    return formats.read("a.eml", files.mail(text, headers=headers))


def agency_item(told: dict[str, object]) -> formats.Draft:
    return formats.read("a.json", json.dumps({"uri": "x", "headline": "Ferry", **told}).encode())


def in_feed(data: bytes) -> tuple[links.Link, ...]:
    """Read another publisher's feed."""
    return links.read(data, address="http://a.test/", content_type="", source="a", now=NOW)


def subscribed(*outlines: dict[str, str]) -> tuple[sources.Watched, ...]:
    return sources.read_subscriptions(builders.opml(*outlines))[0]


def asked(serve: Callable[[Publisher], str], *, dead: int = 0) -> Answer:
    """Ask a publisher on this machine, whose host has some *dead* addresses besides its own."""
    with publisher() as told:

        def addresses(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
            known = [("127.0.0.1", 1)] * dead + [(host, port)]
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in known]

        fetcher = Fetcher(agent="Broadsheet", loopback_allowed=True, resolve=addresses)
        return fetcher.ask(Feed(address=serve(told)))


def led_on(steps: int) -> Answer:
    def serve(told: Publisher) -> str:
        told.publish("/0", files.feed())
        for step in range(steps):
            told.redirect(f"/{step + 1}", f"/{step}")
        return f"{told.url}/{steps}"

    return asked(serve)


def with_summary(text: str) -> Summary:
    return replace(builders.made("a.md", "x", public_at=NOW).summary, text=text)


def store(size: int) -> None:
    article = builders.made("a.md", "x", public_at=NOW)
    codec.check_fits(files.packing_to(size, lambda text: replace(article, slug=text)))


def receipt(**told: object) -> Receipt:
    return Receipt(**{  # type: ignore[arg-type]
        "key": "a.md", "kind": "article", "outcome": "published", "received_at": NOW, **told
    })  # fmt: skip


# What is made with a number, which is refused beyond its limit.
REFUSED: dict[str, Callable[[int], object]] = {
    "MAX_FILE_BYTES": lambda n: formats.read("a.json", files.article().ljust(n)),
    "MAX_KEY_BYTES": lambda n: check_key("a" * n),
    "MAX_TEXT_BYTES": lambda n: formats.read("a.txt", b"Ferry\n\n" + b"a" * n),
    "MAX_ROW_BYTES": store,
    "MAX_FRONT_MATTER_BYTES": lambda n: written(f"---\ntitle: x #{'b' * (n - 11)}\n---"),
    "MAX_DOTS": lambda n: written(f"+++\ntitle = 'x'\na{'.a' * n} = 1\n+++"),
    "MAX_MARKDOWN_LENGTH": lambda n: formats.read(
        "a.md", f"# x\n\n{'a b' + ' ' * (n - 8)}".encode()
    ),
    "MAX_BRACKETED": lambda n: written("# x", files.brackets(n)),
    "MAX_ELEMENTS": lambda n: said(body_html="<hr>" * (n - 1) + "<p>x"),
    "MAX_ESCAPED": lambda n: said(body_html="<p>x" + "&" * n),
    "MAX_NESTING": lambda n: said(body_html="<ul>" * n + "x"),
    "MAX_HTML_LENGTH": lambda n: said(body_html=files.markup(n)),
    "MAX_NODES": lambda n: written(files.values(n)),
    "MAX_MAIL_GROUPS": lambda n: mail("word boundary=b\n" * n),
    "MAX_MAIL_PARTS": lambda n: mail("word\n" + "--b\n" * n),
    "MAX_MAIL_HEADER_BYTES": lambda n: mail(
        headers=f"Content-Language: {'a' * (n - len('Content-Language: '))}\n"
    ),
    "MAX_ZIP_MEMBERS": lambda n: formats.read("a.docx", files.members(n)),
    "MAX_UNPACKED_BYTES": lambda n: formats.read("a.docx", files.unpacking_to(n)),
    "MAX_WORD_TAGS": lambda n: formats.read("a.docx", files.word_tags(n)),
    "MAX_XML_TAGS": lambda n: xml.parse(b"<a>" + b"<b/>" * (n - 2) + b"</a>"),
    "MAX_HEADLINE_LENGTH": lambda n: said(headline="x" * n),
    "MAX_CORRECTIONS": lambda n: said(correction=[f"It was {k}." for k in range(n)]),
    "MAX_IMAGE_BYTES": lambda n: pictures.prepare(builders.picture().ljust(n, b"\0")),
    "MAX_IMAGE_PIXELS": lambda n: pictures.prepare(
        files.image(10_000, ceil(n / 10_000), kind="JPEG")
    ),
    "MAX_IMAGE_SIDE": lambda n: pictures.prepare(files.image(n)),
    "MAX_SVG_BYTES": lambda n: pictures.prepare(files.drawing(limits.MAX_SVG_WORK).ljust(n)),
    "MAX_SVG_WORK": lambda n: pictures.prepare(files.drawing(n)),
    "MAX_FEED_TAGS": lambda n: in_feed(files.feed("<" * (n - 5))),
    "MAX_FEED_ATTRIBUTES": lambda n: in_feed(files.feed("=" * n)),
    "MAX_FEED_NAMESPACES": lambda n: in_feed(
        files.feed(namespaces="".join(f" xmlns:n{k}='urn:{k}'" for k in range(n)))
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_at_a_limit_is_read_and_what_is_one_beyond_it_is_refused(name: str) -> None:
    limit = getattr(limits, name)

    REFUSED[name](limit)
    with pytest.raises((UploadRejected, FeedUnreadable)):
        REFUSED[name](limit + 1)


# How much is kept of what is made with a number.
KEPT: dict[str, Callable[[int], int]] = {
    "MAX_TAGS": lambda n: len(about(tags=[f"t{k}" for k in range(n)]).tags),
    "MAX_BYLINES": lambda n: len(about(byline=[f"Name {k}" for k in range(n)]).byline),
    "MAX_LINKED": lambda n: len(about(same_story=[f"{k}.md" for k in range(n)]).same_story),
    "MAX_LINE_LENGTH": lambda n: len(about(source="x" * n).source or ""),
    "MAX_NOTE_LENGTH": lambda n: len(about(correction="x" * n).corrections[0].text),
    "MAX_STANDFIRST_LENGTH": lambda n: len(about(standfirst="x" * n).standfirst or ""),
    "MAX_CAPTION_LENGTH": lambda n: len(
        about(image="media/a.png", image_caption="x" * n).image_caption or ""
    ),
    "MAX_PICTURES": lambda n: len(
        said(body_html="<p>x" + "".join(f"<img src=media/{k}.png>" for k in range(n))).pictures
    ),
    "MAX_BREACHES": lambda n: sum(
        warning.code == "ninjs-schema" for warning in agency_item(
            {"body_text": "Text.", **{f"description_{k}": ["x"] for k in range(n)}}).warnings
    ),
    "MAX_FINDINGS": lambda n: len(
        [
            warning
            for warning in bounded(
                receipt(warnings=(Finding(code="x", message="x", fix="x"),) * n)
            ).warnings
            if warning.code == "x"
        ]
    ),
    "MAX_FINDING_LENGTH": lambda n: len(Finding(code="x", message="x" * n, fix="").message),
    "MAX_IMAGE_WIDTH": lambda n: pictures.prepare(files.image(n)).picture.wide.width,
    "MAX_IMAGE_HEIGHT": lambda n: pictures.prepare(files.image(1, n)).picture.wide.height,
    "NARROW_WIDTH": lambda n: (
        (made := pictures.prepare(files.image(n)).picture).narrow or made.wide
    ).width,
    "SHARED_WIDTH": lambda n: (
        (made := pictures.prepare(files.image(n)).picture).shared or made.wide
    ).width,
    "MAX_SECTIONS": lambda n: len(SECTIONS.read(",".join(f"s{k}" for k in range(n)))),
    "MAX_FEEDS": lambda n: len(
        sources.read(
            "sources/a.yaml", builders.profile(
                feeds=f"[{', '.join(f'https://a.test/{k}' for k in range(n))}]").encode()
        )[0].feeds
    ),
    "MAX_SUBSCRIPTIONS": lambda n: len(
        subscribed(
            *({"text": f"n{k}", "xmlUrl": f"https://a{k}.test/feed"} for k in range(n))
        )
    ),
    "MAX_SUBSCRIBED_NAME_LENGTH": lambda n: len(
        subscribed({"text": "x" * n, "xmlUrl": "https://a.test/"})[0].source.name
    ),
    "MAX_REASON_LENGTH": lambda n: len(
        takedown.read(takedown.mark("x" * n, at=NOW), at=NOW).absence.note or ""
    ),
    "MAX_SLUG_LENGTH": lambda n: len(slugify("x" * n)),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_of_what_is_more_than_a_limit_as_much_as_it_is_kept(name: str) -> None:
    limit, kept = getattr(limits, name), KEPT[name]

    assert kept(limit - 1) == limit - 1
    assert kept(limit) == limit
    assert kept(limit + 1) == limit


_ADDRESS = "https://a.test/"

# Whether what is made with a number is heeded, or passed over.
HEEDED: dict[str, Callable[[int], object]] = {
    "MAX_BRIEF_BYTES": lambda n: codec.unpack(
        codec.pack_brief(
            replace(
                builders.made("a.md", "x", public_at=NOW),
                summary=with_summary(
                    files.packing_to(n, lambda text: Brief(summary=text)).summary
                ),
            )
        ),
        Brief,
    ).summary,
    "MAX_RECEIPT_BYTES": lambda n: bounded(
        files.packing_to(n, lambda text: receipt(summary=with_summary(text)))
    ).summary,
    "MAX_LANGUAGE_LENGTH": lambda n: about(language=("en" + "-abcdefgh" * 9)[:n]).language,
    "MAX_EXTRA_BYTES": lambda n: about(
        colour="x" * (n - len(json.dumps(["colour", ""])))
    ).extra,
    "MAX_STYLES": lambda n: formats.read("a.docx", files.styles(n)).kept["headings"],
    "MAX_ASSOCIATED": lambda n: any(
        warning.code == "ninjs-schema" for warning in agency_item(files.associated(n)).warnings),
    "MAX_TAG_LENGTH": lambda n: "title" in html_bytes.shorten_tags(
        f'<p title="{"a" * (n - len("<p title=..>"))}">'
    ),
    "MAX_TAG_ATTRIBUTES": lambda n: "title" in html_bytes.shorten_tags(
        f"<p{' title=a' * n}>{'=' * html_bytes.MANY_ATTRIBUTES}"
    ),
    "MAX_METAS": lambda n: on_page(
        "<meta>" * (n - 1) + '<meta name="broadsheet:source" content="Courier">'
    ).source,
    "MAX_JSON_LD_LENGTH": lambda n: on_page(
        '<script type="application/ld+json">' + json.dumps(
            {"@type": "NewsArticle", "headline": "Ferry", "keywords": "sea"}).ljust(n)
        + "</script>"
    ).tags,
    "MAX_JSON_LD_DEPTH": lambda n: jsonld.article(json.loads(
        '{"a":' * n + '{"@type": "NewsArticle", "headline": "Ferry"}' + "}" * n)),
    "MAX_JSON_LD_OBJECTS": lambda n: jsonld.article(
        [*({} for _ in range(n - 2)), {"@type": "NewsArticle", "headline": "Ferry"}]),
    "MAX_FEED_BYTES": lambda n: asked(
        lambda told: told.publish("/feed", files.feed().ljust(n))).data,
    "MAX_FEED_ITEMS": lambda n: in_feed(files.json_feed(
        *({} for _ in range(n - 1)), {"title": "Ferry", "url": _ADDRESS})),
    "MAX_FEED_MARKUP": lambda n: in_feed(files.json_feed(
        {"content_html": "Ferry".rjust(n), "url": _ADDRESS}))[0].headline == "Ferry",
    "MAX_SUBSCRIBED_ADDRESS_LENGTH": lambda n: subscribed(
        {"text": "Courier", "xmlUrl": "https://a.test/feed"},
        {"text": "Post", "xmlUrl": _ADDRESS.ljust(n, "a")})[1:],
    "MAX_ADDRESS_LENGTH": lambda n: web_address(_ADDRESS.ljust(n, "a")),
    "MAX_HOST_ADDRESSES": lambda n: asked(
        lambda told: told.publish("/feed", files.feed()), dead=n - 1).data,
    "MAX_REDIRECTS": lambda n: led_on(n).data,
    "MAX_VALIDATOR_LENGTH": lambda n: asked(
        lambda told: told.serve("/feed", lambda request: request.answer(
            200, files.feed(), ETag="a" * n))).etag,
}  # fmt: skip


@pytest.mark.parametrize("name", HEEDED)
def test_what_is_at_a_limit_is_heeded_and_what_is_one_beyond_it_is_passed_over(name: str) -> None:
    limit = getattr(limits, name)

    assert HEEDED[name](limit)
    assert not HEEDED[name](limit + 1)


def test_every_limit_is_met_and_passed_above() -> None:
    limited = {name for name in vars(limits) if name.isupper()}

    assert limited == {*REFUSED, *KEPT, *HEEDED}


def test_every_limit_says_what_it_counts_and_why():
    source = Path(limits.__file__).read_text(encoding="utf-8")
    stated = re.findall(r"^([A-Z_]+) = (?:\(\s*)?[\d_* ]+ +# (.{8,})$", source, re.MULTILINE)

    assert {name for name, _ in stated} == {name for name in vars(limits) if name.isupper()}
