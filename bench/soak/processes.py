"""The soak's two other processes: `aws` and `newsroom`. Each says in JSON where it is, then serves.

They end when their standard input does, so none outlives the soak, however that ends.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bench.soak.faults import NEWSROOM_KEY, UnreliableAws, mortal
from desk.configured import LOCAL
from desk.embedded import use_local_credentials

REFRESH_EVERY_S, RECONCILE_EVERY_S = 10, 20  # sooner than on AWS, as all is here
INGESTING = 2  # functions at work at once: they meet at the same keys and stories
END_WITHIN_S = 5


@contextmanager
def started(role: str, *words: str) -> Iterator[Process]:
    """Run a process of the soak until the block ends."""
    command = [sys.executable, "-m", "bench.soak.processes", role, *words]
    with subprocess.Popen(  # noqa: S603 - ourselves
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Process(process)
        finally:
            process.kill()


class Process:
    """A process of the soak as this one sees it: `where` is what it said of itself."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.where: dict[str, str] = self.ask()

    def tell(self, told: object) -> None:
        print(json.dumps(told), file=self._stream(self._process.stdin), flush=True)

    def ask(self, asked: object = None) -> Any:
        """Return the next line that it says, after it was told what is *asked*."""
        if asked is not None:
            self.tell(asked)
        line = self._stream(self._process.stdout).readline()
        if not line:
            raise RuntimeError(f"a process of the soak ended: {self._process.args!r}")
        return json.loads(line)

    def memory_mb(self) -> float:
        """Return what it holds of the machine's memory."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024

    @staticmethod
    def _stream(stream: IO[str] | None) -> IO[str]:
        if stream is None:
            raise AssertionError("Popen was asked for pipes")
        return stream


def aws(said: IO[str], *, every: int, seed: int) -> None:
    import boto3

    from desk.stack import Stack

    with socket.create_server(("127.0.0.1", 0)) as listener:
        chance = random.Random(seed)  # noqa: S311 - of faults
        server = UnreliableAws(listener, every=every, chance=chance)
        use_local_credentials(server.endpoint)
        server.start()
        outputs = Stack(LOCAL, protect=False).apply()
        boto3.client("s3").put_bucket_versioning(
            Bucket=outputs["UploadsBucket"], VersioningConfiguration={"Status": "Enabled"}
        )
        print(json.dumps({"endpoint": server.endpoint, **outputs}), file=said, flush=True)
        for _ in sys.stdin:
            print(json.dumps(server.failed), file=said, flush=True)
        server.stop()


def newsroom(said: IO[str], *, where: Mapping[str, str], every: int, seed: int) -> None:
    from desk.functions import Functions
    from desk.gateway import Answer, Gateway, SiteServer

    use_local_credentials(where["endpoint"])
    os.environ.update(
        AWS_ACCESS_KEY_ID=NEWSROOM_KEY,
        BROADSHEET_TABLE=where["Table"],
        BROADSHEET_UPLOADS_BUCKET=where["UploadsBucket"],
        BROADSHEET_RECEIPTS_BUCKET=where["ReceiptsBucket"],
        BROADSHEET_EDITORS_TOPIC=where["EditorsTopic"],
        POWERTOOLS_SERVICE_NAME="soak",
    )
    from app import app
    from chalicelib import events

    chance = random.Random(seed)  # noqa: S311 - of faults
    handlers = {
        name: mortal(getattr(events, name), every=every, chance=chance)
        for name in ("ingest", "refresh_latest", "reconcile")
    }
    failures: list[str] = []
    functions = [
        Functions(
            handlers, ingested=lambda _: None, fail=lambda _event, key, _error: failures.append(key)
        )
        for _ in range(INGESTING)
    ]
    for one in functions:
        one.start()
    functions[0].every(REFRESH_EVERY_S, "refresh_latest")
    functions[-1].every(RECONCILE_EVERY_S, "reconcile", first_in_s=RECONCILE_EVERY_S)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        gateway = Gateway(app, not_found=lambda _: Answer(status=404, headers=()))
        server = SiteServer(listener, gateway)
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        host, port = listener.getsockname()
        print(json.dumps({"site": f"http://{host}:{port}"}), file=said, flush=True)
        never = threading.Event()
        for number, line in enumerate(sys.stdin):
            records = json.loads(line)
            functions[number % INGESTING].uploaded(records)
            if not records:  # asked to say when all is done
                for one in functions:
                    one.wait_until_idle(never)
                print(json.dumps(failures), file=said, flush=True)
        for one in functions:
            one.stop(wait_s=END_WITHIN_S)
        server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(dest="role", required=True)
    for role in ("aws", "newsroom"):
        added = roles.add_parser(role)
        added.add_argument("--every", type=int, required=True)
        added.add_argument("--seed", type=int, required=True)
        added.add_argument("--where", type=json.loads, default={})
    told = parser.parse_args()
    said, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115 - logs and metrics
    sys.stderr = sys.stdout  # every fault's traceback
    if told.role == "aws":
        aws(said, every=told.every, seed=told.seed)
    else:
        newsroom(said, where=told.where, every=told.every, seed=told.seed)


if __name__ == "__main__":
    main()
