"""The sample newsroom, made fresh: dates in it are offsets from the moment of the upload.

`@now-3h`, `@now+2d`, `@now-1d4h`, `@now-25m` and `@now` in a sample become RFC 3339 times.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from desk.upload import File, content_type, files
from desk.venv import ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER = ROOT / "samples"
_TEXT = frozenset({".md", ".txt", ".html", ".json", ".yaml"})
_ABOUT_THE_FOLDER = frozenset({".py"})  # what draws the pictures is no upload; nor is README.md
_OFFSET = re.compile(
    rb"(?<![\w@])@now(?:(?P<sign>[+-])(?=\d)(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?)?(?!\w|[+-]\d)"
)


def as_of(text: bytes, now: datetime) -> bytes:
    """Return *text* with every offset replaced by the time that it means at *now*."""

    def moment(found: re.Match[bytes]) -> bytes:
        days, hours, minutes = (int(found[unit] or 0) for unit in ("d", "h", "m"))
        offset = timedelta(days=days, hours=hours, minutes=minutes)
        then = now - offset if found["sign"] == b"-" else now + offset
        return then.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()

    return _OFFSET.sub(moment, text)


def listed(folder: Path = FOLDER) -> list[File]:
    """Return what to upload: profiles and images first, so that articles find them."""
    if not folder.is_dir():
        return []
    found = [file for file in files([folder]) if not _is_about_the_folder(file)]
    return sorted(found, key=lambda file: not file.key.startswith(("sources/", "media/")))


def _is_about_the_folder(file: File) -> bool:
    return (
        file.key == "README.md"
        or file.path.suffix in _ABOUT_THE_FOLDER
        or ("__pycache__" in file.path.parts)
    )


def content(file: File, now: datetime) -> bytes:
    """Return what one sample holds when it is uploaded *now*."""
    data = file.path.read_bytes()
    return as_of(data, now) if file.path.suffix in _TEXT else data


def upload(file: File, s3: S3Client, bucket: str, *, now: datetime) -> None:
    """Upload one sample, as any editor's S3 client would."""
    body = content(file, now)
    s3.put_object(Bucket=bucket, Key=file.key, Body=body, ContentType=content_type(file.path))
