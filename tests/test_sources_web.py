"""Who is read, and how the feeds are found in which they are watched, over the deployed app."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.test import Client

from chalicelib import VERSION, wiring
from chalicelib.core.ranking import Latest
from chalicelib.core.watch import Answer, Feed, after
from tests import builders
from tests.conftest import Paper

RSS = "https://courier.example/rss?key=secret"
ATOM = "https://courier.example/atom"


@pytest.fixture
def newsroom(paper: Paper) -> Paper:
    """A newsroom with two sources, of which one is watched in two feeds."""
    courier = builders.profile(
        feeds=f"[{RSS}, {ATOM}]", owner="Harbour House", country="NO", paywalled="true"
    )
    paper.upload("sources/courier.yaml", courier)
    paper.upload("sources/another.yaml", builders.profile("Another Paper"))
    for key in ("sources/courier.yaml", "sources/another.yaml"):
        paper.ingest(key, now=datetime.now(UTC))
    return paper


def found(address: str, answer: Answer, *, was: Feed | None = None, **ago: float) -> Feed:
    """Keep what came of asking for a feed, some time ago."""
    feed, at = was or Feed(address=address), datetime.now(UTC).replace(microsecond=0)
    told, links = after(feed, answer, source="courier", now=at - timedelta(**ago))
    assert wiring.store().feeds.put(told, links, was=feed)
    return told


def good(address: str) -> Answer:
    return Answer(status=200, address=address, data=builders.rss().encode())


def sources(client: Client) -> dict[str, Any]:
    listed = json.loads(client.http.get("/v1/sources").body)["data"]
    return {one["id"]: one for one in listed}


def words(client: Client, address: str = "/sources") -> str:
    """Return what a page says, without its markup."""
    body = client.http.get(address).body.decode()
    return " ".join(re.sub("<[^>]+>", "", body).split())


def test_every_source_is_listed_by_name_with_its_profile(newsroom: Paper, client: Client) -> None:
    listed = sources(client)

    page = words(client)

    assert [one["name"] for one in listed.values()] == ["Another Paper", "The Callport Courier"]
    courier = listed["courier"]
    assert (courier["kind"], courier["country"], courier["owner"], courier["paywalled"]) == (
        "newspaper", "NO", "Harbour House", True,
    )  # fmt: skip
    assert page.index("Another Paper") < page.index("The Callport Courier")
    assert "Newspaper NO Owned by Harbour House Subscription needed there courier.example" in page


def test_each_feeds_health_is_told_in_words_and_as_json(newsroom: Paper, client: Client) -> None:
    assert [feed["state"] for feed in sources(client)["courier"]["feeds"]] == ["waiting"] * 2
    was = found(RSS, good(RSS), hours=3)
    failed = found(RSS, Answer(status=503), was=was, minutes=5)
    found(ATOM, replace(good(ATOM), moved_to="https://new.example/atom"), minutes=20)

    rss, atom = sources(client)["courier"]["feeds"]

    assert (rss["state"], rss["problem"], rss["failures"]) == (
        "failing", "Its server answers 503.", 1,
    )  # fmt: skip
    assert rss["last_success_at"] < rss["next_try_at"]
    assert failed.next_try_at is not None
    assert rss["next_try_at"] == f"{failed.next_try_at:%Y-%m-%dT%H:%M:%SZ}"
    assert (atom["state"], atom["moved_to"]) == ("read", "new.example")
    page = words(client)
    assert "Cannot be read for now. Its server answers 503. Last read 3h ago" in page
    assert "Can be read. It has moved to new.example. Last read 20m ago" in page


def test_a_feed_that_has_ended_is_said_to_have(newsroom: Paper, client: Client) -> None:
    found(ATOM, Answer(status=410), minutes=1)

    assert sources(client)["courier"]["feeds"][1]["state"] == "ended"
    assert "Is not asked for any more. It is gone for good." in words(client)


def test_the_secret_in_a_feeds_address_stays_one(newsroom: Paper, client: Client) -> None:
    for address in ("/sources", "/v1/sources"):
        assert "secret" not in client.http.get(address).body.decode()


def test_every_source_that_is_listed_has_a_page_and_feeds(newsroom: Paper, client: Client) -> None:
    for one in sources(client).values():
        assert "No article here yet." in words(client, one["url"])
        feed = json.loads(client.http.get(f"{one['url']}/feed.json").body)
        assert (feed["title"], feed["items"]) == (f"{one['name']} · Broadsheet", [])


@pytest.mark.parametrize("address", ["/sources", "/v1/sources"])
def test_the_sources_can_be_kept_asked_again_and_asked_about(
    newsroom: Paper, client: Client, address: str
) -> None:
    found(ATOM, good(ATOM), minutes=10)

    answer = client.http.get(address)

    again = client.http.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    head = client.http.request("HEAD", address)
    assert (answer.status_code, again.status_code, head.status_code) == (200, 304, 200)
    assert head.headers["Last-Modified"] == answer.headers["Last-Modified"]


def test_before_the_first_source_there_is_a_page_that_says_so(aws: None, client: Client) -> None:
    assert sources(client) == {}
    assert "No source has introduced itself yet." in words(client)


def test_every_page_leads_to_the_sources_and_the_status(newsroom: Paper, client: Client) -> None:
    page = client.http.get("/how-it-works").body.decode()

    assert '<a href="/sources">Sources</a>' in page
    assert '<a href="/status">Status</a>' in page


# How the newsroom is


def test_the_status_counts_the_feeds_by_how_they_were_found(
    newsroom: Paper, client: Client
) -> None:
    assert "2 feeds are watched: 2 not asked for yet." in words(client, "/status")
    found(RSS, Answer(status=503), minutes=5)
    found(ATOM, good(ATOM), minutes=5)

    assert "2 feeds are watched: 1 can be read, 1 failing." in words(client, "/status")


def test_the_status_says_how_old_the_list_is_and_when_it_is_stale(
    aws: None, client: Client
) -> None:
    assert "The latest list has not been prepared yet." in words(client, "/status")
    now = datetime.now(UTC).replace(microsecond=0)
    store = wiring.store()

    store.put_latest(Latest(refreshed_at=now - timedelta(hours=2), leads=(), cards=()))
    late = words(client, "/status")
    store.put_latest(Latest(refreshed_at=now - timedelta(minutes=4), leads=(), cards=()))
    well = words(client, "/status")

    assert "was prepared 2h ago" in late
    assert "Newer articles may be missing." in late
    assert "was prepared 4m ago" in well
    assert "Newer articles may be missing." not in well
    assert f"Broadsheet {VERSION}" in well


def test_the_status_is_kept_by_nobody(newsroom: Paper, client: Client) -> None:
    answer = client.http.request("HEAD", "/status")

    assert (answer.status_code, answer.body) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
