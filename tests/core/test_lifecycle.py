"""The life of an article, as properties: whatever the order of its versions' kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.core import fold
from chalicelib.core.article import Absence, Article, article_id, read_by, slugify
from chalicelib.core.changes import changes
from chalicelib.core.edits import edits
from chalicelib.core.errors import Gone, NotFound
from chalicelib.core.record import Record
from chalicelib.core.uploads import Version
from tests import builders
from tests.conftest import NOW

KEY = "world/ferry.md"
PLAIN = builders.markdown("Plain", date="")
OTHER = builders.markdown("Other", date="")
HOUR = timedelta(hours=1)


def at(hours: int) -> str:
    return f'"{NOW + hours * HOUR:%Y-%m-%dT%H:%M:%SZ}"'


# One act of an editor: the content of a version, None for a deletion.
ACTS = st.sampled_from(
    [
        None,
        PLAIN,
        OTHER,
        builders.markdown("Draft", date="", draft="true"),
        builders.markdown("Soon", date="", embargo_until=at(3)),
        builders.markdown("Late", date="", embargo_until=at(8)),
        builders.markdown("Short-lived", date="", expires_at=at(5)),
        builders.markdown("Stillborn", date="", expires_at=at(-1)),
        builders.markdown("Killed", date="", status="canceled"),
        builders.markdown("Held", date="", status="withheld"),
        "---\ndate: never\n---\nBroken",
    ]
)


def live(acts: list[str | None]) -> list[Record]:
    """Return the record after each act; the acts are an hour apart from NOW on."""
    record: Record | None = None
    records = []
    for number, content in enumerate(acts):
        version = Version(
            id=str(number),
            received_at=NOW + number * HOUR,
            is_delete_marker=content is None,
            size=len(content or ""),
        )
        data = None if content is None else content.encode()
        folded = fold.fold(KEY, record, version, data, summarise=wiring.summarise)
        record = folded.record
        records.append(record)
    return records


def seen(record: Record, now: datetime) -> Article | str:
    """What a reader gets at *now*."""
    assert record.life is not None
    life = record.life
    try:
        return read_by(life.current, life.gone, shown=life.shown, now=now)
    except Gone:
        return "gone"
    except NotFound:
        return "not found"


@given(st.lists(ACTS, min_size=1, max_size=7))
def test_readers_never_see_a_draft_or_a_broken_or_killed_text(acts: list[str | None]) -> None:
    for number, record in enumerate(live(acts)):
        for hours in range(number, number + 10):
            shown = seen(record, NOW + hours * HOUR)
            if isinstance(shown, Article):
                assert shown.headline not in ("Draft", "Killed", "Held", "Broken")
                assert shown.public_at <= NOW + hours * HOUR
                assert shown.expires_at is None or NOW + hours * HOUR < shown.expires_at


@given(st.lists(ACTS, min_size=1, max_size=7))
def test_what_readers_once_had_is_gone_and_what_they_never_had_not_found(
    acts: list[str | None],
) -> None:
    had = False
    for number, record in enumerate(live(acts)):
        for minutes in (0, 59, 60):  # to the very second in which the next version comes
            shown = seen(record, NOW + number * HOUR + timedelta(minutes=minutes))
            had |= isinstance(shown, Article)
            assert shown != ("not found" if had else "gone")


@given(st.lists(ACTS, min_size=1, max_size=6))
def test_a_rejected_version_changes_nothing_that_readers_have(acts: list[str | None]) -> None:
    broken = "---\ndate: never\n---\nBroken"
    before, after = live(acts)[-1], live([*acts, broken])[-1]

    assert after.receipt.outcome == "rejected"
    for hours in range(len(acts), len(acts) + 10):
        moment = NOW + hours * HOUR
        assert seen(after, moment) == seen(before, moment)


@given(st.lists(ACTS, min_size=1, max_size=7))
def test_revisions_count_accepted_versions_and_every_version_has_an_outcome(
    acts: list[str | None],
) -> None:
    records = live(acts)

    counts = [record.life.revision for record in records if record.life]
    assert counts == sorted(counts)
    assert counts[-1] <= sum(content is not None for content in acts)
    for record, content in zip(records, acts, strict=True):
        assert record.receipt.key == KEY
        if content is None:
            assert record.receipt.outcome == "withdrawn"
        if content == PLAIN:
            assert record.receipt.outcome in ("published", "updated", "unchanged")


@given(st.lists(ACTS, min_size=1, max_size=7))
def test_a_receipt_tells_the_changes_against_what_readers_had_or_else_the_draft(
    acts: list[str | None],
) -> None:
    records = live(acts)

    for before, after in pairwise(records):
        assert before.life is not None
        assert after.life is not None
        had = before.life.current or before.life.draft
        is_new = after.receipt.outcome not in ("unchanged", "rejected", "withdrawn")
        if had is None or not is_new:
            assert after.receipt.changes is None
            continue
        made = after.life.draft or after.life.current
        assert made is not None
        assert after.receipt.changes == edits(had, made)
        assert after.receipt.changes.since_revision == had.revision
    assert records[0].receipt.changes is None


def test_a_restored_article_under_embargo_stays_gone_until_it_lifts() -> None:
    record = live([PLAIN, None, builders.markdown("Again", date="", embargo_until=at(6))])[-1]

    assert seen(record, NOW + 5 * HOUR) == "gone"
    shown = seen(record, NOW + 6 * HOUR)
    assert isinstance(shown, Article)
    assert shown.headline == "Again"


def test_what_had_expired_before_its_embargo_lifted_was_never_there() -> None:
    stillborn = builders.markdown(embargo_until=at(4), expires_at=at(3))
    record = live([stillborn])[-1]

    assert {seen(record, NOW + hours * HOUR) for hours in range(6)} == {"not found"}


@given(st.lists(ACTS, min_size=1, max_size=7))
def test_the_address_at_which_readers_had_an_article_first_stays_its_address(
    acts: list[str | None],
) -> None:
    had = [
        shown
        for number, record in enumerate(live(acts))
        for minutes in (0, 59, 60)
        if isinstance(
            shown := seen(record, NOW + number * HOUR + timedelta(minutes=minutes)), Article
        )
    ]

    for article in had:
        assert article.slug == slugify(had[0].headline)


def test_a_slug_that_an_editor_states_is_kept_until_another_is_stated() -> None:
    named = builders.markdown("Other", date="", slug="boats")
    renamed = builders.markdown("Third", date="", slug="ships")

    records = live([PLAIN, named, PLAIN, None, PLAIN, renamed, PLAIN])

    slugs = [record.receipt.slug for record in records]
    assert slugs == ["plain", "boats", "boats", None, "boats", "ships", "ships"]


@pytest.mark.parametrize("unseen", [{"draft": "true"}, {"embargo_until": at(9)}])
def test_a_headline_that_readers_never_had_is_in_no_address(unseen: dict[str, str]) -> None:
    working = builders.markdown("Minister to go?", date="", **unseen)

    assert live([working, PLAIN])[-1].receipt.slug == "plain"


def test_an_article_keeps_the_date_of_its_first_upload() -> None:
    records = live([PLAIN, builders.markdown("Other", date="")])

    life = records[-1].life
    assert life is not None
    assert life.current is not None
    assert life.current.published_at == NOW
    assert life.current.updated_at == NOW + HOUR


def test_readers_have_a_late_upload_from_then_on_and_an_update_is_nothing_new() -> None:
    dated = builders.markdown("Dated", date=at(-50))

    late, updated, embargoed, again = live(
        [dated, PLAIN, None, builders.markdown("Again", date="", embargo_until=at(6))]
    )

    def seen_at(record: Record) -> datetime | None:
        current = record.life and record.life.current
        return current.card().seen_at if current else None

    assert seen_at(late) == NOW
    assert seen_at(updated) == NOW
    assert seen_at(embargoed) is None
    assert seen_at(again) == NOW + 6 * HOUR


def test_an_id_is_made_of_the_key_alone_and_fits_an_address() -> None:
    ids = {article_id(f"world/{number}.md") for number in range(1_000)}

    assert len(ids) == 1_000
    assert all(len(id_) == 16 and id_.isalnum() and id_ == id_.lower() for id_ in ids)


def test_an_absence_says_why_with_the_newsrooms_own_note() -> None:
    absence = Absence(reason="withheld", at=NOW, note="A name was wrong.")

    assert "holding" in str(absence)
    assert str(absence).endswith("A name was wrong.")


def test_all_that_an_editor_states_is_in_the_article() -> None:
    stated = builders.markdown(
        standfirst="The night boat is back.",
        byline="Ada Quill",
        language="nn",
        section="world",
        tags="[ferry]",
        source="courier",
        original_url="https://courier.example/ferry",
        image="media/ferry.jpg",
        image_alt="A ferry",
        image_credit="Ola Nordmann",
        image_caption="At the quay",
        breaking="true",
        pinned_until="2026-03-25T09:00:00Z",
        body="The ferry is back.\n\n![The quay](media/quay.jpg)",
        same_story="[world/strike.md]",
        not_same_story="[world/storm.md]",
        mood="glad",
    )

    (record,) = live([stated])

    article = record.life and record.life.current
    assert article is not None
    assert article.headline == builders.HEADLINE
    assert article.standfirst == "The night boat is back."
    assert article.byline == ("Ada Quill",)
    assert article.language == "nn"
    assert (article.section, article.tags) == ("world", ("ferry",))
    assert (article.source.id, article.credited_to) == ("courier", "courier")
    assert article.original_url == "https://courier.example/ferry"
    assert article.image is not None
    assert article.image.key == "media/ferry.jpg"
    assert article.image.alt == "A ferry"
    assert article.image.stated_credit == "Ola Nordmann"
    assert article.image.stated_caption == "At the quay"
    assert article.breaking
    assert article.pinned_until == datetime(2026, 3, 25, 9, tzinfo=UTC)
    assert [picture.key for picture in article.pictures] == ["media/quay.jpg"]
    assert article.same_story == ("world/strike.md",)
    assert article.not_same_story == ("world/storm.md",)
    assert article.extra == {"mood": "glad"}
    assert "ferry" in article.terms
    assert article.summary.generation.generated_at == NOW


def test_a_first_revision_was_last_updated_when_it_is_dated_and_the_next_when_it_came() -> None:
    dated = builders.markdown("Dated", date=at(-50))

    of_first, of_next = (
        record.life.current
        for record in live([dated, builders.markdown("Next", date=at(-50))])
        if record.life and record.life.current
    )

    assert of_first.updated_at == NOW - 50 * HOUR
    assert of_next.updated_at == NOW + HOUR


def test_a_receipt_tells_what_was_read_and_what_became_of_it() -> None:
    pasted = builders.markdown(
        body=f"The ferry is back.\n\n![](data:image/png;base64,{'A' * 40})\n"
    )

    (record,) = live([pasted])

    receipt, life = record.receipt, record.life
    assert life is not None
    assert life.current is not None
    assert receipt.article_id == article_id(KEY)
    assert receipt.format == "markdown"
    assert receipt.kept is not None
    assert receipt.kept["words"] == 4
    assert "image" in [part.what for part in receipt.dropped]
    assert receipt.summary == life.current.summary


def test_a_receipt_has_the_preview_of_what_still_waits_and_no_other() -> None:
    acts = [
        builders.markdown("Draft", date="", draft="true"),
        builders.markdown("Soon", date="", embargo_until=at(3)),
        builders.markdown("At once", date="", embargo_until=at(2)),
        None,
    ]

    draft, soon, at_once, deleted = live(acts)

    assert draft.life is not None
    assert draft.life.draft is not None
    assert soon.life is not None
    assert soon.life.current is not None
    assert soon.life.draft is None
    assert draft.receipt.preview == draft.life.draft.preview
    assert soon.receipt.preview == soon.life.current.preview
    assert None not in (draft.receipt.preview, soon.receipt.preview)
    assert draft.receipt.preview != soon.receipt.preview
    assert at_once.receipt.preview is None
    assert deleted.receipt.preview is None


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"date": "", "embargo_until": at(-1)}, "embargo-past"),
        ({"embargo_until": at(0)}, "embargo-past"),
        ({"date": at(1)}, "future-date"),
        ({"date": ""}, "no-date"),
    ],
)
def test_an_editor_is_warned_of_a_time_that_cannot_be_meant(
    metadata: dict[str, str], code: str
) -> None:
    (record,) = live([builders.markdown(**metadata)])

    assert code in {finding.code for finding in record.receipt.warnings}


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        ({"embargo_until": at(-1)}, "/embargo_until"),
        ({"date": at(1)}, "/published_at"),
        ({"date": ""}, "/published_at"),
    ],
)
def test_a_warning_points_at_the_value_that_it_is_about(
    metadata: dict[str, str], pointer: str
) -> None:
    (record,) = live([builders.markdown(**metadata)])

    assert [finding.pointer for finding in record.receipt.warnings] == [pointer]


def test_whatever_becomes_of_a_version_its_receipt_leads_to_what_readers_have() -> None:
    broken = "---\ndate: never\n---\nBroken"

    never, _, rejected, withdrawn = live([broken, PLAIN, broken, None])

    for record, revision, slug in (
        (never, None, None),
        (rejected, 1, "plain"),
        (withdrawn, 1, None),
    ):
        assert record.receipt.article_id == article_id(KEY)
        assert record.receipt.revision == revision
        assert record.receipt.slug == slug


def test_a_deletion_takes_a_draft_back() -> None:
    drafted, deleted = live([builders.markdown("Draft", date="", draft="true"), None])

    assert drafted.life is not None
    assert drafted.life.draft is not None
    assert deleted.life is not None
    assert deleted.life.draft is None


def test_what_is_back_is_no_longer_gone_and_came_as_something_new() -> None:
    soon = builders.markdown("Soon", date="", embargo_until=at(9))

    *_, gone, waiting, _, back = live([PLAIN, OTHER, None, soon, None, PLAIN])

    lives = [record.life for record in (gone, waiting, back)]
    assert [life and life.gone is not None for life in lives] == [True, True, False]
    assert [life and life.came_as for life in lives[1:]] == ["published", "published"]


def test_what_is_dated_as_of_its_upload_is_warned_of_nothing() -> None:
    (record,) = live([builders.markdown(date=at(0))])

    assert record.receipt.warnings == ()
    assert record.receipt.outcome == "published"


def test_the_same_bytes_again_are_no_revision() -> None:
    first, second = live([PLAIN, PLAIN])

    assert first.life is not None
    assert second.life is not None
    assert (first.life.revision, second.life.revision) == (1, 1)


def test_what_takes_an_article_from_readers_is_told_without_what_it_changed() -> None:
    _, withheld, restored = live(
        [PLAIN, builders.markdown("Held", date="", status="withheld"), OTHER]
    )

    assert withheld.receipt.outcome == "withdrawn"
    assert withheld.receipt.changes is None
    assert restored.receipt.changes is None


def test_a_headline_of_signs_alone_has_an_address_all_the_same() -> None:
    (record,) = live([builders.markdown("?!", date="")])

    assert record.receipt.slug == "story"


def test_what_expired_before_it_came_gives_readers_nothing_and_leaves_what_is_gone() -> None:
    stillborn = builders.markdown("Stillborn", date="", expires_at=at(-1))

    _, deleted, expired = live([PLAIN, None, stillborn])

    assert expired.receipt.outcome == "expired"
    assert seen(deleted, NOW + 2 * HOUR) == seen(expired, NOW + 2 * HOUR) == "gone"


def test_what_takes_the_place_of_what_readers_never_had_is_published_not_updated() -> None:
    soon = builders.markdown("Soon", date="", embargo_until=at(9))

    _, scheduled_again, at_last, updated = live(
        [soon, builders.markdown("Later", date="", embargo_until=at(9)), PLAIN, OTHER]
    )

    outcomes = [record.receipt.outcome for record in (scheduled_again, at_last, updated)]
    assert outcomes == ["scheduled", "published", "updated"]
    kinds = [record.life and record.life.came_as for record in (scheduled_again, at_last, updated)]
    assert kinds == ["published", "published", "updated"]


def test_the_sentences_that_came_with_a_correction_are_marked_and_stay_marked() -> None:
    note = {"correction": "It was 221 passengers, not 214."}
    was = builders.markdown(date="", body="The ferry is back. It carried 214 passengers.")
    corrected = builders.markdown(
        date="", body="The ferry is back. It carried 221 passengers.", **note
    )
    longer = builders.markdown(
        date="", body="The ferry is back. It carried 221 passengers. A band played.", **note
    )

    first, second, third, unsaid = (
        record.life.current
        for record in live([was, corrected, longer, was])
        if record.life and record.life.current
    )

    def marked(article: Article) -> dict[str, datetime]:
        return {
            article.body.text[one.start : one.end]: article.corrected[one.id]
            for one in article.sentences
            if one.id in article.corrected
        }

    assert marked(first) == {}
    assert marked(second) == {"It carried 221 passengers.": NOW + HOUR}
    assert marked(third) == marked(second)
    assert marked(unsaid) == {}


def test_what_ends_at_the_second_at_which_it_would_begin_is_never_told() -> None:
    (ended,) = live([builders.markdown(date=at(0), expires_at=at(0))])
    (told,) = live([builders.markdown(date=at(0), expires_at=at(1))])

    assert ended.life is not None
    assert told.life is not None
    assert changes(ended.life) == ()
    assert [one.kind for one in changes(told.life)] == ["published", "withdrawn"]
