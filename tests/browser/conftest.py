"""Readers with a browser, in front of the whole system as `make run` starts it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from desk import chromium
from desk.errors import DeskError
from tests import builders
from tests.browser import newsroom
from tests.desk.local_run import Run, close, fetch, start_run
from tests.publishers import publisher

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
MODES = {
    f"{screen}, {scheme}": {"viewport": size, "color_scheme": scheme}
    for screen, size in (("phone", PHONE), ("desktop", DESKTOP))
    for scheme in ("light", "dark")
}
FILLED_WITHIN_S = 300  # ten seconds are usual; on a busy machine a minute was not enough
READ_WITHIN_S = 60
ANSWERS_WITHIN_MS = 20_000  # tens are usual, there as well
expect.set_options(timeout=ANSWERS_WITHIN_MS)


@dataclass
class Site:
    """A site to read: its address, and the address of each kind of page on it, as links have it."""

    url: str
    pages: dict[str, str]


@pytest.fixture(scope="package")
def chrome() -> Iterator[Browser]:
    try:
        chromium.find()
    except DeskError as error:
        pytest.skip(f"no browser to look at the pages with: {error}")
    with chromium.opened() as browser:
        yield browser


@pytest.fixture(scope="package")
def site(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The newsroom of our own texts; asked for with a browser alone, as it takes seconds."""
    data = tmp_path_factory.mktemp("browser") / "data"
    with publisher() as harbour_post:
        report = builders.item(
            newsroom.REPORT, link="https://harbour-post.example/1", date=builders.ago(hours=1)
        )
        newsroom.fill(data, feed=harbour_post.publish("/feed.xml", builders.rss(report)))
        run = start_run(data, "--no-samples")
        try:
            run.wait_for(lambda line: line == "ready", within_s=FILLED_WITHIN_S)
            _bring_reports_elsewhere(run)
            yield Site(url=run.site, pages=_addresses(run))
        finally:
            close(run)


def _bring_reports_elsewhere(run: Run) -> None:
    """Wait for the feed to be read, then have the list prepared anew, as any upload does."""
    until = time.monotonic() + READ_WITHIN_S
    while "Last read" not in fetch(f"{run.site}/sources").text:
        assert time.monotonic() < until, "the feed was not read"
        time.sleep(0.02)
    run.s3.put_object(Bucket=run.said("uploads"), Key="late.md", Body=newsroom.LATE.encode())
    run.wait_for(lambda line: line.startswith("late.md "))


def _addresses(run: Run) -> dict[str, str]:
    """Return where each kind of page is; what is not for readers is found by its key."""
    receipts = {key: _object(run, f"{key}.json") for key in (newsroom.DRAFT, newsroom.REJECTED)}
    older = json.loads(fetch(f"{run.site}/v1/articles?limit=5").text)["links"]["next"]
    cursor = older.partition("cursor=")[2].partition("&")[0]
    found = dict(newsroom.PAGES)
    found["archive"] += cursor
    found["preview"] = receipts[newsroom.DRAFT]["preview_url"]
    found |= {kind: _object_url(run, f"{key}.html") for kind, key in newsroom.RECEIPTS.items()}
    return {kind: _settled(run, address) for kind, address in found.items()}


def _object(run: Run, key: str) -> Any:
    answer = run.s3.get_object(Bucket=run.said("receipts"), Key=key)
    return json.loads(answer["Body"].read())


def _object_url(run: Run, key: str) -> str:
    asked = {"Bucket": run.said("receipts"), "Key": key}
    return str(run.s3.generate_presigned_url("get_object", Params=asked))


def _settled(run: Run, address: str) -> str:
    """Return where *address* leads, so that looking at a page begins without a redirect."""
    whole = urljoin(run.site, address)
    answer = fetch(whole)
    return urljoin(whole, answer.headers["Location"]) if answer.status == 308 else whole


Reader = Callable[..., Page]


@pytest.fixture
def reader(chrome: Browser, site: Site) -> Iterator[Reader]:
    """Make readers: each has a browser of their own, with scripts off unless they are asked for."""
    made: list[BrowserContext] = []

    def make(*, scripts: bool = False, **given: Any) -> Page:
        context = chrome.new_context(
            base_url=site.url, java_script_enabled=scripts, **{"viewport": DESKTOP, **given}
        )
        context.set_default_timeout(ANSWERS_WITHIN_MS)
        made.append(context)
        return context.new_page()

    yield make
    for context in made:
        context.close()


@pytest.fixture(params=list(MODES.values()), ids=list(MODES))
def page(reader: Reader, request: pytest.FixtureRequest) -> Page:
    """A reader's page, on a phone and a desktop, by day and by night."""
    return reader(**request.param)
