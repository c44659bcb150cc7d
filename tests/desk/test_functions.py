"""The functions' calls: together when they wait together, again when they fail, at last told."""

import threading
import time

import pytest

from desk import functions
from desk.functions import Functions


def record(key):
    return {"eventName": "ObjectCreated:Put", "s3": {"object": {"key": key}}}


class Newsroom:
    """Handlers that note what they are called with; keys in `fails` raise that often."""

    def __init__(self):
        self.events = []
        self.ticks = []
        self.ingested = []
        self.failed = []
        self.fails = {}
        self.gate = threading.Event()
        self.gate.set()
        self.functions = Functions(
            {"ingest": self.ingest, "refresh_latest": self.refresh},
            ingested=lambda uploads: self.ingested.extend(upload.key for upload in uploads),
            fail=lambda event, key, _error: self.failed.append((key, event)),
        )
        self.functions.start()

    def ingest(self, event, context):
        keys = [r["s3"]["object"]["key"] for r in event["Records"]]
        self.events.append(keys)
        self.gate.wait(5)
        assert context.get_remaining_time_in_millis() > 0
        for key in keys:
            if self.fails.get(key):
                self.fails[key] -= 1
                raise ValueError(f"no way with {key}")

    def refresh(self, event, _context):
        self.ticks.append(event["detail-type"])
        raise RuntimeError("a tick that fails")

    def settle(self):
        self.functions.wait_until_idle(threading.Event())


@pytest.fixture
def newsroom(monkeypatch):
    monkeypatch.setattr(functions, "BACK_OFF_S", (0.01, 0.02))
    monkeypatch.setattr(functions.traceback, "print_exc", lambda: None)
    started = Newsroom()
    yield started
    started.functions.stop(wait_s=5)


def test_uploads_that_wait_together_are_one_event(newsroom):
    newsroom.gate.clear()
    newsroom.functions.uploaded([record("first")])
    while not newsroom.events:
        time.sleep(0.001)
    newsroom.functions.uploaded([record(f"{n}") for n in range(12)])
    newsroom.gate.set()
    newsroom.settle()

    assert [len(keys) for keys in newsroom.events] == [1, 10, 2]
    assert newsroom.ingested == ["first", *map(str, range(12))]


def test_one_bad_upload_is_tried_again_alone_and_the_others_are_not_lost(newsroom):
    newsroom.fails = {"bad": 99}
    newsroom.gate.clear()
    newsroom.functions.uploaded([record("first")])
    while not newsroom.events:
        time.sleep(0.001)
    newsroom.functions.uploaded([record("good"), record("bad")])
    newsroom.gate.set()
    newsroom.settle()

    assert newsroom.events[1] == ["good", "bad"]
    assert sorted(newsroom.events[2:]) == [["bad"], ["bad"], ["good"]]
    assert newsroom.ingested == ["first", "good"]
    ((key, event),) = newsroom.failed
    assert key == "bad"
    assert event["requestPayload"] == {"Records": [record("bad")]}
    assert event["requestContext"]["condition"] == "RetriesExhausted"
    assert event["responsePayload"]["errorMessage"] == "no way with bad"


def test_a_passing_fault_is_nobodys_business(newsroom):
    newsroom.fails = {"late": 2}
    newsroom.functions.uploaded([record("late")])
    newsroom.settle()

    assert newsroom.ingested == ["late"]
    assert newsroom.failed == []


def test_a_schedule_goes_on_when_its_function_fails(newsroom):
    newsroom.functions.every(0.02, "refresh_latest")
    until = time.monotonic() + 5
    while len(newsroom.ticks) < 3 and time.monotonic() < until:
        time.sleep(0.01)

    assert newsroom.ticks[:3] == ["Scheduled Event"] * 3
    assert newsroom.failed == []


def test_what_goes_wrong_in_telling_does_not_end_the_calls(newsroom):
    newsroom.ingested = None  # so that telling raises
    newsroom.functions.uploaded([record("a")])
    newsroom.settle()
    newsroom.ingested = []
    newsroom.functions.uploaded([record("b")])
    newsroom.settle()

    assert newsroom.ingested == ["b"]
