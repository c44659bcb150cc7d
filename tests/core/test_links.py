"""Other publishers' feeds, as they are and as nobody should write them."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import links
from chalicelib.core.errors import FeedUnreadable
from chalicelib.core.limits import MAX_FEED_BYTES, MAX_HEADLINE_LENGTH
from chalicelib.core.links import Link, page_address
from tests import builders
from tests.conftest import NOW

FEED = "https://courier.example/news/feed.xml"
XML = "application/xml"


def read(feed: str | bytes, *, content_type: str = XML) -> tuple[Link, ...]:
    data = feed.encode() if isinstance(feed, str) else feed
    return links.read(data, address=FEED, content_type=content_type, source="courier", now=NOW)


def only(item: str) -> Link:
    (link,) = read(builders.rss(item))
    return link


RSS = builders.rss(
    """<item><title>Ferry returns</title><link>/ferry?utm_source=rss&amp;id=7#top</link>
    <guid isPermaLink="false">ferry-7</guid><pubDate>Tue, 24 Mar 2026 10:00:00 +0100</pubDate>
    <description>&lt;p&gt;She is &lt;b&gt;back&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;At last.&lt;/p&gt;
    </description></item>""",
    language="en-GB",
)
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://courier.example/"
    xml:lang="en"><title>Courier</title><entry><title type="text">Ferry returns</title>
    <link rel="alternate" href="ferry?id=7"/><id>ferry-7</id>
    <published>2026-03-24T09:00:00Z</published><updated>2026-03-24T11:00:00Z</updated>
    <summary type="html">&lt;p&gt;She is &lt;b&gt;back&lt;/b&gt;.&lt;p&gt;At last.</summary>
    </entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel><title>Courier</title><dc:language>en</dc:language></channel>
    <item rdf:about="ferry-7"><title>Ferry returns</title>
    <link>https://courier.example/ferry?id=7</link><description>She is back. At last.</description>
    <dc:date>2026-03-24T09:00:00Z</dc:date></item></rdf:RDF>"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Courier",
        "language": "en",
        "items": [
            {
                "id": "ferry-7",
                "url": "https://courier.example/ferry?id=7",
                "title": "Ferry returns",
                "content_html": "<p>She is <b>back</b>.</p><p>At last.</p>",
                "date_published": "2026-03-24T10:00:00+01:00",
            }
        ],
    }
)


@pytest.mark.parametrize("feed", [RSS, ATOM, RDF, JSON], ids=["rss", "atom", "rdf", "json"])
def test_a_link_reads_the_same_in_every_format(feed: str) -> None:
    (link,) = read(feed)

    assert link.headline == "Ferry returns"
    assert link.url == "https://courier.example/ferry?id=7"
    assert link.text == "She is back. At last."
    assert link.published_at == link.listed_at == datetime(2026, 3, 24, 9, tzinfo=UTC)
    assert (link.source, link.language) == ("courier", "en")


def test_links_are_newest_first_and_those_without_a_date_come_last() -> None:
    items = [
        builders.item("Undated", link="https://e.example/1", date=""),
        builders.item("Older", link="https://e.example/2", date="2026-03-22T00:00:00Z"),
        builders.item("Newer", link="https://e.example/3", date="2026-03-23T00:00:00Z"),
    ]

    found = read(builders.rss(*items))

    assert [link.headline for link in found] == ["Newer", "Older", "Undated"]
    assert (found[-1].published_at, found[-1].listed_at) == (None, NOW)


@pytest.mark.parametrize("date", ["tomorrow", "31 Nov 2026", f"{NOW + timedelta(days=2)}", "0"])
def test_a_date_that_is_none_or_still_to_come_is_not_believed(date: str) -> None:
    link = only(builders.item("Ferry", link="https://e.example/1", date=date))

    assert (link.published_at, link.listed_at) == (None, NOW)


def test_a_link_that_stands_twice_is_read_once() -> None:
    twice = builders.rss(
        builders.item("First", link="https://e.example/ferry", guid="1"),
        builders.item("The same page", link="http://www.e.example/ferry/?utm_medium=x", guid="2"),
        builders.item("The same guid", link="https://e.example/other", guid="1"),
    )

    assert [link.headline for link in read(twice)] == ["First"]


def test_a_link_keeps_its_id_when_its_headline_and_address_are_corrected() -> None:
    before = only(builders.item("Fery", link="https://e.example/fery", guid="7"))
    after = only(builders.item("Ferry", link="https://e.example/ferry", guid="7"))

    assert before.id == after.id
    assert before.id != only(builders.item("Ferry", link="https://e.example/ferry", guid="8")).id


def test_no_more_links_are_read_than_one_write_can_hold() -> None:
    items = (builders.item("x", link=f"https://e.example/{n}") for n in range(500))

    assert len(read(builders.rss(*items))) == links.MAX_LINKS == 99


def test_a_link_without_address_or_words_is_left_out() -> None:
    feed = builders.rss(
        builders.item("No address", link=""),
        builders.item("", link="https://e.example/1"),
        "<item/>",
        "<item><description>Words &lt;i&gt;alone&lt;/i&gt;</description>"
        "<link>https://e.example/2</link></item>",
    )

    assert [link.headline for link in read(feed)] == ["Words alone"]


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("<![CDATA[<b>Ferry</b> &amp; tug]]>", "Ferry & tug"),
        ("&lt;script&gt;steal()&lt;/script&gt;Ferry", "Ferry"),
        ("Fer&#8238;yrr&#x202c;y", "Feryrry"),
        ("Ferry\n\t returns&#13;", "Ferry returns"),
        ("Fares: 3 &lt; 4", "Fares: 3 < 4"),
        ("AT&amp;amp;T sues", "AT&T sues"),
        ("word " * 100, "word " * 58 + "word…"),
    ],
)
def test_a_headline_is_plain_text_on_one_line(title: str, headline: str) -> None:
    link = only(f"<item><title>{title}</title><link>https://e.example/1</link></item>")

    assert link.headline == headline
    assert len(link.headline) <= MAX_HEADLINE_LENGTH


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("ferry", "https://courier.example/news/ferry"),
        ("//e.example/a", "https://e.example/a"),
        ("https://e.example/a b?q=é#x", "https://e.example/a%20b?q=%C3%A9"),
        ("https://e.example/?fbclid=1&id=2&utm_campaign=x", "https://e.example/?id=2"),
        ("https://bücher.example/%C3%A9", "https://xn--bcher-kva.example/%C3%A9"),
        ("https://E.example:8443/a", "https://e.example:8443/a"),
        ("https://e.example/" + "é" * 700, None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("https://courier.example@evil.example/", None),
        ("https://[::1", None),
        ("https://e.example:port/", None),
        ("http:///nowhere", None),
    ],
)
def test_a_link_leads_to_a_page_on_the_web_or_nowhere(target: str, url: str | None) -> None:
    assert page_address(target, base=FEED) == url


@pytest.mark.parametrize(
    ("declared", "content_type", "encoding"),
    [
        ("", XML, "utf-8"),
        ("iso-8859-1", XML, "iso-8859-1"),
        ("utf-8", XML, "cp1252"),
        ("", "text/xml; charset=windows-1252", "cp1252"),
        ("iso-8859-1", "text/xml; charset=iso-8859-1", "utf-8"),
        ("utf-16", XML, "utf-16"),
        ("", XML, "utf-16-le"),
        ("punycode", "text/xml; charset=idna", "utf-8"),
    ],
)
def test_an_encoding_that_is_declared_wrongly_is_found_out(
    declared: str, content_type: str, encoding: str
) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    feed = head + builders.rss(builders.item("Fähre à l’Île", link="https://e.example/1"))
    data = feed.replace("’", "'").encode(encoding)

    (link,) = read(data, content_type=content_type)

    assert link.headline == "Fähre à l'Île"


@pytest.mark.parametrize(
    ("feed", "problem"),
    [
        ("", "no feed"),
        ("\0" * 99, "no feed"),
        ("\n<!DOCTYPE html><html><body><p>Sorry.</p></body></html>", "a web page"),
        ("<rss", "no feed"),
        ("{", "no JSON"),
        ('{"version": "https://jsonfeed.org/version/1", "items": ' + "[" * 100_000, "no JSON"),
        ('{"items": []}', "no JSON Feed"),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"/>', "entities"),
        ('<?xml version="1.0"?><!-- <rss> --><!DOCTYPE r [ ]><rss version="2.0"/>', "entities"),
    ],
)
def test_what_is_no_feed_is_told_apart(feed: str, problem: str) -> None:
    with pytest.raises(FeedUnreadable, match=problem):
        read(feed)


def filled(piece: str, head: str = "<channel>", tail: str = "</channel>") -> str:
    """A feed of two megabytes."""
    return f'<rss version="2.0">{head}{piece * (MAX_FEED_BYTES // len(piece))}{tail}</rss>'


@pytest.mark.parametrize(
    "feed",
    [
        filled("<item/>"),
        filled("<a>"),
        filled(' a="b"', "<a", "/>"),
        '<rss version="2.0"><a ' + " ".join(f'a{n}="b"' for n in range(150_000)) + "/></rss>",
        '<rss version="2.0"><a ' + " ".join(f'xmlns:a{n}="b"' for n in range(1_900)) + "/></rss>",
    ],
    ids=["items", "depth", "attribute", "attributes", "namespaces"],
)
def test_a_feed_that_would_take_minutes_is_refused_at_once(feed: str) -> None:
    before = time.process_time()
    with pytest.raises(FeedUnreadable, match="too complex"):
        read(feed)

    assert time.process_time() - before < 2


@pytest.mark.parametrize(
    "feed",
    [
        filled("&"),
        filled("&undeclared;"),
        filled(" ", "<channel><item><a"),
        filled("1 ", "<channel><item><pubDate>"),
        builders.rss("<item>", *(f"<category>{n}</category>" for n in range(24_000))),
        builders.rss(
            "<item><itunes:keywords>" + ",".join(map(str, range(250_000))) + "</itunes:keywords>"
        ),
        builders.rss(*(builders.item("x", link=f"https://e.example/{n}") for n in range(5_500))),
    ],
    ids=["ampersands", "entities", "spaces", "dates", "categories", "keywords", "items"],
)
def test_a_feed_that_is_read_takes_seconds(feed: str) -> None:
    before = time.process_time()
    assert len(read(feed)) <= links.MAX_LINKS

    assert time.process_time() - before < 10


TEXT = st.text(max_size=60)
ADDRESS = st.one_of(
    TEXT,
    st.builds(
        "{}{}/{}".format,
        st.sampled_from(
            ["http://", "https:", "//", "HTTPS://", "javascript:", "https://e.example"]
        ),
        TEXT,
        TEXT,
    ),
)


@given(headline=TEXT, target=ADDRESS, text=TEXT, guid=TEXT, date=TEXT)
def test_no_link_holds_more_than_text_and_an_address_of_the_web(
    headline: str, target: str, text: str, guid: str, date: str
) -> None:
    item = {"id": guid, "url": target, "title": headline, "summary": text, "date_published": date}
    as_json = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [item]})
    fields = {"guid": guid, "link": target, "title": headline, "description": text, "pubDate": date}
    as_rss = builders.rss(
        "<item>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in fields.items()) + "</item>"
    )

    for feed in (as_json, as_rss):
        for link in read(feed.encode("utf-8", "surrogatepass")):
            assert re.fullmatch(r"https?://[!-~]+", link.url)
            assert urlsplit(link.url).hostname
            assert "@" not in urlsplit(link.url).netloc
            assert link.headline
            for said in (link.headline, link.text, link.language):
                assert not {"Cc", "Cs"} & {unicodedata.category(letter) for letter in said}
                assert not re.search("[\u202a-\u202e\u2066-\u2069]", said)
            assert link.listed_at <= NOW


@given(st.binary(max_size=300), st.sampled_from([b"", b"{", b"<rss>", b"<?xml version='1.0'?>"]))
def test_any_bytes_are_links_or_no_feed(data: bytes, head: bytes) -> None:
    try:
        found = read(head + data)
    except FeedUnreadable:
        return
    assert len(found) <= links.MAX_LINKS


def test_real_feeds_are_read(shared: Path) -> None:
    found = {
        path.name: read(path.read_bytes(), content_type="text/xml; charset=utf-8")
        for path in builders.real_feeds(shared)
    }

    assert len(found) >= 59
    # Its one entry has neither address nor title.
    assert [name for name, told in found.items() if not told] == ["missing-fields.atom"]
