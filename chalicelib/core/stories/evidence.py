"""Do two groups of articles tell one event? Evidence for and against, added up as log-odds.

Look-alikes share a subject and its words; what tells them apart is what each repeats and the
other never says: names of people and places, figures, weekdays. So words count as likeness alone
(the cosine of both groups' weighted words), while names, numbers and dates are weighed for and
against by a Bayes factor. In one story a name is either one of its own, said by a share of its
articles that is itself unknown (a beta-Bernoulli model), or background, said as often as anywhere:

    m(c, n) = o * B(a + c, b + n - c) / B(a, b) + (1 - o) * p^c * (1 - p)^(n - c)

is the probability that c of n articles say it, and ln m(c1 + c2, n1 + n2) - ln m(c1, n1) -
ln m(c2, n2) is the evidence that both groups are one story (Heller and Ghahramani, "Bayesian
hierarchical clustering", 2005). One article without the other's name says little; five
that all have it beside five that never do say much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from chalicelib.core.stories.traits import Traits


class Kind(NamedTuple):
    """How a story's own names, numbers or dates behave: chance to be its own, then a and b."""

    own: float
    a: float
    b: float
    background: float  # how often texts at large say one, where its rarity does not tell


NAMES = Kind(own=0.04, a=0.5, b=2.0, background=0.0)
NUMBERS = Kind(own=0.04, a=0.5, b=3.0, background=0.01)
DATES = Kind(own=0.1, a=0.5, b=2.0, background=0.08)

FACTS = (
    "names +",
    "names -",
    "numbers +",
    "numbers -",
    "dates +",
    "dates -",
    "cosine",
    "likeness",  # its root
    "strangers",  # 1 where both name two or more and none is the same
)


class Weights(NamedTuple):
    """What each of FACTS adds to the log-odds, and where they start."""

    facts: tuple[float, ...]
    start: float


# Made by `python -m bench.stories train`; its table says how they do on topics never seen.
WEIGHTS = Weights(
    facts=(0.06, 0.15, 0.32, 0.42, 0.12, 0.53, 1.21, 1.88, -0.94),
    start=0.8,
)

DAY_APART = 0.3  # log-odds a day between two groups: news is told within a day or two
MIN_COSINE = 0.03
# Long articles of any events share words by chance: the least cosine for each term they have
# (40 and 40 terms: 0.1).
CHANCE = 0.0025


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Articles taken together: how many say what."""

    size: int
    terms: Mapping[str, int]  # names and words
    rarity: Mapping[str, int]
    names: Mapping[str, None]  # in order, so that sums do not depend on hashing
    numbers: Mapping[str, int]
    dates: Mapping[str, int]
    terms_each: float  # terms an article has, on average
    length: float  # of the vector of weighted terms
    first_at: float  # seconds
    last_at: float

    @classmethod
    def of(cls, traits: Traits) -> Group:
        rarity = {**traits.names, **traits.words}
        terms = dict.fromkeys(rarity, 1)
        moment = traits.published_at.timestamp()
        return cls(
            size=1,
            terms=terms,
            rarity=rarity,
            names=dict.fromkeys(traits.names),
            numbers=dict.fromkeys(traits.numbers, 1),
            dates=dict.fromkeys(traits.dates, 1),
            terms_each=len(terms),
            length=_length(terms, rarity),
            first_at=moment,
            last_at=moment,
        )

    def joined(self, other: Group) -> Group:
        terms = _sum(self.terms, other.terms)
        rarity = {**self.rarity, **other.rarity}
        return Group(
            size=self.size + other.size,
            terms=terms,
            rarity=rarity,
            names={**self.names, **other.names},
            numbers=_sum(self.numbers, other.numbers),
            dates=_sum(self.dates, other.dates),
            terms_each=sum(terms.values()) / (self.size + other.size),
            length=_length(terms, rarity),
            first_at=min(self.first_at, other.first_at),
            last_at=max(self.last_at, other.last_at),
        )


# What two articles of 40 terms share at least if they tell one event. Made on articles into which
# the names of one place were mixed: with names alone, a local paper is one story.
SUBJECT = 0.2  # the cosine of their words
SUBJECT_WORDS = 3


def is_one_subject(a: Traits, b: Traits) -> bool:
    """True if two articles share what happened, in words, and not only where and to whom.

    News of one place, one company, one team has its names in common whatever happens there, and
    no table of English knows how common they are. Shorter texts have fewer words to share.
    """
    shared = a.words.keys() & b.words.keys()
    both = math.sqrt(len(a.names | a.words) * len(b.names | b.words)) / 40
    if not shared or len(shared) < SUBJECT_WORDS * both:
        return False
    product = math.fsum(a.words[word] * b.words[word] for word in shared)
    lengths = math.sqrt(
        sum(weight**2 for weight in a.words.values())
        * sum(weight**2 for weight in b.words.values())
    )
    return round(product / lengths, 6) >= SUBJECT * both


def log_odds(a: Group, b: Group, weights: Weights = WEIGHTS) -> float | None:
    """Return the log-odds that *a* and *b* tell one event, None where they share next to nothing.

    Rounded to six digits, so that ties are ties on every machine.
    """
    facts = facts_of(a, b)
    if facts is None:
        return None
    days_apart = max(0.0, a.first_at - b.last_at, b.first_at - a.last_at) / 86_400
    told = sum(weight * fact for weight, fact in zip(weights.facts, facts, strict=True))
    return round(weights.start + told - DAY_APART * days_apart, 6)


def facts_of(a: Group, b: Group) -> tuple[float, ...] | None:
    """Return the values of FACTS for two groups, None where likeness is no more than chance."""
    cosine = cosine_of(a, b)
    if cosine <= max(MIN_COSINE, CHANCE * math.sqrt(a.terms_each * b.terms_each)):
        return None
    names = _evidence(NAMES, {**a.names, **b.names}, a.terms, b.terms, a, b)
    numbers = _evidence(NUMBERS, {**a.numbers, **b.numbers}, a.numbers, b.numbers, a, b)
    dates = _evidence(DATES, {**a.dates, **b.dates}, a.dates, b.dates, a, b)
    strangers = not a.names.keys() & b.names.keys() and min(len(a.names), len(b.names)) > 1
    return (*names, *numbers, *dates, cosine, math.sqrt(cosine), float(strangers))


def cosine_of(a: Group, b: Group) -> float:
    """The cosine of both groups' terms, each weighed by the articles with it times its rarity."""
    if len(a.terms) > len(b.terms):
        a, b = b, a
    both = sum(n * b.terms[term] * a.rarity[term] ** 2 for term, n in a.terms.items()
               if term in b.terms)  # fmt: skip
    return both / (a.length * b.length) if both else 0.0


def _evidence(
    kind: Kind,
    said: Iterable[str],
    a_counts: Mapping[str, int],
    b_counts: Mapping[str, int],
    a: Group,
    b: Group,
) -> tuple[float, float]:
    """Add up what speaks for one story and what against: (at least 0, at most 0)."""
    speaks_for = against = 0.0
    for one in said:
        in_a, in_b = a_counts.get(one, 0), b_counts.get(one, 0)
        rarity = a.rarity.get(one) or b.rarity.get(one, 0)
        told = (
            _log_chance(kind, rarity, in_a + in_b, a.size + b.size)
            - _log_chance(kind, rarity, in_a, a.size)
            - _log_chance(kind, rarity, in_b, b.size)
        )
        if told > 0:
            speaks_for += told
        else:
            against += told
    return speaks_for, against


@lru_cache(maxsize=100_000)
def _log_chance(kind: Kind, rarity: int, count: int, size: int) -> float:
    """Return ln m(count, size) of the module's formula."""
    p = kind.background or min(0.9, math.exp(-rarity / 10))
    own = (
        math.log(kind.own)
        + _log_beta(kind.a + count, kind.b + size - count)
        - _log_beta(kind.a, kind.b)
    )
    background = math.log1p(-kind.own) + count * math.log(p) + (size - count) * math.log1p(-p)
    most = max(own, background)
    return most + math.log(math.exp(own - most) + math.exp(background - most))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _sum(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    total = dict(a)
    for one, count in b.items():
        total[one] = total.get(one, 0) + count
    return total


def _length(terms: Mapping[str, int], rarity: Mapping[str, int]) -> float:
    return math.sqrt(sum((count * rarity[term]) ** 2 for term, count in terms.items()))
