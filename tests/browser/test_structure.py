"""What a page tells those who hear it, jump through it or read it from the right."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks, newsroom
from tests.browser.conftest import Reader, Site

_BOX = "(one) => { const { left, right } = one.getBoundingClientRect(); return { left, right }; }"
_WORDS = """(one) => {
  const range = document.createRange();
  range.selectNodeContents(one);
  const { left, right } = [...range.getClientRects()].at(-1);
  return { left, right };
}"""


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
