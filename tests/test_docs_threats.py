"""Every answer of the threat model is shown by a test that is there."""

import ast
import re
from functools import cache

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
SHOWN = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))
_, _, THREATS = PAGE.partition("\n## Readers and programs\n")
ROWS = [line for line in THREATS.splitlines() if re.match(r"\| (?!what |---)", line)]


@cache
def defined_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("path", "name"), SHOWN)
def test_a_test_that_is_named_is_there(path, name):
    assert name in defined_in(path)


@pytest.mark.parametrize("row", ROWS)
def test_every_threat_names_its_test(row):
    assert re.search(r"\| `tests/[^|]+ \|$", row)


def test_there_are_threats_and_each_link_within_the_documents_leads_somewhere():
    assert len(ROWS) > 30
    for page in ("docs/threat-model.md", "SECURITY.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert ((ROOT / page).parent / target).exists(), target
