"""The rows of stories in the table, and who may write them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import placing, wiring
from chalicelib.aws.store import Store
from chalicelib.aws.stories import Placer, Standing, Stories
from chalicelib.core import fold
from chalicelib.core.article import Article, ArticleId, Membership, id_at, place_of
from chalicelib.core.errors import Overtaken
from chalicelib.core.stories import Account
from chalicelib.core.stories.node import NOWHERE, Link, Node, Place, Placed
from chalicelib.core.uploads import Version
from tests import builders
from tests.conftest import NOW
from tests.engines import TABLE, Engine

A, B, C = (builders.made(f"{name}.md", name, public_at=NOW + timedelta(hours=n)) for n, name in
           enumerate("abc"))  # fmt: skip
PLACED = Placed(placing.traits_of(A), None, (Place("term:1:x", "o#a"),))


pytestmark = pytest.mark.table


@pytest.fixture
def rows(engine: Engine) -> Stories:
    return Stories(engine.client, TABLE)


@pytest.fixture
def placer(rows: Stories) -> Placer:
    return taken(rows, A)


def taken(rows: Stories, article: Article) -> Placer:
    """Become the placer of an article that has no record."""
    placer = rows.take(article.id, None)
    assert placer is not None
    return placer


def account(article: Article) -> Account:
    return Account.of(article, placing.traits_of(article))


def left(engine: Engine) -> list[str]:
    """The sort keys of all rows that there are."""
    return [row["sk"]["S"] for row in engine.client.scan(TableName=TABLE)["Items"]]


def test_an_article_that_was_never_placed_has_an_empty_node(rows: Stories) -> None:
    assert rows.nodes([A.id]) == {A.id: Node()}
    assert rows.standing(A.id) == Standing(NOWHERE, is_placed=True, is_held=False)


def test_what_is_placed_is_read_again_and_goes(
    rows: Stories, placer: Placer, engine: Engine
) -> None:
    placed = PLACED._replace(account=account(A))

    placer.put_placed(placed)

    assert rows.nodes([A.id])[A.id].placed == placed
    placer.put_placed(NOWHERE)
    placer.end()
    assert left(engine) == []


def test_an_article_is_not_placed_before_its_placer_ends(rows: Stories, placer: Placer) -> None:
    placer.put_placed(PLACED)

    assert rows.standing(A.id) == Standing(PLACED, is_placed=False, is_held=True)
    placer.end()
    assert rows.standing(A.id) == Standing(PLACED, is_placed=True, is_held=False)
    rows.leave_unplaced(A.id, None)
    assert rows.standing(A.id) == Standing(PLACED, is_placed=False, is_held=False)
    assert taken(rows, A).is_taken_over


def test_who_takes_an_article_over_is_told_what_the_other_touched(
    rows: Stories, placer: Placer
) -> None:
    placer.touch([B.id])
    placer.touch([B.id, C.id])

    after = taken(rows, A)

    assert not placer.is_taken_over
    assert placer.touched == after.touched == {B.id, C.id}
    assert after.is_taken_over
    after.end()
    assert not taken(rows, A).touched


@pytest.mark.parametrize(
    "write",
    [
        lambda placer: placer.touch([B.id]),
        lambda placer: placer.put_placed(PLACED),
        lambda placer: placer.put_placed(NOWHERE),
        lambda placer: placer.move(to=PLACED.places, away_from=()),
        lambda placer: placer.link([Link((A.id, B.id), 2.5)]),
        lambda placer: placer.unlink(
            [Link((A.id, C.id), 1.0)], {A.id: Node(near={C.id: 1.0}), C.id: Node()}
        ),
        lambda placer: placer.tell({}, {A.id: None}),
        lambda placer: placer.end(),
    ],
    ids=["touch", "put", "take away", "move", "link", "unlink", "tell", "end"],
)
@pytest.mark.parametrize("has_ended", [False, True])
def test_who_was_overtaken_writes_nothing_any_more(
    rows: Stories,
    placer: Placer,
    engine: Engine,
    write: Callable[[Placer], object],
    has_ended: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    after = taken(rows, A)
    if has_ended:
        after.end()
    before = engine.client.scan(TableName=TABLE)["Items"]

    with pytest.raises(Overtaken):
        write(placer)

    assert engine.client.scan(TableName=TABLE)["Items"] == before


def test_an_article_is_placed_on_the_ground_of_its_record_as_it_is(
    rows: Stories, engine: Engine
) -> None:
    store = Store(engine.client, TABLE)
    before, after = (
        fold.fold(A.key, None, Version(id=id_, received_at=NOW, size=1), data,
                  summarise=wiring.extract).record
        for id_, data in (("v1", b"# One\n\nText."), ("v2", b"# Two\n\nText."))
    )  # fmt: skip
    store.write(None, before)
    store.settle(before)

    assert rows.take(A.id, None) is None
    assert rows.take(A.id, after) is None
    assert store.settled_to([A.key]) == {A.key: "v1"}
    assert rows.take(A.id, before) is not None
    assert store.settled_to([A.key]) == {}


def test_nobody_settles_an_article_that_somebody_places(rows: Stories, engine: Engine) -> None:
    store = Store(engine.client, TABLE)
    version = Version(id="v1", received_at=NOW, size=1)
    record = fold.fold(A.key, None, version, b"# One\n\nText.", summarise=wiring.extract).record
    store.write(None, record)
    placer = rows.take(A.id, record)
    assert placer is not None

    store.settle(record)

    assert store.settled_to([A.key]) == {}
    placer.end()
    store.settle(record)
    assert store.settled_to([A.key]) == {A.key: "v1"}


def test_a_key_has_its_articles_in_canonical_order(rows: Stories) -> None:
    for one in (C, A, B):
        place = Place("k", place_of(one.public_at, one.id))
        taken(rows, one).move(to=[place], away_from=[])

    assert [id_at(one) for one in rows.under("k", limit=None)] == [A.id, B.id, C.id]
    assert [id_at(one) for one in rows.under("k", limit=2)] == [A.id, B.id]
    place = Place("k", place_of(A.public_at, A.id))
    taken(rows, A).move(to=[], away_from=[place])
    assert [id_at(one) for one in rows.under("k", limit=2)] == [B.id, C.id]


def test_links_are_seen_from_both_sides_and_go_without_a_trace(
    rows: Stories, placer: Placer, engine: Engine
) -> None:
    links = [Link((A.id, B.id), 2.5), Link((A.id, C.id), 99.0)]
    placer.link(links)

    nodes = rows.nodes([A.id, B.id, C.id])

    assert nodes[A.id].near == {B.id: 2.5, C.id: 99.0}
    assert nodes[B.id].near == {A.id: 2.5}
    nobody = ArticleId("nobody")
    placer.unlink([*links[:1], Link((A.id, nobody), 1.0)], {**nodes, nobody: Node()})
    assert rows.nodes([A.id])[A.id].near == {C.id: 99.0}
    placer.unlink(links[1:], rows.nodes([A.id, C.id]))
    placer.end()
    assert left(engine) == []


def test_links_that_another_has_changed_are_left_to_another_look(
    rows: Stories, placer: Placer
) -> None:
    placer.link([Link((A.id, B.id), 2.5)])
    nodes = rows.nodes([A.id, B.id])
    taken(rows, C).link([Link((C.id, B.id), 1.0)])

    placer.unlink([Link((A.id, B.id), 2.5)], nodes)

    assert rows.nodes([A.id])[A.id].near == {B.id: 2.5}
    assert rows.nodes([B.id])[B.id].near == {A.id: 2.5, C.id: 1.0}


def test_members_and_memberships_are_put_and_taken_away(rows: Stories, placer: Placer) -> None:
    first, second = place_of(A.public_at, A.id), place_of(B.public_at, B.id)
    membership = Membership(story_id=A.id, others=(B.card(),))

    placer.tell(
        {A.id: ({first: account(A), second: account(B)}, [])}, {A.id: membership, B.id: None}
    )

    assert rows.members(A.id) == {first: account(A), second: account(B)}
    assert rows.memberships([A.id, B.id]) == {A.id: membership}
    placer.tell({A.id: ({}, [first])}, {A.id: None})
    assert rows.members(A.id) == {second: account(B)}
    assert rows.memberships([A.id, B.id]) == {}


def test_a_story_of_more_than_one_transaction_is_written_and_read_whole(
    rows: Stories, placer: Placer
) -> None:
    chance = random.Random(1)
    accounts = {}
    for number in range(120):
        name = chance.randbytes(25_000).hex()  # of which little can be compressed
        one = account(replace(A, standfirst=name))
        accounts[place_of(NOW + timedelta(seconds=number), A.id)] = one

    placer.tell({A.id: (accounts, [])}, {})

    assert rows.members(A.id) == accounts
