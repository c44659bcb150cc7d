"""The function that watches other publishers' feeds, from a profile to the links in the table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from chalicelib import newsroom, wiring
from chalicelib.core import watch
from chalicelib.core.article import article_id
from chalicelib.core.links import Link
from chalicelib.core.watch import Answer, Feed
from chalicelib.fetching import Fetcher
from tests import builders
from tests.conftest import NOW, Paper
from tests.publishers import Publisher, Request, gzipped, hang, publisher

TICK = timedelta(minutes=15)
FERRY = builders.item("Ferry returns", link="https://courier.example/ferry")
TUG = builders.item("Tug sinks", link="https://courier.example/tug", date="2026-03-24T10:00:00Z")


@dataclass
class Watching:
    """The newsroom's own view of what it watches."""

    paper: Paper
    within_s: float = 10.0

    def name(self, *addresses: str, key: str = "sources/courier.yaml") -> None:
        self.paper.publish(key, builders.profile(feeds=json.dumps(addresses)))

    def fetch(self, *, now: datetime = NOW) -> newsroom.FeedsRead:
        fetch = Fetcher(agent="Broadsheet", loopback_allowed=True, total_s=self.within_s)
        return newsroom.fetch_feeds(store=wiring.store(), fetch=fetch, now=now)

    def links(self, *, since: datetime = NOW - watch.KEPT, limit: int = 9_999) -> tuple[Link, ...]:
        until = NOW + timedelta(days=9)
        return wiring.store().feeds.links(since=since, until=until, limit=limit)

    def headlines(self) -> list[str]:
        return [link.headline for link in self.links()]

    def feed(self, address: str) -> Feed:
        return {feed.address: feed for feed in wiring.store().feeds.all()}[address]


@pytest.fixture
def watching(paper: Paper) -> Watching:
    return Watching(paper)


def test_what_a_sources_feed_links_to_is_in_the_table_newest_first(
    watching: Watching, courier: Publisher
) -> None:
    watching.name(courier.publish("/feed", builders.rss(FERRY, TUG)))

    done = watching.fetch()

    assert done == newsroom.FeedsRead(read=1, failed=0, links=2)
    assert watching.headlines() == ["Tug sinks", "Ferry returns"]
    assert {link.source for link in watching.links()} == {"courier"}
    assert [link.headline for link in watching.links(limit=1)] == ["Tug sinks"]
    assert watching.links(since=NOW) == ()


def test_a_run_without_news_reads_two_lists_and_writes_nothing(
    watching: Watching, courier: Publisher, calls: list[str]
) -> None:
    addresses = [courier.publish(f"/{n}", builders.rss(FERRY, language=f"e{n}")) for n in range(9)]
    watching.name(*addresses)
    watching.fetch()
    courier.asked.clear()
    calls.clear()

    done = watching.fetch(now=NOW + TICK)

    assert done == newsroom.FeedsRead(read=9, failed=0, links=0)
    assert all("If-None-Match" in headers for _, headers in courier.asked)
    assert calls == ["Query", "Query"]


def test_a_corrected_headline_takes_the_place_of_the_old_one(
    watching: Watching, courier: Publisher
) -> None:
    watching.name(courier.publish("/feed", builders.rss(FERRY, TUG)))
    watching.fetch()
    courier.publish("/feed", builders.rss(FERRY.replace("returns", "is back"), TUG))

    assert watching.fetch(now=NOW + TICK).links == 1
    assert watching.headlines() == ["Tug sinks", "Ferry is back"]


def test_a_relative_link_starts_where_the_feed_was_found(
    watching: Watching, courier: Publisher
) -> None:
    with publisher() as elsewhere:
        found = elsewhere.publish("/news/feed", builders.rss(builders.item("x", link="ferry")))
        watching.name(courier.redirect("/feed", found))

        watching.fetch()

        assert [link.url for link in watching.links()] == [f"{elsewhere.url}/news/ferry"]


def test_a_source_that_is_deleted_is_watched_no_more(
    watching: Watching, courier: Publisher
) -> None:
    watching.name(courier.publish("/feed", builders.rss(FERRY)))
    watching.fetch()
    watching.paper.delete("sources/courier.yaml")
    watching.paper.ingest("sources/courier.yaml")
    courier.asked.clear()

    assert watching.fetch(now=NOW + TICK) == newsroom.FeedsRead(read=0, failed=0, links=0)
    assert courier.asked == []


def test_a_feed_readers_subscriptions_are_watched_too(
    watching: Watching, courier: Publisher
) -> None:
    feed = courier.publish("/feed", builders.rss(FERRY))
    done = watching.paper.publish(
        "sources/feeds.opml", builders.opml({"text": "The Wire", "xmlUrl": feed})
    )

    watching.fetch()

    assert done.receipt is not None
    assert (done.receipt.outcome, done.receipt.format) == ("published", "opml")
    assert [link.source for link in watching.links()] == ["the-wire"]


def test_a_rebuild_leaves_what_was_observed_alone(watching: Watching, courier: Publisher) -> None:
    watching.name(courier.publish("/feed", builders.rss(FERRY)))
    before = watching.paper.rows()

    watching.fetch()

    assert watching.paper.rows() == before


def test_a_run_that_is_killed_loses_nothing_that_it_has_read(
    watching: Watching, courier: Publisher
) -> None:
    watching.name(*(courier.publish(f"/{n}", builders.rss(
        builders.item("x", link=f"https://e.example/{n}"))) for n in range(5)))  # fmt: skip
    fetch = Fetcher(agent="Broadsheet", loopback_allowed=True)

    def killed(feeds: Any) -> Iterator[tuple[Feed, Answer]]:
        for number, answered in enumerate(fetch(feeds)):
            if number == 3:
                raise SystemExit
            yield answered

    with pytest.raises(SystemExit):
        newsroom.fetch_feeds(store=wiring.store(), fetch=killed, now=NOW)

    assert len(watching.links()) == 3
    assert watching.fetch().links == 2
    assert len(watching.links()) == 5


def test_of_two_runs_at_once_one_writes(watching: Watching, courier: Publisher) -> None:
    undated = builders.item("Undated", link="https://e.example/1", date="")
    watching.name(courier.publish("/feed", builders.rss(undated)))
    fetch = Fetcher(agent="Broadsheet", loopback_allowed=True)

    def overtaken(feeds: Any) -> Iterator[tuple[Feed, Answer]]:
        answers = list(fetch(feeds))
        watching.fetch(now=NOW + TICK)
        yield from answers

    done = newsroom.fetch_feeds(store=wiring.store(), fetch=overtaken, now=NOW)

    assert done.links == 0
    assert len(watching.links()) == 1


def head_without_end(request: Request) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    request.trickle(b"y")


def a_byte_at_a_time(request: Request) -> None:
    request.head(200)
    request.trickle(b" ")


def without_end(request: Request) -> None:
    request.head(200)
    request.pour(b"<item/>" * 9_999)


def says(data: bytes, **headers: str) -> Callable[[Request], None]:
    return lambda request: request.answer(200, data, **headers)


DECLARED = b"".join(b'<!ENTITY e%d "x">' % n for n in range(50_000))
IN_LATIN_1 = builders.rss(FERRY.replace("Ferry", "Fähre")).encode("latin-1")
HOSTILE: dict[str, tuple[Callable[[Request], None], str]] = {
    "hangs": (hang, "does not answer in time"),
    "head": (head_without_end, "does not answer in time"),
    "trickle": (a_byte_at_a_time, "does not answer in time"),
    "endless": (without_end, "more than 2,000,000 bytes"),
    "bomb": (says(gzipped(b" " * 20_000_000), Content_Encoding="gzip"), "more than 2,000,000"),
    "loop": (lambda request: request.answer(302, Location="/loop"), "does not come to an end"),
    "metadata": (
        lambda request: request.answer(302, Location="http://169.254.169.254/latest/meta-data/"),
        "not on the public internet",
    ),
    "file": (lambda request: request.answer(302, Location="file:///etc/passwd"), "http or https"),
    "entities": (says(b"<!DOCTYPE rss [" + DECLARED + b"]><rss/>"), "declares entities"),
    "items": (says(builders.rss(*[FERRY] * 20_000).encode()[:1_999_999]), "too complex"),
    "page": (says(b"<!DOCTYPE html><html><body>Sorry</body></html>"), "a web page"),
    "empty": (says(b""), "no feed"),
    "gone": (lambda request: request.answer(410), "gone for good"),
    "busy": (lambda request: request.answer(429, Retry_After="7200"), "answers 429"),
}


def test_whatever_others_do_each_feed_has_a_clear_state_and_the_good_ones_are_read(
    watching: Watching, courier: Publisher
) -> None:
    hostile = {name: courier.serve(f"/{name}", page) for name, (page, _) in HOSTILE.items()}
    good = courier.publish("/good", builders.rss(TUG))
    latin = courier.publish("/latin", IN_LATIN_1, Content_Type="text/xml; charset=utf-8")
    moved = courier.redirect("/moved", good, 301)
    watching.name(*hostile.values(), good, latin, moved)
    watching.within_s = 3.0

    done = watching.fetch()

    assert (done.read, done.failed) == (3, len(HOSTILE))
    for name, (_, problem) in HOSTILE.items():
        feed = watching.feed(hostile[name])
        assert problem in (feed.problem or ""), name
        assert feed.has_ended == (name == "gone")
        assert feed.has_ended or (feed.next_try_at or NOW) > NOW
    assert watching.feed(hostile["busy"]).next_try_at == NOW + timedelta(hours=2)
    assert watching.feed(moved).moved_to == good
    assert set(watching.headlines()) == {"Tug sinks", "Fähre returns"}


def test_real_feeds_are_read_and_a_second_run_writes_nothing(
    watching: Watching, courier: Publisher, calls: list[str], shared: Path
) -> None:
    addresses = {
        courier.publish(f"/{path.name}", path.read_bytes()): path
        for path in builders.real_feeds(shared)
    }
    watching.paper.publish(
        "sources/feeds.opml",
        builders.opml(*({"text": path.name, "xmlUrl": at} for at, path in addresses.items())),
    )

    first = watching.fetch()

    problems = {path.name: watching.feed(at).problem for at, path in addresses.items()}
    print(f"read {first.read} of {len(addresses)}, {first.links} links of the last week; "
          f"{ {name: problem for name, problem in problems.items() if problem} }")  # fmt: skip
    assert first.read >= 0.99 * len(addresses)
    courier.asked.clear()
    calls.clear()
    second = watching.fetch(now=NOW + TICK)
    assert second == newsroom.FeedsRead(read=first.read, failed=0, links=0)
    assert all("If-None-Match" in headers for _, headers in courier.asked)
    assert calls == ["Query", "Query"]


def test_the_schedule_fetches_as_the_settings_say(
    watching: Watching, courier: Publisher, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching.name(courier.publish("/feed", builders.rss(FERRY)))
    tick = client.events.generate_cw_event("", "", {}, [])
    wiring.fetcher.cache_clear()
    client.lambda_.invoke("fetch_feeds", tick)
    assert courier.asked == []

    monkeypatch.setenv("BROADSHEET_LOOPBACK_FEEDS", "allowed")
    monkeypatch.setenv("BROADSHEET_PUBLIC_URL", "https://paper.example")
    wiring.fetcher.cache_clear()
    watching.name(courier.publish("/other", builders.rss(FERRY)))
    client.lambda_.invoke("fetch_feeds", tick)
    wiring.fetcher.cache_clear()

    (asked,) = courier.asked
    assert asked[1]["User-Agent"] == "Broadsheet (+https://paper.example)"


# Around The Web


GROUNDED = (
    "The ferry Skerrin ran aground off Callport on Tuesday with 214 passengers aboard. Captain "
    "Orla Vance said all of them were brought ashore at Skerrin Point by the coastguard."
)
SAFE = builders.item(
    "All 214 passengers of the grounded Skerrin are safe at Callport, says Captain Orla Vance",
    link="https://gazette.example/skerrin",
    date="2026-03-24T11:00:00Z",
)


def test_a_report_elsewhere_stands_under_every_article_of_its_event(
    watching: Watching, courier: Publisher, client: Client
) -> None:
    watching.name(courier.publish("/feed", builders.rss(SAFE)), key="sources/gazette.yaml")
    for key, source in (("a.md", "post"), ("b.md", "wire")):
        told = builders.markdown("Ferry Skerrin aground", body=GROUNDED, source=source)
        watching.paper.publish(key, told)
    watching.paper.publish("cup.md", builders.markdown("Cup final", body=builders.event(3)))
    watching.fetch()

    newsroom.refresh_latest(store=wiring.store(), now=NOW)

    for key, kinds in (("a.md", ["article", "link"]), ("b.md", ["article", "link"])):
        document = json.loads(client.http.get(f"/v1/articles/{article_id(key)}").body)
        around = document["data"]["around_the_web"]
        assert sorted(one["kind"] for one in around if one["relation"] == "story") == kinds
        (link,) = (one for one in around if one["kind"] == "link")
        assert link["url"] == "https://gazette.example/skerrin"
        assert link["source"] == {"id": "gazette", "name": "The Callport Courier"}
    cup = json.loads(client.http.get(f"/v1/articles/{article_id('cup.md')}").body)
    assert cup["data"]["around_the_web"] == []
    assert newsroom.front_page(store=wiring.store(), now=NOW).owners == {
        wiring.store().article(article_id("a.md")).membership.story_id: 3  # type: ignore[union-attr]
    }


def test_a_report_elsewhere_stands_on_the_page_of_its_story(
    watching: Watching, courier: Publisher, client: Client
) -> None:
    watching.name(courier.publish("/feed", builders.rss(SAFE)), key="sources/gazette.yaml")
    for key, source in (("a.md", "post"), ("b.md", "wire")):
        watching.paper.publish(key, builders.markdown(body=GROUNDED, source=source))
    watching.fetch()
    newsroom.refresh_latest(store=wiring.store(), now=NOW)
    story = json.loads(client.http.get(f"/v1/articles/{article_id('a.md')}").body)["data"]

    told = json.loads(client.http.get(f"/v1/stories/{story['story_id']}").body)["data"]

    assert [link["url"] for link in told["links"]] == ["https://gazette.example/skerrin"]
    page = client.http.get(f"/story/{story['story_id']}").body.decode()
    assert "https://gazette.example/skerrin" in page


def test_a_report_of_a_source_that_is_gone_stands_nowhere(
    watching: Watching, courier: Publisher
) -> None:
    watching.name(courier.publish("/feed", builders.rss(SAFE)), key="sources/gazette.yaml")
    watching.paper.publish("a.md", builders.markdown(body=GROUNDED, source="post"))
    watching.fetch()
    newsroom.refresh_latest(store=wiring.store(), now=NOW)
    assert wiring.store().article(article_id("a.md")).elsewhere

    watching.paper.delete("sources/gazette.yaml")
    watching.paper.ingest("sources/gazette.yaml")
    newsroom.refresh_latest(store=wiring.store(), now=NOW)

    assert wiring.store().article(article_id("a.md")).elsewhere == ()


def test_a_refresh_that_finds_nothing_new_writes_the_list_alone(
    watching: Watching, courier: Publisher, calls: list[str]
) -> None:
    watching.name(courier.publish("/feed", builders.rss(SAFE)), key="sources/gazette.yaml")
    watching.paper.publish("a.md", builders.markdown(body=GROUNDED, source="post"))
    watching.fetch()
    newsroom.refresh_latest(store=wiring.store(), now=NOW)
    calls.clear()

    newsroom.refresh_latest(store=wiring.store(), now=NOW)

    assert {name: n for name, n in Counter(calls).items() if "Put" in name or "Write" in name} == {
        "PutItem": 1
    }
