"""What a month costs: what each use of the newsroom asks of AWS, times what AWS asks for it.

The functions run here as they run there, each in a process of its own, over an embedded AWS that
takes in the sample newsroom. Every call to AWS is counted where it arrives (`bench.meter`), and
the functions' time is their own CPU time. The bill for so many page views is then a sum that is
printed line by line. What more or less memory would change is a curve: Lambda gives a share of a
CPU by the memory, so less memory costs time, and below some size saves nothing.

python -m bench.cost
python -m bench.cost curve
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.deployed import BUCKET, Deployed, Reader, deployed, our_routes, upload_event
from bench.function import Answered, Function
from bench.meter import Asked
from desk.functions import tick
from tests.builders import item, rss
from tests.publishers import publisher

ROOT = Path(__file__).parents[1]

# List prices in us-east-1, US dollars, without the free tiers. Look them up again before a
# decision: aws.amazon.com/{lambda,api-gateway,dynamodb,s3,cloudfront,cloudwatch}/pricing.
PRICES_OF = "November 2026, as last known"
MILLION = 1_000_000
PRICES = {
    "table reads": 0.125 / MILLION,  # a read unit
    "table writes": 0.625 / MILLION,  # a write unit
    "S3 writes and lists": 5.00 / MILLION,
    "S3 reads": 0.40 / MILLION,
    "Lambda requests": 0.20 / MILLION,
    "Lambda time": 0.0000166667,  # a gigabyte for a second
    "API Gateway": 3.50 / MILLION,
    "bytes to readers": 0.09 / 1e9,
    "CloudFront requests": 1.00 / MILLION,
    "CloudFront bytes": 0.085 / 1e9,
    "logs": 0.50 / 1e9,  # a byte taken in
    "alarms": 0.10,
    "metrics": 0.30,
}

# Assumptions that no measurement here can give.
CALL_MS = {"dynamodb": 5.0, "s3": 25.0, "sns": 15.0}  # an answer within one region, usual
MB_OF_A_VCPU = 1769  # Lambda gives so much memory with one whole vCPU (Developer Guide)
LOG_BYTES = 500  # Lambda's own three lines, and one of ours, a call
UPLOADS = 3_000  # a month: a hundred a day
FEEDS_EVERY_MIN, REFRESH_EVERY_MIN, RECONCILE_EVERY_MIN = 15, 5, 60
MONTH_MIN = 30.4 * 24 * 60
VIEWS = (10_000, MILLION, 100 * MILLION)
FRONT_SHARE, ARTICLE_SHARE, LIST_SHARE = 0.35, 0.55, 0.10
PAGES = 3_000  # articles that are read in a month, each less than the one before (Zipf)
KEPT_S = 60.0  # a page in a cache; an image stays
EDGES = 1  # one shield in front of the API
IMAGES_A_VIEW = 1.5  # that a browser has not yet: a picture, now and then an avatar
METRICS = 25  # of our own
SIZES_MB = (128, 256, 384, 512, 768, 1024, 1280, 1769)

_READS_OF_S3 = ("s3.GetObject", "s3.HeadObject")


@dataclass(kw_only=True)
class Use(Asked):
    """What one use of the newsroom asks for, of AWS and of the function itself."""

    own_s: float = 0.0  # CPU of the function
    cold_s: float = 0.0  # and what a fresh process takes for its first such use, its start included
    bytes_out: int = 0
    memory_mb: int = 0
    resident_mb: float = 0.0  # that the process holds afterwards

    @property
    def billed_ms(self) -> float:
        """Milliseconds on Lambda: our own at its share of a CPU, and the way to AWS and back."""
        waiting = sum(CALL_MS[service] * self.calls_to(service) for service in CALL_MS)
        return self.own_s * 1000 * max(1.0, MB_OF_A_VCPU / self.memory_mb) + waiting

    def dollars(self) -> dict[str, float]:
        """Return what it costs, by what is paid for; a request through the API is not in it."""
        s3_reads = sum(self.calls.get(name, 0) for name in _READS_OF_S3)
        units: dict[str, float] = {
            "table reads": self.read_units,
            "table writes": self.write_units,
            "Lambda requests": 1,
            "Lambda time": self.memory_mb / 1024 * self.billed_ms / 1000,
            "logs": LOG_BYTES,
            "S3 reads": s3_reads,
            "S3 writes and lists": self.calls_to("s3") - s3_reads,
        }
        return {name: count * PRICES[name] for name, count in units.items()}


# The newsroom that is measured


class Functions:
    """The newsroom's functions, each in one process from its first use on."""

    def __init__(self, at: Deployed, stack: ExitStack) -> None:
        config = json.loads((ROOT / ".chalice" / "config.json").read_text())
        self._settings = config["stages"]["prod"]["lambda_functions"]
        self._at = at
        self._stack = stack
        self._reader: Reader | None = None
        self._running: dict[str, Function] = {}
        self._cold_s: dict[str, float] = {}

    def call(self, name: str, event: Mapping[str, Any]) -> Use:
        function = self._function(name, f"chalicelib.events.{name}")
        self._at.asked()
        return self._use(name, function.call(event))

    def get(self, path: str) -> tuple[Use, bytes]:
        """Answer as a browser is answered: compressed."""
        if self._reader is None:
            self._reader = Reader(self._function("api_handler", "app.app"), our_routes())
        self._at.asked()
        status, _, body = self._reader.get(path)
        if status != HTTPStatus.OK:
            message = f"{path} answers {status}"
            raise RuntimeError(message)
        use = self._use("api_handler", self._reader.last)
        return replace(use, bytes_out=len(body)), body

    def _function(self, name: str, handler: str) -> Function:
        if name not in self._running:
            self._running[name] = self._stack.enter_context(self._at.start(handler))
        return self._running[name]

    def _use(self, name: str, done: Answered) -> Use:
        own_s, function = done.cpu_ms / 1000, self._running[name]
        return Use(
            **vars(self._at.asked()),
            own_s=own_s,
            cold_s=self._cold_s.setdefault(name, function.start_cpu_ms / 1000 + own_s),
            memory_mb=self._settings[name]["lambda_memory_size"],
            resident_mb=function.resident_mb(),
        )


def measured() -> dict[str, Use]:
    """Return what each use of the sample newsroom asks for; the median of several where noted."""
    with (
        TemporaryDirectory() as folder,
        deployed(Path(folder)) as at,
        ExitStack() as stack,
        publisher() as courier,
    ):
        functions = Functions(at, stack)
        uploads = {key: functions.call("ingest", upload_event(key)) for key in at.upload()}
        articles = [
            use for key, use in uploads.items() if not key.startswith(("sources/", "media/"))
        ]
        told = {"an upload": _mean(articles)}
        schedule = {"a refresh": "refresh_latest", "a look at 20 feeds": "fetch_feeds",
                    "a page of the listing": "reconcile"}  # fmt: skip
        for name in schedule.values():
            functions.call(name, tick(name))  # what a process loads once
        functions.call("ingest", upload_event(_watched_feeds(courier)))
        for words, name in schedule.items():
            told[words] = functions.call(name, tick(name))
        _, listed = functions.get("/v1/articles")
        (article, *_) = json.loads(gzip.decompress(listed))["data"]
        path = article["url"].removeprefix("https://news.example")
        paths = {"the front page": "/", "an article": path, "a section": "/section/world",
                 "the list as JSON": "/v1/latest"}  # fmt: skip
        for words, asked in paths.items():
            functions.get(asked)
            told[words] = _median(functions.get(asked)[0] for _ in range(9))
        return told


def _watched_feeds(courier: Any) -> str:
    """Upload a source with twenty feeds, and return its key."""
    import boto3

    feeds = []
    for number in range(20):
        items = [
            item(f"Report {number} {n}", link=f"{courier.url}/{number}/{n}") for n in range(10)
        ]
        feeds.append(courier.publish(f"/{number}.xml", rss(*items)))
    text = json.dumps({"name": "Others", "feeds": feeds})  # JSON is YAML
    boto3.client("s3").put_object(Bucket=BUCKET, Key="sources/others.yaml", Body=text.encode())
    return "sources/others.yaml"


def _median(uses: Iterable[Use]) -> Use:
    found = sorted(uses, key=lambda use: use.own_s)
    return found[len(found) // 2]


def _mean(uses: Iterable[Use]) -> Use:
    """Return the mean of uses that differ: articles with many names cost more than others."""
    found = list(uses)
    names = {name for use in found for name in use.calls}
    return Use(
        calls={n: statistics.fmean(use.calls.get(n, 0) for use in found) for n in sorted(names)},
        read_units=statistics.fmean(use.read_units for use in found),
        write_units=statistics.fmean(use.write_units for use in found),
        own_s=statistics.fmean(use.own_s for use in found),
        cold_s=found[0].cold_s,
        memory_mb=found[0].memory_mb,
        resident_mb=max(use.resident_mb for use in found),
    )


# The bill


def bill(told: dict[str, Use], views: int, *, with_cdn: bool) -> dict[str, float]:
    """Return the dollars of a month with so many page views, by what is paid for."""
    total = dict.fromkeys(PRICES, 0.0)

    def add(use: Use, times: float) -> None:
        for name, dollars in use.dollars().items():
            total[name] += dollars * times

    add(told["an upload"], UPLOADS)
    # Each upload is followed by a refresh, besides those of the schedule.
    add(told["a refresh"], MONTH_MIN / REFRESH_EVERY_MIN)
    add(told["a look at 20 feeds"], MONTH_MIN / FEEDS_EVERY_MIN)
    add(told["a page of the listing"], MONTH_MIN / RECONCILE_EVERY_MIN)
    total["alarms"] += PRICES["alarms"] * alarms()
    total["metrics"] += PRICES["metrics"] * METRICS

    pages = {
        "the front page": [FRONT_SHARE * views],
        "an article": _zipf(ARTICLE_SHARE * views, PAGES),
        "a section": [LIST_SHARE * views],
    }
    image_bytes = _image_bytes()
    for name, read in pages.items():
        use = told[name]
        origin = sum(misses(one) for one in read) if with_cdn else sum(read)
        add(use, origin)
        total["API Gateway"] += PRICES["API Gateway"] * origin
        sent = sum(read) * (use.bytes_out + IMAGES_A_VIEW * image_bytes)
        requests = sum(read) * (1 + IMAGES_A_VIEW)
        if with_cdn:
            total["CloudFront requests"] += PRICES["CloudFront requests"] * requests
            total["CloudFront bytes"] += PRICES["CloudFront bytes"] * sent
        else:
            image = Use(memory_mb=use.memory_mb, own_s=0.002, calls={"s3.GetObject": 1})
            add(image, sum(read) * IMAGES_A_VIEW)
            total["API Gateway"] += PRICES["API Gateway"] * sum(read) * IMAGES_A_VIEW
            total["bytes to readers"] += PRICES["bytes to readers"] * sent
    return total


def misses(views: float) -> float:
    """Return how often a cache asks for a page that is read so often a month, at random times.

    It asks, holds the page for KEPT_S, and asks again at the next view after that: a cycle is
    KEPT_S and the mean time between two views.
    """
    month_s = MONTH_MIN * 60
    return views / (1 + views * KEPT_S / month_s) * EDGES


def _zipf(views: float, pages: int) -> list[float]:
    whole_ = sum(1 / rank for rank in range(1, pages + 1))
    return [views / rank / whole_ for rank in range(1, pages + 1)]


def _image_bytes() -> float:
    """Return the mean size of a prepared image of the samples, in its narrow width."""
    from chalicelib.core.pictures import prepare

    folder = ROOT / "samples" / "media"
    return statistics.fmean(
        min(len(one.data) for one in prepare(path.read_bytes()).files)
        for path in sorted(folder.glob("*.jpg"))
    )


def alarms() -> int:
    return (ROOT / "infra" / "broadsheet.yaml").read_text().count("AWS::CloudWatch::Alarm")


def curve(told: dict[str, Use]) -> Iterator[str]:
    """Yield what each function's typical use takes and costs by memory; * marks what is set."""
    shown = {"api_handler": "an article", "ingest": "an upload", "refresh_latest": "a refresh",
             "fetch_feeds": "a look at 20 feeds", "reconcile": "a page of the listing"}  # fmt: skip
    yield "| function | " + " | ".join(f"{mb} MB" for mb in SIZES_MB) + " | holds MB |"
    yield "|" + "---|" * (len(SIZES_MB) + 2)
    for name, words in shown.items():
        cells = []
        for mb in SIZES_MB:
            use = replace(told[words], memory_mb=mb)
            cold = replace(use, own_s=use.cold_s)
            dollars = use.dollars()["Lambda time"] * MILLION
            mark = " *" if mb == told[words].memory_mb else ""
            cells.append(f"{use.billed_ms:.0f} / {cold.billed_ms:.0f} / {dollars:.2f}{mark}")
        yield f"| {name} | " + " | ".join(cells) + f" | {told[words].resident_mb:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", default="all", choices=["all", "curve"])
    what = parser.parse_args().what
    told = measured()
    print("ms warm / ms cold / dollars for a million warm calls' time:\n")
    print("\n".join(curve(told)), end="\n\n")
    if what == "curve":
        return
    print(f"Prices: list prices in us-east-1, {PRICES_OF}.\n")
    print(
        "| use | table calls | read units | write units | S3 calls | own ms | billed ms | kB out |"
    )
    print("|" + "---|" * 8)
    for name, use in told.items():
        print(
            f"| {name} | {use.calls_to('dynamodb'):.0f} "
            f"| {use.read_units:.1f} | {use.write_units:.1f} "
            f"| {use.calls_to('s3'):.0f} | {use.own_s * 1000:.1f} | {use.billed_ms:.0f} "
            f"| {use.bytes_out / 1000:.1f} |"
        )
    for with_cdn in (False, True):
        bills = [bill(told, views, with_cdn=with_cdn) for views in VIEWS]
        print(f"\nDollars a month, {'with' if with_cdn else 'without'} the CDN:\n")
        print("| | " + " | ".join(f"{views:,} views" for views in VIEWS) + " |")
        print("|" + "---|" * (len(VIEWS) + 1))
        for name in PRICES:
            if any(one[name] for one in bills):
                print(f"| {name} | " + " | ".join(f"{one[name]:,.2f}" for one in bills) + " |")
        print("| **sum** | " + " | ".join(f"**{sum(one.values()):,.2f}**" for one in bills) + " |")


if __name__ == "__main__":
    main()
