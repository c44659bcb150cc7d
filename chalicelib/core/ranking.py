"""The latest order, and which articles are about the same thing.

Pure and total: the order of the input never shows in the output.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.article import Article, Card

# For readers, on the page that explains the site; `in_order` is its other form.
ORDER = (
    "What editors have pinned stands first, as long as the pin lasts. Everything else follows by "
    "the moment it became public, the newest first. No one pays for a place, and nothing is "
    "arranged for you: everyone sees the same list."
)
MIN_SHARED = 3  # terms; two are shared by most articles of one region and one language


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The prepared list: what the front page shows, ready to be read in one call.

    `cards` are in the latest order and hold, besides what is public, what becomes public before
    the next refresh, so that an embargo lifts to the second. `leads` are the first articles of
    the list with their summaries and without their bodies.
    """

    refreshed_at: datetime
    leads: tuple[Article, ...]
    cards: tuple[Card, ...]

    def as_of(self, now: datetime) -> Latest:
        """Return the list without what is not public at *now*, cards and leads in its order."""
        cards = in_order((card for card in self.cards if card.is_public(now)), now=now)
        places = {card.id: place for place, card in enumerate(cards)}
        leads = [lead for lead in self.leads if lead.id in places]
        return Latest(
            refreshed_at=self.refreshed_at,
            leads=tuple(sorted(leads, key=lambda lead: places[lead.id])),
            cards=cards,
        )


def in_order(cards: Iterable[Card], *, now: datetime) -> tuple[Card, ...]:
    """Return cards pinned at *now* first, then the newest by `public_at`; ties by smaller id."""

    def rank(card: Card) -> tuple[bool, float, str]:
        pinned = card.pinned_until is not None and now < card.pinned_until
        return (not pinned, -card.public_at.timestamp(), card.id)

    return tuple(sorted(cards, key=rank))


def related(
    terms: Iterable[str],
    candidates: Iterable[Card],
    *,
    without: Collection[str] = (),
    limit: int = 6,
) -> tuple[Card, ...]:
    """Return up to *limit* candidates that share vocabulary with *terms*, closest first.

    Distance is 1 - Jaccard overlap of the `terms`, in [0, 1]; candidates that share fewer than
    MIN_SHARED are about something else. Ties go to the newer card, then to the smaller id. The
    articles with ids in *without* are never returned. O(n) in candidates; 200 is the design size.
    """
    wanted = frozenset(terms)

    def rank(card: Card) -> tuple[float, float, str]:
        other = frozenset(card.terms)
        overlap = len(wanted & other) / len(wanted | other)
        return (-overlap, -card.public_at.timestamp(), card.id)

    near = (
        c
        for c in candidates
        if c.id not in without and len(wanted & frozenset(c.terms)) >= MIN_SHARED
    )
    return tuple(sorted(near, key=rank)[:limit])
