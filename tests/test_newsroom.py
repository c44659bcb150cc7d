"""From an upload to what readers have, over the real table and buckets of moto."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.core.errors import Gone, NotFound
from tests import builders
from tests.conftest import NOW, Paper

FERRY = "world/ferry.md"


def read(key: str = FERRY, *, now: datetime = NOW) -> newsroom.ArticleView:
    return newsroom.read_article(article_id(key), store=wiring.store(), now=now)


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
    assert lists == {"LIST#all", "LIST#source#newsroom", "LIST#section#sport", "LIST#tag#b"}
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
    assert front.leads[0].id == article_id(FERRY)


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
    paper.publish("a.md", builders.markdown("One"))
    paper.publish("a.md.bak.md", builders.markdown("Two"))

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
    assert (image.width, image.height) == (200, 100)


def test_an_image_that_is_none_is_rejected_with_the_mend(paper: Paper) -> None:
    paper.publish("media/face.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")

    receipt = paper.receipt("media/face.svg")
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

    assert [card.headline for card in front.cards] == ["Old", "New", "Mid"]
    assert front.leads[0].headline == "Old"


def test_what_was_uploaded_too_large_is_rejected_unread(paper: Paper) -> None:
    paper.publish(FERRY, b"x" * 5_000_001)

    assert paper.receipt(FERRY)["errors"][0]["code"] == "too-large"
