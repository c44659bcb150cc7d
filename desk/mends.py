"""Where moto is not AWS, and a newsroom would notice: mended here, and nowhere else.

moto lists versions by copying every version of the bucket, bytes and all; orders those of one
millisecond the wrong way round, and does not tell which of one second came first, a deletion or
an upload; goes on from a key marker with that very key's older versions;
and writes into the listing's XML keys that XML cannot hold, though asked to encode them. It also
finds no route to a key with a line break in it. A stack that was made by a change set has no
outputs. A transaction copies the whole table, once for each of its rows, and a Query sorts all of
it: with a thousand articles an upload would take a minute.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.dynamo_type import DynamoType, Item
    from moto.dynamodb.models.table import Table
    from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend

    Listed = FakeKey | FakeDeleteMarker

MAX_LISTED = 1000  # S3's page
_SECOND = timedelta(seconds=1)


def mend_all() -> None:
    """Mend moto's classes, once a process; before its server has routes."""
    from moto.cloudformation.models import ChangeSet
    from moto.moto_server.utilities import RegexConverter
    from moto.s3.models import S3Backend
    from moto.s3.responses import S3Response

    if vars(S3Backend)["list_object_versions"] is _list_object_versions:
        return
    S3Backend.list_object_versions = _list_object_versions  # type: ignore[method-assign]
    respond = S3Response.list_object_versions

    def list_object_versions(self: S3Response) -> Any:
        if self.querystring.get("encoding-type") == ["url"]:
            vars(self)["serialized"] = _encoding(self.serialized)
        return respond(self)

    S3Response.list_object_versions = list_object_versions  # type: ignore[method-assign]
    convert = RegexConverter.__init__

    def over_line_breaks(self: RegexConverter, url_map: Any, *items: Any) -> None:
        convert(self, url_map, *items)
        self.regex = f"(?s:{self.regex})"

    RegexConverter.__init__ = over_line_breaks  # type: ignore[method-assign]

    def apply(self: ChangeSet) -> None:
        self.stack.update(self.template, parameters=self.parameters)

    ChangeSet.apply = apply  # type: ignore[method-assign]
    _mend_table()


def _mend_table() -> None:
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import Table

    query, transact = Table.query, DynamoDBBackend.transact_write_items

    def query_of_partition(self: Table, hash_key: DynamoType, *words: Any, **named: Any) -> Any:
        if named.get("index_name"):
            return query(self, hash_key, *words, **named)
        partition = copy.copy(self)
        partition.items = {hash_key: self.items.get(hash_key, {})}  # type: ignore[assignment]
        return query(partition, hash_key, *words, **named)

    def transact_rows(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = list(_rows_before(self, transact_items))
        # What moto copies to come back to is the table itself: its rows come back from `before`.
        Table.__deepcopy__ = lambda self, _: self  # type: ignore[attr-defined]
        try:
            transact(self, transact_items)
        except Exception:
            for table, hash_key, range_key, row in before:
                if row is None:
                    table.items[hash_key].pop(range_key, None)
                else:
                    table.items[hash_key][range_key] = row
            raise
        finally:
            del Table.__deepcopy__  # type: ignore[attr-defined]

    Table.query = query_of_partition  # type: ignore[assignment]
    DynamoDBBackend.transact_write_items = transact_rows  # type: ignore[method-assign]


def _rows_before(
    backend: DynamoDBBackend, transact_items: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Table, DynamoType, DynamoType, Item | None]]:
    """Yield what stands under each key of a transaction, copied: an update changes it in place."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    for operation in (one for item in transact_items for one in item.values()):
        table, key = backend.tables.get(operation["TableName"]), operation.get("Key")
        if table is not None:
            key = key or operation["Item"]
            hash_key = DynamoType(key[table.hash_key_attr])
            range_key = DynamoType(key[table.range_key_attr])
            yield table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key))


def _list_object_versions(
    self: S3Backend,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = None,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> tuple[list[FakeKey], list[str], list[FakeDeleteMarker], str | None, str | None]:
    """List a page as S3 does: by key, newest first, from just after the markers."""
    from moto.s3.models import FakeKey

    limit = MAX_LISTED if max_keys is None else max_keys
    keys: list[FakeKey] = []
    markers: list[FakeDeleteMarker] = []
    prefixes: list[str] = []
    last: tuple[str | None, str | None] = (None, None)
    for name, version in _after(
        self.get_bucket(bucket_name), prefix, key_marker, version_id_marker
    ):
        head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        folder = prefix + head + found if found else None
        if folder and (folder in prefixes or folder == key_marker):
            continue
        if len(keys) + len(markers) + len(prefixes) >= limit:
            return keys, prefixes, markers, *last
        if folder:
            prefixes.append(folder)
            last = (folder, None)
            continue
        (keys if isinstance(version, FakeKey) else markers).append(version)  # type: ignore[arg-type]
        last = (name, version.version_id)
    return keys, prefixes, markers, None, None


def _after(
    bucket: FakeBucket, prefix: str, key_marker: str | None, version_id_marker: str | None
) -> Iterator[tuple[str, Listed]]:
    """Yield the versions under *prefix* that come after the markers, told which is the latest."""
    held: dict[str, list[Listed]] = dict(bucket.keys.iterlists())
    for name in sorted(name for name in held if name.startswith(prefix)):
        versions = held[name][::-1]
        _told_apart(versions)
        for version in versions:
            version.is_latest = version is versions[0]  # type: ignore[union-attr]
        if key_marker and name < key_marker:
            continue
        if name == key_marker:
            ids = [version.version_id for version in versions]
            versions = (
                versions[ids.index(version_id_marker) + 1 :] if (version_id_marker in ids) else []
            )
        for version in versions:
            yield name, version


def _told_apart(versions: list[Listed]) -> None:
    """Date what came within a second after a deletion a second later; *versions*: newest first.

    S3 lists objects and delete markers in one order, moto in two: of one second, nobody could
    say which came first.
    """
    from moto.s3.models import FakeDeleteMarker

    for older, newer in pairwise(reversed(versions)):
        is_object = not isinstance(newer, FakeDeleteMarker)
        if is_object and isinstance(older, FakeDeleteMarker):
            newer.last_modified = max(newer.last_modified, older.last_modified + _SECOND)


def _encoding(serialize: Any) -> Any:
    """Return *serialize*, with all names in its listing percent-encoded."""
    from moto.core.responses import ActionResult

    def serialized(answer: ActionResult) -> Any:
        if isinstance(answer.result, Exception):  # there is no such bucket
            return serialize(answer)
        listing: dict[str, Any] = dict(answer.result)  # type: ignore[call-overload]
        for name in ("Prefix", "Delimiter", "KeyMarker", "NextKeyMarker"):
            if listing.get(name):
                listing[name] = quote(listing[name])
        for names, name in (
            ("Versions", "Key"), ("DeleteMarkers", "Key"), ("CommonPrefixes", "Prefix")
        ):  # fmt: skip
            listing[names] = [_quoted(entry, name) for entry in listing.get(names, ())]
        return serialize(ActionResult({**listing, "EncodingType": "url"}))

    return serialized


def _quoted(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**entry, name: quote(entry[name])}
