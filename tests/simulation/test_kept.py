"""Histories that once ended otherwise than they should: each found a mistake in the code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.acts import (
    SOURCE,
    AtOnce,
    Files,
    Function,
    HearsAgain,
    Restores,
    Said,
    TakesDown,
    Uploads,
)
from tests.simulation.faults import Fault
from tests.simulation.world import World, wired, world

INGEST = AtOnce((Function("ingest"),))


@pytest.fixture
def newsroom() -> Iterator[World]:
    with wired(), world() as made:
        yield made


def test_a_profile_that_is_removed_for_good_leaves_its_articles(newsroom: World) -> None:
    newsroom.do(Files(SOURCE), INGEST)
    newsroom.do(Uploads("a.md", "ferry", Said(source="courier")), Restores(SOURCE), INGEST, INGEST)

    newsroom.come_to_rest()


def test_a_takedown_whose_mark_is_removed_for_good_is_lifted(newsroom: World) -> None:
    newsroom.do(Uploads("a.md"), INGEST, TakesDown("a.md"), INGEST)
    newsroom.do(Restores(newsroom.mark_of("a.md")), INGEST)

    newsroom.come_to_rest()


@pytest.mark.parametrize("turn", range(12, 17))
def test_who_dies_over_stories_that_another_has_told_comes_back_to_them(
    newsroom: World, turn: int
) -> None:
    slow = Function("ingest", faults=(Fault("killed before", at=turn + 3),))
    newsroom.do(Uploads("a.md"), HearsAgain("a.md"))
    newsroom.do(AtOnce((slow, Function("ingest")), turns=(turn,)))

    newsroom.come_to_rest()
