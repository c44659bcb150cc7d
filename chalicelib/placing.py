"""Keeping the stories of the table true to its articles, one changed article at a time.

`place` does for one article what clustering all of them anew would do, at a cost that does not
grow with their number: it finds the article's neighbours by the index, links it to them, and
tells the stories of the parts that this touches. Different articles are placed side by side,
without a lock: whoever comes second sees the first in the index. One article has one placer at a
time: another takes over, and the one before writes nothing any more. Every step can be repeated,
and each ends with a look that finds nothing left to do. So whatever the order of arrival, and
whoever is killed where, the stories are in the end those of the set of articles: tests compare
them with `core.stories`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.core.around import one_of_each_voice_first
from chalicelib.core.article import (
    MAX_OTHERS,
    Article,
    ArticleId,
    Card,
    Membership,
    id_at,
    place_of,
)
from chalicelib.core.errors import FoldConflict, Overtaken
from chalicelib.core.receipt import Duplicate, Telling
from chalicelib.core.stories import (
    Account,
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
from chalicelib.core.stories.node import Link, Node, Place, Placed

if TYPE_CHECKING:
    from chalicelib.aws.stories import Placer, Stories
    from chalicelib.core.record import Record

MAX_PASSES = 12  # one changes, one confirms; the rest are for writers met on the way
SLACK = 8  # articles looked at beyond a full key: as many may have come at once


def place(
    id_: ArticleId, article: Article | None, *, ground: Record | None, rows: Stories
) -> Telling | None:
    """Bring the stories up to date with an article, None if it is none any more.

    *ground* is the record that says so, as it was read, None where there is none. Where it is
    another by now, nothing is written, and None returned. Harmless to repeat: of what stands as it
    should four reads tell. Raises FoldConflict when other writers won every pass. A new article
    costs a Query for each of its index keys and a few reads of its part; one with the same text,
    the latter alone.
    """
    traits = traits_of(article) if article is not None else None
    account = Account.of(article, traits) if article is not None and traits is not None else None
    for tries in range(MAX_PASSES):
        standing = rows.standing(id_)
        if standing.is_held:
            rows.let_pass(tries)
            standing = rows.standing(id_)
        if standing.is_placed and standing.placed[:2] == (traits, account):
            return _telling(id_, traits, rows)
        placer = rows.take(id_, ground)
        if placer is None:
            return None
        with suppress(Overtaken):
            _place(traits, account, rows, placer)
    raise FoldConflict("Other functions placed one article all the while.")


def _place(traits: Traits | None, account: Account | None, rows: Stories, placer: Placer) -> None:
    left = placer.touched  # by who died over it, or was overtaken
    before = rows.nodes([placer.id])[placer.id]
    if placer.is_taken_over or before.placed.traits != traits:
        _put_in_place(before, traits, account, rows, placer)
    else:
        placer.put_placed(before.placed._replace(account=account))
    _tell({placer.id, *placer.touched}, left, rows, placer)
    placer.end()


def _telling(id_: ArticleId, traits: Traits | None, rows: Stories) -> Telling:
    """Return what the stories tell of an article that is placed."""
    if traits is None:
        return Telling(story_id=id_)
    mine = rows.memberships([id_]).get(id_)
    linked = rows.nodes([id_])[id_].near
    near = rows.nodes(linked) if linked else {}
    return Telling(
        story_id=mine.story_id if mine else id_, duplicates=tuple(_duplicates(traits, near))
    )


def traits_of(article: Article) -> Traits:
    """Return what clustering reads of an article."""
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


def _put_in_place(
    before: Node, traits: Traits | None, account: Account | None, rows: Stories, placer: Placer
) -> None:
    """Move the article to its places and link it."""
    old, new = set(before.placed.places), set(_places(traits))
    placer.put_placed(Placed(traits, account, tuple(sorted(old | new))))
    placer.move(to=new, away_from=old - new)
    moved = old | new if placer.is_taken_over else old ^ new
    seen = _under({place.key for place in old | new}, rows)
    looks = {placer.id: (before.near.keys(), seen)}  # links, then candidates: see _changes
    for one in (placer.id, *_displaced(placer.id, moved, seen)):
        for changes in _changes(one, looks.get(one), rows):
            ends = {end for link in (*changes.gone, *changes.new) for end in link.ends} | {one}
            # Before the links change: who was linked by what goes is not found afterwards.
            placer.touch(ends)
            placer.unlink(changes.gone, changes.nodes)
            placer.link(changes.new)
    if old != new:
        placer.put_placed(Placed(traits, account, tuple(sorted(new))))


def _places(traits: Traits | None) -> Iterator[Place]:
    if traits is not None:
        order = place_of(traits.published_at, traits.id)
        for key in index_keys(traits):
            yield Place(key, order)


def _under(keys: Iterable[str], rows: Stories) -> dict[str, tuple[str, ...]]:
    """Return the orders of who stands under each key, and SLACK more than count."""
    most = {key: capacity(key) for key in keys}
    return {
        key: rows.under(key, limit=None if limit is None else limit + SLACK)
        for key, limit in most.items()
    }


def _displaced(
    id_: ArticleId, moved: Iterable[Place], seen: Mapping[str, tuple[str, ...]]
) -> list[ArticleId]:
    """Return the articles that full keys may have pushed out for *id_*, or let in again."""
    found: set[ArticleId] = set()
    for place in moved:
        most, orders = capacity(place.key), seen[place.key]
        # Who comes after all that count, or came, changes nothing for them.
        if most is not None and len(orders) >= most and place.order <= orders[most - 1]:
            found.update(map(id_at, orders[most - 1 :]))
    return sorted(found - {id_})


_Look = tuple[AbstractSet[ArticleId], Mapping[str, tuple[str, ...]]]  # linked to; under each key


class _Changes(NamedTuple):
    """What is wrong with the links of an article, by a look at these nodes."""

    gone: list[Link]  # are to go
    new: list[Link]
    nodes: Mapping[ArticleId, Node]


def _changes(id_: ArticleId, look: _Look | None, rows: Stories) -> Iterator[_Changes]:
    """Yield what is wrong with the links of an article, until a look finds nothing.

    The changes are to be made before the next ones are asked for. A look takes the links before
    the candidates: who links itself in between stands in the index by then, and is not taken
    for a link that has to go. Each is a new one: who comes meanwhile may push others out of a key.
    """
    for _ in range(MAX_PASSES):
        near, seen = look or _look(id_, rows)
        look = None
        candidates = _candidates(id_, seen)
        known = candidates | near
        nodes = rows.nodes({id_, *known})
        mine = nodes[id_]
        if not mine.near.keys() <= known:
            continue  # somebody has come meanwhile
        wanted = _links(mine.placed.traits, {other: nodes[other] for other in candidates})
        changes = _compared(id_, nodes, wanted)
        if not changes.gone and not changes.new:
            return
        yield changes
    raise FoldConflict("Other articles of the story changed all the while.")


def _look(id_: ArticleId, rows: Stories) -> _Look:
    mine = rows.nodes([id_])[id_]
    keys = index_keys(mine.placed.traits) if mine.placed.traits is not None else ()
    return mine.near.keys(), _under(keys, rows)


def _candidates(id_: ArticleId, seen: Mapping[str, tuple[str, ...]]) -> set[ArticleId]:
    found: set[ArticleId] = set()
    for key, orders in seen.items():
        within = tuple(map(id_at, orders[: capacity(key)]))
        if id_ in within:
            found.update(within)
    return found - {id_}


def _links(traits: Traits | None, others: Mapping[ArticleId, Node]) -> dict[ArticleId, float]:
    found = {}
    for id_, node in others.items():
        theirs = node.placed.traits
        strength = link(traits, theirs) if traits is not None and theirs is not None else None
        if strength is not None:
            found[id_] = strength
    return found


def _compared(
    id_: ArticleId, nodes: Mapping[ArticleId, Node], wanted: Mapping[ArticleId, float]
) -> _Changes:
    """Compare the links between an article and the others of *nodes* with those it should have."""
    changes = _Changes([], [], nodes)
    for other in sorted(nodes.keys() - {id_}):
        both = (nodes[id_].near.get(other), nodes[other].near.get(id_))
        had = {one for one in both if one is not None}
        changes.gone.extend(Link((id_, other), one) for one in had if one != wanted.get(other))
        if other in wanted and both != (wanted[other], wanted[other]):
            changes.new.append(Link((id_, other), wanted[other]))
    return changes


# Telling


def _tell(
    touched: Collection[ArticleId], left: Collection[ArticleId], rows: Stories, placer: Placer
) -> None:
    """Write the stories of all parts that the touched articles are in, or were in before.

    What a dead placer *left* may be the story of no article any more, and still have members.
    """
    # Both grow: what one pass has written, the next ones look at again.
    affected, story_ids = set(touched), set(left)
    for _ in range(MAX_PASSES):
        graph = _Graph(rows)
        for one in touched:
            affected |= graph.part(one) | graph.part(one, without=placer.id)
        told: dict[ArticleId, ArticleId | None] = {}
        for one in sorted(affected):
            if one not in told:
                told |= {one: None, **graph.stories(one)}
        affected |= told.keys()
        had = rows.memberships(told)
        shared = _shared(told, graph)
        story_ids |= shared.keys() | {one.story_id for one in had.values()}
        members = {
            story_id: changes
            for story_id in sorted(story_ids)
            if any(changes := _members(story_id, shared.get(story_id, {}), rows))
        }
        wanted = {
            id_: Membership(story_id=story_id, others=others_of(id_, accounts))
            for story_id, accounts in shared.items()
            for id_ in accounts
        }
        memberships = {id_: wanted.get(id_) for id_ in told if had.get(id_) != wanted.get(id_)}
        if not members and not memberships:
            return
        placer.touch(told.keys() | story_ids)
        placer.tell(members, memberships)
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

    def account(self, id_: ArticleId) -> Account | None:
        return self._nodes[id_].placed.account


def _shared(
    told: Mapping[ArticleId, ArticleId | None], graph: _Graph
) -> dict[ArticleId, dict[ArticleId, Account]]:
    """Return the accounts of the stories that more than one article tells."""
    found: dict[ArticleId, dict[ArticleId, Account]] = defaultdict(dict)
    for id_, story_id in told.items():
        account = graph.account(id_) if story_id is not None else None
        if story_id is not None and account is not None:
            found[story_id][id_] = account
    return {story_id: accounts for story_id, accounts in found.items() if len(accounts) > 1}


def _members(
    story_id: ArticleId, accounts: Mapping[ArticleId, Account], rows: Stories
) -> tuple[dict[str, Account], list[str]]:
    """Return what is to be put as members of a story, and which places are to be left."""
    wanted = {one.card.place: one for one in accounts.values()}
    known = rows.members(story_id)
    put = {where: one for where, one in wanted.items() if known.get(where) != one}
    return put, sorted(known.keys() - wanted.keys())


def others_of(id_: ArticleId, accounts: Mapping[ArticleId, Account]) -> tuple[Card, ...]:
    """Return the other cards of a story for one of its articles: the newest of each owner first."""
    newest = sorted(
        (account.card for other, account in accounts.items() if other != id_),
        key=lambda card: (-card.public_at.timestamp(), card.id),
    )
    return one_of_each_voice_first(newest)[:MAX_OTHERS]
