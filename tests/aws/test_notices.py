"""Notices reach who subscribed, once a rejection; no failure of theirs stops an ingest."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from chalicelib import ingesting, newsroom, wiring
from tests import builders
from tests.conftest import NOW, Paper

KEY = "world/ferry.md"
BROKEN = "---\nheadline: [\n---\n"
HOUR = timedelta(hours=1)


class Inbox:
    """A queue that subscribed to the stage's topic, as an editor's mail address would."""

    def __init__(self) -> None:
        self.topic = boto3.client("sns").create_topic(Name="broadsheet-local-editors")["TopicArn"]
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="inbox")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        boto3.client("sns").subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
        )

    def read(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def inbox(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    inbox = Inbox()
    monkeypatch.setenv("BROADSHEET_EDITORS_TOPIC", inbox.topic)
    return inbox


def ingest(paper: Paper, key: str = KEY, *, now: datetime = NOW) -> newsroom.Ingested:
    return newsroom.ingest(key, **paper.parts(), notices=wiring.notices(), now=now)


def test_a_rejection_is_told_once_a_version(paper: Paper, inbox: Inbox) -> None:
    paper.upload(KEY, BROKEN, at=NOW - HOUR)
    ingest(paper)
    ingest(paper)

    (told,) = inbox.read()
    assert told["Subject"] == "Rejected: world/ferry.md"
    assert "(line 3" in told["Message"]
    paper.upload(KEY, BROKEN, at=NOW)
    ingest(paper)
    assert len(inbox.read()) == 1


def test_what_was_not_rejected_is_no_news(paper: Paper, inbox: Inbox) -> None:
    paper.upload(KEY, builders.markdown(), at=NOW - HOUR)
    ingest(paper)
    paper.delete(KEY)
    ingest(paper)

    assert inbox.read() == []


def test_an_old_rejection_is_no_news(paper: Paper, inbox: Inbox) -> None:
    paper.upload(KEY, BROKEN, at=NOW - ingesting.NEWS_FOR)
    ingest(paper)

    assert inbox.read() == []


def test_a_rejection_that_reconcile_finds_is_told_too(paper: Paper, inbox: Inbox) -> None:
    paper.upload(KEY, BROKEN, at=NOW - HOUR)

    newsroom.reconcile(**paper.parts(), notices=wiring.notices(), now=NOW)

    assert len(inbox.read()) == 1


def test_a_notice_that_cannot_be_pushed_is_counted_and_fails_nothing(
    paper: Paper, inbox: Inbox
) -> None:
    boto3.client("sns").delete_topic(TopicArn=inbox.topic)
    paper.upload(KEY, BROKEN, at=NOW - HOUR)

    done = ingest(paper)

    assert done.receipt is not None
    assert paper.receipt(KEY)["outcome"] == "rejected"
    notices = wiring.notices()
    assert notices is not None
    assert notices.figures() == {"NoticesFailed": 1}
    assert notices.figures() == {}


def test_without_a_topic_nothing_is_pushed(paper: Paper) -> None:
    assert wiring.notices() is None
