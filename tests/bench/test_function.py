"""A function in a process of its own, on Lambda's runtime client, as the benchmarks start it."""

from __future__ import annotations

import os
import sys
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import cold, warm
from bench.deployed import Reader, our_routes
from bench.function import Failed, Function
from bench.meter import Asked
from bench.ratios import above
from chalicelib import newsroom, wiring
from tests.conftest import ROOT

LIBRARIES = Path(sysconfig.get_paths()["purelib"])  # for those of the zip and Lambda's own
linux = pytest.mark.skipif(sys.platform != "linux", reason="CPU clocks of others: Linux alone")


def function(handler):
    return Function(handler, code=ROOT, runtime=LIBRARIES, environ=dict(os.environ))


@linux
def test_a_function_answers_a_reader_and_says_what_it_took(paper):
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))
    with function("app.app") as started:
        reader = Reader(started, our_routes())

        status, headers, _ = reader.get("/")
        again, _, body = reader.get("/", If_None_Match=headers["ETag"])

        assert (status, again, body) == (200, 304, b"")
        assert started.start_cpu_ms > reader.last.cpu_ms > 0
        assert started.resident_mb() > 10


@linux
def test_what_a_function_raises_is_told(aws):
    with (
        function("chalicelib.events.ingest") as started,
        pytest.raises(Failed, match="AttributeError"),
    ):
        started.call([])


@linux
def test_a_function_that_does_not_start_is_told():
    with pytest.raises(Failed, match="no_such_module"), function("no_such_module.handler"):
        pass


def test_ratios_are_of_one_round():
    told = {"ours": [2.0, 8.0], cold.BASELINE: [4.0, 8.0]}
    starts = {name: [cold.Start(ms, 0.0) for ms in found] for name, found in told.items()}

    assert cold.ratios(starts)["ours"] == [0.5, 1.0]


def test_a_warm_answer_is_told_with_its_calls_and_units():
    row = warm.View(Asked(calls={"dynamodb.GetItem": 1}, read_units=0.5), cpu_ms=[2.0])
    page = warm.View(Asked(calls={"dynamodb.GetItem": 1}, read_units=1.5), 2.0, cpu_ms=[3.0])

    *_, last = warm.table({warm.ROW: row, "GET /": page})

    assert last == "| GET / | 3.00 | 1.50 | 2.0 | 1 | 1.5 |"


def test_what_is_above_its_limit_is_named_with_what_it_came_to():
    one, two = Asked(calls={"dynamodb.GetItem": 1}), Asked(calls={"dynamodb.GetItem": 2})
    told = {
        warm.ROW: warm.View(one, cpu_ms=[2.0] * 9),
        "GET /": warm.View(one, 2.0, cpu_ms=[3.9] * 9),
        "GET /, 304": warm.View(one, 1.2, cpu_ms=[2.6] * 9),
        "GET /a/…": warm.View(two, 2.0, cpu_ms=[3.0] * 9),
    }

    assert [*warm.over(told, 30.0)] == [
        "GET /, 304: 1.30 (± 0.00) of the baseline, 1.2 at most",
        "GET /a/…: 2 calls to AWS, 1 at most",
    ]
    assert [*warm.over({warm.ROW: told[warm.ROW]}, 64.5)] == ["memory: 64.5 MB, 64 at most"]


@pytest.mark.parametrize(
    ("ratios", "is_above"),
    [
        ([1.19, 1.2, 1.2], False),
        ([1.3] * 20, True),
        ([1.1, 1.3, 1.5] * 3, False),  # the median of other nine rounds may lie within
        ([1.1, 1.3, 1.5] * 30, True),
        ([9.0, 9.0], False),  # too few to be sure of anything
    ],
)
def test_a_limit_is_broken_where_the_spread_leaves_no_doubt(ratios, is_above):
    assert bool([*above({"GET /": 1.2}, {"GET /": ratios})]) is is_above
