"""The log of changes: who follows it has what readers have, as properties of any article's life."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.article import Article
from chalicelib.core.changes import Change, changes
from chalicelib.core.record import Record
from tests import builders
from tests.conftest import NOW
from tests.core.test_lifecycle import ACTS, HOUR, PLAIN, at, live, seen

LIVES = st.lists(ACTS, min_size=1, max_size=7)


def log(record: Record, now: datetime, *, since: datetime | None = None) -> list[Change]:
    """Return the log of one article as it is served at *now*."""
    assert record.life is not None
    told = [change for change in changes(record.life) if change.is_newest(now)]
    return [change for change in told if change.at <= now and (since is None or since <= change.at)]


def kinds(*acts: str | None, hours: float = 9) -> list[tuple[str, str | None]]:
    """Return what the log says of an article some hours after the first of its versions."""
    told = log(live(list(acts))[-1], NOW + hours * HOUR)
    return [(change.kind, change.reason) for change in told]


def mirrored(told: Change | None) -> int | str:
    """What a mirror has of an article of which it was told this last: a revision, or nothing."""
    if told is None:
        return "not found"
    return told.revision if told.revision is not None else "gone"


def had(shown: Article | str) -> int | str:
    return shown.revision if isinstance(shown, Article) else shown


@given(LIVES)
def test_the_log_says_of_an_article_what_readers_have_at_every_second(
    acts: list[str | None],
) -> None:
    for number, record in enumerate(live(acts)):
        for minutes in range(0, 600, 59):
            now = NOW + number * HOUR + timedelta(minutes=minutes)
            told = log(record, now)
            assert len(told) <= 1
            assert mirrored(told[0] if told else None) == had(seen(record, now))


@given(LIVES, st.lists(st.integers(0, 900), min_size=1, max_size=9))
def test_a_mirror_that_asks_since_its_last_entry_misses_nothing_whenever_it_asks(
    acts: list[str | None], minutes: list[int]
) -> None:
    records, last = live(acts), None
    for minute in sorted(minutes):
        now = NOW + timedelta(minutes=minute)
        record = records[min(minute // 60, len(records) - 1)]
        for change in log(record, now, since=last.at if last else None):
            last = change
        assert mirrored(last) == had(seen(record, now))


@given(LIVES)
def test_an_articles_entries_have_places_and_names_of_their_own(acts: list[str | None]) -> None:
    named: dict[str, Change] = {}
    for record in live(acts):
        assert record.life is not None
        told = changes(record.life)
        assert [one.at for one in told] == sorted({one.at for one in told})
        for one in told:
            same = named.setdefault(one.id, one)
            assert (same.kind, same.revision, same.at) == (one.kind, one.revision, one.at)


CORRECTED = builders.markdown("Plain", date="", correction="It was 214.")
OTHER = builders.markdown("Other", date="")
DRAFT = builders.markdown("Draft", date="", draft="true")


def test_what_an_upload_was_to_readers_is_what_the_log_calls_it() -> None:
    assert kinds(PLAIN) == [("published", None)]
    assert kinds(PLAIN, OTHER) == [("updated", None)]
    assert kinds(PLAIN, CORRECTED) == [("corrected", None)]
    assert kinds(PLAIN, CORRECTED, DRAFT, "---\ndate: never\n---\nBroken") == [("corrected", None)]
    assert kinds(PLAIN, None) == [("withdrawn", "withdrawn")]
    assert kinds(PLAIN, None, OTHER) == [("published", None)]
    assert kinds(PLAIN, builders.markdown(status="canceled")) == [("withdrawn", "canceled")]


def test_an_embargo_shows_nothing_until_it_lifts_and_then_all_at_once() -> None:
    soon = builders.markdown("Soon", date="", embargo_until=at(3))
    again = builders.markdown("Soon, in other words", date="", embargo_until=at(3))

    assert kinds(soon, again, hours=2.99) == []
    (told,) = log(live([soon, again])[-1], NOW + 3 * HOUR)
    assert (told.kind, told.revision, told.at) == ("published", 2, NOW + 3 * HOUR)


def test_what_readers_never_had_is_not_withdrawn() -> None:
    soon = builders.markdown("Soon", date="", embargo_until=at(3))

    assert kinds(soon, None) == []
    assert kinds(builders.markdown("Stillborn", date="", expires_at=at(-1))) == []
    assert kinds(DRAFT, None) == []


def test_an_article_that_expires_is_withdrawn_at_that_second() -> None:
    short = builders.markdown("Short-lived", date="", expires_at=at(5))

    assert kinds(short, hours=4.99) == [("published", None)]
    assert kinds(short, hours=5) == [("withdrawn", "expired")]


def test_what_was_withdrawn_stays_so_until_its_next_revision_may_be_read() -> None:
    later = builders.markdown("Later", date="", embargo_until=at(6))

    assert kinds(PLAIN, None, later, hours=5) == [("withdrawn", "withdrawn")]
    assert kinds(PLAIN, None, later, hours=6) == [("published", None)]
