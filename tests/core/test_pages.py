"""What holds for every page: no text becomes markup, no link is dead, what is wrong is said."""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import pages
from chalicelib.core.around import Around
from chalicelib.core.article import Source
from chalicelib.core.pages import labels
from chalicelib.core.turns import Turns
from tests.core.pages_made import (
    RECEIPT,
    WORDS,
    article_page,
    corrected,
    front,
    in_order,
    on_every_page,
    structured,
)
from tests.core.pages_newsroom import (
    NOW,
    SITE,
    Seen,
    full_article,
    latest_of,
    make_article,
    many,
)

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
    cards = [one for one in seen.all("article") if "card" in one.get("class", "").split()]
    assert len(seen.all("h3")) == len(cards)


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
