"""Asking strangers: whatever a server does, an answer comes, in time, and from outside alone."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.limits import MAX_FEED_BYTES
from chalicelib.core.watch import Answer, Feed
from chalicelib.fetching import Fetcher
from tests.publishers import Publisher, Request, certificate, gzipped, hang, publisher

LIMIT_S = 0.4  # where the limit is what is tested; elsewhere a busy machine has its time
ENOUGH_S = 10.0
FEED = b"<rss version='2.0'><channel/></rss>"


def fetcher(**given: Any) -> Fetcher:
    return Fetcher(
        **{"agent": "Broadsheet", "loopback_allowed": True, "total_s": ENOUGH_S, **given}
    )


def ask(address: str, **given: Any) -> Answer:
    return fetcher(**given).ask(Feed(address=address))


def test_a_feed_is_asked_for_by_name_and_only_if_it_has_changed(courier: Publisher) -> None:
    address = courier.publish("/feed", FEED, Last_Modified="Tue, 24 Mar 2026 09:00:00 GMT")
    first = ask(address)

    again = fetcher(agent="Broadsheet (+https://paper.example)").ask(
        Feed(address=address, etag=first.etag, last_modified=first.last_modified)
    )

    assert (first.status, first.data, first.content_type) == (200, FEED, "text/xml")
    assert (again.status, again.data) == (304, b"")
    told = courier.asked[1][1]
    assert told["Host"] == f"127.0.0.1:{courier.port}"
    assert told["User-Agent"] == "Broadsheet (+https://paper.example)"
    assert told["If-Modified-Since"] == "Tue, 24 Mar 2026 09:00:00 GMT"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "identity"])
def test_a_feed_may_come_packed(courier: Publisher, encoding: str) -> None:
    data = FEED if encoding == "identity" else gzipped(FEED)

    assert ask(courier.publish("/feed", data, Content_Encoding=encoding)).data == FEED


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_told_and_a_temporary_one_followed(
    courier: Publisher, status: int
) -> None:
    courier.publish("/feed", FEED)
    courier.redirect("/temporary", "/feed")
    courier.redirect("/moved", f"{courier.url}/temporary", status)

    answer = ask(courier.url + "/moved")

    assert (answer.status, answer.data) == (200, FEED)
    assert answer.address == courier.url + "/feed"
    assert answer.moved_to == courier.url + "/temporary"
    assert ask(courier.url + "/temporary").moved_to is None
    moved = Feed(address="http://127.0.0.1:1/gone", moved_to=courier.url + "/feed")
    assert fetcher().ask(moved).moved_to == moved.moved_to


def test_what_a_server_says_of_its_state_is_told(courier: Publisher) -> None:
    gone = courier.serve("/gone", lambda request: request.answer(410))
    busy = courier.serve("/busy", lambda request: request.answer(503, Retry_After="120"))

    assert ask(gone).status == 410
    assert (ask(busy).status, ask(busy).retry_after) == (503, "120")


def endless_head(request: Request) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    request.trickle(b"X: y\r\n")


def endless_interim(request: Request) -> None:
    request.trickle(b"HTTP/1.1 100 Continue\r\n\r\n")


def slow_body(request: Request) -> None:
    request.head(200, Content_Length="100000")
    request.trickle(b"<")


def endless_body(request: Request) -> None:
    request.head(200)
    request.pour(b"<item/>" * 10_000)


def endless_chunks(request: Request) -> None:
    request.head(200, Transfer_Encoding="chunked")
    request.pour(b"2710\r\n" + b"x" * 10_000 + b"\r\n")


def bomb(request: Request) -> None:
    request.answer(200, gzipped(b"0" * 100_000_000), Content_Encoding="gzip")


def half(request: Request) -> None:
    request.head(200, Content_Length="99")
    request.wfile.write(FEED)


def half_packed(request: Request) -> None:
    request.answer(200, gzipped(FEED)[:-9], Content_Encoding="gzip")


def noise(request: Request) -> None:
    request.wfile.write(b"\x16\x03\x01\x02" * 99)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (hang, "in time"),
        (endless_head, "in time|as it should"),
        (endless_interim, "in time"),
        (slow_body, "in time"),
        (endless_body, "more than 2,000,000 bytes"),
        (endless_chunks, "more than 2,000,000 bytes"),
        (bomb, "more than 2,000,000 bytes"),
        (half, "breaks off"),
        (half_packed, "breaks off"),
        (noise, "as it should"),
        (lambda request: request.answer(200, b"x", Content_Encoding="br"), "nobody asked"),
        (lambda request: request.answer(200, FEED, Content_Encoding="gzip"), "as it should"),
        (lambda request: request.head(200, Content_Length="x" * 70_000), "as it should"),
        (lambda request: request.answer(302, Location="/loop"), "does not come to an end"),
        (lambda request: request.answer(302, Location="file:///etc/passwd"), "http or https"),
        (lambda request: request.answer(302, Location="http://169.254.169.254/"), "not on the"),
        (lambda request: request.answer(301, Location="http://10.0.0.1/"), "not on the public"),
        (lambda request: request.answer(302, Location="http://[::ffff:127.0.0.1]/"), "not on the"),
        (lambda request: request.answer(302, Location="http://u:p@127.0.0.1/"), "a password"),
        (lambda request: request.answer(302, Location="http://[bad/"), "as it should"),
    ],
)  # fmt: skip
def test_a_server_that_misbehaves_is_left_in_time_with_the_reason(
    courier: Publisher, page: Any, problem: str
) -> None:
    courier.serve("/loop", page)
    before = time.monotonic()

    answer = ask(courier.url + "/loop", total_s=LIMIT_S if "in time" in problem else ENOUGH_S)

    assert time.monotonic() - before < ENOUGH_S
    assert answer.problem is not None
    assert any(part in answer.problem for part in problem.split("|"))
    assert len(answer.data) <= MAX_FEED_BYTES


def test_redirects_share_one_time_limit(courier: Publisher) -> None:
    def slowly(request: Request) -> None:
        request.publisher.closing.wait(LIMIT_S / 3)
        request.answer(302, Location="/loop")

    answer = ask(courier.serve("/loop", slowly), total_s=LIMIT_S)

    assert answer.problem == "Its server does not answer in time."
    assert len(courier.asked) <= 4


def test_a_header_that_cannot_be_sent_back_is_not_kept(courier: Publisher) -> None:
    def folded(request: Request) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nETag: a\r\n b\r\nContent-Length: 0\r\n\r\n")

    assert ask(courier.serve("/feed", folded)).etag is None
    assert ask(courier.publish("/long", FEED, Last_Modified="x" * 2_000)).last_modified is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]"]
)
def test_a_deployed_stage_never_asks_the_machine_that_it_runs_on(
    courier: Publisher, host: str
) -> None:
    courier.publish("/feed", FEED)

    for address in (f"http://{host}:{courier.port}/feed", f"http://{host}/feed"):
        answer = Fetcher(agent="Broadsheet").ask(Feed(address=address))
        assert answer.problem is not None
    assert courier.asked == []


class Names:
    """A resolver: each name's answers, in the order in which it is asked."""

    def __init__(self, courier: Publisher, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): told for name, told in answers.items()}
        self.port = courier.port
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        told = self.answers.get(host)
        if not told:
            raise socket.gaierror(-2, "Name or service not known")
        addresses = told.pop(0) if len(told) > 1 else told[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, self.port))
                for one in addresses.split()]  # fmt: skip


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(courier: Publisher) -> None:
    courier.publish("/feed", FEED)
    names = Names(courier, a_example=["127.0.0.1", "169.254.169.254"])

    assert ask("http://a.example/feed", resolve=names).data == FEED
    assert names.asked == ["a.example"]
    assert courier.asked[0][1]["Host"] == "a.example"
    assert "not on the public" in (ask("http://a.example/feed", resolve=names).problem or "")


def test_a_name_with_one_inner_address_is_not_asked_at_the_others(courier: Publisher) -> None:
    names = Names(courier, a_example=["127.0.0.1 10.0.0.1"])

    assert "not on the public" in (ask("http://a.example/feed", resolve=names).problem or "")
    assert courier.asked == []


def test_each_redirect_is_resolved_and_checked_anew(courier: Publisher) -> None:
    courier.redirect("/feed", "http://inner.example/secret")
    names = Names(courier, a_example=["127.0.0.1"], inner_example=["192.168.1.1"])

    assert "not on the public" in (ask("http://a.example/feed", resolve=names).problem or "")
    assert names.asked == ["a.example", "inner.example"]


def test_the_next_address_of_a_host_is_tried_where_one_refuses(courier: Publisher) -> None:
    courier.publish("/feed", FEED)
    names = Names(courier, a_example=["127.0.0.2 127.0.0.1"])

    assert ask("http://a.example/feed", resolve=names).data == FEED
    assert ask("http://b.example/feed", resolve=names).problem == "Its host is not known."


def test_a_certificate_is_held_to_the_name_and_the_connection_to_the_address(
    tmp_path: Path,
) -> None:
    path = certificate(tmp_path, "a.example")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    trusting = ssl.create_default_context(cafile=str(path))
    with publisher(serving) as secure:
        secure.publish("/feed", FEED)
        names = Names(secure, a_example=["127.0.0.1"], b_example=["127.0.0.1"])

        good = ask("https://a.example/feed", resolve=names, tls=trusting)
        other = ask("https://b.example/feed", resolve=names, tls=trusting)
        unknown = ask("https://a.example/feed", resolve=names)

    assert good.data == FEED
    assert other.problem == unknown.problem
    assert "certificate" in (other.problem or "")
    assert [path for path, _ in secure.asked] == ["/feed"]


def test_many_are_asked_at_once_and_those_that_hang_keep_nobody_waiting(
    courier: Publisher,
) -> None:
    feeds = [Feed(address=courier.serve(f"/hang/{n}", hang)) for n in range(8)]
    feeds += [Feed(address=courier.publish(f"/feed/{n}", FEED)) for n in range(60)]
    before = time.monotonic()

    answers = {feed.address: answer for feed, answer in fetcher(total_s=2.0)(feeds)}

    assert time.monotonic() - before < 8 * 2.0 / 2
    assert answers.keys() == {feed.address for feed in feeds}
    assert sum(answer.status == 200 for answer in answers.values()) == 60
    assert sum(answer.problem is not None for answer in answers.values()) == 8
