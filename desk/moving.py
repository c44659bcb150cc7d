"""All uploads of a stage, carried elsewhere: into a folder, out of one, from stage to stage.

One way for backups, restore drills, moves to another region and replays on this machine. What is
carried are the versions, all else is made of them again: the folder's `uploads/` is what a local
run keeps in its data folder, so `make run` replays it as it is. What models wrote is carried too,
since nobody would write it twice alike. S3 dates a copy by its copying; so its own time goes with
it as metadata, which ingest reads. A delete marker can bear no metadata and is carried as an
upload whose metadata says that it is a deletion.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.aws.buckets import DELETION, RECEIVED_AT, SUMMARIES
from chalicelib.core.article import moment
from desk import chosen
from desk.archive import Archive, Version
from desk.errors import DeskError, WrongWords
from desk.local import alone_in
from desk.rebuild import rebuild_and_tell
from desk.terminal import progress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from chalicelib.core.uploads import Version as Listed
    from desk.stage import Stage

_JSON = "application/json; charset=utf-8"
_OURS = "x-amz-meta-"
_FIELDS = {  # what S3 keeps of an object beside our own metadata: by header, as boto3 names it
    "content-type": "ContentType",
    "content-encoding": "ContentEncoding",
    "content-disposition": "ContentDisposition",
    "content-language": "ContentLanguage",
    "cache-control": "CacheControl",
}
_SUMMARY = re.compile(rf"{SUMMARIES}[0-9a-f]{{32}}-[0-9a-f]{{32}}\.json")  # no receipt looks so

EXAMPLES = """\
  python -m desk import backup/ --stage drill
  python -m desk import --from-stage prod --stage prod-eu --json"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """How much was carried."""

    versions: int
    summaries: int


Told = Callable[[], object]  # called after each version


def export(stage: Stage, folder: Path, *, told: Told = int) -> Carried:
    """Bring *folder* up to date with all uploads of *stage*.

    What is there already is not read again, and what was deleted for good is deleted there too.
    Raises DeskError for a folder in which none of the stage's uploads is: it is the only copy of
    another stage's, or of those that this one has lost.
    """
    with alone_in(folder):
        archive = Archive(folder / "uploads")
        deque(archive.load(), maxlen=0)  # it knows then what it holds
        listed = list(_listed(stage))
        seen = {version.id for _, version in listed}
        had = archive.version_ids()
        if had and not had & seen:
            raise DeskError(
                f"{folder} holds {len(had)} versions, and {stage.uploads} none of them: they would "
                "all be deleted; name another folder"
            )
        s3 = stage.s3()
        for key, version in listed:
            if version.id not in archive:
                archive.add(_read(s3, stage.uploads, key, version))
            told()
        for version_id in had - seen:
            archive.remove(version_id)
        kept = set[Path]()
        (folder / SUMMARIES).mkdir(exist_ok=True)
        for name, data in _summaries(stage):
            (folder / name).write_bytes(data)
            kept.add(folder / name)
        for path in set((folder / SUMMARIES).iterdir()) - kept:
            path.unlink()
    return Carried(versions=len(seen), summaries=len(kept))


def out_of(folder: Path) -> tuple[Iterator[Version], Iterator[tuple[str, bytes]]]:
    """Return the versions that *folder* holds, in their order, and what models wrote."""
    if not any((folder / "uploads").glob("*.upload")):
        raise DeskError(
            f"{folder} holds no export: `python -m desk export --to {folder}` makes one"
        )
    kept = sorted((folder / SUMMARIES).glob("*.json"))
    return Archive(folder / "uploads").load(), (
        (SUMMARIES + path.name, path.read_bytes()) for path in kept
    )


def out_of_stage(stage: Stage) -> tuple[Iterator[Version], Iterator[tuple[str, bytes]]]:
    """Return the versions of a stage, in their order, and what models wrote."""
    s3 = stage.s3()
    read = (_read(s3, stage.uploads, key, version) for key, version in _listed(stage))
    return read, _summaries(stage)


def into(
    stage: Stage,
    versions: Iterable[Version],
    summaries: Iterable[tuple[str, bytes]],
    *,
    told: Told = int,
) -> Carried:
    """Upload *versions* to a stage that has none. Raises DeskError for one that has."""
    if next(stage.versions().newest(""), None) is not None:
        raise DeskError(f"the stage {stage.name} is not empty: {stage.uploads} holds uploads")
    s3, counts = stage.s3(), Counter[str]()
    for name, data in summaries:
        s3.put_object(Bucket=stage.receipts, Key=name, Body=data, ContentType=_JSON)
        counts["summaries"] += 1
    for version in versions:
        body = version.body or b""
        s3.put_object(Bucket=stage.uploads, Key=version.key, Body=body, **_about(version))
        counts["versions"] += 1
        told()
    return Carried(versions=counts["versions"], summaries=counts["summaries"])


def _listed(stage: Stage) -> Iterator[tuple[str, Listed]]:
    """Yield all keys and versions, those of one key oldest first."""
    for key, versions in stage.versions().histories():
        for version in versions:
            yield key, version


def _read(s3: S3Client, bucket: str, key: str, listed: Listed) -> Version:
    """Return a version with its bytes and all that S3 keeps of it."""
    if listed.is_delete_marker:
        body, metadata, etag = None, {}, None
    else:
        answer: Mapping[str, Any] = s3.get_object(Bucket=bucket, Key=key, VersionId=listed.id)
        fields = {header: answer[name] for header, name in _FIELDS.items() if answer.get(name)}
        ours = {f"{_OURS}{name}": value for name, value in answer["Metadata"].items()}
        body, metadata = answer["Body"].read(), {**fields, **ours}
        etag = str(answer["ETag"]).strip('"')
    return Version(
        key=key,
        version_id=listed.id,
        modified_at=listed.received_at,
        body=body,
        metadata=metadata,
        etag=etag,
    )


def _summaries(stage: Stage) -> Iterator[tuple[str, bytes]]:
    s3 = stage.s3()
    for name in stage.kept_receipts().names(SUMMARIES):
        if _SUMMARY.fullmatch(name):
            yield name, s3.get_object(Bucket=stage.receipts, Key=name)["Body"].read()


def _about(version: Version) -> dict[str, Any]:
    """Return what goes with a version's bytes: what was said of it, and its own time."""
    given = {name.lower(): value for name, value in version.metadata.items()}
    ours = {n.removeprefix(_OURS): value for n, value in given.items() if n.startswith(_OURS)}
    at = moment(version.modified_at.astimezone(UTC).replace(microsecond=0))
    ours = {RECEIVED_AT: at, **ours}
    if version.body is None:
        ours[DELETION] = "true"
    fields = {_FIELDS[name]: value for name, value in given.items() if name in _FIELDS}
    return {**fields, "Metadata": ours}


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="of an export")
    parser.add_argument("--from-stage", metavar="NAME", help="instead of a folder")
    chosen.words(parser, json_help="{versions, summaries} and what `rebuild` tells")


def run(arguments: argparse.Namespace) -> int:
    if (arguments.folder is None) == (arguments.from_stage is None):
        raise WrongWords(
            "name a folder that `export --to` has filled, or a stage with --from-stage"
        )
    stage = chosen.stage(arguments)
    with stage.explained(), progress(0, "importing", unit="version") as bar:
        given = (
            out_of(arguments.folder)
            if arguments.folder is not None
            else out_of_stage(chosen.stage(arguments, named=arguments.from_stage))
        )
        carried = into(stage, *given, told=bar.update)
    return rebuild_and_tell(stage, stage.projection(), asdict(carried), as_json=arguments.json)
