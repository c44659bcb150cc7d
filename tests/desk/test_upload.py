"""The wait for a receipt, by an editor who may not list the whole bucket."""

from __future__ import annotations

import io

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from desk.upload import receipt, wait_for_receipt

BUCKET = "broadsheet-prod-receipts-123456789012"


def test_a_receipt_that_is_not_there_yet_is_waited_for_by_who_may_not_list_it() -> None:
    s3 = boto3.client("s3")
    told = {"Body": io.BytesIO(b'{"outcome": "published"}'), "Metadata": {"version-id": "v1"}}
    with Stubber(s3) as answers:
        answers.add_client_error("get_object", "AccessDenied", http_status_code=403)
        answers.add_response("get_object", told, {"Bucket": BUCKET, "Key": "world/a.md.json"})

        assert receipt(s3, BUCKET, "world/a.md") is None
        found = wait_for_receipt(s3, BUCKET, "world/a.md", "v1", until=0.0)

    assert found == {"outcome": "published"}


def test_an_outage_is_no_missing_receipt() -> None:
    s3 = boto3.client("s3")
    with Stubber(s3) as answers:
        answers.add_client_error("get_object", "InternalError", http_status_code=500)

        with pytest.raises(ClientError, match="InternalError"):
            receipt(s3, BUCKET, "world/a.md")
