"""Pages for readers who need larger text, more space between letters, or have a narrow screen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from playwright.sync_api import Page

from tests.browser import looks
from tests.browser.conftest import DESKTOP, PHONE, Reader, Site

NARROWEST = {"width": 320, "height": 640}  # WCAG 1.4.10: a desktop's 1,280 pixels at 400 %
_SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { line-height: 1.5 !important; letter-spacing: .12em !important }
    * { word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
_OPEN_ALL = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"


def misplaced(page: Page) -> Sequence[str]:
    """Return what is misplaced when every part that opens is open."""
    page.evaluate(_OPEN_ALL)
    return looks.look(page, "misplaced")


def misplaced_when_spaced(page: Page) -> Sequence[str]:
    """Return what is misplaced when the reader spaces text as WCAG 1.4.12 has it."""
    page.evaluate(_SPACED)
    return misplaced(page)


def double_the_text(page: Page) -> None:
    """Set the reader's own font size, as a browser's settings do: to twice the usual."""
    sizes = {"standard": 32, "fixed": 26}
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})


def size_of_text(page: Page) -> float:
    return float(page.evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)"))


@pytest.mark.parametrize("screen", [PHONE, DESKTOP, NARROWEST], ids=lambda size: size["width"])
def test_every_page_fits_every_screen(reader: Reader, site: Site, screen: dict[str, int]) -> None:
    assert looks.on_every_page(reader(viewport=screen), site.pages, misplaced) == {}


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_text_at_twice_its_size_is_whole(
    reader: Reader, site: Site, screen: dict[str, int]
) -> None:
    page = reader(viewport=screen)
    page.goto("/")
    usual = size_of_text(page)
    double_the_text(page)
    page.goto("/")
    assert size_of_text(page) == pytest.approx(2 * usual)

    assert looks.on_every_page(page, site.pages, misplaced) == {}


def test_more_space_between_letters_words_and_lines_cuts_nothing_off(
    reader: Reader, site: Site
) -> None:
    page = reader(viewport=PHONE)

    assert looks.on_every_page(page, site.pages, misplaced_when_spaced) == {}


def test_what_is_cut_off_or_covered_would_be_seen(reader: Reader) -> None:
    page = reader()
    page.set_content("""
        <p style="height: 1em; width: 9em; overflow: hidden">two lines of words in a box for one</p>
        <p style="position: absolute; left: 900px; width: 900px; text-align: right">far out</p>
        <p style="position: absolute; top: 200px">below</p>
        <p style="position: absolute; top: 200px">above</p>""")

    told = " ".join(looks.look(page, "misplaced"))

    assert "cut off: two lines" in told
    assert "beyond the edge: far out" in told
    assert "px wide" in told
    assert "overlap: below / above" in told


def test_targets_are_large_enough_for_a_finger(reader: Reader, site: Site) -> None:
    page = reader(viewport=PHONE)

    assert looks.on_every_page(page, site.pages, looks.small_targets) == {}
