"""What the worst file of each format that is accepted, or refused late, costs ingest.

Each is made at the limits and read in a process of its own, by the code of the function: its
processor time as a share of the function's timeout, its memory at the peak, libraries included,
as a share of the function's. Both must stay below a half: a function has its calls to make too,
and Lambda's processor is a part of this machine's.

python -m bench.worst
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from chalicelib.core import limits
from tests.core.formats import documents

FUNCTION = json.loads(
    (Path(__file__).parents[1] / ".chalice" / "config.json").read_text(encoding="utf-8")
)["stages"]["prod"]["lambda_functions"]["ingest"]
HALF = 0.5
_NOW = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
_TAGS = limits.MAX_ELEMENTS - 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one file took: seconds of the processor, bytes at the peak, and what became of it."""

    outcome: str
    seconds: float
    peak_bytes: int

    @property
    def shares(self) -> tuple[float, float]:
        """Of the function's time and of its memory."""
        memory = FUNCTION["lambda_memory_size"] * 1024 * 1024
        return self.seconds / FUNCTION["lambda_timeout"], self.peak_bytes / memory


def _markdown(mark: str) -> bytes:
    return b"# Ferry\n\n" + mark.encode() * (limits.MAX_MARKDOWN_LENGTH // len(mark) - 9)


def _page(part: str) -> bytes:
    return f"<html><body><article><h1>Ferry</h1>{part * (_TAGS // part.count('<'))}".encode()


def _word() -> bytes:
    run = "<w:r><w:t>a</w:t></w:r>"
    paragraphs = limits.MAX_WORD_TAGS // 10
    return documents.docx(
        documents.p("Ferry", "Title") + f"<w:p>{run}</w:p>" * min(paragraphs, _TAGS)
    )


def _mail() -> bytes:
    head = "From: a@b.example\nSubject: Ferry\nContent-Type: multipart/mixed; boundary=b\n\n"
    part = "--b\nContent-Type: text/html\n\n" + "<p>word word word</p>" * 28 + "\n"
    return (head + part * (limits.MAX_MAIL_PARTS - 1)).encode()


def _image(mode: str, kind: str, *, is_turned: bool = False) -> bytes:
    from PIL import Image

    out, exif = BytesIO(), Image.Exif()
    if is_turned:
        exif[0x0112] = 6  # its orientation: a quarter to the right
    side = int(limits.MAX_IMAGE_PIXELS**0.5)
    Image.new(mode, (side, side)).save(out, kind, **({"exif": exif} if is_turned else {}))
    return out.getvalue()


def _drawing() -> bytes:
    shape = '<rect width="1600" height="1600" fill-opacity=".5"/>'
    shapes = shape * (limits.MAX_SVG_WORK // (700 * 700))
    size = 'width="1600" height="1600"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{shapes}</svg>'.encode()


WORST: dict[str, tuple[str, Callable[[], bytes]]] = {
    "Markdown, lists in lists": ("a.md", lambda: _markdown("* * a\n")),
    "Markdown, empty headings": ("a.md", lambda: _markdown("#\n")),
    "Markdown, tables": ("a.md", lambda: _markdown("|a|b|\n|-|-|\n")),
    "text": ("a.txt", lambda: b"Ferry\n\n" + b"Word. " * (limits.MAX_TEXT_BYTES // 6 - 9)),
    "HTML, paragraphs": ("a.html", lambda: _page("<p>word word word</p>")),
    "HTML, never closed": ("a.html", lambda: _page("<li>x")),
    "NITF": ("a.xml", lambda: documents.nitf("<p>word word</p>" * (_TAGS // 2))),
    "JSON": (
        "a.json",
        lambda: json.dumps({"headline": "x", "body_html": _page("<p>x</p>").decode()}).encode(),
    ),
    "Word": ("a.docx", _word),
    "mail": ("a.eml", _mail),
    "PNG with alpha": ("media/a.png", lambda: _image("RGBA", "PNG")),
    "PNG with alpha, turned": ("media/a.png", lambda: _image("RGBA", "PNG", is_turned=True)),
    "PNG of 16 bits": ("media/a.png", lambda: _image("I;16", "PNG")),
    "GIF": ("media/a.gif", lambda: _image("L", "GIF")),
    "JPEG, CMYK": ("media/a.jpg", lambda: _image("CMYK", "JPEG")),
    "SVG": ("media/a.svg", _drawing),
}


def cost(key: str, data: bytes) -> Cost:
    """Fold *data* as the first version of *key* in a process of its own."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        told: dict[str, Any] = {"outcome": "crash"}
        try:
            started = time.process_time()
            told = {"outcome": _folded(key, data), "seconds": time.process_time() - started}
            told["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        finally:
            os.write(writer, json.dumps(told).encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        return Cost(**json.loads(answer.read()))


def _folded(key: str, data: bytes) -> str:
    from chalicelib import wiring
    from chalicelib.core import fold
    from chalicelib.core.uploads import Version

    version = Version(id="v1", received_at=_NOW, size=len(data))
    receipt = fold.fold(key, None, version, data, summarise=wiring.extract).record.told()
    return ", ".join(error.code for error in receipt.errors) or receipt.outcome


def rows() -> Iterator[tuple[str, Cost]]:
    for name, (key, make) in WORST.items():
        yield name, cost(key, make())


def main() -> int:
    print(f"{'file':26} {'becomes':16} {'s':>6} {'of time':>8} {'MB':>6} {'of memory':>10}")
    is_over = False
    for name, one in rows():
        of_time, of_memory = one.shares
        is_over |= max(of_time, of_memory) > HALF
        print(
            f"{name:26} {one.outcome:16} {one.seconds:6.2f} {of_time:8.1%} "
            f"{one.peak_bytes / 1e6:6.0f} {of_memory:10.1%}",
            flush=True,
        )
    return int(is_over)


if __name__ == "__main__":
    sys.exit(main())
