"""What each function calls, recorded while it does all that it can, is what its policy allows.

Both ways: a call that no statement allows fails on AWS, where no moto forgives it, and a
permission that no call needs is one that a mistake could use.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from chalice.test import Client

from chalicelib import wiring
from chalicelib.core.article import article_id
from desk.mends import mend_all
from tests import builders, models
from tests.conftest import Paper
from tests.models import GOOD, bedrock
from tests.publishers import Publisher

ROOT = Path(__file__).parents[1]
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/broadsheet-prod"
MODEL = f"arn:aws:bedrock:us-east-1::foundation-model/{models.MODEL_ID}"
UPLOADS, RECEIPTS = "broadsheet-local-uploads", "broadsheet-local-receipts"
# Done by Lambda itself with the function's role: it logs, and it puts away what has failed.
LAMBDAS_OWN = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}
_IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}

Need = tuple[str, str]  # an action, and the resource that it is done to


@dataclass
class Recorder:
    """What IAM asks for the calls of this process, while `recording`."""

    needs: set[Need] = field(default_factory=set)
    _is_on: bool = False

    @contextmanager
    def recording(self) -> Iterator[None]:
        self._is_on = True
        yield
        self._is_on = False

    def asked_of_the_table(self, name: str, params: dict[str, Any]) -> None:
        if self._is_on:
            self.needs |= needs_of("dynamodb", name, params)

    def called(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self._is_on:
            self.needs |= needs_of(model.service_model.service_name, model.name, params)

    def answered(self, http_response: Any, model: Any, context: Any, **_: Any) -> None:
        """S3 says 404 only to whoever may list: else what is missing is forbidden."""
        if self._is_on and model.service_model.service_name == "s3":
            params = context["asked"]
            is_an_image = params.get("Key", "").startswith("public-media/")  # for it 403 will do
            if http_response.status_code == 404 and not is_an_image:
                self.needs.add(("s3:ListBucket", bucket(params)))


def asked(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["asked"] = dict(params)


def needs_of(service: str, operation: str, params: dict[str, Any]) -> set[Need]:
    match service, operation:
        case "dynamodb", ("TransactWriteItems" | "TransactGetItems"):
            kinds = {kind for item in params["TransactItems"] for kind in item}
            return {(f"dynamodb:{_IN_TRANSACTION[kind]}", TABLE) for kind in kinds}
        case "dynamodb", _:
            return {(f"dynamodb:{operation}", TABLE)}
        case "s3", "ListObjectVersions":
            return {("s3:ListBucketVersions", bucket(params))}
        case "s3", ("GetObject" | "HeadObject"):
            action = "s3:GetObjectVersion" if "VersionId" in params else "s3:GetObject"
            return {(action, f"{bucket(params)}/{params['Key']}")}
        case "s3", "PutObject":
            return {("s3:PutObject", f"{bucket(params)}/{params['Key']}")}
        case "sns", "Publish":
            return {("sns:Publish", params["TopicArn"].replace("-local-", "-prod-"))}
        case "bedrock-runtime", "Converse":
            return {("bedrock:InvokeModel", MODEL)}
    raise AssertionError(f"{service} {operation}: say which permission it needs")


def bucket(params: dict[str, Any]) -> str:
    """Return the ARN that this bucket of the local stage has in prod."""
    return f"arn:aws:s3:::{params['Bucket'].replace('-local-', '-prod-')}-123456789012"


def allowed(function: str) -> set[Need]:
    path = ROOT / ".chalice" / f"policy-{function}.json"
    return {
        (action, statement["Resource"])
        for statement in json.loads(path.read_text())["Statement"]
        for action in statement["Action"]
        if action not in LAMBDAS_OWN
    }


def missing(needs: set[Need], may: set[Need]) -> set[Need]:
    return {need for need in needs if not any(covers(one, need) for one in may)}


def unused(needs: set[Need], may: set[Need]) -> set[Need]:
    return {one for one in may if not any(covers(one, need) for need in needs)}


def covers(permission: Need, need: Need) -> bool:
    return permission[0] == need[0] and fnmatch.fnmatchcase(need[1], permission[1])


@pytest.fixture
def recorder(aws: None) -> Iterator[Recorder]:  # AWS must be there first
    events = boto3._get_default_session().events
    told = Recorder()
    events.register_first("before-parameter-build", asked)
    events.register("before-parameter-build", told.called)
    events.register("after-call", told.answered)
    events.register("before-parameter-build.s3.ListObjectVersions", a_short_page)
    wiring._client.cache_clear()  # a client hears of what was registered before it was made
    wiring._client("dynamodb").watchers.append(told.asked_of_the_table)
    yield told
    boto3.DEFAULT_SESSION = None
    wiring._client.cache_clear()


def a_short_page(params: dict[str, Any], **_: Any) -> None:
    """Let S3 list 5 versions a page, as it lists 1,000: so a listing goes on in a test too."""
    params["MaxKeys"] = 5


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch, aws: None) -> None:  # AWS must be there first
    made = boto3.client("sns").create_topic(Name="broadsheet-local-editors")["TopicArn"]
    monkeypatch.setenv("BROADSHEET_EDITORS_TOPIC", made)
    wiring.notices.cache_clear()


@pytest.fixture
def newsroom(recorder: Recorder, paper: Paper, topic: None, client: Client) -> Newsroom:
    mend_all()  # a listing by pages, as S3 goes on with it
    return Newsroom(recorder, paper, client)


@dataclass
class Newsroom:
    """The functions as AWS calls them, each call recorded; what editors do is not."""

    recorder: Recorder
    paper: Paper
    client: Client

    def ingest(self, *keys: str) -> None:
        records = [{"s3": {"bucket": {"name": UPLOADS}, "object": {"key": key}}} for key in keys]
        with self.recorder.recording():
            self.client.lambda_.invoke("ingest", {"Records": records})

    def tick(self, function: str) -> None:
        event = self.client.events.generate_cw_event("", "", {}, [])
        with self.recorder.recording():
            self.client.lambda_.invoke(function, event)

    def get(self, path: str) -> Any:
        with self.recorder.recording():
            return self.client.http.get(path)

    def upload(self, key: str, content: str | bytes) -> str:
        return self.paper.upload(key, content, at=datetime.now(UTC) - timedelta(minutes=5))

    def delete_for_good(self, key: str) -> None:
        for one in self.paper.s3.list_object_versions(Bucket=UPLOADS, Prefix=key)["Versions"]:
            self.paper.s3.delete_object(Bucket=UPLOADS, Key=key, VersionId=one["VersionId"])


def everything_happens(newsroom: Newsroom, then: Callable[[str], None]) -> None:
    """Let all happen to the bucket that makes a difference, and tell *then* of each key."""

    def upload(content: str | bytes) -> Callable[[str], Any]:
        return lambda key: newsroom.upload(key, content)

    article = builders.markdown
    dressed = article(source="courier", image="media/ferry.png", section="world", tags="sea")
    happenings: list[tuple[str, Callable[[str], Any]]] = [
        ("sources/courier.yaml", upload(builders.profile())),
        ("media/ferry.png", upload(builders.picture(900, 700))),
        ("a.md", upload(dressed)),
        ("b.md", upload(article("Ferry is back", source="wire"))),
        ("a.md", upload(article("Ferry back", correction="The date was wrong."))),
        ("a.md", upload(dressed)),
        ("sources/courier.yaml", upload(builders.profile("New name"))),
        ("media/ferry.png", upload(builders.picture(colour="red"))),
        ("bad.md", upload(b"\xff\x00")),
        ("draft.md", upload(article(draft="true"))),
        ("later.md", upload(article(embargo_until="2099-01-01T00:00:00Z"))),
        ("sources/feeds.opml", upload("<opml><body/></opml>")),
        ("moved.md", upload(article("Moved", replaces="b.md"))),
        (".DS_Store", upload(b"x")),
        ("takedowns/x.yaml", upload("reason: x")),
        ("a.md", newsroom.paper.delete),
        ("a.md", upload(article("Ferry again"))),
        ("a.md", newsroom.delete_for_good),
    ]
    for key, happens in happenings:
        happens(key)
        then(key)


@contextmanager
def a_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with bedrock(GOOD) as served:
        monkeypatch.setenv("BROADSHEET_SUMMARISER", "bedrock")
        monkeypatch.setenv("BROADSHEET_BEDROCK_MODEL_ID", models.MODEL_ID)
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", served.url)
        yield


def by_model(key: str) -> str:
    return builders.markdown(f"{models.HEADLINE}: {key}", body="\n\n".join(models.FERRY))


def test_ingest_may_do_what_it_does_and_no_more(
    newsroom: Newsroom, courier: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_by_others(newsroom, courier)
    newsroom.recorder.needs.clear()
    newsroom.upload("a.md", builders.markdown(date=builders.ago(hours=1), tags="sea"))
    newsroom.ingest("a.md")  # and refreshes the list, with the reports of others under it
    everything_happens(newsroom, newsroom.ingest)
    newsroom.ingest("b.md", "b.md")  # an event that came twice
    with a_model(monkeypatch):
        newsroom.upload("model.md", by_model("model.md"))
        newsroom.ingest("model.md")

    check("ingest", newsroom.recorder.needs, {("bedrock:InvokeModel", MODEL)})


def test_reconcile_may_do_what_it_does_and_no_more(
    newsroom: Newsroom, courier: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until_done(_key: str = "") -> None:
        newsroom.tick("reconcile")
        while wiring.store().cursor() != (None, None):
            newsroom.tick("reconcile")

    told_by_others(newsroom, courier)
    newsroom.recorder.needs.clear()
    newsroom.upload("a.md", builders.markdown(date=builders.ago(hours=1), tags="sea"))
    until_done()
    everything_happens(newsroom, until_done)
    with a_model(monkeypatch):
        newsroom.upload("model.md", by_model("model.md"))
        until_done()

    check("reconcile", newsroom.recorder.needs, {("bedrock:InvokeModel", MODEL)})


def check(function: str, needs: set[Need], only_if_set: set[Need] = frozenset()) -> None:
    """Hold *function*'s policy to *needs*; a deployment adds *only_if_set* where it is set."""
    may = allowed(function)

    assert missing(needs, may | only_if_set) == set()
    assert unused(needs, may | only_if_set) == set()


def test_refresh_may_do_what_it_does_and_no_more(newsroom: Newsroom, courier: Publisher) -> None:
    told_by_others(newsroom, courier)
    newsroom.recorder.needs.clear()

    newsroom.tick("refresh_latest")

    check("refresh_latest", newsroom.recorder.needs)


def test_fetching_feeds_may_do_what_it_does_and_no_more(
    newsroom: Newsroom, courier: Publisher
) -> None:
    told_by_others(newsroom, courier)

    check("fetch_feeds", newsroom.recorder.needs)


def told_by_others(newsroom: Newsroom, courier: Publisher) -> None:
    """Publish what another publisher tells too, and let its feeds be read: one of them is none."""
    paper = newsroom.paper
    told = builders.item(builders.HEADLINE, date=builders.ago(hours=1), link=f"{courier.url}/ferry")
    feeds = [
        courier.serve(
            "/feed.xml", lambda request: request.answer(200, builders.rss(told).encode())
        ),
        courier.serve("/none", lambda request: request.answer(500)),
    ]
    paper.publish("sources/courier.yaml", builders.profile(feeds=json.dumps(feeds)))
    paper.publish("a.md", builders.markdown(date=builders.ago(hours=1)))
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("BROADSHEET_LOOPBACK_FEEDS", "allowed")
        newsroom.tick("fetch_feeds")


def test_readers_may_do_what_they_do_and_no_more(newsroom: Newsroom, courier: Publisher) -> None:
    import app

    told_by_others(newsroom, courier)
    newsroom.recorder.needs.clear()
    everything_happens(newsroom, newsroom.paper.ingest)
    newsroom.paper.publish("media/ferry.png", builders.picture())
    newsroom.paper.publish("gone.md", builders.markdown("Gone"))
    newsroom.paper.delete("gone.md")
    newsroom.paper.publish("a.md", builders.markdown(image="media/ferry.png", tags="sea"))
    newsroom.paper.ingest("gone.md")
    preview = newsroom.paper.receipt("draft.md")["preview_url"].rpartition("/")[2]
    (image,) = [
        one["Key"].removeprefix("public-media/")
        for one in newsroom.paper.s3.list_objects_v2(Bucket=RECEIPTS, Prefix="public-media/")[
            "Contents"
        ]
    ][:1]
    fills = {
        "{article_id}": [article_id("a.md"), article_id("gone.md"), "nothing"],
        "{story_id}": [article_id("a.md"), article_id("moved.md"), "nothing"],
        "{slug}": ["slug"],
        "{section}": ["world"],
        "{tag}": ["sea"],
        "{source}": ["courier", "newsroom"],
        "{month}": ["2026-03.xml"],
        "{token}": [preview, "nothing"],
        "{name}": [image, "nothing.webp"],
    }

    answers = {path: newsroom.get(path).status_code for path in filled(app.app.routes, fills)}

    assert not [path for path, status in answers.items() if status >= 500]
    assert answers[f"/media/{image}"] == answers[f"/preview/{preview}"] == 200
    check("api_handler", newsroom.recorder.needs)


def filled(routes: Iterable[str], fills: dict[str, list[str]]) -> list[str]:
    """Return each route with each of what may stand in the place of its parameters."""
    paths = list(routes)
    for parameter, values in fills.items():
        paths = [path.replace(parameter, value) for path in paths for value in values]
    return list(dict.fromkeys(paths))
