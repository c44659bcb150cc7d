"""What keeps AWS from answering is told to the person who can mend it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore import exceptions

from chalicelib.core.errors import StoreUnavailable
from desk.configured import recorded
from desk.errors import DeskError
from desk.stage import Stage

DEPLOYED = Stage(name="prod", table="broadsheet-prod", uploads="ours", receipts="receipts")
LOCAL = Stage(name="local", table="t", uploads="u", receipts="r", endpoint="http://127.0.0.1:8001")


def refused(code: str, **about: str) -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code, "Message": "No.\nNo.", **about}}, "Put")


def mend(error: Exception, stage: Stage = DEPLOYED) -> str:
    with pytest.raises(DeskError) as raised, stage.explained():
        raise error
    return str(raised.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refused("NoSuchBucket", BucketName="theirs"), "the bucket theirs is not there"),
        (refused("NoSuchBucket"), "the bucket ours is not there"),
        (refused("ResourceNotFoundException"), "the table broadsheet-prod is not there"),
        (refused("AccessDenied"), "may not do it"),
        (refused("ExpiredToken"), "sign in again"),
        (refused("NoSuchVersion"), "deleted for good"),
        (exceptions.NoCredentialsError(), "set AWS_PROFILE"),
        (exceptions.NoRegionError(), "set AWS_DEFAULT_REGION"),
        (exceptions.ProfileNotFound(profile="night"), "night"),
        (refused("SlowDown"), "AWS: An error occurred (SlowDown)"),
    ],
)
def test_the_mend_is_one_line(error: Exception, said: str) -> None:
    told = mend(error)

    assert said in told
    assert "\n" not in told


def test_a_local_run_that_has_ended_is_named() -> None:
    gone = exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:8001")

    assert mend(gone, LOCAL) == "http://127.0.0.1:8001 does not answer: has `make run` ended?"


def test_the_store_says_why_it_is_unavailable() -> None:
    error = StoreUnavailable("The table does not answer.")
    error.__cause__ = refused("ExpiredTokenException")

    assert "sign in again" in mend(error)


def test_a_mistake_of_our_own_is_not_explained_away() -> None:
    with pytest.raises(KeyError), DEPLOYED.explained():
        raise KeyError("ours")


@pytest.mark.parametrize(("summariser", "model"), [("bedrock", "a.model"), ("extractive", "")])
def test_a_stage_is_rebuilt_with_the_summaries_of_whoever_writes_them(
    tmp_path: Path, summariser: str, model: str
) -> None:
    environment = {
        "BROADSHEET_TABLE": "t",
        "BROADSHEET_UPLOADS_BUCKET": "u",
        "BROADSHEET_RECEIPTS_BUCKET": "r",
        "BROADSHEET_SUMMARISER": summariser,
        "BROADSHEET_BEDROCK_MODEL_ID": "a.model",
    }
    config = {"stages": {"prod": {"environment_variables": environment}}}
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text(json.dumps(config))

    assert recorded("prod", root=tmp_path).model == model
