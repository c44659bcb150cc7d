"""What nobody outside learns: how the newsroom is built, what waits, who holds which secret."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore.exceptions import ClientError
from chalice.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.core import formats
from chalicelib.core.article import article_id, preview_secret
from chalicelib.core.errors import UploadRejected
from chalicelib.web.serving import operations
from tests import builders
from tests.conftest import ROOT, Paper
from tests.publishers import Publisher
from tests.test_headers import PARTS
from tests.test_life import Newsroom

ACCOUNT = "123456789012"
# Names of ours and of what we are built with, none of which a reader needs.
INSIDE = re.compile(
    rf"arn:aws|{ACCOUNT}|broadsheet-local|BROADSHEET_|AWS_|amazonaws|botocore|boto3|chalicelib"
    rf"|Traceback|site-packages|File \"|{re.escape(str(ROOT))}|0x[0-9a-f]{{6,}}|[a-z]Error\b"
)


# Answers


def refused(operation: str, _asked: object) -> None:
    """Answer as AWS answers whom it does not know: with every name there is."""
    told = (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/broadsheet-local-api_handler is not "
        "authorized to perform: dynamodb:Query on arn:aws:dynamodb:::table/broadsheet-local"
    )
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": told}}, operation)


@contextmanager
def a_role_without_permissions() -> Iterator[None]:
    watchers = wiring.store()._client.watchers
    watchers.append(refused)
    yield
    watchers.remove(refused)


@contextmanager
def no_such_table() -> Iterator[None]:
    store = wiring.store()
    name, store._table = store._table, "broadsheet-local-gone"
    yield
    store._table = name


@contextmanager
def a_setting_forgotten() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environ:
        environ.delenv("BROADSHEET_TABLE")
        environ.delenv("BROADSHEET_RECEIPTS_BUCKET")
        for part in (wiring.store, wiring.media):
            part.cache_clear()
        yield
    for part in (wiring.store, wiring.media):
        part.cache_clear()


@contextmanager
def nothing_wrong() -> Iterator[None]:
    yield


TROUBLES = (nothing_wrong, no_such_table, a_role_without_permissions, a_setting_forgotten)
HOSTILE = st.one_of(
    st.text(min_size=1, max_size=40),
    st.sampled_from(
        (
            "../../etc/passwd",
            "%00",
            "{{7*7}}",
            "' OR 1=1 --",
            "<script>",
            "\x00",
            "a" * 5_000,
            "٣",
            "😀",
        )
    ),
)
FORMATS = ("md", "html", "txt", "json", "docx", "eml", "xml", "rss", "atom", "yaml", "opml")


def anything_for(template: str) -> st.SearchStrategy[str]:
    """Addresses of a route: each part is what is there, or what nobody should ask for."""
    names = re.findall(r"\{(\w+)\}", template)
    real = {"name": "0" * 32 + ".webp", "month": "2026-03", "token": "a" * 42, **PARTS}
    parts = st.fixed_dictionaries(
        {
            name: st.one_of(st.just(real[name]), HOSTILE.map(lambda t: quote(t, safe="")))
            for name in names
        }
    )
    known = sorted({one.name for operation in operations.values() for one in operation.takes})
    query = st.dictionaries(st.sampled_from([*known, "nonsense"]), HOSTILE, max_size=3)
    return st.builds(
        lambda parts, query: f"{template.format(**parts)}?{urlencode(query, errors='replace')}",
        parts,
        query,
    )


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    address=st.sampled_from(sorted(operations)).flatmap(anything_for),
    trouble=st.sampled_from(TROUBLES),
)
def test_no_error_tells_anybody_how_the_newsroom_is_built(
    filled: Paper, client: Client, address: str, trouble: Callable[[], Any]
) -> None:
    with trouble():
        answer = client.http.get(address)

    if answer.status_code >= 400:
        assert not INSIDE.findall(f"{dict(answer.headers)} {answer.body.decode()}")
    assert answer.status_code < 500 or trouble is not nothing_wrong


# Files


def findings(key: str, data: bytes) -> list[str]:
    try:
        draft = formats.read(key, data)
    except UploadRejected as error:
        return [f"{one.message} {one.fix}" for one in error.findings]
    return [f"{one.message} {one.fix}" for one in draft.warnings]


@given(
    extension=st.sampled_from(FORMATS),
    start=st.sampled_from(
        (b"", b"PK\x03\x04", b'<?xml version="1.0"?><a', b"{", b"---\n", b"\x89PNG")
    ),
    rest=st.binary(max_size=60) | st.text(max_size=60).map(str.encode),
)
def test_what_is_wrong_with_a_file_is_told_in_words_of_ours(
    extension: str, start: bytes, rest: bytes
) -> None:
    told = findings(f"a.{extension}", start + rest)

    assert not INSIDE.findall("\n".join(told))


# Previews


@dataclass
class Everything:
    """A newsroom in which something waits everywhere, and what nobody may find of it."""

    paper: Paper
    secrets: list[str] = field(default_factory=list)

    def waits(self, key: str, **metadata: str) -> None:
        self.paper.upload(key, builders.markdown("Told to nobody yet", **metadata))
        self.paper.ingest(key, now=datetime.now(UTC))
        self.secrets.append(self.paper.receipt(key)["preview_url"].rpartition("/")[2][16:])


@pytest.fixture
def waiting(filled: Paper) -> Everything:
    newsroom = Everything(filled)
    newsroom.waits("new.md", draft="true")
    newsroom.waits("copy.md", draft="true")  # of an article that readers have
    newsroom.waits("later.md", embargo_until=builders.ago(hours=-2))
    return newsroom


def test_what_waits_can_be_found_at_its_previews_address_alone(
    waiting: Everything, client: Client, s3_event: Any
) -> None:
    room = Newsroom(waiting.paper, client.http, s3_event)
    room.refresh()
    listing = waiting.paper.s3.list_object_versions(Bucket="broadsheet-local-uploads")
    versions = [one["VersionId"] for one in listing["Versions"]]  # a secret follows from one

    assert room.showing("Told to nobody yet", *waiting.secrets, *versions) == set()


def test_a_previews_secret_is_of_128_bits_and_opens_to_nobody_who_knows_its_key_alone(
    waiting: Everything, client: Client
) -> None:
    version = waiting.paper.s3.head_object(Bucket="broadsheet-local-uploads", Key="new.md")
    id_ = article_id("new.md")

    assert all(re.fullmatch(r"[a-z2-7]{26}", secret) for secret in waiting.secrets)
    assert waiting.secrets[0] == preview_secret("new.md", version["VersionId"])
    assert client.http.get(f"/preview/{id_}{waiting.secrets[0]}").status_code == 200
    for guess in (waiting.secrets[1], preview_secret("new.md", "0"), "a" * 26, "a", id_):
        assert client.http.get(f"/preview/{id_}{guess}").status_code == 404, guess


def test_a_file_of_a_time_without_versions_has_no_preview(paper: Paper) -> None:
    paper.s3.put_bucket_versioning(
        Bucket="broadsheet-local-uploads", VersioningConfiguration={"Status": "Suspended"}
    )
    draft = builders.markdown(draft="true").encode()
    paper.s3.put_object(Bucket="broadsheet-local-uploads", Key="draft.md", Body=draft)
    paper.ingest("draft.md")

    assert paper.receipt("draft.md")["outcome"] == "draft"
    assert paper.receipt("draft.md")["preview_url"] is None


# Logs


PLANTED = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTEDPLANTED00",
    "AWS_SECRET_ACCESS_KEY": "planted/secret+access/key/0000000000000",
    "AWS_SESSION_TOKEN": "planted-session-token-0000",
}
FEED_SECRET, FEED_PASSWORD = "planted-reader-token", "planted-password"
SCHEDULED = ("refresh_latest", "fetch_feeds", "reconcile")
LOGGED = ("upload ingested", "feed not read", "request failed", "key not ingested")


@pytest.fixture
def said(
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Callable[[], str]:
    """All that any function wrote anywhere, in a process that has secrets of its own."""
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BROADSHEET_LOOPBACK_FEEDS", "allowed")
    wiring.fetcher.cache_clear()
    caplog.set_level(logging.INFO)

    def everything() -> str:
        printed = capsys.readouterr()
        return log.getvalue() + caplog.text + printed.out + printed.err

    return everything


def test_no_function_says_a_secret_whatever_becomes_of_its_call(
    said: Callable[[], str], paper: Paper, client: Client, courier: Publisher, s3_event: Any
) -> None:
    courier.serve(f"/none?key={FEED_SECRET}", lambda request: request.answer(500))
    feeds = [
        f"{courier.url}/none?key={FEED_SECRET}",
        f"https://me:{FEED_PASSWORD}@courier.example/f",
    ]
    byline, text = "Maren Holt-Vestergaard", "The board said a thing that only this text says."
    article = builders.markdown(byline=byline, body=f"{text} {builders.PARAGRAPHS[0]}")
    paper.upload("sources/courier.yaml", builders.profile(feeds=json.dumps(feeds)))
    paper.upload("sources/feeds.opml", builders.opml({"text": "Other", "xmlUrl": feeds[1]}))
    paper.upload("a.md", article)
    paper.upload("draft.md", article.replace("---\n", "---\ndraft: true\n", 1))
    paper.upload("bad.md", article.replace("---\n", "---\nembargo_until: soon\n", 1))
    keys = ("sources/courier.yaml", "sources/feeds.opml", "a.md", "draft.md", "bad.md")

    tick = client.events.generate_cw_event("", "", {}, [])
    calls = {"ingest": s3_event(*keys), **dict.fromkeys(SCHEDULED, tick)}

    def everything_runs(token: str = "") -> None:
        a = f"/a/{article_id('a.md')}"
        for path in ("/", a, "/sources", "/v1/sources", f"/preview/{token or 'a' * 42}"):
            client.http.get(path)
        for function, event in calls.items():
            with suppress(Exception):  # Lambda has it, and tries again
                client.lambda_.invoke(function, event)

    everything_runs()
    token = paper.receipt("draft.md")["preview_url"].rpartition("/")[2]
    everything_runs(token)
    for trouble in (a_role_without_permissions, no_such_table):
        with trouble():
            everything_runs(token)

    heard = said()
    assert [line for line in LOGGED if line not in heard] == []
    secrets = {*PLANTED.values(), FEED_SECRET, FEED_PASSWORD, byline, text, token, token[16:]}
    assert [secret for secret in secrets if secret in heard] == []


def test_no_receipt_and_no_page_repeats_a_secret(
    said: Callable[[], str], paper: Paper, client: Client, courier: Publisher
) -> None:
    feeds = [f"{courier.url}/f?key={FEED_SECRET}", f"https://me:{FEED_PASSWORD}@courier.example/f"]
    paper.publish("sources/courier.yaml", builders.profile(feeds=json.dumps(feeds)))
    paper.publish("sources/feeds.opml", builders.opml({"text": "Other", "xmlUrl": feeds[1]}))
    kept = [
        paper.s3.get_object(Bucket="broadsheet-local-receipts", Key=one["Key"])["Body"].read()
        for one in paper.s3.list_objects_v2(Bucket="broadsheet-local-receipts")["Contents"]
    ]
    shown = [client.http.get(path).body for path in ("/sources", "/v1/sources", "/status")]

    told = b"\n".join([*kept, *shown]).decode()
    assert [one for one in (*PLANTED.values(), FEED_SECRET, FEED_PASSWORD) if one in told] == []
    assert [found["code"] for found in paper.receipt("sources/courier.yaml")["warnings"]] == [
        "feed-password"
    ]
