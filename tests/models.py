"""An article, what a good model writes of it, and a Bedrock on loopback that says it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chalicelib.core import summary, written
from chalicelib.core.article import Block, Body
from chalicelib.core.written import Assignment

MODEL_ID = "example.writer-v1:0"
HEADLINE = "Ferry Skerrin returns to the Callport line"
FERRY = (
    "The ferry Skerrin returned to service on the Callport line after repairs to her rudder.",
    "The harbour board said on Tuesday that 214 passengers were on the first crossing.",
    "“We have tested every part of her,” said Maren Holt, who runs the line.",
    "“She is ready.”",
    "The vessel ran aground in fog in October, when strong currents pushed her off her course.",
    "The pilot allegedly mistook one buoy for another, according to the board's report.",
    "Nobody was hurt, but 61 passengers had to be taken ashore in boats during the night.",
    "Repairs cost 1.2 million crowns, the board said, of which insurers will pay two thirds.",
    "Traders in Callport had lost a third of their autumn sales, according to their guild.",
    "The council will vote next month on a timetable with four crossings a day.",
    "A second ferry, the Ostrey, will go to the yard in January for the same work.",
    "The yard has set aside three weeks for the Ostrey, its director said.",
    "Fares stay as they are until the spring, Holt said, and then rise by five per cent.",
)
GOOD: dict[str, Any] = {
    "paragraph": [
        {
            "text": "The ferry Skerrin is back in service on the Callport line after repairs to "
            "her rudder, with 214 passengers on the first crossing, the harbour board said.",
            "sentences": ["s1", "s2"],
        },
        {"text": FERRY[4], "sentences": ["s5"]},
        {"text": FERRY[6], "sentences": ["s7"]},
        {"text": FERRY[8], "sentences": ["s9"]},
    ],
    "key_points": [
        {
            "text": "Repairs cost 1.2 million crowns, of which insurers will pay two thirds, "
            "the board said.",
            "sentences": ["s8"],
        },
        {"text": FERRY[5], "sentences": ["s6"]},
        {
            "text": "Fares stay as they are until the spring and then rise by five per cent, "
            "Holt said.",
            "sentences": ["s13"],
        },
        {
            "text": "The council will vote next month on four crossings a day.",
            "sentences": ["s10"],
        },
    ],
}


def body(*paragraphs: str) -> Body:
    """Return a body of these paragraphs."""
    blocks, at = [], 0
    for text in paragraphs:
        blocks.append(Block(kind="paragraph", start=at, end=at + len(text)))
        at += len(text) + 2
    return Body(html="", text="\n\n".join(paragraphs), blocks=tuple(blocks))


@cache
def ferry() -> Assignment:
    """The article as it is given to a model."""
    made = body(*FERRY)
    return written.assign(
        headline=HEADLINE, body=made, sentences=summary.split(made, language="en"), language="en"
    )


def says(given: Any, *, stopped: str = "tool_use") -> dict[str, Any]:
    """Return Converse's response when a model calls the tool with *given*."""
    use = {"toolUseId": "tooluse_1", "name": "publish_summary", "input": given}
    return {
        "output": {"message": {"role": "assistant", "content": [{"toolUse": use}]}},
        "stopReason": stopped,
        "usage": {"inputTokens": 900, "outputTokens": 300, "totalTokens": 1200},
        "metrics": {"latencyMs": 5},
    }


def in_words(text: str) -> dict[str, Any]:
    """Return Converse's response when a model answers in words."""
    response = says({}, stopped="end_turn")
    response["output"]["message"]["content"] = [{"text": text}]
    return response


@dataclass(frozen=True)
class Error:
    """A response of Bedrock that is no answer."""

    status: int
    type: str


@dataclass(frozen=True)
class Raw:
    """Bytes that come with status 200."""

    data: bytes


@dataclass(frozen=True)
class Late:
    """A response that comes after the client has gone."""

    seconds: float


# What a server does with one call: answer, or act first and then answer.
Said = dict[str, Any] | Error | Raw | Late | Callable[[], dict[str, Any]]


@dataclass
class Bedrock:
    """A server that speaks Converse: the script's responses in order, the last one for ever."""

    script: tuple[Said, ...]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def answer(self, path: str, asked: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        said = self.script[min(len(self.asked), len(self.script) - 1)]
        self.paths.append(path)
        self.asked.append(asked)
        if isinstance(said, Error):
            told = json.dumps({"message": "told by the test"}).encode()
            return said.status, {"x-amzn-ErrorType": said.type}, told
        if isinstance(said, Raw):
            return 200, {}, said.data
        if isinstance(said, Late):
            time.sleep(said.seconds)
            return 200, {}, json.dumps(says(GOOD)).encode()
        return 200, {}, json.dumps(said() if callable(said) else said).encode()


@contextmanager
def bedrock(*script: Said) -> Iterator[Bedrock]:
    """Serve *script* on loopback."""
    told = Bedrock(script)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, data = told.answer(self.path, asked)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                return  # the client waits no longer, which is what such a test is about

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
