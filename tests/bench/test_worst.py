"""The worst files of each format leave ingest half of its time and its memory."""

from __future__ import annotations

import pytest

from bench import worst


@pytest.mark.long
@pytest.mark.parametrize("name", worst.WORST)
def test_the_worst_file_takes_less_than_half_of_what_ingest_has(name):
    key, make = worst.WORST[name]

    one = worst.cost(key, make())

    assert one.outcome in ("published", "too-complex")
    assert max(one.shares) < worst.HALF


def test_a_file_is_measured_by_the_functions_own_limits():
    one = worst.cost("a.md", b"# Ferry\n\nShe is back.\n")

    assert one.outcome == "published"
    assert 0 < one.shares[0] < one.shares[1] < worst.HALF
