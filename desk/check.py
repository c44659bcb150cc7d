"""What an upload would become, told without uploading it: the very code of the Lambda, offline.

Many files are read by as many processes as there are cores; the receipts come in the order of
the files all the same.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib import newsroom, wiring
from chalicelib.core import sources
from chalicelib.core.errors import UploadRejected
from chalicelib.core.site import Site
from desk.errors import NOT_DONE, DeskError, WrongWords
from desk.receipts import shown
from desk.terminal import progress
from desk.upload import File, files

if TYPE_CHECKING:
    from chalicelib.core import shapes
    from chalicelib.core.article import Source

    Checked = tuple[dict[str, Any], shapes.Article | None]  # the receipt, and the article it makes

FEW_FILES = 20  # are read sooner than other processes are started
FILES_A_TURN = 4  # handed to a process at once

EXAMPLES = """\
  python -m desk check draft.md
  python -m desk check articles/ --json > receipts.jsonl
  python -m desk check draft.md --key world/ferry.md --sources samples/sources"""


def check(listed: Sequence[File], *, profiles: Path | None, now: datetime) -> Iterator[Checked]:
    """Yield each file's receipt and article, in order.

    Raises DeskError for a file that cannot be read, and for one that our own code failed on.
    """
    one = partial(_check, known=read_profiles(profiles), now=now)
    if len(listed) <= FEW_FILES:
        yield from map(one, listed)
        return
    # Spawned, not forked: the progress bar has a thread, and a fork copies its locks as they are.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as processes:
        try:
            yield from processes.map(one, listed, chunksize=FILES_A_TURN)
        except BrokenProcessPool:
            raise DeskError("a process that read the files was killed: check fewer") from None
        except GeneratorExit:
            processes.shutdown(wait=False, cancel_futures=True)
            raise


def read_profiles(folder: Path | None) -> Mapping[str, Source] | None:
    """Return the source profiles of a folder, by id. Their pictures are not looked at."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise WrongWords(f"{folder}: there is no such folder of sources")
    found = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            profile, _ = sources.read(f"sources/{path.name}", path.read_bytes())
        except UploadRejected as error:
            raise DeskError(f"{path}: {error}") from None
        found[profile.id] = profile.source()
    return found


def _check(file: File, *, known: Mapping[str, Source] | None, now: datetime) -> Checked:
    try:
        data = file.path.read_bytes()
        modified = int(file.path.stat().st_mtime)
    except OSError as error:
        raise DeskError(f"{file.path}: cannot be read: {error.strerror}") from None
    try:
        return newsroom.check(
            file.key,
            data,
            received_at=datetime.fromtimestamp(modified, UTC),
            now=now,
            sources=known,
            summarise=wiring.extract,  # offline, whatever the environment says
            site=Site(),
        )
    except Exception as error:
        message = f"{file.path}: this is our mistake, not the file's: {type(error).__name__}: "
        raise DeskError(message + " ".join(str(error).split())) from error


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE|FOLDER")
    parser.add_argument("--json", action="store_true", help="one object a line, with the article")
    parser.add_argument("--key", help="the key of the one file given (default: its name)")
    parser.add_argument("--sources", type=Path, metavar="DIR", help="source profiles, *.yaml")
    parser.add_argument("--now", type=_time, metavar="TIME", help="decide as of then")


def run(arguments: argparse.Namespace) -> int:
    listed = list(files(arguments.paths, key=arguments.key))
    now = arguments.now or datetime.now(UTC).replace(microsecond=0)
    show = shown(as_json=arguments.json)
    rejected = 0
    with progress(len(listed), "checking") as bar:
        for receipt, article in check(listed, profiles=arguments.sources, now=now):
            show({**receipt, "article": article} if arguments.json else receipt)
            rejected += receipt["outcome"] == "rejected"
            bar.update()
    return NOT_DONE if rejected else 0


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{text} is no time: write it as 2026-11-24T09:00:00Z"
        raise argparse.ArgumentTypeError(message) from None
