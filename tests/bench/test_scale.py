"""The document on scale cannot lag, and what it simulates behaves as AWS and our headers say."""

from __future__ import annotations

import math
import random
import re
from datetime import UTC, datetime

import pytest

from bench.cost import ARTICLE_SHARE, FRONT_SHARE, LIST_SHARE, MONTH_MIN
from bench.growth.newsrooms import sample_records
from bench.scale import (
    ALL,
    CALM_S,
    CHANGES,
    CURVE,
    FRONT,
    NEW,
    PAGES,
    SECTION,
    SECTIONS,
    USES,
    VIEWS_A_MONTH,
    Account,
    Cdn,
    Setup,
    asks_a_second,
    simulated,
    tables,
)
from chalicelib.aws.store import rows_of
from chalicelib.aws.table import size_of
from tests.conftest import ROOT


def test_the_document_ends_with_the_tables_of_the_program():
    document = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")

    assert document.endswith(f"## The tables\n\n{tables()}\n")


def measured():
    """What each use took of 50,000 articles: calls, read and write units, milliseconds."""
    growth = (ROOT / "bench" / "README.md").read_text(encoding="utf-8").partition("# Growth")[2]
    figures = r"\| ([^|]+) \|.*\| (\d+), ([\d.]+) / (\d+), ([\d.]+) [^|]+\|\n"
    return {name: tuple(map(float, told)) for name, *told in re.findall(figures, growth)}


@pytest.mark.parametrize("name", sorted(measured().keys() & USES.keys()))
def test_a_use_asks_for_what_was_measured(name):
    use = USES[name]

    assert (use.calls, use.read_units, use.write_units, use.own_ms) == measured()[name]


def test_all_uses_but_an_image_were_measured_and_ask_no_more_of_single_keys_than_in_all():
    assert USES.keys() - measured().keys() == {"an image"}
    for use in USES.values():
        assert sum(read for read, _ in use.on.values()) <= use.read_units
        assert sum(written for _, written in use.on.values()) <= use.write_units


def test_an_article_writes_to_the_lists_what_its_rows_weigh_twice_in_a_transaction():
    record = next(sample_records(datetime.now(UTC)))
    rows = {key[0]: math.ceil(size_of(row) / 1024) * 2 for key, row in rows_of(record).items()}

    section = f"LIST#section#{record.life.current.section}"
    assert (rows["LIST#all"], rows[section], rows["LIST#changes"]) == tuple(
        USES[NEW].on[key][1] for key in (ALL, SECTION, CHANGES)
    )


def test_a_cache_asks_once_a_minute_and_lets_a_reader_wait_after_two():
    cdn = Cdn(1, random.Random(0))

    asked = {at_s: cdn.asks(FRONT, 0, 20_000, at_s=at_s) for at_s in (0, 1, 59, 60, 119)}
    assert asked == {0: 1, 1: 0, 59: 0, 60: 1, 119: 0}
    assert cdn.waits == 1
    assert cdn.asks(FRONT, 0, 1, at_s=180) == 1
    assert cdn.waits == 2


def test_a_crowd_asks_each_of_several_caches_at_once():
    assert Cdn(7, random.Random(0)).asks(FRONT, 0, 20_000, at_s=0) == 7


def test_caches_ask_as_often_as_theory_says():
    calm, _ = simulated(Setup(caches=1))
    views_a_s = VIEWS_A_MONTH / (MONTH_MIN * 60) * max(CURVE)

    expected = sum(
        asks_a_second(views_a_s * share, pages, 1)
        for share, pages in ((FRONT_SHARE, 1), (ARTICLE_SHARE, PAGES), (LIST_SHARE, SECTIONS))
    )
    assert calm.asked / CALM_S == pytest.approx(expected, rel=0.03)


def test_the_api_lets_a_burst_through_once_and_then_its_rate():
    account = Account()

    assert [account.passes(50_000) for _ in range(3)] == [15_000, 10_000, 10_000]
    assert account.passes(1_000) == 1_000
    assert account.passes(50_000) == 15_000


def test_a_function_answers_ten_a_second_and_environment_and_has_no_more_than_the_account():
    account = Account()

    assert account.runs(1_000, billed_ms=20, others=0) == 1_000
    assert account.environments == 100
    assert account.runs(50_000, billed_ms=20, others=0) == 10_000
    assert Account().runs(50_000, billed_ms=500, others=400) == 1_200


def test_more_functions_than_a_thousand_take_their_time_to_start():
    account = Account(quotas=10)

    answered = [account.runs(50_000, billed_ms=20, others=0) for _ in range(50)]
    assert answered[:2] == [10_100, 11_100]
    assert answered[-1] == 50_000
