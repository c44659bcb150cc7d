"""HTTP in, an API Gateway event through, HTTP out."""

import base64
import json
import socket
import threading
from http.client import HTTPConnection

import pytest
from chalice import Chalice, CORSConfig, Response

from desk import gateway as module
from desk.gateway import Answer, Gateway, Request, SiteServer

PIXEL = base64.b64decode("iVBORw0KGgo=") + bytes(range(256))


@pytest.fixture(scope="module")
def app():
    app = Chalice(app_name="small")
    app.api.binary_types = ["*/*"]

    def echo(**given):
        event = app.current_request.to_original_event()
        body = json.dumps({"given": given, "event": event}).encode()
        return Response(body, headers={"Content-Type": "application/json"})

    @app.route("/", methods=["GET", "HEAD"])
    def front():
        return Response(b"front", headers={"Content-Type": "text/html", "ETag": '"e"'})

    @app.route("/pixel.png")
    def pixel():
        return Response(PIXEL, headers={"Content-Type": "image/png", "Content-Length": "7"})

    @app.route("/unchanged")
    def unchanged():
        return Response(b"", status_code=304, headers={"Content-Type": "text/html", "ETag": '"e"'})

    @app.route("/cookies")
    def cookies():
        return Response(b"", headers={"Content-Type": "text/html", "Set-Cookie": ["a=1", "b=2"]})

    @app.route("/echo", methods=["GET", "POST"], cors=CORSConfig(max_age=600))
    def plain():
        return echo()

    @app.route("/a/{id}/{slug}")
    def article(id, slug):  # noqa: A002
        return echo(id=id, slug=slug)

    @app.route("/a/{id}/source")
    def source(id):  # noqa: A002
        return echo(id=id, is_source=True)

    @app.route("/broken")
    def broken():
        raise ValueError("a secret")

    return app


@pytest.fixture(scope="module")
def gateway(app):
    return Gateway(app, not_found=lambda path: Answer(status=404, headers=(), body=path.encode()))


def get(gateway, target, method="GET", **words):
    headers = [("Accept", "*/*"), *words.pop("headers", ())]
    return gateway.answer(Request(method=method, target=target, headers=headers, **words))


def seen(gateway, target, **words):
    answer = get(gateway, target, **words)
    assert answer.status == 200
    return json.loads(answer.body)


def test_a_path_keeps_its_encoding_and_a_query_loses_it(gateway):
    told = seen(gateway, "/a/x%2Fy/caf%C3%A9?q=caf%C3%A9&tag=a+b&tag=c%26d&empty=&bad=%ff")

    event = told["event"]
    assert told["given"] == {"id": "x%2Fy", "slug": "caf%C3%A9"}
    assert event["resource"] == event["requestContext"]["resourcePath"] == "/a/{id}/{slug}"
    assert event["path"] == event["requestContext"]["path"] == "/a/x%2Fy/caf%C3%A9"
    assert event["pathParameters"] == {"id": "x%2Fy", "slug": "caf%C3%A9"}
    assert event["queryStringParameters"] == {
        "q": "café", "tag": "c&d", "empty": "", "bad": "\ufffd"
    }  # fmt: skip
    assert event["multiValueQueryStringParameters"]["tag"] == ["a b", "c&d"]


def test_what_is_not_there_is_null_as_on_aws(gateway):
    event = seen(gateway, "/echo")["event"]

    for name in ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters"):
        assert event[name] is None
    assert (event["body"], event["isBase64Encoded"]) == (None, False)


def test_a_repeated_header_keeps_its_values_and_its_last_is_the_plain_one(gateway):
    headers = [("X-Tag", "a"), ("x-tag", "b"), ("If-None-Match", '"e"')]
    event = seen(gateway, "/echo", headers=headers)["event"]

    assert event["headers"]["X-Tag"] == "b"
    assert event["multiValueHeaders"]["X-Tag"] == ["a", "b"]
    assert event["headers"]["If-None-Match"] == '"e"'


def test_a_literal_part_wins_over_a_parameter(gateway):
    assert seen(gateway, "/a/1/source")["given"] == {"id": "1", "is_source": True}


@pytest.mark.parametrize("target", ["/a/1", "/a/1/", "/a//x", "/echo/", "/A/1/x", "/nothing", "*"])
def test_an_unknown_path_is_the_sites_own_404(gateway, target):
    answer = get(gateway, target)

    assert (answer.status, answer.body) == (404, target.encode())


def test_an_unknown_method_is_told_which_are_known(gateway):
    answer = get(gateway, "/echo", method="DELETE")

    assert answer.status == 405
    assert dict(answer.headers)["Allow"] == "GET, POST"
    assert dict(answer.headers)["Content-Type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == 405


def test_a_route_open_to_other_sites_answers_their_preflight(gateway):
    answer = get(gateway, "/echo", method="OPTIONS")

    assert answer.status == 200
    assert dict(answer.headers)["Access-Control-Allow-Origin"] == "*"
    assert dict(answer.headers)["Access-Control-Allow-Methods"] == "GET,OPTIONS,POST"
    assert get(gateway, "/", method="OPTIONS").status == 405


def test_bytes_survive_both_ways(gateway):
    assert get(gateway, "/pixel.png").body == PIXEL

    event = seen(gateway, "/echo", method="POST", body=PIXEL,
                 headers=[("Content-Type", "application/json")])["event"]  # fmt: skip
    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == PIXEL


def test_a_header_of_several_values_is_several_headers(gateway):
    cookies = [value for name, value in get(gateway, "/cookies").headers if name == "Set-Cookie"]

    assert cookies == ["a=1", "b=2"]


# Over the wire


@pytest.fixture(scope="module")
def port(gateway):
    listener = socket.create_server(("127.0.0.1", 0))
    server = SiteServer(listener, gateway)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def connection(port):
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()


def exchange(connection, method, path, body=None, **headers):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def test_one_connection_serves_many_requests_and_head_has_no_body(connection):
    assert exchange(connection, "GET", "/", Accept="*/*")[2] == b"front"
    opened = connection.sock
    status, headers, body = exchange(connection, "HEAD", "/", Accept="*/*")
    assert (status, headers["Content-Length"], headers["ETag"], body) == (200, "5", '"e"', b"")
    status, headers, body = exchange(connection, "GET", "/unchanged", Accept="*/*")
    assert (status, headers["Content-Length"], headers["ETag"], body) == (304, None, '"e"', b"")
    status, headers, body = exchange(connection, "GET", "/pixel.png", Accept="*/*")
    assert (headers.get_all("Content-Length"), body) == ([str(len(PIXEL))], PIXEL)
    assert exchange(connection, "GET", "/broken", Accept="*/*")[0] == 500
    assert exchange(connection, "GET", "/nothing")[0] == 404
    assert connection.sock is opened


def talk(port, data, *, half_close=True):
    """Send bytes as they are and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(data)
        if half_close:
            wire.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := wire.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST /echo HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    ],
)
def test_what_is_no_sound_request_is_refused_and_the_connection_closed(port, data, status):
    answer = talk(port, data)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in answer
    assert b"application/problem+json" in answer


def test_a_method_that_nobody_has_heard_of_is_told_which_are_known(port):
    answer = talk(port, b"BREW / HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"Allow: GET, HEAD\r\n" in answer


def test_a_proxys_client_and_an_old_one_are_served(port):
    absolute = b"GET http://127.0.0.1/ HTTP/1.1\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    assert talk(port, absolute).endswith(b"front")
    assert talk(port, b"GET / HTTP/1.0\r\nAccept: */*\r\n\r\n").endswith(b"front")


def test_a_client_that_says_nothing_is_let_go(port, monkeypatch):
    monkeypatch.setattr(module._Handler, "timeout", 0.1)

    assert talk(port, b"GET / HTTP/1.1\r\nX: half", half_close=False) == b""
