"""From files on this machine to a stage's uploads bucket, and back: the receipts.

`files` says what a path means (which files, under which keys), for `check`, `publish` and the
samples alike. `publish` uploads as any S3 client would and waits for the receipt of the very
version that it wrote.
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk import chosen, receipts
from desk.errors import NO_RECEIPT, NOT_DONE, DeskError, WrongWords
from desk.terminal import progress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from desk.stage import Stage

NO_RECEIPT_S = 30  # without any news; ingest takes a second, a queue of uploads longer
FIRST_LOOK_S, LONGEST_PAUSE_S = 0.05, 1.0

# Formats whose type Python's table has not, or has differently from machine to machine.
_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".markdown": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".opml": "text/x-opml",
    ".eml": "message/rfc822",
    ".webp": "image/webp",
    ".avif": "image/avif",
}

EXAMPLES = """\
  python -m desk publish ferry.md --key world/ferry.md
  python -m desk publish articles/ --stage prod --json"""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file to read, and the key it has or gets in the uploads bucket."""

    path: Path
    key: str


def files(paths: Sequence[Path], *, key: str | None = None) -> Iterator[File]:
    """Yield the files that *paths* name, in argument order; a folder's sorted by their keys.

    A key is the path below the folder given, else the file's name, else *key*, which is for one
    file alone. Hidden files are an editor's tools' own and are left out.
    """
    if key is not None and (len(paths) != 1 or paths[0].is_dir()):
        raise WrongWords("--key is for one file: name one, and no folder")
    for path in paths:
        if path.is_dir():
            found = [p for p in path.rglob("*") if p.is_file() and not _is_hidden(p, path)]
            keyed = [File(path=p, key=p.relative_to(path).as_posix()) for p in found]
            yield from sorted(keyed, key=lambda file: file.key)
        elif path.is_file():
            yield File(path=path, key=key or path.name)
        else:
            raise WrongWords(f"{path}: there is no such file or folder")


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def content_type(path: Path) -> str:
    guessed, _ = mimetypes.guess_type(path.name)
    return _TYPES.get(path.suffix.lower()) or guessed or "application/octet-stream"


def publish(
    uploads: Sequence[File], stage: Stage, *, told: Callable[[dict[str, Any]], None]
) -> list[File]:
    """Upload the files, and pass each one's receipt to *told*, in order.

    Returns the files of which no receipt has come: nothing was heard for NO_RECEIPT_S.
    """
    s3 = stage.s3()
    versions = [_put(s3, stage.uploads, file) for file in uploads]
    missing, until = [], time.monotonic() + NO_RECEIPT_S
    for file, version_id in zip(uploads, versions, strict=True):
        found = wait_for_receipt(s3, stage.receipts, file.key, version_id, until=until)
        if found is None:
            missing.append(file)
        else:
            until = time.monotonic() + NO_RECEIPT_S
            told(found)
    return missing


def _put(s3: S3Client, bucket: str, file: File) -> str:
    try:
        body = file.path.read_bytes()
    except OSError as error:
        raise DeskError(f"{file.path}: cannot be read: {error.strerror}") from None
    answer = s3.put_object(
        Bucket=bucket, Key=file.key, Body=body, ContentType=content_type(file.path)
    )
    return answer["VersionId"]


def wait_for_receipt(
    s3: S3Client, bucket: str, key: str, version_id: str, *, until: float
) -> dict[str, Any] | None:
    """Return the receipt of one version of *key*, None when none has come *until* then."""
    pause = FIRST_LOOK_S
    while True:
        found = receipt(s3, bucket, key)
        if found is not None and found[1] == version_id:
            return found[0]
        if time.monotonic() > until:
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)


def receipt(s3: S3Client, bucket: str, key: str) -> tuple[dict[str, Any], str] | None:
    """Return the receipt of *key* and the version that it tells of, or None while there is none."""
    from chalicelib.core.receipt import receipt_key

    try:
        answer = s3.get_object(Bucket=bucket, Key=f"{receipt_key(key)}.json")
    except s3.exceptions.ClientError as error:
        # Who may list a part of the bucket alone is told AccessDenied of what is not there.
        if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            return None
        raise
    return json.loads(answer["Body"].read()), answer["Metadata"].get("version-id", "")


def delete_versions(s3: S3Client, bucket: str) -> None:
    """Delete for good every version of every key, markers included."""
    from chalicelib.aws.buckets import delete
    from chalicelib.core.errors import StoreUnavailable

    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    for page in pages:
        listed = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        names = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in listed]
        try:
            delete(s3, bucket, names)
        except StoreUnavailable as error:
            raise DeskError(f"{bucket}: {error}") from None


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE|FOLDER")
    parser.add_argument("--key", help="the key of the one file given (default: its name)")
    chosen.words(parser, json_help="one receipt a line")


def run(arguments: argparse.Namespace) -> int:
    listed = list(files(arguments.paths, key=arguments.key))
    stage = chosen.stage(arguments)
    show = receipts.shown(as_json=arguments.json)
    if len(listed) > 1 and not arguments.json:
        show = receipts.shown_in_a_table(file.key for file in listed)
    outcomes: list[str] = []
    with stage.explained(), progress(len(listed), "publishing") as bar:

        def told(one: dict[str, Any]) -> None:
            show(one)
            outcomes.append(one["outcome"])
            bar.update()

        missing = publish(listed, stage, told=told)
    for file in missing:
        print(f"desk publish: no receipt of {file.key} has come", file=sys.stderr)
    if missing:
        return NO_RECEIPT
    return NOT_DONE if "rejected" in outcomes else 0
