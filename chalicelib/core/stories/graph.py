"""Which articles may tell one event: links between pairs, and the parts that they fall into.

A link is a function of two articles; who is compared with whom follows from the set. Articles
that share an index key are candidates, and under a busy key only its first FAN_OUT in canonical
order (by `published_at`, then id) are candidates of each other. That is said of the set, not of
who arrived when: an earlier article that arrives late takes the last one's place in a full key.

A story lies within one part, so a change of an article can change only the parts that it is or
was linked to. Linked is everything in a large newsroom, by way of something; so a part has at
most MAX_PART articles: where the weakest links make more of it, only stronger ones count
(LADDER), the least that suffice. Two articles of one part find the same part, from either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

from chalicelib.core.article import ArticleId
from chalicelib.core.stories import sketch
from chalicelib.core.stories.evidence import WEIGHTS, Group, Weights, is_one_subject, log_odds
from chalicelib.core.stories.traits import Traits, similarity

FAN_OUT = 40  # articles considered under one key: one read of a table
KEY_TERMS = 8  # the rarest names and words an article is found by
KEY_HASHES = 4  # of the sketch; see index_keys
PERIOD_DAYS = 7  # articles up to this far apart always share a period
LADDER = (1.5, 2.0, 2.5, 3.0, 4.0)  # log-odds: from the first on two articles are linked
SURE = 99.0  # the strength of copies and of editors' links
MAX_PART = 200  # articles: two reads of a table, and half a second of clustering

Links = Mapping[ArticleId, float]  # the articles that one is linked to, and how strongly
_LINK_KEY = "link:"


def index_keys(traits: Traits) -> tuple[str, ...]:
    """Return the keys under which an article is found, at most 22 beside its editors' links.

    `link:` its own id and those that its editors tie it to (never capped); `address:`; `copy:` the
    smallest hashes of its shingles: a text of which the share J is shared has none of KEY_HASHES
    in common with a chance of (1 - J)^4; `term:` its rarest terms, each in the period of its
    date and the next, so that any two articles at most PERIOD_DAYS apart meet in one.
    """
    keys = [f"{_LINK_KEY}{one}" for one in (traits.id, *traits.same_story)]
    if traits.address:
        keys.append(f"address:{traits.address}")
    keys.extend(f"copy:{one:08x}" for one in _first_hashes(traits))
    rarity = {**traits.words, **traits.names}
    terms = sorted(rarity, key=lambda term: (-rarity[term], term not in traits.names, term))
    period = traits.published_at.toordinal() // PERIOD_DAYS
    for term in terms[:KEY_TERMS]:
        keys.extend(f"term:{when}:{term}" for when in (period, period + 1))
    return tuple(keys)


def capacity(key: str) -> int | None:
    """Return how many articles under *key* are candidates of each other, None for all."""
    return None if key.startswith(_LINK_KEY) else FAN_OUT


def link(a: Traits, b: Traits, *, weights: Weights = WEIGHTS) -> float | None:
    """Return how strongly two articles are linked, in hundredths; None where they are not.

    SURE for copies (one address, or one text in the other) and for what editors tie together;
    else the log-odds that both tell one event. Symmetric.
    """
    if b.id in a.same_story or a.id in b.same_story or is_copy(a, b):
        return SURE
    odds = log_odds(*sorted_groups(a, b), weights) if is_one_subject(a, b) else None
    if odds is None or odds < LADDER[0]:
        return None
    return round(min(odds, SURE), 2)


def is_copy(a: Traits, b: Traits) -> bool:
    """True if one address or one text is in both."""
    return (a.address is not None and a.address == b.address) or similarity(a, b) >= sketch.COPY


def sorted_groups(a: Traits, b: Traits) -> tuple[Group, Group]:
    """Return both as groups of one, in one order: sums of fractions depend on it."""
    first, second = sorted((a, b), key=lambda one: one.id)
    return Group.of(first), Group.of(second)


def links(traits: Iterable[Traits], *, weights: Weights = WEIGHTS) -> dict[ArticleId, Links]:
    """Return the links of every article of a set, as an index of it would lead to them."""
    buckets: dict[str, list[Traits]] = defaultdict(list)
    found: dict[ArticleId, dict[ArticleId, float]] = {}
    for one in sorted(traits, key=lambda one: (one.published_at, one.id)):
        found[one.id] = {}
        for key in index_keys(one):
            most = capacity(key)
            if most is None or len(buckets[key]) < most:
                buckets[key].append(one)
    pairs = {
        (a.id, b.id): (a, b) for bucket in buckets.values() for a, b in combinations(bucket, 2)
    }
    for a, b in pairs.values():
        strength = link(a, b, weights=weights)
        if strength is not None:
            found[a.id][b.id] = found[b.id][a.id] = strength
    return dict(found)


def part(
    seed: ArticleId, links_of: Callable[[frozenset[ArticleId]], Iterable[Links]]
) -> frozenset[ArticleId]:
    """Return the part that *seed* is in. *links_of* is asked for the links of new articles."""
    for least in (*LADDER, SURE):
        found = new = frozenset({seed})
        while new and len(found) <= MAX_PART:
            near = links_of(new)
            new = frozenset(
                other for links in near for other, strength in links.items() if strength >= least
            )
            new -= found
            found |= new
        if len(found) <= MAX_PART:
            return found
    return frozenset({seed})


def _first_hashes(traits: Traits) -> tuple[int, ...]:
    return sketch.read(traits.sketch)[:KEY_HASHES]
