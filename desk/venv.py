"""The project's own Python: `.venv`, made from the pinned requirements, entered from any other.

Needs the standard library alone, and parses on old Pythons, so that it can say what is missing.
As a script (the Makefile's set-up) it makes or renews `.venv`, and does nothing when the
requirements are those it was made from. `enter(package)` is for `python -m desk` and `bench`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "made-from"  # the digest of the requirements that .venv holds
OLDEST = (3, 11)
REQUIREMENTS = ROOT / "requirements-dev.txt"  # it pins what requirements.txt does, and more
SAY_EVERY_S = 10  # a log without a terminal shows that pip is alive
ENTERED = "BROADSHEET_ENTERED_VENV"  # set on the way in: a broken .venv must not loop


def enter(package: str) -> None:
    """Go on in `.venv` if this process was started as `python -m package…` by another Python."""
    if not hasattr(sys, "orig_argv"):
        sys.exit(f"{package}: this Python is too old: start it as {PYTHON} -m {package} ...")
    words = sys.orig_argv
    module = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
    if Path(sys.prefix).resolve() == VENV.resolve():
        os.environ.pop(ENTERED, None)
        return
    if module.partition(".")[0] != package:
        return
    if not PYTHON.exists() or os.environ.get(ENTERED):
        sys.exit(f"{package}: {VENV} is missing or broken: run `make test` once, it makes it.")
    os.environ[ENTERED] = "1"
    os.execv(PYTHON, [str(PYTHON), *words[1:]])  # noqa: S606 - our own interpreter, same words


def make() -> None:
    """Make `.venv`, or bring it to the pinned requirements; quiet when there is nothing to do."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    digest.update(REQUIREMENTS.read_bytes())
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == digest.hexdigest():
        return
    _check_python()
    if not _runs(PYTHON):
        print("Making .venv (once, about a minute) ...", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
        )
        if made.returncode:
            reason = (made.stderr or made.stdout).strip().splitlines()[-1:]
            sys.exit(f"make: cannot make {VENV}: {' '.join(reason)}")
    else:
        print("Bringing .venv to the pinned requirements ...", flush=True)
    STAMP.unlink(missing_ok=True)
    _install(REQUIREMENTS)
    STAMP.write_text(digest.hexdigest())


def _check_python() -> None:
    if sys.version_info < OLDEST:
        have, need = sys.version.split()[0], ".".join(map(str, OLDEST))
        sys.exit(f"make: Python {need} or newer is needed, {sys.executable} is {have}: install it,"
                 " or name it with `make PYTHON=python3.12 ...`.")  # fmt: skip
    for module in ("venv", "ensurepip"):
        try:
            __import__(module)
        except ImportError:
            sys.exit(f"make: {sys.executable} has no module `{module}`: install it (on Debian and"
                     " Ubuntu: apt-get install python3-venv).")  # fmt: skip


def _runs(python: Path) -> bool:
    """Tell whether `.venv` has a working pip, of the Python version that makes it."""
    if not python.exists():
        return False
    ask = "import pip, sys; print(sys.version_info[:2])"
    answer = subprocess.run(  # noqa: S603 - our own interpreter
        [str(python), "-c", ask], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() == str(tuple(sys.version_info[:2]))


def _install(requirements: Path) -> None:
    """Run pip, telling how far it is: on one line of a terminal, now and then in a log."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--no-input", "--progress-bar", "off", "-r", str(requirements)]
    packages, said_at, last = 0, time.monotonic(), [""]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if process.stdout is None:
        raise AssertionError("Popen was asked for a pipe")
    for line in process.stdout:
        last = [*last[-20:], line.rstrip()]
        packages += line.startswith("Collecting ")
        is_last_step = line.startswith("Installing collected")
        if sys.stdout.isatty():
            print(f"\r\033[K  {line.strip()[:76]}", end="", flush=True)
        elif is_last_step or time.monotonic() - said_at > SAY_EVERY_S:
            said_at = time.monotonic()
            print(f"  {packages} packages{', installing' * is_last_step} ...", flush=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if process.wait():
        reason = next((line for line in reversed(last) if "ERROR" in line), last[-1])
        sys.exit(f"make: pip could not install {requirements.name}: {reason}")


if __name__ == "__main__":
    try:
        make()
    except KeyboardInterrupt:
        sys.exit(130)  # the next start goes on: the stamp is written last
