"""What readers see: the order of a page, its honesty, and that no text can become markup."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import pages, ranking
from chalicelib.core.around import Around
from chalicelib.core.article import BlockKind, Corrected, Generation, Source
from chalicelib.core.limits import MAX_SECTIONS
from chalicelib.core.pages import Page, labels
from chalicelib.core.ranking import Latest
from chalicelib.core.turns import Turns
from chalicelib.core.watch import Feed
from tests.core.pages_newsroom import (
    HARBOUR_POST,
    NOW,
    SITE,
    Seen,
    full_article,
    latest_of,
    make_article,
    many,
    text_of,
    told_by,
)
from tests.core.story_newsroom import LINKS, told_by_many

ROOT = Path(__file__).parents[2]
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
TURNS = Turns(older="older", newer="newer")
EMPTY = Latest(refreshed_at=NOW, leads=(), cards=())
RECEIPT = {
    "key": "world/ferry.md",
    "kind": "article",
    "outcome": "rejected",
    "errors": [
        {"code": "bad-date", "message": "No such day.", "fix": "Use 30 Nov.", "line": 3,
         "column": 9, "pointer": "/published_at"},
    ],
    "warnings": [{"code": "no-zone", "message": "UTC was taken.", "fix": "Add Z.", "line": None}],
    "kept": {"words": 640, "images": 1, "tables": 0},
    "dropped": [{"what": "script element", "count": 1, "why": "not allowed", "line": 44}],
    "duplicates": [{"article_id": "aaaabbbbccccdddd", "similarity": 0.97}],
    "summary": {"text": "The ferry ran aground.", "evidence": ["s1"]},
    "key_points": [{"id": "p1", "text": "All came ashore."}],
    "changes": {
        "since_revision": 4,
        "metadata": [{"name": "tags", "before": "ferry", "after": "ferry, callport"},
                     {"name": "section", "before": "", "after": "world"}],
        "words_added": 1,
        "words_removed": 1,
        "markup_changed": False,
        "paragraphs": [[{"kind": "kept", "text": "She carries "},
                        {"kind": "removed", "text": "214"}, {"kind": "added", "text": "221"}]],
        "untold": 3,
    },
}  # fmt: skip


def front(*articles, **changes):
    return pages.front(latest_of(*articles, **changes), site=SITE, now=NOW)


NOTHING = Around()


def article_page(article, *others, around=NOTHING):
    latest = latest_of(article, *others)
    return pages.article(article, latest=latest, around=around, site=SITE, now=NOW)


def corrected(article):
    return Corrected(card=article.card(), corrections=article.corrections_newest_first())


def structured(page):
    """Return what the page tells programs about itself: its nodes, by their type."""
    (told,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.render())
    told = json.loads(told)
    assert told["@context"] == "https://schema.org"
    return {node["@type"]: node for node in told["@graph"]}


def parts_of(page, name):
    """Return the list's parts in the section called *name*, as markup."""
    section = page.render().partition(f'<section class="{name}"')[2].partition("</section>")[0]
    return re.findall(r"<li.*?</li>", section, re.DOTALL)


def every_page():
    article, others = full_article(), many(30)
    cards, at = [one.card() for one in others], {"site": SITE, "now": NOW}
    latest = latest_of(article, *others)
    yield front(article, *others)
    yield pages.front(EMPTY, **at)
    yield article_page(
        article, *others, around=Around(told=(cards[0], *LINKS), near=tuple(cards[1:2]))
    )
    yield pages.source_text(article, **at)
    yield pages.story(told_by_many(), links=LINKS, **at)
    yield pages.corrections([corrected(article)], turns=TURNS, **at)
    yield pages.sources([(HARBOUR_POST, (Feed(address="https://harbourpost.example/rss"),))], **at)
    yield pages.status(latest=latest, feeds=(), versions={"Broadsheet": "0"}, **at)
    yield pages.front(latest, sections=("world", "none"), since=NOW, **at)
    yield pages.latest(latest, older="next", since=NOW - timedelta(hours=1), **at)
    yield pages.latest(latest, older="next", as_of=NOW - timedelta(hours=1), **at)
    yield pages.latest(EMPTY, older=None, **at)
    yield pages.archive(cards, turns=TURNS, as_of=NOW - timedelta(hours=1), **at)
    for kind, profile in (("section", None), ("tag", None), ("source", HARBOUR_POST)):
        yield pages.listing(
            kind=kind, value="harbour-post", profile=profile, cards=cards, turns=Turns(), **at
        )
    yield pages.problem(status=410, title="Gone", detail="Withdrawn.", latest=latest, **at)
    yield pages.problem(status=404, title="Not found", detail="Nothing.", latest=None, **at)
    yield pages.receipt(RECEIPT, **at)


on_every_page = pytest.mark.parametrize("page", tuple(every_page()), ids=lambda page: page.template)


def in_order(page, *texts):
    at = -1
    for text in texts:
        at = page.find(text, at + 1)
        assert at >= 0, f"{text!r} is missing or out of order"


# The order that readers rely on


@pytest.mark.parametrize("view", [front, article_page])
def test_an_article_is_told_in_the_order_that_readers_rely_on(view):
    article, other, near = (
        full_article(),
        make_article("sport/goal.md"),
        make_article("world/fog.md"),
    )
    page = (
        front(
            replace(article, terms=("boat", "fog", "sea")),
            other,
            replace(near, terms=("boat", "fog", "sea")),
        )
        if view is front
        else article_page(article, other, around=Around(told=(near.card(),)))
    ).render()

    in_order(
        page[page.index("<main") :],
        article.headline,
        'class="avatar"',
        article.source.name,
        '<time datetime="2026-11-24T05:19:12Z"',
        "4h ago",
        article.summary.text,
        article.headline,
        *[point.text for point in article.summary.key_points],
        *(["The full article"] if view is article_page else []),
        "Latest News",
        other.headline,
        "Around The Web",
        near.headline,
    )


def test_corrections_and_their_time_stand_above_the_summary():
    article = full_article()

    in_order(
        article_page(article).render(),
        "Corrected",
        '<time datetime="2026-11-24T08:31:12Z">24 November 2026, 08:31 UTC</time>',
        "It was 212, not 221.",
        'id="summary"',
    )


def test_a_point_says_that_its_sentence_came_with_a_correction_and_when():
    at = NOW - timedelta(hours=1)
    points = parts_of(article_page(full_article(corrected={"s2": at})), "points")

    (marked,) = [point for point in points if "Corrected" in point]
    assert "All 212 people were brought ashore." in marked
    assert '<time datetime="2026-11-24T08:31:12Z">24 November 2026, 08:31 UTC</time>' in marked


def test_the_age_is_told_in_full_to_who_hears_the_page():
    page = front(make_article()).render()

    assert 'title="24 November 2026, 05:19 UTC">4h ago<span class="vh">, 24 November 2026' in page


# Where a key point comes from


def test_a_point_leads_to_its_words_in_a_public_original():
    article = replace(full_article(), original_url="https://harbourpost.example/ferry?a=1#top")
    (link, *_) = [
        link["href"] or ""
        for link in Seen(article_page(article).render()).all("a")
        if "#:~:text=" in (link["href"] or "")
    ]

    address, _, told = link.partition("#:~:text=")
    words = unquote(told.split(",")[0]).split()
    quote = article.summary.key_points[0].evidence[0].quote.split()
    assert address == "https://harbourpost.example/ferry?a=1"
    assert len(words) >= min(5, len(quote))
    assert words == quote[: len(words)]
    assert "#:~:text=" not in article_page(replace(article, original_url=None)).render()


def test_every_key_point_leads_to_a_sentence_that_the_source_page_has():
    article = full_article()
    anchors = Seen(pages.source_text(article, site=SITE, now=NOW).render()).values("id")

    for page in (front(article), article_page(article)):
        cited = [
            link["href"] or ""
            for link in Seen(page.render()).all("a")
            if link.get("class") == "cite"
        ]
        assert len(cited) == len(article.summary.key_points)
        for href in cited:
            address, _, anchor = href.partition("#")
            assert address == SITE.article(article, page="source")
            assert anchor in anchors


def test_a_sentence_leads_back_to_what_rests_on_it():
    article = full_article()

    page = pages.source_text(article, site=SITE, now=NOW).render()

    in_order(page, 'id="s1"', f'href="{SITE.article(article)}#summary">Summary')
    in_order(page, 'id="s2"', f'href="{SITE.article(article)}#p1">Key point 1')


def test_the_stored_text_keeps_its_quotes_lists_tables_and_headings():
    page = pages.source_text(full_article(), site=SITE, now=NOW).render()

    in_order(page, "<h2>", "<blockquote>", "<ul>", "<li>", "<li>", "</ul>", '<table tabindex="0">')
    in_order(page, ">Sailing<", ">Cars<", "<tr>", ">07:10<", "<pre>", 'class="caption"')
    assert len(re.findall(r"<ul>\n<li><span id=", page)) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["paragraph", "heading", "list_item", "quote", "row", "code"]),
            st.lists(WORDS.filter(str.strip), min_size=1, max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_stored_text_is_shown_whole_and_every_anchor_once(
    blocks: list[tuple[BlockKind, tuple[str, ...]]],
):
    body, sentences = text_of(blocks)
    article = replace(make_article(), body=body, sentences=sentences)

    page = pages.source_text(article, site=SITE, now=NOW)

    groups = page.context["groups"]
    assert isinstance(groups, list)
    parts = [
        part
        for group in groups
        for block in group["blocks"]
        for cell in block["cells"]
        for part in cell
    ]
    assert "".join(part["text"] for part in parts) == "".join(
        body.text[block.start : block.end] for block in body.blocks
    )
    assert [part["id"] for part in parts if part["id"]] == [one.id for one in sentences]


# Honesty


def test_how_the_summary_was_made_and_what_was_withheld_is_told_on_demand():
    article = full_article()
    article = replace(
        article, summary=replace(article.summary, withheld=("numbers", "numbers", "new-check"))
    )

    page = front(article).render()

    in_order(page, "<details", "<summary>How it was made: sentences from the article</summary>")
    in_order(page, "3 points: a number that the article does not give (2); new-check", "lead 1")


def test_a_summary_written_by_a_model_says_so():
    article = full_article()
    made = Generation(method="bedrock", engine="some-model", engine_version="2")
    article = replace(article, summary=replace(article.summary, generation=made))

    assert "<summary>How it was made: by a model, then checked</summary>" in front(article).render()


def test_an_empty_newsroom_is_shown_as_a_fault_with_its_mend():
    page = pages.front(EMPTY, site=SITE, now=NOW).render()

    in_order(page, "The list could not be prepared", "fault", "desk publish", "receipt")
    assert "Latest News</h2>" not in page
    whole = pages.latest(EMPTY, older=None, site=SITE, now=NOW).render()
    in_order(whole, "The list could not be prepared", "fault of the site, not a day without news")


@pytest.mark.parametrize(("age_min", "stale"), [(2, False), (15, False), (16, True), (300, True)])
def test_a_list_that_is_no_longer_kept_up_to_date_says_so_and_is_served(age_min, stale):
    article = make_article()
    latest = latest_of(article, age_min=age_min)

    for page in (
        front(article, age_min=age_min),
        pages.latest(latest, older=None, site=SITE, now=NOW),
    ):
        text = page.render()
        assert ("Newer articles may be missing" in text) is stale
        in_order(text, "Updated <time", ">5h ago<" if age_min == 300 else f">{age_min}m ago<")
        assert article.headline in text


def test_an_article_on_what_nobody_else_reports_says_so():
    assert "No other report on this subject yet." in article_page(make_article()).render()


# The latest list


def by(name, key, *, age_min=60, **changes):
    source = Source(id=name.lower(), name=name)
    return make_article(key, age_min=age_min, source=source, **changes)


def whole_list(latest, **changes):
    return pages.latest(latest, older=None, site=SITE, now=NOW, **changes).render()


def test_every_article_of_the_list_says_why_it_is_there():
    ferry, report = by("Courier", "ferry.md", age_min=90), by("Post", "report.md", age_min=80)
    urgent = by("Wire", "urgent.md", age_min=200, breaking=True)
    latest = told_by(latest_of(ferry, report, urgent), "ferry", ferry, report)

    page = whole_list(latest)

    in_order(
        page,
        report.headline,
        f'id="why-{report.id}"',
        '<summary>Why<span class="vh"> is this</span> here?</summary>',
        "Public since 2026-11-24 08:11 UTC.",
        "Told by 2 owners: as if 3 h newer.",
        "Its score puts it level with an article from 2026-11-24 11:11 UTC.",
        "Also: <a",
        SITE.article(ferry),
        ">Courier<",
        urgent.headline,
        "Breaking news until 2026-11-24 12:11 UTC: as if 3 h newer.",
    )
    assert f'id="why-{ferry.id}"' not in page


def test_a_pinned_article_and_a_moved_one_say_what_overrules_their_score():
    pinned = by("Courier", "pinned.md", pinned_until=NOW + timedelta(hours=1))
    flood = [by("Courier", f"{n}.md", age_min=n) for n in range(4)]
    others = [by(f"Other {n}", f"o{n}.md", age_min=300) for n in range(8)]

    page = whole_list(latest_of(pinned, *flood, *others))

    in_order(
        page,
        pinned.headline,
        "Pinned above every score until 2026-11-24 10:31 UTC.",
        flood[0].headline,
        others[0].headline,
        flood[3].headline,
        "Moved down: of the first 10 articles, 3 at most are by Courier",
    )


def test_the_front_page_tells_its_first_story_once_with_links_to_who_tells_it_too():
    ferry, report, copy = (by(name, f"{name}.md") for name in ("Courier", "Post", "Wire"))
    others = many(12)
    latest = told_by(latest_of(ferry, report, copy, *others), "ferry", ferry, report, copy)

    seen = Seen(pages.front(latest, site=SITE, now=NOW).render())

    headings = [link["href"] for link in seen.all("a")]
    for article in (report, copy):
        assert headings.count(SITE.article(article)) == 1
    told = seen.words.partition("Around The Web")[2]
    assert report.headline in told
    assert copy.headline in told
    assert sum("/story/" in address for address in headings) == 1


def test_what_came_since_a_list_is_marked_and_counted():
    old, new, late = (
        by("Courier", "old.md", age_min=50, seen_at=NOW - timedelta(minutes=50)),
        by("Post", "new.md", age_min=5, seen_at=NOW - timedelta(minutes=5)),
        by("Wire", "late.md", age_min=90, seen_at=NOW - timedelta(minutes=1)),
    )
    since = NOW - timedelta(minutes=30)

    for page in (
        whole_list(latest_of(old, new, late), since=since),
        pages.front(latest_of(old, new, late), since=since, site=SITE, now=NOW).render(),
    ):
        assert "2 articles, marked New, came after 24 November 2026, 09:01 UTC." in page
        assert page.count(">New</b>") == 2
        assert f'href="{SITE.url()}' in page
    assert "Nothing has come since" in whole_list(latest_of(old), since=since)


def test_a_list_offers_what_will_be_new_since_it():
    latest = latest_of(make_article(), *many(2))

    link = "?since=2026-11-24T09%3A29%3A12Z"
    assert f'href="https://news.example/latest{link}"' in whole_list(latest)
    assert f'href="https://news.example/{link}"' in front(make_article(), *many(2)).render()


def test_a_front_page_can_be_narrowed_to_sections():
    world, sport = make_article("a.md"), make_article("b.md", section="sport")
    latest = latest_of(world, sport)

    page = pages.front(latest, sections=("sport",), site=SITE, now=NOW).render()
    nothing = pages.front(latest, sections=("weather", "law"), site=SITE, now=NOW).render()

    assert sport.headline in page
    assert world.headline not in page
    in_order(page, "Only Sport.", 'href="https://news.example/">Show every section')
    in_order(nothing, "No article of these sections is in the list now.", "Show every section")
    assert "Weather" not in nothing
    assert "could not be prepared" not in nothing
    broken = pages.front(EMPTY, sections=("sport",), site=SITE, now=NOW).render()
    assert "The list could not be prepared" in broken


def test_the_list_of_another_moment_says_so_and_is_not_for_search_engines():
    article = make_article()
    then = NOW - timedelta(hours=2)

    page = whole_list(latest_of(article, age_min=120), as_of=then)

    in_order(page, "noindex", "As of 24 November 2026, 07:31 UTC", article.headline)
    assert "Newer articles may be missing" not in page
    for more in (
        pages.latest(latest_of(article), older="c", as_of=then, site=SITE, now=NOW).render(),
        pages.archive(
            [article.card()], turns=Turns(older="c"), as_of=then, site=SITE, now=NOW
        ).render(),
    ):
        (link,) = [one for one in Seen(more).all("a") if one.get("rel") == "next"]
        assert set((link["href"] or "").partition("?")[2].split("&")) == {
            "as_of=2026-11-24T07%3A31%3A12Z",
            "cursor=c",
        }
    assert "Nothing that can be read now was public then." in whole_list(EMPTY, as_of=then)


@pytest.mark.parametrize(
    ("constant", "value", "told"),
    [
        ("DOUBLING_COUNTS", timedelta(hours=5), "2 owners count as 5 h, 4 owners count as 10 h"),
        ("BREAKING_COUNTS", timedelta(minutes=90), "+ 1 h 30 min if breaking"),
        ("BREAKING_FOR", timedelta(hours=11), "until an article is 11 h old"),
        ("SOURCE_CAP", 7, "7 at most are by one source"),
        ("TOP", 17, "Of the first 17 articles"),
        ("YIELDS_TO", timedelta(hours=13), "more than 13 h lower"),
    ],
)
def test_the_formula_on_the_page_is_the_one_that_ranks(monkeypatch, constant, value, told):
    def page():
        return Seen(pages.how_it_works(site=SITE, now=NOW).render()).words

    assert told not in page()

    monkeypatch.setattr(ranking, constant, value)

    assert told in page()


# What is listed


def test_nothing_is_listed_twice_on_a_front_page():
    lead, *others = [
        replace(article, terms=("boat", "fog", "sea") if number < 4 else ("goal",))
        for number, article in enumerate(many(30))
    ]

    links = [
        link["href"]
        for link in Seen(front(lead, *others).render()).all("a")
        if (link["href"] or "").startswith("https://news.example/a/")
    ]

    for article in others:
        assert links.count(SITE.article(article)) == 1, article.key


def test_a_small_newsroom_keeps_its_latest_news_whole():
    article, other = [replace(article, terms=("boat", "fog", "sea")) for article in many(2)]

    page = front(article, other).render()

    in_order(page, ">Latest News<", other.headline, ">Around The Web<", other.headline)


def test_an_article_does_not_list_itself():
    article, other = many(2)

    context = article_page(article, other).context

    news = context["news"]
    assert isinstance(news, dict)
    assert [card["headline"] for card in news["cards"]] == [other.headline]


def test_older_articles_are_a_link_away_and_the_end_has_none():
    articles = many(2)
    cards = [article.card() for article in articles]

    more = pages.latest(latest_of(*articles), older="a/b=&c", site=SITE, now=NOW).render()
    last = pages.latest(latest_of(*articles), older=None, site=SITE, now=NOW).render()
    archive = pages.archive(cards, turns=Turns(older="a/b=&c"), site=SITE, now=NOW).render()
    end = pages.archive(cards, turns=Turns(), site=SITE, now=NOW).render()

    for one in (more, archive):
        assert 'href="https://news.example/latest?cursor=a%2Fb%3D%26c" rel="next"' in one
    for one in (last, end):
        assert 'rel="next"' not in one
    assert 'class="pager"' not in end


def test_newer_articles_are_a_link_away_and_the_newest_page_has_none():
    cards = [article.card() for article in many(2)]
    shown = {"kind": "section", "value": "world", "profile": None, "site": SITE, "now": NOW}

    inside = pages.listing(cards=cards, turns=Turns(older="c", newer="a/b"), **shown).render()
    newest = pages.listing(cards=cards, turns=Turns(older="c"), **shown).render()
    beyond = pages.listing(cards=(), turns=Turns(older="c"), **shown).render()

    assert 'href="https://news.example/section/world?before=a%2Fb" rel="prev"' in inside
    assert ">Newest</a>" in inside
    assert 'rel="prev"' not in newest
    assert ">Newest</a>" not in newest
    assert ">Newest</a>" in beyond


def test_breaking_ends_after_six_hours_and_pinned_with_its_time():
    old = replace(full_article(), published_at=NOW - timedelta(hours=6), pinned_until=NOW)

    assert 'class="flag breaking"' in front(full_article()).render()
    assert 'class="flag pinned"' in front(full_article()).render()
    assert 'class="flag breaking"' not in front(old).render()
    assert 'class="flag pinned"' not in front(old).render()


# Languages


def test_an_arabic_article_is_set_from_right_to_left_in_all_its_parts():
    article = full_article(language="ar")

    page = article_page(article).render()

    for opening in ("<h1", '<p class="summary" id="summary"', '<h2 id="points"', "<ul", "<div"):
        assert re.search(f'{opening}[^>]* lang="ar" dir="rtl"', page), opening
    assert '<html lang="en">' in page


def test_a_japanese_headline_among_english_ones_names_its_language():
    page = front(make_article(), make_article("ja.md", language="ja")).render()

    assert '<h3 lang="ja"><a' in page
    assert 'dir="rtl"' not in page


# What an article tells programs


def test_an_article_tells_search_engines_what_it_is_and_what_was_wrong():
    article = full_article()

    told = structured(article_page(article))["NewsArticle"]

    assert told["url"] == told["mainEntityOfPage"] == SITE.article(article)
    assert told["headline"] == article.headline
    assert told["datePublished"] == "2026-11-24T05:19:12Z"
    assert told["dateModified"] == "2026-11-24T08:31:12Z"
    assert told["author"] == [{"@type": "Person", "name": "Ilse Marrow"}]
    assert told["publisher"]["name"] == "Harbour Post"
    assert told["publisher"]["logo"]["url"] == "https://news.example/media/0a1b.png"
    assert told["image"]["url"] == "https://news.example/media/f.webp"
    assert told["isBasedOn"] == "https://harbourpost.example/ferry"
    assert told["inLanguage"] == "en"
    assert told["wordCount"] == 49
    assert told["isAccessibleForFree"] is True
    assert told["correction"] == [
        {
            "@type": "CorrectionComment",
            "text": "It was 212, not 221.",
            "datePublished": "2026-11-24T08:31:12Z",
        }
    ]


def test_what_an_article_does_not_say_is_not_told():
    told = structured(article_page(make_article(section=None)))["NewsArticle"]

    absent = {"articleSection", "correction", "image", "isBasedOn", "keywords", "hasPart"}
    assert not absent & set(told)
    assert told["author"] == [told["publisher"]]


def test_what_a_model_wrote_is_told_to_be_written_by_one():
    article = make_article()
    written = replace(article.summary.generation, method="bedrock")
    told = structured(
        article_page(replace(article, summary=replace(article.summary, generation=written)))
    )

    source = told["NewsArticle"]["hasPart"]["digitalSourceType"]
    assert source == "https://schema.org/TrainedAlgorithmicMediaDigitalSource"


def properties(page):
    metas = Seen(page.render()).all("meta")
    return {meta.get("property") or meta.get("name"): meta.get("content") for meta in metas}


def test_who_shows_a_link_to_an_article_is_given_a_picture_that_all_can_read():
    told = properties(article_page(full_article(language="pt-BR")))

    assert told["og:image"] == "https://news.example/media/s.jpeg"
    assert (told["og:image:width"], told["og:image:height"]) == ("1200", "675")
    assert told["og:image:alt"] == "A ferry"
    assert told["og:locale"] == "pt_BR"
    assert told["twitter:card"] == "summary_large_image"
    assert told["article:section"] == "World"
    assert told["article:published_time"] == "2026-11-24T05:19:12Z"
    assert told["article:modified_time"] == "2026-11-24T08:31:12Z"


@pytest.mark.parametrize("page", [article_page(make_article()), front(make_article())])
def test_what_has_no_picture_promises_none(page):
    told = properties(page)

    assert told["twitter:card"] == "summary"
    assert not {name for name in told if name and name.startswith("og:image")}
    assert "og:locale" not in told


def test_a_long_headline_is_told_to_search_engines_as_far_as_they_read():
    told = structured(article_page(make_article(headline="ferry " * 40)))

    assert len(told["NewsArticle"]["headline"]) <= 110


def test_an_article_tells_where_it_stands():
    told = structured(article_page(make_article()))["BreadcrumbList"]

    assert [(one["position"], one["name"]) for one in told["itemListElement"]] == [
        (1, "Broadsheet"), (2, "World"), (3, "What happened in world/ferry.md"),
    ]  # fmt: skip
    assert told["itemListElement"][1]["item"] == SITE.section("world")
    assert "item" not in told["itemListElement"][2]


def test_the_front_page_tells_the_site_and_what_stands_first():
    articles = [make_article(), *many(20)]
    told = structured(front(*articles))

    assert told["WebSite"]["url"] == "https://news.example/"
    listed = told["CollectionPage"]["mainEntity"]["itemListElement"]
    assert listed[0]["url"] == SITE.article(articles[0])
    assert [one["position"] for one in listed] == list(range(1, 11))
    assert len({one["url"] for one in listed}) == 10


def test_a_list_tells_what_it_lists_and_whose():
    source = make_article().source
    cards = [one.card() for one in many(2)]
    told = structured(
        pages.listing(kind="source", value=source.id, profile=source, cards=cards, turns=Turns(),
                      site=SITE, now=NOW)
    )  # fmt: skip

    assert told["CollectionPage"]["about"]["name"] == source.name
    assert [one["url"] for one in told["CollectionPage"]["mainEntity"]["itemListElement"]] == [
        SITE.article(one) for one in many(2)
    ]
    assert (
        "mainEntity"
        not in structured(pages.corrections((), turns=Turns(), site=SITE, now=NOW))[
            "CollectionPage"
        ]
    )


def test_search_engines_are_sent_to_the_original_of_what_was_published_elsewhere_first():
    for original in ("https://harbourpost.example/ferry", None):
        article = full_article(original_url=original)
        seen = Seen(article_page(article).render())

        (canonical,) = [link["href"] for link in seen.all("link") if link["rel"] == "canonical"]
        assert canonical == (original or SITE.article(article))
        assert SITE.article(article) in seen.values("content")


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (front(make_article()), ""),
        (article_page(make_article()), ""),
        (pages.corrections((), turns=Turns(), site=SITE, now=NOW), "corrections/"),
        (pages.listing(kind="tag", value="ferry", profile=None, cards=(), turns=Turns(),
                       site=SITE, now=NOW), "tag/ferry/"),
    ],
)  # fmt: skip
def test_a_page_offers_its_own_feed_in_every_form(page, place):
    links = Seen(page.render()).all("link")
    offered = {link["type"]: link["href"] for link in links if "feed" in link["href"]}

    assert offered == {
        "application/rss+xml": f"https://news.example/{place}feed.xml",
        "application/atom+xml": f"https://news.example/{place}feed.atom",
        "application/feed+json": f"https://news.example/{place}feed.json",
    }


# Text is never markup


@given(WORDS, WORDS)
def test_no_text_can_open_a_tag_or_leave_its_attribute(text, other):
    def told(text, other):
        article = full_article(
            headline=text,
            standfirst=other,
            byline=(text,),
            source=Source(id="x", name=other, owner=text, country=text, kind=other, avatar="a"),
        )
        article = replace(
            article,
            image=replace(article.image, alt=text, stated_credit=other, stated_caption=text),
            corrections=(replace(article.corrections[0], text=other),),
            summary=replace(
                article.summary,
                text=text,
                withheld=(other,),
                key_points=(replace(article.summary.key_points[0], text=other),),
            ),
        )
        changes = RECEIPT["changes"] | {
            "metadata": [{"name": text, "before": other, "after": text}],
            "paragraphs": [[{"kind": kind, "text": text} for kind in ("kept", "removed", "added")]],
        }
        at = {"site": SITE, "now": NOW}
        yield article_page(article, replace(article, id="b"))
        yield pages.source_text(article, **at)
        yield pages.corrections([corrected(article)], turns=Turns(), **at)
        yield pages.problem(status=404, title=text, detail=other, latest=None, **at)
        yield pages.receipt(
            RECEIPT
            | {"key": text, "outcome": other, "errors": [{"message": other}], "changes": changes},
            **at,
        )

    def shapes(text, other):
        # A long headline is set smaller: by an attribute of ours that is not the text's doing.
        return [
            [(tag, [a for a in names if a != "class"]) for tag, names in Seen(page.render()).shape]
            for page in told(text, other)
        ]

    assert shapes(text, other) == shapes("plain", "words")


def test_hostile_words_are_shown_as_they_are():
    hostile = "<script>alert('x')</script> \" onmouseover=x '"

    page = article_page(make_article(headline=hostile)).render()

    assert page.count("<script") == page.count("</script") == 1
    told = structured(article_page(make_article(headline=hostile)))
    assert told["NewsArticle"]["headline"] == hostile
    assert hostile in Seen(page).words


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "http://["]
)
def test_an_address_that_is_no_web_page_is_no_link(address):
    article = full_article(
        original_url=address, source=Source(id="x", name="X", home_url=address, kind="blog")
    )
    listed = pages.listing(
        kind="source",
        value="x",
        profile=article.source,
        cards=(),
        turns=Turns(),
        site=SITE,
        now=NOW,
    )

    for page in (article_page(article), listed):
        assert address not in Seen(page.render()).values("href")


# What every page has


@on_every_page
def test_every_page_has_one_h1_unique_ids_and_no_program(page):
    seen = Seen(page.render())

    assert len(seen.all("h1")) == 1
    assert len(seen.values("id")) == len(set(seen.values("id")))
    assert {"header", "nav", "main", "footer"} <= {tag for tag, _ in seen.elements}
    assert all(one == {"type": "application/ld+json"} for one in seen.all("script"))
    assert not any(seen.all("style"))
    assert not seen.values("style")
    assert len(seen.all("h3")) == len([a for a in seen.all("article") if a.get("class") == "card"])


@on_every_page
def test_every_page_links_only_to_what_the_site_has(page):
    known = re.compile(
        r"https://news\.example/(|latest(\?.+)?|a/[a-z2-7]{16}(/[a-z-]+(/(source|history))?)?|how-it-works|sources|status|corrections(\?(cursor|before)=.+)?"
        r"|((section|tag|source)/[a-z-]+/|story/[a-z2-7]{16}/|corrections/)?feed\.(xml|atom|json)(\?sections=.+)?|\?.+"
        r"|(section|tag|source)/[a-z-]+|media/.+|story/[a-z2-7]{16}|v1/(latest|sources|health|stories/[a-z2-7]{16}|articles(/[a-z2-7]{16})?))(#[a-z0-9]+)?"
        r"|https://(www\.)?harbourpost\.example/.*|#main|data:image/svg\+xml,.+|mailto:.*"
        r"|https://news\.example/(apple-touch-icon\.png|manifest\.webmanifest(\?sections=.+)?)"
    )
    seen = Seen(page.render())
    passing_on = [a["href"] for a in seen.all("a") if "nofollow noopener" in (a.get("rel") or "")]

    for address in {*seen.values("href"), *seen.values("src")} - {*passing_on}:
        assert known.fullmatch(address), address


@on_every_page
def test_every_image_has_its_size_and_is_lazy_unless_it_leads(page):
    for image in Seen(page.render()).all("img"):
        assert image["width"]
        assert image["height"]
        assert "alt" in image
        assert (image.get("loading") == "lazy") is (image["width"] == "20")


def test_the_image_stands_below_the_summary_in_two_widths_with_its_caption_and_credit():
    page = article_page(full_article()).render()
    (image,) = [one for one in Seen(page).all("img") if one["alt"] == "A ferry"]

    wide, narrow = SITE.url("media/f.webp"), SITE.url("media/n.webp")
    assert image["src"] == wide
    assert image["srcset"] == f"{narrow} 640w, {wide} 1600w"
    in_order(page, 'id="summary"', "<figure", "The ferry on Monday.", "I. M.", "</figure>")


def test_the_policy_admits_the_style_of_the_page_and_no_other():
    page = front(make_article()).render()
    page += (
        article_page(full_article()).render() + pages.receipt(RECEIPT, site=SITE, now=NOW).render()
    )
    sheets = set(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))

    digests = {b64encode(hashlib.sha256(sheet.encode()).digest()).decode() for sheet in sheets}

    (policy,) = re.findall(r"style-src ([^;]*);", pages.content_security_policy())
    assert set(policy.split()) == {f"'sha256-{digest}'" for digest in digests}
    assert "@import" not in "".join(sheets)
    assert "url(" not in "".join(sheets)


def test_a_front_page_of_thirty_cards_fits_one_round_trip():
    subjects = ("Shipyard hires four hundred", "Council votes on timetables", "Late goal at sea")
    articles = [
        replace(article, headline=f"{subjects[n % 3]}, and why it matters to {n} towns")
        for n, article in enumerate(many(31))
    ]

    page = front(full_article(), *articles).render().encode()

    assert len(gzip.compress(page)) <= 10_000
    (style,) = re.findall(rb"<style>(.*?)</style>", page, re.DOTALL)
    assert len(style) < 9_000


def test_a_page_without_a_public_address_claims_none():
    article = full_article(original_url=None)
    relative = replace(SITE, base="/api")

    page = pages.article(
        article, latest=latest_of(article), around=Around(), site=relative, now=NOW
    ).render()

    assert "canonical" not in page
    assert "og:image" not in page
    assert 'href="/api/latest"' in page


# When something is wrong


def test_a_page_that_is_gone_says_why_and_offers_the_news():
    page = pages.problem(
        status=410,
        title="No longer available",
        detail="Withdrawn by its publisher.",
        latest=latest_of(make_article()),
        site=SITE,
        now=NOW,
    ).render()

    in_order(page, "noindex", "410", "<h1>No longer available", "Withdrawn by its publisher.")
    in_order(page, 'href="https://news.example/">To the front page', "What happened in world/ferry")


def test_a_receipt_tells_an_editor_where_and_how_to_mend():
    page = pages.receipt(RECEIPT, site=SITE, now=NOW).render()

    in_order(page, "world/ferry.md", "Rejected", "Nothing that readers see was changed.")
    in_order(page, "Errors", "line 3, column 9, /published_at", "No such day.", "Use 30 Nov.")
    in_order(
        page, "Warnings", "UTC was taken.", "Add Z.", "The ferry ran aground.", "All came ashore."
    )
    in_order(page, "script element: not allowed (line 44)", "640 words", "1 image<", "97%")


def test_a_receipt_shows_an_update_as_what_went_and_what_came():
    page = pages.receipt(RECEIPT, site=SITE, now=NOW).render()

    in_order(
        page, "Changed since revision 4", "tags", "<del>ferry</del> <ins>ferry, callport</ins>"
    )
    in_order(page, 'section</dt><dd dir="auto"><ins>world</ins>')
    in_order(page, "She carries <del>214</del><ins>221</ins>")
    in_order(page, "Words added to the text: 1; removed from it: 1.", "not told here: 3")


@pytest.mark.parametrize(
    ("is_changed", "said"),
    [
        (False, "The text did not change. Changes not told here: 3."),
        (True, "The text did not change, but its links, images or emphasis did."),
    ],
)
def test_a_receipt_says_of_an_update_that_the_text_stayed(is_changed, said):
    changes = RECEIPT["changes"] | {"paragraphs": [], "markup_changed": is_changed}

    assert said in pages.receipt(RECEIPT | {"changes": changes}, site=SITE, now=NOW).render()


def test_a_receipt_with_nothing_to_say_says_its_outcome():
    page = pages.receipt({"key": ".DS_Store", "outcome": "ignored"}, site=SITE, now=NOW).render()

    in_order(page, ".DS_Store", "Ignored", "not for publishing")


# The digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
CONTEXTS = st.dictionaries(st.text(), JSON, max_size=4)


@given(CONTEXTS, CONTEXTS)
def test_two_pages_share_a_digest_exactly_when_they_say_the_same(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert (Page("a.html", one).digest() == Page("a.html", other).digest()) is same
    assert Page("a.html", one).digest() == Page("a.html", dict(reversed(one.items()))).digest()
    assert Page("a.html", one).digest() != Page("b.html", one).digest()


@on_every_page
def test_a_page_is_made_of_plain_values_alone(page):
    assert json.loads(json.dumps(page.context)) == page.context
    assert page.render() == Page(page.template, json.loads(json.dumps(page.context))).render()


def test_the_digest_stands_still_until_a_label_changes():
    article = make_article(age_min=252)
    latest = latest_of(article)

    def front_at(seconds):
        return pages.front(latest, site=SITE, now=NOW + timedelta(seconds=seconds)).digest()

    def article_at(seconds):
        at = {"site": SITE, "now": NOW + timedelta(seconds=seconds)}
        return pages.article(article, latest=latest, around=Around(), **at).digest()

    assert front_at(0) == front_at(59)
    assert front_at(0) != front_at(60)
    assert article_at(0) == article_at(600)
    assert article_at(0) != article_at(3600)


def test_a_digest_costs_no_template_engine():
    asked = (
        "import sys; from chalicelib.core import pages;"
        "pages.Page('front.html', {}).digest(); pages.content_security_policy();"
        "print(sorted({'jinja2', 'markupsafe', 'boto3'} & set(sys.modules)))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert answer.stdout.strip() == "[]"


# Words


@pytest.mark.parametrize(
    ("seconds", "label"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1m ago"),
        (3599, "59m ago"),
        (3600, "1h ago"),
        (4 * 3600 + 1800, "4h ago"),
        (86399, "23h ago"),
        (86400, "1d ago"),
        (7 * 86400 - 1, "6d ago"),
        (7 * 86400, "17 Nov"),
        (365 * 86400, "24 Nov 2025"),
        (-1, "in a moment"),
        (-7200, "in 2h"),
        (-90, "in 1m"),
        (-8 * 86400, "2 Dec"),
    ],
)
def test_an_age_is_counted_for_a_week_and_dated_afterwards(seconds, label):
    at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    assert labels.age(at - timedelta(seconds=seconds), now=at)["label"] == label


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("world", "World"),
        ("uk-politics", "UK Politics"),
        ("rail-freight", "Rail Freight"),
        ("bank-of-vessany", "Bank of Vessany"),
        ("", ""),
    ],
)
def test_a_slug_is_read_as_a_name(slug, name):
    assert labels.name(slug) == name


@pytest.mark.parametrize(
    ("characters", "language", "label"),
    [
        (0, "en", None),
        (20, "en", "1 min read"),
        (5600, "en", "4 min read"),
        (2200, "ja", "4 min read"),
        (1600, "zh-Hant", "4 min read"),
    ],
)
def test_reading_time_knows_how_much_a_sign_carries(characters, language, label):
    assert labels.reading_time(characters, language=language) == label


@given(st.text())
def test_a_description_is_short_and_one_line(text):
    told = labels.clipped(text)

    assert len(told) <= labels.MAX_DESCRIPTION
    assert told == " ".join(told.split())


def test_a_title_names_the_site_where_there_is_room_and_is_never_cut_by_others():
    assert labels.titled("Ferry", site_title="Broadsheet") == "Ferry · Broadsheet"
    assert labels.titled("Ferry " * 11, site_title="Broadsheet") == "Ferry " * 10 + "Ferry"
    assert labels.titled("Ferry " * 40, site_title="Broadsheet") == "Ferry " * 10 + "Ferry…"


def test_who_has_no_avatar_is_stood_for_by_a_letter():
    page = front(make_article(source=Source(id="mk", name="港新聞"))).render()

    assert '<span class="avatar" aria-hidden="true">港</span>' in page


# Passing on, and reporting errors


def test_an_article_is_passed_on_by_links_that_carry_its_whole_address():
    article = full_article(headline="Ferry & crew: “safe” at 5% above")
    address = SITE.article(article)

    seen = Seen(article_page(article).render())

    links = [a["href"] or "" for a in seen.all("a") if "nofollow noopener" in (a.get("rel") or "")]
    told = [unquote(link) for link in links]
    assert len(links) == len({link.partition("?")[0] for link in links}) == 6
    assert all(address in link for link in told)
    assert [f"{article.headline} {address}" in link for link in told].count(True) == 3
    assert all("&" not in quote.partition("=")[2] for link in links for quote in link.split("&"))


def test_nothing_is_passed_on_from_a_site_that_does_not_know_its_address():
    article = full_article()
    shown = pages.article(
        article, latest=latest_of(article), around=Around(), site=replace(SITE, base=""), now=NOW
    )

    assert "nofollow noopener" not in shown.render()


def test_an_error_is_reported_with_the_article_and_the_point_that_it_is_in():
    article = full_article()
    site = replace(SITE, corrections_email="desk+errors@news.example")
    page = pages.article(
        article, latest=latest_of(article), around=Around(), site=site, now=NOW
    ).render()

    letters = [one for one in Seen(page).values("href") if one.startswith("mailto:desk")]

    assert letters
    for letter in letters:
        assert letter.startswith("mailto:desk%2Berrors@news.example?subject=")
        assert "%0D%0A" in letter
    points = {f"{site.article(article)}#{point.id}" for point in article.summary.key_points}
    told = {unquote(letter).partition("body=")[2].split("\r\n")[0] for letter in letters}
    assert told == {*points, site.article(article)}
    assert "mailto:desk" not in article_page(article).render()


# Sections on and off


def test_a_reader_takes_sections_in_and_out_by_the_address_alone():
    world, sport = (
        make_article("world/a.md", section="world"),
        make_article("s/b.md", section="sport"),
    )
    culture = make_article("c/c.md", section="culture")
    latest = latest_of(world, sport, culture)

    def choices(*sections: str) -> dict[str, str]:
        page = pages.front(latest, sections=sections, site=SITE, now=NOW).context["choices"]
        assert isinstance(page, list)
        return {("" if one["shown"] else "+") + one["label"]: one["url"] for one in page}

    home = "https://news.example/"
    assert choices() == {
        "Culture": f"{home}?sections=sport,world",
        "Sport": f"{home}?sections=culture,world",
        "World": f"{home}?sections=culture,sport",
    }
    assert choices("sport", "gardening") == {
        "+Culture": f"{home}?sections=culture,sport",
        "Sport": home,
        "+World": f"{home}?sections=sport,world",
    }
    assert choices("sport", "world")["+Culture"] == home


def test_no_choice_is_offered_that_an_address_cannot_hold():
    everything = [f"section-{n:02}" for n in range(MAX_SECTIONS + 2)]
    latest = latest_of(*(make_article(f"{slug}/a.md", section=slug) for slug in everything))

    def choices(*sections: str) -> dict[str, bool]:
        page = pages.front(latest, sections=sections, site=SITE, now=NOW).context["choices"]
        assert isinstance(page, list)
        return {one["url"].partition("?sections=")[2]: one["shown"] for one in page}

    assert choices() == dict.fromkeys(everything, False)
    whole = everything[:MAX_SECTIONS]
    assert choices(*whole) == {
        ",".join(one for one in whole if one != left): True for left in whole
    }
    assert len(choices(*whole[1:])) == len(everything)


def test_one_section_is_no_choice():
    assert "Choose sections" not in front(make_article(section="world")).render()


# What changed


def test_an_updated_article_says_when_and_leads_to_what_changed():
    plain = make_article()
    updated = replace(plain, updated_at=NOW - timedelta(minutes=5), revision=2)

    assert "Updated <time" not in article_page(plain).render()
    page = article_page(updated).render()
    in_order(page, f'<a href="{SITE.article(updated, page="history")}">Updated ', "5m ago")
