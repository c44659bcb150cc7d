"""Every version of every upload of the local run, one file each: what a restart is made from.

A file is a line of JSON (key, version, time, metadata) and the bytes that were uploaded; a
delete marker has no bytes. Files are written whole under another name, flushed to the disk and
renamed, and never changed: a crash leaves a version complete or absent. Deleting one version of
an object for good (a takedown does) removes its file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from desk.errors import DeskError


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of one object, as S3 has it. `body` is None for a delete marker."""

    key: str
    version_id: str
    modified_at: datetime  # UTC, with microseconds: they are the order of quick revisions
    body: bytes | None
    metadata: Mapping[str, str]  # content type and user metadata, by S3's header names
    etag: str | None = None


class Archive:
    """The folder of version files. Not for two writers: the run holds the folder's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("*.part"):
            unfinished.unlink()
        self._files: dict[str, Path] = {}  # by version id
        self._next = 1

    def __contains__(self, version_id: str) -> bool:
        return version_id in self._files

    def version_ids(self) -> frozenset[str]:
        return frozenset(self._files)

    def load(self) -> Iterator[Version]:
        """Yield every version in the order of its upload. Must be read to its end before `add`."""
        for path in sorted(self._folder.glob("*.upload")):
            version = _read(path)
            self._files[version.version_id] = path
            self._next = int(path.stem) + 1
            yield version

    def add(self, version: Version) -> None:
        """Keep *version*; on return it survives a power cut."""
        head = {
            "key": version.key,
            "version_id": version.version_id,
            "modified_at": version.modified_at.isoformat(),
            "deleted": version.body is None,
            "metadata": dict(version.metadata),
            "etag": version.etag,
        }
        path = self._folder / f"{self._next:09d}.upload"
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(json.dumps(head).encode() + b"\n" + (version.body or b""))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        self._flush_folder()
        self._files[version.version_id] = path
        self._next += 1

    def remove(self, version_id: str) -> None:
        """Forget a version for good, bytes and all."""
        self._files.pop(version_id).unlink(missing_ok=True)
        self._flush_folder()

    def _flush_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read(path: Path) -> Version:
    line, _, body = path.read_bytes().partition(b"\n")
    try:
        head = json.loads(line)
        return Version(
            key=head["key"],
            version_id=head["version_id"],
            modified_at=datetime.fromisoformat(head["modified_at"]),
            body=None if head["deleted"] else body,
            metadata=head["metadata"],
            etag=head["etag"],
        )
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path} is damaged ({error}): move it away and start again"
        raise DeskError(message) from None
