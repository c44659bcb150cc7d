"""Whether a known vulnerability is in what is locked: pip-audit's answer, made plain.

A script of the Makefile's, for the Python of `.venv-audit`, where pip-audit is. It looks at the
lock of what is shipped, tested and deployed with; what audits is not audited, as checkov pins old
packages and sees our templates alone. Where nobody answers, pip-audit skips every package and calls
that success, or ends in a traceback: here that is one line, and no failure, since it says nothing
of the packages. One that is missing where others were found is a failure: it was taken away.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-dev.txt"
ANSWER_WITHIN_S = 10  # one package's
FOUND = 1
# What the traceback or the error of a pip-audit ends in that reached nobody.
_UNREACHED = ("requests.exceptions.", "Could not connect", "not redirecting properly")


def main() -> int:
    command = [str(Path(sys.executable).with_name("pip-audit")), "--format", "json"]
    command += ["--progress-spinner", "off", "--timeout", str(ANSWER_WITHIN_S)]
    command += ["--disable-pip", "--require-hashes"]  # read the lock, ask pip for nothing
    command += ["-r", str(LOCK)]
    done = subprocess.run(  # noqa: S603 - pip-audit, of our own environment
        command, capture_output=True, text=True, check=False
    )
    status, lines = verdict(done.stdout, done.stderr)
    print("\n".join(lines))
    return status


def verdict(report: str, errors: str) -> tuple[int, list[str]]:
    """Return an exit status and what to say, of pip-audit's JSON and of what it complained of."""
    if not report:
        last = errors.strip().splitlines()[-1:] or ["it said nothing"]
        if any(word in errors for word in _UNREACHED):
            return 0, [f"advisories: nothing is known, nobody could be asked: {last[0][:120]}"]
        return FOUND, [f"advisories: pip-audit failed: {last[0]}"]
    packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    missing = [one["name"] for one in packages if "skip_reason" in one]
    if len(missing) == len(packages):
        return 0, [
            f"advisories: nothing is known: of {len(packages)} packages the service has none"
        ]
    found = [_line(one, fault) for one in packages for fault in one.get("vulns", ())]
    found += [f"{name}: the index has this version no more" for name in missing]
    if found:
        return FOUND, found
    return 0, [f"advisories: none against {len(packages)} packages"]


def _line(package: dict[str, Any], fault: dict[str, Any]) -> str:
    mended = ", ".join(fault["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}"


if __name__ == "__main__":
    sys.exit(main())
