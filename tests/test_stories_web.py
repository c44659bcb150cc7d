"""A story as readers and programs reach it: by the id of any article that tells it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.test import Client, HTTPResponse

from chalicelib import newsroom, wiring
from chalicelib.core.article import MAX_OTHERS, article_id
from chalicelib.core.site import FEED_FORMS
from tests import builders
from tests.builders import ago
from tests.conftest import Paper

FERRY = (
    "The ferry Skerrin ran aground off Callport on Tuesday with 214 passengers aboard. Captain "
    "Orla Vance said all of them were brought ashore at Skerrin Point by the coastguard."
)
FERRY_AGAIN = (
    "All 214 passengers of the Skerrin are safe after the ferry struck rocks near Callport on "
    "Tuesday, captain Orla Vance told reporters at Skerrin Point."
)
CHESS = "Chess champion Ludo Perrin resigned after 61 moves in Varnholm, his first loss in a year."
FIRST, SECOND, ALONE = (article_id(key) for key in ("first.md", "second.md", "alone.md"))
NOBODY = article_id("nobody.md")


def publish(paper: Paper, key: str, body: str, *, hours_ago: float, **metadata: str) -> None:
    given = {"source": key.removesuffix(".md"), **metadata}
    article = builders.markdown(f"Told in {key}", date=ago(hours=hours_ago), body=body, **given)
    paper.upload(key, article, at=datetime.now(UTC) - timedelta(hours=hours_ago))
    paper.ingest(key, now=datetime.now(UTC))


@pytest.fixture
def told(paper: Paper) -> Paper:
    """A newsroom in which two articles tell one event and a third another."""
    publish(paper, "first.md", FERRY, hours_ago=5)
    publish(paper, "second.md", FERRY_AGAIN, hours_ago=4)
    publish(paper, "alone.md", CHESS, hours_ago=3)
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))
    return paper


def text(answer: HTTPResponse) -> str:
    return answer.body.decode()


def data(answer: HTTPResponse) -> Any:  # JSON
    return json.loads(answer.body)


def members(client: Client, id_: str) -> list[str]:
    return [one["id"] for one in data(client.http.get(f"/v1/stories/{id_}"))["data"]["members"]]


@pytest.mark.parametrize("path", [f"/story/{FIRST}", f"/v1/stories/{FIRST}"])
def test_a_story_can_be_kept_asked_again_and_asked_about(
    told: Paper, client: Client, path: str
) -> None:
    answer = client.http.get(path)

    assert answer.status_code == 200
    assert "Told in first.md" in text(answer)
    assert "Told in second.md" in text(answer)
    assert "Last-Modified" in answer.headers
    again = client.http.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.body) == (304, b"")
    head = client.http.request("HEAD", path)
    assert (head.status_code, head.body) == (200, b"")
    assert head.headers["ETag"] == answer.headers["ETag"]


def test_a_storys_page_and_its_json_name_each_other(told: Paper, client: Client) -> None:
    links = data(client.http.get(f"/v1/stories/{FIRST}"))["links"]

    assert links == {"self": f"/v1/stories/{FIRST}", "html": f"/story/{FIRST}", "next": None}
    assert f'href="/v1/stories/{FIRST}"' in text(client.http.get(links["html"]))


def test_any_articles_id_leads_to_its_story_with_what_was_asked(
    told: Paper, client: Client
) -> None:
    page, document = (
        client.http.get(path) for path in (f"/story/{SECOND}?x=a%26b", f"/v1/stories/{SECOND}")
    )

    assert (page.status_code, document.status_code) == (308, 308)
    assert page.headers["Location"] == f"/story/{FIRST}?x=a%26b"
    assert document.headers["Location"] == f"/v1/stories/{FIRST}"


def test_an_article_that_nobody_else_tells_is_a_story_of_one(told: Paper, client: Client) -> None:
    page = text(client.http.get(f"/story/{ALONE}"))

    assert "1 article by 1 source." in page
    assert members(client, ALONE) == [ALONE]


def test_what_waits_for_its_time_is_in_no_story_and_has_none(told: Paper, client: Client) -> None:
    publish(told, "soon.md", FERRY_AGAIN, hours_ago=3, embargo_until=ago(hours=-2))

    assert members(client, FIRST) == [FIRST, SECOND]
    for place in ("/story", "/v1/stories"):
        asked = client.http.get(f"{place}/{article_id('soon.md')}")
        absent = client.http.get(f"{place}/{NOBODY}")
        assert (asked.status_code, absent.status_code) == (404, 404)


def test_a_story_of_which_nothing_is_public_yet_is_not_found(paper: Paper, client: Client) -> None:
    for hours, (key, body) in enumerate([("first.md", FERRY), ("second.md", FERRY_AGAIN)]):
        publish(paper, key, body, hours_ago=0.1, embargo_until=ago(hours=-2 - hours))

    assert wiring.store().stories.members(FIRST)
    for id_ in (FIRST, SECOND):
        assert client.http.get(f"/v1/stories/{id_}").status_code == 404


def test_a_story_goes_on_at_the_next_articles_address_when_its_first_expires(
    paper: Paper, client: Client
) -> None:
    publish(paper, "first.md", FERRY, hours_ago=5, expires_at=ago(hours=1))
    publish(paper, "second.md", FERRY_AGAIN, hours_ago=4)

    answer = client.http.get(f"/story/{FIRST}")

    assert (answer.status_code, answer.headers["Location"]) == (308, f"/story/{SECOND}")
    assert members(client, SECOND) == [SECOND]
    assert "Told in first.md" not in text(client.http.get(f"/story/{SECOND}"))


def test_an_article_that_was_withdrawn_tells_no_story_any_more(told: Paper, client: Client) -> None:
    told.delete("first.md")
    told.ingest("first.md", now=datetime.now(UTC))

    assert client.http.get(f"/story/{FIRST}").status_code == 410
    assert "withdrawn" in data(client.http.get(f"/v1/stories/{FIRST}"))["detail"]
    assert members(client, SECOND) == [SECOND]


def test_an_article_that_was_replaced_leads_to_its_successors_story(
    told: Paper, client: Client
) -> None:
    publish(told, "new.md", builders.event(1), hours_ago=1, replaces="alone.md")

    answer = client.http.get(f"/story/{ALONE}")

    assert answer.status_code == 308
    assert answer.headers["Location"] == f"/story/{article_id('new.md')}"


@pytest.mark.parametrize("id_", ["short", "A" * 16, "1" * 16])
def test_what_can_be_no_id_is_not_found(told: Paper, client: Client, id_: str) -> None:
    assert client.http.get(f"/story/{id_}").status_code == 404


def test_a_story_takes_no_parameters_as_json(told: Paper, client: Client) -> None:
    assert client.http.get(f"/v1/stories/{FIRST}?colour=red").status_code == 400
    assert client.http.get(f"/story/{FIRST}?colour=red").status_code == 200


def test_a_story_is_two_reads_of_the_table_at_its_own_address(
    told: Paper, client: Client, calls: list[str]
) -> None:
    calls.clear()

    client.http.get(f"/story/{FIRST}")

    assert calls == ["Query", "GetItem"]


# Its feeds


@pytest.mark.parametrize("extension", FEED_FORMS)
def test_a_storys_feeds_are_named_on_its_page_and_tell_its_articles_newest_first(
    told: Paper, client: Client, extension: str
) -> None:
    address = f"/story/{FIRST}/feed.{extension}"

    answer = client.http.get(address)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(FEED_FORMS[extension][1])
    assert text(answer).index("Told in second.md") < text(answer).rindex("Told in first.md")
    assert "alone.md" not in text(answer)
    assert f'href="{address}"' in text(client.http.get(f"/story/{FIRST}"))
    again = client.http.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_storys_feed_has_its_headline_and_each_articles_summary(
    told: Paper, client: Client
) -> None:
    feed = data(client.http.get(f"/story/{FIRST}/feed.json"))

    assert feed["title"] == "Told in first.md · Broadsheet"
    for one, id_ in zip(feed["items"], (SECOND, FIRST), strict=True):
        article = data(client.http.get(f"/v1/articles/{id_}"))["data"]
        assert (one["url"], one["summary"]) == (article["url"], article["summary"]["text"])


def test_any_articles_id_leads_to_the_feed_of_its_story(told: Paper, client: Client) -> None:
    answer = client.http.get(f"/story/{SECOND}/feed.atom")

    assert (answer.status_code, answer.headers["Location"]) == (308, f"/story/{FIRST}/feed.atom")


def test_the_feed_of_a_story_of_one_waits_for_the_second(told: Paper, client: Client) -> None:
    (one,) = data(client.http.get(f"/story/{ALONE}/feed.json"))["items"]

    assert one["title"] == "Told in alone.md"
    assert client.http.get(f"/story/{NOBODY}/feed.json").status_code == 404


# What leads there


def test_an_article_leads_to_its_story_where_others_tell_it(told: Paper, client: Client) -> None:
    article = data(client.http.get(f"/v1/articles/{SECOND}"))

    page = text(client.http.get(article["data"]["url"]))

    assert article["links"]["story_url"] == f"/story/{FIRST}"
    around = page[page.index("Around The Web") :]
    assert f'<a href="/story/{FIRST}">All 2 sources of this story</a>' in around


def test_an_article_alone_in_its_story_does_not_lead_to_a_page_of_itself(
    told: Paper, client: Client
) -> None:
    article = data(client.http.get(f"/v1/articles/{ALONE}"))

    assert article["links"]["story_url"] == f"/story/{ALONE}"
    assert 'href="/story/' not in text(client.http.get(article["data"]["url"]))


def test_two_articles_by_one_source_are_not_called_sources(paper: Paper, client: Client) -> None:
    publish(paper, "first.md", FERRY, hours_ago=5, source="courier")
    publish(paper, "second.md", FERRY_AGAIN, hours_ago=4, source="courier")
    url = data(client.http.get(f"/v1/articles/{FIRST}"))["data"]["url"]

    assert "All articles of this story</a>" in text(client.http.get(url))


def test_sources_that_may_be_more_than_are_known_are_not_counted(
    paper: Paper, client: Client
) -> None:
    for number in range(MAX_OTHERS + 2):
        publish(paper, f"{number}.md", FERRY, hours_ago=9 - number / 10)
    url = data(client.http.get(f"/v1/articles/{article_id('1.md')}"))["data"]["url"]

    assert "All sources of this story</a>" in text(client.http.get(url))
    story = data(client.http.get(f"/v1/stories/{article_id('0.md')}"))["data"]
    assert len(story["members"]) == MAX_OTHERS + 2
