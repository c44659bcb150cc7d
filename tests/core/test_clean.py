"""The cleaner: what is published is safe, is all there, and says what is missing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clean import (
    Cleaned,
    clean,
    media_key,
    plain,
    source_of,
    web_address,
)
from chalicelib.core.errors import UploadRejected
from chalicelib.core.limits import MAX_NESTING, MAX_TEXT_BYTES
from tests import markup

TAGS = ["p", "b", "em", "a", "ul", "ol", "li", "table", "tr", "td", "th", "blockquote", "h1", "h2",
        "div", "pre", "code", "script", "style", "svg", "figure", "figcaption", "br", "img", "dl",
        "dt", "dd", "sup", "iframe", "math", "noscript", "template", "caption"]  # fmt: skip
MARKUP = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
        st.sampled_from(['<a href="javascript:x">', "<img src=x onerror=y>", "<p onclick=z>",
                         '<a href="https://e.example/?a=1&b">', '<img src="media/a.png" alt="q">',
                         "<!-- ", " -->", "<![CDATA[", "]]>", "&lt;script&gt;", "&#0;", "<"]),
        st.text(max_size=12),
    ),
    max_size=30,
).map("".join)  # fmt: skip


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def seen(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@given(MARKUP)
def test_nothing_that_runs_or_loads_is_ever_published(html: str) -> None:
    page = seen(clean(html).body.html)

    assert not set(page.tags) & {"script", "style", "svg", "iframe", "math", "template", "noscript"}
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name != "style"
        if name == "href":
            assert re.match(r"https?://|mailto:|tel:|#body-", value)
        if name == "src":
            assert value.startswith("media/")


@given(MARKUP)
def test_page_and_text_have_the_same_words(html: str) -> None:
    cleaned = clean(html)

    shown = [word for word in seen(cleaned.body.html).words if word]
    assert "".join(shown) == "".join(cleaned.body.text.split())


@given(MARKUP)
def test_the_blocks_cover_the_text_in_order(html: str) -> None:
    body = clean(html).body

    position = 0
    for block in body.blocks:
        assert block.start == position
        assert body.text[block.start : block.end].strip()
        position = block.end + 2
    assert position == (len(body.text) + 2 if body.text else 0)


@given(MARKUP)
def test_cleaning_what_is_clean_changes_no_word(html: str) -> None:
    once = clean(html)

    assert clean(once.body.html).body.text == once.body.text


@given(markup.DOCUMENTS)
def test_what_is_published_can_be_cleaned_again_into_the_same(html: str) -> None:
    body = clean(html).body

    assert clean(source_of(body.html)).body == body


@pytest.mark.parametrize(
    ("html", "text", "published"),
    [
        ("one<p>two", "one\n\ntwo", "<p>one</p><p>two</p>"),
        ("<em><p>a</p><p>b</p></em>", "a\n\nb", "<p><em>a</em></p><p><em>b</em></p>"),
        ("<h1>Top</h1><p>x", "Top\n\nx", "<h2>Top</h2><p>x</p>"),
        ("<div>a</div><div>b</div>", "a\n\nb", "<p>a</p><p>b</p>"),
        ("<p>a<br>b</p>", "a\nb", "<p>a<br>b</p>"),
        ("<pre>  a\n   b</pre>", "  a\n   b", "<pre>  a\n   b</pre>"),
        ("<ul><li>a<li>b</ul>", "a\n\nb", "<ul><li>a</li><li>b</li></ul>"),
        ("<p></p><h2> </h2><p>x</p>", "x", "<p>x</p>"),
        ("<p> a <em> b </em> c <br> d </p>", "a b c\nd", "<p>a <em>b</em> c<br>d</p>"),
        ("<pre>\n\na</pre>", "a", "<pre>\n\na</pre>"),
        ("<ul>a</ul>", "a", "<ul><li>a</li></ul>"),
    ],
)
def test_markup_settles_into_plain_blocks(html: str, text: str, published: str) -> None:
    body = clean(html).body

    assert (body.text, body.html) == (text, published)


def test_a_link_ends_where_another_begins() -> None:
    # HTML's own rules put the second link, in a table's wrong place, inside the first.
    html = '<a href="https://a.example/"><table>x<a href="https://b.example/">y</a></table></a>'

    assert clean(html).body.html.startswith(
        '<p><a href="https://a.example/">x</a><a href="https://b.example/">y</a></p>'
    )


def test_a_table_row_is_one_block_with_its_cells_apart() -> None:
    cleaned = clean("<table><tr><th>Port<th>Boats<tr><td><p>Callport</p></td><td>4</table>")

    assert cleaned.body.text == "Port\tBoats\n\nCallport\t4"
    assert [block.kind for block in cleaned.body.blocks] == ["row", "row"]
    assert cleaned.kept["tables"] == 1


def test_a_footnotes_mark_is_on_the_page_and_no_word_of_the_text() -> None:
    html = (
        '<p>Fares rise<sup><a href="#fn1" id="fnref1">[1]</a></sup>.</p>'
        '<ol><li id="fn1"><p>By five per cent. <a href="#fnref1">back</a></p></li></ol>'
    )

    body = clean(html).body

    assert body.text == "Fares rise.\n\nBy five per cent."
    assert 'href="#body-fn1"' in body.html
    assert 'id="body-fn1"' in body.html


def test_an_external_image_becomes_a_link_and_is_told() -> None:
    cleaned = clean('<p><img src="https://e.example/a.png" alt="A boat"></p>')

    assert "<img" not in cleaned.body.html
    assert '<a href="https://e.example/a.png">A boat</a>' in cleaned.body.html
    assert [(part.what, part.count) for part in cleaned.dropped] == [("external image", 1)]


def test_an_external_image_stands_apart_from_the_words_around_it() -> None:
    body = clean('<p>Left<img src="https://e.example/a.png" alt="A boat">right</p>').body

    assert body.text == "Left A boat right"
    assert body.html == '<p>Left <a href="https://e.example/a.png">A boat</a> right</p>'


def test_an_external_image_without_a_description_adds_no_word_to_the_text() -> None:
    body = clean('<p>Left <img src="https://e.example/a.png"> right</p>').body

    assert body.text == "Left right"
    assert '<a href="https://e.example/a.png">Image</a>' in body.html


def test_what_is_not_published_is_told_with_its_line() -> None:
    cleaned = clean("<p>a</p>\n<script>x</script>\n<p onclick='x'>b</p><iframe></iframe>")

    told = {part.what: (part.count, part.line) for part in cleaned.dropped}
    assert told == {
        "script element": (1, 2),
        "onclick attribute": (1, 3),
        "iframe element": (1, 3),
    }


def test_a_heading_that_repeats_the_headline_is_left_out_once() -> None:
    cleaned = clean("<h1>Ferry <em>returns</em></h1><p>x</p><h2>Ferry returns</h2>",
                    without_heading="Ferry returns")  # fmt: skip

    assert cleaned.body.text == "x\n\nFerry returns"


def test_relative_links_need_an_address_to_be_relative_to() -> None:
    html = '<p><a href="/more">more</a></p>'

    assert 'href="https://e.example/more"' in clean(html, base_url="https://e.example/a").body.html
    lost: Cleaned = clean(html)
    assert "href" not in lost.body.html
    assert [part.what for part in lost.dropped] == ["relative link"]


def test_the_limits_hold_at_the_limit_and_fall_one_beyond() -> None:
    assert clean("x" * MAX_TEXT_BYTES).body.text
    with pytest.raises(UploadRejected, match="bytes"):
        clean("x" * (MAX_TEXT_BYTES + 1))
    deep = "<blockquote>" * MAX_NESTING
    assert clean(f"{deep}x").body.text == "x"
    with pytest.raises(UploadRejected, match="nested"):
        clean(f"<blockquote>{deep}x")


@given(st.text())
def test_plain_text_has_no_controls_no_overrides_and_no_half_characters(text: str) -> None:
    cleaned = plain(text + "\u202e\ud800\x00")

    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cleaned)
    cleaned.encode("utf-8")


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("https://e.example/a", "https://e.example/a"),
        ("javascript:alert(1)", None),
        ("/a", None),
        ("https://", None),
        ("http://[", None),
        (" https://e.example ", "https://e.example"),
    ],
)
def test_an_address_is_whole_or_none(target: str, address: str | None) -> None:
    assert web_address(target) == address


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("media/a.png", "media/a.png"),
        ("/media/a%20b.png", "media/a b.png"),
        ("media/../sources/x", None),
        ("media/", None),
        ("a.png", None),
        ("https://e.example/media/a.png", None),
    ],
)
def test_an_image_is_a_key_under_media_or_none(source: str, key: str | None) -> None:
    assert media_key(source) == key
