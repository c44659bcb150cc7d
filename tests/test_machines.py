"""What machines fetch by name, over the deployed application."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from chalice.test import Client

from tests import builders
from tests.conftest import Paper

ADDRESSES = {
    "/robots.txt": "text/plain; charset=utf-8",
    "/sitemap.xml": "application/xml; charset=utf-8",
    "/sitemap-news.xml": "application/xml; charset=utf-8",
    "/sitemap/2024-01": "application/xml; charset=utf-8",
    "/favicon.ico": "image/x-icon",
    "/apple-touch-icon.png": "image/png",
    "/manifest.webmanifest": "application/manifest+json; charset=utf-8",
    "/.well-known/security.txt": "text/plain; charset=utf-8",
}


def publish(paper: Paper, headline: str, *, days_ago: float, **metadata: str) -> None:
    at = builders.ago(days=days_ago)
    key = f"{headline}.md"
    paper.upload(key, builders.markdown(headline, date=at, **metadata))
    paper.ingest(key, now=datetime.now(UTC))


def slugs(client: Client, address: str) -> list[str]:
    """The slugs of the articles that a sitemap lists."""
    return re.findall(r"<loc>/a/[a-z2-7]{16}/(.+?)</loc>", client.http.get(address).body.decode())


@pytest.mark.parametrize(("address", "content_type"), ADDRESSES.items())
def test_each_is_there_before_the_first_article_and_can_be_asked_again(
    aws: None,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    content_type: str,
) -> None:
    monkeypatch.setenv("BROADSHEET_SECURITY_CONTACT", "desk@news.example")

    answer = client.http.get(address)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    again = client.http.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert client.http.request("HEAD", address).headers["ETag"] == answer.headers["ETag"]


def test_the_sitemaps_lead_to_every_article_that_readers_have(paper: Paper, client: Client) -> None:
    for days in (0, 1, 40, 400):
        publish(paper, f"Story {days}", days_ago=days + 0.01)
    publish(paper, "Past", days_ago=1, expires_at="2026-01-01T00:00:00Z")
    publish(paper, "Soon", days_ago=-1)

    index = client.http.get("/sitemap.xml").body.decode()
    found = {slug: place for place in re.findall(r"<loc>(.+?)</loc>", index)
             for slug in slugs(client, place)}  # fmt: skip

    assert set(found) == {"story-0", "story-1", "story-40", "story-400"}
    assert len({found["story-0"], found["story-40"], found["story-400"]}) == 3


def test_the_news_sitemap_tells_two_days(paper: Paper, client: Client) -> None:
    for days in (0.5, 1.9, 2.1):
        publish(paper, f"Story {days}", days_ago=days)

    assert slugs(client, "/sitemap-news.xml") == ["story-0-5", "story-1-9"]


@pytest.mark.parametrize("month", ["2999-01", "2026-13", "all"])
def test_there_is_no_sitemap_of_what_has_not_come(aws: None, client: Client, month: str) -> None:
    assert client.http.get(f"/sitemap/{month}").status_code == 404


def test_nobody_is_named_for_security_until_a_contact_is_set(aws: None, client: Client) -> None:
    assert client.http.get("/.well-known/security.txt").status_code == 404
