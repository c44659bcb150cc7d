"""What stands behind the functions: the doubles, for thousands of histories, or moto for a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.conftest import STAGE
from tests.doubles.dynamodb import DynamoDB
from tests.doubles.s3 import S3
from tests.engines import described

AGAIN = "broadsheet-again"  # the table and the bucket of a rebuild
PAGE = 3  # versions on a page of a listing, so that a few keys have several

Clock = Callable[[], datetime]


@contextmanager
def memory(clock: Clock) -> Iterator[Mapping[str, Any]]:
    """The doubles, empty."""
    s3 = S3(STAGE.uploads, STAGE.receipts, AGAIN, clock=clock)
    s3.page_size = PAGE
    _keep_versions(s3)
    yield {"dynamodb": DynamoDB(STAGE.table, AGAIN), "s3": s3}


@contextmanager
def moto(clock: Clock) -> Iterator[Mapping[str, Any]]:
    """moto, empty, by the world's clock: slow, and not ours."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("moto.s3.models.utcnow", lambda: clock().replace(tzinfo=None))
        here = boto3.Session()
        s3, dynamodb = here.client("s3"), here.client("dynamodb")
        for bucket in (STAGE.uploads, STAGE.receipts, AGAIN):
            s3.create_bucket(Bucket=bucket)
        _keep_versions(s3)
        for table in (STAGE.table, AGAIN):
            dynamodb.create_table(**{**described(), "TableName": table})
        yield {"dynamodb": dynamodb, "s3": s3}


def _keep_versions(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=STAGE.uploads, VersioningConfiguration={"Status": "Enabled"})


CLOUDS: Mapping[str, Callable[[Clock], AbstractContextManager[Mapping[str, Any]]]] = {
    "memory": memory,
    "moto": moto,
}
