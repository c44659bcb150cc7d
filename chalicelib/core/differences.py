"""What changed between two texts, paragraph by paragraph and word by word, as readers want it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MAX_COMPARISONS = 1_000_000  # pairs of paragraphs; the comparison may take that many steps
MAX_WORD_PAIRS = 2_000_000  # of a comparison: a tenth of a second, and 30 stand on one page
MAX_WORDS = 400  # of a paragraph compared word by word; a longer one is shown whole
MIN_LIKENESS = 0.4  # of two paragraphs; below, their pieces are a mosaic that nobody can read

Kind = Literal["kept", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that stayed, came or went."""

    kind: Kind
    text: str


def differences(before: str, after: str) -> tuple[tuple[Piece, ...], ...]:
    """Return the paragraphs that differ, in order, each as its pieces.

    Kept, added and removed pieces of all paragraphs together hold every change; paragraphs that
    are equal are left out. Texts too long to compare are one removal and one addition; so is each
    paragraph after those whose words took MAX_WORD_PAIRS steps.
    """
    old, new = before.split("\n\n"), after.split("\n\n")
    if before == after:
        return ()
    if len(old) * len(new) > MAX_COMPARISONS:
        return ((Piece("removed", before),), (Piece("added", after),))
    changed: list[tuple[Piece, ...]] = []
    budget = _Budget(MAX_WORD_PAIRS)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for change, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if change != "equal":
            changed.extend(_paragraphs(old[old_from:old_to], new[new_from:new_to], budget))
    return tuple(changed)


@dataclass(slots=True)
class _Budget:
    """How many more steps a comparison may take."""

    left: int

    def allows(self, steps: int) -> bool:
        self.left -= steps
        return self.left >= 0


def _paragraphs(
    old: Sequence[str], new: Sequence[str], budget: _Budget
) -> Iterator[tuple[Piece, ...]]:
    """Set paragraphs that took each other's place side by side, as long as there are two."""
    for before, after in zip(old, new, strict=False):
        yield _words(before, after, budget)
    for before in old[len(new) :]:
        yield (Piece("removed", before),)
    for after in new[len(old) :]:
        yield (Piece("added", after),)


def _words(before: str, after: str, budget: _Budget) -> tuple[Piece, ...]:
    old, new = re.findall(r"\s+|[^\W_]+|.", before), re.findall(r"\s+|[^\W_]+|.", after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    is_long = max(len(old), len(new)) > MAX_WORDS or not budget.allows(len(old) * len(new))
    if is_long or matcher.ratio() < MIN_LIKENESS:
        return (Piece("removed", before), Piece("added", after))
    pieces: list[Piece] = []
    for change, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if change == "equal":
            pieces.append(Piece("kept", "".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            pieces.append(Piece("removed", "".join(old[old_from:old_to])))
        if new_to > new_from:
            pieces.append(Piece("added", "".join(new[new_from:new_to])))
    return tuple(pieces)
