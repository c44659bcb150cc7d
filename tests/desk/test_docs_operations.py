"""What docs/operations.md tells an operator to type can be typed."""

import re
import shlex

import pytest
from local_run import ROOT

from desk.__main__ import understood

GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TYPED = sorted(set(re.findall(r"python -m desk ([^`\n#]+)", GUIDE)))


@pytest.mark.parametrize("words", TYPED)
def test_a_command_of_the_guide_is_understood(words):
    assert understood(shlex.split(words)).run


@pytest.mark.parametrize("command", ["rebuild", "export", "import", "takedown"])
def test_the_guide_tells_of_the_command(command):
    assert any(words.startswith(command) for words in TYPED)
