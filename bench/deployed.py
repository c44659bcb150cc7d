"""The newsroom as it is deployed, and a baseline beside it: unpacked zips, an AWS around them.

The zips are those that a deployment makes: ours by `desk.bundle`, with bytecode; the baseline's by
Chalice alone. AWS is moto's server in this process, whose time counts for nobody; it holds the
sample newsroom and remembers what was asked of it.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.function import Answered, Function, runtime_folder
from bench.meter import Asked, Meter, as_asked
from desk import bundle, samples
from desk.embedded import REGION, EmbeddedAws, use_local_credentials
from desk.gateway import Gateway, Request
from desk.upload import File
from desk.venv import ROOT

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

BUCKET = "broadsheet-local-uploads"
BASELINE = Path(__file__).parent / "baseline"
_BASELINES_OWN = {"aws-lambda-powertools", "jinja2", "jmespath", "markupsafe", "typing-extensions"}
_SETTINGS = {
    "BROADSHEET_TABLE": "broadsheet-local",
    "BROADSHEET_UPLOADS_BUCKET": BUCKET,
    "BROADSHEET_RECEIPTS_BUCKET": "broadsheet-local-receipts",
    "BROADSHEET_PUBLIC_URL": "https://news.example",
    "BROADSHEET_LOOPBACK_FEEDS": "allowed",
    "POWERTOOLS_SERVICE_NAME": "broadsheet-local",
    "BASELINE_TABLE": "broadsheet-local",
}
_BASELINE_ROW = {"pk": "page", "sk": "page", "headline": "Ferry returns", "text": "x" * 960}


@dataclass
class Deployed:
    """Both applications and their AWS; `start` gives a fresh process of a function."""

    aws: CountingAws
    folder: Path  # of ours/, baseline/ and runtime/
    files: tuple[File, ...]  # the newsroom's, before they are uploaded

    def start(self, handler: str, *, of: str = "ours") -> Function:
        names = ("AWS_", "BROADSHEET_", "BASELINE_", "POWERTOOLS_", "NO_PROXY", "no_proxy")
        environ = {n: value for n, value in os.environ.items() if n.startswith(names)}
        return Function(
            handler, code=self.folder / of, runtime=self.folder / "runtime", environ=environ
        )

    def asked(self) -> Asked:
        """Return what was asked of AWS since the last time."""
        return self.aws.taken()

    def upload(self) -> tuple[str, ...]:
        """Upload the newsroom's files, and return their keys; nothing ingests them."""
        import boto3

        s3, now = boto3.client("s3"), datetime.now(UTC)
        for file in self.files:
            samples.upload(file, s3, BUCKET, now=now)
        return tuple(file.key for file in self.files)

    def fill(self) -> None:
        """Have the newsroom that a reader finds: all uploaded, ingested, listed."""
        from chalicelib import newsroom, wiring

        for key in self.upload():
            newsroom.ingest(
                key,
                uploads=wiring.uploads(),
                receipts=wiring.receipts(),
                store=wiring.store(),
                summarise=wiring.summarise,
                notices=None,
                site=wiring.site(),
                now=_now(),
            )
        newsroom.refresh_latest(store=wiring.store(), now=_now())


class CountingAws(EmbeddedAws):
    """Counts each call before it is answered."""

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener)
        self._meter = Meter(_tables())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith("DynamoDB_"):
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            self._meter.count("dynamodb", target.partition(".")[2], as_asked(body))
        elif "/s3/" in environ.get("HTTP_AUTHORIZATION", ""):
            self._meter.count("s3", _asked_of_s3(environ))
        return super().__call__(environ, start_response)

    def taken(self) -> Asked:
        """Return what was asked since the last time."""
        taken, self._meter.asked = self._meter.asked, Asked()
        return taken


def _asked_of_s3(environ: WSGIEnvironment) -> str:
    """Name a call by how it is paid for: an object is read, or it is something else."""
    names_key = "/" in environ["PATH_INFO"].strip("/")
    reads = {"GET": "GetObject", "HEAD": "HeadObject"} if names_key else {}
    method: str = environ["REQUEST_METHOD"]
    return reads.get(method, method)


def _tables() -> Any:
    """Return a client that asks moto where it stands, past its server and what counts there."""
    import boto3
    from moto.core.botocore_stubber import BotocoreStubber

    client = boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=f"https://dynamodb.{REGION}.amazonaws.com",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - moto looks at none of them
    )
    inside = BotocoreStubber()
    inside.enabled = True
    client.meta.events.register("before-send", inside)  # type: ignore[arg-type]  # an answer is taken
    return client


@contextmanager
def deployed(folder: Path, *, files: Iterable[File] | None = None) -> Iterator[Deployed]:
    """Unpack both zips into *folder*, and have an AWS hold *files*, all samples without any."""
    unpack(bundle.build().path, folder / "ours")
    unpack(_baselines_zip(folder / "project"), folder / "baseline")
    (folder / "runtime").mkdir()
    runtime_folder(folder / "runtime")
    listed = samples.listed() if files is None else files
    with _empty_aws() as aws:
        yield Deployed(aws=aws, folder=folder, files=tuple(listed))


def unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)


def _baselines_zip(project: Path) -> Path:
    project.mkdir()
    shutil.copy(BASELINE / "app.py", project)
    pinned = dict(bundle.pins(ROOT / "requirements.txt"))
    lines = [f"{name}=={pinned[name]}" for name in sorted(_BASELINES_OWN)]
    (project / "requirements.txt").write_text("\n".join(lines))
    return bundle.pack(project, bundle.runtime())


@contextmanager
def _empty_aws() -> Iterator[CountingAws]:
    """Give an AWS with the stack of a stage, and the baseline's row in its table."""
    import boto3

    listener = socket.create_server(("127.0.0.1", 0))
    aws = CountingAws(listener)
    aws.start()
    use_local_credentials(aws.endpoint)
    os.environ.update(_SETTINGS)
    with redirect_stderr(io.StringIO()):  # moto tells of each resource that it leaves out
        boto3.client("cloudformation").create_stack(
            StackName="broadsheet-local",
            TemplateBody=(ROOT / "infra" / "broadsheet.yaml").read_text(),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": "local"}],
        )
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    boto3.client("dynamodb").put_item(
        TableName="broadsheet-local",
        Item={name: {"S": value} for name, value in _BASELINE_ROW.items()},
    )
    try:
        yield aws
    finally:
        aws.stop()
        listener.close()


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def upload_event(*keys: str) -> dict[str, Any]:
    """Return what S3 sends of *keys*."""
    bucket = {"name": BUCKET}
    return {"Records": [{"s3": {"bucket": bucket, "object": {"key": key}}} for key in keys]}


# Readers


@dataclass
class Reader:
    """Asks a function for pages, as API Gateway asks."""

    function: Function
    routes: Mapping[str, Any]
    last: Answered = field(init=False)

    def get(self, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body; what it cost is `last`."""
        named = {
            "Accept": "text/html,*/*;q=0.8",
            "Accept-Encoding": "gzip, br",
            "Host": "x.example",
        }
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        gateway = Gateway(self, not_found=_no_such_page)
        answer = gateway.answer(Request(method="GET", target=target, headers=[*named.items()]))
        return answer.status, dict(answer.headers), answer.body

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG002 - Lambda's own gives one
        self.last = self.function.call(event)
        value: dict[str, Any] = self.last.value
        return value


def _no_such_page(path: str) -> Any:
    message = f"no route leads to {path}"
    raise ValueError(message)


def our_routes() -> Mapping[str, Any]:
    """Return the routes of the application, as it would be deployed from here."""
    import app

    routes: Mapping[str, Any] = app.app.routes
    return routes


BASELINES_ROUTES: Mapping[str, Any] = {"/": {"GET": None}, "/row": {"GET": None}}
