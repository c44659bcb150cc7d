"""The site over HTTP, as API Gateway serves it: each request an event, each answer translated.

`Gateway.answer` is the translation (payload 1.0 of a REST API): paths and path parameters stay
percent-encoded, query values come decoded, a repeated name keeps all its values in the
multi-value form and its last in the plain one. `serve` is the HTTP in front of it: keep-alive,
no body to HEAD, bounded in everything a client can make large or slow.

Two answers differ from a bare REST API, which says 403 to both: an unknown path gets the site's
own 404 page (a CDN in front does that on AWS), an unknown method a 405 that lists the known ones.
"""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl

from desk.functions import Context

MAX_BODY_BYTES = 10 * 1024 * 1024  # API Gateway's own limit
MAX_CONNECTIONS = 128  # each holds a thread
IDLE_CLIENT_S = 20  # a connection on which nothing comes is closed
# Set by the server for each answer; the application's own would contradict it.
_OURS = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})


class Application(Protocol):
    """What is asked of a Chalice application."""

    routes: Any  # path -> method -> route entry

    def __call__(self, event: Any, context: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request; `target` is the path and query as the client spelled them."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    client: str = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, complete."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes = b""


class Gateway:
    """Translates requests for one application, which answers one at a time, as in a Lambda."""

    def __init__(self, app: Application, *, not_found: Callable[[str], Answer]) -> None:
        self._app = app
        self._not_found = not_found
        self._one_at_a_time = threading.Lock()  # Chalice's current_request is the application's
        self._routes = [(path, path.split("/")) for path in app.routes]

    def answer(self, request: Request) -> Answer:
        path, _, query = request.target.partition("?")
        resource, parameters = self._resolve(path)
        if resource is None:
            return self._not_found(path)
        methods = self._app.routes[resource]
        if request.method == "OPTIONS" and (preflight := _preflight(methods)):
            return preflight
        if request.method not in methods:
            allowed = ", ".join(sorted(methods))
            detail = f"{request.method} is not possible here, but {allowed}."
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, ("Allow", allowed))
        event = _event(request, path=path, query=query, resource=resource, parameters=parameters)
        with self._one_at_a_time:
            return _answer(self._app(event, Context(function_name="api_handler")))

    def _resolve(self, path: str) -> tuple[str | None, dict[str, str] | None]:
        """Return the resource of *path* and its path parameters; a literal part wins."""
        parts = path.split("/")
        found = [
            (resource, names)
            for resource, names in self._routes
            if len(names) == len(parts) and all(map(_fits, names, parts))
        ]
        if not found:
            return None, None
        resource, names = min(found, key=lambda route: [_is_parameter(name) for name in route[1]])
        given = {n[1:-1]: p for n, p in zip(names, parts, strict=True) if _is_parameter(n)}
        return resource, given or None


def _is_parameter(name: str) -> bool:
    return name.startswith("{")


def _fits(name: str, part: str) -> bool:
    return part != "" if _is_parameter(name) else name == part


def _event(
    request: Request,
    *,
    path: str,
    query: str,
    resource: str,
    parameters: Mapping[str, str] | None,
) -> dict[str, Any]:
    queries = _grouped(parse_qsl(query, keep_blank_values=True, errors="replace"), same=str)
    headers = _grouped(request.headers, same=str.lower)
    now = datetime.now(UTC)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": request.method,
        "headers": _last(headers) or {},
        "multiValueHeaders": headers,
        "queryStringParameters": _last(queries),
        "multiValueQueryStringParameters": queries or None,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "extendedRequestId": "local",
            "httpMethod": request.method,
            "identity": {
                "sourceIp": request.client,
                "userAgent": next(iter(headers.get("User-Agent", ())), None),
            },
            "path": path,  # no stage in front of it: here the site is at the root
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "resourceId": "local",
            "resourcePath": resource,
            "stage": "local",
        },
        "body": base64.b64encode(request.body).decode() if request.body else None,
        "isBase64Encoded": bool(request.body),
    }


def _grouped(
    pairs: Sequence[tuple[str, str]], *, same: Callable[[str], str]
) -> dict[str, list[str]]:
    """Collect the values of names that are the *same*, under the first spelling."""
    groups: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    for name, value in pairs:
        groups.setdefault(spelled.setdefault(same(name), name), []).append(value)
    return groups


def _last(groups: Mapping[str, Sequence[str]]) -> dict[str, str] | None:
    return {name: values[-1] for name, values in groups.items()} or None


def _answer(response: Mapping[str, Any]) -> Answer:
    body = response.get("body") or ""
    data = base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()
    headers = [(name, str(value)) for name, value in (response.get("headers") or {}).items()]
    for name, values in (response.get("multiValueHeaders") or {}).items():
        headers = [header for header in headers if header[0].lower() != name.lower()]
        headers += [(name, str(value)) for value in values]
    kept = [header for header in headers if header[0].lower() not in _OURS]
    return Answer(status=int(response["statusCode"]), headers=kept, body=data)


def _preflight(methods: Mapping[str, Any]) -> Answer | None:
    """Return what API Gateway's mock answers to OPTIONS where a route has `cors`."""
    configured = [entry.cors for entry in methods.values() if entry.cors is not None]
    if "OPTIONS" in methods or not configured:
        return None
    headers = dict(configured[0].get_access_control_headers())
    headers["Access-Control-Allow-Methods"] = ",".join(sorted([*methods, "OPTIONS"]))
    return Answer(status=HTTPStatus.OK, headers=list(headers.items()))


def problem(status: HTTPStatus, detail: str, *headers: tuple[str, str]) -> Answer:
    """Return a problem document (RFC 9457) for what never reaches the application."""
    document = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    about = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
    return Answer(
        status=status, headers=[*about, *headers], body=json.dumps(document).encode() + b"\n"
    )


class SiteServer(ThreadingHTTPServer):
    """HTTP/1.1 in front of a Gateway, on a socket that listens already."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, gateway: Gateway) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.gateway = gateway
        self._connections = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._connections.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)  # at once: one more thread is what cannot be had

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    server: SiteServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_CLIENT_S
    wbufsize = -1  # one segment for the head and the body
    disable_nagle_algorithm = True

    def answer(self) -> None:
        body = self._body()
        if body is None:
            return
        request = Request(
            method=self.command,
            target=_target(self.path),
            headers=[*self.headers.items(), *_forwarded(self.headers, self.server)],
            body=body,
            client=self.client_address[0],
        )
        try:
            answer = self.server.gateway.answer(request)
        except Exception:  # noqa: BLE001 - one request's fault is not the server's end
            traceback.print_exc()
            answer = problem(HTTPStatus.BAD_GATEWAY, "The application did not answer.")
        self._send(answer)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer to every method, `do_GET` and all others: the gateway knows which there are."""
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def _body(self) -> bytes | None:
        """Return the request's body, or None when it was refused and answered."""
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers:
            self.send_error(HTTPStatus.LENGTH_REQUIRED, explain="Send a Content-Length.")
        elif len(set(lengths)) > 1 or not all(n.isascii() and n.isdigit() for n in lengths):
            self.send_error(HTTPStatus.BAD_REQUEST, explain="Content-Length is no number.")
        elif lengths and (len(lengths[0]) > 12 or int(lengths[0]) > MAX_BODY_BYTES):  # noqa: PLR2004
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, explain="10 MB at most.")
        else:
            return self.rfile.read(int(lengths[0])) if lengths else b""
        return None

    def _send(self, answer: Answer) -> None:
        has_body = answer.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if has_body:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request, or one too many, and close: what follows is unknown."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        self.request_version = self.protocol_version  # a head, also to what looked like HTTP/0.9
        self._send(problem(HTTPStatus(code), explain or message or "This is no HTTP request."))

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the client went away: nobody to tell

    def finish(self) -> None:
        try:
            super().finish()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def version_string(self) -> str:
        return "Broadsheet"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the terminal belongs to the uploads."""


def _target(path: str) -> str:
    """Return the target without the `http://host` that a proxy's client puts before it."""
    if path.startswith("/"):
        return path
    _, scheme, rest = path.partition("://")
    return "/" + rest.partition("/")[2] if scheme else path


def _forwarded(headers: Message, server: SiteServer) -> list[tuple[str, str]]:
    """Return the headers that API Gateway adds, where the client has not sent them."""
    added = {"X-Forwarded-Proto": "http", "X-Forwarded-Port": str(server.server_address[1])}
    return [(name, value) for name, value in added.items() if name not in headers]


def is_answered(url: str, *, within_s: float) -> bool:
    """Tell whether a GET of *url* answers 200 before the time is up."""
    import urllib.error
    import urllib.request

    until = time.monotonic() + within_s
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < until:
        try:
            with direct.open(url, timeout=within_s) as answer:
                if answer.status == HTTPStatus.OK:
                    return True
        except OSError:
            traceback.print_exc()
        time.sleep(0.1)
    return False
