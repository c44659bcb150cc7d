"""Readers who have a keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks, newsroom
from tests.browser.conftest import DESKTOP, PHONE, Reader, Site

FEW = ("front page", "article", "arabic", "story", "source text", "not found", "receipt")


def stops(page: Page) -> list[dict[str, object]]:
    """Press Tab through the whole page, and return where the focus stopped."""
    page.keyboard.press("Tab")
    found = [looks.look(page, "focus")]
    for _ in looks.look(page, "focusable")[1:]:
        page.keyboard.press("Tab")
        found.append(looks.look(page, "focus"))
    return found


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("kind", FEW)
def test_tab_stops_at_everything_once_in_reading_order_and_is_seen(
    reader: Reader, site: Site, kind: str, screen: dict[str, int]
) -> None:
    page = reader(viewport=screen)
    page.goto(site.pages[kind])

    found = stops(page)

    assert "Skip" in str(found[0]["name"])
    assert [stop["place"] for stop in found] == looks.look(page, "focusable")
    seen = ("isOutlined", "isInView", "isUncovered")
    assert [stop for stop in found if not all(stop[claim] for claim in seen)] == []


def test_the_skip_link_leads_past_the_navigation(reader: Reader) -> None:
    page = reader()
    page.goto(newsroom.PAGES["article"])
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the news")).to_be_in_viewport()

    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")

    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


def test_enter_opens_a_link_and_what_is_folded(reader: Reader) -> None:
    page = reader()
    page.goto(newsroom.PAGES["story"])
    folded = page.get_by_text("Printed by The Log too")
    folded.focus()
    page.keyboard.press("Enter")
    copy = page.get_by_role("article").filter(has_text="The Log").last
    expect(copy).to_be_visible()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Skerrin ferry strikes rocks")
    assert "/a/" in page.url
