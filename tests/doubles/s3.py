"""S3 in memory, behind the calls of boto3's client that this project makes.

Buckets keep versions and delete markers where they are told to, list them as S3 does (keys in the
order of their bytes, the versions of each newest first, objects and markers apart), and tell times
to the second. Names of versions say nothing of their order.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from tests.doubles.errors import Exceptions, error
from tests.doubles.paging import Paginator

MAX_KEYS = 1_000  # of a listing's page, and of a deletion
MAX_KEY_BYTES = 1_024
_NULL = "null"  # the version of everything in a bucket without versions


@dataclass(frozen=True, slots=True)
class _Version:
    id: str
    modified_at: datetime
    data: bytes | None  # None for a delete marker
    headers: Mapping[str, Any] = field(default_factory=dict)


class _Bucket:
    def __init__(self) -> None:
        self.is_versioned = False
        self.versions: dict[str, list[_Version]] = {}  # oldest first

    def add(self, key: str, version: _Version) -> None:
        kept = self.versions.get(key, []) if self.is_versioned else []
        self.versions[key] = [*kept, version]

    def newest(self, key: str) -> _Version | None:
        versions = self.versions.get(key)
        return versions[-1] if versions else None

    def named(self, key: str, id_: str) -> _Version | None:
        return next((one for one in self.versions.get(key, ()) if one.id == id_), None)

    def drop(self, key: str, id_: str) -> None:
        left = [one for one in self.versions.get(key, ()) if one.id != id_]
        if left:
            self.versions[key] = left
        else:
            self.versions.pop(key, None)

    def keys(self, prefix: str) -> list[str]:
        return sorted((key for key in self.versions if key.startswith(prefix)), key=str.encode)


class S3:
    """boto3's client for S3. `page_size` bounds the pages of its listings, as S3 may."""

    exceptions = Exceptions()

    def __init__(self, *buckets: str, clock: Callable[[], datetime] | None = None) -> None:
        self._buckets = {name: _Bucket() for name in buckets}
        self._clock = clock or (lambda: datetime.now(UTC))
        self._numbers = count(1)
        self.page_size = MAX_KEYS

    def create_bucket(self, *, Bucket: str, **configuration: Any) -> dict[str, Any]:
        self._buckets[Bucket] = _Bucket()
        return {"Location": f"/{Bucket}"}

    def put_bucket_versioning(
        self, *, Bucket: str, VersioningConfiguration: Mapping[str, str]
    ) -> dict[str, Any]:
        bucket = self._bucket(Bucket, "PutBucketVersioning")
        bucket.is_versioned = VersioningConfiguration["Status"] == "Enabled"
        return {}

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(self, operation)

    # Objects

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes,
        Metadata: Mapping[str, str] | None = None,
        ContentType: str = "binary/octet-stream",
        CacheControl: str | None = None,
        IfNoneMatch: str | None = None,
    ) -> dict[str, Any]:
        operation = "PutObject"
        bucket = self._bucket(Bucket, operation)
        if not 0 < len(Key.encode()) <= MAX_KEY_BYTES:
            raise error("KeyTooLongError", "Your key is too long", operation)
        if not all(f"{name}{said}".isascii() for name, said in (Metadata or {}).items()):
            message = "metadata is of ASCII alone"
            raise ValueError(message)  # botocore would not send it
        newest = bucket.newest(Key)
        if IfNoneMatch is not None and newest is not None and newest.data is not None:
            raise error("PreconditionFailed", "At least one of the pre-conditions you specified "
                        "did not hold", operation, status=412)  # fmt: skip
        headers = {"ContentType": ContentType, "Metadata": dict(Metadata or {})}
        if CacheControl is not None:
            headers["CacheControl"] = CacheControl
        made = self._version(bucket, bytes(Body), headers)
        bucket.add(Key, made)
        return {"VersionId": made.id} if bucket.is_versioned else {}

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:
        found = self._found("GetObject", Bucket, Key, VersionId)
        assert found.data is not None
        return {**self._head(found), "Body": io.BytesIO(found.data)}

    def head_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:
        try:
            return self._head(self._found("HeadObject", Bucket, Key, VersionId))
        except ClientError as missing:
            # An answer to HEAD has no body that could say more than its status.
            status = missing.response["ResponseMetadata"]["HTTPStatusCode"]
            raise error(str(status), "Not Found", "HeadObject", status=status) from None

    def delete_object(
        self, *, Bucket: str, Key: str, VersionId: str | None = None
    ) -> dict[str, Any]:
        bucket = self._bucket(Bucket, "DeleteObject")
        if VersionId is not None or not bucket.is_versioned:
            bucket.drop(Key, VersionId or _NULL)
            return {}
        marker = self._version(bucket, None, {})
        bucket.add(Key, marker)
        return {"DeleteMarker": True, "VersionId": marker.id}

    def delete_objects(self, *, Bucket: str, Delete: Mapping[str, Any]) -> dict[str, Any]:
        objects: Sequence[Mapping[str, str]] = Delete["Objects"]
        if not 0 < len(objects) <= MAX_KEYS:
            raise error("MalformedXML", "The XML you provided was not well-formed", "DeleteObjects")
        for one in objects:
            self.delete_object(Bucket=Bucket, **one)
        return {}

    # Listings

    def list_object_versions(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        KeyMarker: str | None = None,
        VersionIdMarker: str | None = None,
        MaxKeys: int = MAX_KEYS,
    ) -> dict[str, Any]:
        bucket = self._bucket(Bucket, "ListObjectVersions")
        entries = list(self._after(bucket, Prefix, KeyMarker, VersionIdMarker))
        size = min(MaxKeys, self.page_size)
        page = entries[:size]
        told: dict[str, Any] = {"IsTruncated": len(entries) > size}
        versions = [self._entry(*one) for one in page if one[1].data is not None]
        markers = [self._entry(*one) for one in page if one[1].data is None]
        told |= {"Versions": versions} if versions else {}
        told |= {"DeleteMarkers": markers} if markers else {}
        if told["IsTruncated"]:
            told["NextKeyMarker"], told["NextVersionIdMarker"] = page[-1][0], page[-1][1].id
        return told

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        ContinuationToken: str | None = None,
        MaxKeys: int = MAX_KEYS,
    ) -> dict[str, Any]:
        bucket = self._bucket(Bucket, "ListObjectsV2")
        keys = [
            key
            for key in bucket.keys(Prefix)
            if key > (ContinuationToken or "") and bucket.versions[key][-1].data is not None
        ]
        size = min(MaxKeys, self.page_size)
        contents = [
            {"Key": key, "Size": len(newest.data or b""), "LastModified": newest.modified_at}
            for key in keys[:size]
            for newest in bucket.versions[key][-1:]
        ]
        told: dict[str, Any] = {"IsTruncated": len(keys) > size, "KeyCount": len(contents)}
        told |= {"Contents": contents} if contents else {}
        if told["IsTruncated"]:
            told["NextContinuationToken"] = keys[size - 1]
        return told

    def _after(
        self, bucket: _Bucket, prefix: str, key_marker: str | None, version_marker: str | None
    ) -> Iterator[tuple[str, _Version, bool]]:
        """Yield keys and versions, and whether each is the newest, from where a page ended."""
        is_passed = version_marker is None
        for key in bucket.keys(prefix):
            if key_marker is not None and (key < key_marker or (is_passed and key == key_marker)):
                continue
            if key != key_marker:
                is_passed = True
            for place, version in enumerate(reversed(bucket.versions[key])):
                if is_passed:
                    yield key, version, place == 0
                elif version.id == version_marker:
                    is_passed = True

    @staticmethod
    def _entry(key: str, version: _Version, is_latest: bool) -> dict[str, Any]:  # noqa: FBT001  # as listed
        told = {
            "Key": key,
            "VersionId": version.id,
            "IsLatest": is_latest,
            "LastModified": version.modified_at,
        }
        return told if version.data is None else {**told, "Size": len(version.data)}

    def _version(self, bucket: _Bucket, data: bytes | None, headers: Mapping[str, Any]) -> _Version:
        number = next(self._numbers)
        id_ = hashlib.blake2b(b"%d" % number, digest_size=16).hexdigest()
        at = self._clock().replace(microsecond=0)
        return _Version(id_ if bucket.is_versioned else _NULL, at, data, headers)

    @staticmethod
    def _head(version: _Version) -> dict[str, Any]:
        return {
            "LastModified": version.modified_at,
            "ContentLength": len(version.data or b""),
            "VersionId": version.id,
            **version.headers,
        }

    def _found(self, operation: str, name: str, key: str, version_id: str | None) -> _Version:
        bucket = self._bucket(name, operation)
        if version_id is None:
            found = bucket.newest(key)
            if found is None or found.data is None:
                raise error("NoSuchKey", "The specified key does not exist.", operation, status=404)
            return found
        found = bucket.named(key, version_id)
        if found is None:
            raise error("NoSuchVersion", "The specified version does not exist.", operation,
                        status=404)  # fmt: skip
        if found.data is None:
            raise error("MethodNotAllowed", "The specified method is not allowed against this "
                        "resource.", operation, status=405)  # fmt: skip
        return found

    def _bucket(self, name: str, operation: str) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            raise error(
                "NoSuchBucket", "The specified bucket does not exist", operation, status=404
            )
        return bucket
