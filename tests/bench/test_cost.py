"""What the bill is worked out from besides what was measured."""

from __future__ import annotations

import pytest

from bench.cost import KEPT_S, MONTH_MIN, misses


def test_a_cache_asks_for_each_page_at_most_once_in_its_time():
    most = MONTH_MIN * 60 / KEPT_S

    assert misses(1) == pytest.approx(1, rel=0.001)
    assert misses(1e9) == pytest.approx(most, rel=0.001)
    assert misses(most) == pytest.approx(most / 2)
