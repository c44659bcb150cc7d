"""Where moto is mended it still does what DynamoDB does."""

import boto3
import pytest
from moto import mock_aws

from desk.mends import mend_all

TABLE = "rows"


@pytest.fixture
def table():
    mend_all()
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        yield client


def key(pk, sk="a"):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(pk, sk="a", **values):
    item = {**key(pk, sk), **{name: {"S": value} for name, value in values.items()}}
    return {"Put": {"TableName": TABLE, "Item": item}}


def update(pk, value):
    return {
        "Update": {
            "TableName": TABLE,
            "Key": key(pk),
            "UpdateExpression": "SET #v = :v",
            "ExpressionAttributeNames": {"#v": "value"},
            "ExpressionAttributeValues": {":v": {"S": value}},
        }
    }


def delete(pk):
    return {"Delete": {"TableName": TABLE, "Key": key(pk)}}


def unless_there(pk):
    return {
        "ConditionCheck": {
            "TableName": TABLE,
            "Key": key(pk),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


def rows(table):
    return sorted(
        (item["pk"]["S"], item["sk"]["S"], item.get("value", {}).get("S"))
        for item in table.scan(TableName=TABLE)["Items"]
    )


@pytest.mark.parametrize("fails_at", range(5))
def test_a_transaction_that_fails_leaves_every_row_as_it_was(table, fails_at):
    table.transact_write_items(TransactItems=[put("x", value="1"), put("y", value="1"), put("z")])
    table.transact_write_items(TransactItems=[put("there")])
    before = rows(table)
    writes = [put("x", value="2"), update("y", "2"), delete("z"), put("new")]
    writes.insert(fails_at, unless_there("there"))

    with pytest.raises(table.exceptions.TransactionCanceledException):
        table.transact_write_items(TransactItems=writes)

    assert rows(table) == before


def test_a_transaction_that_does_not_fail_is_done_whole(table):
    table.transact_write_items(TransactItems=[put("x", value="1"), put("z")])

    table.transact_write_items(
        TransactItems=[update("x", "2"), delete("z"), put("new"), unless_there("other")]
    )

    assert rows(table) == [("new", "a", None), ("x", "a", "2")]


def test_a_query_finds_the_rows_of_its_partition_alone_page_by_page(table):
    for sk in ("c", "a", "b"):
        table.put_item(TableName=TABLE, Item=key("x", sk))
        table.put_item(TableName=TABLE, Item=key("y", sk))
    asked = {
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "x"}},
        "Limit": 2,
    }

    first = table.query(**asked)
    second = table.query(**asked, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert [one["sk"]["S"] for one in first["Items"] + second["Items"]] == ["a", "b", "c"]
    asked["ExpressionAttributeValues"] = {":pk": {"S": "nobody"}}
    assert table.query(**asked)["Items"] == []
