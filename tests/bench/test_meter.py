"""What is worked out is what is paid: units as DynamoDB's Developer Guide counts them."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from bench.meter import Meter
from tests.engines import described


@pytest.fixture
def rows():
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(**{**described(), "TableName": "t"})
        for name in "abc":
            client.put_item(TableName="t", Item={**key(name), "text": {"S": "x" * 5_000}})
        yield client


def key(name):
    return {"pk": {"S": "list"}, "sk": {"S": name}}


def units(client, name, **asked):
    """Return the units that a call would take."""
    meter = Meter(client)
    meter.count("dynamodb", name, {"TableName": "t", **asked})
    return meter.asked.read_units, meter.asked.write_units


def test_reads_are_counted_in_blocks_of_four_kilobytes(rows):
    assert units(rows, "GetItem", Key=key("a")) == (1.0, 0)
    assert units(rows, "GetItem", Key=key("a"), ConsistentRead=True) == (2, 0)
    assert units(rows, "GetItem", Key=key("none")) == (0.5, 0)


def test_a_query_pays_for_what_its_projection_leaves_out(rows):
    asked = {
        "ProjectionExpression": "sk",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "list"}},
    }

    assert units(rows, "Query", **asked) == (2.0, 0)  # 15 kB are four blocks, half a unit each


def test_a_write_pays_for_the_larger_row_and_twice_in_a_transaction(rows):
    small = {**key("a"), "text": {"S": "x"}}
    put = [{"Put": {"TableName": "t", "Item": small}}]
    delete = [{"Delete": {"TableName": "t", "Key": key("b")}}]

    assert units(rows, "PutItem", Item=small) == (0, 5)
    assert units(rows, "TransactWriteItems", TransactItems=delete) == (0, 10)
    rows.put_item(TableName="t", Item=small)
    assert units(rows, "PutItem", Item=small) == (0, 1)
    assert units(rows, "TransactWriteItems", TransactItems=put) == (0, 2)
