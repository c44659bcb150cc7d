"""Stories in the table are those of the set of articles, whatever came when, and who died where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import newsroom, wiring
from chalicelib.core.article import ArticleId, article_id
from chalicelib.core.stories import FAN_OUT, Traits, fingerprint, stories
from tests import builders
from tests.conftest import NOW, Paper

FERRY = (
    "The ferry Skerrin ran aground off Callport on Tuesday with 214 passengers aboard. Captain "
    "Orla Vance said all of them were brought ashore at Skerrin Point by the coastguard."
)
FERRY_AGAIN = (
    "All 214 passengers of the Skerrin are safe after the ferry struck rocks near Callport on "
    "Tuesday, captain Orla Vance told reporters at Skerrin Point."
)
BUDGET = (
    "Finance minister Ilse Calder raised the tourism levy in Marrow in Thursday's budget, and "
    "hoteliers of the Marrow guild said they would go to court over the 4 crowns a night."
)
BUDGET_AGAIN = (
    "Hoteliers in Marrow will sue over the tourism levy of 4 crowns a night that minister Ilse "
    "Calder put into Thursday's budget, their guild said."
)
CHESS = "Chess champion Ludo Perrin resigned after 61 moves in Varnholm, his first loss in a year."
TEXTS = (FERRY, FERRY_AGAIN, BUDGET, BUDGET_AGAIN, CHESS, f"{FERRY}\n\n{BUDGET}")


def article(text: str, *, hours: int = 0, **metadata: str) -> str:
    date = (NOW - timedelta(hours=9) + timedelta(hours=hours)).isoformat()
    return builders.markdown(text[:40], date=f'"{date}"', body=text, **metadata)


def told(keys: Iterable[str]) -> dict[str, str]:
    """The story of each article, as its page has it."""
    found = {}
    for key in keys:
        rows = wiring.store().article(article_id(key))
        found[key] = rows.membership.story_id if rows.membership else article_id(key)
    return found


def of_the_set(articles: dict[str, Traits]) -> dict[str, str]:
    """What clustering all articles anew makes of them."""
    found = stories(articles.values())
    return {key: found[traits.id] for key, traits in articles.items()}


def traits_of(key: str) -> Traits:
    current = wiring.store().article(article_id(key)).current
    assert current is not None
    return fingerprint(
        id=current.id,
        headline=current.headline,
        text=current.body.text,
        language=current.language,
        published_at=current.public_at,
        source=current.source.id,
        original_url=current.original_url,
        same_story=current.same_story,
        not_same_story=current.not_same_story,
    )


def test_two_reports_of_one_event_find_each_other(paper: Paper) -> None:
    paper.publish("a.md", article(FERRY))
    paper.publish("b.md", article(FERRY_AGAIN, hours=1))
    paper.publish("c.md", article(BUDGET, hours=2))

    assert told(["a.md", "b.md", "c.md"]) == {
        "a.md": article_id("a.md"),
        "b.md": article_id("a.md"),
        "c.md": article_id("c.md"),
    }
    rows = wiring.store().article(article_id("a.md"))
    assert rows.membership is not None
    assert [card.id for card in rows.membership.others] == [article_id("b.md")]


def test_the_receipt_tells_of_copies_and_of_the_story(paper: Paper) -> None:
    long = "\n\n".join(builders.PARAGRAPHS)
    paper.publish("wire.md", builders.markdown(body=long, source="harbour-agency"))
    paper.publish("copy.md", builders.markdown("Ferry is back", body=long + "\n\n" + CHESS))

    receipt = paper.receipt("copy.md")

    assert receipt["story_id"] in {article_id("wire.md"), article_id("copy.md")}
    (duplicate,) = receipt["duplicates"]
    assert duplicate["article_id"] == article_id("wire.md")
    assert duplicate["source"] == "harbour-agency"
    assert duplicate["similarity"] >= 0.5
    assert paper.receipt("wire.md")["duplicates"] == []


def test_a_copy_that_waits_for_its_time_is_not_told(paper: Paper) -> None:
    paper.publish("later.md", builders.markdown(embargo_until="2026-03-25T12:00:00Z"))
    paper.publish("now.md", builders.markdown())

    assert paper.receipt("now.md")["duplicates"] == []


def test_the_order_of_arrival_leaves_no_trace(paper: Paper) -> None:
    files = {
        "a.md": article(FERRY),
        "b.md": article(FERRY_AGAIN, hours=1),
        "c.md": article(f"{FERRY} {FERRY_AGAIN}", hours=2),
        "d.md": article(BUDGET, hours=3),
    }
    tables = []
    for order in list(permutations(files))[::7]:
        for key in order:
            paper.upload(key, files[key], at=NOW)
            paper.ingest(key)
        tables.append(of_stories(paper))
        for key in order:
            forget(paper, key)
        assert of_stories(paper) == {}

    assert tables[1:] == tables[:-1]


def of_stories(paper: Paper) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of stories, sets in one order."""
    found = {}
    for (pk, sk), row in paper.rows().items():
        is_story = pk.startswith(("STORY#", "STORYKEY#")) or sk in ("PLACED", "NEAR", "STORY")
        if is_story:
            found[pk, sk] = {
                name: {"SS": sorted(value["SS"])} if "SS" in value else value
                for name, value in row.items()
            }
    return found


def forget(paper: Paper, key: str) -> None:
    """Delete every version of a key for good, and tell the newsroom."""
    listing = paper.s3.list_object_versions(Bucket="broadsheet-local-uploads", Prefix=key)
    for version in (*listing.get("Versions", ()), *listing.get("DeleteMarkers", ())):
        paper.s3.delete_object(
            Bucket="broadsheet-local-uploads", Key=key, VersionId=version["VersionId"]
        )
    paper.ingest(key)


ACTS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from([*TEXTS, None]),
        st.integers(0, 8),
        st.sampled_from([None, None, "a", "b", "c"]),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_stories_are_those_of_the_set_after_any_history(
    paper: Paper, acts: list[tuple[str, str | None, int, str | None]]
) -> None:
    for name, text, hours, tied in acts:
        key = f"{name}.md"
        if text is None:
            paper.delete(key)
        else:
            links = {"same_story": f"{tied}.md"} if tied else {}
            paper.upload(key, article(text, hours=hours, **links), at=NOW)
        paper.ingest(key)

    names = {f"{name}.md" for name, *_ in acts}
    articles = {
        key: traits_of(key)
        for key in names
        if wiring.store().article(article_id(key)).current is not None
    }
    assert told(articles) == of_the_set(articles)
    shared = {key: story for key, story in told(articles).items()}
    for story in set(shared.values()):
        members = {article_id(key) for key, one in shared.items() if one == story}
        rows = wiring.store().stories.members(ArticleId(story))
        assert {card.id for card in rows.values()} == (members if len(members) > 1 else set())
    for key in names:
        forget(paper, key)
    assert of_stories(paper) == {}
