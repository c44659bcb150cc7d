"""Readers who choose their own colours, want nothing to move, or read on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks, newsroom
from tests.browser.conftest import Reader, Site

_COLOUR = "(one) => getComputedStyle(one).color"
_AFTER = "(one) => getComputedStyle(one, '::after').content"
_PAPER = {"width": 720, "height": 1020}  # A4's measure in CSS pixels, its margins taken off


def shot(page: Page, address: str, words: str) -> bytes:
    """Return what is to be seen of the sentence with these words, at an address."""
    page.goto(address)
    return page.get_by_text(words).screenshot(animations="disabled")


@pytest.mark.parametrize(
    "colours",
    [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}, {"contrast": "more"}],
    ids=["by day", "by night", "in forced colours", "with more contrast"],
)
def test_the_sentence_that_was_asked_for_is_marked(
    reader: Reader, site: Site, colours: dict[str, Any]
) -> None:
    page, address = reader(**colours), site.pages["source text"]
    page.goto(f"{address}#s1")
    sentence, other = (page.get_by_text(words) for words in ("pilot mistook", "Nobody was hurt"))
    places = [one.get_attribute("id") for one in (sentence, other)]

    asked, not_asked = (shot(page, f"{address}#{place}", "pilot mistook") for place in places)

    assert asked != not_asked
    assert not_asked == shot(page, f"{address}#s1", "pilot mistook")


def test_links_stand_out_in_forced_colours(reader: Reader) -> None:
    page = reader(forced_colors="active")
    page.goto(newsroom.PAGES["article"])
    ordinary = page.get_by_text("Repairs will cost").last.evaluate(_COLOUR)

    links = [link for link in page.get_by_role("link").all() if link.is_visible()]

    assert links
    assert [link.inner_text() for link in links if link.evaluate(_COLOUR) == ordinary] == []


def test_nothing_moves(reader: Reader, site: Site) -> None:
    def moving(page: Page) -> Sequence[str]:
        return looks.look(page, "moving")

    page = reader(reduced_motion="reduce")
    assert looks.on_every_page(page, site.pages, moving) == {}


def test_on_paper_an_article_is_all_there_is_and_tells_where_its_links_lead(
    reader: Reader,
) -> None:
    page = reader(viewport=_PAPER)
    page.emulate_media(media="print")
    page.goto(newsroom.PAGES["article"])

    for navigation in page.get_by_role("navigation").all():
        expect(navigation).not_to_be_visible()
    expect(page.get_by_role("contentinfo")).not_to_be_visible()
    expect(page.get_by_role("region", name="Latest News")).not_to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Broadsheet").first).to_be_visible()
    expect(page.get_by_text("Repairs will cost").last).to_be_visible()
    log = page.get_by_role("link", name="coastguard’s log")
    assert "https://coastguard.example/log/skerrin" in log.evaluate(_AFTER)
    assert page.pdf().startswith(b"%PDF")
