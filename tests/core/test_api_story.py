"""The JSON of a story says what its page says."""

from __future__ import annotations

import json

from chalicelib.core import api
from tests.core.pages_newsroom import SITE
from tests.core.story_newsroom import LINKS, account, story_of, told_by_many


def test_a_story_has_its_address_its_headline_and_its_members_in_order() -> None:
    told = told_by_many()

    data = api.story(told, site=SITE)

    assert data["id"] == told.members[0].card.id
    assert data["url"] == f"https://news.example/story/{told.id}"
    assert data["headline"] == "Wire on the ferry"
    assert [one["source"]["id"] for one in data["members"]] == ["wire", "echo", "post", "mail"]
    assert [one["copy_of"] for one in data["members"]] == [None, told.id, None, None]
    assert [one["adds"] for one in data["members"]] == [1.0, 0.0, 1.0, 1.0]


def test_a_member_is_a_card_with_its_place_in_the_story() -> None:
    told = told_by_many()

    for member, shown in zip(told.members, api.story(told, site=SITE)["members"], strict=True):
        assert shown == api.card(member.card, site=SITE) | {
            "copy_of": member.copy_of,
            "adds": member.adds,
        }


def test_a_disagreement_has_both_numbers_with_the_sentences_that_give_them() -> None:
    told = told_by_many()
    post = told.members[2].card

    (disagreement,) = api.story(told, site=SITE)["disagreements"]

    twelve, fifteen = disagreement["sides"]
    assert (disagreement["thing"], disagreement["kind"]) == ("people killed", "differs")
    assert (twelve["said"], twelve["low"], twelve["high"]) == ("12", 12, 12)
    assert [one["source"]["id"] for one in twelve["statements"]] == ["wire", "mail"]
    assert fifteen["statements"] == [
        {
            "article_id": post.id,
            "source": {"id": "post", "name": "Post"},
            "at": "2026-11-24T07:31:12Z",
            "url": SITE.article(post, page="source", anchor="s1"),
            "evidence": {
                "sentence": "s1",
                "start": 0,
                "end": 54,
                "quote": "Off Callport a fire on the Skerrin ferry left 15 dead.",
            },
        }
    ]


def test_a_number_without_a_bound_has_null_for_it() -> None:
    told = story_of(
        account("The Skerrin ferry fire off Callport killed at least 12 people."),
        account("Off Callport a fire on the Skerrin ferry left nine dead.", source="post"),
    )

    (disagreement,) = api.story(told, site=SITE)["disagreements"]

    assert {side["said"]: side["high"] for side in disagreement["sides"]} == {
        "at least 12": None,
        "nine": 9,
    }


def test_reports_elsewhere_say_who_asks_for_a_subscription_and_what_has_no_date() -> None:
    links = api.story(told_by_many(), site=SITE, links=LINKS)["links"]

    assert links[0] == {
        "headline": "What the pilots knew",
        "url": "https://www.harbourpost.example/pilots",
        "source": {"id": "harbour-post", "name": "Harbour Post"},
        "published_at": "2026-11-24T05:31:12Z",
        "paywalled": True,
        "kind": "link",
    }
    assert links[1]["published_at"] is None


def test_a_story_of_one_article_has_empty_lists() -> None:
    data = api.story(story_of(account("The ferry is late.")), site=SITE)

    assert (len(data["members"]), data["disagreements"], data["links"]) == (1, [], [])


def test_every_value_is_plain_json() -> None:
    data = api.story(told_by_many(), site=SITE, links=LINKS)

    assert json.loads(json.dumps(data)) == data
