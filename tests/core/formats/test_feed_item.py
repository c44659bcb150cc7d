"""An item of a feed as an article."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import Draft
from tests.core.formats.documents import TEXTS, rss

BODY = "".join(f"&lt;p&gt;{text}&lt;/p&gt;" for text in TEXTS)


def read(data: bytes, name: str = "a.rss") -> Draft:
    return formats.read(name, data)


def codes(draft: Draft) -> list[str]:
    return [warning.code for warning in draft.warnings]


def test_an_rss_item_is_told_in_our_words():
    draft = read(
        rss(
            f"<content:encoded>{BODY}</content:encoded><description>She is back.</description>"
            "<dc:creator>Ilse Marrow</dc:creator><link>https://courier.example/ferry</link>"
            "<category>World</category><category>Boats</category><guid>x</guid>"
        )
    )

    assert draft.headline == "Ferry returns"
    assert draft.metadata.standfirst == "She is back."
    assert draft.metadata.byline == ("Ilse Marrow",)
    assert draft.metadata.published_at == datetime(2026, 3, 24, 9, tzinfo=UTC)
    assert draft.metadata.original_url == "https://courier.example/ferry"
    assert (draft.metadata.section, draft.metadata.tags) == ("world", ("boats",))
    assert (draft.metadata.source, draft.metadata.language) == ("The Courier", "en-GB")
    assert draft.body.text == "\n\n".join(TEXTS)


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("ilse@c.example (Ilse Marrow)", ("Ilse Marrow",)),
        ("Ilse Marrow &lt;ilse@c.example&gt;", ("Ilse Marrow",)),
        ("ilse@c.example", ()),
    ],
)
def test_an_address_is_nobodys_name(author, names):
    item = f"<description>{TEXTS[0]}</description><author>{author}</author>"

    assert read(rss(item)).metadata.byline == names


def test_an_excerpt_of_the_text_is_no_standfirst():
    item = (
        f"<content:encoded>{BODY}</content:encoded><description>{TEXTS[0][:40]} […]</description>"
    )

    assert read(rss(item)).metadata.standfirst is None


def test_a_permanent_guid_is_the_address_where_there_is_no_link():
    item = f"<description>{TEXTS[0]}</description><guid>https://courier.example/1</guid>"

    assert read(rss(item)).metadata.original_url == "https://courier.example/1"


def test_a_date_that_is_none_is_passed_over_with_a_warning():
    item = f"<description>{TEXTS[0]}</description>"
    data = rss(item).replace(b"Tue, 24 Mar 2026 09:00:00 GMT", b"32 Foo 2024")

    draft = read(data)

    assert draft.metadata.published_at is None
    assert "date-unread" in codes(draft)


def test_media_and_other_items_are_told():
    media = '<media:content url="https://c.example/a.jpg"><media:title>Quay</media:title></media:content>'
    data = rss(
        f'<description>{TEXTS[0]}</description>{media}<enclosure url="https://c.example/a.mp3"/>'
        "</item><item><title>Second</title><description>x</description>"
    )

    draft = read(data)

    assert draft.headline == "Ferry returns"
    assert "several-articles" in codes(draft)
    assert [(part.what, part.count) for part in draft.dropped] == [
        ("media file", 2), ("other item", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        '<content type="html">&lt;p&gt;She is back.&lt;/p&gt;</content>',
        '<content type="xhtml"><div xmlns="urn:x"><p>She is back.</p></div></content>',
        '<content type="text">She is back.</content>',
        "<summary>She is back.</summary>",
    ],
)
def test_an_atom_entry_is_read_alone_and_in_its_feed(content):
    entry = (
        "<title>Ferry</title><published>2026-03-24T09:00:00Z</published>"
        "<updated>2026-03-24T10:00:00Z</updated><author><name>Ilse Marrow</name></author>"
        f'<link rel="alternate" href="https://c.example/f"/><category term="World"/>{content}'
    )
    space = 'xmlns="http://www.w3.org/2005/Atom"'
    feed = f"<feed {space}><title>Courier</title><entry>{entry}</entry></feed>".encode()

    for data in (feed, f"<entry {space}>{entry}</entry>".encode()):
        draft = read(data, "a.atom")
        assert draft.body.text == "She is back."
        assert draft.metadata.byline == ("Ilse Marrow",)
        assert draft.metadata.published_at == datetime(2026, 3, 24, 9, tzinfo=UTC)
        assert draft.metadata.updated_at == datetime(2026, 3, 24, 10, tzinfo=UTC)
        assert draft.metadata.section == "world"


def test_hostile_markup_is_cleaned_like_all_other():
    item = (
        "<description>&lt;img src=x onerror=alert(1)&gt; text&lt;script&gt;x&lt;/script&gt;"
        "</description><link>javascript:alert(1)</link>"
    )

    draft = read(rss(item))

    assert draft.body.text == "text"
    assert "onerror" not in draft.body.html
    assert "script" not in draft.body.html
    assert draft.metadata.original_url is None


def test_a_feed_without_an_item_is_refused():
    with pytest.raises(UploadRejected) as raised:
        read(b"<rss><channel><title>x</title></channel></rss>")

    assert raised.value.findings[0].code == "no-article"
