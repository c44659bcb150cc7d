"""The feeds as programs fetch them: every address and form, over the deployed application."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.core.article import article_id
from chalicelib.core.site import FEED_FORMS
from tests import builders
from tests.conftest import Paper

FERRY = "world/ferry.md"
PLACES = ["", "/section/world", "/tag/ferry", "/source/courier", "/corrections"]
ADDRESSES = [f"{place}/feed.{extension}" for place in PLACES for extension in FEED_FORMS]


def publish(paper: Paper, key: str = FERRY, **changes: Any) -> None:
    given = {"date": builders.ago(hours=4), "section": "world", "tags": "[ferry]", **changes}
    paper.upload(key, builders.markdown(**given))
    paper.ingest(key, now=datetime.now(UTC))


@pytest.fixture
def published(paper: Paper) -> Paper:
    """A newsroom with one corrected article of a source with a name."""
    paper.upload("sources/courier.yaml", builders.profile())
    paper.ingest("sources/courier.yaml", now=datetime.now(UTC))
    publish(paper, source="courier", correction="It was 214 passengers.")
    return paper


def told(client: Client, address: str = "/feed.json") -> Any:  # JSON
    return json.loads(client.http.get(address).body)


def headlines(client: Client, address: str = "/feed.json") -> list[str]:
    return [one["title"] for one in told(client, address)["items"]]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_feed_can_be_kept_asked_again_and_read_from_anywhere(
    published: Paper, client: Client, address: str
) -> None:
    answer = client.http.get(address)

    _, media_type = FEED_FORMS[address.rpartition(".")[2]]
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("public, max-age=300, ")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Link"] == f'<{address}>; rel="self"'
    assert "Last-Modified" in answer.headers
    again = client.http.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.body) == (304, b"")
    head = client.http.request("HEAD", address)
    assert (head.status_code, head.body) == (200, b"")
    assert head.headers["ETag"] == answer.headers["ETag"]
    packed = client.http.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.body) == answer.body


@pytest.mark.parametrize("place", PLACES[:4])
def test_a_feed_tells_the_summary_the_points_and_what_was_corrected(
    published: Paper, client: Client, place: str
) -> None:
    article = json.loads(client.http.get(f"/v1/articles/{article_id(FERRY)}").body)["data"]

    (one,) = told(client, f"{place}/feed.json")["items"]

    assert one["id"] == f"tag:localhost,2026:{article['id']}"
    assert one["url"] == article["url"]
    assert one["summary"] == article["summary"]["text"]
    for point in article["key_points"]:
        assert point["text"] in one["content_html"]
    assert "It was 214 passengers." in one["content_html"]
    assert one["_broadsheet"]["source"]["name"] == "The Callport Courier"


def test_the_feed_of_a_source_has_its_name(published: Paper, client: Client) -> None:
    assert told(client, "/source/courier/feed.json")["title"].startswith("The Callport Courier")


def test_the_feed_of_corrections_tells_each(published: Paper, client: Client) -> None:
    (one,) = told(client, "/corrections/feed.json")["items"]

    assert one["summary"] == "It was 214 passengers."
    assert one["title"] == f"Correction: {builders.HEADLINE}"


def test_a_feed_tells_only_what_readers_have(paper: Paper, client: Client) -> None:
    publish(paper, "soon.md", headline="Soon", embargo_until=builders.ago(hours=-1))
    publish(paper, "past.md", headline="Past", expires_at=builders.ago(hours=1))
    publish(paper, "draft.md", headline="Draft", draft="true")
    publish(paper, "taken.md", headline="Taken")
    publish(paper, "here.md", headline="Here")
    paper.delete("taken.md")
    paper.ingest("taken.md", now=datetime.now(UTC))

    for place in PLACES[:3]:
        assert headlines(client, f"{place}/feed.json") == ["Here"]


def test_a_feed_leads_to_older_news_by_pages(paper: Paper, client: Client) -> None:
    for hour in range(33):
        own = {"headline": f"Story {hour}", "body": builders.event(hour)}
        publish(paper, f"{hour}.md", date=builders.ago(hours=hour + 1), **own)

    first = told(client)
    older = told(client, first["next_url"])

    assert [one["title"] for one in first["items"]] == [f"Story {hour}" for hour in range(30)]
    assert [one["title"] for one in older["items"]] == ["Story 30", "Story 31", "Story 32"]
    assert "next_url" not in older


def test_a_feed_is_one_call_of_the_table(
    published: Paper, client: Client, calls: list[str]
) -> None:
    calls.clear()

    for place in PLACES:
        client.http.get(f"{place}/feed.xml")

    assert calls == ["Query"] * len(PLACES)


@pytest.mark.parametrize("place", ["/section/none", "/tag/none", "/source/none", "/tag/UPPER"])
def test_a_feed_of_nothing_is_not_found(published: Paper, client: Client, place: str) -> None:
    for extension in FEED_FORMS:
        assert client.http.get(f"{place}/feed.{extension}").status_code == 404


def test_before_the_first_article_the_feed_is_there_and_empty(aws: None, client: Client) -> None:
    assert headlines(client) == headlines(client, "/corrections/feed.json") == []


def test_a_hub_that_is_set_is_named_in_the_feed_and_its_headers(
    published: Paper, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_WEBSUB_HUB", "https://hub.example/")

    answer = client.http.get("/feed.json")

    assert '<https://hub.example/>; rel="hub"' in answer.headers["Link"]
    assert json.loads(answer.body)["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
