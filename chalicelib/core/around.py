"""What stands under an article as Around The Web: who else tells its event, and what is near it.

Articles of the newsroom and reports on other sites stand in one list, the newest of each voice
first: readers want to see at a glance how many tell it, not how often one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from chalicelib.core.article import Card, Elsewhere
from chalicelib.core.ranking import related

MAX_TOLD = 10
MAX_RELATED = 6

Report = Card | Elsewhere
R = TypeVar("R", bound=Card | Elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """`told` are other reports of the same event, `near` is on the same subject."""

    told: tuple[Report, ...] = ()
    near: tuple[Report, ...] = ()

    def cards(self) -> tuple[Card, ...]:
        """Return the newsroom's own among them."""
        return tuple(one for one in (*self.told, *self.near) if isinstance(one, Card))


def around(
    card: Card,
    *,
    others: Iterable[Card],
    elsewhere: Iterable[Elsewhere],
    listed: Iterable[Card],
) -> Around:
    """Return what stands under *card*: *others* of its story, reports elsewhere, and the related.

    *listed* is where related articles are looked for.
    """
    others, elsewhere = tuple(others), tuple(elsewhere)
    known = {card.id, *(other.id for other in others)}
    told: list[Report] = [*others, *(link for link in elsewhere if not link.is_related)]
    near: list[Report] = [
        *related(card.terms, listed, without=known, limit=MAX_RELATED),
        *(link for link in elsewhere if link.is_related),
    ]
    told.sort(key=_newest)
    return Around(
        told=tuple(one_of_each_voice_first(told)[:MAX_TOLD]), near=tuple(near[:MAX_RELATED])
    )


def one_of_each_voice_first(reports: Sequence[R]) -> tuple[R, ...]:
    """Return *reports* with the first of each voice before the others, else in their order."""
    voices: set[str] = set()
    first: list[R] = []
    more: list[R] = []
    for one in reports:
        (more if one.source.voice in voices else first).append(one)
        voices.add(one.source.voice)
    return (*first, *more)


def _newest(one: Report) -> tuple[float, str]:
    at: datetime | None = one.public_at if isinstance(one, Card) else one.published_at
    return (-at.timestamp() if at else 0.0, one.headline)
