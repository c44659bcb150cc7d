"""The table as a rebuild works on it: every row that follows from uploads, and no observation.

A rebuild folds each key anew and overwrites what differs (`rewrite`); when all keys are done,
`sweep` takes away what none of them accounts for. Then every row is as the uploads make it, and
two tables can be compared by their `digest`.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from chalicelib.aws.store import (
    Claim,
    Store,
    claim_of,
    current_key,
    draft_key,
    membership,
    membership_key,
    record_of,
    revision_key,
    revision_rows,
    rows_of,
    state_key,
    unchanged,
)
from chalicelib.aws.stories import member_key, near_key, place_key, placed_key, placing_key
from chalicelib.aws.table import Item, Key, key_of, row_key
from chalicelib.core.article import Article, ArticleId, Membership, article_id, place_of
from chalicelib.core.codec import ILLEGIBLE, unpack
from chalicelib.core.record import Record
from chalicelib.core.stories.node import Placed
from chalicelib.core.stories.telling import Account

Rewrite = Literal["kept", "written", "overtaken"]

_OBSERVED = "OBSERVED#"
_KINDS = (_OBSERVED, "UPLOAD#", "ARTICLE#", "LIST#", "SHOWN#", "STORY#", "STORYKEY#")
_PROGRESS = ("OBSERVED#rebuild", "VALUE")
_GOES_ON_FOR = timedelta(days=1)  # what was rebuilt before is then looked at again
_KEYS_AT_ONCE = 20  # of five rows each: the 100 of one call
_NOTED_LATER = "settled_to"  # the note of `settle` on a STATE row

# What S3 calls the versions, and what follows from that: copied to another bucket, they are named
# otherwise and make the same newspaper. By the attribute that holds them.
_NAMES_OF_VERSIONS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "article": (("preview",),),
    "record": (("folded_to",), ("lineage",), ("receipt", "preview")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a rebuild has come that has not ended."""

    code: str  # the digest of the code that makes the rows
    done_to: str  # the key up to which all are done, in the rebuild's own order


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep took away."""

    rows: int
    articles: frozenset[ArticleId]  # whose rows they were


class Projection(Store):
    """The rows of one table that follow from uploads."""

    def create(self) -> bool:
        """Make the table if there is none of its name; say whether it was made.

        With keys and expiry alone: what else a stage's table has is the template's to give.
        """
        try:
            self._client.describe_table(TableName=self._table)
        except self._client.exceptions.ResourceNotFoundException:
            self._client.create_table(
                TableName=self._table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
                ],
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            )
            self._client.get_waiter("table_exists").wait(TableName=self._table)
            self._client.update_time_to_live(
                TableName=self._table,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"},
            )
            return True
        return False

    def is_ours(self) -> bool:
        """True if the table holds nothing, within its first megabyte, that is no row of ours."""
        page = self._client.scan(TableName=self._table, ProjectionExpression="pk")
        found = (row.get("pk", {}).get("S", "") for row in page["Items"])
        return all(pk.startswith(_KINDS) for pk in found)

    def legible(self, key: str) -> Record | None:
        """Return the record of *key*; None too where the rows are none that this code wrote."""
        try:
            return self.record(key)
        except (*ILLEGIBLE, KeyError):
            return None

    def drop_record(self, key: str) -> None:
        """Delete the STATE row of *key*, which its other rows are found by."""
        self._client.delete_item(TableName=self._table, Key=row_key(state_key(key)))

    def drop_illegible(self) -> None:
        """Delete what is told of stories in rows that this code can read no more.

        Placing reads the rows of other articles too, which must not keep it from its end.
        """
        kinds: dict[str, Any] = {"placed": Placed, "membership": Membership, "account": Account}
        for row in self._rows("pk, sk, placed, membership, account"):
            for name in kinds.keys() & row.keys():
                try:
                    unpack(row[name]["B"], kinds[name])
                except ILLEGIBLE:
                    self._write_all(delete=[key_of(row)])

    def rewrite(
        self,
        before: Record | None,
        after: Record,
        revisions: Sequence[Article],
        *,
        gone: Iterable[int],
    ) -> Rewrite:
        """Put those rows of *after* that are not stored so, and delete what *before* left.

        All or none, as `write` does, but whatever the table holds of them.
        """
        id_, state = article_id(after.key), state_key(after.key)
        has, counted = rows_of(after), {key_of(row): row for row in revision_rows(revisions)}
        had_too = {*(rows_of(before) if before else ()), *(revision_key(id_, n) for n in gone)}
        had = self._batch(sorted({*has, *counted, *had_too}), consistent=True)
        claims = list(self.claims(claim_of(before), claim_of(after)))
        differ = [key for key in sorted(has) if _bare(had.get(key)) != has[key]]
        changes = [self._put_of(row) for key, row in counted.items() if had.get(key) != row]
        left = sorted(had.keys() - has.keys() - counted.keys())
        if not differ and not left and not claims and not changes:
            return "kept"
        guard = unchanged(had.get(state))
        puts = [
            self._put_of(has[key], guard if key == state else {})
            for key in sorted({*differ, state})
        ]
        changes += map(self._delete_of, left)
        writes = [*puts, *claims, *self._open_or_closed(after)]
        is_written = self._write_record(writes, changes, state, guard)
        return "written" if is_written else "overtaken"

    def keys(self) -> Iterator[str]:
        """Yield the key of every record."""
        for row in self._rows("#key", names={"#key": "key"}, states_alone=True):
            yield row["key"]["S"]

    def digest(self) -> tuple[int, str]:
        """Return how many rows there are, and a digest of them all.

        It does not depend on their order, nor on what S3 calls the versions of uploads: a stage
        and its copy in another bucket have the same.
        """
        count, total = 0, 0
        for row in self._rows():
            told = hashlib.blake2b(canonical(row), digest_size=32).digest()
            total = (total + int.from_bytes(told)) % (1 << 256)
            count += 1
        return count, f"{total:064x}"

    def texts(self) -> Iterator[tuple[Key, str]]:
        """Yield every row of the table, observations too, with all that it says, as JSON."""
        for row in self._rows(with_observations=True):
            said = {name: _legible(value) for name, (value,) in _typed(row)}
            yield key_of(row), json.dumps(said, ensure_ascii=False)

    def sweep(self) -> Swept:
        """Delete every row that no record accounts for.

        Writers may be at work: what looks left over is looked up once more, after it was seen.
        Even so it may be what a writer puts before the record that accounts for it, such as the
        first of more revisions than go together: an article of which something was swept, and that
        is there, is to be rebuilt.
        """
        accounted = self._accounted()
        seen = list(self._left_over(accounted))
        accounted = self._accounted() if seen else accounted
        left = [one for one in seen if one not in accounted]
        self._write_all(delete=[one for one in left if not isinstance(one, Claim)])
        for claim in left:
            if isinstance(claim, Claim):
                self._write_together(list(self.claims(claim, None)))
        rows = (one.key if isinstance(one, Claim) else one for one in left)
        return Swept(rows=len(left), articles=frozenset(map(_article_of, rows)))

    def unrecorded(self) -> frozenset[ArticleId]:
        """Return the articles that stand among the others and have no record.

        Whoever places one of their story would link it to them. To be placed as none.
        """
        sks = {sk(ArticleId(""))[1] for sk in (placed_key, placing_key, near_key)}
        rows = [key_of(row) for row in self._rows("pk, sk")]
        recorded = {pk.partition("#")[2] for pk, _ in rows if pk.startswith("UPLOAD#")}
        return frozenset(_article_of(key) for key in rows if key[1] in sks) - recorded

    def progress(self, *, now: datetime) -> Progress | None:
        """Return how far a rebuild has come that was ended before it was done, a day long."""
        row = self._get(_PROGRESS, consistent=True)
        if row is None or int(row["ttl"]["N"]) <= now.timestamp():
            return None
        return Progress(code=row["code"]["S"], done_to=row["done_to"]["S"])

    def put_progress(self, progress: Progress | None, *, now: datetime) -> None:
        """Note how far the rebuild has come; None when it is done."""
        if progress is None:
            self._client.delete_item(TableName=self._table, Key=row_key(_PROGRESS))
            return
        item: Item = {
            **row_key(_PROGRESS),
            "code": {"S": progress.code},
            "done_to": {"S": progress.done_to},
            "ttl": {"N": str(int((now + _GOES_ON_FOR).timestamp()))},
        }
        self._put(item)

    def _left_over(self, accounted: set[Key | Claim]) -> Iterator[Key | Claim]:
        for row in self._rows("pk, sk, #by", names={"#by": "by"}):
            key = key_of(row)
            if key not in accounted:
                yield key
                continue
            for place in row["by"]["SS"] if "by" in row else ():
                if Claim(key, place) not in accounted:
                    yield Claim(key, place)

    def _accounted(self) -> set[Key | Claim]:
        """Return the keys of all rows that the records account for, and what they claim.

        Some 200 bytes a row, thirty rows an article: 600 MB for a hundred thousand of them.
        """
        found: set[Key | Claim] = set()
        keys = self.keys()
        while some := list(islice(keys, _KEYS_AT_ONCE)):
            wanted = [row for key in some for row in _own_rows(key)]
            rows = self._batch(wanted, consistent=True)
            for key in some:
                found.update(_accounted_by(*(rows.get(row) for row in _own_rows(key))))
        return found

    def _rows(
        self,
        attributes: str | None = None,
        *,
        names: Mapping[str, str] | None = None,
        states_alone: bool = False,
        with_observations: bool = False,
    ) -> Iterator[Any]:
        """Yield every row, observations only on demand. A call for every megabyte."""
        wanted: dict[str, Any] = {"ProjectionExpression": attributes} if attributes else {}
        if names:
            wanted["ExpressionAttributeNames"] = names
        condition, values = "NOT begins_with(pk, :observed)", {":observed": {"S": _OBSERVED}}
        if states_alone:
            condition, values = "sk = :state", {":state": {"S": state_key("")[1]}}
        if with_observations:
            condition, values = "pk <> :observed", {":observed": {"S": _OBSERVED}}
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **wanted,
        )
        for page in pages:
            yield from page["Items"]


def canonical(row: Mapping[str, Any]) -> bytes:
    """Return *row* as the same bytes wherever and however it is stored."""
    told: dict[str, Any] = {}
    for name, (value,) in _typed(row):
        if name in ("folded_to", "follows_from", _NOTED_LATER):
            continue
        told[name] = sorted(value) if isinstance(value, list) else _legible(value)
        if name in _NAMES_OF_VERSIONS:
            with suppress(ValueError):  # what nobody can read is told as it is
                document = json.loads(told[name])
                for path in _NAMES_OF_VERSIONS[name]:
                    _blank(document, path)
                told[name] = document
    return json.dumps(told, sort_keys=True).encode()


def _typed(row: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield each attribute of a row with its value, which DynamoDB puts under its type."""
    return ((name, tuple(typed.values())) for name, typed in row.items())


def _legible(value: Any) -> Any:  # noqa: ANN401  # as DynamoDB has it
    """Return bytes as the text that was compressed, or letter by letter where they are none."""
    if not isinstance(value, bytes):
        return value
    try:
        return zlib.decompress(value).decode()
    except (zlib.error, ValueError):
        return value.decode("latin-1")


def _blank(value: Any, path: tuple[str, ...]) -> None:  # noqa: ANN401  # JSON
    for name in path[:-1]:
        value = value.get(name) or {}
    value.pop(path[-1], None)


def _bare(row: Item | None) -> Item | None:
    return {name: typed for name, typed in row.items() if name != _NOTED_LATER} if row else None


def _article_of(row: Key) -> ArticleId:
    """Return the id that a row's key ends in: that of its article, or of its upload."""
    pk, sk = row
    return ArticleId((pk if pk.startswith(("ARTICLE#", "UPLOAD#")) else sk).rpartition("#")[2])


def _own_rows(key: str) -> tuple[Key, ...]:
    id_ = article_id(key)
    return (state_key(key), current_key(id_), draft_key(id_), placed_key(id_), membership_key(id_))


def _accounted_by(
    state: Item | None,
    current: Item | None,
    draft: Item | None,
    placed: Item | None,
    told: Item | None,
) -> Iterator[Key | Claim]:
    record = record_of(state, current, draft)
    if record is None:
        return
    yield from rows_of(record)
    if record.life is None:
        return
    id_, article = article_id(record.key), record.life.current
    yield placing_key(id_)  # who takes over finds in it what a dead one touched
    yield from (revision_key(id_, number) for number in range(1, record.life.revision + 1))
    claim = claim_of(record)
    if claim is not None:
        yield from (claim.key, claim)
    if placed is None or article is None:
        return
    yield from (placed_key(id_), near_key(id_))
    yield from map(place_key, unpack(placed["placed"]["B"], Placed).places)
    member = membership(told)
    if member is not None:
        yield from (
            membership_key(id_),
            member_key(member.story_id, place_of(article.public_at, id_)),
        )
