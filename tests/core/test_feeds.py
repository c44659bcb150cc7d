"""Feeds: three forms that agree, ids that last, and no text that breaks a reader."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import feeds
from chalicelib.core.article import Corrected, Correction
from tests.core.pages_newsroom import NOW, SITE, Seen, full_article, make_article, many

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def feed_of(*articles, site=SITE, older=None):
    listed = [(article.card(), article.brief()) for article in articles]
    return feeds.of_articles(listed, name="World", path="section/world", older=older, site=site)


def corrections_of(*articles, site=SITE):
    told = [Corrected(card=a.card(), corrections=a.corrections_newest_first()) for a in articles]
    return feeds.of_corrections(told, older=None, site=site)


def rss(feed):
    return ET.fromstring(feeds.FORMS["xml"](feed))  # noqa: S314  # our own


def atom(feed):
    return ET.fromstring(feeds.FORMS["atom"](feed))  # noqa: S314  # our own


def json_feed(feed):
    return json.loads(feeds.FORMS["json"](feed))


def told(feed):
    """What each form tells of each dispatch: id, address, headline, summary, content, times."""
    yield [
        (one.findtext("guid"), one.findtext("link"), one.findtext("title"),
         one.findtext("description"), one.findtext(f"{CONTENT}encoded"),
         parsedate_to_datetime(one.findtext("pubDate")),
         datetime.fromisoformat(one.findtext(f"{ATOM}updated")))
        for one in rss(feed).iter("item")
    ]  # fmt: skip
    yield [
        (one.findtext(f"{ATOM}id"), one.find(f"{ATOM}link").get("href"),
         one.findtext(f"{ATOM}title"), one.findtext(f"{ATOM}summary"),
         one.findtext(f"{ATOM}content"),
         datetime.fromisoformat(one.findtext(f"{ATOM}published")),
         datetime.fromisoformat(one.findtext(f"{ATOM}updated")))
        for one in atom(feed).iter(f"{ATOM}entry")
    ]  # fmt: skip
    yield [
        (one["id"], one["url"], one["title"], one["summary"], one["content_html"],
         datetime.fromisoformat(one["date_published"]),
         datetime.fromisoformat(one["date_modified"]))
        for one in json_feed(feed)["items"]
    ]  # fmt: skip


def content(feed):
    """The markup of the first dispatch."""
    return json_feed(feed)["items"][0]["content_html"]


def test_the_three_forms_tell_the_same_in_the_order_of_the_page():
    for feed in (feed_of(full_article(), *many(3)), corrections_of(full_article())):
        first, *others = told(feed)

        assert [one[0] for one in first] == [one.id for one in feed.dispatches]
        assert all(other == first for other in others)


def saying(headline, text, name):
    """Return the feeds of an article that says these words wherever it says any."""
    article = full_article(headline=headline, byline=(name,), language="ar")
    article = replace(
        article,
        source=replace(article.source, name=name),
        image=replace(article.image, alt=text, stated_credit=name),
        corrections=(Correction(at=NOW, text=text),),
        summary=replace(
            article.summary,
            text=text,
            key_points=(replace(article.summary.key_points[0], text=text),),
        ),
    )
    return feed_of(article), corrections_of(article)


@given(headline=TEXTS, text=TEXTS, name=TEXTS)
def test_any_text_makes_feeds_that_can_be_read_and_none_becomes_markup(headline, text, name):
    # XML holds no control characters, and its readers make one line end of two.
    legible = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", headline)
    legible = legible.replace("\r\n", "\n").replace("\r", "\n")

    for feed, plain in zip(saying(headline, text, name), saying("a", "b", "c"), strict=True):
        of_rss, of_atom, of_json = told(feed)
        assert of_rss == of_atom
        assert of_rss[0][2].endswith(legible)
        assert of_json[0][2].endswith(headline)
        assert Seen(content(feed)).shape == Seen(content(plain)).shape


def test_a_dispatch_keeps_its_id_through_a_new_headline_and_address():
    before = make_article()
    after = replace(before, headline="Another", slug="another", revision=2)

    ids = [feed_of(article).dispatches[0].id for article in (before, after)]

    assert ids == [f"tag:news.example,2026:{before.id}"] * 2


def test_a_correction_moves_the_change_and_stands_first_in_the_content():
    at = NOW - timedelta(minutes=5)
    plain = make_article()
    corrected = replace(plain, corrections=(Correction(at=at, text="It was 212."),))

    assert feed_of(plain).changed_at == plain.public_at
    feed = feed_of(corrected)
    assert feed.changed_at == feed.dispatches[0].changed_at == at
    assert feed.dispatches[0].published_at == plain.public_at
    words = Seen(content(feed)).words
    assert words.startswith("Correction (24 November 2026, 09:26 UTC): It was 212.")
    assert words.index("It was 212.") < words.index(plain.summary.text)
    for point in plain.summary.key_points:
        assert point.text in words


def test_corrections_are_told_one_by_one_the_newest_first():
    first = full_article(
        corrections=(
            Correction(at=NOW - timedelta(hours=9), text="Old."),
            Correction(at=NOW - timedelta(hours=1), text="New."),
        )
    )
    second = make_article(
        "b.md", corrections=(Correction(at=NOW - timedelta(hours=2), text="Between."),)
    )

    feed = corrections_of(first, second)

    assert [one.summary for one in feed.dispatches] == ["New.", "Between.", "Old."]
    assert len({one.id for one in feed.dispatches}) == 3
    assert feed.dispatches[0].url.endswith("#corrections")
    assert first.headline in feed.dispatches[0].headline


def test_text_from_right_to_left_says_so():
    markup = Seen(content(feed_of(make_article(language="ar"))))

    assert {(p["lang"], p["dir"]) for p in markup.all("p") if "lang" in p} == {("ar", "rtl")}
    entry = atom(feed_of(make_article(language="ar"))).find(f"{ATOM}entry")
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"


def test_a_feed_without_dispatches_is_still_a_feed():
    for feed in (feed_of(), corrections_of()):
        assert list(told(feed)) == [[], [], []]
        assert atom(feed).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"


def test_a_feed_leads_to_its_page_to_itself_to_older_news_and_to_its_hub():
    feed = feed_of(make_article(), older="c", site=replace(SITE, hub="https://hub.example/"))
    at = "https://news.example/section/world"

    for extension, form in (("xml", rss), ("atom", atom)):
        found = {one.get("rel"): one.get("href") for one in form(feed).findall(f".//{ATOM}link")}
        assert found["self"] == f"{at}/feed.{extension}"
        assert found["next"] == f"{at}/feed.{extension}?cursor=c"
        assert found["hub"] == "https://hub.example/"
    document = json_feed(feed)
    assert document["home_page_url"] == rss(feed).findtext("channel/link") == at
    assert document["feed_url"] == f"{at}/feed.json"
    assert document["next_url"] == f"{at}/feed.json?cursor=c"
    assert document["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]


def test_only_what_a_feed_has_is_linked():
    found = {one.get("rel") for one in atom(feed_of()).iter(f"{ATOM}link")}

    assert found == {"alternate", "self"}
    assert not {"hubs", "next_url"} & set(json_feed(feed_of()))


@pytest.mark.parametrize("extension", ["xml", "atom"])
def test_a_common_reader_of_feeds_finds_everything(extension):
    feedparser = pytest.importorskip("feedparser")
    article = full_article(language="fr")

    parsed = feedparser.parse(feeds.FORMS[extension](feed_of(article, *many(2))))

    assert not parsed.bozo
    assert len(parsed.entries) == 3
    found = parsed.entries[0]
    assert found.title == article.headline
    assert [author.name for author in found.authors] == list(article.byline)
    assert found.publisher == "Harbour Post"
    assert [tag.term for tag in found.tags] == ["World", "Ferry"]
    assert found.summary == article.summary.text
    (picture,) = found.media_content
    assert picture["url"] == "https://news.example/media/f.webp"
    assert picture["type"] == "image/webp"
