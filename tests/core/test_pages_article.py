"""What an article's page shows: its order, where its points come from, honesty, ways out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import pages
from chalicelib.core.around import Around
from chalicelib.core.article import BlockKind, Generation
from tests.core.pages_made import (
    EMPTY,
    WORDS,
    article_page,
    front,
    in_order,
    parts_of,
)
from tests.core.pages_newsroom import (
    NOW,
    SITE,
    Seen,
    full_article,
    latest_of,
    make_article,
    text_of,
)

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


# What changed


def test_an_updated_article_says_when_and_leads_to_what_changed():
    plain = make_article()
    updated = replace(plain, updated_at=NOW - timedelta(minutes=5), revision=2)

    assert "Updated <time" not in article_page(plain).render()
    page = article_page(updated).render()
    in_order(page, f'<a href="{SITE.article(updated, page="history")}">Updated ', "5m ago")


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
