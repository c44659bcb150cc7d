"""The units that are worked out from rows are those that the engine states, where it does so."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from bench.meter import Meter
from chalicelib import wiring
from chalicelib.aws.table import row_key
from tests.engines import TABLE, Engine

pytestmark = pytest.mark.table

KEYS = [row_key(("p", name)) for name in "abc"]


@pytest.fixture
def filled(engine: Engine) -> Engine:
    if engine.name != "dynamodb-local":
        pytest.skip("only AWS's own engine states what a call consumes: make test-dynamodb")
    for key in KEYS:
        item = {**key, "text": {"S": "é" * 3_000}, "near": {"SS": ["a", "b"]}}
        engine.client.put_item(TableName=TABLE, Item=item)
    return engine


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("get_item", {"Key": KEYS[0]}),
        ("get_item", {"Key": KEYS[0], "ConsistentRead": True}),
        ("get_item", {"Key": row_key(("p", "nobody"))}),
        ("batch_get_item", {"RequestItems": {TABLE: {"Keys": KEYS}}}),
        ("batch_get_item", {"RequestItems": {TABLE: {"Keys": KEYS, "ConsistentRead": True}}}),
        ("query", {"ProjectionExpression": "sk", "Limit": 2}),
        ("query", {"ConsistentRead": True}),
        ("transact_get_items", {"TransactItems": [
            {"Get": {"TableName": TABLE, "Key": key}} for key in KEYS
        ]}),
        ("put_item", {"Item": {**KEYS[0], "text": {"S": "x"}}}),
        ("put_item", {"Item": {**KEYS[0], "text": {"S": "x" * 9_000}}}),
        ("put_item", {"Item": row_key(("p", "new"))}),
        ("delete_item", {"Key": KEYS[0]}),
        ("update_item", {"Key": KEYS[0], "UpdateExpression": "REMOVE near"}),
        ("batch_write_item", {"RequestItems": {TABLE: [
            *({"PutRequest": {"Item": {**key, "n": {"N": "27"}}}} for key in KEYS[:2]),
            {"DeleteRequest": {"Key": KEYS[2]}},
        ]}}),
    ],
)  # fmt: skip
def test_what_a_call_consumes_is_what_is_worked_out(
    filled: Engine, operation: str, words: dict[str, Any]
) -> None:
    if operation == "query":
        values = {":pk": {"S": "p"}}
        asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}
        words = {**words, **asked}
    if not operation.startswith(("batch", "transact")):
        words = {"TableName": TABLE, **words}
    meter = Meter(filled.client)
    client = wiring._client("dynamodb")
    client.watchers.append(partial(meter.count, "dynamodb"))

    answer = getattr(client, operation)(ReturnConsumedCapacity="TOTAL", **words)

    told = answer["ConsumedCapacity"]
    stated = sum(one["CapacityUnits"] for one in (told if isinstance(told, list) else [told]))
    assert meter.asked.read_units + meter.asked.write_units == stated
