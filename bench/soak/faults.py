"""What goes wrong: the embedded AWS, the functions and the events of a newsroom that is soaked."""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desk.embedded import EmbeddedAws

if TYPE_CHECKING:
    import socket
    from wsgiref.types import StartResponse, WSGIEnvironment

NEWSROOM_KEY = "newsroom"  # the access key of those whose calls may fail; editors' never do
Handler = Callable[[dict[str, Any], Any], Any]

_ATTEMPTS = 3  # that the newsroom makes of one call
_WRITES = ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
_ERRORS = (  # by what is called: S3 says it in XML
    ("503 Slow Down", b"<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"),
    ("500 Internal Server Error", b'{"__type": "InternalServerError", "message": "Try again."}'),
)


class UnreliableAws(EmbeddedAws):
    """Fails one in *every* calls of the newsroom, some of them after it has done what was asked.

    What only reads is failed at its first attempt: the second answers, and no reader sees a fault.
    A write is failed at each attempt: the function that made it ends in an error. Attempts at one
    call are known by what they ask for.
    """

    def __init__(self, listener: socket.socket, *, every: int, chance: random.Random) -> None:
        super().__init__(listener)
        self._every = every
        self._chance = chance
        self._fated: dict[tuple[str, ...], list[str]] = {}  # of the attempts to come, by call
        self.failed: Counter[str] = Counter()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        fate = self._fate(environ)
        if fate is None:
            return super().__call__(environ, start_response)
        self.failed[fate] += 1
        if fate == "after":
            list(super().__call__(environ, _unheard))
        else:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, body = _ERRORS["HTTP_X_AMZ_TARGET" in environ]
        start_response(status, [("Content-Length", str(len(body)))])
        return (body,)

    def _fate(self, environ: WSGIEnvironment) -> str | None:
        if f"Credential={NEWSROOM_KEY}/" not in environ.get("HTTP_AUTHORIZATION", ""):
            return None
        call = _asked(environ)
        fates = self._fated.pop(call, None)
        if fates is None:
            if self._chance.randrange(self._every):
                return None
            fate = self._chance.choice(("before", "after"))
            fates = [fate] * (_ATTEMPTS if _is_write(environ) else 1)
        fate, *others = fates
        if others:
            self._fated[call] = others
        return fate


def _asked(environ: WSGIEnvironment) -> tuple[str, ...]:
    """Return what a call asks for; all calls to the table have one address, and differ in it."""
    target, body = environ.get("HTTP_X_AMZ_TARGET", ""), b""
    if target:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = io.BytesIO(body)
    address = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    return environ["REQUEST_METHOD"], *address, target, body.decode()


def _is_write(environ: WSGIEnvironment) -> bool:
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return operation in _WRITES or environ["REQUEST_METHOD"] == "PUT"


def _unheard(*_: Any) -> Callable[[bytes], object]:
    return lambda _: None


class Died(Exception):
    """A function's process was killed."""


def mortal(handler: Handler, *, every: int, chance: random.Random) -> Handler:
    """Let one in *every* calls of *handler* die before its work, and one after it."""

    def call(event: dict[str, Any], context: Any) -> Any:
        fate = chance.randrange(every)
        if fate == 0:
            raise Died("before its work")
        done = handler(event, context)
        if fate == 1:
            raise Died("after its work")
        return done

    return call


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How S3 tells of uploads. Each of *lost*, *twice* and *late* is one in so many."""

    lost: int
    twice: int
    late: int
    late_by: int = 40  # steps of the soak, at most

    def plan(self, chance: random.Random) -> Iterator[int]:
        """Yield after how many steps an event comes, once for each time that it does."""
        if chance.randrange(self.lost) == 0:
            return
        yield chance.randrange(1, self.late_by) if chance.randrange(self.late) == 0 else 0
        if chance.randrange(self.twice) == 0:
            yield chance.randrange(self.late_by)
