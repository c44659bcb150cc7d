"""Watching a feed: what is new, what is not, and how often one that fails is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import watch
from chalicelib.core.article import Source
from chalicelib.core.links import Link
from chalicelib.core.sources import Watched
from chalicelib.core.watch import EVERY, KEPT, LONGEST_PAUSE, Answer, Feed
from tests import builders
from tests.conftest import NOW

FEED = Feed(address="https://courier.example/feed.xml")
FERRY = builders.item("Ferry returns", link="https://courier.example/ferry", guid="7")


def answer(*items: str, etag: str | None = '"1"', moved_to: str | None = None) -> Answer:
    data = builders.rss(*items).encode()
    return Answer(
        status=200,
        address=FEED.address,
        data=data,
        content_type="text/xml",
        etag=etag,
        moved_to=moved_to,
    )


def after(feed: Feed, given: Answer, *, now: datetime = NOW) -> tuple[Feed, tuple[Link, ...]]:
    return watch.after(feed, given, source="courier", now=now)


def failed(times: int, feed: Feed = FEED, given: Answer | None = None) -> Feed:
    for _ in range(times):
        feed, _ = after(feed, given or Answer(status=500))
    return feed


def test_what_a_feed_links_to_is_new_once() -> None:
    feed, first = after(FEED, answer(FERRY))
    again, second = after(feed, answer(FERRY))

    assert [link.headline for link in first] == ["Ferry returns"]
    assert second == ()
    assert again == feed


def test_an_answer_without_news_changes_nothing_until_its_success_is_an_hour_old() -> None:
    feed, _ = after(FEED, answer(FERRY))
    unchanged = Answer(status=304)

    assert after(feed, unchanged, now=NOW + timedelta(minutes=59)) == (feed, ())
    later, _ = after(feed, unchanged, now=NOW + timedelta(hours=1))
    assert later.last_success_at == NOW + timedelta(hours=1)
    assert (later.etag, later.known) == (feed.etag, feed.known)


def test_a_corrected_link_is_told_again_and_keeps_its_place() -> None:
    undated = builders.item("Fery", link="https://courier.example/ferry", guid="7", date="")
    feed, first = after(FEED, answer(undated))

    feed, second = after(feed, answer(undated.replace("Fery", "Ferry")), now=NOW + EVERY)

    assert [link.headline for link in second] == ["Ferry"]
    assert second[0].listed_at == first[0].listed_at == NOW


def test_an_old_copy_of_a_feed_does_not_make_its_links_new() -> None:
    tug = builders.item("Tug sinks", link="https://courier.example/tug", date="")
    feed, _ = after(FEED, answer(FERRY, tug))
    feed, _ = after(feed, answer(FERRY.replace("returns", "is back")), now=NOW + EVERY)

    _, told = after(feed, answer(FERRY.replace("returns", "is back"), tug), now=NOW + 2 * EVERY)

    assert told == ()


def test_a_link_older_than_news_is_not_kept() -> None:
    old = builders.item("Old", link="https://courier.example/old", date=f"{NOW - KEPT}")

    feed, told = after(FEED, answer(old))

    assert told == ()
    assert after(feed, answer(old)) == (feed, ())


@given(st.lists(st.lists(st.integers(0, 400), max_size=99, unique=True), max_size=8))
def test_whatever_a_feed_answers_each_link_is_new_at_most_once_while_it_is_known(
    runs: list[list[int]],
) -> None:
    feed, told = FEED, []
    for number, run in enumerate(runs):
        items = (builders.item("x", link=f"https://e.example/{n}", date="") for n in run)
        feed, links = after(feed, answer(*items), now=NOW + number * EVERY)
        told += [link.id for link in links]
        assert len(feed.known) <= 200
        assert after(feed, answer(*(
            builders.item("x", link=f"https://e.example/{n}", date="") for n in run
        )), now=NOW + number * EVERY) == (feed, ())  # fmt: skip
    if len({n for run in runs for n in run}) <= 100:
        assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (Answer(status=404), "Its server answers 404."),
        (Answer(status=304), "Its server answers 304."),  # nobody said what it should not be
        (Answer(status=200, data=b"<html></html>"), "What it answers with is a web page."),
        (Answer(problem="Its host is not known."), "Its host is not known."),
    ],
)
def test_a_feed_that_cannot_be_read_says_why_and_waits(given: Answer, problem: str) -> None:
    feed, told = after(FEED, given)

    assert (feed.problem, feed.failures, told) == (problem, 1, ())
    assert feed.next_try_at is not None
    assert not watch.due([FEED.address], {FEED.address: feed}, now=NOW)
    assert watch.due([FEED.address], {FEED.address: feed}, now=feed.next_try_at) == (feed,)


@given(st.text(max_size=30), st.integers(1, 40))
def test_a_feed_that_goes_on_failing_is_asked_less_and_less_but_at_least_daily(
    address: str, times: int
) -> None:
    feed = failed(times, Feed(address=address))
    pause = feed.next_try_at - NOW

    assert 0.75 * EVERY <= pause <= 1.25 * LONGEST_PAUSE
    assert failed(1, feed).next_try_at >= feed.next_try_at
    assert failed(times, Feed(address=address)) == feed


def test_feeds_that_fail_together_do_not_come_back_together() -> None:
    feeds = [failed(5, Feed(address=f"https://e.example/{n}")) for n in range(50)]

    assert len({feed.next_try_at for feed in feeds}) > 40


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("7200", timedelta(hours=2)),
        ("Tue, 24 Mar 2026 15:00:00 GMT", timedelta(hours=3)),
        ("99999999999", LONGEST_PAUSE),
        ("Tue, 24 Mar 2099 15:00:00 GMT", LONGEST_PAUSE),
    ],
)
def test_a_server_is_left_alone_as_long_as_it_asks_up_to_a_day(said: str, wait: timedelta) -> None:
    feed = failed(1, given=Answer(status=503, retry_after=said))

    assert feed.next_try_at == NOW + wait


@given(st.text(max_size=30) | st.sampled_from(["-1", "0", "Tue, 24 Mar 1999 15:00:00 GMT", "²"]))
def test_nothing_a_server_says_of_retrying_brings_us_back_sooner(said: str) -> None:
    plain = failed(1).next_try_at
    assert failed(1, given=Answer(status=429, retry_after=said)).next_try_at >= plain


def test_a_success_ends_the_pauses_and_keeps_what_was_known() -> None:
    feed, _ = after(FEED, answer(FERRY))
    broken = failed(3, feed)
    mended, told = after(broken, Answer(status=304))

    assert (mended.failures, mended.problem, mended.next_try_at) == (0, None, None)
    assert (mended.known, told) == (feed.known, ())
    assert watch.due([FEED.address], {FEED.address: mended}, now=NOW) == (mended,)


def test_a_permanent_redirect_is_remembered_until_it_leads_nowhere() -> None:
    feed, _ = after(FEED, answer(FERRY, moved_to="https://new.example/feed"))

    assert feed.moved_to == "https://new.example/feed"
    assert feed.address == FEED.address
    assert failed(1, feed).moved_to is None


def test_a_feed_that_is_gone_for_good_is_asked_no_more() -> None:
    feed, _ = after(FEED, Answer(status=410))

    assert feed.has_ended
    assert not watch.due([FEED.address], {FEED.address: feed}, now=NOW + timedelta(days=20))


def test_of_more_feeds_than_one_run_asks_for_each_has_its_turn() -> None:
    addresses = [f"https://e.example/{n}" for n in range(2 * watch.MAX_FEEDS + 50)]

    runs = [watch.due(addresses, {}, now=NOW + n * EVERY) for n in range(3)]

    assert {len(run) for run in runs} == {watch.MAX_FEEDS}
    assert {feed.address for run in runs for feed in run} == set(addresses)


def test_a_feed_belongs_to_one_source() -> None:
    feed = "https://e.example/feed"
    sources = [Watched(source=Source(id=id_, name=id_), feeds=(feed,)) for id_ in ("b", "a")]

    assert watch.owners(sources) == {feed: "a"}
    assert watch.owners([replace(sources[0], feeds=())]) == {}
