"""What a page view costs in a function that is warm, against a route that reads one row.

In turn, many times over: the baseline answers with a row of one kilobyte as JSON, the newsroom
with its front page, an article, its list, and with 304 to a client that has them. Counted are the
CPU time of each answer, the calls to AWS and the units of the table. Then a process answers a
thousand requests of all kinds, and is asked what memory it holds. A run that finds an answer
surely above its limit fails.

python -m bench.warm --rounds 200
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import cycle, islice
from pathlib import Path

from bench.deployed import BASELINES_ROUTES, Deployed, Reader, deployed, our_routes
from bench.meter import Asked
from bench.ratios import above, spread, verdict
from desk import bundle

MAX_OF_A_PAGE, MAX_OF_A_304 = 2.0, 1.2  # in the CPU time of the baseline's row
MAX_CALLS = 1
MAX_RESIDENT_MB = 64
REQUESTS = 1_000
ROW = "the baseline, one row as JSON"
_SITE = "https://news.example"


@dataclass
class View:
    """One kind of answer: its CPU milliseconds, time after time, and what it asked of AWS."""

    asked: Asked
    most: float | None = None  # what it may cost, in rows of the baseline
    cpu_ms: list[float] = field(default_factory=list)

    @property
    def calls(self) -> float:
        return sum(self.asked.calls.values())


def views(at: Deployed, *, rounds: int) -> dict[str, View]:
    """Return each kind of answer, given *rounds* times in turn; a process's first is left out."""
    told: dict[str, View] = {}
    with at.start("app.app", of="baseline") as baseline, at.start("app.app") as ours:
        rows, pages = Reader(baseline, BASELINES_ROUTES), Reader(ours, our_routes())
        paths = ("/", paths_of_an_article(pages)[0], "/v1/latest")

        def got(name: str, reader: Reader, path: str, most: float | None, **headers: str) -> str:
            at.asked()
            status, headers, _ = reader.get(path, **headers)
            view = told.setdefault(name, View(at.asked(), most))
            # The age on a page may become another at this moment: then it is a new page.
            if status == (HTTPStatus.NOT_MODIFIED if name.endswith("304") else HTTPStatus.OK):
                view.cpu_ms.append(reader.last.cpu_ms)
            return headers.get("ETag", "")

        for number in range(rounds + 1):
            if number == 1:
                told.clear()
            got(ROW, rows, "/row", None)
            for path in paths:
                name = "/a/…" if path.startswith("/a/") else path
                etag = got(f"GET {name}", pages, path, MAX_OF_A_PAGE)
                got(f"GET {name}, 304", pages, path, MAX_OF_A_304, If_None_Match=etag)
    return told


def paths_of_an_article(reader: Reader) -> list[str]:
    """Return the addresses of the newest article: its page, its source, its history, its JSON."""
    _, _, body = reader.get("/v1/articles")
    (newest, *_) = json.loads(gzip.decompress(body))["data"]
    page = newest["url"].removeprefix(_SITE)
    return [page, f"{page}/source", f"{page}/history", f"/v1/articles/{newest['id']}"]


def table(told: dict[str, View]) -> Iterator[str]:
    yield "| answer | CPU ms | of a row | most allowed | calls | read units |"
    yield "|" + "---|" * 6
    for name, ratios in of_a_row(told).items():
        view = told[name]
        most = f"{view.most:.1f}" if view.most else ""
        yield (
            f"| {name} | {statistics.median(view.cpu_ms):.2f} | {spread(ratios)} | {most} "
            f"| {view.calls:.0f} | {view.asked.read_units:.1f} |"
        )


def of_a_row(told: dict[str, View]) -> dict[str, list[float]]:
    """Return what each answer cost in rows of the baseline, time after time."""
    rows = told[ROW].cpu_ms
    return {
        name: [ours / row for ours, row in zip(view.cpu_ms, rows, strict=False)]
        for name, view in told.items()
    }


def over(told: dict[str, View], held_mb: float) -> Iterator[str]:
    """Yield what is above its limit."""
    yield from above({name: view.most for name, view in told.items() if view.most}, of_a_row(told))
    for name, view in told.items():
        if view.calls > MAX_CALLS:
            yield f"{name}: {view.calls:.0f} calls to AWS, {MAX_CALLS} at most"
    if held_mb > MAX_RESIDENT_MB:
        yield f"memory: {held_mb:.1f} MB, {MAX_RESIDENT_MB} at most"


def resident_mb(at: Deployed, *, requests: int) -> float:
    """Return what memory a process holds after so many requests of all kinds."""
    with at.start("app.app") as function:
        reader = Reader(function, our_routes())
        for path in islice(cycle(_mixed(reader)), requests):
            reader.get(path)
        return function.resident_mb()


def _mixed(reader: Reader) -> Iterable[str]:
    pages = ["/", "/latest", "/section/world", "/sources", "/corrections", "/status"]
    programs = ["/v1/latest", "/v1/articles", "/v1/changes", "/openapi.json"]
    machines = ["/feed.xml", "/feed.json", "/section/world/feed.atom", "/sitemap.xml"]
    absent = ["/a/aaaaaaaaaaaaaaaa/none", "/v1/articles/none"]
    return [*pages, *paths_of_an_article(reader), *programs, *machines, *absent, *_images(reader)]


def _images(reader: Reader) -> list[str]:
    """Return the addresses of the images that the front page shows."""
    _, _, body = reader.get("/")
    marked = gzip.decompress(body).decode().split('src="')[1:]
    found = (one.partition('"')[0].removeprefix(_SITE) for one in marked)
    return sorted({path for path in found if path.startswith("/media/")})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, deployed(Path(folder)) as at:
        at.fill()
        told = views(at, rounds=rounds)
        print("\n".join(table(told)))
        held_mb = resident_mb(at, requests=REQUESTS)
        print(f"\nMemory after {REQUESTS:,} requests: {held_mb:.0f} MB, {MAX_RESIDENT_MB} at most")
        print(f"The zip: {bundle.build()}")
    return verdict(over(told, held_mb))


if __name__ == "__main__":
    sys.exit(main())
