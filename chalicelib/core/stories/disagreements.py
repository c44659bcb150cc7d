"""Where a story's sources disagree: one thing counted, two numbers that cannot both be right.

A made-up dispute is worse than none. Two figures are held against each other only where they count
the same thing in sentences about the same subject, name no different days or places, are of one
order of size, and come from two voices; they disagree only where even their roundings and bounds
("about 30", "at least 12") leave no value that fits both. An article that gives both numbers
disagrees with nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Literal

from chalicelib.core.article import ArticleId

MOST = 5  # disagreements of one story: the page is about the event
MAX_RATIO = 10  # of two numbers; farther apart, one is of a war and the other of a day in it
UPDATED_AFTER = timedelta(minutes=30)  # between reports; sooner, neither can know of the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number that an article gives, and its sentence: `text[start:end] == quote`.

    `low` and `high` bound what the words leave open. The rest is of the sentence: its names, its
    rare words with them, those of them beside the number, its days, its places.
    """

    thing: str  # what is counted, as a heading says it: people killed, magnitude, $
    said: str  # the number as written: at least 12
    low: float
    high: float | None  # None where there is no bound
    sentence: str
    start: int
    end: int
    quote: str
    named: tuple[str, ...]
    about: tuple[str, ...]
    near: tuple[str, ...] | None = None  # None where the thing alone says what is counted
    when: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    def fits(self, other: Figure) -> bool:
        """Whether one value can be meant by both."""
        highest = min(_top(self), _top(other))
        return max(self.low, other.low) <= highest


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An article's figures, who speaks in it, and the second as of which it speaks."""

    article: ArticleId
    voice: str
    at: datetime
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A figure as one article of the story states it."""

    article: ArticleId
    at: datetime
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two or more numbers for one thing, each with who states it, the earliest first.

    "updated" where every report of a number came clearly before every report of the next, so that
    the later may be news; "differs" where somebody still, or already, says otherwise.
    """

    thing: str
    kind: Literal["differs", "updated"]
    sides: tuple[tuple[Statement, ...], ...]


def disagreements(reports: Iterable[Report]) -> tuple[Disagreement, ...]:
    """Return up to MOST disagreements among *reports*, those of the most voices first.

    A function of the set. O(n²) in reports, each of a few figures.
    """
    ordered = sorted(reports, key=lambda one: (one.at, one.article))
    opposed: dict[str, dict[_Place, set[_Place]]] = defaultdict(lambda: defaultdict(set))
    for (a, one), (b, other) in combinations(enumerate(ordered), 2):
        if one.voice != other.voice:
            for i, j in _opposed(one, other):
                near = opposed[one.figures[i].thing]
                near[a, i].add((b, j))
                near[b, j].add((a, i))
    found = [
        _told(thing, places, ordered)
        for thing, near in sorted(opposed.items())
        for places in _connected(near)
    ]
    found.sort(key=lambda one: -sum(map(len, one.sides)))
    return tuple(found[:MOST])


_Place = tuple[int, int]  # of a report, and of a figure in it


def _top(figure: Figure) -> float:
    return float("inf") if figure.high is None else figure.high


def _opposed(one: Report, other: Report) -> Iterable[_Place]:
    """Yield the pairs of figures that cannot both be right, by their places.

    None of a thing on which the two agree anywhere, or on which one of them contradicts itself:
    the number that differs then counts something else.
    """
    pairs = [
        (i, j)
        for i, ours in enumerate(one.figures)
        for j, theirs in enumerate(other.figures)
        if ours.thing == theirs.thing
    ]
    agreed = {one.figures[i].thing for i, j in pairs if one.figures[i].fits(other.figures[j])}
    unclear = agreed | _torn(one) | _torn(other)
    for i, j in pairs:
        ours, theirs = one.figures[i], other.figures[j]
        if ours.thing not in unclear and _is_comparable(ours, theirs):
            yield i, j


def _torn(report: Report) -> set[str]:
    """The things for which a report gives two numbers that do not fit."""
    return {
        a.thing for a, b in combinations(report.figures, 2) if a.thing == b.thing and not a.fits(b)
    }


def _is_comparable(one: Figure, other: Figure) -> bool:
    if _are_apart(one.when, other.when) or _are_apart(one.where, other.where):
        return False
    smaller, larger = sorted(max(1.0, figure.high or figure.low) for figure in (one, other))
    if larger > MAX_RATIO * smaller:
        return False
    names = len({*one.named} & {*other.named})
    shared = len({*one.about} & {*other.about})
    if one.near is None or other.near is None:
        return shared >= (2 if names else 3)
    return names >= 1 and shared >= 3 and len({*one.near} & {*other.near}) >= 2


def _are_apart(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether both name days or places and none is the same."""
    return bool(one and other) and set(one).isdisjoint(other)


def _connected(near: Mapping[_Place, set[_Place]]) -> Iterable[list[_Place]]:
    """Yield the groups of places that are joined by pairs, in order."""
    left = set(near)
    while left:
        group, edge = set[_Place](), [min(left)]
        while edge:
            place = edge.pop()
            if place in left:
                left.remove(place)
                group.add(place)
                edge.extend(near[place])
        yield sorted(group)


def _told(thing: str, places: list[_Place], ordered: list[Report]) -> Disagreement:
    sides: dict[tuple[float, float | None], dict[str, Statement]] = {}
    for a, i in places:
        report, figure = ordered[a], ordered[a].figures[i]
        side = sides.setdefault((figure.low, figure.high), {})
        side.setdefault(
            report.voice, Statement(article=report.article, at=report.at, figure=figure)
        )
    told = tuple(tuple(side.values()) for side in sides.values())
    gaps = (
        min(one.at for one in later) - max(one.at for one in sooner)
        for sooner, later in pairwise(told)
    )
    is_news = all(gap >= UPDATED_AFTER for gap in gaps)
    return Disagreement(thing=thing, kind="updated" if is_news else "differs", sides=told)
