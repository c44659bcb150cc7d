"""The steps over one key: what each leaves behind when it fails, is late, or was done before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import newsroom, wiring
from chalicelib.aws.buckets import DELETION, KeptReceipts
from chalicelib.aws.store import revision_rows
from chalicelib.core.article import article_id
from chalicelib.core.errors import FoldConflict
from chalicelib.core.takedown import mark, mark_key
from tests import builders
from tests.conftest import NOW, STAGE, Paper
from tests.test_newsroom import BROKEN, FERRY, Notices
from tests.test_placing import FERRY as TOLD
from tests.test_placing import FERRY_AGAIN as TOLD_AGAIN
from tests.test_placing import forget

LITTER = "world/.DS_Store"


class Watching:
    """One part of the newsroom; what is called of it is noted, or happens otherwise."""

    def __init__(self, part: Any, **instead: Callable[..., Any]) -> None:
        self._part, self._instead = part, instead
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:  # all that the part can do
        found = self._instead.get(name) or getattr(self._part, name)
        if not callable(found):
            return found

        def noted(*given: Any, **named: Any) -> Any:
            self.calls.append((name, {"given": given, **named}))
            return found(*given, **named)

        return noted


def killed(*_: object, **__: object) -> Any:
    raise ConnectionError


def parts(paper: Paper, **others: Any) -> Any:
    return {**paper.parts(), **others, "now": NOW}


def two_of_a_story(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown("Ferry aground", body=TOLD))
    paper.publish("b.md", builders.markdown("All are safe", body=TOLD_AGAIN))


def tellers() -> set[str]:
    """The keys of the articles of the ferry's story."""
    story = newsroom.read_story(article_id("a.md"), store=wiring.store(), now=NOW)
    ids = {member.card.id for member in story.members}
    return {key for key in ("a.md", "b.md") if article_id(key) in ids}


# What is gone for good


def test_a_story_leads_to_no_article_whose_rows_are_about_to_go(paper: Paper) -> None:
    two_of_a_story(paper)
    assert tellers() == {"a.md", "b.md"}
    wiring.uploads().forget("b.md")

    with pytest.raises(ConnectionError):
        newsroom.ingest("b.md", **parts(paper, store=Watching(wiring.store(), write=killed)))

    assert tellers() == {"a.md"}


def test_an_article_whose_record_is_rewritten_stays_in_its_story(paper: Paper) -> None:
    two_of_a_story(paper)
    paper.upload("b.md", builders.markdown("All of them are safe", body=TOLD_AGAIN), at=NOW)

    with pytest.raises(ConnectionError):
        newsroom.ingest("b.md", **parts(paper, store=Watching(wiring.store(), write=killed)))

    assert tellers() == {"a.md", "b.md"}


def test_revisions_that_no_record_tells_of_are_taken_away(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    left = newsroom.read_article(article_id(FERRY), store=wiring.store(), now=NOW).article
    forget(paper, FERRY)
    assert paper.rows() == {}
    (row,) = revision_rows([left])  # as a function may leave one that died over many
    wiring.store()._put(row)

    paper.ingest(FERRY)

    assert paper.rows() == {}


# What is not read


def test_neither_too_large_a_file_nor_one_that_was_taken_down_is_fetched(paper: Paper) -> None:
    uploads = Watching(wiring.uploads())
    paper.upload("large.md", b"x" * 5_000_001)
    paper.publish(mark_key(article_id(FERRY)), mark("By a court", at=NOW))
    paper.upload(FERRY, builders.markdown())
    paper.upload("small.md", builders.markdown())

    for key in ("large.md", FERRY, "small.md"):
        newsroom.ingest(key, **parts(paper, uploads=uploads))

    fetched = {
        call["given"][0]: call["with_bytes"] for name, call in uploads.calls if name == "read"
    }
    assert fetched == {"large.md": False, FERRY: False, "small.md": True}
    assert paper.receipt(FERRY)["errors"][0]["code"] == "taken-down"


def test_a_deletion_that_was_carried_here_withdraws(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    stamp = {DELETION: "true", "received-at": NOW.isoformat()}
    paper.s3.put_object(Bucket=STAGE.uploads, Key=FERRY, Body=b"", Metadata=stamp)

    paper.ingest(FERRY)

    assert paper.receipt(FERRY)["outcome"] == "withdrawn"
    assert paper.receipt(FERRY)["errors"] == []


def test_of_litter_nothing_is_made_and_its_editor_is_told(paper: Paper) -> None:
    paper.upload(LITTER, b"x", at=NOW)

    told = paper.ingest(LITTER).receipt
    changed = newsroom.rebuild(LITTER, **rebuilding(paper))

    assert told is not None
    assert told.outcome == "ignored"
    assert not changed
    assert paper.rows() == {}


# What waits


def test_who_uploads_is_told_even_while_the_stories_wait(paper: Paper) -> None:
    paper.upload(FERRY, builders.markdown(), at=NOW - timedelta(hours=1))
    store = Watching(wiring.store())
    store._instead = {"stories": Watching(wiring.store().stories, nodes=killed, placed=killed)}

    with pytest.raises(ConnectionError):
        newsroom.ingest(FERRY, **parts(paper, store=store))

    assert paper.receipt(FERRY)["outcome"] == "published"
    assert paper.receipt(FERRY)["ingested_at"] == "2026-03-24T12:00:00Z"
    assert wiring.store().settled_to([FERRY]) == {}


def test_a_receipt_tells_of_the_story_and_of_the_same_text_elsewhere(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown("Ferry aground", body=TOLD * 4))
    paper.publish("b.md", builders.markdown("Ferry aground again", body=TOLD * 4))

    receipt = paper.receipt("b.md")

    assert receipt["story_id"] == article_id("a.md")
    assert [one["article_id"] for one in receipt["duplicates"]] == [article_id("a.md")]


def test_editors_hear_of_what_a_takedown_or_a_reconciliation_refuses(paper: Paper) -> None:
    notices: Any = Notices()
    recent = NOW - timedelta(hours=1)
    paper.publish(FERRY, builders.markdown())
    paper.upload(mark_key(article_id(FERRY)), mark("By a court", at=NOW), at=recent)
    newsroom.ingest(mark_key(article_id(FERRY)), **parts(paper), notices=notices)
    of_takedown = len(notices.pushed)
    paper.upload("lost.md", BROKEN, at=recent)
    newsroom.reconcile(**parts(paper), notices=notices)

    assert (of_takedown, len(notices.pushed)) == (1, 2)


# What is settled


def test_reconciliation_looks_at_the_versions_of_no_key_that_is_settled(paper: Paper) -> None:
    uploads = Watching(wiring.uploads())
    paper.publish(FERRY, builders.markdown())
    paper.upload(LITTER, b"x", at=NOW)
    newsroom.reconcile(**parts(paper))

    newsroom.reconcile(**parts(paper, uploads=uploads))
    settled = [name for name, _ in uploads.calls]
    paper.upload(LITTER, b"y", at=NOW)
    newsroom.reconcile(**parts(paper, uploads=uploads))

    assert settled == ["page"]
    looked_at = {call["given"][0] for name, call in uploads.calls if name == "versions"}
    assert looked_at == {LITTER}


# What is rebuilt


def rebuilding(paper: Paper, **others: Any) -> Any:
    kept = KeptReceipts(paper.s3, STAGE.receipts)
    return {**paper.parts(), "receipts": kept, "store": STAGE.projection(), "now": NOW, **others}


def lose(paper: Paper, *, partition: str, holding: str) -> None:
    """Take away those rows of a partition whose sort keys hold a text."""
    lost = [key for key in paper.rows() if key[0].startswith(partition) and holding in key[1]]
    assert lost
    STAGE.projection()._write_all(delete=lost)


def test_a_rebuild_says_of_a_key_whether_a_row_was_not_as_it_is_now(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    had = paper.rows()
    lose(paper, partition="ARTICLE#", holding="CURRENT")
    assert paper.rows() != had

    changed = [newsroom.rebuild(FERRY, **rebuilding(paper)) for _ in range(2)]

    assert changed == [True, False]
    assert paper.rows() == had
    assert newsroom.rebuild("never.md", **rebuilding(paper)) is False


@pytest.mark.parametrize("times", [1, 11])
def test_a_rebuild_that_was_overtaken_tries_again(paper: Paper, times: int) -> None:
    paper.publish(FERRY, builders.markdown())
    had = paper.rows()
    lose(paper, partition="ARTICLE#", holding="CURRENT")
    projection, left = STAGE.projection(), list(range(times))

    def rewrite(*args: Any, **more: Any) -> str:
        return "overtaken" if left and left.pop() >= 0 else projection.rewrite(*args, **more)

    newsroom.rebuild(FERRY, **rebuilding(paper, store=Watching(projection, rewrite=rewrite)))

    assert paper.rows() == had


def test_a_rebuild_that_is_always_overtaken_gives_up_and_says_so(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    store = Watching(STAGE.projection(), rewrite=lambda *_, **__: "overtaken")

    with pytest.raises(FoldConflict):
        newsroom.rebuild(FERRY, **rebuilding(paper, store=store))


def test_a_rebuild_has_every_article_placed_anew_and_no_profile(paper: Paper) -> None:
    two_of_a_story(paper)
    paper.publish("sources/courier.yaml", builders.profile())
    had = paper.rows()
    lose(paper, partition="STORY#", holding=article_id("b.md"))

    for key in ("a.md", "b.md"):
        newsroom.rebuild(key, **rebuilding(paper))
    profile = Watching(STAGE.projection())
    newsroom.rebuild("sources/courier.yaml", **rebuilding(paper, store=profile))

    assert paper.rows() == had
    assert "unsettle" not in {name for name, _ in profile.calls}


def test_a_revision_is_counted_past_versions_that_made_none(paper: Paper) -> None:
    paper.upload(FERRY, BROKEN)
    first = paper.upload(FERRY, builders.markdown("One"))
    paper.upload(FERRY, builders.markdown("One"))
    second = paper.upload(FERRY, builders.markdown("Two"))

    def version(number: int) -> str:
        return newsroom.version_of(
            FERRY, number, uploads=wiring.uploads(), summarise=wiring.summarise
        ).id

    assert (version(1), version(2)) == (first, second)
