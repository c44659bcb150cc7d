"""What a person reads in a terminal: colours where wanted, columns that line up, progress."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any, TextIO


def wants_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")


def width(text: str) -> int:
    """Count the columns that *text* takes (UAX 11): an ideograph two, a combining mark none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return *cells* in columns of *widths*; what has no width is as long as it is."""
    padded = [cell + " " * (w - width(cell)) for cell, w in zip(cells, widths, strict=False)]
    return "  ".join([*padded, *cells[len(widths) :]]).rstrip()


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return *rows*, the first the headings, in columns as wide as they must be."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(row(cells, widths[:-1]) for cells in rows)


def progress(total: int, doing: str, *, unit: str = "file") -> Any:
    """Return a bar on stderr, which only a person there sees, and only for more than one thing.

    A *total* of 0 is not known yet. What is printed meanwhile goes through its `write`.
    """
    from tqdm import tqdm

    hidden = not sys.stderr.isatty() or total == 1
    return tqdm(total=total or None, desc=doing, unit=unit, disable=hidden, leave=False)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
