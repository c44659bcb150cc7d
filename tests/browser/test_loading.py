"""What a page asks of the network, and what moves or changes while it comes."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks, newsroom
from tests.browser.conftest import PHONE, Reader, Site


def test_a_page_is_one_request_beside_its_own_pictures(reader: Reader, site: Site) -> None:
    page = reader(scripts=True)
    asked: list[tuple[str, str]] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append((request.resource_type, request.url)))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    for kind, address in site.pages.items():
        asked.clear()
        said.clear()
        answer = page.goto(address)
        host, told = urlsplit(address).netloc, [] if answer.ok else [f"{answer.status}"]
        assert asked[0] == ("document", address), kind
        assert {what for what, _ in asked[1:]} <= {"image"}, kind
        assert {urlsplit(url).netloc for what, url in asked if not url.startswith("data:")} == {
            host
        }
        assert [one for one in said if not told or told[0] not in one] == [], kind
    assert page.context.cookies() == []


@pytest.mark.parametrize("kind", ["front page", "article", "arabic", "section", "story", "preview"])
def test_nothing_moves_while_a_page_loads(reader: Reader, site: Site, kind: str) -> None:
    page = reader(scripts=True, viewport=PHONE)
    page.goto(site.pages[kind])
    for picture in page.get_by_role("main").locator("img").all():
        picture.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")

    assert looks.look(page, "unloadedPictures") == []
    assert looks.look(page, "shifted") == 0


def test_a_shift_would_be_measured(reader: Reader) -> None:
    page = reader(scripts=True)
    page.set_content("<p id=above></p><p>News</p>")
    looks.look(page, "shifted")
    page.evaluate("() => { document.getElementById('above').style.height = '300px'; }")

    assert looks.look(page, "shifted") > 0


def test_every_time_is_told_in_full(reader: Reader, site: Site) -> None:
    def untold(page: Page) -> Sequence[str]:
        return looks.look(page, "untoldTimes")

    assert looks.on_every_page(reader(), site.pages, untold) == {}


def test_an_arabic_article_runs_from_right_to_left(reader: Reader) -> None:
    page = reader()
    page.goto(newsroom.PAGES["arabic"])
    headline = page.get_by_role("heading", level=1, name=newsroom.ARABIC)
    expect(headline).to_have_attribute("lang", "ar")
    expect(headline).to_have_css("direction", "rtl")
    text = page.get_by_role("region", name="The full article")

    box, words = (text.get_by_text("وكان الخط").evaluate(script) for script in (_BOX, _WORDS))
    assert words["right"] == pytest.approx(box["right"], abs=1)
    assert words["left"] > box["left"] + 20  # the last line is not full

    bullets, entry = (text.get_by_role(role).first.evaluate(_BOX) for role in ("list", "listitem"))
    assert bullets["left"] == pytest.approx(entry["left"], abs=1)
    assert bullets["right"] > entry["right"] + 10  # the room of the markers is at the right


def test_each_page_has_one_headline_and_the_landmarks(reader: Reader, site: Site) -> None:
    page = reader()
    for kind, address in site.pages.items():
        page.goto(address)
        counts = {
            role: page.get_by_role(role).count() for role in ("banner", "main", "contentinfo")
        }
        assert counts == {"banner": 1, "main": 1, "contentinfo": 1}, kind
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("navigation", name="Sections")).to_have_count(1)


_BOX = "(one) => { const { left, right } = one.getBoundingClientRect(); return { left, right }; }"
_WORDS = """(one) => {
  const range = document.createRange();
  range.selectNodeContents(one);
  const { left, right } = [...range.getClientRects()].at(-1);
  return { left, right };
}"""
