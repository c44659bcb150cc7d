"""The buckets: uploads in; receipts, prepared images and what models wrote out.

A version of an upload is the truth, so it is read by its id: what a key holds may change while
it is being read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from chalicelib.core.errors import StoreUnavailable
from chalicelib.core.uploads import Version
from chalicelib.core.xml_writing import can_hold

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from chalicelib.core.pictures import PreparedFile
    from chalicelib.core.receipt import Stamp

# Metadata of an upload that was carried here: its own time, and that it was a delete marker, which
# can bear none itself.
RECEIVED_AT = "received-at"
DELETION = "deletion"
# Metadata of a receipt.
_VERSION = "version-id"
_DIGEST = "digest"
PUBLIC_MEDIA = "public-media/"
SUMMARIES = "summaries/"
_FOR_EVER = "public, max-age=31536000"  # a CDN serves images from here; their names are hashes
_DELETED_AT_ONCE = 1_000  # S3's limit of a call
_LOST_RACES = ("PreconditionFailed", "ConditionalRequestConflict")  # of a conditional write


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The bytes of one object and when they were received."""

    data: bytes
    received_at: datetime
    is_deletion: bool = False  # a delete marker of the bucket from which it was carried here


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of the uploads: the newest version of each key, and where the next page begins."""

    newest: Mapping[str, str]  # key -> version id
    next_cursor: str | None


class Uploads:
    """The uploads bucket, versioned. Methods raise botocore's errors when S3 refuses or fails."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def versions(self, key: str) -> tuple[Version, ...]:
        """Return the versions of exactly *key*, oldest first, delete markers included.

        The order is S3's: it lists the versions of a key newest first, also within one second.
        botocore hands over objects and delete markers apart; where one of each has the same
        second, and neither is the newest, the marker counts as the later: people delete what
        they have just uploaded by mistake.
        """
        found: list[Version] = []
        for key_, version in self._listed(prefix=key):
            # The exact key only, which S3 lists first: the prefix "a.md" also lists "a.md.bak".
            if key_ != key:
                break
            found.append(version)
        return tuple(reversed(found))

    def forget(self, key: str) -> int:
        """Delete every version of exactly *key* for good; return how many there were."""
        ids = [version.id for version in self.versions(key)]
        for start in range(0, len(ids), _DELETED_AT_ONCE):
            some = [{"Key": key, "VersionId": id_} for id_ in ids[start : start + _DELETED_AT_ONCE]]
            delete(self._client, self._bucket, some)
        return len(ids)

    def read(self, key: str, version: Version, *, with_bytes: bool = True) -> Upload:
        """Return one version. Its `received-at` metadata, if set, is its time."""
        where: Any = {"Bucket": self._bucket, "Key": key, "VersionId": version.id}
        if with_bytes:
            answer: Mapping[str, Any] = self._client.get_object(**where)
            data = answer["Body"].read()
        else:
            answer, data = self._client.head_object(**where), b""
        metadata = answer.get("Metadata", {})
        return Upload(
            data=data,
            received_at=_received_at(metadata) or version.received_at,
            is_deletion=DELETION in metadata,
        )

    def newest(self, prefix: str) -> Iterator[tuple[str, Version]]:
        """Yield the keys that begin with *prefix*, in S3's order, each with its newest version.

        A delete marker is one: a key stays listed until every version is deleted for good.
        """
        for key, versions in groupby(self._listed(prefix=prefix), key=itemgetter(0)):
            yield key, next(versions)[1]

    def histories(self) -> Iterator[tuple[str, tuple[Version, ...]]]:
        """Yield every key, in S3's order, with its versions as `versions` returns them."""
        for key, versions in groupby(self._listed(prefix=""), key=itemgetter(0)):
            yield key, tuple(version for _, version in versions)[::-1]

    def page(self, cursor: str | None) -> Listing:
        """Return one page of the bucket's keys, up to 1,000 versions, from *cursor*."""
        marker: Any = {"KeyMarker": cursor} if cursor else {}
        answer = self._client.list_object_versions(Bucket=self._bucket, **marker)
        newest: dict[str, str] = {}
        for entry in [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]:
            if entry["IsLatest"]:
                newest[entry["Key"]] = entry["VersionId"]
        return Listing(newest=newest, next_cursor=answer.get("NextKeyMarker"))

    def _listed(self, *, prefix: str) -> Iterator[tuple[str, Version]]:
        """Yield keys and versions in S3's order: by key, newest first."""
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        for page in pages:
            entries = _merged(page.get("Versions", []), page.get("DeleteMarkers", []))
            for entry in entries:
                yield (
                    entry["Key"],
                    Version(
                        id=entry["VersionId"],
                        received_at=datetime.fromtimestamp(_seconds(entry), UTC),
                        is_delete_marker="Size" not in entry,
                        size=entry.get("Size", 0),
                    ),
                )


class Receipts:
    """The receipts bucket: receipts for editors, and the images that pages show."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def stamp(self, key: str, *, form: str = "json") -> Stamp | None:
        """Return the stamp of the receipt under *key*, None without a receipt."""
        from chalicelib.core.receipt import Stamp

        try:
            answer = self._client.head_object(Bucket=self._bucket, Key=f"{key}.{form}")
        except self._client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return None
            raise
        stamped = answer["Metadata"]
        return Stamp(version_id=stamped.get(_VERSION, ""), digest=stamped.get(_DIGEST, ""))

    def has(self, key: str, stamp: Stamp) -> bool:
        """True if the receipt under *key* says what one with this stamp would say, in both forms.

        Two writers at once may leave one of each.
        """
        return all(self.stamp(key, form=form) == stamp for form in ("json", "html"))

    def put(self, key: str, *, stamp: Stamp, json: bytes, html: bytes) -> None:
        """Write both forms of a receipt, the JSON last: where it is, the other is too."""
        forms = (
            ("html", html, "text/html; charset=utf-8"),
            ("json", json, "application/json; charset=utf-8"),
        )
        for extension, body, content_type in forms:
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{key}.{extension}",
                Body=body,
                ContentType=content_type,
                Metadata={_VERSION: stamp.version_id, _DIGEST: stamp.digest},
            )

    def forget(self, names: Iterable[str]) -> None:
        """Delete the objects of these names, receipts or whatever else lies in the bucket."""
        wanted = [{"Key": name} for name in sorted(set(names))]
        for start in range(0, len(wanted), _DELETED_AT_ONCE):
            delete(self._client, self._bucket, wanted[start : start + _DELETED_AT_ONCE])

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of all objects that begin with *prefix*."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def put_media(self, file: PreparedFile) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=PUBLIC_MEDIA + file.name,
            Body=file.data,
            ContentType=file.content_type,
            CacheControl=_FOR_EVER,
        )


class KeptReceipts(Receipts):
    """The same bucket for a rebuild: what was told of a version stays as it was told."""

    def has(self, key: str, stamp: Stamp) -> bool:
        """True if there is a receipt of the same version, whatever one would say today."""
        found = self.stamp(key)
        return found is not None and found.version_id == stamp.version_id


class Summaries:
    """What models wrote, in the receipts bucket: each written once and never changed."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, name: str) -> bytes | None:
        """Return what is kept as *name*, None where nothing is."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=SUMMARIES + name)
        except self._client.exceptions.NoSuchKey:
            return None
        return answer["Body"].read()

    def keep(self, name: str, data: bytes, *, replaces: bool) -> bytes:
        """Keep *data* as *name* and return what is then kept there: the first writer's.

        With *replaces*, what lies there is known to be no summary (the receipt of an upload whose
        key looks like one) and is written over.
        """
        condition: Any = {} if replaces else {"IfNoneMatch": "*"}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=SUMMARIES + name,
                Body=data,
                ContentType="application/json; charset=utf-8",
                **condition,
            )
        except self._client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in _LOST_RACES:
                raise
            theirs = self.read(name)
            if theirs is None:  # the other is still writing; the event is tried again
                raise
            return theirs
        return data


class Media:
    """The prepared images alone: what public functions may read of the receipts bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, name: str) -> Upload | None:
        """Return the image called *name*, None where there is none.

        Raises StoreUnavailable when S3 does not answer.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=PUBLIC_MEDIA + name)
        except ClientError as error:
            # Without the permission to list, S3 answers 403 for what is not there.
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "403", "AccessDenied"):
                return None
            raise StoreUnavailable("The images cannot be read now.") from error
        except BotoCoreError as error:
            raise StoreUnavailable("The images cannot be read now.") from error
        modified_at = answer["LastModified"].astimezone(UTC).replace(microsecond=0)
        return Upload(data=answer["Body"].read(), received_at=modified_at)


def delete(client: S3Client, bucket: str, objects: Iterable[Any]) -> None:
    """Delete up to 1,000 objects, or versions. Raises StoreUnavailable where S3 leaves one.

    The keys of one call stand in an XML document, which cannot hold every character that a key
    may have: those that it cannot are deleted one by one, by their address.
    """
    legible: list[Any] = []
    for one in objects:
        if can_hold(one["Key"]):
            legible.append(one)
        else:
            client.delete_object(Bucket=bucket, **one)
    if not legible:
        return
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": legible, "Quiet": True})
    for error in answer.get("Errors", []):
        raise StoreUnavailable(f"S3 does not delete {error.get('Key')}: {error.get('Message')}")


def _merged(objects: list[Any], markers: list[Any]) -> Iterator[Any]:
    """Merge a page's objects and delete markers, each in S3's order, into S3's order.

    S3's own order is kept within each list, not sorted again by LastModified: an object that
    was uploaded in parts carries the time at which its upload began.
    """
    left = list(markers)
    for entry in objects:
        while left and _precedes(left[0], entry):
            yield left.pop(0)
        yield entry
    yield from left


def _precedes(marker: Any, entry: Any) -> bool:  # noqa: ANN401  # entries as boto3 gives them
    if marker["Key"] != entry["Key"]:
        return bool(marker["Key"] < entry["Key"])
    if entry["IsLatest"]:
        return False
    return marker["IsLatest"] or _seconds(marker) >= _seconds(entry)


def _seconds(entry: Mapping[str, Any]) -> int:
    return int(entry["LastModified"].timestamp())


def _received_at(metadata: Mapping[str, str]) -> datetime | None:
    """Return the time that an import or a replay has given an upload, None where it is none."""
    stated = metadata.get(RECEIVED_AT)
    if stated is None:
        return None  # nearly every upload: to find that "" is no date takes 8 ms of a cold start
    from chalicelib.core.metadata import parse_moment

    try:
        moment, has_zone = parse_moment(stated)
    except ValueError:
        return None
    return moment if has_zone else None
