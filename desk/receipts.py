"""A receipt as a person reads it in a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

_GOOD = frozenset({"published", "updated", "corrected", "scheduled", "unchanged"})
_RED, _GREEN, _YELLOW, _DIM = "31", "32", "33", "2"


def wants_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")


def text(receipt: Mapping[str, Any], *, colour: bool) -> str:
    """Return the receipt in lines: the outcome first, then what to mend, where, and how."""

    def paint(words: str, code: str) -> str:
        return f"\033[{code}m{words}\033[0m" if colour else words

    outcome = str(receipt["outcome"])
    good = _GREEN if outcome in _GOOD else _RED if outcome == "rejected" else _YELLOW
    head = f"{paint(outcome, good)}  {receipt['key']}"
    lines = [head + (f"  {receipt['url']}" if receipt.get("url") else "")]
    if receipt.get("preview_url"):
        lines.append(f"  preview: {receipt['preview_url']}")
    for name, code in (("errors", _RED), ("warnings", _YELLOW)):
        for finding in receipt.get(name) or ():
            lines += _finding(finding, paint(name[:-1], code))
    for dropped in receipt.get("dropped") or ():
        where = f", line {dropped['line']}" if dropped.get("line") else ""
        words = f"  dropped: {dropped['count']} {dropped['what']} ({dropped['why']}{where})"
        lines.append(paint(words, _DIM))
    if kept := receipt.get("kept"):
        counts = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in kept.items() if n)
        lines.append(paint(f"  kept: {counts}", _DIM))
    return "\n".join(lines)


def _finding(finding: Mapping[str, Any], label: str) -> Iterator[str]:
    line, column, pointer = (finding.get(name) for name in ("line", "column", "pointer"))
    where = f"line {line}" if line else ""
    where += f", column {column}" if line and column else ""
    where = where or (f"at {pointer}" if pointer else "")
    yield f"  {label}: {finding['message']}" + (f" ({where})" if where else "")
    if finding.get("fix"):
        yield f"    {finding['fix']}"
