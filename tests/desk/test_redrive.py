"""The failure queue's life: an event that failed, seen, sent again, gone."""

import json
import socket

import pytest
from local_run import client, desk

from desk.embedded import EmbeddedAws
from desk.redrive import FOUND, SENT, UNKNOWN, UNREADABLE, redrive, text
from desk.stage import Stage

ARN = "arn:aws:lambda:us-east-1:123456789012:function:broadsheet-prod-"


class Failures:
    """A stage that has a failure queue, and functions that write down what they are sent."""

    def __init__(self):
        from moto.moto_api._internal import moto_api_backend

        moto_api_backend.reset()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.aws = EmbeddedAws(self.listener)
        self.aws.start()
        self.invoked = []
        self.aws.run_functions(lambda name, event: self.invoked.append((name, event)))
        self.stage = Stage(
            name="prod", table="t", uploads="u", receipts="r",
            endpoint=self.aws.endpoint, region="us-east-1",
        )  # fmt: skip
        self.sqs = client("sqs", self.aws.endpoint)
        self.url = self.sqs.create_queue(QueueName="broadsheet-prod-failures")["QueueUrl"]

    def fails(self, event, function="ingest", **answer):
        self.says(
            json.dumps(
                {
                    "version": "1.0",
                    "timestamp": "2026-11-24T09:31:12.000Z",
                    "requestContext": {"functionArn": f"{ARN}{function}:$LATEST",
                                       "condition": "RetriesExhausted"},
                    "requestPayload": event,
                    "responseContext": {"statusCode": 200},
                    **({"responsePayload": answer} if answer else {}),
                }
            )
        )  # fmt: skip

    def says(self, body):
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def waiting(self):
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    def close(self):
        self.aws.stop()
        self.listener.close()


@pytest.fixture
def queue():
    opened = Failures()
    yield opened
    opened.close()


def upload_of(*keys):
    return {"Records": [{"s3": {"object": {"key": key}}} for key in keys]}


def test_an_event_that_failed_is_sent_to_its_function_and_leaves_the_queue(queue):
    event = upload_of("world/ferry+one.md", "world/b.md")
    queue.fails(event, errorType="StoreUnavailable", errorMessage="The table\n is not there.")

    (failure,) = redrive(queue.stage)

    assert queue.invoked == [("broadsheet-prod-ingest", event)]
    assert queue.waiting() == 0
    assert (failure.function, failure.became) == ("broadsheet-prod-ingest", SENT)
    assert failure.keys == ("world/ferry one.md", "world/b.md")
    assert failure.error == "StoreUnavailable: The table\n is not there."
    assert text([failure]).splitlines()[1].split() == [
        "sent", "broadsheet-prod-ingest", "2026-11-24T09:31:12.000Z",
        "world/ferry", "one.md,", "world/b.md", "StoreUnavailable:", "The", "table", "is", "not",
        "there.",
    ]  # fmt: skip


def test_a_look_sends_nothing_and_leaves_everything_for_the_next(queue):
    queue.fails(upload_of("a.md"))
    queue.fails({"source": "aws.events"}, function="fetch_feeds")

    looked = redrive(queue.stage, only_look=True)

    assert {(one.keys, one.became, one.error) for one in looked} == {
        (("a.md",), FOUND, "RetriesExhausted"),
        ((), FOUND, "RetriesExhausted"),
    }
    assert queue.invoked == []
    assert queue.waiting() == 2
    assert len(redrive(queue.stage)) == 2
    assert queue.waiting() == 0


def test_what_nobody_can_read_stays_and_keeps_nothing_else_waiting(queue):
    for body in ("no json", "[]", '{"requestContext": {"functionArn": 7}}', "null"):
        queue.says(body)
    queue.fails(upload_of("a.md"))

    done = redrive(queue.stage)

    assert sorted(one.became for one in done) == [SENT] + [UNREADABLE] * 4
    assert queue.waiting() == 4


def test_what_somebody_else_has_dealt_with_meanwhile_is_no_fault(queue):
    queue.fails(upload_of("a.md"))
    queue.says("no json")
    seen = queue.sqs.receive_message(
        QueueUrl=queue.url, MaxNumberOfMessages=10, VisibilityTimeout=0
    )["Messages"]
    (other,) = (one for one in seen if one["Body"] == "no json")
    taken = {"QueueUrl": queue.url, "ReceiptHandle": other["ReceiptHandle"]}
    queue.aws.run_functions(lambda _name, _event: queue.sqs.delete_message(**taken))

    done = redrive(queue.stage)

    assert sorted(one.became for one in done) == [SENT, UNREADABLE]
    assert queue.waiting() == 0


def test_an_event_of_a_function_that_is_gone_stays(queue):
    queue.aws.run_functions(None)  # moto's own Lambda has no function at all
    queue.fails(upload_of("a.md"))

    (failure,) = redrive(queue.stage)

    assert failure.became == UNKNOWN
    assert queue.waiting() == 1


def test_more_than_a_call_gives_are_all_sent_once(queue):
    for number in range(23):
        queue.fails(upload_of(f"{number}.md"))

    assert len(redrive(queue.stage)) == 23

    assert len({event["Records"][0]["s3"]["object"]["key"] for _, event in queue.invoked}) == 23


def test_what_fails_again_while_the_rest_is_sent_waits_for_the_next_time(queue):
    def fail_again(name, event):
        queue.invoked.append((name, event))
        queue.fails(event)

    queue.aws.run_functions(fail_again)
    queue.fails(upload_of("a.md"))

    assert len(redrive(queue.stage)) == 1

    assert len(queue.invoked) == 1
    assert queue.waiting() == 1


def test_a_running_newsroom_ingests_what_is_sent_again(start, story, tmp_path):
    run = start(tmp_path / "data", "--no-samples")
    bucket, endpoint = run.said("uploads"), run.said("s3")
    run.s3.put_object(Bucket=bucket, Key="again.md", Body=story())
    run.wait_for(lambda line: line.startswith("again.md  published"))
    sqs = client("sqs", endpoint)
    url = sqs.get_queue_url(QueueName="broadsheet-local-failures")["QueueUrl"]
    sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(
            {
                "timestamp": "2026-11-24T09:31:12.000Z",
                "requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:ingest"},
                "requestPayload": upload_of("again.md"),
            }
        ),
    )
    told = len(run.lines)

    done = desk("redrive", "--json", "--data-dir", tmp_path / "data")

    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["keys"] for line in done.stdout.splitlines()] == [["again.md"]]
    run.wait_for(lambda line: line.startswith("again.md  ") and line in run.lines[told:])
    assert desk("redrive", "--data-dir", tmp_path / "data").stdout == "the failure queue is empty\n"
