"""The functions behind events: all records, decoded keys, failures that wait for a retry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.test import Client

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from tests import builders
from tests.conftest import Paper

Event = Callable[..., dict[str, Any]]


def headline(key: str) -> str:
    now = datetime.now(UTC)
    view = newsroom.read_article(article_id(key), store=wiring.store(), now=now)
    return view.article.headline


@pytest.mark.parametrize(
    "key", ["world/a b+c.md", "world/résumé.md", "world/100%.md", "日本/記事.md"]
)
def test_a_key_is_read_as_s3_encodes_it(
    paper: Paper, client: Client, s3_event: Event, key: str
) -> None:
    paper.upload(key, builders.markdown("Found"))

    client.lambda_.invoke("ingest", s3_event(key))

    assert headline(key) == "Found"


def test_all_records_of_an_event_are_ingested_and_the_list_refreshed(
    paper: Paper, client: Client, s3_event: Event
) -> None:
    for number in range(3):
        paper.upload(f"{number}.md", builders.markdown(f"Story {number}"))

    client.lambda_.invoke("ingest", s3_event("0.md", "1.md", "2.md"))

    latest = newsroom.front_page(store=wiring.store(), now=datetime.now(UTC))
    assert {card.headline for card in latest.cards} == {"Story 0", "Story 1", "Story 2"}


def test_a_rejected_file_does_not_keep_the_others_waiting(
    paper: Paper, client: Client, s3_event: Event
) -> None:
    paper.upload("bad.md", b"\xff\x00")
    paper.upload("good.md", builders.markdown("Good"))

    client.lambda_.invoke("ingest", s3_event("bad.md", "good.md"))

    assert paper.receipt("bad.md")["outcome"] == "rejected"
    assert headline("good.md") == "Good"


def test_what_is_not_the_editors_fault_is_raised_after_the_rest_is_done(
    paper: Paper, client: Client, s3_event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.upload("bad.md", builders.markdown("Bad"))
    paper.upload("good.md", builders.markdown("Good"))

    def summarise(headline: str, body: Any, language: str) -> Any:
        if headline == "Bad":
            raise OSError("the disk is full")
        return paper.summarise(headline, body, language)

    monkeypatch.setattr("chalicelib.wiring.summarise", summarise)

    with pytest.raises(ExceptionGroup, match="could not be ingested"):
        client.lambda_.invoke("ingest", s3_event("bad.md", "good.md"))

    assert headline("good.md") == "Good"


def test_s3s_test_event_is_no_upload(client: Client) -> None:
    client.lambda_.invoke("ingest", {"Service": "Amazon S3", "Event": "s3:TestEvent"})


def test_the_schedules_refresh_and_reconcile(paper: Paper, client: Client) -> None:
    paper.upload("lost.md", builders.markdown("Lost"))

    client.lambda_.invoke("reconcile", client.events.generate_cw_event("", "", {}, []))
    client.lambda_.invoke("refresh_latest", client.events.generate_cw_event("", "", {}, []))

    latest = newsroom.front_page(store=wiring.store(), now=datetime.now(UTC))
    assert [card.headline for card in latest.cards] == ["Lost"]
