"""What a month costs: what each use of the newsroom asks of AWS, times what AWS asks for it.

The functions run here as they run there, over an embedded AWS that holds the sample newsroom.
Every call to AWS is counted where it leaves the client: reads and writes of the table in
DynamoDB's own units, worked out from the size of each row that was touched (Developer Guide,
"Read and write operations"), requests to S3 by class, the functions' time without AWS's. The
bill for so many page views is then a sum that is printed line by line.

python -m bench.cost
"""

from __future__ import annotations

import gzip
import json
import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

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

_READS_OF_S3 = ("s3.GetObject", "s3.HeadObject")
_UNIT_READ, _UNIT_WRITE = 4096, 1024


@dataclass
class Use:
    """What one use of the newsroom asked for."""

    calls: dict[str, float] = field(default_factory=dict)  # by service.Operation
    read_units: float = 0.0
    write_units: float = 0.0
    aws_s: float = 0.0  # spent in the embedded AWS
    own_s: float = 0.0  # CPU of the function itself
    bytes_out: int = 0
    memory_mb: int = 0

    @property
    def billed_ms(self) -> float:
        """Milliseconds on Lambda: our own at its share of a CPU, and the way to AWS and back."""
        waiting = sum(CALL_MS[service] * self.calls_to(service) for service in CALL_MS)
        return self.own_s * 1000 * max(1.0, MB_OF_A_VCPU / self.memory_mb) + waiting

    def calls_to(self, service: str) -> float:
        return sum(n for name, n in self.calls.items() if name.startswith(f"{service}."))

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


class Meter:
    """Counts the calls of the clients that it is put on, as they leave."""

    def __init__(self, table: Any) -> None:
        self.use = Use()
        self._table = table  # a client that is not watched
        self._began = 0.0

    def watch(self, client: Any) -> None:
        events, service = client.meta.events, client.meta.service_model.service_name

        def leaves(model: Any, params: Any, **_: Any) -> None:
            began = time.process_time()
            self.count(service, model.name, params["body"])
            self.use.aws_s += time.process_time() - began

        events.register(f"before-call.{service}", leaves)
        events.register_first(f"before-send.{service}", self._sent)
        events.register_first(f"response-received.{service}", self._answered)

    def count(self, service: str, name: str, body: bytes | str) -> None:
        """Count a call by its name and the body that was sent."""
        self.use.calls[f"{service}.{name}"] = self.use.calls.get(f"{service}.{name}", 0) + 1
        if service == "dynamodb":
            self._capacity(name, json.loads(body))

    def _sent(self, **_: Any) -> None:
        self._began = time.process_time()

    def _answered(self, **_: Any) -> None:
        self.use.aws_s += time.process_time() - self._began

    def _capacity(self, name: str, asked: Any) -> None:
        if name == "Query":
            # What a projection leaves out is paid for too: the rows are read again without it.
            again = {k: v for k, v in asked.items() if k != "ProjectionExpression"}
            rows = self._table.query(**again)["Items"]
            self._read(sum(map(size_of, rows)), asked)
        elif name == "GetItem":
            self._read(self._size(asked), asked)
        elif name == "BatchGetItem":
            for table, words in asked["RequestItems"].items():
                for key in words["Keys"]:
                    self._read(self._size({"TableName": table, "Key": key}), words)
        elif name == "TransactGetItems":
            for one in asked["TransactItems"]:
                self._read(self._size(one["Get"]), {"ConsistentRead": True}, times=2)
        else:
            for write, times in _writes(name, asked):
                units = max(1, math.ceil(self._written(write) / _UNIT_WRITE))
                self.use.write_units += units * times

    def _read(self, size: int, asked: Any, *, times: int = 1) -> None:
        """Count a read; a row that is not there costs as one of the smallest size."""
        units = max(1, math.ceil(size / _UNIT_READ)) * times
        self.use.read_units += units if asked.get("ConsistentRead") else units / 2

    def _size(self, at: Any) -> int:
        answer = self._table.get_item(TableName=at["TableName"], Key=at["Key"])
        return size_of(answer.get("Item", {}))

    def _written(self, write: Any) -> int:
        """Return the size that a write is paid by: of the row before or after, the larger."""
        item = write.get("Item", {})
        key = write.get("Key") or {name: item[name] for name in ("pk", "sk")}
        return max(self._size({"TableName": write["TableName"], "Key": key}), size_of(item))


def _writes(name: str, asked: Any) -> Iterator[tuple[Any, int]]:
    """Yield each write of a call, and how often it is paid for."""
    if name == "TransactWriteItems":
        for one in asked["TransactItems"]:
            ((_, words),) = one.items()
            yield words, 2
    elif name == "BatchWriteItem":
        for table, requests in asked["RequestItems"].items():
            for one in requests:
                ((_, words),) = one.items()
                yield {"TableName": table, **words}, 1
    else:
        yield asked, 1


def size_of(item: Any) -> int:
    """Return the bytes of a row or a value (Developer Guide, "Item sizes and formats")."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Any) -> int:
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        return (len(held.lstrip("-").replace(".", "")) + 1) // 2 + 1
    if kind == "B":
        return len(held) if isinstance(held, bytes) else len(held) * 3 // 4
    if kind == "M":
        return 3 + sum(len(name.encode()) + _size(one) + 1 for name, one in held.items())
    if kind == "L":
        return 3 + sum(_size(one) + 1 for one in held)
    return 1


# The newsroom that is measured


@contextmanager
def newsroom_of_samples() -> Iterator[tuple[Any, Meter, list[str]]]:
    """Give an application over the sample newsroom, a meter of its calls, and what to upload."""
    import boto3
    from moto import mock_aws

    os.environ.update(
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - moto looks at none of them
        AWS_DEFAULT_REGION="us-east-1",
        BROADSHEET_TABLE="broadsheet-local",
        BROADSHEET_UPLOADS_BUCKET="broadsheet-local-uploads",
        BROADSHEET_RECEIPTS_BUCKET="broadsheet-local-receipts",
        BROADSHEET_PUBLIC_URL="https://news.example",
        BROADSHEET_LOOPBACK_FEEDS="allowed",
        POWERTOOLS_SERVICE_NAME="broadsheet-local",
        POWERTOOLS_METRICS_DISABLED="true",
    )
    with mock_aws():
        boto3.client("cloudformation").create_stack(
            StackName="broadsheet-local",
            TemplateBody=(ROOT / "infra" / "broadsheet.yaml").read_text(),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": "local"}],
        )
        s3 = boto3.client("s3")
        s3.put_bucket_versioning(
            Bucket="broadsheet-local-uploads", VersioningConfiguration={"Status": "Enabled"}
        )
        from chalicelib import wiring
        from desk import samples

        meter = Meter(boto3.client("dynamodb"))
        for service in ("dynamodb", "s3"):
            meter.watch(wiring._client(service))  # noqa: SLF001 - the clients of the functions
        keys = []
        for file in samples.listed():
            samples.upload(file, s3, "broadsheet-local-uploads", now=datetime.now(UTC))
            keys.append(file.key)
        import app

        yield app.app, meter, keys


def measured() -> dict[str, Use]:
    """Return what each use of the sample newsroom asked for; the median of several where noted."""
    with newsroom_of_samples() as (app, meter, keys):
        from chalicelib import events
        from desk.functions import Context, tick
        from tests.publishers import publisher

        config = json.loads((ROOT / ".chalice" / "config.json").read_text())
        functions = config["stages"]["prod"]["lambda_functions"]

        def of(name: str, act: Callable[[], bytes | None]) -> Use:
            meter.use = use = Use(memory_mb=functions[name]["lambda_memory_size"])
            began = time.process_time()
            body = act()
            use.own_s = time.process_time() - began - use.aws_s
            use.bytes_out = len(body or b"")
            return use

        def ingest(key: str) -> None:
            bucket = {"name": "broadsheet-local-uploads"}
            records = [{"s3": {"bucket": bucket, "object": {"key": key}}}]
            events.ingest({"Records": records}, Context(function_name="ingest"))

        uploads = [of("ingest", lambda key=key: ingest(key)) for key in keys]  # type: ignore[misc]
        told = {"an upload": _mean(use for key, use in zip(keys, uploads, strict=True)
                                   if not key.startswith(("sources/", "media/")))}  # fmt: skip
        with publisher() as courier:
            _watch_feeds(courier, ingest)
            schedule = {"a refresh": "refresh_latest", "a look at 20 feeds": "fetch_feeds",
                        "a page of the listing": "reconcile"}  # fmt: skip
            for words, name in schedule.items():
                handler = getattr(events, name)
                told[words] = of(name, lambda: handler(tick(name), Context(function_name=name)))  # noqa: B023 - called at once
        (article, *_) = json.loads(gzip.decompress(_get(app, "/v1/articles")))["data"]
        path = article["url"].removeprefix("https://news.example")
        paths = {"the front page": "/", "an article": path, "a section": "/section/world",
                 "the list as JSON": "/v1/latest"}  # fmt: skip
        for words, asked in paths.items():
            of("api_handler", lambda: _get(app, asked))  # noqa: B023 - what a process loads once
            told[words] = _median(
                of("api_handler", lambda: _get(app, asked))  # noqa: B023 - called at once
                for _ in range(9)
            )
        return told


def _watch_feeds(courier: Any, ingest: Callable[[str], None]) -> None:
    import boto3

    from tests.builders import item, rss

    feeds = []
    for number in range(20):
        items = [
            item(f"Report {number} {n}", link=f"{courier.url}/{number}/{n}") for n in range(10)
        ]
        feeds.append(courier.publish(f"/{number}.xml", rss(*items)))
    text = json.dumps({"name": "Others", "feeds": feeds})  # JSON is YAML
    boto3.client("s3").put_object(
        Bucket="broadsheet-local-uploads", Key="sources/others.yaml", Body=text.encode()
    )
    ingest("sources/others.yaml")


def _get(app: Any, path: str) -> bytes:
    """Answer as a browser is answered: compressed."""
    from chalice.test import Client

    with Client(app) as client:
        answer = client.http.get(path, headers={"Accept-Encoding": "gzip", "Accept": "*/*"})
    if answer.status_code != HTTPStatus.OK:
        message = f"{path} answers {answer.status_code}"
        raise RuntimeError(message)
    return bytes(answer.body)


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
        memory_mb=found[0].memory_mb,
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


def main() -> None:
    told = measured()
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
