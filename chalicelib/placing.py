"""Keeping the stories of the table true to its articles, one changed article at a time.

`place` does for one article what clustering all of them anew would do, at a cost that does not
grow with their number: it finds the article's neighbours by the index, links it to them, and
tells the stories of the parts that this touches. There is no lock. Whoever comes to an article
second sees the first in the index; every step can be repeated, and each ends with a look that
finds nothing left to do. So whatever the order of arrival, and whoever is killed where, the
stories are in the end those of the set of articles: tests compare them with `core.stories`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.core.article import Article, ArticleId, Card, Membership, place_of
from chalicelib.core.errors import FoldConflict
from chalicelib.core.receipt import Duplicate, Telling
from chalicelib.core.stories import (
    Traits,
    capacity,
    fingerprint,
    index_keys,
    is_copy,
    link,
    part,
    part_stories,
    similarity,
)
from chalicelib.core.stories.node import Node, Place, Placed

if TYPE_CHECKING:
    from chalicelib.aws.stories import Stories

MAX_PASSES = 12  # one changes, one confirms; the rest are for writers met on the way
MAX_OTHERS = 12  # cards of a story on each of its articles' pages
SLACK = 8  # articles looked at beyond a full key: as many may have come at once


def place(id_: ArticleId, article: Article | None, *, rows: Stories) -> Telling:
    """Bring the stories up to date with an article, None if it is none any more.

    Harmless to repeat. Raises FoldConflict when other writers won every pass. A new article costs
    a Query for each of its index keys and a few reads of its part; one with the same text, the
    latter alone.
    """
    traits = _traits(article) if article is not None else None
    before = rows.nodes([id_])[id_].placed
    is_placed = not before.is_open and before.traits == traits
    _tell({id_} if is_placed else _put_in_place(id_, traits, rows), without=id_, rows=rows)
    now = rows.nodes([id_])[id_]
    if not is_placed and now.placed.traits == traits:
        rows.put_placed(id_, Placed(traits, now.placed.places))
    mine = rows.memberships([id_]).get(id_)
    near = rows.nodes(now.near) if now.near else {}
    return Telling(
        story_id=mine.story_id if mine else id_,
        duplicates=tuple(_duplicates(traits, near) if traits is not None else ()),
    )


def _traits(article: Article) -> Traits:
    return fingerprint(
        id=article.id,
        headline=article.headline,
        text=article.body.text,
        language=article.language,
        published_at=article.public_at,  # so the first of a story is the first that readers have
        source=article.source.id,
        original_url=article.original_url,
        same_story=article.same_story,
        not_same_story=article.not_same_story,
    )


def _duplicates(traits: Traits, near: Mapping[ArticleId, Node]) -> Iterator[Duplicate]:
    for other, node in sorted(near.items()):
        theirs = node.placed.traits
        if theirs is not None and is_copy(traits, theirs):
            yield Duplicate(
                article_id=other,
                similarity=round(similarity(traits, theirs), 2),
                source=theirs.source,
                public_at=theirs.published_at,
            )


# Into the index


def _put_in_place(id_: ArticleId, traits: Traits | None, rows: Stories) -> set[ArticleId]:
    """Move the article to its places and link it; return all whose stories that may change."""
    before = rows.nodes([id_])[id_].placed
    old, new = set(before.places), set(_places(traits))
    state = Placed(traits, tuple(sorted(old | new)), before.unsettled, is_open=True)
    rows.put_placed(id_, state)
    rows.move(to=new, away_from=old - new)
    moved = old | new if before.is_open else old ^ new
    touched = {id_, *before.unsettled}
    for one in (id_, *_displaced(id_, {place.key for place in moved}, rows)):
        for changes in _changes(one, rows):
            ends = {end for change in changes for end in change.ends} | {one}
            if not ends <= touched:
                # Before the links change: who was linked by what goes is not found afterwards.
                touched |= ends
                state = state._replace(unsettled=tuple(sorted(touched)))
                rows.put_placed(id_, state)
            for change in changes:
                (rows.link if change.is_new else rows.unlink)(*change.ends, change.strength)
    rows.put_placed(id_, state._replace(places=tuple(sorted(new))))
    return touched


def _places(traits: Traits | None) -> Iterator[Place]:
    if traits is not None:
        order = place_of(traits.published_at, traits.id)
        for key in index_keys(traits):
            yield Place(key, order)


def _displaced(id_: ArticleId, keys: Iterable[str], rows: Stories) -> list[ArticleId]:
    """Return the articles that full keys may have pushed out for *id_*, or let in again."""
    found: set[ArticleId] = set()
    for key in keys:
        most = capacity(key)
        if most is None:
            continue
        ids = rows.under(key, limit=most + SLACK)
        if id_ not in ids[most:]:  # it stands in front, or is gone
            found.update(ids[most - 1 :])
    return sorted(found - {id_})


class _Change(NamedTuple):
    """A link that is to be made or taken away."""

    ends: tuple[ArticleId, ArticleId]
    strength: float
    is_new: bool


def _changes(id_: ArticleId, rows: Stories) -> Iterator[list[_Change]]:
    """Yield what is wrong with the links of an article, until a look finds nothing.

    The changes are to be made before the next ones are asked for.
    """
    for _ in range(MAX_PASSES):
        # Links before candidates: who links itself meanwhile is in the index by then.
        mine = rows.nodes([id_])[id_]
        candidates = _candidates(id_, mine.placed.traits, rows)
        known = candidates | mine.near.keys()
        for _ in range(MAX_PASSES):
            nodes = rows.nodes({id_, *known})
            mine = nodes.pop(id_)
            if not mine.near.keys() <= known:
                break  # somebody has come meanwhile
            wanted = _links(mine.placed.traits, {other: nodes[other] for other in candidates})
            changes = list(_differences(id_, mine, nodes, wanted))
            if not changes:
                return
            yield changes
    raise FoldConflict("Other articles of the story changed all the while.")


def _candidates(id_: ArticleId, traits: Traits | None, rows: Stories) -> set[ArticleId]:
    found: set[ArticleId] = set()
    for key in index_keys(traits) if traits is not None else ():
        ids = rows.under(key, limit=capacity(key))
        if id_ in ids:
            found.update(ids)
    return found - {id_}


def _links(traits: Traits | None, others: Mapping[ArticleId, Node]) -> dict[ArticleId, float]:
    found = {}
    for id_, node in others.items():
        theirs = node.placed.traits
        strength = link(traits, theirs) if traits is not None and theirs is not None else None
        if strength is not None:
            found[id_] = strength
    return found


def _differences(
    id_: ArticleId, mine: Node, nodes: Mapping[ArticleId, Node], wanted: Mapping[ArticleId, float]
) -> Iterator[_Change]:
    for other, node in sorted(nodes.items()):
        both = (mine.near.get(other), node.near.get(id_))
        for had in sorted({one for one in both if one is not None}):
            if had != wanted.get(other):
                yield _Change((id_, other), had, is_new=False)
        if other in wanted and both != (wanted[other], wanted[other]):
            yield _Change((id_, other), wanted[other], is_new=True)


# Telling


def _tell(touched: Collection[ArticleId], *, without: ArticleId, rows: Stories) -> None:
    """Write the stories of all parts that the touched articles are in, or were in before."""
    for _ in range(MAX_PASSES):
        graph = _Graph(rows)
        affected = set(touched)
        for one in touched:
            affected |= graph.part(one) | graph.part(one, without=without)
        told: dict[ArticleId, ArticleId] = {}
        for one in sorted(affected):
            if one not in told:
                told |= graph.stories(one)
        lone = dict.fromkeys(affected - told.keys())
        if not _write({**told, **lone}, graph, rows):
            return
    raise FoldConflict("Other articles of the story changed all the while.")


class _Graph:
    """The links of the table as one pass has read them, each node once."""

    def __init__(self, rows: Stories) -> None:
        self._rows = rows
        self._nodes: dict[ArticleId, Node] = {}

    def part(self, id_: ArticleId, *, without: ArticleId | None = None) -> frozenset[ArticleId]:
        """Return the part of an article, or what it would be *without* another."""

        def links_of(ids: frozenset[ArticleId]) -> Iterator[dict[ArticleId, float]]:
            new = ids - self._nodes.keys()
            if new:
                self._nodes |= self._rows.nodes(new)
            for one in ids - {without}:
                yield {o: s for o, s in self._nodes[one].near.items() if o != without}

        return part(id_, links_of)

    def stories(self, id_: ArticleId) -> dict[ArticleId, ArticleId]:
        """Return the stories of the part that an article is in."""
        members = self.part(id_)
        traits = [one for one in map(self.traits, members) if one is not None]
        return part_stories(traits, {one: self._nodes[one].near for one in members})

    def traits(self, id_: ArticleId) -> Traits | None:
        return self._nodes[id_].placed.traits


def _write(told: Mapping[ArticleId, ArticleId | None], graph: _Graph, rows: Stories) -> bool:
    """Put the rows of these stories where they differ; say whether any did."""
    tellers: dict[ArticleId, list[ArticleId]] = defaultdict(list)
    for id_, story_id in told.items():
        if story_id is not None:
            tellers[story_id].append(id_)
    shared = {story_id: ids for story_id, ids in tellers.items() if len(ids) > 1}
    had = rows.memberships(told)
    moments = {
        id_: traits.published_at
        for ids in shared.values()
        for id_ in ids
        if (traits := graph.traits(id_)) is not None
    }
    cards = rows.cards(moments) if moments else {}
    has: dict[ArticleId, Membership | None] = dict.fromkeys(told)
    changed = False
    for story_id in shared.keys() | {one.story_id for one in had.values()}:
        # An article that has gone since has no card: its own placing is on its way.
        members = {id_: cards[id_] for id_ in shared.get(story_id, ()) if id_ in cards}
        for id_ in members:
            has[id_] = Membership(story_id=story_id, others=_others(id_, members.values()))
        wanted = {place_of(card.public_at, id_): card for id_, card in members.items()}
        known = rows.members(story_id)
        put = {where: card for where, card in wanted.items() if known.get(where) != card}
        delete = known.keys() - wanted.keys()
        if put or delete:
            rows.put_members(story_id, put, delete)
            changed = True
    memberships = {id_: one for id_, one in has.items() if had.get(id_) != one}
    if memberships:
        rows.put_memberships(memberships)
    return changed or bool(memberships)


def _others(id_: ArticleId, cards: Iterable[Card]) -> tuple[Card, ...]:
    """Return the other cards of a story for one of its articles: the newest of each owner first."""
    newest = sorted(
        (card for card in cards if card.id != id_),
        key=lambda card: (-card.public_at.timestamp(), card.id),
    )
    first = {card.owner: card for card in reversed(newest)}
    ahead = [card for card in newest if first[card.owner] is card]
    return (*ahead, *(card for card in newest if first[card.owner] is not card))[:MAX_OTHERS]
