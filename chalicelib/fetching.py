"""Asking other publishers' servers for their feeds: the only place that talks to strangers.

A server may be slow, endless, broken or hostile, and its address may lead inside the network
that asks. So a host is resolved once, every address that it has must be public, and the
connection goes to the address that was checked, while certificate and Host header are held to
the name; each redirect is a new address and starts from there. Whatever happens, an answer
comes within the time limit and holds no more than the bytes that are allowed.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

from chalicelib.core import hosts
from chalicelib.core.clean import one_line
from chalicelib.core.errors import FeedUnreachable
from chalicelib.core.hosts import Place
from chalicelib.core.limits import (
    MAX_FEED_BYTES,
    MAX_HOST_ADDRESSES,
    MAX_REDIRECTS,
    MAX_VALIDATOR_LENGTH,
)
from chalicelib.core.watch import Answer, Feed

AT_ONCE = 24  # feeds: a run of watch.MAX_FEEDS that all hang ends within the function's time
CONNECT_S = 5.0
TOTAL_S = 15.0  # of one feed, redirects included
_CHUNK_BYTES = 64 * 1024
_ACCEPTED = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)

Resolve = Callable[..., list[tuple[Any, ...]]]  # as socket.getaddrinfo


class Fetcher:
    """Asks for feeds, many at once. *agent* says who asks; *resolve* names a host's addresses.

    With *loopback_allowed* this machine itself may be asked too, on any port: a local stage's
    publishers may live there.
    """

    def __init__(
        self,
        *,
        agent: str,
        loopback_allowed: bool = False,
        resolve: Resolve = socket.getaddrinfo,
        tls: ssl.SSLContext | None = None,
        connect_s: float = CONNECT_S,
        total_s: float = TOTAL_S,
    ) -> None:
        self._agent = agent
        self._loopback_allowed = loopback_allowed
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()
        self._connect_s = connect_s
        self._total_s = total_s

    def __call__(self, feeds: Iterable[Feed]) -> Iterator[tuple[Feed, Answer]]:
        """Yield each feed with its answer, as they come."""
        waiting: dict[Future[Answer], Feed] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for feed in feeds:
                waiting[pool.submit(self.ask, feed)] = feed
                # No more than are asked at once: answers that wait to be read fill the memory.
                if len(waiting) >= AT_ONCE:
                    yield from _first(waiting)
            while waiting:
                yield from _first(waiting)

    def ask(self, feed: Feed) -> Answer:
        """Return what *feed*'s server answers, following redirects. Raises nothing of its own."""
        try:
            return self._followed(feed, until=time.monotonic() + self._total_s)
        except FeedUnreachable as error:
            return Answer(problem=str(error))
        except TimeoutError:
            return Answer(problem="Its server does not answer in time.")
        except socket.gaierror:
            return Answer(problem="Its host is not known.")
        except ssl.SSLCertVerificationError:
            return Answer(problem="Its server's certificate is not that of its host.")
        except (OSError, http.client.HTTPException, zlib.error, ValueError):
            return Answer(problem="Its server does not answer as it should.")

    def _followed(self, feed: Feed, *, until: float) -> Answer:
        address, moved_to, is_permanent = feed.moved_to or feed.address, feed.moved_to, True
        for _ in range(MAX_REDIRECTS + 1):
            place = hosts.place_of(address, loopback_allowed=self._loopback_allowed)
            with closing(self._connected(place, until=until)) as sock:
                response = self._response(place, feed, _Wire(sock, until=until))
                location = response.headers.get("Location", "")
                if response.status not in (301, 302, 303, 307, 308) or not location:
                    return _answer(response, address=address, moved_to=moved_to)
            # Headers are read as Latin-1; what is sent is UTF-8, where it is not ASCII.
            place_told = location.encode("latin-1", "replace").decode("utf-8", "replace")
            address = urljoin(address, place_told.strip())
            is_permanent = is_permanent and response.status in (301, 308)
            moved_to = address if is_permanent else moved_to
        raise FeedUnreachable("It redirects and does not come to an end.")

    def _connected(self, place: Place, *, until: float) -> socket.socket:
        """Connect to one of the addresses of *place*, all of which are checked."""
        found = self._resolve(place.host, place.port, type=socket.SOCK_STREAM)
        hosts.check_public(
            (str(address[0]) for *_, address in found), loopback_allowed=self._loopback_allowed
        )
        problem: OSError = socket.gaierror("no address")
        for family, kind, protocol, _, address in found[:MAX_HOST_ADDRESSES]:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(min(self._connect_s, _left(until)))
                sock.connect(address)
                if place.scheme == "http":
                    return sock
                sock.settimeout(_left(until))  # of the whole handshake
                return self._tls.wrap_socket(sock, server_hostname=place.host.rstrip("."))
            except OSError as error:
                sock.close()
                problem = error
        raise problem

    def _response(self, place: Place, feed: Feed, wire: _Wire) -> http.client.HTTPResponse:
        headers = {
            "Host": place.authority,
            "User-Agent": self._agent,
            "Accept": _ACCEPTED,
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        if feed.etag is not None:
            headers["If-None-Match"] = feed.etag
        if feed.last_modified is not None:
            headers["If-Modified-Since"] = feed.last_modified
        connection = http.client.HTTPConnection(place.host)
        connection.sock = wire
        connection.request("GET", place.target, headers=headers)
        return connection.getresponse()


class _Wire:
    """A connected socket as http.client uses one, all of whose calls end by one moment.

    A socket's own time limit is one of each read: a server that sends a byte a second meets it.
    """

    def __init__(self, sock: socket.socket, *, until: float) -> None:
        self._sock = sock
        self._until = until

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_left(self._until))
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock, until=self._until))

    def close(self) -> None:
        """Leave the socket open: who connected it closes it, when the response is read."""


class _Incoming(io.RawIOBase):
    """What comes in over a socket until a moment."""

    def __init__(self, sock: socket.socket, *, until: float) -> None:
        self._sock = sock
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # a buffer has no type before 3.12
        self._sock.settimeout(_left(self._until))
        return self._sock.recv_into(buffer)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _first(waiting: dict[Future[Answer], Feed]) -> Iterator[tuple[Feed, Answer]]:
    """Wait for the next answers; yield them and take them from *waiting*."""
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        yield waiting.pop(future), future.result()


def _answer(response: http.client.HTTPResponse, *, address: str, moved_to: str | None) -> Answer:
    headers = response.headers
    return Answer(
        status=response.status,
        address=address,
        data=_body(response) if response.status == HTTPStatus.OK else b"",
        content_type=headers.get("Content-Type", ""),
        etag=_validator(headers.get("ETag")),
        last_modified=_validator(headers.get("Last-Modified")),
        retry_after=headers.get("Retry-After", ""),
        moved_to=moved_to,
    )


def _validator(value: str | None) -> str | None:
    """Return what a header says if it can be sent back: a folded one holds line ends."""
    said = value or ""
    return said if said and said == one_line(said) and len(said) <= MAX_VALIDATOR_LENGTH else None


def _body(response: http.client.HTTPResponse) -> bytes:
    """Return the whole body, unpacked. Raises FeedUnreachable for too much of it, or a part."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    pieces: Iterator[bytes] = iter(lambda: response.read(_CHUNK_BYTES), b"")
    if encoding in ("gzip", "x-gzip", "deflate"):
        pieces = _unpacked(pieces)
    elif encoding not in ("", "identity"):
        raise FeedUnreachable("It is packed in a way that nobody asked for.")
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > MAX_FEED_BYTES:
            raise FeedUnreachable(f"It has more than {MAX_FEED_BYTES:,} bytes.")
    if response.length:  # what was announced and did not come
        raise FeedUnreachable("It breaks off.")
    return bytes(whole)


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip or zlib, a bounded piece at a time: a bomb is not let go off to be measured."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # of either, by its head
    for piece in pieces:
        left = piece
        while left and not unpacker.eof:
            yield unpacker.decompress(left, _CHUNK_BYTES)
            left = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise FeedUnreachable("It breaks off.")
