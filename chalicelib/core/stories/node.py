"""What a table keeps of an article's part in stories: its places in an index, and its links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.core.article import ArticleId
from chalicelib.core.stories.telling import Account
from chalicelib.core.stories.traits import Traits


class Place(NamedTuple):
    """Where an article stands in the index: under a key, in canonical order."""

    key: str
    order: str  # see article.place_of


class Placed(NamedTuple):
    """An article's traits and account, None once it is no article any more, and its places.

    While it is being placed, `places` has old and new ones.
    """

    traits: Traits | None = None
    account: Account | None = None
    places: tuple[Place, ...] = ()


NOWHERE = Placed()


class Link(NamedTuple):
    """That two articles are linked, and how strongly."""

    ends: tuple[ArticleId, ArticleId]
    strength: float


@dataclass(frozen=True, slots=True)
class Node:
    """An article as the graph of links has it."""

    placed: Placed = NOWHERE
    near: Mapping[ArticleId, float] = field(default_factory=dict)
