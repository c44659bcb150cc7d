from __future__ import annotations

import gzip
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import html

if TYPE_CHECKING:
    from chalicelib.core.formats.reading import Reading

PARAGRAPHS = (
    "<p>The ferry that links the island with the mainland is back after three weeks in the yard, "
    "the harbour office said on Monday.</p>"
    "<p>It sails twice a day, at nine in the morning and at five in the afternoon, and carries up "
    "to two hundred people and forty cars.</p>"
    "<p>The mayor thanked the fishermen who had carried post and medicine across the sound in "
    "their own boats during the last weeks.</p>"
)
EDITORS_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Ferry returns - The Harbour Post</title>
<meta name="author" content="Jane Doe and John Roe">
<meta name="date" content="2026-11-24T09:00:00Z">
<link rel="canonical" href="https://example.org/ferry">
</head><body>
<header><nav><a href="/">Home</a> <a href="/world">World</a></nav></header>
<main><article>
<header><h1>Ferry returns</h1><p class="byline">By Jane Doe and John Roe</p>
<time datetime="2026-11-24T09:00:00Z">24 November 2026</time></header>
<p>Back.</p>
<figure><img src="media/ferry.jpg" alt="The ferry"><figcaption>On Monday.</figcaption></figure>
<p>It sails <em>twice</em> a <a href="/timetable">day</a>, at <code>09:00</code>.</p>
<h2>Why it stopped</h2>
<ul><li>Fog<ul><li>Thick</li></ul></li><li>Money</li></ul><ol start="3"><li>Three</li></ol>
<blockquote><p>We are glad.</p></blockquote>
<table><caption>Fares</caption><tr><th>Who</th><th>Fare</th></tr><tr><td>All</td><td>3</td></tr>
</table><pre>09:00  out
17:00  back</pre>
<aside><h3>Background</h3><p>The first ferry sailed in 1902.</p></aside>
<p>Read more: <a href="https://example.org/x">the timetable</a></p>
</article></main><footer>© 2026 The Harbour Post</footer></body></html>"""
SAVED_PAGE = f"""<html><head><title>Ferry returns to the island | The Harbour Post</title>
<meta property="og:site_name" content="The Harbour Post">
<script>track()</script></head><body class="single">
<div class="site-header"><ul class="main-menu"><li><a href="/">Home</a></li></ul></div>
<div class="wrapper"><article class="post type-post">
<h1 class="title">Ferry returns to the island</h1>
<div class="entry-meta"><span class="posted-on">24 November 2026</span></div>
<div class="share-buttons"><a href="https://social.example/x">Share on Example</a></div>
<div class="entry-content">{PARAGRAPHS}
<div class="wp-caption"><img src="/ferry.jpg" alt="Ferry">
<p class="caption">On Monday morning</p></div>
<h3>Why it stopped</h3>
<p>A crack in the shaft had been found in October, and the part had to be made anew abroad.</p>
<ul class="facts"><li>Length: 40 metres</li><li>Crew: six</li></ul>
<blockquote class="quote"><p>We are glad that she is back.</p></blockquote>
<table class="fares"><tr><th>Who</th><th>Fare</th></tr>
<tr><td>Adult</td><td>3.00</td></tr></table>
<p><a href="/bakery">Read more: Island bakery reopens</a></p>
<p>The next sailing is on Tuesday at nine, and passengers are asked to come half an hour early.</p>
</div><div id="comments" class="comments-area"><p>I am so happy about this, my mother lives there
and I have not seen her for nearly a month now.</p></div></article>
<div class="sidebar"><p>Subscribe to our newsletter and get all the news of the harbour into your
mailbox every morning at seven.</p></div></div></body></html>"""


def read(page: str | bytes) -> Reading:
    return html.read(page.encode() if isinstance(page, str) else page)


def said(reading: Reading) -> dict[str, object]:
    return {key: field.value for key, field in reading.metadata.items()}


def read_or_refuse(page: str | bytes) -> tuple[Reading | None, str]:
    """Return the reading, or None with the code of the refusal; anything else fails the test."""
    try:
        return read(page), ""
    except UploadRejected as rejected:
        return None, rejected.findings[0].code


def code_of(page: bytes) -> str:
    with pytest.raises(UploadRejected) as rejected:
        html.read(page)
    return rejected.value.findings[0].code


# An editor's own page


@pytest.mark.parametrize(
    "part",
    [
        "<p>Back.</p>",
        '<figure><img src="media/ferry.jpg" alt="The ferry"><figcaption>On Monday.</figcaption>',
        '<em>twice</em> a <a href="https://example.org/timetable">day</a>, at <code>09:00</code>',
        "<h2>Why it stopped</h2>",
        "<ul><li>Thick</li>",
        '<ol start="3"><li>Three</li>',
        "<blockquote><p>We are glad.</p>",
        "<caption>Fares</caption>",
        "<td>All</td>",
        "<pre>09:00  out\n17:00  back</pre>",
        "<h3>Background</h3>\n<p>The first ferry sailed in 1902.</p>",
        "Read more: <a",
    ],
)
def test_an_editors_page_keeps_every_part_of_the_article(part):
    assert part in read(EDITORS_PAGE).html


def test_headline_byline_and_time_are_told_once_on_our_page():
    reading = read(EDITORS_PAGE)

    assert said(reading)["headline"] == "Ferry returns"
    assert said(reading)["byline"] == ["Jane Doe", "John Roe"]
    assert said(reading)["published_at"] == "2026-11-24T09:00:00Z"
    for line in ("Ferry returns", "Jane Doe", "24 November 2026", "Home", "The Harbour Post"):
        assert line not in reading.html


def test_a_page_of_one_sentence_is_an_article():
    assert read("<h1>Ferry</h1><p>Ferry cancelled.</p>").html.strip() == "<p>Ferry cancelled.</p>"


def test_a_name_that_begins_with_and_is_whole():
    reading = read("<h1>Ferry returns</h1><p>By Jane Doe, Andrea Roe</p><p>It is back.</p>")

    assert said(reading)["byline"] == ["Jane Doe", "Andrea Roe"]


def test_a_byline_that_is_only_a_line_of_text_is_read_and_not_repeated():
    reading = read("<h1>Ferry returns</h1><p>By Jane Doe</p><p>It is back.</p>")

    assert said(reading)["byline"] == ["Jane Doe"]
    assert "Jane" not in reading.html


def test_lines_that_a_browser_breaks_apart_are_paragraphs():
    reading = read("<p>one<br>more<br><br>two</p> loose <div>three</div>")

    assert reading.html.split("\n")[:4] == [
        "<p>one<br>more</p>", "<p>two</p>", "<p>loose</p>", "<p>three</p>",
    ]  # fmt: skip


# A saved page


def test_a_saved_page_keeps_the_articles_structure_and_nothing_around_it():
    body = read(SAVED_PAGE).html

    for part in (
        "The mayor thanked the fishermen",
        "<figcaption>On Monday morning</figcaption>",
        "<h3>Why it stopped</h3>",
        "<li>Crew: six</li>",
        "<blockquote><p>We are glad that she is back.</p>",
        "<td>3.00</td>",
        "passengers are asked",
    ):
        assert part in body
    for part in ("Home", "Share on", "bakery", "happy", "newsletter", "Ferry returns"):
        assert part not in body


def test_the_receipt_tells_what_the_page_had_besides_the_article():
    dropped = {part.what: part for part in read(SAVED_PAGE).dropped}

    assert dropped["script element"].count == 1
    assert dropped["script element"].line == 3
    assert dropped["line of readers' comments"].count == 1
    assert dropped["line of navigation and page furniture"].count >= 3


def test_an_article_cut_in_two_by_an_advertisement_is_read_to_its_end():
    chunk = '<div class="chunk">{}</div>'
    halves = [chunk.format(PARAGRAPHS), chunk.format(PARAGRAPHS.replace("The ", "Yet the "))]
    page = SAVED_PAGE.replace(PARAGRAPHS, '<div class="ad">Buy</div>'.join(halves))

    assert "Yet the mayor thanked the fishermen" in read(page).html


def test_a_body_that_only_json_ld_has_is_taken_from_there_with_a_warning():
    text = "The ferry is back after three weeks in the yard. " * 20
    linked = f'{{"@type": "NewsArticle", "headline": "Ferry", "articleBody": "{text}"}}'
    reading = read(
        f'<html><body class="a"><script type="application/ld+json">{linked}</script>'
        '<div class="teaser x y">Subscribe to read this text to its end.</div></body></html>'
    )

    assert "The ferry is back" in reading.html
    assert [finding.code for finding in reading.warnings] == ["body-from-json-ld"]


# Metadata


def test_what_an_editor_wrote_for_us_is_believed_before_anything_else():
    reading = read(
        '<head><meta name="broadsheet:headline" content="Ours">'
        '<meta property="og:title" content="Theirs"><meta name="broadsheet:colour" content="blue">'
        '<meta name="embargo_until" content="2026-12-01T00:00:00Z">'
        f'<meta name="draft" content="true"></head><body><h1>Shown</h1>{PARAGRAPHS}</body>'
    )

    assert said(reading)["headline"] == "Ours"
    assert said(reading)["embargo_until"] == "2026-12-01T00:00:00Z"
    assert said(reading)["draft"] == "true"
    assert said(reading)["colour"] == "blue"
    assert reading.metadata["draft"].pointer == "/draft"
    assert reading.metadata["draft"].line == 1


def test_json_ld_is_believed_before_open_graph_and_open_graph_before_the_title():
    linked = (
        '<script type="application/ld+json">{"@graph": [{"@type": "WebSite"}, {"@type": '
        '["NewsArticle"], "headline": "Linked headline", "author": [{"name": "Jane Doe"}], '
        '"publisher": {"name": "The Harbour Post"}, "datePublished": "2026-11-24T09:00:00Z"}]}'
        "</script>"
    )
    graph = '<meta property="og:title" content="Graph headline"><meta name="author" content="X Y">'
    title = "<title>Title of the page | Post</title>"

    assert said(read(title + graph + linked + PARAGRAPHS))["headline"] == "Linked headline"
    assert said(read(title + graph + linked + PARAGRAPHS))["byline"] == ["Jane Doe"]
    assert said(read(title + graph + linked + PARAGRAPHS))["source"] == "The Harbour Post"
    assert said(read(title + graph + PARAGRAPHS))["headline"] == "Graph headline"
    assert said(read(title + PARAGRAPHS))["headline"] == "Title of the page"


def test_the_headline_that_readers_saw_wins_where_a_machine_confirms_it():
    page = (
        '<title>Ferry returns to the island - Post</title><meta property="og:title" '
        'content="Ferry returns to the island"><h1>Ferry returns to the island at last</h1>'
        f"{PARAGRAPHS}"
    )

    assert said(read(page))["headline"] == "Ferry returns to the island at last"


def test_a_machines_unreadable_date_is_passed_over_with_a_warning():
    reading = read(
        '<meta property="article:published_time" content="0001-01-01T00:00:00Z">'
        f'<meta name="dc.date" content="2026-11-24"><h1>Ferry</h1>{PARAGRAPHS}'
    )

    assert said(reading)["published_at"] == "2026-11-24"
    reading = read(f'<meta name="pubdate" content="last Tuesday"><h1>Ferry</h1>{PARAGRAPHS}')
    assert "published_at" not in said(reading)
    assert [finding.code for finding in reading.warnings] == ["date-unread"]


def test_an_editors_unreadable_embargo_refuses_the_file():
    page = f'<meta name="embargo_until" content="31 Nov 2026"><h1>Ferry</h1>{PARAGRAPHS}'

    with pytest.raises(UploadRejected) as rejected:
        formats.read("ferry.html", page.encode())

    assert rejected.value.findings[0].pointer == "/embargo_until"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "/ferry", "data:text/html,x", "https://"]
)
def test_only_a_web_address_is_an_original_url(address):
    page = f'<link rel="canonical" href="{address}"><h1>Ferry</h1>{PARAGRAPHS}'

    assert "original_url" not in said(read(page))


def test_markup_in_metadata_is_text_without_tags():
    reading = read(
        '<meta property="og:title" content="&lt;b&gt;Ferry&lt;/b&gt; back">'
        f'<meta name="author" content="&quot;&gt;&lt;svg onload=alert(1)&gt;">{PARAGRAPHS}'
    )

    assert said(reading)["headline"] == "Ferry back"
    assert "byline" not in said(reading)


# Encodings


@pytest.mark.parametrize(
    ("data", "warned"),
    [
        ("<meta charset=latin-1><p>Fähre, Œuvre, 渡し船".encode(), True),
        ("<meta charset=utf-8><p>Fähre, Œuvre, 渡し船".encode(), False),
        ("<p>Fähre, Œuvre, 渡し船".encode("utf-8-sig"), False),
        ("<p>Fähre, Œuvre, 渡し船".encode("utf-16"), False),
        ("<p>Fähre, Œuvre, 渡し船".encode("utf-16-le"), True),
        ("<meta charset=gb2312><p>Fähre, Œuvre, 渡し船".encode("gb18030"), False),
    ],
)
def test_a_page_is_read_in_the_encoding_that_its_bytes_have(data, warned):
    reading = html.read(data)

    assert "Fähre, Œuvre, 渡し船" in reading.html
    assert ["encoding-guessed"] * warned == [finding.code for finding in reading.warnings]


def test_a_page_that_says_latin_1_is_read_as_browsers_read_it():
    data = '<meta charset="iso-8859-1"><p>“Fähre” \u2013 3 €</p>'.encode("cp1252")

    assert "“Fähre” \u2013 3 €" in html.read(data).html


def test_without_a_declaration_the_language_tells_the_usual_encoding():
    data = '<html lang="ru"><p>Паром вернулся на остров'.encode("cp1251")

    assert "Паром вернулся" in html.read(data).html


# What is no article


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "binary"),
        (b"PK\x03\x04" + bytes(100), "binary"),
        (bytes(range(256)) * 20, "binary"),
        (b"Just a text.", "no-text"),
        (b"<html><body></body></html>", "no-text"),
        (b"<html><head><title>Ferry</title></head></html>", "no-text"),
        (b"<!--" * 5_000, "no-text"),
        (b"<nav>" + b"<a href=/x>The section of the world</a> " * 300 + b"</nav>", "no-text"),
        (b"<ul>" + b"<li><a href=/x>Home and garden</a></li>" * 300 + b"</ul>", "no-text"),
        (b"<p>a" * 60_000, "too-complex"),
    ],
)
def test_what_is_no_article_is_refused_with_its_reason(data, code):
    assert code_of(data) == code


# Attacks


ATTACKS = {
    "attributes": "<p " + " ".join(f'a{n}="<>"' for n in range(50_000)) + ">",
    "giant tag": '<div class="' + "x " * 2_000_000 + '">',
    "nested blocks": "<div>" * 10_000,
    "nested tables": "<table><tr><td>" * 5_000,
    "nested lists": "<ul><li>" * 10_000,
    "nested inline": "<b>" * 25_000,
    "deep and wide": "<div>" * 110 + "<p>one two three</p>" * 20_000,
    "open quotes": '<a href="' * 40_000 + '">',
    "less-than signs": "<" * 1_000_000,
    "refresh": '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    "entities": '<!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/passwd">]><p>&a;</p>',
    "bylines": '<div class="byline author">' * 100 + "<i class=byline>x</i>" * 20_000,
    "times": '<time datetime="x">a</time>' * 40_000,
    "json": '<script type="application/ld+json">' + "[" * 200_000 + "</script>",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_ends_soon(attack):
    began = time.process_time()

    reading, code = read_or_refuse(f"<html><body>{ATTACKS[attack]}</p>{PARAGRAPHS}</body></html>")

    assert code in {"", "no-text", "too-complex"}
    assert reading is None or "root:" not in reading.html
    assert time.process_time() - began < 5


def test_nesting_beyond_the_parsers_limit_is_flattened_and_told():
    reading = read("<div>" * 10_000 + PARAGRAPHS)

    assert "The mayor thanked the fishermen" in reading.html
    assert [finding.code for finding in reading.warnings] == ["nested-too-deeply"]


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    reading, code = read_or_refuse(data)

    assert code or reading.html


TOKENS = """
<p> </p> <div> <div|class=share> </div> <ul> <li> </ul> <table> <tr> <td> </table> <b> </b>
<a|href=x> </a> <br> <h1> </h1> <h2> <pre> </pre> <figure> <figcaption> <img|src=a> <blockquote>
<!-- --> <script> </script> <title> </title> <meta|name=date|content=x> <svg> <math> &amp; < > "
word <article> </article> <main> <span|hidden> <base|href=http://[> <a|href=http://[> </html> <html>
<frameset> <template> <select> <textarea> <plaintext> \x00
"""


@settings(max_examples=300, deadline=None)
@given(tokens=st.lists(st.sampled_from(TOKENS.split()), max_size=60))
def test_any_markup_is_read_or_refused(tokens):
    reading, code = read_or_refuse(" ".join(tokens).replace("|", " "))

    assert code or reading.format == "html"


# Corpora, which stay where they are


CORPUS = Path(__file__).parents[4] / "shared" / "data" / "articles-html" / "aeb"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="saved pages with gold texts are not here")
def test_the_text_of_real_pages_is_found_as_well_as_promised():
    from bench import extraction

    pages = dict(list(extraction._pages(CORPUS))[::4])
    gold = {name: extraction._gold(extraction._gold_path(CORPUS, name)) for name in pages}

    found = {name: extraction.read(data)[1] for name, data in pages.items()}

    assert extraction.score(gold, found)[2] >= 0.96


@pytest.mark.skipif(not CORPUS.is_dir(), reason="saved pages with gold texts are not here")
def test_the_same_page_is_always_read_the_same():
    data = gzip.decompress(next(iter(sorted(CORPUS.glob("*.html.gz")))).read_bytes())

    assert html.read(data) == html.read(data)


def test_importing_the_reader_loads_no_parser():
    code = "import sys, chalicelib.core.formats.html; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert not {"lxml", "trafilatura", "nh3", "babel"} & set(loaded.stdout.split())
