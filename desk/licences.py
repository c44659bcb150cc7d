"""Under which licence each package of the zip comes, and what that asks of us.

Packages say their licence in three ways (PEP 639's expression, a classifier, free text) and some in
their licence file alone. All are brought to SPDX names here; one that is not understood is an
error, so that nothing new is shipped unread. `docs/licences.md` has the table that this prints.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from email.message import Message
from typing import Any, cast

from desk import bundle
from desk.errors import DeskError
from desk.venv import ROOT

EXAMPLES = """\
  python -m desk licences"""

PERMISSIVE, WEAK = "keep the notice", "publish changes to its own files"
# What each licence asks of who ships a package unchanged in a service's zip.
_ASKS = {
    "Apache-2.0": PERMISSIVE,
    "BSD-2-Clause": PERMISSIVE,
    "BSD-3-Clause": PERMISSIVE,
    "CNRI-Python": PERMISSIVE,
    "ISC": PERMISSIVE,
    "MIT": PERMISSIVE,
    "MIT-0": PERMISSIVE,
    "MIT-CMU": PERMISSIVE,
    "MPL-1.1": WEAK,
    "MPL-2.0": WEAK,
    "PSF-2.0": PERMISSIVE,
}
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The BSD 2-Clause License": "BSD-2-Clause",
}
# Said by their licence files alone, or of several the one that we take them under.
_READ = {
    "Jinja2": "BSD-3-Clause",
    "python-dateutil": "Apache-2.0",
    "resvg_py": "MIT",
    "tld": "MPL-1.1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A package of the zip and the licence that it is taken under, by its SPDX expression."""

    package: str
    version: str
    licence: str
    asks: str  # the most that any part of the expression asks


def licences() -> tuple[Licence, ...]:
    """Return what is pinned for the zip, by name. Raises DeskError for a licence not yet read."""
    from importlib import metadata

    return tuple(
        _licence(name, version, cast("Message", metadata.metadata(name)))
        for name, version in sorted(bundle.pins(ROOT / "requirements.txt"))
    )


def text(found: Sequence[Licence]) -> str:
    """Return the table of the documentation."""
    rows = [f"| {one.package} | {one.version} | {one.licence} | {one.asks} |" for one in found]
    return "\n".join(["| package | version | licence | asks us to |", "|---|---|---|---|", *rows])


def _licence(name: str, version: str, about: Message) -> Licence:
    said = _READ.get(str(about.get("Name"))) or _said(about)
    parts = said.replace("(", " ").replace(")", " ").split()
    unread = [part for part in parts if part not in (*_ASKS, "AND")]
    if unread or not parts:
        mend = "read its licence file, then say in desk/licences.py what it asks of us"
        raise DeskError(f"{name} {version} comes under {said or 'no stated licence'}: {mend}")
    asks = WEAK if any(_ASKS.get(part) == WEAK for part in parts) else PERMISSIVE
    return Licence(package=name, version=version, licence=said, asks=asks)


def _said(about: Message) -> str:
    """Return the licence that a package's metadata say, in the newest of the ways they have."""
    if expression := about.get("License-Expression"):
        return str(expression)
    stated = str(about.get("License") or "").strip()
    if _SPDX.get(stated, stated) in _ASKS:
        return _SPDX.get(stated, stated)
    classified = _classified(about.get_all("Classifier") or ())
    return " AND ".join(_SPDX.get(one, one) for one in classified)


def _classified(classifiers: Sequence[Any]) -> list[str]:
    told = [str(one).rpartition(" :: ")[2] for one in classifiers if str(one).startswith("License")]
    return sorted(told)


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one package a line")


def run(arguments: argparse.Namespace) -> int:
    found = licences()
    if arguments.json:
        for one in found:
            print(json.dumps(asdict(one)))
    else:
        print(text(found))
    return 0
