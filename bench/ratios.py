"""Ratios of many rounds, told with their spread and held to limits."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

# Of the quartiles' distance, by the root of the rounds: half of what the median of as many more
# rounds would lie in, 95 times of 100 (McGill, Tukey, Larsen 1978, for the notches of box plots).
_SURE = 1.57
_FEWEST = 3  # rounds that have quartiles


def spread(ratios: Sequence[float]) -> str:
    """Return the median, and between what the middle half lies."""
    if len(ratios) < _FEWEST:
        return f"{statistics.median(ratios):.2f}"
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def above(limits: Mapping[str, float], told: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """Yield what of *told* is above its limit by more than its median may be wrong."""
    for name, limit in limits.items():
        middle, unsure = statistics.median(told[name]), _unsure(told[name])
        if middle - unsure > limit:
            yield f"{name}: {middle:.2f} (± {unsure:.2f}) of the baseline, {limit:.1f} at most"


def verdict(reasons: Iterable[str]) -> int:
    """Print what is above its limit; return the exit status."""
    told = [f"Above its limit: {reason}" for reason in reasons]
    print("\n".join(told), end="\n" if told else "")
    return int(bool(told))


def _unsure(ratios: Sequence[float]) -> float:
    if len(ratios) < _FEWEST:
        return math.inf
    low, _, high = statistics.quantiles(ratios, n=4)
    return _SURE * (high - low) / math.sqrt(len(ratios))
