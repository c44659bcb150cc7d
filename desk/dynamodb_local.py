"""AWS's own DynamoDB Local: fetched once, started on a free port, ended with the block.

What the table promises is tried on it, since moto is laxer. AWS's download is not versioned; npm
carries the same program, inside a package of Amplify's, under a version and a checksum. It needs
Java 17, npm to fetch it, and some 200 MB of memory, where it keeps everything.
"""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desk.errors import DeskError

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".dynamodb-local"
PACKAGE = "amplify-dynamodb-simulator@2.9.30"
# npm compares what comes with what the registry says now; we, with what came when we tried it.
SHA256 = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
STARTED_WITHIN_S = 60  # on a busy machine; else it takes 2 to 5
FETCHED_WITHIN_S = 300  # 57 MB


def missing() -> str | None:
    """Say in one line what this machine lacks to run it, None where nothing is missing."""
    if shutil.which("java") is None:
        return "DynamoDB Local needs Java 17 or newer, and there is no java here"
    if not _program().is_file() and shutil.which("npm") is None:
        return "DynamoDB Local is fetched with npm, and there is no npm here"
    return None


@contextmanager
def running() -> Iterator[str]:
    """Give the address of an empty DynamoDB, which ends with the block."""
    _ready()
    # Nobody else takes the port between here and there, unless by a rare chance.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    program = _program()
    command = [
        "java",
        "-Xmx1g",
        f"-Djava.library.path={program.parent / 'DynamoDBLocal_lib'}",
        "-jar",
        str(program),
        "-inMemory",
        "-disableTelemetry",
        "-port",
        str(port),
    ]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(  # noqa: S603 - the words are our own
            command, cwd=program.parent, stdout=told, stderr=subprocess.STDOUT
        )
        try:
            if not _answers(port, process):
                told.seek(0)
                last = told.read()[-2000:].decode(errors="replace")
                raise DeskError(f"DynamoDB Local did not start:\n{last}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def main() -> int:
    """Fetch it unless it is there, for what needs it later."""
    try:
        _ready()
    except DeskError as error:
        print(error, file=sys.stderr)
        return error.status
    return 0


def _ready() -> None:
    if lack := missing():
        raise DeskError(lack)
    _fetch()


def _program() -> Path:
    return FOLDER / PACKAGE / "DynamoDBLocal.jar"


def _fetch() -> None:
    """Fetch the program unless it is there: all of it or nothing."""
    if _program().is_file():
        return
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        place = Path(folder)
        try:
            subprocess.run(  # noqa: S603 - the words are our own
                ["npm", "pack", "--silent", PACKAGE],  # noqa: S607 - wherever this machine has it
                cwd=place,
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=FETCHED_WITHIN_S,
            )
        except subprocess.SubprocessError as error:
            raise DeskError(f"npm could not fetch {PACKAGE}: {error}") from error
        (archive,) = place.glob("*.tgz")
        if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            raise DeskError(f"{PACKAGE} is not the file that was tried: its sha256 is another")
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        (place / "package" / "emulator").rename(FOLDER / PACKAGE)


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + STARTED_WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
