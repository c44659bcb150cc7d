"""What a page asks of the network, and what moves or changes while it comes."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Request as Asked

from tests.browser import looks
from tests.browser.conftest import PHONE, Reader, Site
from tests.desk.local_run import fetch
from tests.publishers import Publisher, Request, publisher

A_FRAME_S = 0.02  # a browser paints sixty times a second


def test_a_page_is_one_request_beside_its_own_pictures(reader: Reader, site: Site) -> None:
    page = reader(scripts=True)
    asked: list[Asked] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright marks it
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    for kind, address in site.pages.items():
        asked.clear()
        said.clear()
        answer = page.goto(address)
        document, *others = asked
        assert document.url == address, kind
        assert {one.resource_type for one in others} <= {"image"}, kind
        hosts = {urlsplit(one.url).netloc for one in others if not one.url.startswith("data:")}
        assert hosts <= {urlsplit(address).netloc}, kind
        if answer.ok:  # of a page that is not there Chromium itself says so
            assert said == [], kind
    assert page.context.cookies() == []


@pytest.mark.parametrize("kind", ["front page", "article", "arabic", "section", "story", "preview"])
def test_nothing_moves_while_a_page_loads(reader: Reader, site: Site, kind: str) -> None:
    """It comes as over a slow line: an element or two at a time, each painted before the next."""
    page = reader(scripts=True, viewport=PHONE)
    with publisher() as line:
        page.goto(_slowly(site.pages[kind], line))
        for picture in page.get_by_role("main").locator("img").all():
            picture.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")

        assert looks.look(page, "unloadedPictures") == []
        assert looks.look(page, "shifted") == []


def _slowly(address: str, line: Publisher) -> str:
    """Have *line* tell the page at *address* in pieces cut before a tag; its pictures are there."""
    pieces = re.findall(r".{100,}?(?=<)|.+", fetch(address).text, re.DOTALL)

    def tell(request: Request) -> None:
        request.head(200, Content_Type="text/html; charset=utf-8")
        for piece in pieces:
            request.wfile.write(piece.encode())
            request.wfile.flush()
            request.publisher.closing.wait(A_FRAME_S)

    return line.serve("/", tell)


def test_a_shift_would_be_measured(reader: Reader) -> None:
    page = reader(scripts=True)
    page.set_content("<p id=above></p><p>News</p>")
    looks.look(page, "shifted")
    page.evaluate("() => { document.getElementById('above').style.height = '300px'; }")

    assert len(looks.look(page, "shifted")) == 1
