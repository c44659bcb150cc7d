"""An article read once: its words, how often and where each stands, what it is about.

Everything the scorer measures comes from here, so that each count is made once. A word is a
light stem (plural, -ed, -ing, -ly off), which is what keeps the cost under a millisecond.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

Lexicon = Mapping[str, tuple[float, float]]  # stem -> (idf, log-odds of standing in a summary)
Phrase = tuple[str, str]

CONTENT_IDF = 1.5  # below it stand the hundred or so words that hold a sentence together

_RAW_WORD = re.compile(r"[A-Za-z0-9]+")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the light stem of a word in small letters. Cached: news repeats its words."""
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
    count: dict[str, int]  # of each stem in the article
    spread: dict[str, int]  # number of sentences with the stem
    first: dict[str, int]  # index of the first sentence with it
    lead: dict[str, int]  # its count in the first three sentences
    capitals: dict[str, int]  # times it stands capitalised inside a sentence
    idf: dict[str, float]
    prior: dict[str, float]


def read(texts: tuple[str, ...], lexicon: Lexicon, *, unknown: tuple[float, float]) -> Reading:
    """Count the words of *texts* (sentences as published). *unknown* stands for stems without
    an entry in *lexicon*. Linear."""
    count: dict[str, int] = {}
    spread: dict[str, int] = {}
    first: dict[str, int] = {}
    lead: dict[str, int] = {}
    capitals: dict[str, int] = {}
    written: list[list[str]] = []
    stems: list[tuple[str, ...]] = []
    vocabulary: list[frozenset[str]] = []
    for place, text in enumerate(texts):
        raw = raw_words(text)
        written.append(raw)
        line = tuple(map(stem, map(str.lower, raw)))
        for position, word in enumerate(line):
            count[word] = count.get(word, 0) + 1
            if position and "A" <= raw[position][0] <= "Z":
                capitals[word] = capitals.get(word, 0) + 1
        own = frozenset(line)
        for word in own:
            spread[word] = spread.get(word, 0) + 1
            if word not in first:
                first[word] = place
        if place < 3:
            for word in line:
                lead[word] = lead.get(word, 0) + 1
        stems.append(line)
        vocabulary.append(own)
    known = {word: lexicon.get(word, unknown) for word in count}
    return Reading(
        texts=texts,
        raw=tuple(written),
        stems=tuple(stems),
        vocabulary=tuple(vocabulary),
        count=count,
        spread=spread,
        first=first,
        lead=lead,
        capitals=capitals,
        idf={word: entry[0] for word, entry in known.items()},
        prior={word: entry[1] for word, entry in known.items()},
    )


def raw_words(text: str) -> list[str]:
    """The words of *text* as written: the letters and digits of English."""
    return _RAW_WORD.findall(text)


def phrases(stems: tuple[str, ...]) -> frozenset[Phrase]:
    """The pairs of neighbouring words of a sentence."""
    return frozenset(zip(stems, stems[1:], strict=False))


def logistic(value: float) -> float:
    """1 / (1 + e^-value), safe for every float."""
    if value < -60.0:
        return 0.0
    return 1.0 / (1.0 + math.exp(-min(value, 60.0)))
