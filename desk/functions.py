"""The event functions, run as Lambda runs them: asynchronously, again when they fail, on time.

One thread, one call at a time. What waits is a heap of calls by when they are due; records of
uploads that wait together go as one event, as S3 may send them. A call that raises is tried
again, each record on its own, and after the last try goes to the failure queue in the shape of
a Lambda destination, so that what reads the queue need not know where it runs.
"""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Handler = Callable[[dict[str, Any], Any], Any]
Event = dict[str, Any]

MAX_TRIES = 3  # Lambda's own: one call and two repeats
BACK_OFF_S = (0.5, 2.0)  # Lambda waits one minute, then two; nobody waits that long at a desk
MAX_RECORDS = 10  # in one event
LONGEST_CALL_MS = 300_000  # the functions' timeout, which nothing enforces here
UPLOADS = "ingest"  # the function that S3's records go to


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What Lambda tells a function about its call."""

    function_name: str
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:local"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    log_group_name: str = "local"
    log_stream_name: str = "local"

    def get_remaining_time_in_millis(self) -> int:
        return LONGEST_CALL_MS


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Call:
    due_at: float  # monotonic seconds
    order: int
    asked_at: float = field(compare=False)
    function: str = field(compare=False)
    event: Event = field(compare=False)
    tried: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """One upload that `ingest` has handled, and how long after S3 told of it."""

    key: str
    ms: int


class Functions:
    """Calls *handlers*, by name, with events. `fail` gets what could not be handled."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        *,
        ingested: Callable[[list[Ingested]], None],
        fail: Callable[[Event, str, Exception], None],
    ) -> None:
        self._handlers = handlers
        self._ingested = ingested
        self._fail = fail
        self._waiting: list[_Call] = []
        self._order = itertools.count()
        self._change = threading.Condition()
        self._busy = self._stopping = False
        self._thread = threading.Thread(target=self._work, name="functions", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, wait_s: float) -> None:
        """Let the call that runs end, for up to *wait_s*; what waits is dropped."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
        self._thread.join(wait_s)

    def uploaded(self, records: list[dict[str, Any]]) -> None:
        """Have S3's records handled by `ingest`."""
        for record in records:
            self._put(UPLOADS, {"Records": [record]})

    def invoke(self, function: str, event: Event) -> None:
        """Have *function* handle an event that somebody sends it. Only uploads are sent so."""
        if function == UPLOADS:
            self.uploaded(event["Records"])

    def every(self, seconds: float, function: str, *, first_in_s: float = 0.0) -> None:
        """Call *function* on a schedule."""
        self._put(function, {"every_s": seconds}, in_s=first_in_s)

    def wait_until_idle(self, stop: threading.Event) -> None:
        """Return when no upload waits or is being handled, or when *stop* is set."""
        while not stop.is_set():
            with self._change:
                waiting = any(call.function == UPLOADS for call in self._waiting)
                if not waiting and not self._busy:
                    return
                self._change.wait(0.2)

    def _put(self, function: str, event: Event, *, in_s: float = 0.0, tried: int = 0,
             asked_at: float | None = None) -> None:  # fmt: skip
        now = time.monotonic()
        call = _Call(
            due_at=now + in_s,
            order=next(self._order),
            asked_at=now if asked_at is None else asked_at,
            function=function,
            event=event,
            tried=tried,
        )
        with self._change:
            heapq.heappush(self._waiting, call)
            self._change.notify_all()

    def _work(self) -> None:
        while calls := self._next():
            try:
                self._call(calls)
            except Exception:  # noqa: BLE001 - what is told of a call must not end all calls
                traceback.print_exc()
            finally:
                with self._change:
                    self._busy = False
                    self._change.notify_all()

    def _next(self) -> list[_Call]:
        """Wait for the next call that is due, and take the uploads that wait with it."""
        with self._change:
            while not self._stopping:
                wait_s = self._waiting[0].due_at - time.monotonic() if self._waiting else None
                if wait_s is not None and wait_s <= 0:
                    calls = [heapq.heappop(self._waiting)]
                    while self._joins(calls):
                        calls.append(heapq.heappop(self._waiting))
                    self._busy = True
                    return calls
                self._change.wait(wait_s)
            return []

    def _joins(self, calls: list[_Call]) -> bool:
        """Tell whether the next call is an upload, new like those in *calls*, and due."""
        if not self._waiting or len(calls) >= MAX_RECORDS:
            return False
        call, head = self._waiting[0], calls[0]
        alike = call.function == head.function == UPLOADS and call.tried == head.tried == 0
        return alike and call.due_at <= time.monotonic()

    def _call(self, calls: list[_Call]) -> None:
        first = calls[0]
        if first.function == UPLOADS:
            event = {"Records": [record for call in calls for record in call.event["Records"]]}
        else:
            event = tick(first.function)
            # Before the call: a schedule goes on when its function fails.
            self._put(first.function, first.event, in_s=first.event["every_s"])
        try:
            self._handlers[first.function](event, Context(function_name=first.function))
        except Exception as error:  # noqa: BLE001 - Lambda's own: whatever it is, it is retried
            traceback.print_exc()
            self._again_or_fail(calls, error)
            return
        if first.function == UPLOADS:
            self._ingested([_told(call) for call in calls])

    def _again_or_fail(self, calls: list[_Call], error: Exception) -> None:
        for call in calls:
            if call.function != UPLOADS:
                continue  # the schedule's next tick is its next try
            if call.tried + 1 < MAX_TRIES:
                self._put(
                    call.function,
                    call.event,
                    in_s=BACK_OFF_S[call.tried],
                    tried=call.tried + 1,
                    asked_at=call.asked_at,
                )
            else:
                self._fail(_destination(call, error), _told(call).key, error)


def _told(call: _Call) -> Ingested:
    from urllib.parse import unquote_plus

    (record,) = call.event["Records"]
    ms = round((time.monotonic() - call.asked_at) * 1000)
    return Ingested(key=unquote_plus(record["s3"]["object"]["key"]), ms=ms)


def tick(function: str) -> Event:
    """Return the event that a schedule's rule sends."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:123456789012:rule/{function}"],
        "detail": {},
    }


def _destination(call: _Call, error: Exception) -> Event:
    """Return what Lambda sends to a failure destination."""
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{call.function}",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": call.tried + 1,
        },
        "requestPayload": call.event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "stackTrace": json.loads(json.dumps(traceback.format_tb(error.__traceback__))),
        },
    }
