"""What a table can be tested on. An engine gives a client, and through it the stage's table, empty.

An engine is one function here and one name in ENGINES. `moto` is the default; what is marked
`table` runs on each of IN_PROCESS. `python -m pytest --engine NAME` runs everything on another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, NamedTuple
from unittest import mock

import boto3
import pytest

from chalicelib.aws import dynamodb
from desk import dynamodb_local
from tests.doubles.dynamodb import DynamoDB
from tests.doubles.s3 import S3

TABLE = "broadsheet-local"


class Engine(NamedTuple):
    name: str
    client: Any  # boto3's, or one that answers as it does
    is_strict: bool = True  # refuses all that DynamoDB refuses


@contextmanager
def _in_moto(request: pytest.FixtureRequest) -> Iterator[Any]:
    endpoint = request.getfixturevalue("tables").address
    made = client("dynamodb")
    made.create_table(**described())
    with mock.patch.dict(os.environ, AWS_ENDPOINT_URL_DYNAMODB=endpoint):
        yield made


@contextmanager
def _in_dynamodb_local(request: pytest.FixtureRequest) -> Iterator[Any]:
    endpoint = request.getfixturevalue("dynamodb_local")
    with mock.patch.dict(os.environ, AWS_ENDPOINT_URL_DYNAMODB=endpoint):
        made = boto3.client("dynamodb")
        made.create_table(**described())
        yield made
        for name in made.list_tables()["TableNames"]:  # a test may have made another
            made.delete_table(TableName=name)


@contextmanager
def _in_memory(_request: pytest.FixtureRequest) -> Iterator[Any]:
    made = client("dynamodb") if isinstance(client("dynamodb"), DynamoDB) else DynamoDB()
    made.create_table(**described())
    yield made


@contextmanager
def all_in_memory() -> Iterator[None]:
    """Let doubles answer for all of AWS that a test calls, ten times as fast as moto.

    A test that calls more than they have fails: boto3's resources, or what DynamoDB consumes.
    """
    doubles = {"dynamodb": DynamoDB(), "s3": S3()}
    client.cache_clear()
    with (
        mock.patch.object(boto3, "client", lambda service, **_: doubles[service]),
        mock.patch.object(dynamodb, "client", return_value=doubles["dynamodb"]),
        mock.patch.object(boto3, "resource", side_effect=NotImplementedError),
    ):
        yield


ENGINES: Mapping[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Any]]] = {
    "moto": _in_moto,
    "memory": _in_memory,
    "dynamodb-local": _in_dynamodb_local,
}
DEFAULT = "moto"
IN_PROCESS = ("moto", "memory")
LAX = ("moto",)  # accept what DynamoDB refuses


@contextmanager
def opened(name: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Give an engine with an empty table, made from the deployed template. moto must be on."""
    with ENGINES[name](request) as made:
        yield Engine(name, made, is_strict=name not in LAX)


@cache
def client(service: str) -> Any:
    """Return a client to AWS, for which moto answers. Making one takes longer than most tests."""
    return boto3.client(service)


@cache
def described() -> dict[str, Any]:
    """Return the table of the deployed template as `create_table` takes it."""
    from tests import template

    (table,) = template.resources("DynamoDB::Table").values()
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema")
    return {"TableName": TABLE, **{name: table[name] for name in taken}}


@contextmanager
def started() -> Iterator[str]:
    """Give the address of DynamoDB Local, or skip where this machine cannot run it."""
    if lack := dynamodb_local.missing():
        pytest.skip(lack)
    with dynamodb_local.running() as endpoint:
        yield endpoint
