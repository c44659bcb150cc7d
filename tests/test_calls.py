"""What a page view asks of the table, as docs/architecture.md promises it."""

from __future__ import annotations

from dataclasses import replace

from chalice.test import Client

from bench.growth.newsrooms import sample_records
from bench.meter import counted
from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.core.ranking import Latest
from chalicelib.listing import LEADS
from tests.conftest import NOW, Paper

FERRY = article_id("world/ferry.md")
CALLS = {
    "/": ["GetItem"],
    "/latest": ["GetItem"],
    "/v1/latest": ["GetItem"],
    f"/a/{FERRY}/slug": ["BatchGetItem"],
    f"/a/{FERRY}/slug/source": ["BatchGetItem"],
    f"/a/{FERRY}/slug/history": ["Query"],
    f"/v1/articles/{FERRY}": ["BatchGetItem"],
    "/latest?cursor=20990101000000-aaaaaaaaaaaaaaaa": ["Query"],
    "/section/world": ["Query"],
    "/tag/ferry": ["Query"],
    "/source/courier": ["Query"],
    "/corrections": ["Query"],
    "/v1/articles": ["Query"],
    "/v1/changes": ["Query"],
    "/feed.xml": ["Query"],
    "/section/world/feed.json": ["Query"],
    "/sources": ["Query", "Query"],
    "/status": ["Query", "Query", "GetItem"],
    f"/story/{FERRY}": ["Query", "GetItem"],
    "/sitemap.xml": ["Query"],
}


def test_every_page_asks_as_often_as_is_promised(
    filled: Paper, calls: list[str], client: Client
) -> None:
    slug = wiring.store().article(FERRY).current.slug
    told = {}

    for path in CALLS:
        calls.clear()
        answer = client.http.get(path.replace("/slug", f"/{slug}"))
        assert answer.status_code == 200, path
        told[path] = list(calls)

    assert told == CALLS


def test_a_full_front_page_is_two_read_units(aws: None) -> None:
    likes = [record.life.current for record in sample_records(NOW)]
    cards = tuple(
        replace(
            likes[number % len(likes)].card(), id=article_id(f"{number}.md"), section=f"{number}"
        )
        for number in range(newsroom.LATEST_CARDS)
    )
    leads = tuple(article.without_body() for article in likes[:LEADS])
    wiring.store().put_latest(Latest(refreshed_at=NOW, leads=leads, cards=cards))

    with counted() as use:
        wiring.store().latest()

    assert use.calls == {"dynamodb.GetItem": 1}
    assert use.read_units <= 2
