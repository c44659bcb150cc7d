"""The whole life of an article, told by S3 and HTTP alone; nothing leaks before its time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from chalice.test import Client

from chalicelib import events, newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.web import serving
from desk.functions import Context
from tests import builders
from tests.conftest import NOW, Paper

KEY = "world/skerrin.md"
ID = article_id(KEY)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
ROOTS = (
    "/", "/latest", "/corrections", "/sources", "/status", "/how-it-works", "/feed.xml",
    "/feed.atom", "/feed.json", "/corrections/feed.json", "/sitemap.xml", "/sitemap-news.xml",
    "/robots.txt", "/404", "/section/world", "/section/world/feed.xml", "/tag/ferries",
    "/tag/ferries/feed.json", "/source/courier", "/source/courier/feed.atom", "/v1/latest",
    "/v1/latest?explain=1", "/v1/articles", "/v1/articles?section=world", "/v1/changes",
    "/v1/sources", "/v1/health", f"/v1/articles/{ID}", f"/v1/articles/{ID}/revisions",
    f"/v1/articles/{ID}?revision=1", f"/v1/stories/{ID}", f"/a/{ID}", f"/a/{ID}/secret",
    f"/a/{ID}/secret/source", f"/a/{ID}/secret/history", f"/story/{ID}", f"/story/{ID}/feed.xml",
)  # fmt: skip
ADDRESS = re.compile(r"""(?:href="|src="|<loc>|<link>|"url":\s*"|"next":\s*")(/[^"<]*)""")


@dataclass
class Newsroom:
    """Editors with a bucket, readers with a browser, and one clock for both."""

    paper: Paper
    http: Any
    s3_event: Any
    now: datetime = NOW
    versions: list[str] = field(default_factory=list)

    def put(self, key: str = KEY, content: str | bytes = "", **metadata: str) -> dict[str, Any]:
        """Upload a file, let S3 tell of it, and return the receipt that the editor finds."""
        if not content:
            given = {"section": "world", "tags": "[ferries]", "source": "courier", **metadata}
            content = builders.markdown(**given)  # type: ignore[arg-type]
        self.versions.append(self.paper.upload(key, content, at=self.now))
        return self._told(key)

    def delete(self, key: str = KEY) -> dict[str, Any]:
        self.paper.delete(key)
        return self._told(key)

    def _told(self, key: str) -> dict[str, Any]:
        events.ingest(self.s3_event(key), Context(function_name="ingest"))
        return self.paper.receipt(key)

    def refresh(self) -> None:
        newsroom.refresh_latest(store=wiring.store(), now=self.now)

    def get(self, address: str) -> Any:
        return self.http.get(address)

    def json(self, address: str) -> Any:
        return json.loads(self.get(address).body)

    def text(self, address: str) -> str:
        return bytes(self.get(address).body).decode()

    def crawl(self) -> dict[str, str]:
        """Return every public page by its address: all kinds of routes, and where they lead."""
        pages: dict[str, str] = {}
        waiting = list(ROOTS)
        while waiting:
            address = waiting.pop()
            if address in pages or address.startswith(("/media/", "/preview/")):
                continue
            answer = self.get(address)
            body = bytes(answer.body).decode(errors="replace")  # an icon is no text
            pages[address] = f"{dict(answer.headers)}\n{body}"
            if answer.status_code == 200:
                found = ADDRESS.findall(body.replace("&amp;", "&"))
                waiting += [one.partition("#")[0] for one in found if urlsplit(one).netloc == ""]
        return pages

    def showing(self, *words: str) -> set[str]:
        """Return the addresses at which any of the words can be read, the questions aside."""
        return {
            address
            for address, page in self.crawl().items()
            if any(word in page.replace(address, "") for word in words)
        }


@pytest.fixture
def room(paper: Paper, client: Client, s3_event: Any, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """A newsroom at NOW, with one source."""
    room = Newsroom(paper, client.http, s3_event)
    for module in (serving, events):
        monkeypatch.setattr(module, "_now", lambda: room.now)
    room.put("sources/courier.yaml", builders.profile())
    return room


def headlines(document: Any) -> list[str]:
    return [card["headline"] for card in document["data"]]


def test_one_article_lives_from_draft_to_restoration(  # noqa: PLR0915  # a life has many steps
    room: Newsroom,
) -> None:
    lists = ("/v1/latest", "/v1/articles?section=world", "/v1/articles?tag=ferries")
    feeds = ("/feed.xml", "/feed.atom", "/feed.json", "/section/world/feed.xml")

    def listed() -> set[tuple[str, ...]]:
        return {tuple(headlines(room.json(address))) for address in lists}

    def in_feeds(headline: str) -> set[bool]:
        return {headline in room.text(address) for address in feeds}

    def kinds() -> list[str]:
        return [one["kind"] for one in room.json("/v1/changes")["data"]]

    # Draft: its editors alone see it, at an address that nobody guesses.
    receipt = room.put(headline="Ferry in trouble", draft="true")
    assert (receipt["outcome"], receipt["url"]) == ("draft", None)
    preview = room.get(receipt["preview_url"])
    assert "Ferry in trouble" in preview.body.decode()
    assert "noindex" in preview.headers["X-Robots-Tag"]
    assert "no-store" in preview.headers["Cache-Control"]
    assert room.get(f"/a/{ID}").status_code == 404
    assert listed() == {()}

    # Embargo: the same, until the second.
    room.now += HOUR
    lifts = room.now + HOUR
    receipt = room.put(
        headline="Ferry in trouble", embargo_until=f'"{lifts.isoformat()}"', date="2026-03-24T09:00"
    )
    assert receipt["outcome"] == "scheduled"
    assert room.get(receipt["preview_url"]).status_code == 200
    room.now = lifts - SECOND
    assert room.get(f"/v1/articles/{ID}").status_code == 404
    assert listed() == {()}

    # Public.
    room.now = lifts
    room.refresh()
    address = room.json(f"/v1/articles/{ID}")["data"]["url"]
    assert room.get(address).status_code == 200
    assert listed() == {("Ferry in trouble",)}
    assert in_feeds("Ferry in trouble") == {True}
    assert kinds() == ["published"]

    # Update: readers find it at the old address, and what changed in its history.
    room.now += HOUR
    receipt = room.put(headline="Ferry is towed in", body="The ferry is in tow. All are well.")
    assert (receipt["outcome"], receipt["revision"]) == ("updated", 3)
    assert receipt["url"] == address
    assert "headline" in [key["name"] for key in receipt["changes"]["metadata"]]
    assert "Ferry is towed in" in room.text(address)
    assert "Ferry in trouble" in room.text(f"{address}/history")
    assert kinds() == ["updated"]

    # Correction.
    room.now += HOUR
    receipt = room.put(
        headline="Ferry is towed in",
        body="The ferry is in tow. All 214 are well.",
        correction="An earlier version left out how many.",
    )
    assert receipt["outcome"] == "corrected"
    for surface in (address, "/corrections", "/feed.json", "/corrections/feed.json"):
        assert "left out how many" in room.text(surface)
    assert kinds() == ["corrected"]

    # A slug of the editor's own: the old address leads there.
    room.now += HOUR
    receipt = room.put(headline="Ferry is towed in", slug="ferry-towed-in")
    moved = room.get(address)
    assert (moved.status_code, moved.headers["Location"]) == (308, receipt["url"])
    address = receipt["url"]

    # An image, and another in its place.
    room.put("media/ferry.png", builders.picture(colour="teal"))
    room.put(
        headline="Ferry is towed in", slug="ferry-towed-in", image="media/ferry.png",
        image_alt="A ferry",
    )  # fmt: skip
    first = room.json(f"/v1/articles/{ID}")["data"]["image"]["url"]
    room.now += HOUR
    room.put("media/ferry.png", builders.picture(colour="red"))
    second = room.json(f"/v1/articles/{ID}")["data"]["image"]["url"]
    assert first != second
    assert room.get(second).status_code == 200
    assert second in room.text(address)

    # Withdrawn: gone everywhere, and said to be. A deletion has S3's own time.
    receipt = room.delete()
    room.now = datetime.now(tz=room.now.tzinfo).replace(microsecond=0) + SECOND
    room.refresh()
    assert receipt["outcome"] == "withdrawn"
    gone = room.get(address)
    assert gone.status_code == 410
    assert "withdrawn" in gone.body.decode()
    assert room.get(f"/v1/articles/{ID}").status_code == 410
    assert listed() == {()}
    assert in_feeds("Ferry is towed in") == {False}
    assert kinds() == ["withdrawn"]

    # Restored by uploading again, at the address it had.
    room.now += HOUR
    receipt = room.put(headline="Ferry is towed in", date=f'"{room.now.isoformat()}"')
    assert receipt["outcome"] == "published"
    assert receipt["url"] == address
    assert listed() == {("Ferry is towed in",)}
    assert in_feeds("Ferry is towed in") == {True}
    assert kinds() == ["published"]
    assert room.get(f"{address}/history").body.decode().count("Ferry in trouble") == 0


def test_an_embargoed_article_appears_nowhere_one_second_before_its_time(room: Newsroom) -> None:
    lifts = NOW + HOUR
    room.put("world/other.md", headline="Another report", body=builders.PARAGRAPHS[0] * 3)
    room.put(headline="Open from the first day", body=builders.event(1), replaces="world/old.md")
    receipt = room.put(
        "world/secret.md",
        headline="Zanzarit agreement",
        body=f"Zanzarit. {builders.PARAGRAPHS[0] * 3}",  # it tells what the other report tells
        tags="[ferries, zanzarit]",
        section="world",
        source="Zanzarit Times",
        same_story="world/other.md",
        replaces=KEY,
        embargo_until=f'"{lifts.isoformat()}"',
    )
    secret = article_id("world/secret.md")
    assert receipt["outcome"] == "scheduled"
    room.refresh()

    room.now = lifts - SECOND
    assert room.showing("Zanzarit", "zanzarit", secret) == set()

    room.now = lifts
    room.refresh()
    shown = {re.sub(r"[a-z2-7]{16}(/.*)?", "ID", address) for address in room.showing(secret)}
    assert {
        "/", "/latest", "/feed.xml", "/feed.atom", "/feed.json", "/section/world", "/v1/latest",
        "/v1/articles", "/v1/changes", "/tag/ferries", "/a/ID", "/story/ID", "/sitemap-news.xml",
    } <= shown  # fmt: skip
