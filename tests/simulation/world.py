"""A newsroom to live in: its buckets and its table, its functions as they are deployed, its clock.

The functions are the real handlers of `chalicelib.events`. What they call is `Wire`, in the place
of the clients, by which every call meets its fault and waits for its turn. An event that
fails is tried twice more and then kept in the failure queue, as Lambda does it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest

from chalicelib import events, newsroom, wiring
from chalicelib.aws import dynamodb
from chalicelib.aws.projection import Projection
from chalicelib.core.article import article_id
from chalicelib.core.takedown import mark, mark_key
from chalicelib.core.watch import Answer
from tests import builders
from tests.conftest import NOW, STAGE
from tests.doubles.paging import Paginator
from tests.simulation import truths
from tests.simulation.acts import (
    IMAGE,
    LITTER,
    PLAIN,
    SOURCE,
    TEXTS,
    Act,
    AtOnce,
    Deletes,
    Files,
    Forgets,
    Function,
    HearsAgain,
    Job,
    Loses,
    Passes,
    Prunes,
    Reads,
    Redrives,
    Restores,
    TakesDown,
    Uploads,
    UploadsAgain,
)
from tests.simulation.baton import Baton
from tests.simulation.clouds import CLOUDS
from tests.simulation.faults import Call, Killed, Trouble
from tests.simulation.model import Told, Version

TRIES = 3  # of one event, before the failure queue has it
FEED = "https://courier.example/feed.json"


@dataclass(frozen=True, slots=True)
class Event:
    """S3's word that a key changed.

    `is_needed` if nothing else would tell: no listing shows a version that is gone for good, nor
    what a function left half done that died while another one ended well.
    """

    key: str
    is_needed: bool = False
    tries: int = 0


# What a function runs in


@dataclass(slots=True)
class Run:
    """One run of a function: its clock, what befalls its calls, and whom it takes turns with."""

    now: datetime
    trouble: Trouble
    lag: int = 0
    baton: Baton | None = None

    @property
    def is_undisturbed(self) -> bool:
        """True if nothing excuses a failure."""
        return self.baton is None and not self.trouble.has_struck


class _Running(threading.local):
    run: Run | None = None


_running = _Running()


class Wire:
    """A client as functions have it: each call meets what the run has in store for it."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.clients: Mapping[str, Any] = {}

    @property
    def exceptions(self) -> Any:
        return self.clients[self._service].exceptions

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(self, operation)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        client = self.clients[self._service]
        return partial(self._called, client, operation)

    @staticmethod
    def _called(client: Any, operation: str, **asked: Any) -> Any:
        run = _running.run
        assert run is not None
        if run.baton is not None:
            run.baton.wait()
        client.lag = run.lag
        try:
            return run.trouble.befall(Call(operation, getattr(client, operation), asked))
        finally:
            client.lag = 0  # who looks at the newsroom sees it as it is


WIRES = {service: Wire(service) for service in ("dynamodb", "s3")}


def _now() -> datetime:
    assert _running.run is not None
    return _running.run.now


def _sleep(real: Callable[[float], None], seconds: float) -> None:
    """Give others the turn; who runs alone has waited long enough."""
    run = _running.run
    if run is None:
        real(seconds)
    elif run.baton is not None:
        run.baton.pause()


@contextmanager
def wired() -> Iterator[None]:
    """Put the wires in the place of the clients, and the world's clock in that of the day's."""
    parts = (wiring.store, wiring.uploads, wiring.receipts, wiring._client)
    # What the functions say of themselves is not what this is about.
    with (
        open(os.devnull, "w") as nowhere,  # noqa: PTH123  # no path
        redirect_stdout(nowhere),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(boto3, "client", lambda service, **_: WIRES[service])
        patch.setattr(dynamodb, "client", lambda **_: WIRES["dynamodb"])
        patch.setattr(events, "_now", _now)
        patch.setattr(time, "sleep", partial(_sleep, time.sleep))
        # The same few texts, a thousand times.
        patch.setattr(wiring, "summarise", cache(wiring.extract))
        for part in parts:
            part.cache_clear()
        logging.disable(logging.CRITICAL)  # what goes wrong here is meant to
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
            for part in parts:
                part.cache_clear()


class World:
    """One newsroom, from its first upload to its last. Counts what befalls it in *struck*."""

    def __init__(self, clients: Mapping[str, Any], *, struck: Counter[str] | None = None) -> None:
        self.now = NOW
        self.clients = clients
        self.struck: Counter[str] = Counter() if struck is None else struck
        self.versions: dict[str, list[Version]] = {}
        self.waiting: list[Event] = []
        self.failed: list[Event] = []
        self.told: dict[str, Told] = {}  # every article's file that ever was, by its word
        self._files: dict[str, bytes] = {}  # by the version's id
        for wire in WIRES.values():
            wire.clients = clients

    @property
    def store(self) -> Projection:
        """The table without any trouble, for who looks at it."""
        return Projection(self.clients["dynamodb"], STAGE.table)

    def do(self, *acts: Act) -> None:
        """Let it happen, and hold what readers have to what they may have."""
        for act in acts:
            if isinstance(act, Passes):
                self.now += act.time
            elif isinstance(act, Loses):
                self._lose(act.number)
            elif isinstance(act, HearsAgain):
                self.waiting.append(Event(act.key))
            elif isinstance(act, Redrives):
                self._redrive()
            elif isinstance(act, AtOnce):
                self._run(act)
            else:
                self._edit(act)
            truths.hold_meanwhile(self)

    def come_to_rest(self) -> None:
        """Have all that is left done, without trouble, and hold it to what ought to be."""
        self._redrive()
        # A list that was prepared by a clock that goes fast is replaced at the next tick.
        self.now += timedelta(minutes=5)
        while self.waiting:
            self._run(AtOnce((Function("ingest"),)))
        is_whole = False
        while not is_whole:
            is_whole = self.store.cursor() == (None, None)
            self._run(AtOnce((Function("reconcile"),)))
            while self.store.cursor() != (None, None):
                self._run(AtOnce((Function("reconcile"),)))
        assert not self.waiting
        # An inconsistent read would miss what was written last.
        self._run(AtOnce((Function("refresh_latest", lag=64),)))
        truths.hold_at_rest(self)

    # Editors

    def _edit(self, act: Any) -> None:
        if isinstance(act, Uploads):
            self._put(act.key, *self._written(act))
        elif isinstance(act, UploadsAgain):
            newest = self.versions.get(act.key, [])[-1:]
            if newest and newest[0].id in self._files:
                self._put(act.key, self._files[newest[0].id], newest[0].told)
        elif isinstance(act, Files):
            self._put(act.key, FORMS[act.key][act.form])
        elif isinstance(act, Deletes):
            self._delete(act.key)
        elif isinstance(act, Restores | Prunes):
            self._remove(act.key, 1, place=0 if isinstance(act, Prunes) else -1)
        elif isinstance(act, Forgets):
            self._remove(act.key, len(self.versions.get(act.key, ())))
        elif isinstance(act, TakesDown):
            key = self.mark_of(act.key)
            if self.is_closed(act.key):
                self._delete(key)
            else:
                self._put(key, mark("A court said so.", at=self.now))

    def _written(self, act: Uploads) -> tuple[bytes, Told]:
        word = f"Zq{len(self.told) + 1:03}x"
        told = self.told[word] = Told(word, act.said, act.is_broken, self.now)
        if act.is_broken:
            return b"\xff\x00" + word.encode(), told
        said, text = act.said, TEXTS[act.text]
        times = {
            "date": said.dated, "embargo_until": said.embargoed, "expires_at": said.expires,
            "pinned_until": said.pinned,
        }  # fmt: skip
        metadata = {
            name: f'"{at.isoformat()}"'
            for name, minutes in times.items()
            if (at := told.moment(minutes)) is not None
        }
        metadata |= {"draft": "true"} if said.draft else {}
        metadata |= {"status": "withheld"} if said.withheld else {}
        metadata |= {"correction": f"It was {word}."} if said.corrects else {}
        metadata |= {"image": IMAGE} if said.image else {}
        metadata |= {"section": said.section, "tags": "[sea]"} if said.section else {}
        metadata |= {
            name: str(getattr(said, name))
            for name in ("source", "replaces", "same_story")
            if getattr(said, name)
        }
        date = metadata.pop("date", "")
        content = builders.markdown(
            f"{text[:30]} {word}", date=date, body=f"{text} {word}.", **metadata
        )
        return content.encode(), told

    def _put(self, key: str, data: bytes, told: Told | None = None) -> None:
        self._step_aside(key)
        answer = WIRES["s3"].put_object(Bucket=STAGE.uploads, Key=key, Body=data)
        # What is no article has no text: its version counts alone.
        self._note(key, answer["VersionId"], told or NO_ARTICLE)
        self._files[answer["VersionId"]] = data

    def _delete(self, key: str) -> None:
        self._step_aside(key)
        answer = WIRES["s3"].delete_object(Bucket=STAGE.uploads, Key=key)
        if "VersionId" in answer:  # moto leaves no marker where nothing was, as AWS does
            self._note(key, answer["VersionId"], None)

    def _note(self, key: str, id_: str, told: Told | None) -> None:
        self.versions.setdefault(key, []).append(Version(id_, self.now, told))
        self.waiting.append(Event(key))

    def _step_aside(self, key: str) -> None:
        """Let a second pass after another upload of the key or its deletion.

        Of one second, botocore's listing does not tell the order of objects and markers:
        see `Uploads.versions`.
        """
        newest = self.versions.get(key, [])[-1:]
        if newest and newest[0].at == self.now:
            self.now += timedelta(seconds=1)

    def _remove(self, key: str, count: int, *, place: int = -1) -> None:
        for _ in range(count):
            versions = self.versions.get(key, [])
            if not versions:
                return
            version = versions[place]
            WIRES["s3"].delete_object(Bucket=STAGE.uploads, Key=key, VersionId=version.id)
            if version in versions:  # and was not removed by another operator meanwhile
                versions.remove(version)  # by now it may stand elsewhere
            self.waiting.append(Event(key, is_needed=True))

    @staticmethod
    def mark_of(key: str) -> str:
        """Return the key of the mark that an article was taken down."""
        return mark_key(article_id(key))

    def is_closed(self, key: str) -> bool:
        """True if a mark stands against an article."""
        marks = self.versions.get(self.mark_of(key), [])
        return bool(marks) and marks[-1].told is not None

    def uploaded(self) -> list[str]:
        """Every key that has a version."""
        return sorted(key for key, versions in self.versions.items() if versions)

    # Events

    def _lose(self, number: int) -> None:
        lost = [one for one in (*self.waiting, *self.failed) if not one.is_needed]
        if lost:
            gone = lost[number % len(lost)]
            (self.waiting if gone in self.waiting else self.failed).remove(gone)

    def _redrive(self) -> None:
        self.waiting += [replace(event, tries=0) for event in self.failed]
        self.failed.clear()

    # Functions

    def _run(self, act: AtOnce) -> None:
        baton = Baton(act.turns) if len(act.jobs) > 1 else None
        jobs = [partial(_within, *self._started(job, baton)) for job in act.jobs]
        if baton is not None:
            baton.run(jobs)
            return
        for job in jobs:
            job()

    def _started(self, job: Job, baton: Baton | None) -> tuple[Run, Callable[[], None]]:
        faults = job.faults if isinstance(job, Function) else ()
        run = Run(self.now, Trouble(faults, struck=self.struck), baton=baton)
        if isinstance(job, Reads):
            return run, partial(truths.hold_meanwhile, self)
        if not isinstance(job, Function):
            return run, partial(self._edit, job)
        run.now += timedelta(seconds=job.skew_s)
        run.lag = job.lag
        if job.name == "ingest":
            taken = self._taken(job.event, job.batch)
            return run, partial(self._ingest, taken, run)
        act = {
            "refresh_latest": partial(events.refresh_latest, TICK, CONTEXT),
            "reconcile": partial(events.reconcile, TICK, CONTEXT),
            "fetch_feeds": partial(_fetch_feeds, run),
        }[job.name]
        return run, partial(_scheduled, act, run)

    def _taken(self, number: int, batch: int) -> list[Event]:
        """Take so many events from those that wait."""
        start = number % len(self.waiting) if self.waiting else 0
        taken = self.waiting[start : start + batch]
        del self.waiting[start : start + batch]
        return taken

    def _ingest(self, taken: list[Event], run: Run) -> None:
        if not taken:
            return
        records = [{"s3": {"object": {"key": quote_plus(event.key)}}} for event in taken]
        try:
            events.ingest({"Records": records}, CONTEXT)
        except (Exception, Killed):
            if run.is_undisturbed:
                raise
            for event in taken:
                is_needed = event.is_needed or run.baton is not None
                tried = replace(event, tries=event.tries + 1, is_needed=is_needed)
                (self.waiting if tried.tries < TRIES else self.failed).append(tried)


def _within(run: Run, job: Callable[[], None]) -> None:
    before, _running.run = _running.run, run
    try:
        job()
    finally:
        _running.run = before


def _scheduled(act: Callable[[], Any], run: Run) -> None:
    """Run what a schedule starts: what fails is started again at the next tick."""
    try:
        act()
    except (Exception, Killed):
        if run.is_undisturbed:
            raise


def _fetch_feeds(run: Run) -> None:
    """Ask for the feeds of all sources, from a publisher in this process."""

    def fetch(feeds: Any) -> Iterator[Any]:
        for feed in feeds:
            links = [{"id": "1", "url": "https://courier.example/1", "title": TEXTS["ferry"]}]
            answer = builders.json_feed(*links).encode()
            yield (
                feed,
                Answer(
                    status=200,
                    address=feed.address,
                    data=answer,
                    content_type="application/feed+json",
                ),
            )

    newsroom.fetch_feeds(store=wiring.store(), fetch=fetch, now=run.now)


@contextmanager
def world(cloud: str = "memory", *, struck: Counter[str] | None = None) -> Iterator[World]:
    """An empty newsroom, wired."""
    here: list[World] = []
    with CLOUDS[cloud](lambda: here[0].now) as clients:
        here.append(World(clients, struck=struck))
        editor = Run(NOW, Trouble((), struck=here[0].struck))
        before, _running.run = _running.run, editor
        try:
            yield here[0]
        finally:
            _running.run = before


TICK = {
    "version": "0", "account": "1", "region": "us-east-1", "detail": {}, "detail-type": "Scheduled",
    "source": "aws.events", "time": "", "id": "1", "resources": [],
}  # fmt: skip
CONTEXT = SimpleNamespace(aws_request_id="simulated")
NO_ARTICLE = Told("", PLAIN, is_broken=False, written_at=NOW)
FORMS: Mapping[str, Mapping[str, bytes]] = {
    SOURCE: {
        "one": builders.profile(avatar=IMAGE, feeds=f"[{FEED}]").encode(),
        "another": builders.profile("The Courier", owner="Marrow House").encode(),
        "broken": b"no name here",
    },
    IMAGE: {
        "one": builders.picture(8, 8, colour="teal"),
        "another": builders.picture(8, 8, colour="red"),
        "broken": b"no image",
    },
    LITTER: {"one": b"1", "another": b"2", "broken": b"\xff"},
}
