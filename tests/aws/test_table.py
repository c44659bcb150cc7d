"""What the newsroom relies on DynamoDB for, held to each engine that the other tests run on.

`STRICT` is what DynamoDB refuses. Where moto accepts it, CONTRIBUTING.md says so, and a test on
moto alone proves nothing.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.aws.projection import Projection
from chalicelib.aws.table import MAX_ITEM_BYTES, Table, row_key, size_of
from chalicelib.core.errors import RowTooLarge, StoreUnavailable
from tests import template
from tests.conftest import ROOT
from tests.engines import TABLE, Engine

pytestmark = pytest.mark.table

Row = dict[str, Any]


class Rows(Table):
    """The table with what its parts share as questions of its own."""

    def put_together(self, *puts: Row, only_if_new: bool = False) -> bool:
        new = {"ConditionExpression": "attribute_not_exists(pk)"} if only_if_new else {}
        return self._write_together([self._put_of(one, new) for one in puts])

    put = Table._put
    put_all = Table._write_all
    get = Table._get
    get_all = Table._batch

    def keys(self, pk: str = "p") -> list[str]:
        """Return the sort keys of a partition, as a Query of several pages has them."""
        pages = self._client.get_paginator("query").paginate(**under(pk))
        return [item["sk"]["S"] for page in pages for item in page["Items"]]


@pytest.fixture
def rows(engine: Engine) -> Rows:
    return Rows(engine.client, TABLE)


def row(sk: str = "s", /, pk: str = "p", **attributes: Any) -> Row:
    return {**row_key((pk, sk)), **attributes}


def of_size(size: int, sk: str = "s") -> Row:
    filled = row(sk, text={"B": b""})
    return {**filled, "text": {"B": b"x" * (size - size_of(filled))}}


def under(pk: str = "p", **words: Any) -> dict[str, Any]:
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
    return {"TableName": TABLE, **asked, **words}


# Transactions and conditions


def test_a_transaction_is_made_whole_or_not_at_all(rows: Rows) -> None:
    assert rows.put_together(row("a"), row("b"))

    assert not rows.put_together(row("c"), row("b"), row("d"), only_if_new=True)

    assert rows.keys() == ["a", "b"]


def test_a_transaction_that_failed_says_which_of_its_writes_did(engine: Engine) -> None:
    engine.client.put_item(TableName=TABLE, Item=row("b"))
    new = {"TableName": TABLE, "ConditionExpression": "attribute_not_exists(pk)"}

    with pytest.raises(engine.client.exceptions.TransactionCanceledException) as failed:
        engine.client.transact_write_items(
            TransactItems=[{"Put": {**new, "Item": row(sk)}} for sk in "abc"]
        )

    reasons = failed.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed", "None"]


def test_a_row_that_another_transaction_holds_is_a_lost_race(rows: Rows) -> None:
    with cancelled(rows, "None", "TransactionConflict"):
        assert not rows.put_together(row("a"), row("b"))


def test_a_transaction_that_was_throttled_is_no_lost_race(rows: Rows) -> None:
    with cancelled(rows, "None", "ThrottlingError"), pytest.raises(StoreUnavailable):
        rows.put_together(row("a"), row("b"))


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
def test_checked_rows_wait_for_who_holds_them(
    rows: Rows, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    check = rows._check_of(("p", "never"), {"ConditionExpression": "attribute_not_exists(pk)"})

    with cancelled(rows, "None", code, times=3):
        assert rows._write_checked([rows._put_of(row("a"))], check) is None

    assert len(waited) == 3
    assert rows.keys() == ["a"]
    with cancelled(rows, "None", code), pytest.raises(StoreUnavailable):
        rows._write_checked([rows._put_of(row("b"))], check)
    assert rows.keys() == ["a"]


def test_checked_rows_say_what_ended_them(rows: Rows) -> None:
    is_new = {"ConditionExpression": "attribute_not_exists(pk)"}
    rows.put(row("there"))
    free, taken = rows._check_of(("p", "never"), is_new), rows._check_of(("p", "there"), is_new)

    assert rows._write_checked([rows._put_of(row("a"))], taken) == "check"
    assert rows._write_checked([rows._put_of(row("there"), is_new)], free) == "write"
    assert rows.keys() == ["there"]


@contextmanager
def cancelled(rows: Rows, *codes: str, times: int = 1_000) -> Iterator[None]:
    """Have so many transactions cancelled for these reasons, which no quiet engine gives."""
    kept = rows._client
    error = kept.exceptions.TransactionCanceledException
    left = iter(range(times))

    def cancel(**asked: Any) -> None:
        if next(left, None) is None:
            kept.transact_write_items(**asked)
            return
        told = {"Error": {}, "CancellationReasons": [{"Code": code} for code in codes]}
        raise error(told, "TransactWriteItems")

    rows._client = SimpleNamespace(exceptions=kept.exceptions, transact_write_items=cancel)
    yield
    rows._client = kept


def test_a_hundred_rows_are_one_transaction(rows: Rows) -> None:
    names = [f"{number:03}" for number in range(100)]

    assert rows.put_together(*map(row, names), only_if_new=True)

    assert rows.keys() == names


def test_a_condition_is_checked_against_the_row_as_it_is(rows: Rows) -> None:
    lost = rows._client.exceptions.ConditionalCheckFailedException
    later = {"ConditionExpression": "attribute_not_exists(pk) OR at_ <= :mine"}

    def put(at: str) -> None:
        rows.put(row(at_={"S": at}), **later, ExpressionAttributeValues={":mine": {"S": at}})

    put("12:00")
    put("12:05")
    with pytest.raises(lost):
        put("12:04")

    assert rows.get(("p", "s"), consistent=True) == row(at_={"S": "12:05"})


def test_what_a_set_loses_last_is_gone_and_its_row_is_not(engine: Engine) -> None:
    def change(verb: str) -> Row:
        told = engine.client.update_item(
            TableName=TABLE,
            Key=row(),
            UpdateExpression=f"{verb} near :link",
            ExpressionAttributeValues={":link": {"SS": ["a#2.50"]}},
            ReturnValues="ALL_NEW",
        )
        return dict(told["Attributes"])

    assert change("ADD") == row(near={"SS": ["a#2.50"]})
    assert change("DELETE") == row()
    assert change("DELETE") == row()


# Sizes


@pytest.mark.parametrize("write", ["put", "put_together", "put_all"])
def test_a_row_of_400_kilobytes_is_stored_and_one_byte_more_is_told_as_that(
    engine: Engine, rows: Rows, write: str
) -> None:
    def put(*items: Row) -> None:
        if write == "put_all":
            rows.put_all(put=items)
        else:
            getattr(rows, write)(*items)

    largest = MAX_ITEM_BYTES if engine.is_strict else 405_000  # moto takes a little less
    put(of_size(largest))
    small = () if write == "put" else (row("small"),)

    with pytest.raises(RowTooLarge, match=r"p too-large has 409,601 bytes of 409,600"):
        put(*small, of_size(MAX_ITEM_BYTES + 1, "too-large"))

    assert rows.keys() == ["s"]
    assert rows.get(("p", "s"), consistent=True) == of_size(largest)


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "ferry"}}, 7),
        ({"pk": {"S": "渡し船"}}, 11),
        ({"n": {"N": "27"}}, 3),
        ({"b": {"B": b"123"}}, 4),
        ({"near": {"SS": ["a", "bé"]}}, 8),
        ({}, 0),
    ],
)
def test_a_row_is_as_large_as_its_names_and_values(item: Row, size: int) -> None:
    assert size_of(item) == size


def test_rows_are_written_and_read_beyond_what_one_call_takes(rows: Rows) -> None:
    names = [f"{number:03}" for number in range(230)]
    keys = [("p", name) for name in names]

    rows.put_all(put=map(row, names))
    found = rows.get_all([*keys, ("p", "never")], consistent=True)
    rows.put_all(delete=keys[30:])

    assert found == {("p", name): row(name) for name in names}
    assert rows.keys() == names[:30]


def test_rows_that_are_too_large_for_one_answer_all_come(engine: Engine, rows: Rows) -> None:
    large = [of_size(350_000, f"{number:02}") for number in range(50)]  # an answer holds 16 MB
    rows.put_all(put=large)
    keys = [("p", item["sk"]["S"]) for item in large]

    found = rows.get_all(keys, consistent=False)

    assert [found[key] for key in keys] == large
    asked = {TABLE: {"Keys": [row_key(key) for key in keys]}}
    answer = engine.client.batch_get_item(RequestItems=asked)
    assert answer["UnprocessedKeys"][TABLE]["Keys"]


# Pages


def test_a_page_ends_at_a_megabyte_and_the_next_goes_on(engine: Engine, rows: Rows) -> None:
    names = [f"{number:02}" for number in range(9)]
    rows.put_all(put=[of_size(300_000, name) for name in names])

    first = engine.client.query(**under())

    assert 0 < len(first["Items"]) < 5
    assert first["LastEvaluatedKey"] == row(first["Items"][-1]["sk"]["S"])
    assert rows.keys() == names


@pytest.mark.parametrize("is_backward", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_pages_of_any_length_have_every_row_once(
    engine: Engine, rows: Rows, limit: int, *, is_backward: bool
) -> None:
    rows.put_all(put=map(row, "abcde"))
    seen: list[str] = []
    on: dict[str, Any] = {}
    pages = 0

    while pages == 0 or on:
        asked = under(Limit=limit, ScanIndexForward=not is_backward, **on)
        answer = engine.client.query(**asked)
        seen += [item["sk"]["S"] for item in answer["Items"]]
        pages += 1
        last = answer.get("LastEvaluatedKey")
        on = {"ExclusiveStartKey": last} if last else {}

    assert seen == sorted("abcde", reverse=is_backward)


def test_a_page_that_ends_with_the_last_row_says_that_it_goes_on(
    engine: Engine, rows: Rows
) -> None:
    rows.put_all(put=map(row, "abc"))

    answer = engine.client.query(**under(Limit=3))

    assert len(answer["Items"]) == 3
    assert ("LastEvaluatedKey" in answer) == engine.is_strict  # moto knows that it was the last


# Values


_FRESH = itertools.count()  # an example has a partition of its own
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.sets(KEYS, min_size=1, max_size=8))
def test_rows_stand_in_the_order_of_their_keys_bytes(rows: Rows, names: set[str]) -> None:
    partition = f"é渡 {next(_FRESH)}"

    rows.put_all(put=[row(name, pk=partition) for name in names])

    assert rows.keys(partition) == sorted(names, key=str.encode)


def test_a_number_sorts_and_returns_without_loss(rows: Rows) -> None:
    for digits in ("0", "1700000000", "9" * 38, "-0.00000001"):
        rows.put(row(ttl={"N": digits}))

        assert rows.get(("p", "s"), consistent=True) == row(ttl={"N": digits})


@pytest.mark.parametrize(
    "value", [{"S": ""}, {"B": b""}, {"S": "\0"}, {"S": "😀 é e\u0301"}, {"SS": ["", "a"]}]
)
def test_empty_and_strange_values_are_values(rows: Rows, value: Row) -> None:
    rows.put(row(value=value))

    assert rows.get(("p", "s"), consistent=True) == row(value=value)


def test_a_row_that_is_past_its_time_is_there_until_it_is_swept(engine: Engine, rows: Rows) -> None:
    """So readers of such rows look at the time themselves."""
    (made,) = template.resources("DynamoDB::Table").values()
    expiry = made["TimeToLiveSpecification"]
    engine.client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification=expiry)

    rows.put(row(ttl={"N": "1700000000"}))

    assert expiry == {"AttributeName": "ttl", "Enabled": True}
    assert rows.keys() == ["s"]


def test_a_table_that_the_desk_makes_is_that_of_the_template(engine: Engine) -> None:
    other = Projection(engine.client, "another")
    assert other.create()
    assert not other.create()

    has, wanted = (
        engine.client.describe_table(TableName=name)["Table"] for name in ("another", TABLE)
    )

    for part in ("KeySchema", "AttributeDefinitions"):
        assert has[part] == wanted[part]
    modes = [one["BillingModeSummary"]["BillingMode"] for one in (has, wanted)]
    assert modes == ["PAY_PER_REQUEST", "PAY_PER_REQUEST"]
    told = engine.client.describe_time_to_live(TableName="another")["TimeToLiveDescription"]
    assert told["AttributeName"] == "ttl"


# What DynamoDB refuses

Ask = Callable[[Any], object]


def _get(**key: Any) -> Ask:
    return lambda client: client.get_item(TableName=TABLE, Key=key)


def _query(**words: Any) -> Ask:
    return lambda client: client.query(**under(**words))


def _put(item: Row, **words: Any) -> Ask:
    return lambda client: client.put_item(TableName=TABLE, Item=item, **words)


def _update(expression: str, **values: Any) -> Ask:
    return lambda client: client.update_item(
        TableName=TABLE, Key=row(), UpdateExpression=expression, ExpressionAttributeValues=values
    )


def _batch_put(*requests: Any) -> Ask:
    return lambda client: client.batch_write_item(RequestItems={TABLE: list(requests)})


def _batch_get(*keys: Row) -> Ask:
    return lambda client: client.batch_get_item(RequestItems={TABLE: {"Keys": list(keys)}})


def _transact(*items: Row, **words: Any) -> Ask:
    puts = [{"Put": {"TableName": TABLE, "Item": item, **words}} for item in items]
    return lambda client: client.transact_write_items(TransactItems=puts)


def _transact_get(*keys: Row) -> Ask:
    gets = [{"Get": {"TableName": TABLE, "Key": key}} for key in keys]
    return lambda client: client.transact_get_items(TransactItems=gets)


def _nested(depth: int) -> Row:
    return {"L": [_nested(depth - 1)]} if depth else {"S": "x"}


_PUT = {"PutRequest": {"Item": row()}}
_NUMBER = {"pk": {"N": "1"}, "sk": {"S": "s"}}
_X = {"S": "x"}
_PK = {":pk": {"S": "p"}}

# Asked of an engine that holds one row, by what is wrong with it.
STRICT: Mapping[str, Ask] = {
    "an attribute whose name is a word of DynamoDB's": _query(ProjectionExpression="sk, by"),
    "such a name in a condition": _put(
        row(), ConditionExpression="by = :x", ExpressionAttributeValues={":x": _X}
    ),
    "such a name in an update": _update("SET by = :x", **{":x": _X}),
    "such a name in a transaction": _transact(
        row(), ConditionExpression="by = :x", ExpressionAttributeValues={":x": _X}
    ),
    "a name that no expression uses": _query(ExpressionAttributeNames={"#x": "x"}),
    "a value that no expression uses": _query(ExpressionAttributeValues={**_PK, ":x": _X}),
    "a value that no condition of a put uses": _put(
        row("new"), ConditionExpression="attribute_not_exists(pk)",
        ExpressionAttributeValues={":x": _X},
    ),
    "a value that no condition of a transaction uses": _transact(
        row("another"), ConditionExpression="attribute_not_exists(pk)",
        ExpressionAttributeValues={":x": _X},
    ),
    "values without an expression": _put(row(), ExpressionAttributeValues={":x": _X}),
    "an expression of more than 4 KB": _query(
        FilterExpression=" OR ".join(f"a{number} = :pk" for number in range(400))
    ),
    "a row whose key is a number": _put(_NUMBER),
    "a key that is a number, read": _get(**_NUMBER),
    "a key that is a number, in a Query": _query(ExpressionAttributeValues={":pk": {"N": "1"}}),
    "a key that is a number, in a batch": _batch_get(_NUMBER),
    "an empty key": _put(row("")),
    "an empty bound": _query(
        KeyConditionExpression="pk = :pk AND sk < :to",
        ExpressionAttributeValues={**_PK, ":to": {"S": ""}},
    ),
    "a row without its second key": _put({"pk": {"S": "p"}}),
    "a partition key of more than 2,048 bytes": _put(row(pk="é" * 1024 + "x")),
    "a sort key of more than 1,024 bytes": _put(row("é" * 512 + "x")),
    "a bound of more than 1,024 bytes": _query(
        KeyConditionExpression="pk = :pk AND sk < :to",
        ExpressionAttributeValues={**_PK, ":to": {"S": "x" * 1025}},
    ),
    "a key that is updated": _update("SET sk = :x", **{":x": _X}),
    "a span that ends before it begins": _query(
        KeyConditionExpression="pk = :pk AND sk BETWEEN :from AND :to",
        ExpressionAttributeValues={**_PK, ":from": {"S": "b"}, ":to": {"S": "a"}},
    ),
    "a filter on a key": _query(
        FilterExpression="sk = :s", ExpressionAttributeValues={**_PK, ":s": {"S": "s"}}
    ),
    "a start in another partition": _query(ExclusiveStartKey=row(pk="other")),
    "an attribute that is asked for twice": _query(
        ProjectionExpression="#a, a1", ExpressionAttributeNames={"#a": "a1"}
    ),
    "an empty set": _put(row(near={"SS": []})),
    "a set with one value twice": _put(row(near={"SS": ["a", "a"]})),
    "a number of 39 digits": _put(row(n={"N": "1" * 39})),
    "a number beyond 10 to the 125th": _put(row(n={"N": "1e126"})),
    "a value 33 levels deep": _put(row(a=_nested(33))),
    "a row of 400 KB and one byte": _put(of_size(MAX_ITEM_BYTES + 1)),
    "26 rows in a batch": _batch_put(
        *({"PutRequest": {"Item": row(str(number))}} for number in range(26))
    ),
    "one row twice in a batch": _batch_put(_PUT, {"DeleteRequest": {"Key": row()}}),
    "101 rows read in a batch": _batch_get(*(row(str(number)) for number in range(101))),
    "one row read twice in a batch": _batch_get(row(), row()),
    "101 rows in a transaction": _transact(*(row(str(number)) for number in range(101))),
    "one row twice in a transaction": _transact(row(), row()),
    "one row read twice in a transaction": _transact_get(row(), row()),
    "a transaction of more than 4 MB": _transact(
        *(of_size(390_000, str(number)) for number in range(11))
    ),
}  # fmt: skip
# Of these moto refuses none; CONTRIBUTING.md lists them.
ACCEPTED_BY_MOTO = {
    "a value that no expression uses",
    "a value that no condition of a put uses",
    "a value that no condition of a transaction uses",
    "values without an expression",
    "an expression of more than 4 KB",
    "a key that is a number, read",
    "a key that is a number, in a Query",
    "a key that is a number, in a batch",
    "a bound of more than 1,024 bytes",
    "a span that ends before it begins",
    "a filter on a key",
    "a start in another partition",
    "an attribute that is asked for twice",
    "a set with one value twice",
    "a number of 39 digits",
    "a number beyond 10 to the 125th",
    "a value 33 levels deep",
    "26 rows in a batch",
    "one row twice in a batch",
    "one row read twice in a transaction",
    "a transaction of more than 4 MB",
}


def test_what_dynamodb_refuses_is_refused_but_for_what_moto_accepts(engine: Engine) -> None:
    accepted = set()

    for wrong, ask in STRICT.items():
        try:
            ask(engine.client)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            assert code in ("ValidationException", "TransactionCanceledException"), wrong
        else:
            accepted.add(wrong)

    assert accepted == (set() if engine.is_strict else ACCEPTED_BY_MOTO)


def test_the_places_where_moto_is_laxer_are_written_down() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    assert STRICT.keys() >= ACCEPTED_BY_MOTO
    assert set(re.findall(r"^\| ([^|]+) \| accepted \|$", told, re.MULTILINE)) == ACCEPTED_BY_MOTO
