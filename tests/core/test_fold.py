"""What one version of a key makes of its record, whatever the key holds."""

from __future__ import annotations

import random
import string
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from chalicelib import wiring
from chalicelib.core import fold
from chalicelib.core.article import article_id
from chalicelib.core.errors import Finding
from chalicelib.core.limits import MAX_FILE_BYTES, MAX_FINDINGS, MAX_IMAGE_BYTES, MAX_RECEIPT_BYTES
from chalicelib.core.receipt import Dropped, bounded
from chalicelib.core.record import Record
from chalicelib.core.takedown import mark
from chalicelib.core.uploads import Version
from tests import builders
from tests.conftest import NOW
from tests.core.formats.documents import docx, drawing, p

ARTICLE, SOURCE, FEEDS, IMAGE = (
    "world/ferry.md",
    "sources/courier.yaml",
    "sources/feeds.opml",
    "media/face.png",
)
MARK = f"takedowns/{article_id(ARTICLE)}.yaml"
FEED = {"text": "Courier", "type": "rss", "xmlUrl": "https://courier.example/feed.xml"}
OTHER = {"text": "Herald", "type": "rss", "xmlUrl": "https://herald.example/feed.xml"}

# Of every kind: a key, a first file, another, and one that is refused; nothing refuses a mark.
KINDS: dict[str, tuple[str, bytes, bytes, bytes | None]] = {
    "article": (
        ARTICLE,
        builders.markdown("First").encode(),
        builders.markdown("Second").encode(),
        b"---\ndate: never\n---\nBroken",
    ),
    "source": (
        SOURCE,
        builders.profile().encode(),
        builders.profile("The Courier").encode(),
        b"name: [",
    ),
    "feeds": (FEEDS, builders.opml(FEED), builders.opml(FEED, OTHER), b"<opml/>"),
    "image": (IMAGE, builders.picture(), builders.picture(colour="red"), b"no image"),
    "takedown": (MARK, mark("Unlawful", at=NOW), mark("By a court", at=NOW), None),
}
REFUSABLE = [kind for kind, (*_, refused) in KINDS.items() if refused is not None]


def version(number: int = 1, *, size: int = 100, is_delete_marker: bool = False) -> Version:
    return Version(
        id=f"v{number}",
        received_at=NOW + number * timedelta(hours=1),
        size=size,
        is_delete_marker=is_delete_marker,
    )


def live(key: str, *files: bytes | None, **told: Any) -> list[fold.Folded]:
    """Return what each file made of the record before it; None deletes."""
    record: Record | None = None
    made = []
    for number, data in enumerate(files, start=1):
        uploaded = version(number, is_delete_marker=data is None)
        made.append(fold.fold(key, record, uploaded, data, summarise=wiring.summarise, **told))
        record = made[-1].record
    return made


def held(record: Record) -> Any:
    """What the record has for readers and for other records."""
    life = record.life
    article = life.current if life else None
    return (
        (article.headline, life.revision) if life and article else None,
        record.profile,
        record.subscriptions,
        record.picture,
        record.mark,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_version_is_told_what_became_of_it(kind: str) -> None:
    key, first, second, _ = KINDS[kind]

    steps = live(key, first, first, second, None, first)

    receipts = [step.record.receipt for step in steps]
    outcomes = [receipt.outcome for receipt in receipts]
    is_mark = kind == "takedown"  # which is of its own upload: another is another
    assert outcomes == [
        "published",
        "updated" if is_mark else "unchanged",
        "updated",
        "withdrawn",
        "published",
    ]
    for number, (step, receipt) in enumerate(zip(steps, receipts, strict=True), start=1):
        assert step.record.folded_to == f"v{number}"
        assert step.record.kind == receipt.kind == ("source" if kind == "feeds" else kind)
        assert (step.record.key, receipt.key) == (key, key)
        assert receipt.received_at == version(number).received_at


@pytest.mark.parametrize("kind", KINDS)
def test_a_deletion_leaves_nothing_of_what_there_was(kind: str) -> None:
    key, first, *_ = KINDS[kind]

    had, gone = (step.record for step in live(key, first, None))

    assert any(held(had))
    assert not any(held(gone))


@pytest.mark.parametrize("kind", REFUSABLE)
def test_a_refused_version_changes_nothing_but_the_receipt(kind: str) -> None:
    key, first, _, refused = KINDS[kind]

    before, after = live(key, first, refused)

    assert after.record.receipt.outcome == "rejected"
    assert after.record.receipt.errors
    assert held(after.record) == held(before.record)
    assert after.revision is None
    assert after.files == ()


@pytest.mark.parametrize(
    ("key", "limit"),
    [(ARTICLE, MAX_FILE_BYTES), (SOURCE, MAX_FILE_BYTES), (IMAGE, MAX_IMAGE_BYTES)],
)
def test_a_file_is_read_up_to_its_limit_to_the_byte_and_refused_unread_beyond(
    key: str, limit: int
) -> None:
    too_large = version(size=limit + 1)

    assert fold.needs_bytes(key, version(size=limit))
    assert not fold.needs_bytes(key, too_large)
    assert not fold.needs_bytes(key, version(size=0, is_delete_marker=True))
    refused = fold.fold(key, None, too_large, None, summarise=wiring.summarise).record.receipt
    assert refused.outcome == "rejected"
    (finding,) = refused.errors
    assert finding.code == "too-large"
    assert f"{limit + 1:,}" in finding.message


@pytest.mark.parametrize(
    ("key", "kind"),
    [("world/\u202eyrref.md", "article"), ("sources/a\u202eb.yaml", "source"),
     ("media/a\u202eb.png", "image")],
)  # fmt: skip
def test_a_name_that_no_editor_can_have_meant_is_refused_of_every_kind(key: str, kind: str) -> None:
    _, data, *_ = KINDS[kind]

    (step,) = live(key, data)

    assert [finding.code for finding in step.record.receipt.errors] == ["key"]
    assert not any(held(step.record))


def test_a_source_is_told_of_what_was_passed_over_in_its_file() -> None:
    profile = builders.profile(favourite_colour="teal").encode()
    list_ = builders.opml(FEED, {"text": "Nowhere", "type": "rss", "xmlUrl": "ftp://x.example/"})

    (of_profile,), (of_list,) = live(SOURCE, profile), live(FEEDS, list_)

    assert of_profile.record.receipt.format == "yaml"
    assert of_profile.record.receipt.warnings
    assert of_profile.record.profile is not None
    assert of_list.record.receipt.format == "opml"
    assert of_list.record.receipt.warnings
    assert [feed for one in of_list.record.subscriptions for feed in one.feeds] == [FEED["xmlUrl"]]


def test_a_version_keeps_what_the_record_has_copied_from_others() -> None:
    for key, first, second, _ in (KINDS["article"], KINDS["source"]):
        (step,) = live(key, first)
        before = replace(step.record, dressed={"source:wire": "digest"})

        after = fold.fold(key, before, version(2), second, summarise=wiring.summarise)

        assert after.record.dressed == before.dressed


def test_only_what_readers_have_or_will_have_is_a_revision() -> None:
    first, draft = builders.markdown("First"), builders.markdown("Draft", draft="true")
    later = builders.markdown(
        "Later", embargo_until=f"{NOW + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"
    )

    of_first, of_draft, deleted, of_later = live(
        ARTICLE, first.encode(), draft.encode(), None, later.encode()
    )

    assert of_first.revision is not None
    assert of_first.revision.headline == "First"
    assert of_draft.article is not None
    assert of_draft.revision is None
    assert deleted.revision is None
    assert of_later.revision is not None
    assert of_later.revision.headline == "Later"


def test_what_is_uploaded_under_the_key_of_a_taken_down_article_is_refused_unread() -> None:
    (step,) = live(ARTICLE, builders.markdown().encode(), is_closed=True)

    assert [finding.code for finding in step.record.receipt.errors] == ["taken-down"]
    assert step.record.is_closed
    assert not any(held(step.record))


def test_a_mark_that_cannot_be_read_closes_its_article_all_the_same() -> None:
    unread = fold.fold(MARK, None, version(), None, summarise=wiring.summarise).record

    assert unread.mark is not None
    assert unread.mark.absence.reason == "taken-down"
    assert unread.receipt.article_id == article_id(ARTICLE)
    assert unread.receipt.format == "yaml"


@pytest.mark.parametrize("kind", KINDS)
def test_a_version_that_a_fault_of_ours_keeps_from_being_read_is_passed_over(kind: str) -> None:
    key, first, *_ = KINDS[kind]
    (before,) = live(key, first)

    after = fold.at_fault(key, before.record, version(2)).record
    alone = fold.at_fault(key, None, version(2)).record

    assert held(after) == held(before.record)
    assert not any(held(alone))
    for record in (after, alone):
        assert record.kind == record.receipt.kind == before.record.kind
        assert record.folded_to == "v2"
        assert record.receipt.outcome == "rejected"
        assert record.receipt.received_at == version(2).received_at
        assert [finding.code for finding in record.receipt.errors] == ["our-fault"]
        is_article = kind == "article"
        assert record.receipt.article_id == (article_id(key) if is_article else None)
    assert (alone.life is not None) == (kind == "article")


def test_a_fault_over_litter_is_told_as_of_an_article() -> None:
    assert fold.at_fault("world/.DS_Store", None, version()).record.kind == "article"


@pytest.mark.parametrize(
    ("key", "kind"), [("world/.DS_Store", "article"), ("sources/notes.txt", "source")]
)
def test_litter_is_told_that_nothing_is_made_of_it(key: str, kind: str) -> None:
    receipt = fold.ignored(key, version())

    assert (receipt.key, receipt.kind, receipt.outcome) == (key, kind, "ignored")
    assert [finding.code for finding in receipt.warnings] == ["ignored"]


def test_a_document_comes_with_the_files_of_its_pictures() -> None:
    data = docx(
        p("Ferry", "Title") + drawing("quay") + p("The ferry is back."),
        images={"quay": builders.picture()},
    )

    (step,) = live("world/ferry.docx", data)

    assert [file.content_type for file in step.files] == ["image/webp"]


def test_the_receipt_of_an_animation_tells_that_one_picture_of_it_is_shown() -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("teal", "red")]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])

    (step,) = live("media/face.gif", out.getvalue())

    assert [(part.what, part.count) for part in step.record.receipt.dropped] == [("animation", 1)]


def test_a_text_that_no_row_holds_is_refused() -> None:
    chance = random.Random(1)
    line = "".join(chance.choices(string.ascii_letters, k=250_000))

    (step,) = live(ARTICLE, builders.markdown(body=f"```\n{line}\n```").encode())

    assert [finding.code for finding in step.record.receipt.errors] == ["too-large-to-store"]
    assert not any(held(step.record))
    assert step.article is None


def test_a_receipt_of_more_than_a_row_holds_is_cut_and_says_so() -> None:
    findings = tuple(Finding(code=f"c{n}", message="m", fix="f") for n in range(MAX_FINDINGS + 7))
    dropped = tuple(Dropped(what=f"w{n}", count=1, why="y") for n in range(MAX_FINDINGS + 3))
    (step,) = live(ARTICLE, builders.markdown().encode())
    receipt = step.record.receipt

    cut = bounded(replace(receipt, warnings=findings, errors=findings[:-7], dropped=dropped))
    chance = random.Random(1)
    long = "".join(chance.choices(string.ascii_letters, k=MAX_RECEIPT_BYTES * 2))
    assert receipt.summary is not None
    huge = bounded(replace(receipt, summary=replace(receipt.summary, text=long)))

    assert [one.code for one in cut.warnings[-2:]] == [f"c{MAX_FINDINGS - 1}", "more"]
    assert cut.warnings[-1].message == "7 more of the kind were found."
    assert cut.errors == findings[:-7]
    assert (cut.dropped[-1].what, cut.dropped[-1].count) == ("kind of part", 3)
    assert cut.dropped[:-1] == dropped[:MAX_FINDINGS]
    assert cut.summary == receipt.summary
    assert huge.summary is None
    assert bounded(receipt) == receipt


def test_a_source_is_known_by_its_face_wherever_its_feeds_are_told_of() -> None:
    (step,) = live(SOURCE, builders.profile(feeds="[https://courier.example/rss]").encode())

    (watched,) = replace(step.record, avatar_path="media/face.png").watched()

    assert watched.source.avatar == "media/face.png"
    assert watched.feeds == ("https://courier.example/rss",)
