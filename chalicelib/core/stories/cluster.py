"""From the traits of a set of articles to its stories, whatever their order.

Articles are put in one canonical order first: by `published_at`, then id. Pairs that share an
index key are candidates. Editors' links come first, then copies (one canonical address, or one text
in the other); then the two groups with the strongest evidence for one event are joined, again and
again, until none is left with more evidence for than against (agglomerative clustering).

*What a key's cap means.* Under a busy key only its first FAN_OUT articles, in canonical order, are
candidates of each other. That is said of the set, not of who arrived when, so a cap costs recall
and never determinism; an earlier article that arrives late takes the last one's place in it.

*What an article can change.* Groups are joined only along pairs that are tied, copies or linked
(LINK), so the stories of a connected component of that graph are the same whether computed alone or
with everything else. An article that shares no index key with another changes no other story. One
that does can change only its component, and the components of the articles it displaces from a
full key. `stories` of the union of those is all that has to be computed.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from chalicelib.core.article import ArticleId
from chalicelib.core.stories import sketch
from chalicelib.core.stories.evidence import WEIGHTS, Group, Weights, log_odds
from chalicelib.core.stories.traits import Traits

FAN_OUT = 40  # articles considered under one key: one read of a table
KEY_TERMS = 10  # the rarest names and words an article is found by
KEY_HASHES = 8  # of the sketch; see index_keys
PERIOD_DAYS = 7  # articles up to this far apart always share a period
LINK = 0.0  # log-odds from which two articles are linked
_LINK_KEY = "link:"


def index_keys(traits: Traits) -> tuple[str, ...]:
    """Return the keys under which an article is found, at most 30 beside its editors' links.

    `link:` its own id and those that its editors tie it to (never capped); `address:`; `copy:` the
    smallest hashes of its shingles: a text of which the share J is shared has none of KEY_HASHES
    in common with a chance of (1 - J)^8; `term:` its rarest terms, each in the period of its
    date and the next, so that any two articles at most PERIOD_DAYS apart meet in one.
    """
    keys = [f"{_LINK_KEY}{one}" for one in (traits.id, *traits.same_story)]
    if traits.address:
        keys.append(f"address:{traits.address}")
    keys.extend(f"copy:{one:08x}" for one in sketch.read(traits.sketch)[:KEY_HASHES])
    rarity = {**traits.words, **traits.names}
    terms = sorted(rarity, key=lambda term: (-rarity[term], term not in traits.names, term))
    period = traits.published_at.toordinal() // PERIOD_DAYS
    for term in terms[:KEY_TERMS]:
        keys.extend(f"term:{when}:{term}" for when in (period, period + 1))
    return tuple(keys)


def stories(traits: Iterable[Traits], *, weights: Weights = WEIGHTS) -> dict[ArticleId, ArticleId]:
    """Map each article to its story: the id of the story's first article.

    A function of the set: the order of *traits* never shows. Articles that editors hold apart are
    never in one story; those that they tie together are, unless other editors' links hold them
    apart. Candidates are O(n) in articles for a given FAN_OUT.
    """
    return _Clustering(traits, weights).run()


class _Clustering:
    """One run: articles are numbers in canonical order, a group is named by its first article."""

    def __init__(self, traits: Iterable[Traits], weights: Weights) -> None:
        by_id: dict[ArticleId, Traits] = {}
        for one in traits:
            by_id[one.id] = max(by_id.get(one.id, one), one, key=repr)
        self._articles = sorted(by_id.values(), key=_order)
        self._weights = weights
        number = {one.id: place for place, one in enumerate(self._articles)}
        self._members = {place: [place] for place in number.values()}
        self._first = list(number.values())  # of the group that an article is in
        self._group = {place: Group.of(one) for place, one in enumerate(self._articles)}
        self._sketches = [
            sketch.Sketch(one.shingles, sketch.read(one.sketch)) for one in self._articles
        ]
        self._near: dict[int, set[int]] = defaultdict(set)
        self._apart: dict[int, set[int]] = defaultdict(set)
        self._tied: list[tuple[int, int]] = []
        for place, one in enumerate(self._articles):
            for other in one.not_same_story:
                if other in number:
                    self._apart[place].add(number[other])
                    self._apart[number[other]].add(place)
            for other in one.same_story:
                if other in number:
                    a, b = sorted((place, number[other]))
                    self._tied.append((a, b))

    def run(self) -> dict[ArticleId, ArticleId]:
        copies: list[tuple[int, int]] = []
        for a, b, shares_hash in self._candidates():
            odds = log_odds(self._group[a], self._group[b], self._weights)
            if self._is_copy(a, b, look=shares_hash or (odds is not None and odds > 0)):
                copies.append((a, b))
            if odds is not None and odds > LINK:
                self._near[a].add(b)
                self._near[b].add(a)
        for a, b in [*sorted(self._tied), *sorted(copies)]:
            self._join(self._first[a], self._first[b])
        self._agglomerate()
        return {
            self._articles[place].id: self._articles[first].id
            for first, members in self._members.items()
            for place in members
        }

    def _candidates(self) -> Iterator[tuple[int, int, bool]]:
        """Yield each pair that shares a key once, and whether they share a hash or an address."""
        buckets: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(self._articles):
            for key in index_keys(one):
                if not key.startswith(_LINK_KEY) and len(buckets[key]) < FAN_OUT:
                    buckets[key].append(place)
        pairs: dict[tuple[int, int], bool] = {}
        for key, bucket in buckets.items():
            is_copy_key = not key.startswith("term:")
            for pair in combinations(bucket, 2):
                pairs[pair] = pairs.get(pair, False) or is_copy_key
        for (a, b), shares_hash in sorted(pairs.items()):
            yield a, b, shares_hash

    def _is_copy(self, a: int, b: int, *, look: bool) -> bool:
        one, other = self._articles[a], self._articles[b]
        if one.address is not None and one.address == other.address:
            return True
        ours, theirs = self._sketches[a], self._sketches[b]
        return look and sketch.containment(ours, theirs) >= sketch.COPY

    def _agglomerate(self) -> None:
        heap: list[tuple[float, int, int]] = []
        current: dict[tuple[int, int], float] = {}

        def weigh(a: int, b: int) -> None:
            pair = (a, b) if a < b else (b, a)
            current.pop(pair, None)
            odds = log_odds(self._group[pair[0]], self._group[pair[1]], self._weights)
            if odds is not None and odds > 0:
                # By the smaller group's size: else two big groups, on much evidence of every
                # sort, would be joined before each has its own articles together.
                strength = odds / min(self._group[a].size, self._group[b].size)
                current[pair] = -strength
                heapq.heappush(heap, (-strength, *pair))

        for a, near in sorted(self._near.items()):
            for b in sorted(near):
                if a < b:
                    weigh(a, b)
        while heap:
            strength, a, b = heapq.heappop(heap)
            if current.get((a, b)) != strength or not self._join(a, b):
                continue
            for other in sorted(self._near[a] | self._near[b]):
                current.pop((b, other) if b < other else (other, b), None)
            for other in sorted(self._near[a]):
                weigh(a, other)

    def _join(self, a: int, b: int) -> bool:
        """Make one group of two, named by the first article, unless editors hold them apart."""
        first, other = min(a, b), max(a, b)
        if first == other or self._apart[first] & set(self._members[other]):
            return False
        for place in self._members[other]:
            self._first[place] = first
        self._members[first] += self._members.pop(other)
        self._group[first] = self._group[first].joined(self._group.pop(other))
        self._apart[first] |= self._apart.pop(other, set())
        for near in self._near.pop(other, set()):
            self._near[near].discard(other)
            if near != first:
                self._near[near].add(first)
                self._near[first].add(near)
        self._near[first].discard(first)
        return True


def _order(one: Traits) -> tuple[float, str]:
    return (one.published_at.timestamp(), one.id)
