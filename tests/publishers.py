"""Other publishers' servers, on loopback: some as they should be, most as they should not."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import SSLContext

Handler = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request to a publisher. Their servers end when the test does, whatever they do."""

    protocol_version = "HTTP/1.1"
    publisher: Publisher

    def do_GET(self) -> None:
        self.publisher.asked.append((self.path, dict(self.headers)))
        self.close_connection = True
        try:
            self.publisher.pages[self.path](self)
            self.wfile.flush()
        except OSError:
            return  # who asks has hung up, which is what such a test is about

    def answer(self, status: int, data: bytes = b"", **headers: str) -> None:
        self.head(status, **{"Content-Length": str(len(data)), **headers})
        self.wfile.write(data)

    def head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def trickle(self, piece: bytes) -> None:
        """Send *piece* again and again, slowly, for as long as anyone reads."""
        while not self.publisher.closing.wait(0.02):
            self.wfile.write(piece)
            self.wfile.flush()

    def pour(self, piece: bytes) -> None:
        """Send *piece* again and again, for as long as anyone reads."""
        while not self.publisher.closing.is_set():
            self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Publisher:
    """A server and its pages by path; `asked` is what came in."""

    url: str = ""
    pages: dict[str, Handler] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def serve(self, path: str, handler: Handler) -> str:
        """Put a page at *path*; return its address."""
        self.pages[path] = handler
        return self.url + path

    def publish(self, path: str, feed: str | bytes, **headers: str) -> str:
        """Put a feed at *path* that has not changed for those who know its ETag."""
        data = feed.encode() if isinstance(feed, str) else feed
        etag = f'"{hash(data)}"'

        def page(request: Request) -> None:
            if request.headers.get("If-None-Match") == etag:
                request.answer(304, ETag=etag)
            else:
                request.answer(200, data, ETag=etag, **{"Content_Type": "text/xml", **headers})

        return self.serve(path, page)

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        return self.serve(path, lambda request: request.answer(status, Location=to))


def hang(request: Request) -> None:
    """Say nothing, for as long as anyone waits."""
    request.publisher.closing.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def publisher(tls: SSLContext | None = None) -> Iterator[Publisher]:
    """Serve a publisher's pages on loopback."""
    told = Publisher()
    handler = type("Handler", (Request,), {"publisher": told})
    server = _Server(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    told.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        told.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def certificate(folder: Path, name: str) -> Path:
    """Write a certificate for *name* that is its own authority, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
