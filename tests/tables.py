"""DynamoDB on loopback: the tables that moto holds in this process, as the functions reach them.

moto answers boto3 where it stands; the functions' own client asks over HTTP. So HTTP is spoken
here, as little of it as that client needs, and moto is handed the request as from boto3.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPMessage, parse_headers
from socketserver import StreamRequestHandler, ThreadingTCPServer

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber

ADDRESS = "https://dynamodb.us-east-1.amazonaws.com/"


class Tables(ThreadingTCPServer):
    """Answers until it is shut down."""

    daemon_threads = True

    @property
    def address(self) -> str:
        return "http://{}:{}".format(*self.server_address)


def answer(headers: HTTPMessage, body: bytes) -> tuple[int, bytes]:
    """Return the status and the body with which moto answers."""
    told_in = HTTPHeaders.from_dict(dict(headers))
    request = AWSPreparedRequest("POST", ADDRESS, told_in, body, stream_output=False)
    answered = BotocoreStubber().process_request(request)
    assert answered is not None
    status, _, told = answered
    return status, told.encode() if isinstance(told, str) else told


class _Connection(StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while self.rfile.readline():
            headers = parse_headers(self.rfile)
            body = self.rfile.read(int(headers["Content-Length"]))
            status, told = answer(headers, body)
            head = f"HTTP/1.1 {status} \r\nContent-Length: {len(told)}\r\n\r\n"
            self.wfile.write(head.encode() + told)


@contextmanager
def served() -> Iterator[Tables]:
    """Serve the tables until the end of the block."""
    with Tables(("127.0.0.1", 0), _Connection) as tables:
        thread = threading.Thread(target=tables.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield tables
        tables.shutdown()
        thread.join()
