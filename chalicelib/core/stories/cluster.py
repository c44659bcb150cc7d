"""From the traits of a set of articles to its stories, whatever their order.

Each part of the set (see `graph`) is clustered by itself. Editors' links come first, then copies;
then the two groups with the strongest evidence for one event are joined, again and again, until
none is left with more evidence for than against (agglomerative clustering). Groups are joined
only along links.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping

from chalicelib.core.article import ArticleId
from chalicelib.core.stories.evidence import WEIGHTS, Group, Weights, log_odds
from chalicelib.core.stories.graph import SURE, Links, links, part
from chalicelib.core.stories.traits import Traits


def stories(traits: Iterable[Traits], *, weights: Weights = WEIGHTS) -> dict[ArticleId, ArticleId]:
    """Map each article to its story: the id of the story's first article.

    A function of the set: the order of *traits* never shows. Articles that editors hold apart are
    never in one story; those that they tie together are, unless other editors' links hold them
    apart. Candidates are O(n) in articles.
    """
    by_id: dict[ArticleId, Traits] = {}
    for one in traits:
        by_id[one.id] = max(by_id.get(one.id, one), one, key=repr)
    near = links(by_id.values(), weights=weights)
    found: dict[ArticleId, ArticleId] = {}
    for id_ in by_id:
        if id_ not in found:
            members = part(id_, lambda ids: [near[other] for other in ids])
            found |= part_stories([by_id[one] for one in members], near, weights=weights)
    return found


def part_stories(
    traits: Iterable[Traits], near: Mapping[ArticleId, Links], *, weights: Weights = WEIGHTS
) -> dict[ArticleId, ArticleId]:
    """Map each article of one part to its story, along the links that *near* has of each."""
    return _Clustering(traits, near, weights).run()


class _Clustering:
    """One run: articles are numbers in canonical order, a group is named by its first article."""

    def __init__(
        self, traits: Iterable[Traits], near: Mapping[ArticleId, Links], weights: Weights
    ) -> None:
        self._articles = sorted(traits, key=lambda one: (one.published_at, one.id))
        self._weights = weights
        number = {one.id: place for place, one in enumerate(self._articles)}
        self._members = {place: [place] for place in number.values()}
        self._first = list(number.values())  # of the group that an article is in
        self._group = {place: Group.of(one) for place, one in enumerate(self._articles)}
        self._near: dict[int, set[int]] = defaultdict(set)
        self._apart: dict[int, set[int]] = defaultdict(set)
        self._sure: set[tuple[bool, int, int]] = set()  # editors' links, then copies
        for place, one in enumerate(self._articles):
            for other in one.not_same_story:
                if other in number:
                    self._apart[place].add(number[other])
                    self._apart[number[other]].add(place)
            for other, strength in near[one.id].items():
                if other not in number:
                    continue
                # From both sides, even where a table has only one: another is writing.
                self._near[place].add(number[other])
                self._near[number[other]].add(place)
                if strength >= SURE:
                    a, b = sorted((place, number[other]))
                    is_tied = other in one.same_story or (
                        one.id in self._articles[number[other]].same_story
                    )
                    self._sure.add((not is_tied, a, b))

    def run(self) -> dict[ArticleId, ArticleId]:
        for _, a, b in sorted(self._sure):
            self._join(self._first[a], self._first[b])
        self._agglomerate()
        return {
            self._articles[place].id: self._articles[first].id
            for first, members in self._members.items()
            for place in members
        }

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
            del current[a, b]  # the heap may have the pair twice
            for other in sorted(self._near[a]):
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
