"""The soak finds what it is there to find, and a short one of it finds nothing."""

from __future__ import annotations

import json
import random
import socket

import pytest

from bench.soak.__main__ import Plan, soak
from bench.soak.faults import NEWSROOM_KEY, UnreliableAws
from bench.soak.readers import HEALED_WITHIN_S, Readers, View, headline
from chalicelib.aws import dynamodb

PATH = "/v1/articles/x"


@pytest.fixture
def told():
    """Readers of article 7, of which three states were uploaded; the third is a deletion."""
    told = Readers()
    told.uploads(7)
    told.uploads(7)
    told.uploads(7, is_deletion=True)
    return told


def article(state, *, etag="a"):
    return {"status": 200, "etag": etag, "body": json.dumps({"headline": headline(7, state)})}


def see(told, *, status, body="", etag="", key=7, path=PATH):
    known, floor = told.asks(path, key)
    headers = {"ETag": etag} if etag else {}
    told.judge(
        View(path=path, status=status, headers=headers, body=body, known=known, floor=floor,
             began_at=told.articles[7].uploaded_at[-1]),
        key,
    )  # fmt: skip


GONE, ABSENT = {"status": 410}, {"status": 404}


@pytest.mark.parametrize(
    "answers",
    [
        [ABSENT, article(1), article(2, etag="b"), GONE],
        [article(2), {"status": 304, "etag": "a"}],
        [article(1), GONE],
    ],
)
def test_readers_may_be_behind_the_uploads(told, answers):
    for answer in answers:
        see(told, **answer)

    assert told.wrong == []


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([article(2), article(1, etag="b")], "state 1, not of"),
        ([GONE, article(2)], "state 2, not of"),
        ([article(4)], "state 4, not of"),
        ([article(1), ABSENT, article(1, etag="b")], "state 1, not of"),
        ([{"status": 503, "body": "broken"}], "503 broken"),
        ([{**article(1), "etag": ""}], "200 with the ETag ''"),
        ([article(1), article(2)], "200 with the ETag 'a'"),
        ([article(1), {"status": 304, "etag": "b"}], "304 with the ETag b"),
        ([{**article(1), "body": "Report 8 as of upload 1"}], "not the article"),
    ],
)
def test_what_readers_may_not_be_shown_is_wrong(told, answers, fault):
    for answer in answers:
        see(told, **answer)

    assert len(told.wrong) == 1
    assert fault in told.wrong[0]


def test_a_page_that_has_not_changed_is_wrong_where_the_article_has(told):
    see(told, **article(1), path="/a/x")
    see(told, **article(2, etag="b"))

    see(told, status=304, etag="a", path="/a/x")

    assert "state 1, not of range(2, 4)" in told.wrong[0]


def test_a_list_may_be_behind_for_as_long_as_it_takes_to_heal(told):
    see(told, status=200, etag="a", body=headline(7, 1), key=None, path="/")
    assert told.wrong == []

    told.articles[7].uploaded_at[1] -= HEALED_WITHIN_S + 1
    see(told, status=200, etag="b", body=headline(7, 1), key=None, path="/")

    assert "too old" in told.wrong[0]


def test_an_unreliable_aws_fails_some_writes_of_the_newsroom_and_answers_all_that_it_reads():
    row = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        aws = UnreliableAws(listener, every=10, chance=random.Random(1))
        aws.start()
        client = dynamodb.client(
            region="us-east-1", access_key=NEWSROOM_KEY, secret_key="x", endpoint=aws.endpoint,
            longest_pause_s=0,
        )  # fmt: skip

        def answered(call, **asked):
            with pytest.raises(client.exceptions.ClientError) as refused:  # there is no table
                call(TableName="none", **asked)
            return refused.value.response["Error"]["Code"] == "ResourceNotFoundException"

        reads = [answered(client.get_item, Key=row) for _ in range(60)]
        was_failed = aws.failed.total()
        writes = [answered(client.put_item, Item=row) for _ in range(60)]
        aws.stop()

    assert all(reads)
    assert was_failed > 0
    assert 0 < writes.count(False) < 20


def test_a_newsroom_comes_through_a_short_soak():
    report = soak(Plan(views=200, uploads=20, failing_calls=60, dying_functions=6))

    assert report.wrong == ()
    assert (report.views, report.uploads) == (200, 20)
    assert report.unchanged > 0
    assert sum(report.faults.values()) > 3
