"""The command that takes the documentation's screenshots."""

from __future__ import annotations

from contextlib import closing
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from desk import screenshots


def test_a_screenshot_is_taken_of_a_newsroom_of_its_own(chrome: Browser, tmp_path: Path) -> None:
    with closing(screenshots.take(tmp_path, chrome)) as taken:
        path = next(taken)

    with Image.open(path) as image:
        assert (image.format, image.size) == ("WEBP", (1280, 900))
        assert len(image.convert("L").getcolors()) > 100  # a page, not a blank


def drawn(*, words: int, paper: int = 200) -> bytes:
    page, out = Image.new("L", (32, 32), paper), BytesIO()
    page.paste(words, (8, 8, 24, 24))
    page.save(out, "PNG")
    return out.getvalue()


def test_what_looks_as_before_is_left_as_it_is() -> None:
    before = drawn(words=100)

    assert screenshots.look_alike(before, drawn(words=110, paper=195))
    assert not screenshots.look_alike(before, drawn(words=20))
