"""What the newsroom says of itself: the very metrics that are watched, and logs without news."""

from __future__ import annotations

import io
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from chalice.test import Client

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from tests import builders, models, template
from tests.conftest import NOW, Paper
from tests.models import bedrock
from tests.publishers import Publisher
from tests.template import Metric

Event = Callable[..., dict[str, Any]]
OUTCOMES = ("published", "updated", "corrected", "scheduled", "withdrawn", "rejected")
BYLINE = "Maren Holt-Vestergaard"


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


class Day:
    """A day of a newsroom whose functions are called as AWS calls them."""

    def __init__(self, paper: Paper, client: Client, s3_event: Event) -> None:
        self.paper, self.client, self._event = paper, client, s3_event

    def upload(self, key: str, content: str | bytes) -> None:
        self.paper.upload(key, content)
        self.client.lambda_.invoke("ingest", self._event(key))

    def withdraw(self, *keys: str) -> None:
        for key in keys:
            self.paper.delete(key)
        self.client.lambda_.invoke("ingest", self._event(*keys))

    def tick(self, function: str) -> None:
        self.client.lambda_.invoke(function, self.client.events.generate_cw_event("", "", {}, []))


@pytest.fixture
def day(paper: Paper, client: Client, s3_event: Event) -> Day:
    return Day(paper, client, s3_event)


def emitted(captured: str) -> Counter[Metric]:
    """Return the metrics that were printed in EMF, with the sum of each."""
    found: Counter[Metric] = Counter()
    for line in captured.splitlines():
        if '"_aws"' not in line:
            continue
        told = json.loads(line)
        for directive in told["_aws"]["CloudWatchMetrics"]:
            (names,) = directive["Dimensions"]
            dimensions = tuple((name, told[name]) for name in names)
            for metric in directive["Metrics"]:
                one = Metric(directive["Namespace"], metric["Name"], dimensions)
                found[one] += sum(told[metric["Name"]])
    return found


def counted(captured: str) -> dict[str, float]:
    return {metric.name: total for metric, total in emitted(captured).items()}


def test_every_metric_that_is_watched_is_one_that_the_code_or_aws_emits(
    day: Day,
    courier: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    day.upload("a.md", builders.markdown())
    day.upload("a.md", builders.markdown(standfirst="She is back."))
    day.upload("a.md", builders.markdown(correction="The board meets on Monday."))
    day.upload("b.md", builders.markdown("Tug", embargo_until=builders.ago(days=-1)))
    day.upload("bad.md", b"\xff\x00")
    day.withdraw("a.md")
    with bedrock(models.says(models.GOOD)) as served, monkeypatch.context() as stage:
        stage.setenv("BROADSHEET_SUMMARISER", "bedrock")
        stage.setenv("BROADSHEET_BEDROCK_MODEL_ID", models.MODEL_ID)
        stage.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", served.url)
        day.upload("c.md", builders.markdown(models.HEADLINE, body="\n\n".join(models.FERRY)))
    monkeypatch.setenv("BROADSHEET_LOOPBACK_FEEDS", "allowed")
    wiring.fetcher.cache_clear()
    day.upload("sources/courier.yaml", builders.profile(feeds=f"[{courier.publish('/f', '')}]"))
    for function in ("refresh_latest", "fetch_feeds", "reconcile"):
        day.tick(function)

    ours = set(emitted(capsys.readouterr().out))
    (filtered,) = template.resources("Logs::MetricFilter")["RequestsFailed"][
        "MetricTransformations"
    ]
    name = filtered["MetricName"][1].replace("${Stage}", "local")
    ours.add(Metric(filtered["MetricNamespace"], name))
    assert {Metric("Broadsheet", f"Ingested.{outcome}", SERVICE) for outcome in OUTCOMES} <= ours
    assert template.watched() - ours == AWS


SERVICE = (("service", "broadsheet-local"),)
# AWS's own, by its documentation: their functions and the queue are those of the plan.
AWS = {
    *(
        Metric("AWS/Lambda", "Errors", (("FunctionName", f"broadsheet-local{name}"),))
        for name in ("", "-ingest", "-refresh_latest", "-fetch_feeds", "-reconcile")
    ),
    *(
        Metric("AWS/Lambda", name, (("FunctionName", "broadsheet-local"),))
        for name in ("Duration", "Invocations", "Throttles")
    ),
    Metric("AWS/Lambda", "Throttles", (("FunctionName", "broadsheet-local-ingest"),)),
    *(
        Metric("AWS/SQS", name, (("QueueName", "broadsheet-local-failures"),))
        for name in ("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible")
    ),
}


def test_each_withdrawal_of_a_burst_is_counted(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("a.md", "b.md"):
        day.upload(key, builders.markdown())
    capsys.readouterr()

    day.withdraw("a.md", "b.md")

    assert counted(capsys.readouterr().out)["Ingested.withdrawn"] == 2


def test_what_was_withheld_is_counted_beside_what_was_published(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    day.upload("a.md", builders.markdown())

    told = counted(capsys.readouterr().out)
    summary = newsroom.read_article(
        article_id("a.md"), store=wiring.store(), now=NOW
    ).article.summary
    assert told["KeyPoints"] == len(summary.key_points) > 0
    assert told["KeyPointsWithheld"] == len(summary.withheld)
    assert told["Summarised.extractive"] == 1


def test_an_event_that_comes_twice_is_summarised_once(
    day: Day, s3_event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    day.upload("a.md", builders.markdown())
    capsys.readouterr()

    day.client.lambda_.invoke("ingest", s3_event("a.md"))

    assert "Summarised.extractive" not in counted(capsys.readouterr().out)


def test_a_refresh_tells_how_old_the_list_had_become(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    newsroom.refresh_latest(store=wiring.store(), now=NOW - timedelta(days=365))

    day.tick("refresh_latest")

    assert counted(capsys.readouterr().out)["LatestAge"] >= timedelta(days=365).total_seconds()


def test_a_first_list_is_no_old_one(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    day.tick("refresh_latest")

    assert counted(capsys.readouterr().out)["LatestAge"] == 0


def test_what_was_done_before_a_failure_is_counted(
    day: Day,
    s3_event: Event,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    day.paper.upload("good.md", builders.markdown())
    day.paper.upload("bad.md", builders.markdown("Bad"))

    def summarise(headline: str, body: Any, language: str) -> Any:
        if headline == "Bad":
            raise OSError("the disk is full")
        return day.paper.summarise(headline, body, language)

    monkeypatch.setattr("chalicelib.wiring.summarise", summarise)
    with pytest.raises(ExceptionGroup, match="could not be ingested"):
        day.client.lambda_.invoke("ingest", s3_event("good.md", "bad.md"))

    told = counted(capsys.readouterr().out)
    assert (told["Ingested.published"], told["LatestCards"]) == (1, 1)


def test_a_line_of_the_log_names_the_upload_what_became_of_it_and_the_call(
    day: Day, log: io.StringIO
) -> None:
    day.upload("world/ferry.md", builders.markdown())

    (line,) = [line for line in lines(log) if line["message"] == "upload ingested"]
    assert line["key"] == "world/ferry.md"
    assert line["article_id"] == article_id("world/ferry.md")
    assert (line["outcome"], line["revision"]) == ("published", 1)
    assert line["service"] == "broadsheet-local"
    assert line["request_id"]


def test_two_calls_are_told_apart_in_the_log(day: Day, log: io.StringIO) -> None:
    day.upload("a.md", builders.markdown())
    day.upload("b.md", builders.markdown("Tug"))

    assert len({line["request_id"] for line in lines(log)}) == 2


def test_no_log_holds_an_articles_text_its_byline_or_a_previews_secret(
    day: Day, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    article = builders.markdown(byline=BYLINE, standfirst="A standfirst of its own.")
    day.upload("a.md", article)
    day.upload("a.md", article.replace("Skerrin", "Ostrey"))
    day.upload("b.md", builders.markdown(byline=BYLINE, draft="true"))
    day.upload("bad.md", builders.markdown(byline=BYLINE, embargo_until="soon"))
    day.withdraw("a.md")
    for function in ("refresh_latest", "fetch_feeds", "reconcile"):
        day.tick(function)

    said = log.getvalue() + capsys.readouterr().out
    secret = day.paper.receipt("b.md")["preview_url"].rpartition("/")[2]
    words = (BYLINE, "standfirst of its own", builders.HEADLINE, *builders.PARAGRAPHS, secret)
    assert [word for word in words if word in said] == []
    assert said.count("upload ingested") == 5


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[logging.LogRecord]]:
    """What the readers' function logs while its table does not answer."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger = logging.getLogger("broadsheet")
    logger.addHandler(handler)
    monkeypatch.setenv("BROADSHEET_TABLE", "gone")
    wiring.store.cache_clear()
    yield records
    wiring.store.cache_clear()
    logger.removeHandler(handler)


def test_the_alarm_counts_the_very_line_that_a_failed_request_logs(
    client: Client, reads: list[logging.LogRecord]
) -> None:
    answer = client.http.get("/")

    pattern = template.resources("Logs::MetricFilter")["RequestsFailed"]["FilterPattern"]
    (record,) = reads
    assert answer.status_code >= 500
    assert pattern.strip('"') in record.getMessage()
    assert record.levelno >= logging.WARNING  # Lambda's logger drops what is less


def test_a_failed_preview_is_logged_without_its_secret(
    client: Client, reads: list[logging.LogRecord]
) -> None:
    client.http.get(f"/preview/{'a' * 42}")
    client.http.get(f"/a/{article_id('a.md')}/ferry")

    preview, article = (vars(record) for record in reads)
    assert preview["route"] == "/preview/{token}"
    assert preview["path_parts"] == {}
    assert article["path_parts"]["article_id"] == article_id("a.md")


def test_a_failed_image_is_logged_as_every_other_request(
    client: Client, reads: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_RECEIPTS_BUCKET", "gone")
    wiring.media.cache_clear()

    answer = client.http.get(f"/media/{'0' * 32}.webp")

    wiring.media.cache_clear()
    assert answer.status_code == 503
    assert [record.getMessage() for record in reads] == ["request failed"]
