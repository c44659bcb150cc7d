"""DynamoDB in memory, behind the calls of boto3's client that this project makes.

As strict as AWS where code can be wrong: expressions, keys, sizes, limits of batches, pages and
transactions, what a cancelled transaction tells. What is faked is the engine alone: it is held
to the contract tests that moto and DynamoDB Local are held to. A call takes some tens of
microseconds, so thousands of histories can be lived through.

A read that is not consistent may miss the newest writes, as on AWS: `lag` says how many.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from tests.doubles import expressions
from tests.doubles.errors import Exceptions, error
from tests.doubles.expressions import Malformed, Term
from tests.doubles.paging import Paginator

Item = dict[str, dict[str, Any]]
Key = tuple[str, str]

MAX_ITEM_BYTES = 400 * 1024
MAX_PAGE_BYTES = 1024 * 1024  # of a Query or a Scan
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_BATCH_BYTES = 16 * 1024 * 1024
MAX_TRANSACTED, MAX_READ_AT_ONCE, MAX_WRITTEN_AT_ONCE = 100, 100, 25
MAX_PK_BYTES, MAX_SK_BYTES = 2048, 1024
MAX_EXPRESSION_BYTES = 4096
MAX_DIGITS, MAX_EXPONENT, MAX_DEPTH = 38, 125, 31
_REMEMBERED = 64  # writes that an inconsistent read may miss


class _Partition:
    """The rows of one partition key, in the order of their sort keys."""

    def __init__(self) -> None:
        self.sks: list[str] = []
        self.rows: dict[str, Item] = {}


class _Table:
    def __init__(self, description: Mapping[str, Any] | None = None) -> None:
        self.description = dict(description or {})
        self.expiry: Mapping[str, Any] = {}
        self.partitions: dict[str, _Partition] = {}
        self.missed: deque[tuple[Key, Item | None]] = deque(maxlen=_REMEMBERED)

    def get(self, key: Key, *, lag: int = 0) -> Item | None:
        for past, before in list(self.missed)[len(self.missed) - lag :] if lag else ():
            if past == key:
                return before
        partition = self.partitions.get(key[0])
        return partition.rows.get(key[1]) if partition else None

    def put(self, key: Key, item: Item | None) -> None:
        pk, sk = key
        partition = self.partitions.get(pk) or self.partitions.setdefault(pk, _Partition())
        before = partition.rows.get(sk)
        self.missed.append((key, before))
        if item is None:
            if before is not None:
                del partition.rows[sk]
                del partition.sks[bisect_left(partition.sks, sk)]
            if not partition.rows:
                del self.partitions[pk]
            return
        if before is None:
            insort(partition.sks, sk)
        partition.rows[sk] = item

    def partition(self, pk: str, *, lag: int) -> _Partition:
        """Return the rows of *pk*, as they were *lag* writes ago."""
        now = self.partitions.get(pk) or _Partition()
        if not lag:
            return now
        then = _Partition()
        then.rows = dict(now.rows)
        for (past_pk, sk), before in reversed(list(self.missed)[-lag:]):
            if past_pk != pk:
                continue
            if before is None:
                then.rows.pop(sk, None)
            else:
                then.rows[sk] = before
        then.sks = sorted(then.rows)
        return then


class DynamoDB:
    """boto3's client for DynamoDB. Tables have the keys of ours: pk and sk, both text."""

    exceptions = Exceptions()

    def __init__(self, *tables: str) -> None:
        self._tables = {name: _Table() for name in tables}
        self.lag = 0

    # Tables

    def create_table(self, *, TableName: str, **description: Any) -> dict[str, Any]:
        if TableName in self._tables:
            raise error("ResourceInUseException", f"Table exists: {TableName}", "CreateTable")
        mode = {"BillingMode": description.pop("BillingMode")}
        description |= {"BillingModeSummary": mode, "TableStatus": "ACTIVE"}
        self._tables[TableName] = _Table({"TableName": TableName, **description})
        return {"TableDescription": self._tables[TableName].description}

    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        return {"Table": self._table(TableName, "DescribeTable").description}

    def list_tables(self) -> dict[str, Any]:
        return {"TableNames": sorted(self._tables)}

    def update_time_to_live(
        self, *, TableName: str, TimeToLiveSpecification: Mapping[str, Any]
    ) -> dict[str, Any]:
        self._table(TableName, "UpdateTimeToLive").expiry = TimeToLiveSpecification
        return {"TimeToLiveSpecification": TimeToLiveSpecification}

    def describe_time_to_live(self, *, TableName: str) -> dict[str, Any]:
        return {"TimeToLiveDescription": self._table(TableName, "DescribeTimeToLive").expiry}

    def get_waiter(self, name: str) -> DynamoDB:
        """Return what waits for nothing: a table is there as soon as it is made."""
        return self

    def wait(self, *, TableName: str) -> None:
        self._table(TableName, "DescribeTable")

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(self, operation)

    # One row

    def get_item(
        self, *, TableName: str, Key: Item, ConsistentRead: bool = False
    ) -> dict[str, Any]:
        table = self._table(TableName, "GetItem")
        item = table.get(_key(Key, "GetItem"), lag=0 if ConsistentRead else self.lag)
        return {"Item": _copied(item)} if item is not None else {}

    def put_item(
        self, *, TableName: str, Item: Item, ReturnValues: str = "NONE", **condition: Any
    ) -> dict[str, Any]:
        return self._written("PutItem", TableName, ReturnValues, Item=Item, **condition)

    def delete_item(
        self, *, TableName: str, Key: Item, ReturnValues: str = "NONE", **condition: Any
    ) -> dict[str, Any]:
        return self._written("DeleteItem", TableName, ReturnValues, Key=Key, **condition)

    def update_item(
        self, *, TableName: str, Key: Item, ReturnValues: str = "NONE", **update: Any
    ) -> dict[str, Any]:
        return self._written("UpdateItem", TableName, ReturnValues, Key=Key, **update)

    def _written(self, operation: str, name: str, returns: str, **asked: Any) -> dict[str, Any]:
        write = _Write(operation, self._table(name, operation), **asked)
        if not write.may_be_made():
            raise error(
                "ConditionalCheckFailedException", "The conditional request failed", operation
            )
        before, after = write.before, write.make()
        told = {"ALL_OLD": before, "ALL_NEW": after, "NONE": None}[returns]
        return {"Attributes": _copied(told)} if told else {}

    # Many rows

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        operation = "BatchGetItem"
        if sum(len(asked["Keys"]) for asked in RequestItems.values()) > MAX_READ_AT_ONCE:
            raise _invalid("Too many items requested for the BatchGetItem call", operation)
        found: dict[str, list[Item]] = {}
        left: dict[str, Any] = {}
        size = 0
        for name, asked in RequestItems.items():
            table, lag = self._table(name, operation), self.lag
            keys = [_key(key, operation) for key in asked["Keys"]]
            if not keys or len(set(keys)) < len(keys):
                raise _invalid("Provided list of item keys contains duplicates", operation)
            found[name] = []
            for key, given in zip(keys, asked["Keys"], strict=True):
                item = table.get(key, lag=0 if asked.get("ConsistentRead") else lag)
                size += _size(item) if item else 0
                if size > MAX_BATCH_BYTES:
                    left.setdefault(name, {**asked, "Keys": []})["Keys"].append(given)
                elif item is not None:
                    found[name].append(_copied(item))
        return {"Responses": found, "UnprocessedKeys": left}

    def batch_write_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        operation = "BatchWriteItem"
        writes: list[_Write] = []
        for name, asked in RequestItems.items():
            table = self._table(name, operation)
            for request in asked:
                ((kind, what),) = request.items()
                one = {"PutRequest": "PutItem", "DeleteRequest": "DeleteItem"}[kind]
                writes.append(_Write(one, table, **what))
        if not 0 < len(writes) <= MAX_WRITTEN_AT_ONCE:
            raise _invalid("Too many items requested for the BatchWriteItem call", operation)
        if len({(id(write.table), write.key) for write in writes}) < len(writes):
            raise _invalid("Provided list of item keys contains duplicates", operation)
        for write in writes:
            write.make()
        return {"UnprocessedItems": {}}

    def transact_get_items(self, *, TransactItems: Sequence[Any]) -> dict[str, Any]:
        operation = "TransactGetItems"
        if not 0 < len(TransactItems) <= MAX_TRANSACTED:
            raise _invalid("Member must have length less than or equal to 100", operation)
        gets = [asked["Get"] for asked in TransactItems]
        keys = [(get["TableName"], _key(get["Key"], operation)) for get in gets]
        if len(set(keys)) < len(keys):
            raise _invalid(
                "Transaction request cannot include multiple operations on one item", operation
            )
        responses = []
        for name, key in keys:
            item = self._table(name, operation).get(key)
            responses.append({"Item": _copied(item)} if item is not None else {})
        return {"Responses": responses}

    def transact_write_items(self, *, TransactItems: Sequence[Any]) -> dict[str, Any]:
        operation = "TransactWriteItems"
        if not 0 < len(TransactItems) <= MAX_TRANSACTED:
            raise _invalid("Member must have length less than or equal to 100", operation)
        writes = []
        for asked in TransactItems:
            ((kind, what),) = asked.items()
            rest = {name: given for name, given in what.items() if name != "TableName"}
            writes.append(_Write(f"{kind}Item", self._table(what["TableName"], operation), **rest))
        if len({(id(write.table), write.key) for write in writes}) < len(writes):
            raise _invalid(
                "Transaction request cannot include multiple operations on one item", operation
            )
        if sum(_size(write.after) for write in writes) > MAX_TRANSACTION_BYTES:
            raise _invalid("Collection size of items exceeds 4 MB", operation)
        may = [write.may_be_made() for write in writes]
        if not all(may):
            reasons = [{"Code": "None" if one else "ConditionalCheckFailed"} for one in may]
            raise cancelled(reasons, operation)
        for write in writes:
            write.make()
        return {}

    # Pages

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Mapping[str, Any],
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ScanIndexForward: bool = True,
        ConsistentRead: bool = False,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
    ) -> dict[str, Any]:
        operation, names = "Query", ExpressionAttributeNames or {}
        values = ExpressionAttributeValues
        table = self._table(TableName, operation)
        term = _read(expressions.condition, KeyConditionExpression, operation)
        filters = _filters(FilterExpression, operation)
        wanted = _wanted(ProjectionExpression, names, operation)
        _check_words(operation, names, values, term, *filters, *wanted)
        if any(name in ("pk", "sk") for name in expressions.paths_of(names, *filters)):
            raise _invalid("Filter Expression can only contain non-primary key attributes",
                           operation)  # fmt: skip
        pk, span = _key_condition(term, names, values, operation)
        partition = table.partition(pk, lag=0 if ConsistentRead else self.lag)
        sks = span(partition.sks)
        if not ScanIndexForward:
            sks = sks[::-1]
        if ExclusiveStartKey is not None:
            last_pk, last = _key(ExclusiveStartKey, operation)
            if last_pk != pk:
                raise _invalid("The provided starting key is outside query boundaries", operation)
            sks = [sk for sk in sks if (sk > last if ScanIndexForward else sk < last)]
        rows = (partition.rows[sk] for sk in sks)
        return _page(rows, Limit, wanted, lambda row: all(
            expressions.holds(one, row, names, values) for one in filters))  # fmt: skip

    def scan(
        self,
        *,
        TableName: str,
        FilterExpression: str | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ProjectionExpression: str | None = None,
        ConsistentRead: bool = False,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
    ) -> dict[str, Any]:
        operation = "Scan"
        names, values = ExpressionAttributeNames or {}, ExpressionAttributeValues or {}
        table = self._table(TableName, operation)
        filters = _filters(FilterExpression, operation)
        wanted = _wanted(ProjectionExpression, names, operation)
        _check_words(operation, names, values, *filters, *wanted)
        rows = (
            table.partitions[pk].rows[sk]
            for pk in sorted(table.partitions, key=_hash)
            for sk in table.partitions[pk].sks
        )
        if ExclusiveStartKey is not None:
            last_pk, last_sk = _key(ExclusiveStartKey, operation)
            last = (_hash(last_pk), last_sk)
            rows = (row for row in rows if (_hash(row["pk"]["S"]), row["sk"]["S"]) > last)
        return _page(rows, Limit, wanted, lambda row: all(
            expressions.holds(one, row, names, values) for one in filters))  # fmt: skip

    def _table(self, name: str, operation: str) -> _Table:
        table = self._tables.get(name)
        if table is None:
            raise error("ResourceNotFoundException", "Requested resource not found", operation)
        return table


class _Write:
    """One write that was asked for: checked, then made or not."""

    before: Item | None
    after: Item | None

    def __init__(
        self,
        operation: str,
        table: _Table,
        *,
        Item: Item | None = None,
        Key: Item | None = None,
        UpdateExpression: str | None = None,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
    ) -> None:
        self.table = table
        self._is_check = operation == "ConditionCheckItem"
        self._names = ExpressionAttributeNames or {}
        self._values = ExpressionAttributeValues or {}
        self._condition: Term | None = None
        terms: list[Term] = []
        if ConditionExpression is not None:
            self._condition = _read(expressions.condition, ConditionExpression, operation)
            terms.append(self._condition)
        actions: tuple[Term, ...] = ()
        if UpdateExpression is not None:
            actions = _read(expressions.update, UpdateExpression, operation)
        _check_words(operation, self._names, self._values, *terms, *actions)
        if Item is not None:
            self.key = _key({"pk": Item.get("pk", {}), "sk": Item.get("sk", {})}, operation)
            self.before, self.after = table.get(self.key), _copied(Item)
        else:
            assert Key is not None
            self.key = _key(Key, operation)
            self.before = table.get(self.key)
            self.after = self._updated(Key, actions, operation) if actions else None
        if self.after is not None:
            _check(self.after, operation)

    def may_be_made(self) -> bool:
        return self._condition is None or expressions.holds(
            self._condition, self.before or {}, self._names, self._values
        )

    def make(self) -> Item | None:
        if self._is_check:
            return self.before
        self.table.put(self.key, self.after)
        return self.after

    def _updated(self, key: Item, actions: tuple[Term, ...], operation: str) -> Item:
        item = _copied(self.before if self.before is not None else key)
        for action in actions:
            path = expressions.name(action.operands[0], self._names)
            if path in ("pk", "sk"):
                raise _invalid(f"Cannot update attribute {path}: it is part of the key", operation)
            if action.operator == "REMOVE":
                item.pop(path, None)
                continue
            given = expressions.operand(action.operands[1], item, self._names, self._values)
            if given is None:
                raise _invalid("The provided expression refers to an attribute that does not "
                               "exist in the item", operation)  # fmt: skip
            if action.operator == "SET":
                item[path] = dict(given)
                continue
            if set(given) != {"SS"} or set(item.get(path, given)) != {"SS"}:
                raise _invalid("An operand in the update expression has an incorrect data type",
                               operation)  # fmt: skip
            had = set(item.get(path, {"SS": ()})["SS"])
            has = had | set(given["SS"]) if action.operator == "ADD" else had - set(given["SS"])
            item.pop(path, None)
            if has:
                item[path] = {"SS": sorted(has)}
        return item


def cancelled(reasons: list[dict[str, str]], operation: str) -> ClientError:
    """Return the error of a transaction that was cancelled for *reasons*, one for each row."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return error(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        operation,
        CancellationReasons=reasons,
    )


def _page(
    rows: Iterator[Item],
    limit: int | None,
    wanted: Mapping[str, str],
    passes: Callable[[Item], bool],
) -> dict[str, Any]:
    """Return a page of *rows*: up to *limit* that are looked at, or a megabyte of them."""
    found: list[Item] = []
    size = seen = 0
    last: Item | None = None
    for row in rows:
        if last is not None and (seen == limit or size > MAX_PAGE_BYTES):
            break
        seen, size, last = seen + 1, size + _size(row), row
        if passes(row):
            attributes = wanted.values() & row.keys() if wanted else row.keys()
            found.append(_copied({name: row[name] for name in attributes}))
    else:
        # DynamoDB does not look beyond a limit: it cannot say that there is nothing.
        last = last if limit is not None and seen == limit else None
    told: dict[str, Any] = {"Items": found, "Count": len(found), "ScannedCount": seen}
    if last is not None:
        told["LastEvaluatedKey"] = {"pk": last["pk"], "sk": last["sk"]}
    return told


def _key_condition(
    term: Term, names: Mapping[str, str], values: Mapping[str, Any], operation: str
) -> tuple[str, Any]:
    """Return the partition that is asked for, and what cuts its sort keys to the span."""
    terms = term.operands if term.operator == "and" else (term,)
    if not all(isinstance(one, Term) and isinstance(one.operands[0], str) for one in terms):
        raise _invalid("Query key condition not supported", operation)
    first, rest = terms[0], terms[1:]
    if first.operator != "=" or expressions.name(first.operands[0], names) != "pk":
        raise _invalid("Query condition missed key schema element: pk", operation)
    if any(set(values[word]) != {"S"} for one in terms for word in one.operands[1:]):
        raise _invalid("Condition parameter type does not match schema type", operation)
    pk: str = values[first.operands[1]]["S"]
    if not rest:
        return pk, list
    (second,) = rest
    if expressions.name(second.operands[0], names) != "sk":
        raise _invalid("Query condition missed key schema element: sk", operation)
    said = [values[word]["S"] for word in second.operands[1:]]
    if any(not 0 < len(bound.encode()) <= MAX_SK_BYTES for bound in said):
        raise _invalid("One or more parameter values are not valid: size of a key", operation)
    if second.operator == "between":
        low, high = said
        if low > high:
            raise _invalid("The BETWEEN operator requires upper bound to be greater than or equal "
                           "to lower bound", operation)  # fmt: skip
        return pk, lambda sks: sks[bisect_left(sks, low) : bisect_right(sks, high)]
    (bound,) = said
    cuts = {
        "=": lambda sks: sks[bisect_left(sks, bound) : bisect_right(sks, bound)],
        "<": lambda sks: sks[: bisect_left(sks, bound)],
        "<=": lambda sks: sks[: bisect_right(sks, bound)],
        ">": lambda sks: sks[bisect_right(sks, bound) :],
        ">=": lambda sks: sks[bisect_left(sks, bound) :],
        "begins_with": lambda sks: [sk for sk in sks[bisect_left(sks, bound) :]
                                    if sk.startswith(bound)],
    }  # fmt: skip
    if second.operator not in cuts:
        raise _invalid("Query key condition not supported", operation)
    return pk, cuts[second.operator]


def _wanted(text: str | None, names: Mapping[str, str], operation: str) -> Mapping[str, str]:
    """Return the attributes that are asked for, by the words that ask for them."""
    words = _read(expressions.projection, text, operation) if text else ()
    found = {word: names.get(word, word) for word in words}
    if len(set(found.values())) < len(words):
        raise _invalid("Two document paths overlap with each other", operation)
    return found


def _filters(text: str | None, operation: str) -> tuple[Term, ...]:
    return (_read(expressions.condition, text, operation),) if text else ()


def _read(reader: Any, text: str, operation: str) -> Any:
    if len(text) > MAX_EXPRESSION_BYTES:
        raise _invalid("Invalid expression: Expression size has exceeded the maximum", operation)
    try:
        return reader(text)
    except Malformed as malformed:
        raise _invalid(f"Invalid expression: {malformed}", operation) from malformed


def _check_words(
    operation: str, names: Mapping[str, str], values: Mapping[str, Any], *terms: Any
) -> None:
    """Refuse words that are used and not given, and those that are given and not used."""
    used, given = set(expressions.words_of(*terms)), {*names, *values}
    if used - given:
        raise _invalid(
            f"An expression attribute used in expression is not defined: {used - given}", operation
        )
    if given - used:
        raise _invalid(f"Value provided in expression unused in expressions: {given - used}",
                       operation)  # fmt: skip


def _key(key: Mapping[str, Any], operation: str) -> Key:
    if set(key) != {"pk", "sk"} or any(set(value) != {"S"} for value in key.values()):
        raise _invalid("The provided key element does not match the schema", operation)
    pk, sk = key["pk"]["S"], key["sk"]["S"]
    for text, most in ((pk, MAX_PK_BYTES), (sk, MAX_SK_BYTES)):
        if not 0 < len(text.encode()) <= most:
            raise _invalid("One or more parameter values are not valid: size of a key", operation)
    return pk, sk


def _check(item: Item, operation: str) -> None:
    """Refuse what no row can hold."""
    for value in item.values():
        _check_value(value, operation, depth=0)
    if _size(item) > MAX_ITEM_BYTES:
        raise _invalid("Item size has exceeded the maximum allowed size", operation)


def _check_value(value: Mapping[str, Any], operation: str, *, depth: int) -> None:
    ((kind, held),) = value.items()
    types: Mapping[str, Any] = {"S": str, "B": bytes, "N": str, "SS": list, "BOOL": bool, "L": list}
    if not isinstance(held, types[kind]):
        message = f"{held!r} is no {kind}"
        raise TypeError(message)  # botocore would not send it
    if kind == "SS" and (not held or len(set(held)) < len(held)):
        raise _invalid("A string set may not be empty or have duplicates", operation)
    if kind == "N":
        number = Decimal(held)
        if len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_EXPONENT:
            raise _invalid("Attempting to store a number beyond what there is", operation)
    for one in held if kind == "L" else ():
        if depth == MAX_DEPTH:
            raise _invalid("Nesting Levels have exceeded supported limits", operation)
        _check_value(one, operation, depth=depth + 1)


def _size(item: Mapping[str, Any] | None) -> int:
    """Return the bytes that DynamoDB counts for an item."""
    total = 0
    for name, value in (item or {}).items():
        ((kind, held),) = value.items()
        total += len(name)
        if kind == "S":
            total += len(held) if held.isascii() else len(held.encode())
        elif kind == "SS":
            total += sum(len(one.encode()) for one in held)
        else:
            total += len(held) if kind == "B" else 1
    return total


def _copied(item: Mapping[str, Any]) -> Item:
    """Return a copy that its holder may change. A set comes in no order of its own: in ours."""
    return {
        name: {"SS": list(value["SS"])} if "SS" in value else dict(value)
        for name, value in item.items()
    }


@cache
def _hash(pk: str) -> bytes:
    """The order in which a Scan comes to the partitions: none that code could rely on."""
    return hashlib.blake2b(pk.encode(), digest_size=8).digest()


def _invalid(message: str, operation: str) -> ClientError:
    return error("ValidationException", message, operation)
