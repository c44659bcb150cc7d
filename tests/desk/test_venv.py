"""The desk goes on in `.venv`, whatever Python starts it."""

import subprocess
import sys

import pytest
from local_run import ROOT

from desk import venv

BASE = getattr(sys, "_base_executable", sys.executable)


@pytest.mark.skipif(
    sys.prefix == sys.base_prefix, reason="the tests do not run in a virtual environment"
)
def test_another_python_goes_on_in_the_projects_own():
    done = subprocess.run(
        [BASE, "-m", "desk", "check", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "usage: python -m desk check" in done.stdout


def started_as(monkeypatch, *words):
    monkeypatch.setattr(sys, "orig_argv", ["python3", *words])
    monkeypatch.setattr(sys, "prefix", "/usr")
    entered = []
    monkeypatch.setattr(venv.os, "execv", lambda python, argv: entered.append((python, argv)))
    monkeypatch.setattr(venv, "PYTHON", venv.Path(sys.executable))
    monkeypatch.delenv(venv.ENTERED, raising=False)
    venv.enter("desk")
    return entered


def test_the_words_stay_the_same(monkeypatch):
    ((_, argv),) = started_as(monkeypatch, "-X", "dev", "-m", "desk", "check", "a b.md")

    assert argv[1:] == ["-X", "dev", "-m", "desk", "check", "a b.md"]
    monkeypatch.delenv(venv.ENTERED)


@pytest.mark.parametrize("words", [["-m", "pytest"], ["script.py", "-m"], ["-c", "import desk"]])
def test_other_programs_that_import_the_desk_are_left_where_they_are(monkeypatch, words):
    assert started_as(monkeypatch, *words) == []


def test_a_missing_venv_is_told_and_a_broken_one_does_not_loop(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", "desk"])
    monkeypatch.setattr(sys, "prefix", "/usr")
    monkeypatch.setattr(venv, "PYTHON", venv.Path("/no/such/python"))
    with pytest.raises(SystemExit, match="run `make test` once"):
        venv.enter("desk")

    monkeypatch.setattr(venv, "PYTHON", venv.Path(sys.executable))
    monkeypatch.setenv(venv.ENTERED, "1")
    with pytest.raises(SystemExit, match="missing or broken"):
        venv.enter("desk")


def test_an_old_python_is_told_what_is_needed(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed"):
        venv._check_python()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_module_is_told_with_its_package(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(SystemExit, match=f"has no module `{module}`: .* python3-venv"):
        venv._check_python()
