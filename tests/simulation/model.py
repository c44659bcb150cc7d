"""What readers ought to have, said anew and simply, from what editors did and in which order.

No code of ours takes part: this is the second opinion that a newsroom's answers are held to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.simulation.acts import Said


@dataclass(frozen=True, slots=True)
class Told:
    """An article's file as its editor meant it. `word` stands in it and in no other."""

    word: str
    said: Said
    is_broken: bool
    written_at: datetime

    def public_at(self, first_received_at: datetime) -> datetime:
        dated = self.moment(self.said.dated) or first_received_at
        return max(dated, self.moment(self.said.embargoed) or dated)

    def moment(self, minutes: int | None) -> datetime | None:
        return None if minutes is None else self.written_at + timedelta(minutes=minutes)

    def may_be_read(self, now: datetime) -> bool:
        """False if no reader may ever see it, or none at this time, whatever else there is."""
        expires = self.moment(self.said.expires)
        return self.may_have_been_read(now) and (expires is None or now < expires)

    def may_have_been_read(self, now: datetime) -> bool:
        """False if no reader can have seen it by now: nor does an address tell its headline."""
        waits_for = (self.moment(self.said.dated), self.moment(self.said.embargoed))
        is_due = all(one is None or one <= now for one in waits_for)
        return is_due and not (self.is_broken or self.said.draft or self.said.withheld)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a key as the bucket keeps it; `told` is None for a deletion."""

    id: str
    at: datetime
    told: Told | None


@dataclass(frozen=True, slots=True)
class Made:
    """A revision that an upload made."""

    told: Told
    revision: int
    public_at: datetime
    received_at: datetime

    def is_public(self, now: datetime) -> bool:
        expires = self.told.moment(self.told.said.expires)
        return self.public_at <= now and (expires is None or now < expires)

    def was_public(self, by: datetime) -> bool:
        since = max(self.public_at, self.received_at)
        expires = self.told.moment(self.told.said.expires)
        return since <= by and (expires is None or since < expires)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a key's versions come to."""

    current: Made | None = None
    had: tuple[Made, ...] = ()  # revisions that readers had before the current one
    revision: int = 0
    first_received_at: datetime | None = None
    newest: Told | None = None  # the last one that was accepted, None after a deletion

    def public(self, now: datetime) -> Made | None:
        return self.current if self.current and self.current.is_public(now) else None

    def words(self, now: datetime) -> set[str]:
        """The words that readers may meet anywhere, in the article or in its history."""
        if self.public(now) is None:
            return set()
        made = (*self.had, self.current)
        return {one.told.word for one in made if one is not None and one.is_public(now)}


def expected(versions: Iterable[Version], *, is_closed: bool) -> Expected:
    """Return what readers ought to have of an article; nothing of one that was taken down."""
    life = Expected()
    for version in () if is_closed else versions:
        life = _deleted(life, version.at) if version.told is None else _uploaded(life, version)
    return life


def _deleted(life: Expected, at: datetime) -> Expected:
    return replace(life, current=None, had=(), newest=None)


def _uploaded(life: Expected, version: Version) -> Expected:
    told, at = version.told, version.at
    assert told is not None
    if told.is_broken:
        return life
    since = life.first_received_at or at
    if told == life.newest:
        return replace(life, first_received_at=since)
    had, before = life.had, life.current
    if before is not None and before.was_public(at) and before not in had:
        had = (*had, before)
    made = Made(told, life.revision + 1, told.public_at(since), at)
    after = Expected(before, had, made.revision, since, told)
    if told.said.draft:
        return after if had else replace(after, current=None)
    if told.said.withheld:
        return replace(after, current=None, had=())
    if made.public_at > at and had:
        return life  # it is refused: what readers have cannot be hidden again by a date
    return replace(after, current=made)
