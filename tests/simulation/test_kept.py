"""Histories that once ended otherwise than they should: each found a mistake in the code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.core.article import article_id
from tests.simulation.acts import (
    SOURCE,
    Act,
    AtOnce,
    Files,
    Function,
    HearsAgain,
    Loses,
    Prunes,
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


def test_a_first_version_that_is_removed_for_good_is_no_revision_any_more(
    newsroom: World,
) -> None:
    newsroom.do(Uploads("a.md"), INGEST, Uploads("a.md", "levy"), INGEST, Prunes("a.md"), INGEST)

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


@pytest.mark.parametrize("turn", [14, *range(44, 54)])
def test_who_wakes_after_a_takedown_does_not_tell_of_what_was_taken_down(
    newsroom: World, turn: int
) -> None:
    newsroom.do(Uploads("a.md"), INGEST, Uploads("b.md", "ferry again"), INGEST)
    slow = Function("ingest", faults=(Fault("killed before", at=turn + 4),))
    others = (Function("ingest", event=1), Function("ingest"), Function("ingest"))
    another = Uploads("b.md", "ferry again", Said(section="world"))
    newsroom.do(another, HearsAgain("b.md"), TakesDown("a.md"))

    newsroom.do(AtOnce((slow, *others), turns=(turn, 200, 200, 200, 1, 200)))

    newsroom.come_to_rest()


@pytest.mark.parametrize("turn", range(15, 20))
def test_a_reconciliation_that_dies_over_what_another_settles_comes_back_to_it(
    newsroom: World, turn: int
) -> None:
    slow = Function("reconcile", faults=(Fault("killed before", at=turn + 3),))
    newsroom.do(Uploads("a.md"), AtOnce((slow, Function("ingest")), turns=(turn,)))

    newsroom.come_to_rest()


def test_an_upload_that_is_gone_before_it_was_written_leaves_no_revision(newsroom: World) -> None:
    cut_off = Function("ingest", faults=(Fault("cancelled by throttling", at=4),))
    newsroom.do(Uploads("a.md"), AtOnce((cut_off,)), Restores("a.md"))

    newsroom.come_to_rest()


@pytest.mark.parametrize("turn", range(44, 50))
def test_a_receipt_that_comes_late_does_not_stay_in_the_place_of_a_newer_one(
    newsroom: World, turn: int
) -> None:
    newsroom.do(Uploads("a.md"), HearsAgain("a.md"))
    at_once = (Function("ingest"), Uploads("a.md", "levy"), Function("ingest"))
    newsroom.do(AtOnce(at_once, turns=(turn, 1)), Loses(0))

    newsroom.come_to_rest()


def test_an_upload_that_was_taken_down_before_it_was_written_leaves_no_revision(
    newsroom: World,
) -> None:
    cut_off = Function("ingest", faults=(Fault("cancelled by throttling", at=4),))
    newsroom.do(Uploads("a.md"), AtOnce((cut_off,)), TakesDown("a.md"))

    newsroom.come_to_rest()


@pytest.mark.parametrize("further", [1, 3, 7, 15, 25])
@pytest.mark.parametrize("turn", range(22, 42, 4))
def test_who_spreads_a_profile_does_not_bring_an_older_article_back(
    newsroom: World, turn: int, further: int
) -> None:
    newsroom.do(Files(SOURCE), INGEST, Uploads("b.md", "ferry again"), INGEST)
    newsroom.do(Uploads("a.md", "ferry", Said(source="courier")), INGEST)
    newsroom.do(Files(SOURCE, "another"), HearsAgain("a.md"))
    slow = Function("ingest", faults=(Fault("killed before", at=turn + further),))
    another = Uploads("a.md", "levy", Said(source="courier"))

    newsroom.do(AtOnce((slow, another, Function("ingest")), turns=(turn, 1)), Loses(0))

    newsroom.come_to_rest()


@pytest.mark.parametrize("at", range(60, 92, 6))
@pytest.mark.parametrize("kind", ["not connected", "killed before"])
def test_who_spreads_a_profile_does_not_bring_back_what_was_taken_down(
    newsroom: World, at: int, kind: str
) -> None:
    newsroom.do(Files(SOURCE), INGEST, Uploads("b.md", "ferry again"), INGEST)
    newsroom.do(Uploads("a.md", "ferry", Said(source="courier", same_story="b.md")), INGEST)
    newsroom.do(Files(SOURCE, "another"), HearsAgain(newsroom.mark_of("a.md")))
    slow = Function("ingest", faults=(Fault(kind, at),))

    newsroom.do(AtOnce((slow, TakesDown("a.md"), Function("ingest")), turns=(25, 1)), Loses(0))

    newsroom.come_to_rest()


@pytest.mark.parametrize("at", range(15, 26))
def test_a_takedown_that_is_cut_short_and_lifted_leaves_the_revisions(
    newsroom: World, at: int
) -> None:
    cut_off = Function("ingest", faults=(Fault("killed before", at),))
    newsroom.do(Uploads("a.md"), INGEST, TakesDown("a.md"))

    newsroom.do(AtOnce((cut_off,)), TakesDown("a.md"))

    newsroom.come_to_rest()


@pytest.mark.parametrize("before", [(), (Uploads("a.md", "ferry again"), INGEST)])
@pytest.mark.parametrize("turn", range(3, 9))
def test_a_slow_function_does_not_write_over_a_newer_record(
    newsroom: World, turn: int, before: tuple[Act, ...]
) -> None:
    slow = Function("ingest", faults=(Fault("killed after it wrote", at=3),))
    yesterday = Uploads("a.md", "levy", Said(dated=-600, section="world"))
    newsroom.do(*before, Uploads("a.md"), HearsAgain("a.md"))
    newsroom.do(AtOnce((slow, yesterday, Function("ingest")), turns=(turn, 1)))

    newsroom.do(Uploads("a.md", "ferry", Said(dated=-60)), INGEST)

    newsroom.come_to_rest()


@pytest.mark.parametrize("kind", ["killed before", "done in part"])
@pytest.mark.parametrize("at", range(1, 60, 2))
def test_what_goes_wrong_at_any_call_is_made_good_without_another_event(
    newsroom: World, kind: str, at: int
) -> None:
    newsroom.do(Uploads("a.md"), INGEST, Uploads("b.md", "ferry again"))
    newsroom.do(AtOnce((Function("ingest", faults=(Fault(kind, at),)),)), Loses(0))

    newsroom.come_to_rest()


@pytest.mark.parametrize("at", range(43, 53))  # about the receipt, which comes last
def test_who_dies_over_a_receipt_leaves_it_to_the_reconciliation(newsroom: World, at: int) -> None:
    cut_off = Function("ingest", faults=(Fault("killed before", at),))
    newsroom.do(Uploads("a.md"), AtOnce((cut_off,)), Loses(0))

    newsroom.come_to_rest()


@pytest.mark.parametrize("turn", range(1, 8))
def test_a_slow_refresh_does_not_put_an_older_list_over_a_newer_one(
    newsroom: World, turn: int
) -> None:
    slow, another = Function("refresh_latest"), Function("refresh_latest", skew_s=1)
    newsroom.do(Uploads("a.md"), INGEST, Uploads("b.md", "levy"), HearsAgain("b.md"))

    newsroom.do(AtOnce((slow, Function("ingest"), another), turns=(turn,)))

    latest = newsroom.store.latest()
    assert latest is not None
    assert {card.id for card in latest.cards} == {article_id("a.md"), article_id("b.md")}
