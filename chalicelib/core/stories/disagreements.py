"""Where a story's sources disagree: one thing counted, two numbers that cannot both be right.

A made-up dispute is worse than none. Two figures are held against each other only where they count
the same thing in sentences about the same subject, name no different days or places, are of one
order of size, and come from two voices; they disagree only where even their roundings and bounds
("about 30", "at least 12") leave no value that fits both. An article that gives both numbers
disagrees with nobody.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Literal

from chalicelib.core.article import ArticleId

MOST = 5  # disagreements of one story: the page is about the event
MOST_REPORTS = 60  # of a story; with 200 full of figures a reader would wait for seconds
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
        tops = [one.high for one in (self, other) if one.high is not None]
        return max(self.low, other.low) <= min(tops, default=math.inf)


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
    """Return up to MOST disagreements among *reports*, those of the most statements first.

    A function of the set; of more than MOST_REPORTS, the newest are compared. O(n²) in these,
    each of a few figures.
    """
    ordered = sorted(reports, key=lambda one: (one.at, one.article))[-MOST_REPORTS:]
    voices = {one.article: one.voice for one in ordered}
    opposed: dict[Statement, list[Statement]] = defaultdict(list)
    said = [(one, _clear(one)) for one in ordered]
    for (one, ours), (other, theirs) in combinations(said, 2):
        if one.voice != other.voice:
            for a, b in _opposed(ours, theirs):
                opposed[a].append(b)
                opposed[b].append(a)
    found = [_told(group, voices) for group in _connected(opposed)]
    found.sort(key=lambda one: (-sum(map(len, one.sides)), one.thing))
    return tuple(found[:MOST])


def _clear(report: Report) -> list[Statement]:
    """A report's statements but those of a thing for which it gives two numbers that do not fit."""
    torn = {
        a.thing for a, b in combinations(report.figures, 2) if a.thing == b.thing and not a.fits(b)
    }
    return [
        Statement(article=report.article, at=report.at, figure=figure)
        for figure in report.figures
        if figure.thing not in torn
    ]


def _opposed(
    ours: list[Statement], theirs: list[Statement]
) -> Iterator[tuple[Statement, Statement]]:
    """Yield the pairs that cannot both be right.

    None of a thing on which the two reports agree anywhere: the number that differs then counts
    something else.
    """
    pairs = [(a, b) for a in ours for b in theirs if a.figure.thing == b.figure.thing]
    agreed = {a.figure.thing for a, b in pairs if a.figure.fits(b.figure)}
    for a, b in pairs:
        if a.figure.thing not in agreed and _is_comparable(a.figure, b.figure):
            yield a, b


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


def _connected(opposed: Mapping[Statement, list[Statement]]) -> Iterator[list[Statement]]:
    """Yield the groups of statements that are joined by pairs, each the earliest first."""
    left = dict.fromkeys(opposed)
    while left:
        group, edge = [], [next(iter(left))]
        while edge:
            one = edge.pop()
            if one in left:
                del left[one]
                group.append(one)
                edge.extend(opposed[one])
        yield sorted(group, key=lambda one: (one.at, one.article, one.figure.start))


def _told(group: list[Statement], voices: Mapping[ArticleId, str]) -> Disagreement:
    sides: dict[tuple[float, float | None], dict[str, Statement]] = defaultdict(dict)
    for one in group:
        sides[one.figure.low, one.figure.high].setdefault(voices[one.article], one)
    told = tuple(tuple(side.values()) for side in sides.values())
    gaps = (
        min(one.at for one in later) - max(one.at for one in sooner)
        for sooner, later in pairwise(told)
    )
    is_news = all(gap >= UPDATED_AFTER for gap in gaps)
    return Disagreement(
        thing=group[0].figure.thing, kind="updated" if is_news else "differs", sides=told
    )
