"""An article read once: its words, how often and where each stands, what it is about.

Everything the scorer measures comes from here, so that each count is made once. A word is a
light stem (plural, -ed, -ing, -ly off), which is what keeps the cost under a millisecond.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from chalicelib.core.summary.prose import pattern

Lexicon = Mapping[str, tuple[float, float]]  # stem -> (idf, log-odds of standing in a summary)
Phrase = tuple[str, str]

CONTENT_IDF = 1.5  # below it stand the hundred or so words that hold a sentence together

_RAW_WORD = r"[A-Za-z0-9]+"


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The light stem of a word, in small letters. Cached: news repeats its words."""
    word = word.lower()
    if len(word) <= 3:
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us")):
        word = word[:-1]
    if len(word) > 5 and word.endswith("ing"):
        word = word[:-3]
    elif len(word) > 4 and word.endswith("ed"):
        word = word[:-2]
    if len(word) > 4 and word.endswith("ly"):
        word = word[:-2]
    if len(word) > 4 and word[-1] == "e":
        word = word[:-1]
    return word


class Reading(NamedTuple):
    """The counts of one article's sentences; `stems[i]` are the words of sentence i in order."""

    texts: tuple[str, ...]
    raw: tuple[list[str], ...]  # the words as written
    stems: tuple[tuple[str, ...], ...]
    vocabulary: tuple[frozenset[str], ...]  # by sentence
    counts: dict[str, int]  # of each stem in the article
    spread: dict[str, int]  # number of sentences with the stem
    first: dict[str, int]  # index of the first sentence with it
    capitals: dict[str, int]  # times it stands capitalised inside a sentence
    capitalised: tuple[int, ...]  # by sentence, the words with a capital but for its first
    idf: dict[str, float]
    prior: dict[str, float]


def read(texts: tuple[str, ...], lexicon: Lexicon, *, unknown: tuple[float, float]) -> Reading:
    """Count the words of *texts* (sentences as published), in linear time.

    *unknown* stands for stems without an entry in *lexicon*.
    """
    capitals: Counter[str] = Counter()
    capitalised: list[int] = []
    written: list[list[str]] = []
    stems: list[tuple[str, ...]] = []
    for text in texts:
        raw = raw_words(text)
        line = tuple(map(stem, raw))
        upper = [s for word, s in zip(raw[1:], line[1:], strict=True) if "A" <= word < "["]
        capitalised.append(len(upper))
        capitals.update(upper)
        written.append(raw)
        stems.append(line)
    vocabulary = tuple(map(frozenset, stems))
    count = Counter(chain.from_iterable(stems))
    first: dict[str, int] = {}
    for place in range(len(texts) - 1, -1, -1):
        first.update(dict.fromkeys(vocabulary[place], place))
    known = {word: lexicon.get(word, unknown) for word in count}
    return Reading(
        texts=texts,
        raw=tuple(written),
        stems=tuple(stems),
        vocabulary=vocabulary,
        counts=count,
        spread=Counter(chain.from_iterable(vocabulary)),
        first=first,
        capitals=capitals,
        capitalised=tuple(capitalised),
        idf={word: entry[0] for word, entry in known.items()},
        prior={word: entry[1] for word, entry in known.items()},
    )


def raw_words(text: str) -> list[str]:
    """The words of *text* as written: the letters and digits of English."""
    return pattern(_RAW_WORD).findall(text)


def phrases(stems: tuple[str, ...]) -> frozenset[Phrase]:
    """The pairs of neighbouring words of a sentence."""
    return frozenset(pairwise(stems))


def logistic(value: float) -> float:
    """1 / (1 + e^-value), safe for every float."""
    return 1.0 / (1.0 + math.exp(-value)) if value > -60.0 else 0.0
