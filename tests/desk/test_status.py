"""Where a key stands, by the bucket's listing and the table's record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk.errors import DeskError
from desk.stage import Stage
from desk.status import listed, statuses, text
from tests import builders
from tests.conftest import NOW, Paper

KEY = "world/ferry.md"
STAGE = Stage(
    name="local",
    table="broadsheet-local",
    uploads="broadsheet-local-uploads",
    receipts="broadsheet-local-receipts",
    site="https://news.example",
)


def stands(given: str = KEY) -> list[dict[str, Any]]:
    return list(statuses(listed(given, STAGE), STAGE, now=NOW))


def told(one: dict[str, Any]) -> str:
    """The words under which a person sees it."""
    return text([one]).partition("  ")[2].partition("\n")[0]


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({}, "public"),
        ({"embargo_until": "2026-03-25T09:00:00Z"}, "scheduled"),
        ({"draft": "true"}, "draft"),
        ({"expires_at": "2026-03-24T11:30:00Z"}, "expired"),
        ({"draft": "perhaps"}, "rejected"),
    ],
)
def test_a_first_upload_stands_as_its_metadata_says(
    paper: Paper, metadata: dict[str, str], words: str
) -> None:
    paper.publish(KEY, builders.markdown(**metadata))

    (one,) = stands()

    assert told(one) == words
    assert one["is_ingested"]


def test_a_withheld_article_is_told_with_its_reason(paper: Paper) -> None:
    paper.publish(KEY, builders.markdown(), at=NOW - timedelta(hours=2))
    paper.publish(KEY, builders.markdown(status="withheld", status_reason="A court's order."))

    (one,) = stands()

    assert told(one) == "withheld"
    assert one["gone"]["note"] == "A court's order."
    assert "withheld at 2026-03-24T11:00:00Z: A court's order." in text([one])


def test_an_upload_that_no_event_has_told_of_is_not_ingested(paper: Paper) -> None:
    paper.publish(KEY, builders.markdown())
    paper.upload(KEY, builders.markdown("Second"))

    (one,) = stands()

    assert told(one) == "public, not ingested yet"
    assert one["public"]["revision"] == 1


def test_sources_images_and_litter_stand_too(paper: Paper) -> None:
    paper.publish("sources/courier.yaml", builders.profile())
    paper.publish("media/a.png", builders.picture())
    paper.publish(".DS_Store", "x")

    words = {one["key"]: told(one) for one in stands("")}

    assert words == {".DS_Store": "ignored", "media/a.png": "public",
                     "sources/courier.yaml": "public"}  # fmt: skip


def test_an_exact_key_is_that_key_alone(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown())
    paper.publish("a.md.bak.md", builders.markdown())

    assert [one["key"] for one in stands("a.md")] == ["a.md"]
    assert [one["key"] for one in stands("a.")] == ["a.md", "a.md.bak.md"]


def test_a_name_cannot_steer_the_terminal(paper: Paper) -> None:
    paper.publish("bad\u202e.md", builders.markdown())
    paper.publish("bad.md", builders.markdown())

    assert "\u202e" not in text(stands("bad"))


def test_nothing_there_is_told_as_such(paper: Paper) -> None:
    with pytest.raises(DeskError, match="nothing has ever been uploaded as none"):
        stands("none")
