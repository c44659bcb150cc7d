"""From an upload to what readers have, over the real table and buckets of moto."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.core.errors import FoldConflict, Gone, Moved, NotFound
from chalicelib.core.ranking import Latest
from tests import builders
from tests.conftest import NOW, Paper

FERRY = "world/ferry.md"


def read(key: str = FERRY, *, now: datetime = NOW) -> newsroom.ArticleView:
    return newsroom.read_article(article_id(key), store=wiring.store(), now=now)


def in_order(latest: Latest, *, now: datetime) -> list[str]:
    """Return the headlines of the list, those of a story together."""
    ranked = latest.ranked(now=now)
    return [card.headline for one in ranked for card in (one.card, *one.also)]


def leads(latest: Latest, *, now: datetime) -> str:
    """Return the headline of the article that leads the front page."""
    lead = latest.lead(now=now)
    assert lead is not None
    return lead.headline


def test_an_uploaded_article_is_read_and_listed_with_its_summary(paper: Paper) -> None:
    done = paper.publish(FERRY, builders.markdown(section="world", tags="[ferry, callport]"))

    assert done.receipt is not None
    assert done.receipt.outcome == "published"
    article = read().article
    assert article.headline == "Ferry Skerrin returns to the Callport line"
    assert len(article.summary.key_points) >= 3
    for point in article.summary.key_points:
        for evidence in point.evidence:
            assert article.body.text[evidence.start : evidence.end] == evidence.quote
    front = newsroom.front_page(store=wiring.store(), now=NOW)
    assert [card.id for card in front.cards] == [article.id]
    assert front.leads[0].summary == article.summary


def test_every_list_that_an_article_belongs_to_has_its_card(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown(section="World News", tags="[Ferry]", source="Courier"))

    for filters in ({"section": "world-news"}, {"tag": "ferry"}, {"source": "courier"}):
        view = newsroom.list_cards(store=wiring.store(), now=NOW, limit=10, **filters)
        assert [card.id for card in view.cards] == [article_id(FERRY)]


def test_the_same_event_twice_changes_nothing(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    rows, receipt = paper.rows(), paper.receipt(FERRY)

    done = paper.ingest(FERRY, now=NOW + timedelta(hours=1))

    assert not done.has_changed
    assert paper.rows() == rows
    assert paper.receipt(FERRY) == receipt


def test_a_lost_event_is_made_good_by_the_next_one(paper: Paper) -> None:
    paper.upload(FERRY, builders.markdown("First"), at=NOW - timedelta(hours=3))
    paper.upload(FERRY, builders.markdown("Second"), at=NOW - timedelta(hours=2))
    paper.upload(FERRY, builders.markdown("Third"), at=NOW - timedelta(hours=1))

    paper.ingest(FERRY)

    assert read().article.headline == "Third"
    assert read().article.revision == 3
    assert paper.receipt(FERRY)["outcome"] == "updated"


def test_folding_version_by_version_or_all_at_once_gives_the_same_rows(paper: Paper) -> None:
    versions = [
        builders.markdown("First", tags="[a, b]"),
        builders.markdown("Second", tags="[b, c]", correction="The fare was wrong."),
        "---\nheadline: [",
        builders.markdown("Third", date="2026-03-24T10:00:00Z", section="sport"),
    ]
    for hours, content in enumerate(versions):
        paper.upload(FERRY, content, at=NOW - timedelta(hours=10 - hours))
        paper.ingest(FERRY)
    step_by_step = paper.rows()
    for pk, sk in step_by_step:
        wiring.store()._client.delete_item(
            TableName="broadsheet-local", Key={"pk": {"S": pk}, "sk": {"S": sk}}
        )

    paper.ingest(FERRY)

    assert paper.rows() == step_by_step


def test_an_update_moves_the_card_and_leaves_no_other(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown(section="world", tags="[a]"))
    paper.publish(
        FERRY, builders.markdown(section="sport", tags="[b]", date="2026-03-24T10:00:00Z")
    )

    lists = {pk for pk, _ in paper.rows() if pk.startswith("LIST#")}
    assert lists == {
        "LIST#all",
        "LIST#changes",
        "LIST#source#newsroom",
        "LIST#section#sport",
        "LIST#tag#b",
    }
    assert sum(pk == "LIST#all" for pk, _ in paper.rows()) == 1


def test_a_deleted_article_is_gone_for_readers_and_from_every_list(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    paper.delete(FERRY)
    later = datetime.now(tz=NOW.tzinfo) + timedelta(minutes=1)

    paper.ingest(FERRY, now=later)
    newsroom.refresh_latest(store=wiring.store(), now=later)

    with pytest.raises(Gone, match="withdrawn"):
        read(now=later)
    assert newsroom.front_page(store=wiring.store(), now=later).cards == ()
    assert paper.receipt(FERRY)["outcome"] == "withdrawn"


def test_what_was_never_public_is_not_found_after_its_deletion(paper: Paper) -> None:
    tomorrow = (datetime.now(tz=NOW.tzinfo) + timedelta(days=1)).isoformat()
    paper.publish(FERRY, builders.markdown(embargo_until=f'"{tomorrow}"'))
    paper.delete(FERRY)
    later = datetime.now(tz=NOW.tzinfo) + timedelta(minutes=1)

    paper.ingest(FERRY, now=later)

    with pytest.raises(NotFound):
        read(now=later)


def test_an_embargo_lifts_to_the_second_without_any_event(paper: Paper) -> None:
    lifts = NOW + timedelta(minutes=5)
    paper.publish(FERRY, builders.markdown(embargo_until=f'"{lifts.isoformat()}"'))

    assert paper.receipt(FERRY)["outcome"] == "scheduled"
    with pytest.raises(NotFound):
        read(now=lifts - timedelta(seconds=1))
    before = newsroom.front_page(store=wiring.store(), now=lifts - timedelta(seconds=1))
    assert before.cards == ()
    assert read(now=lifts).article.headline.startswith("Ferry")
    front = newsroom.front_page(store=wiring.store(), now=lifts)
    assert [card.id for card in front.cards] == [article_id(FERRY)]
    assert leads(front, now=lifts).startswith("Ferry")


def test_a_pin_ends_to_the_second_and_the_next_article_leads(paper: Paper) -> None:
    ends = NOW + timedelta(minutes=5)
    for n in range(4):
        pin = {"pinned_until": f'"{ends.isoformat()}"'} if n else {}
        date = f"{NOW - timedelta(hours=n + 1):%Y-%m-%dT%H:%M:%SZ}"
        body = builders.event(n)
        paper.publish(f"{n}.md", builders.markdown(f"Story {n}", date=date, body=body, **pin))

    def front(now: datetime) -> list[str]:
        latest = newsroom.front_page(store=wiring.store(), now=now)
        first, *_ = headlines = in_order(latest, now=now)
        assert leads(latest, now=now) == first
        return headlines

    assert front(ends - timedelta(seconds=1)) == ["Story 1", "Story 2", "Story 3", "Story 0"]
    assert front(ends) == ["Story 0", "Story 1", "Story 2", "Story 3"]


def test_the_list_and_the_archive_below_it_hold_every_article(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newsroom, "LATEST_CARDS", 3)
    for n in range(8):
        pin = {"pinned_until": "2026-03-24T11:00:00Z" if n == 6 else "2026-03-25T11:00:00Z"}
        date = f"{NOW - timedelta(hours=n + 1):%Y-%m-%dT%H:%M:%SZ}"
        pinned = pin if n > 5 else {}
        body = builders.event(n)
        paper.publish(f"{n}.md", builders.markdown(f"Story {n}", date=date, body=body, **pinned))

    latest = newsroom.front_page(store=wiring.store(), now=NOW)
    archive = newsroom.list_cards(store=wiring.store(), now=NOW, after=latest.older or "", limit=10)

    assert [card.headline for card in latest.cards] == ["Story 7", "Story 0", "Story 1", "Story 2"]
    assert [card.headline for card in archive.cards] == [f"Story {n}" for n in range(3, 8)]


def test_a_list_of_another_moment_is_made_of_what_can_be_read_now(paper: Paper) -> None:
    paper.publish("old.md", builders.markdown("Old", date="2026-03-24T06:00:00Z"))
    paper.publish(
        "urgent.md", builders.markdown("Urgent", date="2026-03-24T04:30:00Z", breaking="true")
    )
    paper.publish("new.md", builders.markdown("New", date="2026-03-24T11:00:00Z"))
    paper.publish(
        "over.md",
        builders.markdown("Over", date="2026-03-24T05:00:00Z", expires_at="2026-03-24T11:59:00Z"),
    )
    paper.publish("soon.md", builders.markdown("Soon", date="2026-03-24T12:05:00Z"))

    def headlines(hour: int, minute: int = 0) -> list[str]:
        moment = NOW.replace(hour=hour, minute=minute)
        latest = newsroom.latest_as_of(moment, store=wiring.store(), now=NOW)
        return in_order(latest, now=moment)

    assert headlines(8) == ["Urgent", "Old"]
    assert headlines(10, 30) == ["Old", "Urgent"]
    assert headlines(12) == ["New", "Old", "Urgent"]
    assert headlines(23) == ["New", "Old", "Urgent"]


@pytest.mark.parametrize("key", ["embargo_until", "published_at"])
def test_what_readers_have_cannot_be_hidden_until_a_later_date(paper: Paper, key: str) -> None:
    lifts = f"{NOW + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    paper.publish(FERRY, builders.markdown("Ferry returns"), at=NOW - timedelta(hours=2))
    update = builders.markdown("Ferry delayed", date="", **{key: lifts})

    paper.publish(FERRY, update)

    assert read().article.headline == "Ferry returns"
    receipt = paper.receipt(FERRY)
    assert receipt["outcome"] == "rejected"
    assert receipt["errors"][0]["code"] == "already-public"
    assert receipt["errors"][0]["pointer"] == f"/{key}"


def test_a_rejected_revision_changes_nothing_public(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown("Ferry returns"))
    paper.publish(FERRY, "---\npublished_at: 31 Nov 2026\nheadline: Ferry\n---\nText.\n", at=NOW)

    assert read().article.headline == "Ferry returns"
    receipt = paper.receipt(FERRY)
    assert receipt["outcome"] == "rejected"
    assert receipt["errors"][0]["pointer"] == "/published_at"
    assert receipt["errors"][0]["line"] == 2
    assert "31 Nov 2026" in receipt["errors"][0]["message"]


def test_a_draft_changes_nothing_public(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown("Out"), at=NOW - timedelta(hours=3))

    paper.publish(FERRY, builders.markdown("Not yet", draft="true"), at=NOW - timedelta(hours=1))

    assert paper.receipt(FERRY)["outcome"] == "draft"
    assert read().article.headline == "Out"


def test_a_draft_takes_back_what_was_scheduled(paper: Paper) -> None:
    lifts = NOW + timedelta(hours=1)
    embargoed = builders.markdown("Later", embargo_until=f'"{lifts.isoformat()}"')
    paper.publish(FERRY, embargoed, at=NOW - timedelta(hours=2))

    paper.publish(FERRY, builders.markdown("Not yet", draft="true"), at=NOW - timedelta(hours=1))

    with pytest.raises(NotFound):
        read(now=lifts)


def test_an_expired_article_is_gone_and_no_longer_listed(paper: Paper) -> None:
    expires = NOW + timedelta(hours=1)
    paper.publish(FERRY, builders.markdown(expires_at=f'"{expires.isoformat()}"'))

    assert read(now=expires - timedelta(seconds=1)).article
    with pytest.raises(Gone, match="expired"):
        read(now=expires)
    assert newsroom.front_page(store=wiring.store(), now=expires).cards == ()


def test_a_correction_is_told_and_keeps_its_time(paper: Paper) -> None:
    first = NOW - timedelta(hours=3)
    paper.publish(FERRY, builders.markdown(), at=first - timedelta(hours=1))
    corrected = builders.markdown(correction="An earlier version had the wrong fare.")
    paper.publish(FERRY, corrected, at=first)
    assert paper.receipt(FERRY)["outcome"] == "corrected"

    paper.publish(FERRY, corrected.replace("fog", "dense fog"), at=NOW)

    assert paper.receipt(FERRY)["outcome"] == "updated"
    assert [c.at for c in read().article.corrections] == [first]


def test_a_correction_marks_the_sentences_it_came_with_as_long_as_they_stand(paper: Paper) -> None:
    def marked() -> dict[str, datetime]:
        article = read().article
        text = article.body.text
        return {text[one.start : one.end]: article.corrected[one.id]
                for one in article.sentences if one.id in article.corrected}  # fmt: skip

    note, right = "The fares were wrong.", "Fares rise by six per cent."
    first = NOW - timedelta(hours=3)
    plain = builders.markdown(body="\n\n".join((*builders.PARAGRAPHS, "Fares rise by 5 per cent.")))
    paper.publish(FERRY, plain, at=first - timedelta(hours=1))
    assert marked() == {}

    corrected = builders.markdown(body="\n\n".join((*builders.PARAGRAPHS, right)), correction=note)
    paper.publish(FERRY, corrected, at=first)
    assert marked() == {right: first}

    paper.publish(FERRY, corrected.replace(right, f"{right} So says the line."), at=NOW)
    assert marked() == {right: first}

    paper.publish(FERRY, plain.replace("5 per cent", "7 per cent"), at=NOW + timedelta(minutes=1))
    assert marked() == {}


def corrections(now: datetime = NOW) -> list[tuple[str, list[str]]]:
    """What the list of corrections tells: each headline with what was said of it."""
    view = newsroom.list_corrections(store=wiring.store(), now=now)
    return [(one.card.headline, [c.text for c in one.corrections]) for one in view.corrected]


def test_the_last_corrected_article_stands_first_among_the_corrections(paper: Paper) -> None:
    for hour, name in ((1, "Late"), (5, "Early"), (3, "Between")):
        at = f"{NOW - timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}"
        told = f"[{{at: {at}, text: {name} fault}}, {{at: 2026-03-24T01:00:00Z, text: Old}}]"
        paper.publish(f"{name}.md", builders.markdown(name, date="2026-03-20", correction=told))
    paper.publish("right.md", builders.markdown("Never wrong"))

    assert corrections() == [
        ("Late", ["Late fault", "Old"]),
        ("Between", ["Between fault", "Old"]),
        ("Early", ["Early fault", "Old"]),
    ]


def test_a_correction_is_listed_only_while_readers_have_its_article(paper: Paper) -> None:
    lifts, ends = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    paper.publish(FERRY, builders.markdown(
        correction="Before it came out.",
        embargo_until=f'"{lifts.isoformat()}"', expires_at=f'"{ends.isoformat()}"',
    ))  # fmt: skip
    listed = [(builders.HEADLINE, ["Before it came out."])]

    assert corrections(lifts - timedelta(seconds=1)) == []
    assert corrections(lifts) == listed
    assert corrections(ends) == []
    paper.delete(FERRY)
    paper.ingest(FERRY)
    assert corrections(lifts) == []


def test_a_correction_dated_ahead_by_mistake_is_listed_at_once(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown(correction="[{at: 2036-03-24, text: Wrong fare.}]"))

    assert corrections() == [(builders.HEADLINE, ["Wrong fare."])]


def test_the_same_bytes_again_are_unchanged_but_restore_what_was_withdrawn(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    paper.publish(FERRY, builders.markdown(), at=NOW)
    assert paper.receipt(FERRY)["outcome"] == "unchanged"
    assert read().article.revision == 1
    paper.delete(FERRY)
    paper.ingest(FERRY)

    later = datetime.now(tz=NOW.tzinfo) + timedelta(minutes=1)
    paper.upload(FERRY, builders.markdown(), at=later)
    paper.ingest(FERRY, now=later)

    assert paper.receipt(FERRY)["outcome"] == "published"
    assert read(now=later).article.revision == 2


@pytest.mark.parametrize("status", ["withheld", "canceled"])
def test_a_status_takes_an_article_from_readers_with_its_reason(paper: Paper, status: str) -> None:
    paper.publish(FERRY, builders.markdown(), at=NOW - timedelta(hours=2))
    paper.publish(FERRY, builders.markdown(status=status, status_reason="A name was wrong."))

    with pytest.raises(Gone, match="A name was wrong"):
        read()


def test_a_removed_delete_marker_brings_the_article_back(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    rows = paper.rows()
    paper.delete(FERRY)
    paper.ingest(FERRY)
    marker = paper.s3.list_object_versions(Bucket="broadsheet-local-uploads")["DeleteMarkers"][0]
    paper.s3.delete_object(
        Bucket="broadsheet-local-uploads", Key=FERRY, VersionId=marker["VersionId"]
    )

    paper.ingest(FERRY)

    assert paper.rows() == rows


def test_a_key_without_versions_leaves_no_row(paper: Paper) -> None:
    version = paper.upload(FERRY, builders.markdown(tags="[a, b, c]"))
    paper.ingest(FERRY)
    paper.s3.delete_object(Bucket="broadsheet-local-uploads", Key=FERRY, VersionId=version)

    paper.ingest(FERRY)

    assert paper.rows() == {}


def test_a_neighbouring_key_is_another_article(paper: Paper) -> None:
    paper.upload("a.md", builders.markdown("One"), at=NOW)
    paper.upload("a.md.bak.md", builders.markdown("Two"), at=NOW)

    paper.ingest("a.md")

    assert read("a.md").article.headline == "One"
    assert read("a.md").article.revision == 1


def test_a_profile_reaches_articles_whichever_came_first(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown(source="courier"))
    assert read().article.source.name == "courier"
    paper.publish("media/courier.png", builders.picture())
    paper.publish("sources/courier.yaml", builders.profile(avatar="media/courier.png"))
    paper.publish("world/other.md", builders.markdown("Other", source="courier"))

    for key in (FERRY, "world/other.md"):
        source = read(key).article.source
        assert source.name == "The Callport Courier"
        assert source.avatar is not None
        assert wiring.media().read(source.avatar.removeprefix("media/")) is not None
    cards = newsroom.list_cards(store=wiring.store(), now=NOW, limit=9, source="courier").cards
    assert {card.source.name for card in cards} == {"The Callport Courier"}


def test_a_profile_renamed_withdrawn_or_given_a_face_changes_every_article(paper: Paper) -> None:
    paper.publish("sources/courier.yaml", builders.profile("Old", avatar="media/face.png"))
    paper.publish(FERRY, builders.markdown(source="courier"))

    paper.publish("sources/courier.yaml", builders.profile("New", avatar="media/face.png"))
    assert read().article.source.name == "New"
    paper.publish("media/face.png", builders.picture())
    assert read().article.source.avatar is not None
    paper.delete("sources/courier.yaml")
    paper.ingest("sources/courier.yaml")
    assert read().article.source.name == "courier"
    assert read().article.source.avatar is None


class Killed:
    """The uploads, until the function that reads them is killed at one key; they note who asks."""

    def __init__(self, *, at: str = "") -> None:
        self._uploads, self._at = wiring.uploads(), at
        self.asked: list[str] = []

    def versions(self, key: str) -> Any:
        self.asked.append(key)
        if key == self._at:
            raise SystemExit  # which nobody catches, as nobody outlives a time-out
        return self._uploads.versions(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._uploads, name)


def test_a_profile_that_has_reached_some_of_its_articles_goes_on_with_the_rest(
    paper: Paper,
) -> None:
    profile, keys = "sources/courier.yaml", sorted(("a.md", "b.md", "c.md", "d.md"), key=article_id)
    paper.publish(profile, builders.profile("Old"))
    for number, key in enumerate(keys):
        text = builders.markdown(key, body=builders.event(number), source="courier")
        paper.publish(key, text)
    paper.upload(profile, builders.profile("New"))
    with pytest.raises(SystemExit):
        newsroom.ingest(profile, **{**paper.parts(), "uploads": Killed(at=keys[2])}, now=NOW)

    later = Killed()
    newsroom.ingest(profile, **{**paper.parts(), "uploads": later}, now=NOW)

    assert set(later.asked) == {profile, *keys[2:]}
    assert {read(key).article.source.name for key in keys} == {"New"}


def test_a_receipt_warns_of_a_source_until_its_profile_is_there(paper: Paper) -> None:
    def warned() -> list[str]:
        return [warning["code"] for warning in paper.receipt(FERRY)["warnings"]]

    paper.publish(FERRY, builders.markdown(source="courier"))
    assert warned() == ["unknown-source"]
    assert "sources/courier.yaml" in paper.receipt(FERRY)["warnings"][0]["fix"]

    paper.publish("sources/courier.yaml", builders.profile())
    assert warned() == []
    paper.delete("sources/courier.yaml")
    paper.ingest("sources/courier.yaml")
    assert warned() == ["unknown-source"]


def test_a_source_named_as_readers_know_it_is_sent_to_its_profiles_id(paper: Paper) -> None:
    paper.publish("sources/courier.yaml", builders.profile("The Callport Courier"))

    paper.publish(FERRY, builders.markdown(source="The Callport Courier"))

    (warning,) = paper.receipt(FERRY)["warnings"]
    assert (warning["code"], warning["pointer"]) == ("unknown-source", "/source")
    assert "sources/the-callport-courier.yaml with name: The Callport Courier" in warning["fix"]
    assert "write that id as source:" in warning["fix"]


@pytest.mark.parametrize("metadata", [{}, {"source": "Newsroom"}])
def test_the_newsroom_itself_needs_no_profile(paper: Paper, metadata: dict[str, str]) -> None:
    paper.publish(FERRY, builders.markdown(**metadata))

    assert paper.receipt(FERRY)["warnings"] == []


def test_uploads_in_any_order_give_the_same_rows(paper: Paper) -> None:
    files = {
        "sources/courier.yaml": builders.profile(avatar="media/face.png"),
        FERRY: builders.markdown(source="courier", image="media/ferry.png"),
        "media/face.png": builders.picture(),
        "media/ferry.png": builders.picture(200, 100),
    }
    for key, content in files.items():
        paper.upload(key, content, at=NOW)
    orders = []
    for order in (list(files), list(reversed(files)), sorted(files)):
        for pk, sk in paper.rows():
            wiring.store()._client.delete_item(
                TableName="broadsheet-local", Key={"pk": {"S": pk}, "sk": {"S": sk}}
            )
        for key in order:
            paper.ingest(key)
        orders.append(paper.rows())

    assert orders[0] == orders[1] == orders[2]
    image = read().article.image
    assert image is not None
    assert image.picture is not None
    assert (image.picture.wide.width, image.picture.wide.height) == (200, 100)


def test_an_image_that_is_none_is_rejected_with_the_mend(paper: Paper) -> None:
    paper.publish("media/face.jpg", "No image.")

    receipt = paper.receipt("media/face.jpg")
    assert (receipt["kind"], receipt["outcome"]) == ("image", "rejected")
    assert "PNG" in receipt["errors"][0]["fix"]


@pytest.mark.parametrize("key", ["world/", ".DS_Store", "world/.DS_Store", "sources/notes.txt"])
def test_litter_is_ignored_with_a_receipt(paper: Paper, key: str) -> None:
    paper.publish(key, "")

    assert paper.receipt(key)["outcome"] == "ignored"
    assert paper.rows() == {}


def test_reconciliation_ingests_what_no_event_told_of(paper: Paper) -> None:
    paper.publish("known.md", builders.markdown("Known"))
    paper.upload("lost.md", builders.markdown("Lost"), at=NOW)
    paper.upload("known.md", builders.markdown("Known better"), at=NOW)

    changed = newsroom.reconcile(**paper.parts(), now=NOW)

    assert changed == 2
    assert read("lost.md").article.headline == "Lost"
    assert read("known.md").article.headline == "Known better"
    assert newsroom.reconcile(**paper.parts(), now=NOW) == 0


def test_reconciliation_tells_of_an_ignored_file_once(paper: Paper) -> None:
    paper.upload("world/.DS_Store", "x", at=NOW)

    newsroom.reconcile(**paper.parts(), now=NOW)
    told = paper.receipt("world/.DS_Store")
    newsroom.reconcile(**paper.parts(), now=NOW + timedelta(hours=1))

    assert told["outcome"] == "ignored"
    assert paper.receipt("world/.DS_Store") == told
    assert paper.rows() == {}


def test_a_receipt_that_was_lost_is_delivered_by_the_repeated_event(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    told = paper.receipt(FERRY)
    paper.s3.delete_object(Bucket="broadsheet-local-receipts", Key=f"{FERRY}.json")

    paper.ingest(FERRY)

    assert paper.receipt(FERRY) == told


def test_pinned_articles_lead_and_the_rest_follow_by_time(paper: Paper) -> None:
    until = (NOW + timedelta(hours=1)).isoformat()
    paper.publish("old.md", builders.markdown("Old", date="2026-03-20", pinned_until=f'"{until}"'))
    paper.publish("new.md", builders.markdown("New", date="2026-03-24T11:00:00Z"))
    paper.publish("mid.md", builders.markdown("Mid", date="2026-03-23"))

    front = newsroom.front_page(store=wiring.store(), now=NOW)

    assert in_order(front, now=NOW) == ["Old", "New", "Mid"]
    assert leads(front, now=NOW) == "Old"


def test_what_was_uploaded_too_large_is_rejected_unread(paper: Paper) -> None:
    paper.publish(FERRY, b"x" * 5_000_001)

    assert paper.receipt(FERRY)["errors"][0]["code"] == "too-large"


class StoreOvertaken:
    """A store before whose next write something else happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self._store = wiring.store()
        self._happens: Callable[[], object] | None = happens

    def __getattr__(self, name: str) -> Any:  # all that the store can do
        return getattr(self._store, name)

    def write(self, *args: Any, **more: Any) -> bool:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()
        return self._store.write(*args, **more)


def test_a_profile_renamed_while_its_article_is_written_reaches_it(paper: Paper) -> None:
    paper.publish("sources/courier.yaml", builders.profile("Old"))
    paper.upload(FERRY, builders.markdown(source="courier"), at=NOW)

    def renamed() -> None:
        paper.publish("sources/courier.yaml", builders.profile("New"))

    newsroom.ingest(FERRY, **{**paper.parts(), "store": StoreOvertaken(renamed)}, now=NOW)

    assert read().article.source.name == "New"


def test_a_version_that_comes_while_another_is_written_is_not_lost(paper: Paper) -> None:
    paper.upload(FERRY, builders.markdown("First"), at=NOW - timedelta(minutes=2))

    def second() -> None:
        paper.publish(FERRY, builders.markdown("Second"), at=NOW - timedelta(minutes=1))

    done = newsroom.ingest(FERRY, **{**paper.parts(), "store": StoreOvertaken(second)}, now=NOW)

    assert read().article.headline == "Second"
    assert read().article.revision == 2
    assert done.receipt is not None
    assert paper.receipt(FERRY)["revision"] == 2


class Overlooking:
    """The store, in which a key is uploaded and ingested just after its record was looked for."""

    def __init__(self, come: Callable[[], None]) -> None:
        self._store, self._come = wiring.store(), [come]

    def record(self, key: str) -> Any:
        found = self._store.record(key)
        if self._come:
            self._come.pop()()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_what_is_uploaded_while_its_key_is_cleared_loses_nothing(paper: Paper) -> None:
    paper.publish("copy.md", builders.markdown("Copy", body=builders.event(1)))
    rows = {}

    def come() -> None:
        paper.publish(FERRY, builders.markdown(body=builders.event(1)))
        rows.update(paper.rows())

    # Its event tells of an older upload, which is gone for good.
    newsroom.ingest(FERRY, **{**paper.parts(), "store": Overlooking(come)}, now=NOW)

    assert paper.rows() == rows


def test_a_writer_that_always_loses_raises_so_that_the_event_is_retried(paper: Paper) -> None:
    paper.upload(FERRY, builders.markdown(), at=NOW)
    store = StoreOvertaken(lambda: None)
    store.write = lambda *_, **__: False  # type: ignore[method-assign]

    with pytest.raises(FoldConflict):
        newsroom.ingest(FERRY, **{**paper.parts(), "store": store}, now=NOW)


def test_a_receipt_tells_only_of_what_is_written(paper: Paper) -> None:
    paper.upload(FERRY, builders.markdown(), at=NOW)
    store = StoreOvertaken(lambda: None)

    def killed(*_: object, **__: object) -> bool:
        raise ConnectionError

    store.write = killed  # type: ignore[method-assign]

    with pytest.raises(ConnectionError):
        newsroom.ingest(FERRY, **{**paper.parts(), "store": store}, now=NOW)

    assert paper.s3.list_objects_v2(Bucket="broadsheet-local-receipts")["KeyCount"] == 0


def test_reconciliation_delivers_what_a_killed_function_did_not(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.publish("sources/courier.yaml", builders.profile("Old"))
    paper.publish(FERRY, builders.markdown(source="courier"))
    paper.upload("sources/courier.yaml", builders.profile("New"), at=NOW)
    paper.upload("lost.md", builders.markdown("Lost"), at=NOW)

    def killed(*_: object, **__: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("chalicelib.aws.buckets.Receipts.put", killed)
        for key in ("lost.md", "sources/courier.yaml"):
            with pytest.raises(ConnectionError):
                paper.ingest(key)

    newsroom.reconcile(**paper.parts(), now=NOW)

    assert paper.receipt("lost.md")["outcome"] == "published"
    assert read().article.source.name == "New"


def test_reconciliation_walks_page_by_page_past_a_key_that_fails(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.md", "b.md", "c.md"):
        paper.upload(name, builders.markdown(name), at=NOW)
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")

    def fails(headline: str, body: Any, language: str) -> Any:
        if headline == "a.md":
            raise OSError("the disk is full")
        return wiring.summarise(headline, body, language)

    paper.summarise = fails
    with pytest.raises(ExceptionGroup):
        newsroom.reconcile(**paper.parts(), now=NOW)
    while wiring.store().cursor() != (None, None):
        newsroom.reconcile(**paper.parts(), now=NOW)

    assert read("b.md").article.headline == "b.md"
    assert read("c.md").article.headline == "c.md"


def test_a_key_that_fails_is_settled_by_nobody(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown())
    paper.upload(FERRY, builders.markdown("Another"), at=NOW)

    def fails(*_: object) -> Any:
        wiring.store().settle(wiring.store().record(FERRY))  # as another function may, meanwhile
        raise RecursionError

    paper.summarise = fails
    with pytest.raises(ExceptionGroup):
        newsroom.reconcile(**paper.parts(), now=NOW)

    assert wiring.store().settled_to([FERRY]) == {}


def test_a_file_that_we_cannot_read_is_told_and_does_not_block_its_successor(
    paper: Paper,
) -> None:
    def fails(headline: str, body: Any, language: str) -> Any:
        if headline == "Trips us":
            raise RecursionError
        return wiring.summarise(headline, body, language)

    paper.summarise = fails
    paper.upload(FERRY, builders.markdown("Trips us"), at=NOW - timedelta(hours=1))
    with pytest.raises(RecursionError):
        paper.ingest(FERRY)
    assert paper.receipt(FERRY)["errors"][0]["code"] == "our-fault"

    paper.publish(FERRY, builders.markdown("Mended"), at=NOW)

    assert read().article.headline == "Mended"
    assert paper.receipt(FERRY)["outcome"] == "published"


def test_a_sources_new_name_reaches_all_but_the_file_that_we_cannot_read(paper: Paper) -> None:
    paper.publish("sources/courier.yaml", builders.profile("Old"))
    names = sorted(("a.md", "b.md", "c.md"), key=article_id)  # as a source's articles are found
    for name in names:
        paper.publish(name, builders.markdown(name, source="courier"))

    def fails(headline: str, body: Any, language: str) -> Any:
        if headline == "Trips us":
            raise RecursionError
        return wiring.summarise(headline, body, language)

    paper.summarise = fails
    paper.upload(names[0], builders.markdown("Trips us", source="courier"), at=NOW)
    paper.upload("sources/courier.yaml", builders.profile("New"), at=NOW)
    with pytest.raises(ExceptionGroup):
        paper.ingest("sources/courier.yaml")

    assert [read(name).article.source.name for name in names] == ["Old", "New", "New"]


def test_three_embargoes_ahead_do_not_take_the_lead_from_what_is_public(paper: Paper) -> None:
    paper.publish("out.md", builders.markdown("Out", date="2026-03-24T08:00:00Z"))
    lifts = NOW + timedelta(minutes=5)
    for number in range(3):
        ahead = builders.markdown(f"Ahead {number}", embargo_until=f"{lifts:%Y-%m-%dT%H:%M:%SZ}")
        paper.publish(f"ahead{number}.md", ahead)

    front = newsroom.front_page(store=wiring.store(), now=NOW)
    later = newsroom.front_page(store=wiring.store(), now=lifts)

    assert [lead.headline for lead in front.leads] == ["Out"]
    assert leads(later, now=lifts) == in_order(later, now=lifts)[0]


def test_a_pinned_article_stays_however_much_comes_after_it(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newsroom, "LATEST_CARDS", 3)
    until = f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    paper.publish("old.md", builders.markdown("Old", date="2026-03-20", pinned_until=until))
    for number in range(5):
        paper.publish(f"{number}.md", builders.markdown(f"New {number}"))

    assert newsroom.front_page(store=wiring.store(), now=NOW).cards[0].headline == "Old"


def test_what_has_expired_does_not_crowd_out_what_is_public(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newsroom, "LATEST_CARDS", 2)
    paper.publish("old.md", builders.markdown("Old", date="2026-03-20"))
    expires = f"{NOW - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    for number in range(5):
        paper.publish(f"{number}.md", builders.markdown("Gone", expires_at=expires))

    front = newsroom.front_page(store=wiring.store(), now=NOW)
    listed = newsroom.list_cards(store=wiring.store(), now=NOW, limit=9)

    assert [card.headline for card in front.cards] == ["Old"]
    assert [card.headline for card in listed.cards] == ["Old"]


def test_an_article_that_replaces_another_is_found_at_the_old_address(paper: Paper) -> None:
    paper.publish("old/ferry.md", builders.markdown("Ferry"), at=NOW - timedelta(hours=2))
    paper.publish(FERRY, builders.markdown("Ferry", replaces="old/ferry.md"))

    with pytest.raises(Moved) as moved:
        read("old/ferry.md")

    assert moved.value.to == article_id(FERRY)


def test_a_replacement_under_embargo_tells_nobody_of_itself(paper: Paper) -> None:
    paper.publish("old/ferry.md", builders.markdown("Ferry"), at=NOW - timedelta(hours=2))
    lifts = NOW + timedelta(hours=1)
    embargo = f"{lifts:%Y-%m-%dT%H:%M:%SZ}"
    paper.publish(FERRY, builders.markdown("F", replaces="old/ferry.md", embargo_until=embargo))

    assert read("old/ferry.md").article.headline == "Ferry"
    with pytest.raises(Moved):
        read("old/ferry.md", now=lifts)


def test_of_several_replacements_the_last_that_stands_has_the_old_address(paper: Paper) -> None:
    paper.publish("old.md", builders.markdown("Ferry", date="2026-03-24T06:00:00Z"))
    for key, date in (("first.md", "2026-03-24T07:00:00Z"), ("second.md", "2026-03-24T08:00:00Z")):
        paper.publish(key, builders.markdown("Ferry", replaces="old.md", date=date))

    def leads_to() -> str:
        with pytest.raises(Moved) as moved:
            read("old.md")
        return moved.value.to

    assert leads_to() == article_id("second.md")
    paper.delete("second.md")
    paper.ingest("second.md")
    assert leads_to() == article_id("first.md")
    paper.delete("first.md")
    paper.ingest("first.md")
    assert read("old.md").article.headline == "Ferry"
    assert (f"ARTICLE#{article_id('old.md')}", "SUCCESSORS") not in paper.rows()


def test_what_was_withdrawn_does_not_come_back_through_history(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown("Libel"))
    paper.delete(FERRY)
    paper.ingest(FERRY)
    later = datetime.now(tz=NOW.tzinfo) + timedelta(minutes=1)
    paper.upload(FERRY, builders.markdown("Clean"), at=later)
    paper.ingest(FERRY, now=later)

    view = newsroom.read_history(article_id(FERRY), store=wiring.store(), now=later)

    assert [past.headline for past in view.revisions] == ["Clean"]
    with pytest.raises(NotFound):
        newsroom.read_revision(article_id(FERRY), 1, store=wiring.store(), now=later)


def test_a_past_revision_expires_at_its_own_time(paper: Paper) -> None:
    expires = f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    paper.publish(FERRY, builders.markdown("Licensed", expires_at=expires), at=NOW)
    paper.publish(FERRY, builders.markdown("Free"), at=NOW)

    def headlines(now: datetime) -> list[str]:
        view = newsroom.read_history(article_id(FERRY), store=wiring.store(), now=now)
        return [past.headline for past in view.revisions]

    assert headlines(NOW) == ["Free", "Licensed"]
    assert headlines(NOW + timedelta(hours=1)) == ["Free"]


def test_an_old_version_deleted_for_good_leaves_no_trace(paper: Paper) -> None:
    secret = paper.upload(FERRY, builders.markdown("Secret"), at=NOW)
    paper.ingest(FERRY)
    paper.upload(FERRY, builders.markdown("Other"), at=NOW)
    paper.upload(FERRY, builders.markdown("Clean"), at=NOW)
    paper.ingest(FERRY)
    paper.s3.delete_object(Bucket="broadsheet-local-uploads", Key=FERRY, VersionId=secret)

    paper.ingest(FERRY)

    assert read().article.headline == "Clean"
    assert read().article.revision == 2
    numbers = sorted(sk for _, sk in paper.rows() if sk.startswith("AS#"))
    assert numbers == ["AS#000001", "AS#000002"]


def test_a_list_too_large_for_a_row_is_shortened_never_refused(paper: Paper) -> None:
    import random

    letters = random.Random(1)

    def noise(length: int) -> str:
        return "".join(letters.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))

    for number in range(3):
        article = builders.markdown(f"Book {number}", body=noise(120_000), description=noise(900))
        paper.publish(f"{number}.md", article)

    front = newsroom.front_page(store=wiring.store(), now=NOW)
    assert len(front.cards) == 3


def test_a_draft_uploaded_again_keeps_its_preview(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown(draft="true"), at=NOW - timedelta(hours=1))
    preview = paper.receipt(FERRY)["preview_url"]

    paper.publish(FERRY, builders.markdown(draft="true"), at=NOW)

    assert paper.receipt(FERRY)["outcome"] == "unchanged"
    assert paper.receipt(FERRY)["preview_url"] == preview


def test_an_image_named_in_the_other_spelling_of_unicode_is_shown(paper: Paper) -> None:
    paper.publish("media/cafe\u0301.png", builders.picture())
    paper.publish(FERRY, builders.markdown(image="media/café.png"))

    image = read().article.image
    assert image is not None
    assert image.picture is not None


def test_a_revision_is_found_again_whatever_came_between(paper: Paper) -> None:
    first = paper.upload(FERRY, builders.markdown("First"), at=NOW - timedelta(hours=5))
    paper.upload(FERRY, "---\nheadline: [", at=NOW - timedelta(hours=4))
    paper.upload(FERRY, builders.markdown("First"), at=NOW - timedelta(hours=3))
    paper.delete(FERRY)
    second = paper.upload(FERRY, builders.markdown("Second"), at=NOW - timedelta(hours=2))

    for number, version in ((1, first), (2, second)):
        found = newsroom.version_of(
            FERRY, number, uploads=wiring.uploads(), summarise=paper.summarise
        )
        assert found.id == version
    with pytest.raises(NotFound, match="no revision 3: it has 2"):
        newsroom.version_of(FERRY, 3, uploads=wiring.uploads(), summarise=paper.summarise)


def test_an_article_that_replaces_itself_is_read_at_its_own_address(paper: Paper) -> None:
    paper.publish(FERRY, builders.markdown(replaces=FERRY))

    assert read().article.replaces == FERRY


def test_an_image_whose_name_unicode_makes_longer_is_shown(paper: Paper) -> None:
    name = "media/" + "\U0001d160" * 240 + ".png"  # NFC writes this note with three characters

    done = paper.publish(name, builders.picture())

    assert done.receipt is not None
    assert done.receipt.outcome == "published"


def test_half_a_character_in_a_text_is_told_by_a_sign_in_its_place(paper: Paper) -> None:
    text = "<p>The ferry is back \\ud83d on the Callport line.</p>"  # half of an emoji
    document = f'{{"headline": "Back", "date": "2026-03-24T09:00:00Z", "body_html": "{text}"}}'

    paper.publish("a.json", document)

    assert read("a.json").article.body.text == "The ferry is back \ufffd on the Callport line."


def test_embargoes_that_end_soon_do_not_crowd_out_what_is_public(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newsroom, "LATEST_CARDS", 3)
    soon = f'"{(NOW + timedelta(minutes=5)).isoformat()}"'
    for number in range(4):
        text = builders.markdown(f"Later {number}", embargo_until=soon)
        paper.upload(f"{number}.md", text, at=NOW - timedelta(hours=1))
        paper.ingest(f"{number}.md")

    paper.publish(FERRY, builders.markdown())

    latest = newsroom.front_page(store=wiring.store(), now=NOW)
    assert [card.id for card in latest.cards] == [article_id(FERRY)]
    assert latest.older is None  # no place of an article that nobody may know of


def test_two_articles_that_replace_each_other_are_both_shown(paper: Paper) -> None:
    paper.publish("a.md", builders.markdown("First", replaces="b.md"))
    paper.publish("b.md", builders.markdown("Second", replaces="a.md"))

    for key, headline in (("a.md", "First"), ("b.md", "Second")):
        view = newsroom.read_article(article_id(key), store=wiring.store(), now=NOW)
        assert view.article.headline == headline


BROKEN = "---\ndate: never\n---\nBroken"


@dataclass
class Notices:
    """What was pushed to the editors."""

    pushed: list[Any] = field(default_factory=list)

    def push(self, notice: Any) -> None:  # of the core
        self.pushed.append(notice)


@pytest.mark.parametrize(
    ("content", "age", "times"),
    [
        (BROKEN, timedelta(hours=23, minutes=59), 1),
        (BROKEN, timedelta(days=1), 0),
        (builders.markdown(), timedelta(hours=1), 0),
    ],
)
def test_editors_are_told_of_a_rejection_once_and_only_while_it_is_news(
    paper: Paper, content: str, age: timedelta, times: int
) -> None:
    notices: Any = Notices()
    paper.upload(FERRY, content, at=NOW - age)

    for _ in range(2):
        newsroom.ingest(FERRY, **paper.parts(), notices=notices, now=NOW)

    assert len(notices.pushed) == times


class Watched:
    """The uploads, and which versions of them were read."""

    def __init__(self) -> None:
        self._uploads = wiring.uploads()
        self.read_ids: list[str] = []

    def __getattr__(self, name: str) -> Any:  # all that the uploads can do
        return getattr(self._uploads, name)

    def read(self, key: str, version: Any, *, with_bytes: bool = True) -> Any:
        self.read_ids.append(version.id)
        return self._uploads.read(key, version, with_bytes=with_bytes)


def test_no_version_is_read_again_however_many_follow(paper: Paper) -> None:
    uploads, ids = Watched(), []

    for number in range(4):
        ids.append(paper.upload(FERRY, builders.markdown(f"Take {number}")))
        newsroom.ingest(FERRY, **paper.parts() | {"uploads": uploads}, now=NOW)

    assert uploads.read_ids == ids


def test_a_revision_that_there_is_not_is_told_with_those_that_there_are(paper: Paper) -> None:
    def told(key: str, revision: int) -> str:
        with pytest.raises(NotFound) as refused:
            newsroom.version_of(key, revision, uploads=wiring.uploads(), summarise=wiring.summarise)
        return str(refused.value)

    paper.upload("broken.md", BROKEN)
    ids = [paper.upload(FERRY, builders.markdown(headline)) for headline in ("One", "Two")]

    assert "only articles" in told("media/face.png", 1)
    assert "ever been uploaded" in told("nowhere.md", 1)
    assert "none was accepted" in told("broken.md", 1)
    assert "it has 2" in told(FERRY, 3)
    found = [
        newsroom.version_of(FERRY, number, uploads=wiring.uploads(), summarise=wiring.summarise).id
        for number in (1, 2)
    ]
    assert found == ids
