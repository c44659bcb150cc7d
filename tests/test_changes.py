"""The log of changes as a mirror follows it, over the deployed application."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.core.article import article_id
from tests import builders
from tests.conftest import Paper

FERRY, CHESS = "world/ferry.md", "sport/chess.md"


def publish(paper: Paper, key: str, *, hours_ago: float = 2, **metadata: str) -> None:
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    given = {"date": builders.ago(hours=hours_ago), **metadata}
    paper.upload(key, builders.markdown(**given), at=at)
    paper.ingest(key, now=datetime.now(UTC))


def told(client: Client, address: str = "/v1/changes") -> Any:  # JSON
    return json.loads(client.http.get(address).body)


def kinds(client: Client, address: str = "/v1/changes") -> list[tuple[str, str]]:
    return [(one["article_id"], one["kind"]) for one in told(client, address)["data"]]


def test_the_log_tells_each_article_as_it_is_now_in_the_order_of_what_happened(
    paper: Paper, client: Client
) -> None:
    publish(paper, FERRY, hours_ago=5)
    publish(paper, CHESS, hours_ago=4)
    publish(paper, "taken.md", hours_ago=3)
    publish(paper, FERRY, hours_ago=2, headline="Ferry returns", correction="It was 214.")
    paper.delete("taken.md")
    paper.ingest("taken.md", now=datetime.now(UTC))

    assert kinds(client) == [
        (article_id(CHESS), "published"),
        (article_id(FERRY), "corrected"),
        (article_id("taken.md"), "withdrawn"),
    ]


def test_an_entry_leads_to_the_revision_that_it_tells_of(paper: Paper, client: Client) -> None:
    publish(paper, FERRY, hours_ago=5)
    publish(paper, FERRY, hours_ago=2, headline="Ferry returns")

    (entry,) = told(client)["data"]

    article = told(client, f"/v1/articles/{entry['article_id']}")["data"]
    assert entry == {
        "id": f"{entry['at']}#{article['id']}#2",
        "article_id": article["id"],
        "revision": article["revision"],
        "kind": "updated",
        "reason": None,
        "at": article["updated_at"],
        "url": article["url"],
    }


def test_an_entry_of_what_is_gone_says_why_and_no_more(paper: Paper, client: Client) -> None:
    publish(paper, FERRY)
    paper.delete(FERRY)
    paper.ingest(FERRY, now=datetime.now(UTC))

    (entry,) = told(client)["data"]

    assert (entry["kind"], entry["reason"], entry["revision"]) == ("withdrawn", "withdrawn", None)
    assert entry["url"] == f"/a/{article_id(FERRY)}"
    assert client.http.get(entry["url"]).status_code == 410


def test_a_mirror_asks_since_its_last_entry_and_gets_that_and_what_came_after(
    paper: Paper, client: Client
) -> None:
    publish(paper, FERRY, hours_ago=5)
    last = told(client)["data"][-1]
    publish(paper, CHESS, hours_ago=4)

    since = told(client, f"/v1/changes?since={last['at']}")["data"]

    assert [one["article_id"] for one in since] == [article_id(FERRY), article_id(CHESS)]
    assert since[0] == last
    assert kinds(client, f"/v1/changes?since={builders.ago(hours=3)}") == []
    assert kinds(client, f"/v1/changes?since={builders.ago(hours=-3)}") == []


def test_what_waits_for_its_time_is_not_in_the_log(paper: Paper, client: Client) -> None:
    publish(paper, "soon.md", embargo_until=builders.ago(hours=-1))
    publish(paper, "draft.md", draft="true")
    publish(paper, "short.md", expires_at=builders.ago(hours=-1))
    publish(paper, "past.md", expires_at=builders.ago(hours=1))

    assert sorted(kinds(client)) == sorted(
        [(article_id("short.md"), "published"), (article_id("past.md"), "withdrawn")]
    )


def test_a_long_log_is_read_page_by_page(paper: Paper, client: Client) -> None:
    for hour in range(3):
        publish(paper, f"{hour}.md", hours_ago=9 - hour, body=builders.event(hour))

    answer = client.http.get(f"/v1/changes?limit=2&since={builders.ago(hours=12)}")
    first = json.loads(answer.body)
    rest = told(client, first["links"]["next"])

    assert answer.headers["Link"].startswith(f'<{first["links"]["next"]}>; rel="next", ')
    ids = [one["article_id"] for one in (*first["data"], *rest["data"])]
    assert ids == [article_id(f"{hour}.md") for hour in range(3)]
    assert rest["links"]["next"] is None


def test_the_log_can_be_kept_asked_again_and_asked_about(paper: Paper, client: Client) -> None:
    publish(paper, FERRY)

    answer = client.http.get("/v1/changes")

    again = client.http.get("/v1/changes", headers={"If-None-Match": answer.headers["ETag"]})
    head = client.http.request("HEAD", "/v1/changes")
    assert (again.status_code, head.status_code, head.body) == (304, 200, b"")
    assert head.headers["Last-Modified"] == answer.headers["Last-Modified"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("query", ["since=yesterday", "cursor=x", "limit=0", "limit=101"])
def test_a_question_that_cannot_be_meant_is_told_so(
    paper: Paper, client: Client, query: str
) -> None:
    assert client.http.get(f"/v1/changes?{query}").status_code == 400


def test_the_log_is_one_read_of_the_table(paper: Paper, client: Client, calls: list[str]) -> None:
    publish(paper, FERRY)
    calls.clear()

    client.http.get("/v1/changes")

    assert calls == ["Query"]
