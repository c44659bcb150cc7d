"""The rows of stories in memory: what `aws.stories` does, without calls. Held to its tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from chalicelib import placing
from chalicelib.core.article import Article, ArticleId, Membership, place_of
from chalicelib.core.stories import Account, index_keys, links, stories
from chalicelib.core.stories.node import NOWHERE, Node, Place, Placed


class MemoryStories:
    def __init__(self) -> None:
        self.placed: dict[ArticleId, Placed] = {}
        self.near: dict[ArticleId, set[tuple[ArticleId, float]]] = defaultdict(set)
        self.index: dict[str, set[str]] = defaultdict(set)
        self.told: dict[ArticleId, Membership] = {}
        self.tellers: dict[ArticleId, dict[str, Account]] = defaultdict(dict)

    def rows(self) -> list[dict[object, object]]:
        """Everything that stands in the table, for comparison."""
        tables: list[Mapping[object, object]] = [
            self.placed,  # type: ignore[list-item]
            self.near,  # type: ignore[list-item]
            self.index,  # type: ignore[list-item]
            self.told,  # type: ignore[list-item]
            self.tellers,  # type: ignore[list-item]
        ]
        return [
            {key: value.copy() if isinstance(value, dict | set) else value
             for key, value in table.items() if value}
            for table in tables
        ]  # fmt: skip

    def nodes(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Node]:
        return {
            id_: Node(self.placed.get(id_, NOWHERE), dict(self.near.get(id_, ()))) for id_ in ids
        }

    def under(self, key: str, *, limit: int | None) -> tuple[str, ...]:
        return tuple(sorted(self.index[key])[:limit])

    def put_placed(self, id_: ArticleId, placed: Placed) -> None:
        self.placed[id_] = placed
        if placed == NOWHERE:
            del self.placed[id_]

    def move(self, *, to: Iterable[Place], away_from: Iterable[Place]) -> None:
        for place in to:
            self.index[place.key].add(place.order)
        for place in away_from:
            self.index[place.key].discard(place.order)

    def link(self, a: ArticleId, b: ArticleId, strength: float) -> None:
        self.near[a].add((b, strength))
        self.near[b].add((a, strength))

    def unlink(self, a: ArticleId, b: ArticleId, strength: float) -> None:
        self.near[a].discard((b, strength))
        self.near[b].discard((a, strength))

    def memberships(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Membership]:
        return {id_: self.told[id_] for id_ in ids if id_ in self.told}

    def members(self, story_id: ArticleId) -> dict[str, Account]:
        return dict(self.tellers[story_id])

    def put_members(
        self, story_id: ArticleId, put: Mapping[str, Account], delete: Iterable[str]
    ) -> None:
        self.tellers[story_id] |= put
        for where in delete:
            self.tellers[story_id].pop(where, None)

    def put_memberships(self, memberships: Mapping[ArticleId, Membership | None]) -> None:
        for id_, one in memberships.items():
            if one is None:
                self.told.pop(id_, None)
            else:
                self.told[id_] = one

    def fill(self, articles: Sequence[Article]) -> None:
        """Put articles in their places at once, as placing one after the other would.

        Memberships are put without the cards of the others.
        """
        traits = {one.id: placing.traits_of(one) for one in articles}
        accounts = {one.id: Account.of(one, traits[one.id]) for one in articles}
        told, near = stories(traits.values()), links(traits.values())
        members: dict[ArticleId, dict[str, Account]] = defaultdict(dict)
        for id_, one in traits.items():
            order = place_of(one.published_at, id_)
            places = tuple(sorted(Place(key, order) for key in index_keys(one)))
            self.put_placed(id_, Placed(one, accounts[id_], places))
            self.move(to=places, away_from=())
            self.near[id_] = set(near[id_].items())
            members[told[id_]][order] = accounts[id_]
        for story_id, there in members.items():
            if len(there) > 1:
                self.put_members(story_id, there, ())
                alone = Membership(story_id=story_id, others=())
                self.put_memberships({account.card.id: alone for account in there.values()})
