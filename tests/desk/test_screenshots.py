"""The documentation's screenshots: all of them by one command, and none that it does not know."""

import re

from local_run import ROOT, desk

from desk.screenshots import FOLDER, SCREENSHOTS

MAX_BYTES = 1_500_000  # all together: whoever clones the repository fetches every old one too
FILES = {shot.file for shot in SCREENSHOTS}


def shown_in(*documents):
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in documents]
    return {name for text in texts for name in re.findall(r"images/([\w.-]+)", text)}


def test_the_documentation_shows_what_the_command_takes_and_nothing_else():
    assert shown_in("docs/pages.md") == FILES
    assert shown_in("README.md") <= FILES
    assert {path.name for path in FOLDER.iterdir()} == FILES


def test_the_screenshots_are_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MAX_BYTES


def test_without_a_browser_the_command_says_what_to_install(tmp_path):
    done = desk("screenshots", "--out", tmp_path / "shots", CHROMIUM="/nope")

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("desk screenshots: CHROMIUM=/nope is no program: install chromium")
    assert not (tmp_path / "shots").exists()
