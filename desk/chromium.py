"""A Chromium of this machine's own, driven by Playwright, which never fetches one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from desk.errors import DeskError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMED_BY = "CHROMIUM"  # a path or a name on PATH, where it is none of the usual ones
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--disable-background-networking",  # it would ask its maker for updates, for half a minute
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",  # letters stand where they do on every machine
)


def find() -> str:
    """Return the path of a Chromium; raises DeskError where there is none."""
    named = os.environ.get(NAMED_BY)
    for name in (named,) if named else _NAMES:
        if path := shutil.which(name):
            return path
    missing = f"{NAMED_BY}={named} is no program" if named else "no Chromium is on PATH"
    raise DeskError(f"{missing}: install chromium, or name one with {NAMED_BY}=...")


@contextmanager
def opened() -> Iterator[Browser]:
    """Yield a browser without a window; it ends with the block."""
    path = find()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=list(_QUIET),
            chromium_sandbox=os.geteuid() != 0,  # Chromium's sandbox refuses to serve root
        )
        try:
            yield browser
        finally:
            browser.close()
