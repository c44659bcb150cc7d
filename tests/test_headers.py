"""What HTTP asks of every answer, over every route that there is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from chalice.test import Client

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.web.serving import operations
from tests import builders
from tests.builders import ago
from tests.conftest import Paper

ID = article_id("world/ferry.md")
GONE = article_id("gone.md")
SLUG = "ferry-skerrin-returns-to-the-callport-line"
# What each route is asked for: something that is there.
PARTS = {"article_id": ID, "story_id": ID, "slug": SLUG, "section": "world", "tag": "ferry",
         "source": "courier"}  # fmt: skip
ONE_AT_A_TIME = {"/v1/health", "/status", "/preview/{token}"}  # no-store


@pytest.fixture
def addresses(filled: Paper, client: Client, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every route's template, and an address of it that answers 200."""
    monkeypatch.setenv("BROADSHEET_SECURITY_CONTACT", "desk@news.example")
    image = re.search(
        r"/media/([0-9a-f]{32}\.webp)", client.http.get(f"/a/{ID}/{SLUG}").body.decode()
    )
    assert image is not None
    filled.upload("draft.md", "---\nheadline: Draft\ndraft: true\n---\n\nA draft.\n")
    filled.ingest("draft.md", now=datetime.now(UTC))
    token = filled.receipt("draft.md")["preview_url"].rpartition("/")[2]
    parts = PARTS | {"name": image[1], "month": f"{datetime.now(UTC):%Y-%m}", "token": token}
    return {
        template: re.sub(r"\{(\w+)\}", lambda match: parts[match[1]], template)
        for template in operations
        if template != "/a/{article_id}"  # leads to the article, as a test of its own says
    }


def test_every_answer_can_be_kept_asked_again_and_trusted(
    addresses: dict[str, str], client: Client
) -> None:
    for template, address in addresses.items():
        answer = client.http.get(address)
        told = answer.headers
        assert answer.status_code == 200, address
        assert re.fullmatch(r'"[0-9a-f]{32}"', told["ETag"]), address
        assert parsedate_to_datetime(told["Last-Modified"]) <= datetime.now(UTC), address
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert "Permissions-Policy" in told
        assert "Cross-Origin-Resource-Policy" in told
        assert (told.get("Vary") == "Accept-Encoding") != told["Content-Type"].startswith("image/")
        again = client.http.get(address, headers={"If-None-Match": told["ETag"]})
        head = client.http.request("HEAD", address)
        if template not in ONE_AT_A_TIME:
            assert (again.status_code, again.body) == (304, b""), address
            assert (head.status_code, head.body) == (200, b"")
            assert head.headers["ETag"] == told["ETag"] == again.headers["ETag"]


def test_what_is_too_old_is_shown_for_a_minute_and_longer_only_while_we_are_broken(
    addresses: dict[str, str], client: Client
) -> None:
    for template, address in addresses.items():
        told = client.http.get(address).headers["Cache-Control"]
        if template in ONE_AT_A_TIME:
            assert told == "no-store"
        elif template == "/media/{name}":
            assert told == "public, max-age=31536000, immutable"
        else:
            age = re.fullmatch(
                r"public, max-age=(\d+), stale-while-revalidate=60, stale-if-error=86400", told
            )
            assert age is not None, address
            assert int(age[1]) <= (60 if client.http.get(address).headers["Content-Type"].
                                   startswith("text/html") else 3600)  # fmt: skip


def test_a_withdrawal_is_not_hidden_by_what_a_cache_keeps(filled: Paper, client: Client) -> None:
    for address in (f"/a/{GONE}/gone", f"/v1/articles/{GONE}", "/section/none"):
        assert client.http.get(address).headers["Cache-Control"] == "public, max-age=60"


def test_who_asks_by_date_alone_is_not_kept_from_a_withdrawal(
    filled: Paper, client: Client
) -> None:
    moment = ago(hours=2.5)
    lists = (f"/latest?as_of={moment}", f"/v1/latest?as_of={moment}", "/feed.xml", "/v1/articles")
    dates = {address: client.http.get(address).headers["Last-Modified"] for address in lists}

    filled.delete("copy.md")
    filled.ingest("copy.md", now=datetime.now(UTC))

    for address, date in dates.items():
        asked = client.http.get(address, headers={"If-Modified-Since": date})
        assert asked.status_code == 200, address
        assert article_id("copy.md") not in asked.body.decode()


def test_who_asks_by_date_alone_sees_an_embargo_end_between_two_refreshes(
    paper: Paper, client: Client
) -> None:
    paper.upload("early.md", builders.markdown("Early", date=ago(hours=1)))
    paper.upload("late.md", builders.markdown("Late", date=ago(minutes=1), body=builders.event(1)))
    for key in ("early.md", "late.md"):
        paper.ingest(key, now=datetime.now(UTC))
    refreshed_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2)
    newsroom.refresh_latest(store=wiring.store(), now=refreshed_at)
    seen = {"If-Modified-Since": format_datetime(refreshed_at, usegmt=True)}

    for address in ("/", "/latest", "/v1/latest"):
        assert "Late" in client.http.get(address, headers=seen).body.decode(), address


def test_a_date_that_no_clock_shows_is_no_fault_of_ours(filled: Paper, client: Client) -> None:
    asked = {"If-Modified-Since": "Mon, 01 Jan 99999999999 00:00:00 GMT"}

    assert client.http.get("/", headers=asked).status_code == 200


def test_where_readers_come_by_https_they_stay_with_it(
    filled: Paper, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Strict-Transport-Security" not in client.http.get("/").headers

    monkeypatch.setenv("BROADSHEET_PUBLIC_URL", "https://news.example")

    assert client.http.get("/").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_who_may_show_what_of_ours(addresses: dict[str, str], client: Client) -> None:
    def shown_by(template: str) -> str:
        return str(client.http.get(addresses[template]).headers["Cross-Origin-Resource-Policy"])

    assert shown_by("/") == shown_by("/a/{article_id}/{slug}") == "same-origin"
    assert shown_by("/media/{name}") == shown_by("/feed.xml") == "cross-origin"
    assert shown_by("/v1/latest") == "cross-origin"
    assert client.http.get("/").headers["Cross-Origin-Opener-Policy"] == "same-origin"
