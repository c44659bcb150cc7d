"""How a page looks, as `looks.js` measures it in the page: mostly lists of faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_LOOKS = Path(__file__).with_name("looks.js").read_text(encoding="utf-8").strip()


def look(page: Page, at: str) -> Any:  # JSON
    """Return one of the answers of `looks.js`."""
    return page.evaluate(f"{_LOOKS}.{at}()")


def small_targets(page: Page) -> Sequence[str]:
    """Return the targets under 24 pixels. The page is made as high as it is: all is in view."""
    height = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({**page.viewport_size, "height": height})
    return look(page, "smallTargets")


def on_every_page(
    page: Page, pages: Mapping[str, str], found_on: Callable[[Page], Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Return what is found, by the kind of page, without the kinds on which nothing is."""
    found = {}
    for kind, address in pages.items():
        page.goto(address)
        if faults := found_on(page):
            found[kind] = faults
    return found
