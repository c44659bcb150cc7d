"""ROUGE-1 and ROUGE-2 F1 of sentence sets, many thousand a second, for training.

The tokens are those of the rouge-score package with its Porter stemmer, so the figures are equal
to the package's, which the table itself uses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

Tokens = tuple[str, ...]


def tokenizer() -> Any:
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer=True)


class Reference:
    """The highlights of one article, counted once."""

    def __init__(self, tokens: Tokens) -> None:
        self.size = len(tokens)
        self.words = Counter(tokens)
        self.pairs = Counter(pairwise(tokens))

    def score(self, sentences: Iterable[Tokens]) -> tuple[float, float]:
        """ROUGE-1 and ROUGE-2 F1, in percent, of *sentences* joined in the given order."""
        tokens = [token for sentence in sentences for token in sentence]
        words = _hits(Counter(tokens), self.words)
        pairs = _hits(Counter(pairwise(tokens)), self.pairs)
        return (
            100 * _f1(words, len(tokens), self.size),
            100 * _f1(pairs, max(len(tokens) - 1, 0), max(self.size - 1, 0)),
        )


def oracle(reference: Reference, sentences: Sequence[Tokens], *, limit: int = 3) -> set[int]:
    """The greedy best set of at most *limit* sentences by ROUGE-1 + ROUGE-2."""
    chosen: list[int] = []
    best = 0.0
    while len(chosen) < limit:
        tries = [
            (sum(reference.score(sentences[one] for one in sorted([*chosen, place]))), -place)
            for place in range(len(sentences))
            if place not in chosen
        ]
        if not tries or max(tries)[0] <= best:
            break
        best, negative = max(tries)
        chosen.append(-negative)
    return set(chosen)


def _hits(found: Counter[Any], wanted: Counter[Any]) -> int:
    return sum(min(count, wanted[key]) for key, count in found.items() if key in wanted)


def _f1(hits: int, size: int, wanted: int) -> float:
    return 2 * hits / (size + wanted) if hits else 0.0
