"""A newsroom to test in: AWS by moto, made from the template that is deployed.

The table alone may stand in another engine: see `tests.engines`.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import boto3
import hypothesis
import pytest
from moto import mock_aws

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

os.environ.update(
    AWS_ACCESS_KEY_ID="local",
    AWS_SECRET_ACCESS_KEY="local",  # moto's, as the contract names them
    AWS_DEFAULT_REGION="us-east-1",
    BROADSHEET_TABLE="broadsheet-local",
    BROADSHEET_UPLOADS_BUCKET="broadsheet-local-uploads",
    BROADSHEET_RECEIPTS_BUCKET="broadsheet-local-receipts",
    POWERTOOLS_SERVICE_NAME="broadsheet-local",
)
os.environ.pop("BROADSHEET_PUBLIC_URL", None)
os.environ.pop("BROADSHEET_EDITORS_TOPIC", None)

from chalice.test import Client  # noqa: E402  # after the environment that the app is made from

from chalicelib import newsroom, settings, telemetry, wiring  # noqa: E402
from chalicelib.core.site import Site  # noqa: E402
from desk.stage import Stage  # noqa: E402
from tests import builders, engines  # noqa: E402
from tests.publishers import Publisher, publisher  # noqa: E402
from tests.tables import Tables, served  # noqa: E402

# Two noisy cores: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("newsroom", deadline=None)
hypothesis.settings.load_profile("newsroom")

S3 = "https://s3.amazonaws.com"
NOW = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
STAGE = Stage(
    name="local",
    table="broadsheet-local",
    uploads="broadsheet-local-uploads",
    receipts="broadsheet-local-receipts",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=sorted(engines.ENGINES),
        help="where the table stands; else in moto, for what is marked `table` in each in process",
    )
    parser.addoption(
        "--approve", action="store_true", help="write tests/approved anew: to be read in the diff"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = metafunc.config.getoption("engine")
    everywhere = metafunc.definition.get_closest_marker("table")
    if everywhere and not chosen and "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", engines.IN_PROCESS, indirect=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of each thing that is missing here, in one line, how many tests it would have run."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, tests in reasons.items():
        terminalreporter.write_line(f"{tests} skipped: {reason}")


@pytest.fixture
def now() -> datetime:
    """Noon of the day on which the tests' news happens."""
    return NOW


@pytest.fixture
def shared() -> Path:
    """Real articles, pages and feeds that lie beside a checkout; a test over them needs them."""
    if not SHARED.is_dir():
        pytest.skip("the real articles are not there: no ../shared beside this checkout")
    return SHARED


@pytest.fixture
def approved(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Hold a text to the one of its name in tests/approved, which somebody has read."""

    def hold(name: str, text: str) -> None:
        path = ROOT / "tests" / "approved" / name
        if request.config.getoption("approve"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return hold


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """The address of AWS's own DynamoDB Local, started for the session."""
    with engines.started() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def tables() -> Iterator[Tables]:
    """Where moto's tables answer by HTTP, which is how alone the functions reach them."""
    with served() as told:
        yield told


@pytest.fixture
def engine(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[engines.Engine]:
    """An empty AWS but for the table, in the engine that was asked for."""
    parts = (wiring.store, wiring.uploads, wiring.receipts, wiring.media, wiring.model)
    for cached in (*parts, wiring.notices):
        cached.cache_clear()
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    chosen = request.config.getoption("engine")
    name = getattr(request, "param", None) or chosen or engines.DEFAULT
    rest = engines.all_in_memory() if chosen == "memory" else mock_aws()
    with rest, engines.opened(name, request) as made:
        # Making a client of S3 takes longer than most tests do: one that speaks to AWS is kept.
        if chosen == "memory" or not _speak_there():
            wiring._client.cache_clear()
        yield made


def _speak_there() -> bool:
    """True if the functions' clients speak to where moto or the chosen engine answers."""
    s3, tables = wiring._client("s3"), wiring._client("dynamodb")
    return s3.meta.endpoint_url == S3 and tables._endpoint == settings.aws_endpoint("dynamodb")


@pytest.fixture
def aws(engine: engines.Engine) -> None:
    """An empty AWS with the table and the buckets of one stage.

    What else the template has is made by CloudFormation in `tests/deploy`: twenty times slower.
    """
    s3 = engines.client("s3")
    for bucket in ("broadsheet-local-uploads", "broadsheet-local-receipts"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(
        Bucket="broadsheet-local-uploads", VersioningConfiguration={"Status": "Enabled"}
    )


@pytest.fixture
def calls(aws: None) -> Iterator[list[str]]:
    """The names of the calls to the table since the test's beginning; it may clear them."""
    called: list[str] = []

    def note(name: str, _asked: Any) -> None:
        called.append(name)

    watchers = wiring._client("dynamodb").watchers
    watchers.append(note)
    yield called
    watchers.remove(note)


@dataclass
class Paper:
    """A newsroom as its editors, readers and clocks act on it."""

    site: Site = field(default_factory=Site)
    summarise: Any = wiring.summarise

    def upload(self, key: str, content: str | bytes, *, at: datetime | None = None) -> str:
        """Put a file into the bucket as an editor would, and return its version."""
        data = content.encode() if isinstance(content, str) else content
        stamp = {"received-at": at.isoformat()} if at else {}
        answer = self.s3.put_object(
            Bucket="broadsheet-local-uploads", Key=key, Body=data, Metadata=stamp
        )
        return str(answer["VersionId"])

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket="broadsheet-local-uploads", Key=key)

    def ingest(self, key: str, *, now: datetime = NOW) -> newsroom.Ingested:
        return newsroom.ingest(key, **self.parts(), now=now)

    def publish(
        self, key: str, content: str | bytes, *, at: datetime = NOW - timedelta(hours=1)
    ) -> newsroom.Ingested:
        """Upload, ingest and refresh, as the deployed events do."""
        self.upload(key, content, at=at)
        done = self.ingest(key)
        newsroom.refresh_latest(store=wiring.store(), now=NOW)
        return done

    def parts(self) -> dict[str, Any]:
        return {
            "uploads": wiring.uploads(),
            "receipts": wiring.receipts(),
            "store": wiring.store(),
            "summarise": self.summarise,
            "site": self.site,
        }

    def receipt(self, key: str) -> dict[str, Any]:
        import json

        answer = self.s3.get_object(Bucket="broadsheet-local-receipts", Key=f"{key}.json")
        receipt: dict[str, Any] = json.loads(answer["Body"].read())
        return receipt

    def receipt_page(self, key: str) -> str:
        """Return the receipt as an editor opens it."""
        answer = self.s3.get_object(Bucket="broadsheet-local-receipts", Key=f"{key}.html")
        return str(answer["Body"].read().decode())

    def rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return every row of the table but the observations, as stored."""
        pages = (
            boto3.client("dynamodb").get_paginator("scan").paginate(TableName="broadsheet-local")
        )
        items = [item for page in pages for item in page["Items"]]
        return {
            (item["pk"]["S"], item["sk"]["S"]): item
            for item in items
            if not item["pk"]["S"].startswith("OBSERVED#")
        }

    @property
    def s3(self) -> Any:  # boto3's clients have no common type
        return engines.client("s3")


@pytest.fixture
def paper(aws: None) -> Paper:  # AWS must be there first
    return Paper()


@pytest.fixture
def filled(paper: Paper) -> Paper:
    """A newsroom that has one of everything: two of a story, a picture, a correction, a feed."""
    paper.upload("media/face.png", builders.picture())
    paper.upload(
        "sources/courier.yaml",
        builders.profile(avatar="media/face.png", feeds="[https://courier.example/feed.xml]"),
    )
    ferry, told = "world/ferry.md", {"section": "world", "tags": "[ferry]"}
    paper.upload(ferry, builders.markdown(date=builders.ago(hours=5), source="courier", **told))
    paper.upload(
        ferry,
        builders.markdown(
            date=builders.ago(hours=4),
            source="courier",
            image="media/face.png",
            correction="It was 221 passengers, not 214.",
            unknown_key="kept",
            **told,
        ),
    )
    paper.upload(
        "copy.md", builders.markdown(date=builders.ago(hours=3), source="wire", breaking="true")
    )
    paper.upload(
        "gone.md", builders.markdown("Gone", date=builders.ago(hours=2), body=builders.event(1))
    )
    keys = ("media/face.png", "sources/courier.yaml", ferry, "copy.md", "gone.md")
    for key in keys:
        paper.ingest(key, now=datetime.now(UTC))
    paper.delete("gone.md")
    paper.ingest("gone.md", now=datetime.now(UTC))
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))
    return paper


@pytest.fixture
def client(aws: None) -> Iterator[Client]:  # AWS must be there first
    """The deployed application, called as API Gateway calls it, and held to what it describes."""
    import app
    from tests.promises import Reader

    with Reader(app.app) as client:
        yield client


@pytest.fixture
def courier() -> Iterator[Publisher]:
    """Another publisher's server."""
    with publisher() as told:
        yield told


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the event functions log meanwhile."""
    lines = io.StringIO()
    (handler,) = telemetry.logger.handlers
    before = handler.setStream(lines)
    yield lines
    handler.setStream(before)


@pytest.fixture
def s3_event() -> Any:  # a function that makes events
    """Make the event that S3 sends of these keys, encoded as S3 encodes them."""

    def make(*keys: str) -> dict[str, Any]:
        bucket = {"name": "broadsheet-local-uploads"}
        return {
            "Records": [
                {"s3": {"bucket": bucket, "object": {"key": quote_plus(key)}}} for key in keys
            ]
        }

    return make


__all__ = ["NOW", "Paper", "builders"]
