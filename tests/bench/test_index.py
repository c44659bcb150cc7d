"""The index of the benchmarks names each of them, and leads to results that are there."""

from __future__ import annotations

import re

import pytest

from bench.__main__ import BENCHES
from tests.conftest import ROOT

README = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
INDEX = [line.strip("| ").split(" | ") for line in README.splitlines() if "| `bench." in line]
PROGRAMS = sorted(
    f"bench.{path.parent.name if path.stem == '__main__' else path.stem}"
    for path in (*(ROOT / "bench").glob("*.py"), *(ROOT / "bench").glob("*/__main__.py"))
    if path != ROOT / "bench" / "__main__.py"
    and '\nif __name__ == "__main__":' in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_stands_in_the_index(program):
    assert any(name.startswith(f"`{program}") for name, *_ in INDEX)


@pytest.mark.parametrize("bench", BENCHES, ids=lambda bench: bench.module)
def test_what_a_run_of_all_says_first_is_what_the_index_says(bench):
    told = [
        took
        for name, is_in_all, _, took, *_ in INDEX
        if name.startswith(f"`{bench.module}") and is_in_all == "yes"
    ]

    assert told == [str(bench.takes_s)]


def test_the_index_leads_to_sections_that_are_there():
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    led = set(re.findall(r"\]\(#([^)]+)\)", README))
    assert led
    assert led <= anchors
