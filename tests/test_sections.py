"""A front page of some sections: a bookmark, feeds and an application of just these."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from chalice.test import Client
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import newsroom, wiring
from chalicelib.core.article import Card, Source, article_id
from chalicelib.core.turns import Turns
from tests import builders
from tests.builders import ago
from tests.conftest import NOW, Paper

SECTIONS = ("world", "sport", "science")
PER_PAGE = 3
HOURS = 10


@pytest.fixture
def week(paper: Paper) -> Paper:
    """A newsroom with an article an hour, the sections taking turns."""
    for hour in range(1, HOURS):
        section = SECTIONS[hour % 3]
        article = builders.markdown(
            f"Story {hour}", date=ago(hours=hour), section=section, body=builders.event(hour)
        )
        paper.upload(f"{hour}.md", article)
        paper.ingest(f"{hour}.md", now=datetime.now(UTC))
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))
    return paper


def feed(client: Client, address: str) -> Any:  # JSON
    answer = client.http.get(address)
    assert answer.status_code == 200
    return json.loads(answer.body)


def told(client: Client, address: str) -> list[str]:
    """The headlines of a feed and of all that it leads on to."""
    document = feed(client, address)
    titles = [one["title"] for one in document["items"]]
    return titles + (told(client, document["next_url"]) if "next_url" in document else [])


def test_a_narrowed_front_page_offers_feeds_of_just_its_sections(
    week: Paper, client: Client
) -> None:
    page = client.http.get("/?sections=world,science,none").body.decode()
    (address,) = re.findall(r'type="application/feed\+json"[^>]*href="([^"]+)"', page)

    assert address == "/feed.json?sections=world,science,none"
    document = feed(client, address)
    assert document["title"] == "World, Science · Broadsheet"
    assert document["home_page_url"] == "/?sections=world,science,none"
    wanted = [f"Story {hour}" for hour in range(1, HOURS) if SECTIONS[hour % 3] != "sport"]
    assert told(client, address) == wanted
    assert feed(client, "/feed.json")["title"] == "Broadsheet"


@pytest.mark.parametrize("form", ["xml", "atom", "json"])
def test_each_form_leads_to_itself_with_its_sections(
    week: Paper, client: Client, form: str
) -> None:
    link = client.http.get(f"/feed.{form}?sections=sport").headers["Link"]

    assert f'</feed.{form}?sections=sport>; rel="self"' in link


def test_a_narrowed_page_leads_on_within_its_sections(week: Paper, client: Client) -> None:
    address, seen = "/latest?sections=world", []
    while address:
        page = client.http.get(address).body.decode()
        seen += re.findall(r">(Story \d+)</a>", page)
        older = re.search(r'<a href="([^"]+)" rel="next">Older', page)
        address = older[1].replace("&amp;", "&") if older else ""
        assert not address or "sections=world" in urlsplit(address).query

    assert list(dict.fromkeys(seen)) == [f"Story {hour}" for hour in range(3, HOURS, 3)]


def test_a_launcher_keeps_a_narrowed_page_under_its_own_name(week: Paper, client: Client) -> None:
    manifest = feed(client, "/manifest.webmanifest?sections=sport,rude-words")

    assert manifest["start_url"] == "/?sections=sport,rude-words"
    assert manifest["name"] == "Broadsheet: Sport"


def card(name: str, minute: int) -> Card:
    at = NOW - timedelta(minutes=minute)
    return Card(
        id=article_id(name),
        revision=1,
        slug="a",
        headline=name,
        source=Source(id="a", name="A"),
        published_at=at,
        updated_at=at,
        public_at=at,
    )


@given(st.lists(st.lists(st.integers(0, 30), max_size=12), min_size=1, max_size=3))
def test_however_articles_fall_to_sections_none_is_lost_and_none_told_twice(
    minutes: list[list[int]],
) -> None:
    lists = [
        sorted((card(f"{section} {n}", minute) for n, minute in enumerate(listed)),
               key=lambda one: one.place, reverse=True)
        for section, listed in enumerate(minutes)
    ]  # fmt: skip

    def page(listed: list[Card], after: str, before: str) -> tuple[list[Card], Turns]:
        if before:
            rest = [one for one in listed if one.place > before]
            shown, goes_on = rest[-PER_PAGE:], len(rest) > PER_PAGE
            older = shown[-1].place if shown else before
            return shown, Turns(older=older, newer=shown[0].place if goes_on else None)
        rest = [one for one in listed if not after or one.place < after]
        shown, goes_on = rest[:PER_PAGE], len(rest) > PER_PAGE
        newer = (shown[0].place if shown else after) if after else None
        return shown, Turns(older=shown[-1].place if goes_on else None, newer=newer)

    def merged(after: str = "", before: str = "") -> tuple[tuple[Card, ...], Turns]:
        read = [page(listed, after, before) for listed in lists]
        return newsroom._merged(read, card_of=lambda one: one, before=before, limit=PER_PAGE)

    there, turns = merged()
    seen = [*there]
    while turns.older:
        kept, turns = merged(after=turns.older)
        seen += kept
    back = [*kept] if len(seen) > PER_PAGE else [*there]
    while turns.newer:
        kept, turns = merged(before=turns.newer)
        back = [*kept, *back]

    everything = [one for listed in lists for one in listed]
    assert seen == sorted(everything, key=lambda one: one.place, reverse=True)
    assert back == seen
