"""The latest order is total, and shared vocabulary finds the same subject."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.article import Card, Source, article_id
from chalicelib.core.ranking import in_order, related
from tests.conftest import NOW


def card(name: str, *, hours: int = 1, pinned: bool = False, terms: str = "") -> Card:
    moment = NOW - timedelta(hours=hours)
    return Card(
        id=article_id(name),
        revision=1,
        slug=name,
        headline=name,
        source=Source(id="s", name="S"),
        published_at=moment,
        updated_at=moment,
        public_at=moment,
        pinned_until=NOW + timedelta(hours=1) if pinned else None,
        terms=tuple(terms.split()),
    )


CARDS = st.lists(
    st.builds(card, st.text("abc", min_size=1, max_size=3), hours=st.integers(0, 3),
              pinned=st.booleans()),
    max_size=12,
    unique_by=lambda one: one.id,
)  # fmt: skip


@given(CARDS, st.randoms())
def test_the_order_of_the_input_never_shows(cards: list[Card], random: object) -> None:
    shuffled = list(cards)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert in_order(shuffled, now=NOW) == in_order(cards, now=NOW)


@given(CARDS)
def test_pinned_comes_first_then_the_newest(cards: list[Card]) -> None:
    order = in_order(cards, now=NOW)

    keys = [(one.pinned_until is None, NOW - one.public_at) for one in order]
    assert keys == sorted(keys)


def test_an_ended_pin_no_longer_lifts() -> None:
    pinned, newer = card("pinned", hours=5, pinned=True), card("newer", hours=1)

    assert in_order([newer, pinned], now=NOW)[0] == pinned
    assert in_order([newer, pinned], now=NOW + timedelta(hours=2))[0] == newer


def test_related_articles_share_at_least_three_terms_closest_first() -> None:
    near = card("near", terms="#ferry skerrin callport")
    far = card("far", terms="#ferry skerrin callport budget tax")
    other = card("other", terms="#ferry skerrin budget")
    itself = card("itself", terms="#ferry skerrin callport")

    found = related(itself.terms, [far, other, itself, near], without={itself.id})

    assert found == (near, far)
