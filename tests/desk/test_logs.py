"""What functions logged, as an operator looks for it."""

import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
from local_run import client, desk

from desk import logs
from desk.embedded import EmbeddedAws
from desk.errors import DeskError
from desk.stage import Stage

NOW = datetime.now(UTC).replace(microsecond=0)


def record(message, level="INFO", **fields):
    return json.dumps({"level": level, "message": message, "service": "prod", **fields})


@pytest.fixture
def stage():
    from moto.moto_api._internal import moto_api_backend

    moto_api_backend.reset()
    listener = socket.create_server(("127.0.0.1", 0))
    aws = EmbeddedAws(listener)
    aws.start()
    yield Stage(
        name="prod", table="t", uploads="u", receipts="r",
        endpoint=aws.endpoint, region="us-east-1",
    )  # fmt: skip
    aws.stop()
    listener.close()


def says(stage, group, *said):
    cloud = client("logs", stage.endpoint)
    cloud.create_log_group(logGroupName=f"/aws/lambda/{group}")
    cloud.create_log_stream(logGroupName=f"/aws/lambda/{group}", logStreamName="one")
    cloud.put_log_events(
        logGroupName=f"/aws/lambda/{group}",
        logStreamName="one",
        logEvents=[
            {"timestamp": int((NOW - timedelta(minutes=ago)).timestamp() * 1000), "message": text}
            for ago, text in sorted(said, reverse=True)
        ],
    )


def shown(stage, *, since_min=60, errors=False, about=None):
    lines = logs.deployed(
        stage, since=NOW - timedelta(minutes=since_min), functions=["api_handler", "ingest"]
    )
    return [logs.text(line) for line in filter(logs.wanted(only_errors=errors, about=about), lines)]


def test_all_functions_are_told_in_the_order_of_time(stage):
    says(stage, "broadsheet-prod", (9, record("request failed", "ERROR", path="/latest")))
    says(
        stage,
        "broadsheet-prod-ingest",
        (90, record("long ago")),
        (12, "START RequestId: 1 Version: $LATEST"),
        (11, record("upload ingested", key="world/ferry.md", outcome="published")),
        (10, '{"_aws": {"Timestamp": 1}, "Ingested.published": 1}'),
        (3, "2026-11-24 Task timed out after 300.00 seconds"),
    )

    whole = shown(stage)

    at = {ago: f"{NOW - timedelta(minutes=ago):%Y-%m-%dT%H:%M:%SZ}" for ago in (3, 9, 11)}
    assert whole == [
        f"{at[11]}  ingest  INFO  upload ingested  key=world/ferry.md outcome=published",
        f"{at[9]}  api_handler  ERROR  request failed  path=/latest",
        f"{at[3]}  ingest  2026-11-24 Task timed out after 300.00 seconds",
    ]
    assert shown(stage, errors=True) == whole[1:]
    assert shown(stage, about="world/ferry.md") == whole[:1]
    assert len(shown(stage, since_min=120)) == 4


def test_a_log_group_that_is_gone_is_told_by_its_name(stage):
    says(stage, "broadsheet-prod", (1, "up"))

    with pytest.raises(DeskError, match="no log group /aws/lambda/broadsheet-prod-ingest"):
        shown(stage)


def test_a_log_cannot_move_the_terminal(stage):
    says(stage, "broadsheet-prod", (1, record("a\x1b[2Jb\rc", exception="Trace\n  x\x1b]0;y\x07")))
    says(stage, "broadsheet-prod-ingest", (90, "old"))

    (told,) = shown(stage)

    assert "\x1b" not in told
    assert "\r" not in told
    assert told.count("\n") == 2


def test_the_local_run_tells_of_its_records(tmp_path):
    log = tmp_path / "run.log"
    at = f"{NOW:%Y-%m-%d %H:%M:%S},120+0000"
    log.write_text("\n".join(["Traceback", record("late", timestamp=at), "{}", '{"timestamp": 7}']))

    (line,) = logs.local(log, since=NOW - timedelta(hours=1))

    assert line.fields["message"] == "late"
    assert list(logs.local(log, since=NOW + timedelta(hours=1))) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "yesterday"], "write it as 15m, 6h or 2d"),
        (["--stage", "prod", "--function", "api"], "there is no function api"),
    ],
)
def test_words_that_mean_nothing_are_told(words, said):
    done = desk("logs", *words)

    assert done.returncode == 2
    assert said in done.stderr
