"""A story as told: who was first, who repeats whom, what each adds, and nothing that is hidden."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.stories import Account, Story, tell
from chalicelib.core.stories.sketch import Sketch, added, sketch
from tests.core.pages_newsroom import NOW
from tests.core.story_newsroom import account


def report(topic: str, count: int = 60, *, first: int = 0) -> list[str]:
    """Return sentences of which no run of five words stands in another topic's."""
    return [
        f"{topic} part {n} of {topic} inspector tells {topic} board {n} how {topic} pier fell."
        for n in range(first, first + count)
    ]


def told(*accounts: Account, hours: float = 0) -> Story:
    story = tell(accounts, now=NOW + timedelta(hours=hours))
    assert story is not None
    return story


def by_source(story: Story) -> dict[str, tuple[str | None, float]]:
    names = {member.card.id: member.card.source.id for member in story.members}
    return {
        member.card.source.id: (names[member.copy_of] if member.copy_of else None, member.adds)
        for member in story.members
    }


def test_the_first_article_names_the_story_and_stands_first() -> None:
    late, early = account("Late.", source="post", hours=2), account("Early.", source="courier")

    story = told(late, early)

    assert story.id == early.card.id
    assert [member.card.source.id for member in story.members] == ["courier", "post"]


def test_a_copy_leads_to_its_original_and_adds_nothing() -> None:
    wire = account(*report("north"), source="wire")
    copy = account(*report("north"), source="post", hours=1)

    assert by_source(told(copy, wire)) == {"wire": (None, 1.0), "post": ("wire", 0.0)}


@pytest.mark.parametrize(("new", "share"), [(20, 0.25), (60, 0.5), (180, 0.75)])
def test_what_an_article_adds_is_the_share_that_no_earlier_one_has(new: int, share: float) -> None:
    wire = account(*report("north"), source="wire")
    longer = account(*report("north"), *report("south", new), source="post", hours=1)

    _, adds = by_source(told(wire, longer))["post"]

    assert adds == pytest.approx(share, abs=0.12)


def test_what_two_earlier_articles_have_between_them_is_not_new() -> None:
    one = account(*report("north"), source="wire")
    other = account(*report("south"), source="post", hours=1)
    both = account(*report("north"), *report("south"), source="echo", hours=2)

    found = by_source(told(one, other, both))

    assert found["post"] == (None, 1.0)
    assert found["echo"] == ("wire", pytest.approx(0, abs=0.08))


def test_a_brief_that_a_long_report_holds_whole_adds_nothing() -> None:
    long = account(*report("north", 150), source="wire")
    brief = account(*report("north", 12, first=40), source="post", hours=1)

    assert by_source(told(long, brief))["post"] == ("wire", pytest.approx(0, abs=0.15))


def test_an_article_under_embargo_leaves_no_trace_until_its_second() -> None:
    embargoed = account(*report("north"), source="wire", embargo_until=NOW + timedelta(hours=1))
    copy = account(*report("north"), source="post", hours=1)

    assert told(embargoed, copy) == told(copy)
    assert by_source(told(embargoed, copy, hours=1)) == {"post": (None, 1.0), "wire": ("post", 0.0)}


def test_an_expired_original_leaves_its_copy_as_the_original() -> None:
    original = account(*report("north"), source="wire", expires_at=NOW)
    copy = account(*report("north"), source="post", hours=1)

    assert told(original, copy) == told(copy)
    assert by_source(told(original, copy, hours=-1))["post"] == ("wire", 0.0)


def test_a_story_of_which_nothing_is_public_is_none() -> None:
    assert tell([], now=NOW) is None
    assert tell([account("Later.", embargo_until=NOW + timedelta(1))], now=NOW) is None


# For every set of articles

PARTS = [report("north", 6), report("south", 6), report("east", 6)]
ACCOUNTS = st.lists(
    st.builds(
        lambda source, hours, parts, ahead: account(
            *(sentence for part in parts for sentence in PARTS[part]),
            source=f"paper {source}",
            hours=hours,
            embargo_until=NOW + timedelta(hours=1) if ahead else None,
        ),
        st.integers(0, 6),
        st.integers(0, 3),
        st.lists(st.integers(0, 2), min_size=1, max_size=3),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.card.id,
)


@given(ACCOUNTS, st.randoms())
def test_the_order_of_arrival_never_shows(accounts: list[Account], random: object) -> None:
    shuffled = list(accounts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert tell(shuffled, now=NOW) == tell(accounts, now=NOW)


@given(ACCOUNTS)
def test_hidden_articles_change_nothing(accounts: list[Account]) -> None:
    public = [one for one in accounts if one.card.is_public(NOW)]

    assert tell(accounts, now=NOW) == tell(public, now=NOW)


@given(ACCOUNTS.filter(bool))
def test_a_story_of_one_is_what_its_account_tells(accounts: list[Account]) -> None:
    one = accounts[0]

    assert tell([one], now=one.card.public_at) == Story.of_one(one.card)


@given(ACCOUNTS)
def test_every_copy_is_of_an_earlier_article(accounts: list[Account]) -> None:
    story = tell(accounts, now=NOW)
    seen: set[str] = set()
    for member in story.members if story else ():
        assert member.copy_of is None or member.copy_of in seen
        assert 0 <= member.adds <= 1
        seen.add(member.card.id)


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=30), min_size=1, max_size=4))
def test_a_text_short_enough_to_be_kept_whole_is_measured_exactly(texts: Sequence[list[str]]):
    own, *others = (sketch(words) for words in texts)
    old = {one for other in others for one in other.hashes}
    new = [one for one in own.hashes if one not in old]

    assert added(own, others) == (len(new) / len(own.hashes) if own.hashes else 1.0)


def test_a_text_without_words_is_no_copy_and_hides_none() -> None:
    empty = Sketch(0, ())

    assert added(sketch(["a"] * 9), [empty]) == 1.0


def test_fifty_articles_are_told_in_the_time_of_a_page() -> None:
    accounts = [account(*report(f"n{n}", 20), source=f"paper {n}") for n in range(50)]

    began = time.process_time()
    story = told(*accounts)

    assert len(story.members) == 50
    assert time.process_time() - began < 1
