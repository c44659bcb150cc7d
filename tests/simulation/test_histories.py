"""Whatever comes twice, late or never, and whoever dies where: a newsroom ends as it should."""

from __future__ import annotations

import pytest

from tests.simulation.faults import KINDS
from tests.simulation.histories import History, live
from tests.simulation.mistakes import MISTAKES, MOST, Mistake, plant
from tests.simulation.world import wired


def test_a_newsroom_ends_as_it_should_whatever_befalls_it() -> None:
    with wired():
        live(1, histories=250)

    assert History.seen["histories"] >= 250
    assert History.struck.keys() == KINDS.keys(), "a kind of fault that never struck proves nothing"


def test_moto_has_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "cloud", "moto")
    with wired():
        live(1, histories=3)


@pytest.mark.long
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.name)
def test_a_planted_mistake_is_seen(mistake: Mistake) -> None:
    assert plant(mistake, histories=MOST).histories is not None
