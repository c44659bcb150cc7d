"""A receipt as a person reads it in a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.core.clean import printable
from desk.terminal import row, wants_colour, width

_GOOD = frozenset({"published", "updated", "corrected", "scheduled", "unchanged"})
_RED, _GREEN, _YELLOW, _DIM = "31", "32", "33", "2"


def text(receipt: Mapping[str, Any], *, colour: bool) -> str:
    """Return the receipt in lines: the outcome first, then what to mend, where, and how."""

    def paint(words: str, code: str) -> str:
        return f"\033[{code}m{words}\033[0m" if colour else words

    outcome = str(receipt["outcome"])
    good = _GREEN if outcome in _GOOD else _RED if outcome == "rejected" else _YELLOW
    head = f"{paint(outcome, good)}  {receipt['key']}"
    head += f"  revision {receipt['revision']}" if receipt.get("revision") else ""
    lines = [head + (f"  {receipt['url']}" if receipt.get("url") else "")]
    if receipt.get("preview_url"):
        lines.append(f"  preview: {receipt['preview_url']}")
    for name, code in (("errors", _RED), ("warnings", _YELLOW)):
        for finding in receipt.get(name) or ():
            lines += _finding(finding, paint(name[:-1], code))
    if changes := receipt.get("changes"):
        lines.append(paint(f"  changed: {_changed(changes)}", _DIM))
    for dropped in receipt.get("dropped") or ():
        where = f", line {dropped['line']}" if dropped.get("line") else ""
        words = f"  dropped: {dropped['count']} {dropped['what']} ({dropped['why']}{where})"
        lines.append(paint(words, _DIM))
    if kept := receipt.get("kept"):
        counts = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in kept.items() if n)
        lines.append(paint(f"  kept: {counts}", _DIM))
    return "\n".join(lines)


HEADINGS = ("OUTCOME", "KEY", "REVISION", "ADDRESS")


def columns(keys: Iterable[str]) -> tuple[int, ...]:
    """Return the widths of a table of receipts of *keys*: known before the first has come."""
    longest = max((width(printable(key)) for key in keys), default=0)
    return (len("unchanged"), max(longest, len("KEY")), len("REVISION"))


def line(receipt: Mapping[str, Any], widths: tuple[int, ...]) -> str:
    """Return the receipt as a row of a table, and below it what to look at first."""
    address = receipt.get("url") or receipt.get("preview_url") or ""
    cells = (receipt["outcome"], printable(receipt["key"]), str(receipt.get("revision") or ""))
    found = [(f, name[:-1]) for name in ("errors", "warnings") for f in receipt.get(name) or ()]
    below = (printable(line) for finding in found[:1] for line in _finding(*finding))
    return "\n".join([row((*cells, address), widths), *below])


def _changed(changes: Mapping[str, Any]) -> str:
    names = ", ".join(one["name"] for one in changes["metadata"])
    text = f"{changes['words_added']:,} words added, {changes['words_removed']:,} removed"
    return f"{names}; {text}" if names else text


def _finding(finding: Mapping[str, Any], label: str) -> Iterator[str]:
    line, column, pointer = (finding.get(name) for name in ("line", "column", "pointer"))
    where = f"line {line}" if line else ""
    where += f", column {column}" if line and column else ""
    where = where or (f"at {pointer}" if pointer else "")
    yield f"  {label}: {finding['message']}" + (f" ({where})" if where else "")
    if finding.get("fix"):
        yield f"    {finding['fix']}"


def shown(*, as_json: bool) -> Callable[[Mapping[str, Any]], None]:
    """Return what prints one receipt, as JSON or for a person."""
    from tqdm import tqdm

    colour = wants_colour(sys.stdout)

    def show(receipt: Mapping[str, Any]) -> None:
        line = json.dumps(receipt, ensure_ascii=False) if as_json else None
        # tqdm moves the bar out of the way when both go to one terminal.
        tqdm.write(line or text(receipt, colour=colour), file=sys.stdout)

    return show


def shown_in_a_table(keys: Iterable[str]) -> Callable[[Mapping[str, Any]], None]:
    """Print the headings over the receipts of *keys*, and return what prints one."""
    from tqdm import tqdm

    widths = columns(keys)
    tqdm.write(row(HEADINGS, widths), file=sys.stdout)
    return lambda receipt: tqdm.write(line(receipt, widths), file=sys.stdout)
