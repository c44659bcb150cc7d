"""Watching a feed: when it is asked for, and what its answer changes. Pure: answers are given.

A feed that fails is asked for less and less often, one that is gone no more, and one that has
nothing new changes nothing: its state stays equal, and what is equal is not written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from chalicelib.core import links
from chalicelib.core.codec import encode
from chalicelib.core.errors import FeedUnreadable
from chalicelib.core.links import Link
from chalicelib.core.sources import Watched

EVERY = timedelta(minutes=15)  # the schedule of `fetch_feeds`
KEPT = timedelta(days=7)  # how long a link is news to anyone
MAX_FEEDS = 400  # asked for in one run; of more feeds, each run takes the next
LONGEST_PAUSE = timedelta(days=1)  # between two tries of a feed that fails
NOTED_EVERY = timedelta(hours=1)  # how exactly the last success of an unchanged feed is known
_MAX_KNOWN = 200  # links; twice what is read, for servers that answer with old copies in between

FeedState = Literal["waiting", "read", "failing", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of a link that was seen."""

    listed_at: datetime  # its place; it keeps it, whatever the feed says later
    digest: str  # of the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as it was found last: how to ask for it, and what is known of it."""

    address: str  # as its source gives it
    moved_to: str | None = None  # where a permanent redirect led
    etag: str | None = None
    last_modified: str | None = None
    last_success_at: datetime | None = None  # exact to NOTED_EVERY
    problem: str | None = None  # why it could not be read the last time
    failures: int = 0  # in a row
    next_try_at: datetime | None = None  # None: at the next run
    has_ended: bool = False  # its server says that it is gone for good
    changed_at: datetime | None = None
    known: dict[str, Known] = field(default_factory=dict)  # by the link's id

    @property
    def state(self) -> FeedState:
        """How it was found last: it waits until it has been asked for once."""
        if self.has_ended:
            return "ended"
        if self.problem is not None:
            return "failing"
        return "read" if self.last_success_at is not None else "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of asking for a feed: a response, or the problem that kept it from coming."""

    status: int = 0
    address: str = ""  # that answered, after every redirect
    data: bytes = b""
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    retry_after: str = ""
    moved_to: str | None = None  # where permanent redirects led before any other
    problem: str | None = None


# Asks for feeds, and gives each with its answer as they come.
Fetch = Callable[[Iterable[Feed]], Iterator[tuple[Feed, Answer]]]


def owners(sources: Iterable[Watched]) -> dict[str, str]:
    """Return the source of each feed by the feed's address; of several the first by id."""
    found: dict[str, str] = {}
    for watched in sorted(sources, key=lambda one: one.source.id):
        for address in watched.feeds:
            found.setdefault(address, watched.source.id)
    return found


def due(addresses: Iterable[str], feeds: Mapping[str, Feed], *, now: datetime) -> tuple[Feed, ...]:
    """Return the feeds to ask for now, up to MAX_FEEDS; of more, every run begins further on."""
    ordered = sorted(addresses, key=_hash)
    start = int(now.timestamp() // EVERY.total_seconds()) * MAX_FEEDS % max(1, len(ordered))
    turn = (ordered[start:] + ordered[:start]) if len(ordered) > MAX_FEEDS else ordered
    asked = (feeds.get(address) or Feed(address=address) for address in turn)
    waiting = [feed for feed in asked if not feed.has_ended and (feed.next_try_at or now) <= now]
    return tuple(waiting[:MAX_FEEDS])


def after(
    feed: Feed, answer: Answer, *, source: str, now: datetime
) -> tuple[Feed, tuple[Link, ...]]:
    """Return *feed* as the answer leaves it, and the links that are new or say something new.

    A feed that stays equal has not changed. Raises nothing of its own.
    """
    is_conditional = feed.etag is not None or feed.last_modified is not None
    if answer.problem is not None:
        return _failed(feed, answer.problem, answer, now=now), ()
    if answer.status == 410:
        gone = replace(feed, has_ended=True, problem="It is gone for good.", known={})
        return replace(gone, next_try_at=None, changed_at=now), ()
    if answer.status == 304 and is_conditional:
        return _succeeded(feed, feed, answer, now=now), ()
    if answer.status != 200:
        return _failed(feed, f"Its server answers {answer.status}.", answer, now=now), ()
    try:
        found = links.read(
            answer.data,
            address=answer.address,
            content_type=answer.content_type,
            source=source,
            now=now,
        )
    except FeedUnreadable as error:
        return _failed(feed, str(error), answer, now=now), ()
    known, changed = _compared(feed.known, found, now=now)
    read = replace(feed, etag=answer.etag, last_modified=answer.last_modified, known=known)
    return _succeeded(feed, read, answer, now=now), changed


def _compared(
    known: dict[str, Known], found: tuple[Link, ...], *, now: datetime
) -> tuple[dict[str, Known], tuple[Link, ...]]:
    """Return what is known after *found*, and which of it is to be written."""
    present: dict[str, Known] = {}
    changed: list[Link] = []
    for link in found:
        was = known.get(link.id)
        placed = replace(link, listed_at=was.listed_at) if was else link
        present[link.id] = Known(listed_at=placed.listed_at, digest=_digest(placed))
        if present[link.id] != was:
            changed.append(placed)
    if not changed:
        return known, ()
    rest = sorted(known.keys() - present.keys(), key=lambda id_: known[id_].listed_at)
    kept = rest[-(_MAX_KNOWN - len(present)) :]
    recent = tuple(link for link in changed if link.listed_at > now - KEPT)
    return {**{id_: known[id_] for id_ in kept}, **present}, recent


def _succeeded(before: Feed, after: Feed, answer: Answer, *, now: datetime) -> Feed:
    """Return *after* as a success, equal to *before* if there is nothing to note."""
    well = replace(
        after,
        moved_to=answer.moved_to,
        problem=None,
        failures=0,
        next_try_at=None,
    )
    is_noted = before.last_success_at is not None and now - before.last_success_at < NOTED_EVERY
    if well == before and is_noted:
        return before
    return replace(well, last_success_at=now, changed_at=now)


def _failed(feed: Feed, problem: str, answer: Answer, *, now: datetime) -> Feed:
    """Return *feed* after one more failure; the way back from a redirect is free again."""
    pause = min(LONGEST_PAUSE, EVERY * 2 ** min(feed.failures, 10))
    spread = 0.75 + _hash(feed.address) / 2**65  # feeds that failed together come back apart
    wished = _retry_after(answer.retry_after, now=now)
    return replace(
        feed,
        moved_to=None,
        problem=problem,
        failures=feed.failures + 1,
        next_try_at=now + max(pause * spread, wished),
        changed_at=now,
    )


def _retry_after(said: str, *, now: datetime) -> timedelta:
    """Return how long a server asks to be left alone (RFC 9110, 10.2.3), a day at most."""
    try:
        if said.strip().isdecimal():
            wished = timedelta(seconds=min(int(said.strip()[:9]), 10**6))
        else:
            moment = parsedate_to_datetime(said)
            wished = moment.replace(tzinfo=moment.tzinfo or UTC) - now
    except (ValueError, OverflowError):
        return timedelta(0)
    return min(wished, LONGEST_PAUSE)


def _digest(link: Link) -> str:
    return hashlib.blake2b(encode(link), digest_size=4).hexdigest()


def _hash(address: str) -> int:
    return int.from_bytes(hashlib.blake2b(address.encode(), digest_size=8).digest())
