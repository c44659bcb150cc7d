"""A function as Lambda starts it: a fresh process on Lambda's own runtime client.

The code lies alone in a folder that cannot be written, as unpacked from its zip; beside it on the
path stand only what Lambda brings (awslambdaric, boto3 and what they need) and the standard
library. A small Runtime API on loopback hands out the events and takes the answers.

What is measured is the process's own CPU time: on a busy machine it hardly differs from that on
a quiet one, and on Lambda it is what memory buys. Linux alone tells one process that of another.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

API = "/2018-06-01/runtime"
LONGEST_S = 120.0  # from a start to its first request for an event, and for each answer
_BROUGHT_BY_LAMBDA = (
    "awslambdaric", "snapshot-restore-py", "simplejson",
    "boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3",
)  # fmt: skip
_BOOT = """
import sys
sys.path[:0] = sys.argv[1:3]
from awslambdaric.__main__ import main
main(["bootstrap", sys.argv[3]])
"""


class Failed(Exception):
    """A function that did not answer as it should; the text is what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one call gave; `cpu_ms` lasts until the function asks for its next event."""

    value: Any
    cpu_ms: float
    body_bytes: int


def runtime_folder(folder: Path) -> Path:
    """Fill *folder* with what Lambda brings, as it is installed here, and nothing else."""
    for name in _BROUGHT_BY_LAMBDA:
        installed = metadata.distribution(name)
        tops = {file.parts[0] for file in installed.files or ()}
        for top in tops - {"..", "__pycache__"}:
            (folder / top).symlink_to(str(installed.locate_file(top)))
    return folder


class Function(AbstractContextManager["Function"]):
    """One process of *handler*, started when it is entered; `start_cpu_ms` is until it waits."""

    def __init__(
        self, handler: str, *, code: Path, runtime: Path, environ: Mapping[str, str],
        memory_mb: int = 512,
    ) -> None:  # fmt: skip
        self._api = _RuntimeApi()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed on exit
        own = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_SESSION_TOKEN": "local",
            "_HANDLER": handler,
            "LAMBDA_TASK_ROOT": str(code),
            "LAMBDA_RUNTIME_DIR": str(runtime),
            "PYTHONDONTWRITEBYTECODE": "1",  # as in a folder that cannot be written
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PATH": os.defpath,
        }
        python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
        words = [str(python), "-s", "-S", "-c", _BOOT, str(code), str(runtime), handler]
        self._command = words, {**environ, **own}, str(code)
        self.start_cpu_ms = 0.0

    def __enter__(self) -> Self:
        self._api.start()
        words, environ, folder = self._command
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            words, env=environ, cwd=folder, stdout=self._log, stderr=self._log
        )
        try:
            self._next("next")
        except BaseException:
            self._end()
            raise
        self.start_cpu_ms = self.cpu_ms()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def call(self, event: Mapping[str, Any]) -> Answered:
        """Have the function handle *event*. Raises Failed where it raises."""
        before = self.cpu_ms()
        self._api.events.put(json.dumps(event).encode())
        body = self._next("response")
        self._next("next")
        return Answered(value=json.loads(body), cpu_ms=self.cpu_ms() - before, body_bytes=len(body))

    def cpu_ms(self) -> float:
        """CPU time of the process so far, its threads included, those that have ended too."""
        clock = (~self._process.pid << 3) | 2  # clock_getcpuclockid(3), as Linux makes it
        return time.clock_gettime(clock) * 1000

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        (line,) = (one for one in status.splitlines() if one.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def _next(self, wanted: str) -> bytes:
        """Wait for what the function tells the Runtime API next."""
        ends_at = time.monotonic() + LONGEST_S
        while time.monotonic() < ends_at and self._process.poll() is None:
            try:
                kind, body = self._api.told.get(timeout=1)
            except queue.Empty:
                continue
            if kind == wanted:
                return body
            raise Failed(f"{kind}: {body.decode()}\n{self.log()}")
        raise Failed(f"no {wanted}, exit status {self._process.poll()}\n{self.log()}")

    def log(self) -> str:
        """What the function wrote last."""
        self._log.seek(0)
        return self._log.read().decode()[-4_000:]

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._api.stop()
        self._log.close()


class _RuntimeApi(ThreadingHTTPServer):
    """Lambda's Runtime API: `events` go out, what the function does is `told`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: queue.Queue[bytes | None] = queue.Queue()
        self.told: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that broke: its process was ended."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        self.events.put(None)
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _RuntimeApi

    def do_GET(self) -> None:
        self.server.told.put(("next", b""))
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        self._send(
            200,
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + LONGEST_S) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": (
                    "arn:aws:lambda:us-east-1:123456789012:function:bench"
                ),
                "Content-Type": "application/json",
            },
        )

    def do_POST(self) -> None:
        body = self._body()
        self.server.told.put((self.path.rpartition("/")[2], body))  # "response" or "error"
        self._send(202, b"{}", {"Content-Type": "application/json"})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing of each request."""
