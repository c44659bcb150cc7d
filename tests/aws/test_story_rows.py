"""The rows of stories, in the table and in the memory that other tests use instead."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import placing
from chalicelib.aws.stories import Stories
from chalicelib.core.article import Article, ArticleId, Membership, id_at, place_of
from chalicelib.core.stories import Account
from chalicelib.core.stories.node import NOWHERE, Node, Place, Placed
from tests import builders
from tests.conftest import NOW
from tests.engines import TABLE, Engine
from tests.memory import MemoryStories

A, B, C = (builders.made(f"{name}.md", name, public_at=NOW + timedelta(hours=n)) for n, name in
           enumerate("abc"))  # fmt: skip


pytestmark = pytest.mark.table


@pytest.fixture(params=["table", "memory"])
def rows(request: pytest.FixtureRequest, engine: Engine) -> Any:
    if request.param == "memory":
        return MemoryStories()
    return Stories(engine.client, TABLE)


def account(article: Article) -> Account:
    return Account.of(article, placing.traits_of(article))


def test_an_article_that_was_never_placed_has_an_empty_node(rows: Any) -> None:
    assert rows.nodes([A.id]) == {A.id: Node()}


def test_what_is_placed_is_read_again_and_goes(rows: Any) -> None:
    placed = Placed(
        placing.traits_of(A), account(A), (Place("term:1:x", "o#a"),), (B.id,), is_open=True
    )

    rows.put_placed(A.id, placed)

    assert rows.nodes([A.id])[A.id].placed == placed
    rows.put_placed(A.id, NOWHERE)
    assert rows.nodes([A.id])[A.id].placed == NOWHERE


def test_a_key_has_its_articles_in_canonical_order(rows: Any) -> None:
    for one in (C, A, B):
        rows.move(to=[Place("k", place_of(one.public_at, one.id))], away_from=[])

    assert [id_at(one) for one in rows.under("k", limit=None)] == [A.id, B.id, C.id]
    assert [id_at(one) for one in rows.under("k", limit=2)] == [A.id, B.id]
    rows.move(to=[], away_from=[Place("k", place_of(A.public_at, A.id))])
    assert [id_at(one) for one in rows.under("k", limit=2)] == [B.id, C.id]


def test_links_are_seen_from_both_sides_and_go_without_a_trace(rows: Any) -> None:
    rows.link(A.id, B.id, 2.5)
    rows.link(A.id, C.id, 99.0)

    assert rows.nodes([A.id])[A.id].near == {B.id: 2.5, C.id: 99.0}
    assert rows.nodes([B.id])[B.id].near == {A.id: 2.5}
    for other, strength in ((B.id, 2.5), (C.id, 99.0)):
        rows.unlink(A.id, other, strength)
    rows.unlink(A.id, ArticleId("nobody"), 1.0)
    assert {node.near == {} for node in rows.nodes([A.id, B.id, C.id]).values()} == {True}


def test_a_link_that_has_gone_leaves_no_row(engine: Engine) -> None:
    rows = Stories(engine.client, TABLE)
    rows.link(A.id, B.id, 2.5)

    rows.unlink(A.id, B.id, 2.5)

    assert engine.client.scan(TableName=TABLE)["Items"] == []


def test_members_and_memberships_are_put_and_taken_away(rows: Any) -> None:
    first, second = place_of(A.public_at, A.id), place_of(B.public_at, B.id)
    membership = Membership(story_id=A.id, others=(B.card(),))

    rows.put_members(A.id, {first: account(A), second: account(B)}, [])
    rows.put_memberships({A.id: membership, B.id: None})

    assert rows.members(A.id) == {first: account(A), second: account(B)}
    assert rows.memberships([A.id, B.id]) == {A.id: membership}
    rows.put_members(A.id, {}, [first])
    rows.put_memberships({A.id: None})
    assert rows.members(A.id) == {second: account(B)}
    assert rows.memberships([A.id, B.id]) == {}


def test_a_story_of_more_than_a_megabyte_is_read_whole(rows: Any) -> None:
    chance = random.Random(1)
    accounts = {}
    for number in range(45):
        name = chance.randbytes(25_000).hex()  # of which little can be compressed
        one = account(replace(A, standfirst=name))
        accounts[place_of(NOW + timedelta(seconds=number), A.id)] = one
    for place, one in accounts.items():
        rows.put_members(A.id, {place: one}, [])

    assert rows.members(A.id) == accounts
