"""The latest order, explained term by term, and which articles are about the same thing.

The score of an article is a moment: the second at which it became public, moved later by what
speaks for it. It never has to be computed again while the list ages, and it needs no table to be
understood: an article stands where one would that became public at its score and has nothing else
to say for it. A pin stands above every score; a story stands once; a source yields at the top.

Pure and total: the order of the input never shows in the output, and nothing that readers may not
see at `now` is in it, whatever the input.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from chalicelib.core.article import Article, ArticleId, Card, Elsewhere

# Their reasons: docs/decisions/0009-the-score-is-a-moment.md.
DOUBLING_COUNTS = timedelta(hours=3)  # for each doubling of the owners who tell a story
BREAKING_COUNTS = timedelta(hours=3)
BREAKING_FOR = timedelta(hours=6)  # after it became public: nobody takes the flag off again
TOP = 10  # places, a screen or two, in which no source shall drown the others …
SOURCE_CAP = 3  # … with more articles than these
YIELDS_TO = timedelta(hours=24)  # and no day's news makes room for that of the day before

FRESH_FOR = timedelta(minutes=15)  # three refreshes: a list holds what becomes public meanwhile
MIN_SHARED = 3  # terms; two are shared by most articles of one region and one language

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of a score: what it adds, in seconds, and why, for readers."""

    name: str  # freshness, owners, breaking
    value_s: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """An article in its place, with its score in seconds since 1970.

    `also` are the other articles of its story, which it stands for, in their own order.
    `moved_because` says why it stands elsewhere than its score would have it.
    """

    card: Card
    score_s: int
    owners: int  # how many tell its story
    is_breaking: bool
    also: tuple[Card, ...] = ()
    moved_because: str | None = None

    @property
    def terms(self) -> tuple[Term, ...]:
        """What the score adds up from. Made when somebody asks: an order alone needs no words."""
        owners_s = _owners_s(self.owners)
        breaking_s = BREAKING_COUNTS // _SECOND if self.is_breaking else 0
        return (
            Term(
                name="freshness",
                value_s=_freshness_s(self.card),
                why=f"Public since {_said(self.card.public_at)}.",
            ),
            Term(
                name="owners",
                value_s=owners_s,
                why=f"Told by {self.owners} owners: as if {hours(owners_s)} newer."
                if owners_s
                else "Told by one owner.",
            ),
            Term(
                name="breaking",
                value_s=breaking_s,
                why=f"Breaking news until {_said(self.card.public_at + BREAKING_FOR)}: "
                f"as if {hours(breaking_s)} newer."
                if breaking_s
                else "Not breaking news.",
            ),
        )

    @property
    def stands_at(self) -> datetime:
        """The score as a moment: an article that is only fresh stands here if public then."""
        return _EPOCH + self.score_s * _SECOND

    @property
    def conclusion(self) -> str:
        """What the terms come to, for readers."""
        return f"Its score puts it level with an article from {_said(self.stands_at)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The prepared list: what the front page shows, ready to be read in one call.

    `cards` hold, besides what is public, what becomes public before the next refresh, so that an
    embargo lifts to the second; `owners` says how many tell a story, by its id. `leads` are the
    articles that may stand first, with their summaries and without their bodies, `elsewhere` the
    reports on other sites that stand under each of these. `older` is the
    place in the list of everything after which the articles follow that are not in this one.
    """

    refreshed_at: datetime
    leads: tuple[Article, ...]
    cards: tuple[Card, ...]
    owners: dict[ArticleId, int] = field(default_factory=dict)
    elsewhere: dict[ArticleId, tuple[Elsewhere, ...]] = field(default_factory=dict)
    older: str | None = None

    def as_of(self, now: datetime) -> Latest:
        """Return the list without what is not public at *now*."""
        return replace(
            self,
            leads=tuple(lead for lead in self.leads if lead.is_public(now)),
            cards=tuple(card for card in self.cards if card.is_public(now)),
        )

    def lead(self, *, now: datetime) -> Article | None:
        """Return the article that stands first, of those that the list has whole."""
        whole = {lead.id: lead for lead in self.leads}
        cards = (card for card in self.cards if card.id in whole)
        return next((whole[one.card.id] for one in rank(cards, owners=self.owners, now=now)), None)

    def of_sections(self, sections: Iterable[str]) -> Latest:
        """Return the list of these sections alone."""
        wanted = frozenset(sections)
        return replace(
            self,
            leads=tuple(lead for lead in self.leads if lead.section in wanted),
            cards=tuple(card for card in self.cards if card.section in wanted),
        )

    def since(self, moment: datetime) -> Latest:
        """Return the list of what is new to who saw that of *moment* alone."""
        return replace(
            self,
            leads=tuple(lead for lead in self.leads if is_new(lead, moment)),
            cards=tuple(card for card in self.cards if is_new(card, moment)),
        )

    def count_new(self, since: datetime | None) -> int:
        """Return how much of it is new to who saw the list of *since*, 0 to who saw none."""
        return sum(is_new(card, since) for card in self.cards)

    def ranked(self, *, now: datetime) -> tuple[Ranked, ...]:
        return rank(self.cards, owners=self.owners, now=now)

    @property
    def stale_at(self) -> datetime:
        """The second from which newer articles may be missing: so long its refreshes failed."""
        return self.refreshed_at + FRESH_FOR + _SECOND

    def is_stale(self, now: datetime) -> bool:
        return now >= self.stale_at

    def refreshed_at_if_stale(self, now: datetime) -> datetime | None:
        return self.refreshed_at if self.is_stale(now) else None


def rank(
    cards: Iterable[Card], *, owners: Mapping[ArticleId, int], now: datetime
) -> tuple[Ranked, ...]:
    """Return what readers may see of *cards* at *now*, in the latest order.

    *owners* is how many tell a story, by its id; a story that is not in it is told by one. What is
    pinned comes first, as long as its pin lasts, and never gives way. The others follow by score,
    the highest first, ties by the smaller id; the first of a story stands for the others. In the
    first TOP places, an article beyond the SOURCE_CAP of its source lets those pass whose score is
    lower by no more than YIELDS_TO. O(n log n) in cards.
    """
    ranked = [_scored(card, owners, now) for card in cards if card.is_public(now)]
    ranked.sort(key=lambda one: (not is_pinned(one.card, now), -one.score_s, one.card.id))
    return tuple(_capped(_told_once(ranked, now), now))


def owners_of(
    cards: Iterable[Card], elsewhere: Mapping[ArticleId, Iterable[Elsewhere]] = MappingProxyType({})
) -> dict[ArticleId, int]:
    """Count the owners of each story that more than one tells: titles of a house are one voice.

    *elsewhere* has the reports on other sites that stand under each card.
    """
    found: defaultdict[ArticleId, set[str]] = defaultdict(set)
    for card in cards:
        found[card.story].add(card.source.voice)
        found[card.story] |= {
            link.source.voice for link in elsewhere.get(card.id, ()) if not link.is_related
        }
    return {story: len(owners) for story, owners in found.items() if len(owners) > 1}


def is_new(article: Article | Card, since: datetime | None) -> bool:
    """True if readers did not have it at *since*, which may lie after its date: it came late."""
    return since is not None and (article.seen_at or article.public_at) > since


def is_pinned(article: Article | Card, now: datetime) -> bool:
    return article.pinned_until is not None and now < article.pinned_until


def is_breaking(article: Article | Card, now: datetime) -> bool:
    """True while the article counts as breaking news, and is labelled so."""
    return article.breaking and now - article.public_at < BREAKING_FOR


def ends_of(article: Article | Card) -> Iterator[datetime]:
    """Yield when what sets *article* apart ends: its pin, its breaking, its being shown at all."""
    if article.pinned_until is not None:
        yield article.pinned_until
    if article.breaking:
        yield article.public_at + BREAKING_FOR
    if article.expires_at is not None:
        yield article.expires_at


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


def hours(seconds: int) -> str:
    """Return "4 h 45 min", for readers."""
    whole, minutes = divmod(round(seconds / 60), 60)
    return " ".join([f"{whole} h"] * (whole > 0) + [f"{minutes} min"] * (minutes > 0))


def _scored(card: Card, owners: Mapping[ArticleId, int], now: datetime) -> Ranked:
    count, breaking = owners.get(card.story, 1), is_breaking(card, now)
    because = None
    if card.pinned_until is not None and is_pinned(card, now):
        because = f"Pinned above every score until {_said(card.pinned_until)}."
    return Ranked(
        card=card,
        score_s=_freshness_s(card) + _owners_s(count) + breaking * (BREAKING_COUNTS // _SECOND),
        owners=count,
        is_breaking=breaking,
        moved_because=because,
    )


def _freshness_s(card: Card) -> int:
    return (card.public_at - _EPOCH) // _SECOND


def _owners_s(owners: int) -> int:
    return round(math.log2(max(owners, 1)) * DOUBLING_COUNTS.total_seconds())


def _told_once(ranked: Iterable[Ranked], now: datetime) -> list[Ranked]:
    """Let the first of each story stand for the others."""
    standing: list[Ranked] = []
    also: defaultdict[ArticleId, list[Card]] = defaultdict(list)
    heads: dict[ArticleId, ArticleId] = {}  # of a story: the article that stands for it
    for one in ranked:
        card = one.card
        if card.story in heads and not is_pinned(card, now):
            also[heads[card.story]].append(card)
        else:
            heads.setdefault(card.story, card.id)
            standing.append(one)
    return [
        replace(one, also=tuple(others)) if (others := also.get(one.card.id)) else one
        for one in standing
    ]


def _capped(ranked: list[Ranked], now: datetime) -> Iterable[Ranked]:
    """Yield the articles in their places, those beyond their source's cap below others."""
    left, passed = list(ranked), set[ArticleId]()
    stands: Counter[str] = Counter()
    for _ in range(min(TOP, len(left))):
        least_s = left[0].score_s - YIELDS_TO // _SECOND
        place = next(
            (
                place
                for place, one in enumerate(left)
                if is_pinned(one.card, now)
                or (stands[one.card.source.id] < SOURCE_CAP and one.score_s >= least_s)
            ),
            0,
        )
        passed |= {one.card.id for one in left[:place]}
        chosen = left.pop(place)
        stands[chosen.card.source.id] += 1
        yield _moved(chosen) if chosen.card.id in passed else chosen
    yield from (_moved(one) if one.card.id in passed else one for one in left)


def _moved(one: Ranked) -> Ranked:
    because = (
        f"Moved down: of the first {TOP} articles, {SOURCE_CAP} at most are by "
        f"{one.card.source.name} while others have news of the same time."
    )
    return replace(one, moved_because=because)


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
