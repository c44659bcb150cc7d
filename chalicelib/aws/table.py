"""The calls to DynamoDB that every part of the table makes, with the care that they need."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.core.errors import RowTooLarge, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]  # a DynamoDB item in its typed form: {"pk": {"S": "…"}}
Key = tuple[str, str]
Words = Mapping[str, Any]  # ConditionExpression, ExpressionAttributeValues …
NO_WORDS: Words = {}

_FAILED = "ConditionalCheckFailed"
_THROTTLED = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})
_MET_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, *[3.0] * 9)  # at most; half of it on average
PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)  # between attempts at one call, 1.6 s in all
MAX_ITEM_BYTES = 400 * 1024  # DynamoDB's; names of attributes count
READ_AT_ONCE = 100  # rows; DynamoDB's limits of a batch
_WRITTEN_AT_ONCE = 25
_WRITTEN_TOGETHER = 100  # DynamoDB's limits of a transaction
_MAX_TOGETHER_BYTES = 4 * 1024 * 1024


class Table:
    """One table. Methods raise StoreUnavailable when DynamoDB does not answer.

    Those that put rows raise RowTooLarge for one that no table can hold, before any is written.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def _get(self, key: Key, *, consistent: bool) -> Item | None:
        with reading():
            answer = self._client.get_item(
                TableName=self._table, Key=row_key(key), ConsistentRead=consistent
            )
        return answer.get("Item")

    def _batch(self, keys: Sequence[Key], *, consistent: bool) -> dict[Key, Item]:
        """Return the rows that exist, by key. DynamoDB may answer in parts; 100 keys a call."""
        found: dict[Key, Item] = {}
        for start in range(0, len(keys), READ_AT_ONCE):
            wanted = [row_key(key) for key in keys[start : start + READ_AT_ONCE]]
            for pause_s in PAUSES_S:
                if not wanted:
                    break
                request = {self._table: {"Keys": wanted, "ConsistentRead": consistent}}
                with reading():
                    answer = self._client.batch_get_item(RequestItems=request)  # type: ignore[arg-type]
                for item in answer["Responses"].get(self._table, []):
                    found[key_of(item)] = item
                left = answer.get("UnprocessedKeys", {}).get(self._table)
                wanted = list(left["Keys"]) if left else []
                if wanted:
                    time.sleep(pause_s)  # the table is throttled
            if wanted:
                raise StoreUnavailable("The table answers only in part: it is throttled.")
        return found

    def _put(self, item: Item, **words: Any) -> Any:  # noqa: ANN401  # as boto3 gives it
        """Put one row, on what condition *words* say."""
        check_fits([item])
        return self._client.put_item(TableName=self._table, Item=item, **words)

    def _all(self, *, limit: int | None = None, **asked: Any) -> Iterator[Item]:  # noqa: ANN401
        """Yield what a query finds, page after page; the first *limit* of it."""
        if limit is not None:
            asked["Limit"] = limit
        left = limit
        while True:
            answer = self._client.query(TableName=self._table, **asked)
            yield from answer["Items"][:left]
            left = None if left is None else left - len(answer["Items"])
            if "LastEvaluatedKey" not in answer or (left is not None and left <= 0):
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _write_all(self, *, put: Iterable[Item] = (), delete: Iterable[Key] = ()) -> None:
        """Put and delete rows, 25 a call, each by itself: no transaction."""
        items = list(put)
        check_fits(items)
        requests: list[dict[str, Any]] = [{"PutRequest": {"Item": item}} for item in items]
        requests += [{"DeleteRequest": {"Key": row_key(key)}} for key in delete]
        for start in range(0, len(requests), _WRITTEN_AT_ONCE):
            wanted = requests[start : start + _WRITTEN_AT_ONCE]
            for pause_s in PAUSES_S:
                if not wanted:
                    break
                answer = self._client.batch_write_item(
                    RequestItems={self._table: wanted}  # type: ignore[dict-item]
                )
                wanted = list(answer.get("UnprocessedItems", {}).get(self._table, []))  # type: ignore[arg-type]
                if wanted:
                    time.sleep(pause_s)  # the table is throttled
            if wanted:
                raise StoreUnavailable("The table takes only a part: it is throttled.")

    # Writes of a transaction; `words` are what DynamoDB calls their condition and their change.

    def _put_of(self, row: Item, words: Words = NO_WORDS) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": row, **words}}

    def _delete_of(self, key: Key, words: Words = NO_WORDS) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table, "Key": row_key(key), **words}}

    def _update_of(self, key: Key, words: Words) -> dict[str, Any]:
        return {"Update": {"TableName": self._table, "Key": row_key(key), **words}}

    def _check_of(self, key: Key, words: Words) -> dict[str, Any]:
        return {"ConditionCheck": {"TableName": self._table, "Key": row_key(key), **words}}

    def _write_together(self, writes: list[dict[str, Any]]) -> bool:
        """Make all *writes* or none; False where a condition fails or another writer is faster."""
        refused = self._refused(writes)
        if _THROTTLED.intersection(refused):
            raise StoreUnavailable("The table takes no transaction: it is throttled.")
        return not refused

    def _write_checked(
        self, writes: Iterable[dict[str, Any]], check: dict[str, Any]
    ) -> Literal["check", "write"] | None:
        """Make *writes*, as many together as fit, each time if the *check* holds.

        Return what ended them: the check, or the condition of a write; None where all were made.
        Writers that meet at the same rows wait for each other, for half a minute at most.
        """
        for some in _together(writes, check):
            refused = self._refused(some)
            for pause_s in _MET_PAUSES_S:
                if not refused or _FAILED in refused:
                    break
                time.sleep(random.uniform(0, pause_s))  # noqa: S311  # or they meet again
                refused = self._refused(some)
            if _FAILED in refused:
                return "check" if refused[0] == _FAILED else "write"
            if refused:
                raise StoreUnavailable("Rows stayed locked by other writers.")
        return None

    def _refused(self, writes: list[dict[str, Any]]) -> list[str]:
        """Make all *writes*, or none and return one code for each, in their order.

        ConditionalCheckFailed, TransactionConflict, one of _THROTTLED, or "None" for one that was
        not the reason.
        """
        check_fits(write["Put"]["Item"] for write in writes if "Put" in write)
        try:
            self._client.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
        except self._client.exceptions.TransactionCanceledException as error:
            codes = [reason["Code"] for reason in error.response["CancellationReasons"]]
            if {_FAILED, "TransactionConflict", *_THROTTLED}.isdisjoint(codes):
                raise
            return codes
        return []

    def _read_together(self, keys: Sequence[Key]) -> list[Item | None]:
        """Return these rows as one moment had them, in their order. Twice the units of a read."""
        gets = [{"Get": {"TableName": self._table, "Key": row_key(key)}} for key in keys]
        for pause_s in PAUSES_S:
            try:
                answer = self._client.transact_get_items(TransactItems=gets)  # type: ignore[arg-type]
            except self._client.exceptions.TransactionCanceledException:
                time.sleep(pause_s)  # a writer holds a row at this moment
            else:
                return [response.get("Item") for response in answer["Responses"]]
        raise StoreUnavailable("A row stayed locked by writers.")


@contextmanager
def reading() -> Iterator[None]:
    """Turn what keeps DynamoDB from answering into the one error that readers are told of."""
    try:
        yield
    except Exception as error:
        from botocore.exceptions import BotoCoreError, ClientError  # 20 ms, and only here

        if not isinstance(error, (BotoCoreError, ClientError)):
            raise
        raise StoreUnavailable("The table does not answer.") from error


def row_key(key: Key) -> Item:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def key_of(row: Item) -> Key:
    return row["pk"]["S"], row["sk"]["S"]


def fits_together(writes: Sequence[Mapping[str, Any]]) -> bool:
    """True if one transaction takes these writes: a hundred, and four megabytes of what is sent.

    A part of it is left free: DynamoDB does not say how it counts what is around the items.
    """
    sent = sum(size_of(_sent(what)) for write in writes for what in write.values())
    return len(writes) <= _WRITTEN_TOGETHER and sent <= _MAX_TOGETHER_BYTES * 0.95


def _sent(what: Mapping[str, Any]) -> Item:
    return {**what.get("Item", what.get("Key", {})), **what.get("ExpressionAttributeValues", {})}


def _together(
    writes: Iterable[dict[str, Any]], check: dict[str, Any]
) -> Iterator[list[dict[str, Any]]]:
    """Yield *writes* in as many as fit into one transaction beside a *check*, which comes first."""
    some = [check]
    for write in writes:
        if not fits_together([*some, write]):
            yield some
            some = [check]
        some.append(write)
    if len(some) > 1:
        yield some


def check_fits(items: Iterable[Item]) -> None:
    for item in items:
        if (size := size_of(item)) > MAX_ITEM_BYTES:
            row = f"{item['pk']['S']} {item['sk']['S']}"
            raise RowTooLarge(f"The row {row} has {size:,} bytes of {MAX_ITEM_BYTES:,}.")


def size_of(item: Item) -> int:
    """Return the bytes that DynamoDB counts (Developer Guide, "Item sizes and formats")."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "B":
        return len(held)
    if kind == "N":
        return (len(held.lstrip("-").replace(".", "")) + 1) // 2 + 1
    if kind == "SS":
        return sum(len(one.encode()) for one in held)
    raise ValueError(f"No row of ours has an attribute of type {kind}.")
