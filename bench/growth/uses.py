"""What readers, editors and the clock do in each newsroom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from bench import placing as events
from bench.growth.newsrooms import SOURCES, Newsroom, ingest, put

_OWN_EVENT = 10_000_000  # from where on events are nobody else's

Act = Callable[[], object]


def reading(one: Newsroom, app: Any) -> Iterator[tuple[str, Act]]:
    """Yield what readers ask for, by its name."""
    from chalice.test import Client

    from chalicelib import wiring
    from chalicelib.web.parameters import cursor

    def get(path: str) -> Act:
        def ask() -> None:
            with Client(app) as client:
                answer = client.http.get(path, headers={"Accept-Encoding": "gzip", "Accept": "*/*"})
            if answer.status_code != HTTPStatus.OK:
                raise RuntimeError(f"{path} answers {answer.status_code}")

        return ask

    half_way = one.public_at(one.articles // 2)
    (newest, *_), _ = wiring.store().cards("all", until=one.now, limit=1)
    (middle, *_), _ = wiring.store().cards("section#world", until=half_way, limit=1)
    told = wiring.store().latest()
    story_id = next(card.story_id for card in told.cards if card.story_id) if told else ""
    yield "the front page", get("/")
    yield "an article", get(f"/a/{newest.id}/{newest.slug}")
    yield "a section", get("/section/world")
    yield "a section, half way down", get(f"/section/world?cursor={cursor(middle.place)}")
    yield "a story", get(f"/story/{story_id}")
    yield "the list as JSON", get("/v1/latest")
    yield "the feed", get("/feed.xml")


def editing(one: Newsroom) -> Iterator[tuple[str, Act]]:
    """Yield what editors and the clock do; each upload is another file's."""
    from chalicelib import newsroom, wiring

    number = _OWN_EVENT + next(one.new)
    told = next(events.tellings(1))  # the event of the newest article

    def ingested(key: str, text: str) -> Act:
        put(one, key, text)
        return lambda: ingest(one, key)

    key = f"new/{number}.md"
    yield "a new article", ingested(key, _text(one, number, number))
    yield "its update", ingested(key, _text(one, number, number).replace("On the day", "When"))
    yield "one more of a story", ingested(f"story/{number}.md", _text(one, number, told))
    wiring.store().put_cursor(None)
    yield "a refresh", lambda: newsroom.refresh_latest(store=wiring.store(), now=one.now)
    yield (
        "a page of the listing",
        lambda: newsroom.reconcile(
            uploads=wiring.uploads(),
            receipts=wiring.receipts(),
            store=wiring.store(),
            summarise=wiring.extract,
            site=wiring.site(),
            now=one.now,
        ),
    )


def _text(one: Newsroom, number: int, event: int) -> str:
    from tests.builders import markdown

    told = events.article(number, event, public_at=one.now)
    return markdown(
        told.headline,
        date=one.now.isoformat(),
        body=told.body.text,
        section="world",
        tags="[tag-1, tag-2]",
        source=f"source-{number % SOURCES}",
    )
