"""Every kind of page before axe-core: WCAG 2.0 to 2.2, A and AA, and its best practices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser import looks
from tests.browser.conftest import DESKTOP, PHONE, Reader, Site

_EVERY_RULE = {"runOnly": [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice",
]}  # fmt: skip
_BRIEFLY = {"resultTypes": ["violations"]}
_OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def violations(page: Page) -> Sequence[str]:
    """Return what breaks a rule by day, and what breaks one of colours by night."""
    page.evaluate(AXE_SCRIPT)
    page.emulate_media(color_scheme="light")
    by_day = _violations(page, _EVERY_RULE)
    page.emulate_media(color_scheme="dark")
    return [*by_day, *(f"by night, {one}" for one in _violations(page, _OF_COLOURS))]


def _violations(page: Page, rules: dict[str, Any]) -> list[str]:
    found = page.evaluate("(rules) => axe.run(document, rules)", {**rules, **_BRIEFLY})
    return [
        f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]
    ]


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_on_any_page(reader: Reader, site: Site, screen: dict[str, int]) -> None:
    page = reader(scripts=True, viewport=screen)  # axe is one; the pages have none

    assert looks.on_every_page(page, site.pages, violations) == {}


def test_axe_would_find_a_picture_without_words_and_words_that_the_night_hides(
    reader: Reader,
) -> None:
    page = reader(scripts=True)
    page.set_content("""
        <html lang="en"><title>A page</title>
        <style>@media (prefers-color-scheme: dark) { body { background: #222 } }</style>
        <main><h1>A page</h1><img src="a.png"></main>""")

    assert [one.partition(":")[0] for one in violations(page)] == [
        "image-alt", "by night, color-contrast",
    ]  # fmt: skip
