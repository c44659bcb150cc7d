"""The whole system on one machine, in one process: what `make run` starts.

An embedded AWS with the stack of `infra/` in it, the site in front of the application, the
event functions behind the uploads bucket. Uploads are kept in the data folder and folded again
at the next start; all else is made from them. The terminal shows where things are, one line an
upload, and nothing more: what the functions print is in the data folder's `run.log`, as it
would be in CloudWatch.
"""

from __future__ import annotations

import argparse
import fcntl
import importlib
import json
import os
import shlex
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from chalicelib.core.clean import printable
from desk import chosen
from desk.configured import LOCAL
from desk.errors import DeskError
from desk.functions import MAX_TRIES, Functions, Ingested
from desk.gateway import Answer, Gateway, SiteServer, is_answered, problem
from desk.stage import Stage
from desk.venv import ROOT

if TYPE_CHECKING:
    from types import FrameType

REFRESH_EVERY_S = 60  # on AWS every five minutes; here a lifted embargo is watched by a person
RECONCILE_EVERY_S = 3600
FETCH_EVERY_S = 60  # on AWS every quarter of an hour; here for whoever has just named a feed
ANSWERS_WITHIN_S = 30
WATCH_EVERY_S = 0.2
END_WITHIN_S = 3
LARGEST_PORT = 65535

_FIRST_ARTICLE = """\
---
headline: The desk has its first upload
standfirst: An article is a file, and its place in the newsroom is the file's name.
---

This article came from a file on this machine. One command copied it into the uploads bucket,
the bucket told the newsroom of it, and the newsroom read it, summarised it and put it on the
front page. Nothing else was running for it and nobody was asked.

The file can be changed and uploaded again under the same name. It is then a new revision of the
same article, at the same address, and the page that lists revisions says what changed and when.
Deleting the file from the bucket withdraws the article, and its address says so from then on.

Every upload gets a receipt, whatever happens to it. The receipt names what was kept and what
was dropped. Where a file cannot be published it gives the reason, the line and the mend, and
the article that readers see stays as it was.

Metadata stands at the head of the file, between two lines of hyphens. A headline, a source and
a date are enough to begin with. Where the headline is missing the first heading of the text is
taken, and where the date is missing the time of the upload is.
"""

EXAMPLES = """\
  python -m desk run
  python -m desk run --port 9000 --aws-port 9001 --data-dir /tmp/newsroom --no-samples"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `make run` can be told."""

    port: int
    aws_port: int
    data_dir: Path
    with_samples: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What a running newsroom leaves in its data folder for `publish` and other programs."""

    pid: int
    site: str
    endpoint: str
    region: str
    table: str
    uploads: str
    receipts: str


def serve(options: Options) -> None:
    """Run until told to stop; raises DeskError for what keeps it from starting."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    with ExitStack() as opened:
        opened.enter_context(alone_in(options.data_dir))
        site_socket = opened.enter_context(_listen(options.port, "PORT"))
        aws_socket = opened.enter_context(_listen(options.aws_port, "AWS_PORT"))
        terminal = opened.enter_context(_log_to(options.data_dir / "run.log"))
        try:
            newsroom = _Newsroom(options, site_socket, aws_socket, terminal, stop)
            opened.callback(newsroom.stop)
            newsroom.start()
        except DeskError:
            raise
        except ModuleNotFoundError as error:
            message = f"the module {error.name} is missing: remove .venv and start again"
            raise DeskError(message) from error
        except Exception as error:
            traceback.print_exc()
            log = options.data_dir / "run.log"
            message = f"the newsroom does not start: {type(error).__name__}: {error} (see {log})"
            raise DeskError(" ".join(message.split())) from error
        # Not without a limit: the kernel may hand the signal to another thread, which does not
        # wake this one, and Python calls handlers in this one alone.
        while not stop.wait(WATCH_EVERY_S):
            pass


class _Newsroom:
    """The parts of a run, in the order in which they start; `stop` ends what has started."""

    def __init__(self, options: Options, site_socket: socket.socket, aws_socket: socket.socket,
                 terminal: TextIO, stop: threading.Event) -> None:  # fmt: skip
        self._options = options
        self._sockets = site_socket, aws_socket
        self._terminal = terminal
        self._told_to_stop = stop
        self._opened = ExitStack()
        self._quiet = True  # until ready: the start's uploads are told of in one line
        self._outcomes: dict[str, int] = {}

    def say(self, line: str) -> None:
        try:
            print(printable(line), file=self._terminal, flush=True)
        except OSError:
            self._told_to_stop.set()  # nobody reads any more: the terminal is gone

    def start(self) -> None:
        from desk.archive import Archive
        from desk.embedded import REGION, EmbeddedAws, use_local_credentials
        from desk.stack import Stack

        aws = EmbeddedAws(self._sockets[1])
        use_local_credentials(aws.endpoint)
        aws.start()
        self._opened.callback(aws.stop)
        self._outputs = outputs = Stack(LOCAL, protect=False).apply()
        host, port = self._sockets[0].getsockname()[:2]
        self.at = Running(
            pid=os.getpid(),
            site=f"http://{host}:{port}",
            endpoint=aws.endpoint,
            region=REGION,
            table=outputs["Table"],
            uploads=outputs["UploadsBucket"],
            receipts=outputs["ReceiptsBucket"],
        )
        self._s3 = stage_of(self.at).s3()
        functions = self._start_functions()
        archive = Archive(self._options.data_dir / "uploads")
        aws.run_functions(functions.invoke)
        functions.uploaded(_profiles_first(aws.watch(self.at.uploads, archive, functions.uploaded)))
        self._serve()
        self._tell_where(functions, is_empty=not archive.version_ids())

    def stop(self) -> None:
        self._opened.close()

    def _start_functions(self) -> Functions:
        os.environ.update(
            BROADSHEET_TABLE=self.at.table,
            BROADSHEET_UPLOADS_BUCKET=self.at.uploads,
            BROADSHEET_RECEIPTS_BUCKET=self.at.receipts,
            BROADSHEET_PUBLIC_URL=self.at.site,
            BROADSHEET_LOOPBACK_FEEDS="allowed",
            BROADSHEET_EDITORS_TOPIC=self._outputs["EditorsTopic"],
            POWERTOOLS_SERVICE_NAME=f"broadsheet-{LOCAL}",
        )
        os.environ.setdefault("BROADSHEET_SITE_TITLE", "Broadsheet")
        self._app = importlib.import_module("app").app
        events = importlib.import_module("chalicelib.events")
        functions, self._feeds = (
            Functions(
                {name: getattr(events, name) for name in names},
                ingested=self._tell_outcomes,
                fail=self._tell_failure,
            )
            # Strangers' servers take their time, for which no upload may wait.
            for names in (("ingest", "refresh_latest", "reconcile"), ("fetch_feeds",))
        )
        for started in (functions, self._feeds):
            started.start()
            self._opened.callback(started.stop, wait_s=END_WITHIN_S)
        return functions

    def _serve(self) -> None:
        server = SiteServer(self._sockets[0], Gateway(self._app, not_found=_not_found))
        serving = threading.Thread(
            target=server.serve_forever, args=(0.1,), name="site", daemon=True
        )
        serving.start()
        self._opened.callback(server.shutdown)

    def _tell_where(self, functions: Functions, *, is_empty: bool) -> None:
        folder = self._options.data_dir
        state = folder / "run.json"
        state.write_text(json.dumps(asdict(self.at), indent=2) + "\n")
        self._opened.callback(state.unlink, missing_ok=True)
        self.say(f"site: {self.at.site}/")
        self.say(f"s3: {self.at.endpoint}")
        self.say(f"uploads: {self.at.uploads}")
        self.say(f"receipts: {self.at.receipts}")
        self.say(f"upload: {self._upload_command()}")
        if self._options.with_samples:
            self._upload_samples(is_empty=is_empty)
        functions.wait_until_idle(self._told_to_stop)
        functions.every(REFRESH_EVERY_S, "refresh_latest")
        functions.every(RECONCILE_EVERY_S, "reconcile")
        self._feeds.every(FETCH_EVERY_S, "fetch_feeds")
        for path in ("/", "/v1/health"):
            if self._told_to_stop.is_set():
                return
            if not is_answered(self.at.site + path, within_s=ANSWERS_WITHIN_S):
                raise DeskError(f"{self.at.site}{path} does not answer 200: see {folder}/run.log")
        if self._outcomes:
            counts = ", ".join(f"{n} {outcome}" for outcome, n in sorted(self._outcomes.items()))
            self.say(f"folded: {counts}")
        self._quiet = False
        self.say("ready")

    def _upload_command(self) -> str:
        """Return a line that works as printed: with this Python's name, and a file that exists."""
        folder = self._options.data_dir
        article = folder / "first-article.md"
        if not article.exists():
            article.write_text(_FIRST_ARTICLE)
        python = "python" if shutil.which("python", path=_path_without_venv()) else "python3"
        words = [python, "-m", "desk", "publish", _from_root(article)]
        if _from_root(folder) != ".local":
            words += ["--data-dir", _from_root(folder)]
        return shlex.join(words)

    def _upload_samples(self, *, is_empty: bool) -> None:
        """Fill an empty newsroom; one whose filling was broken off gets what is missing."""
        from desk import samples

        unfinished = self._options.data_dir / "samples-unfinished"
        if not is_empty and not unfinished.exists():
            return
        unfinished.touch()
        now = datetime.now(UTC)
        for file in samples.listed():
            if self._told_to_stop.is_set():
                return
            if not is_empty and self._s3.list_objects_v2(
                Bucket=self.at.uploads, Prefix=file.key, MaxKeys=1
            ).get("Contents"):
                continue
            samples.upload(file, self._s3, self.at.uploads, now=now)
        unfinished.unlink()

    def _tell_outcomes(self, uploads: list[Ingested]) -> None:
        from desk.upload import receipt

        for upload in uploads:
            found = receipt(self._s3, self.at.receipts, upload.key)
            told: dict[str, Any] = found[0] if found else {"outcome": "without a receipt"}
            outcome = str(told["outcome"])
            if self._quiet:
                self._outcomes[outcome] = self._outcomes.get(outcome, 0) + 1
            if not self._quiet or outcome == "rejected":
                self.say(f"{upload.key}  {outcome}  {upload.ms} ms{_why(told)}")

    def _tell_failure(self, event: dict[str, Any], key: str, error: Exception) -> None:
        import boto3

        boto3.client("sqs").send_message(
            QueueUrl=self._outputs["FailuresUrl"], MessageBody=json.dumps(event, default=str)
        )
        while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        self.say(f"{key}  failed {MAX_TRIES} times, is in the failure queue: {reason}")


def _not_found(path: str) -> Answer:
    from chalicelib import web

    if path.startswith("/v1/"):
        return problem(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
    status, headers, body = web.not_found_page()
    return Answer(status=status, headers=list(headers.items()), body=body)


def _profiles_first(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def is_article(record: dict[str, Any]) -> bool:
        return not record["s3"]["object"]["key"].startswith(("sources/", "media/"))

    return sorted(records, key=is_article)


def _why(receipt: dict[str, Any]) -> str:
    errors = receipt.get("errors") or ()
    return f"  {errors[0]['message']} {errors[0]['fix']}" if errors else ""


def _from_root(path: Path) -> str:
    """Return *path* as it is typed in the repository's root."""
    whole = path.resolve()
    return str(whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else whole)


def _path_without_venv() -> str:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(f for f in folders if Path(f).resolve() != Path(sys.prefix) / "bin")


def stage_of(at: Running) -> Stage:
    """Return where the parts of a running newsroom are."""
    return Stage(
        name=LOCAL,
        table=at.table,
        site=at.site,
        uploads=at.uploads,
        receipts=at.receipts,
        endpoint=at.endpoint,
        region=at.region,
    )


def find(data_dir: Path) -> Running:
    """Return the newsroom that runs over *data_dir*."""
    nothing = f"nothing runs over {data_dir}: start it with `make run`, or give its --data-dir"
    try:
        with (data_dir / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    except OSError:
        raise DeskError(nothing) from None
    else:
        raise DeskError(nothing)
    try:
        return Running(**json.loads((data_dir / "run.json").read_text()))
    except (OSError, ValueError, TypeError):
        message = f"the newsroom over {data_dir} is still starting: try again when it is ready"
        raise DeskError(message) from None


@contextmanager
def alone_in(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's lock; it ends with the process, however that ends."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "lock").open("a")
    except OSError as error:
        message = f"{data_dir} cannot be written ({error.strerror}): name another DATA_DIR"
        raise DeskError(message) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"{data_dir} is in use by another run: end that one, or name another DATA_DIR"
            raise DeskError(message) from None
        (data_dir / "run.json").unlink(missing_ok=True)
        yield


@contextmanager
def _listen(port: int, name: str) -> Iterator[socket.socket]:
    """Take *port* on loopback before anything else is started."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(128)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such port"
            message = f"port {port} cannot be used ({reason}): name a free one, {name}=..."
            raise DeskError(message) from None
        yield listener


@contextmanager
def _log_to(path: Path) -> Iterator[TextIO]:
    """Send what this process prints to *path*; yields the terminal, for the lines meant for it."""
    terminal, errors = sys.stdout, sys.stderr
    # Never closed: a connection's thread may have a last word while the process ends.
    sys.stdout = sys.stderr = path.open("w", buffering=1)
    try:
        yield terminal
    finally:
        sys.stdout, sys.stderr = terminal, errors


# The command


def words(parser: argparse.ArgumentParser) -> None:
    said = os.environ
    parser.add_argument("--port", type=_port, default=said.get("PORT") or "8000",
                        help="of the site (PORT, 8000; 0: any)")  # fmt: skip
    parser.add_argument("--aws-port", type=_port, default=said.get("AWS_PORT") or "8001",
                        help="of the embedded AWS (AWS_PORT, 8001; 0: any)")  # fmt: skip
    parser.add_argument("--no-samples", action="store_true", default=said.get("SAMPLES") == "0",
                        help="start empty (SAMPLES=0)")  # fmt: skip
    chosen.data_dir(parser)


def run(arguments: argparse.Namespace) -> None:
    serve(
        Options(
            port=arguments.port,
            aws_port=arguments.aws_port,
            data_dir=arguments.data_dir,
            with_samples=not arguments.no_samples,
        )
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: they go from 0 to {LARGEST_PORT}")
    return port
