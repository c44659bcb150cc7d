"""The latest order is total and told term by term, and shared vocabulary finds the same subject."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import ranking
from chalicelib.core.article import ArticleId, Card, Source, article_id
from chalicelib.core.codec import pack, unpack
from chalicelib.core.ranking import Latest, Ranked, owners_of, rank, related
from tests.conftest import NOW, ROOT
from tests.core.pages_newsroom import make_article

SECOND = timedelta(seconds=1)
FERRY = article_id("ferry")


def card(
    name: str, *, hours: float = 1, source: str = "", owner: str | None = None, **changes: object
) -> Card:
    """Return a card *hours* old by a source of its own, unless one is named."""
    moment = NOW - timedelta(hours=hours)
    made = Card(
        id=article_id(name),
        revision=1,
        slug=name,
        headline=name,
        source=Source(id=source or name, name=source or name, owner=owner),
        published_at=moment,
        updated_at=moment,
        public_at=moment,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def order(*cards: Card, now: datetime = NOW, **owners: int) -> list[str]:
    """Return the headlines that stand, in the latest order; *owners* by the story's name."""
    told = {article_id(story): count for story, count in owners.items()}
    return [ranked.card.headline for ranked in rank(cards, owners=told, now=now)]


TIMES = st.integers(-30 * 3600, 3 * 3600).map(lambda seconds: NOW + seconds * SECOND)
CARDS = st.lists(
    st.builds(
        card,
        st.text("abcd", min_size=1, max_size=4),
        source=st.sampled_from(["courier", "post", "wire"]),
        public_at=TIMES,
        expires_at=st.none() | TIMES,
        pinned_until=st.none() | st.none() | TIMES,
        breaking=st.booleans(),
        story_id=st.sampled_from([None, None, FERRY, article_id("budget")]),
    ),
    max_size=30,
    unique_by=lambda one: one.id,
)
OWNERS = st.dictionaries(st.sampled_from([FERRY, article_id("budget")]), st.integers(0, 40))


def everything(ranked: tuple[Ranked, ...]) -> list[Card]:
    return [one for place in ranked for one in (place.card, *place.also)]


# For every newsroom


@given(CARDS, OWNERS, st.randoms())
def test_the_order_of_the_input_never_shows(
    cards: list[Card], owners: dict[ArticleId, int], random: Random
) -> None:
    shuffled = random.sample(cards, len(cards))

    assert rank(shuffled, owners=owners, now=NOW) == rank(cards, owners=owners, now=NOW)


@given(CARDS, OWNERS)
def test_all_that_readers_may_see_is_listed_once_and_nothing_else(
    cards: list[Card], owners: dict[ArticleId, int]
) -> None:
    listed = everything(rank(cards, owners=owners, now=NOW))

    assert Counter(one.id for one in listed) == Counter(
        one.id
        for one in cards
        if one.public_at <= NOW and (one.expires_at is None or one.expires_at > NOW)
    )


@given(CARDS, OWNERS)
def test_a_story_stands_once_by_its_best_unless_editors_pin_another(
    cards: list[Card], owners: dict[ArticleId, int]
) -> None:
    ranked = rank(cards, owners=owners, now=NOW)

    standing = Counter(
        one.card.story_id
        for one in ranked
        if one.card.story_id and not ranking.is_pinned(one.card, NOW)
    )
    assert all(count == 1 for count in standing.values())
    for one in ranked:
        assert all(other.story_id == one.card.story_id for other in one.also)
        scores = [rank([other], owners=owners, now=NOW)[0].score_s for other in one.also]
        assert scores == sorted(scores, reverse=True)
        if not ranking.is_pinned(one.card, NOW):
            assert all(one.score_s >= score for score in scores)


@given(CARDS, OWNERS)
def test_pinned_stands_above_all_and_the_rest_by_score_but_for_who_was_moved(
    cards: list[Card], owners: dict[ArticleId, int]
) -> None:
    ranked = rank(cards, owners=owners, now=NOW)

    pins = [ranking.is_pinned(one.card, NOW) for one in ranked]
    assert pins == sorted(pins, reverse=True)
    unmoved = [one for one in ranked if one.moved_because is None]
    assert unmoved == sorted(unmoved, key=lambda one: (-one.score_s, one.card.id))


@given(CARDS, OWNERS)
def test_at_the_top_a_source_stands_beyond_its_cap_only_where_nobody_else_has_news(
    cards: list[Card], owners: dict[ArticleId, int]
) -> None:
    ranked = rank(cards, owners=owners, now=NOW)

    for place, one in enumerate(ranked[: ranking.TOP]):
        above = Counter(other.card.source.id for other in ranked[:place])
        if above[one.card.source.id] < ranking.SOURCE_CAP or ranking.is_pinned(one.card, NOW):
            continue
        for other in ranked[place + 1 :]:
            is_older = other.score_s < one.score_s - ranking.YIELDS_TO.total_seconds()
            assert is_older or above[other.card.source.id] >= ranking.SOURCE_CAP


@given(CARDS, OWNERS)
def test_the_terms_are_all_there_is_to_a_score(
    cards: list[Card], owners: dict[ArticleId, int]
) -> None:
    for one in rank(cards, owners=owners, now=NOW):
        fresh, *others = one.terms
        assert fresh.value_s == one.card.public_at.timestamp()
        assert all(term.value_s >= 0 for term in others)
        assert sum(term.value_s for term in one.terms) == one.score_s
        assert one.stands_at.timestamp() == one.score_s
        assert all(term.why for term in one.terms)


@given(CARDS, OWNERS, TIMES)
def test_the_prepared_list_shows_at_each_second_what_ranking_anew_would(
    cards: list[Card], owners: dict[ArticleId, int], later: datetime
) -> None:
    latest = Latest(refreshed_at=NOW, leads=(), cards=tuple(cards), owners=owners)

    seen = latest.as_of(later)

    assert seen.ranked(now=later) == rank(cards, owners=owners, now=later)
    assert unpack(pack(seen), Latest) == seen


@given(CARDS, OWNERS, st.integers(1, 6))
def test_the_article_that_leads_is_the_first_of_the_list_where_the_list_has_that_whole(
    cards: list[Card], owners: dict[ArticleId, int], whole: int
) -> None:
    ranked = rank(cards, owners=owners, now=NOW)
    leads = tuple(replace(make_article(), id=one.card.id) for one in reversed(ranked[:whole]))
    latest = Latest(refreshed_at=NOW, leads=leads, cards=tuple(cards), owners=owners)

    lead = latest.lead(now=NOW)

    assert (lead and lead.id) == (ranked[0].card.id if ranked else None)


# What speaks for an article


def test_each_doubling_of_the_owners_counts_as_three_hours() -> None:
    told, alone = card("told", hours=6.9, story_id=FERRY), card("alone", hours=1)

    assert order(told, alone, ferry=3) == ["alone", "told"]
    assert order(told, alone, ferry=4) == ["told", "alone"]


@pytest.mark.parametrize(
    ("owners", "hours"), [(0, 0), (1, 0), (2, 3), (3, 4.755), (4, 6), (8, 9), (50, 16.932)]
)
def test_more_owners_count_for_less_and_less(owners: int, hours: float) -> None:
    (ranked,) = rank([card("ferry", story_id=FERRY)], owners={FERRY: owners}, now=NOW)

    assert ranked.terms[1].name == "owners"
    assert ranked.terms[1].value_s == pytest.approx(hours * 3600, abs=2)


def test_titles_of_one_house_are_one_voice() -> None:
    cards = [
        card("a", owner="Harbour Group", story_id=FERRY),
        card("b", owner="Harbour Group", story_id=FERRY),
        card("c", source="wire", story_id=FERRY),
        card("d", source="wire", story_id=FERRY),
        card("e"),
    ]

    assert owners_of(cards) == {FERRY: 2}


def test_an_article_alone_in_its_story_may_be_told_by_others_elsewhere() -> None:
    told = card("ferry", hours=3)

    assert order(told, card("newer", hours=1), ferry=4) == ["ferry", "newer"]


def test_breaking_news_counts_as_newer_until_it_is_six_hours_old() -> None:
    breaking, newer = card("breaking", hours=4, breaking=True), card("newer", hours=1.5)
    ends = breaking.public_at + ranking.BREAKING_FOR

    assert order(breaking, newer, now=ends - SECOND) == ["breaking", "newer"]
    assert order(breaking, newer, now=ends) == ["newer", "breaking"]


def test_a_pin_lifts_above_all_and_ends_to_the_second() -> None:
    ends = NOW + timedelta(hours=1)
    pinned, newer = card("pinned", hours=50, pinned_until=ends), card("newer", breaking=True)

    assert order(newer, pinned, now=ends - SECOND) == ["pinned", "newer"]
    assert order(newer, pinned, now=ends) == ["newer", "pinned"]
    (first, _) = rank([newer, pinned], owners={}, now=NOW)
    assert first.moved_because == "Pinned above every score until 2026-03-24 13:00 UTC."


def test_who_became_public_in_the_same_second_stands_by_id() -> None:
    one, other = card("one"), card("other")

    assert order(one, other) == [c.headline for c in sorted([one, other], key=lambda c: c.id)]


# What a list makes room for


def test_a_story_is_told_once_by_its_newest_which_stands_for_the_others() -> None:
    first = card("first", hours=3, story_id=FERRY)
    second = card("second", hours=2, story_id=FERRY)
    other = card("other", hours=2.5)

    ranked = rank([first, second, other], owners={}, now=NOW)

    assert [(one.card.headline, one.also) for one in ranked] == [
        ("second", (first,)),
        ("other", ()),
    ]


def test_a_fourth_article_of_a_source_stands_below_the_tenth_place_and_says_why() -> None:
    flood = [card(f"flood {n}", hours=1 + n / 100, source="courier") for n in range(5)]
    others = [card(f"other {n}", hours=8 + n / 100) for n in range(9)]

    ranked = rank([*flood, *others], owners={}, now=NOW)

    assert [one.card.headline for one in ranked] == [
        "flood 0",
        "flood 1",
        "flood 2",
        *(f"other {n}" for n in range(7)),
        "flood 3",
        "flood 4",
        "other 7",
        "other 8",
    ]
    moved = [one for one in ranked if one.moved_because]
    assert [one.card.headline for one in moved] == ["flood 3", "flood 4"]
    assert "3 at most are by courier" in (moved[0].moved_because or "")


def test_no_source_makes_room_for_the_news_of_the_day_before() -> None:
    flood = [card(f"flood {n}", hours=1 + n / 100, source="courier") for n in range(5)]
    old = card("old", hours=30)

    assert order(old, *flood) == [*(one.headline for one in flood), "old"]


def test_a_paper_of_one_source_is_in_plain_order() -> None:
    cards = [card(f"{n}", hours=1 + n / 100, source="courier") for n in range(15)]

    ranked = rank(cards, owners={}, now=NOW)

    assert [one.card for one in ranked] == cards
    assert {one.moved_because for one in ranked} == {None}


# The prepared list


def test_a_list_is_stale_after_three_missed_refreshes() -> None:
    latest = Latest(refreshed_at=NOW, leads=(), cards=())

    assert not latest.is_stale(NOW + ranking.FRESH_FOR)
    assert latest.is_stale(NOW + ranking.FRESH_FOR + SECOND)


def test_the_worked_examples_of_the_decision_are_what_the_code_says() -> None:
    text = (ROOT / "docs/decisions/0009-the-score-is-a-moment.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| ([\d: -]+) \| (\d+) \| (yes|no) \| ([\d: -]+) \|", text)
    assert len(rows) == 7

    for public, owners, breaking, score in rows:
        public_at = datetime.fromisoformat(f"{public}+00:00")
        told = card("told", public_at=public_at, breaking=breaking == "yes", story_id=FERRY)
        (ranked,) = rank([told], owners={FERRY: int(owners)}, now=public_at)
        assert ranked.stands_at == datetime.fromisoformat(f"{score}+00:00")


def test_related_articles_share_at_least_three_terms_closest_first() -> None:
    def about(name: str, terms: str) -> Card:
        return card(name, terms=tuple(terms.split()))

    near = about("near", "#ferry skerrin callport")
    far = about("far", "#ferry skerrin callport budget tax")
    other = about("other", "#ferry skerrin budget")
    itself = about("itself", "#ferry skerrin callport")

    found = related(itself.terms, [far, other, itself, near], without={itself.id})

    assert found == (near, far)
