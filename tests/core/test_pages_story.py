"""The story's page: who was first, who repeats whom, where the sources differ."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import pages
from chalicelib.core.article import Source
from chalicelib.core.pages import labels
from chalicelib.core.stories import Story
from tests.core.pages_made import WORDS, in_order
from tests.core.pages_newsroom import NOW, SITE, Seen
from tests.core.story_newsroom import LINKS, account, story_of, told_by_many


def page(story: Story, **given: object) -> str:
    return pages.story(story, site=SITE, now=NOW, **given).render()  # type: ignore[arg-type]


def test_a_story_says_who_was_first_and_how_many_tell_it() -> None:
    told = told_by_many()

    in_order(
        page(told),
        f'<link rel="canonical" href="https://news.example/story/{told.id}">',
        f'type="application/json" href="https://news.example/v1/stories/{told.id}"',
        "<h1>Wire on the ferry</h1>",
        "First reported by",
        ">Wire</a>",
        "4h ago",
        "4 articles by 4 sources, 1 of them a copy.",
    )


def test_copies_are_folded_under_their_original_and_the_others_follow_in_order() -> None:
    in_order(
        page(told_by_many()),
        "Who tells it",
        "Wire on the ferry",
        "The first to report it",
        "<details",
        "Printed by Echo too",
        "Echo on the ferry",
        "Nothing in it is new",
        "</details>",
        "Post on the ferry",
        "In its own words",
        "Mail on the ferry",
    )


def test_numbers_that_differ_stand_side_by_side_and_lead_to_their_sentences() -> None:
    told = told_by_many()
    wire, _, post, _ = (member.card for member in told.members)

    in_order(
        page(told),
        "Where the sources differ",
        "People killed",
        "The sources differ.",
        "<dt><b>12</b></dt>",
        "The Skerrin ferry fire off Callport killed 12 people.</q>",
        "Wire,",
        f'href="{SITE.article(wire, page="source", anchor="s1")}"',
        "<dt><b>15</b></dt>",
        "left 15 dead.</q>",
        f'href="{SITE.article(post, page="source", anchor="s1")}"',
    )


def test_a_number_that_many_give_is_quoted_from_three_of_them() -> None:
    twelve = "killed 12 people on the Skerrin ferry off Callport"
    told = story_of(
        account(f"Officials now say that the fire {twelve}.", source="a"),
        account(f"Long before dawn the blaze {twelve}, the coastguard tells us.", source="b"),
        account(f"Divers from Ostrey saw how a blaze {twelve} in calm water.", source="c"),
        account(f"It {twelve}, and the harbour of Vell has closed.", source="d"),
        account(f"Smoke and flames {twelve} at the sandbank.", source="e"),
        account("Fifteen people died on the Skerrin ferry off Callport.", source="f"),
    )

    shown = page(told)

    assert shown.count("12 people on the Skerrin ferry") == 3
    assert "and 1 more source<" in shown


def test_a_number_that_later_reports_replace_is_told_as_such() -> None:
    told = story_of(
        account("The Skerrin ferry fire off Callport killed 12 people.", source="wire"),
        account("Off Callport a fire on the Skerrin ferry left 15 dead.", source="post", hours=2),
    )

    in_order(page(told), "Later reports give another number.", "12", "05:31", "15", "07:31")


def test_a_story_of_one_article_claims_no_more() -> None:
    alone = page(story_of(account("The ferry is late.")))

    in_order(alone, "1 article by 1 source.", "The first to report it")
    assert "differ" not in Seen(alone).words
    assert "<details" not in alone
    assert "Around The Web" not in alone


def test_reports_elsewhere_are_listed_with_who_asks_for_a_subscription() -> None:
    in_order(
        page(told_by_many(), links=LINKS),
        "Around The Web",
        'href="https://www.harbourpost.example/pilots"',
        "What the pilots knew",
        "Harbour Post",
        "4h ago",
        "Subscription needed there",
        "No date given",
    )


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//x.example", ""])
def test_an_address_elsewhere_that_is_no_web_page_is_not_listed(address: str) -> None:
    assert "Around The Web" not in page(told_by_many(), links=[replace(LINKS[0], url=address)])


def test_fifty_articles_are_all_there_and_the_page_stays_small() -> None:
    told = story_of(*(account(f"Report {n}.", source=f"paper {n}") for n in range(50)))

    shown = page(told)

    links = Seen(shown).values("href")
    assert all(SITE.article(member.card) in links for member in told.members)
    assert "50 articles by 50 sources." in shown
    assert len(shown) < 60_000


def test_many_copies_are_named_in_one_line() -> None:
    wire = [f"Wire part {n} of wire report tells wire reader {n} how wire went." for n in range(40)]
    told = story_of(*(account(*wire, source=name, hours=n / 2) for n, name in enumerate("abcdef")))

    assert "Printed by B, C and 3 more too" in page(told)


def test_an_arabic_headline_is_set_from_right_to_left_beside_english_ones() -> None:
    shown = page(
        story_of(
            account("عبارة سكيرين.", language="ar", headline="عبارة"),
            account("The ferry.", source="post", hours=1),
        )
    )

    assert '<h1 lang="ar" dir="rtl">' in shown
    assert '<h3 lang="ar" dir="rtl">' in shown
    assert "<h3><a" in shown


@given(WORDS, WORDS)
def test_no_text_can_open_a_tag_or_leave_its_attribute(text: str, other: str) -> None:
    def shape(text: str, other: str) -> object:
        source = Source(id="x", name=other, avatar="a")
        told = told_by_many()
        cards = [replace(one.card, headline=text, source=source) for one in told.members]
        members = [replace(one, card=card) for one, card in zip(told.members, cards, strict=True)]
        links = [replace(LINKS[0], headline=other, source=source)]
        shown = page(replace(told, members=tuple(members)), links=links)
        return Seen(shown).shape

    assert shape(text, other) == shape("plain", "words")


def test_a_page_is_new_only_when_something_on_it_reads_differently() -> None:
    def at(seconds: int) -> str:
        return pages.story(told_by_many(), site=SITE, now=NOW + timedelta(seconds=seconds)).digest()

    assert at(0) == at(600)
    assert at(0) != at(3600)


# Words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "Nothing in it is new"),
        (0.1, "A little of it is new"),
        (0.26, "A quarter of it is new"),
        (0.35, "A third of it is new"),
        (0.52, "Half of it is new"),
        (0.7, "Two thirds of it is new"),
        (0.97, "In its own words"),
    ],
)
def test_what_an_article_adds_is_told_in_words(share: float, words: str) -> None:
    assert labels.added(share) == words


@given(st.floats(0, 1))
def test_every_share_has_words(share: float) -> None:
    assert labels.added(share)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "C"], "A, B and C"),
        (["A", "B", "C", "D", "E"], "A, B and 3 more"),
    ],
)
def test_names_are_joined_as_one_says_them(names: list[str], words: str) -> None:
    assert labels.joined(names) == words


@pytest.mark.parametrize(
    ("thing", "heading"),
    [("people killed", "People killed"), ("£", "Amount in £"), ("US$", "Amount in US$"),
     ("%", "Share")],
)  # fmt: skip
def test_what_is_counted_is_named_in_a_heading(thing: str, heading: str) -> None:
    assert labels.thing(thing) == heading


def test_a_story_tells_programs_of_its_articles_and_is_none_itself() -> None:
    told = told_by_many()
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page(told))
    nodes = json.loads(data)["@graph"]
    articles = [node for node in nodes if node["@type"] == "NewsArticle"]

    assert [one["url"] for one in articles] == [SITE.article(one.card) for one in told.members]
    assert all(one["headline"] and one["datePublished"] and one["author"] for one in articles)
    assert nodes[0]["@type"] == "CollectionPage"
    assert nodes[0]["url"] == SITE.story(told.id)
