"""The benchmark of growth, on a few articles: that it still finds its way through the newsroom."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_every_use_of_a_newsroom_is_measured():
    words = ["--articles", "12", "--rounds", "1", "--engine", "moto"]

    done = subprocess.run(
        [sys.executable, "-m", "bench.growth", *words],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    rows = (line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| "))
    calls = {use.removeprefix("| "): told.partition(",")[0] for use, told in rows}
    assert calls["the front page"] == calls["an article"] == calls["a section"] == "1"
    assert {"a new article", "its update", "one more of a story", "a refresh"} <= calls.keys()
