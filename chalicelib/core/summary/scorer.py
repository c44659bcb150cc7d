"""Which sentences an editor would have chosen: a small trained model in plain arithmetic.

Four linear models, each looking a little further than the one before:

1. how likely each sentence is to be chosen, from its own facts (a logistic model);
2. how likely each word, then each pair of neighbouring words, is to stand in a summary, given
   where it stands and how good the sentences around it are (two logistic models);
3. how good three sentences are together (a ridge regression on ROUGE-1 and ROUGE-2 of sets
   of three, centred within the article): what they cover, their length, what they repeat.

So the set is chosen as a set: the second sentence is worth what it adds. The weights are in
weights.json under the names of `features`; `python -m bench.summaries train` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from operator import mul
from pathlib import Path
from typing import NamedTuple

from chalicelib.core.summary import features, sets
from chalicelib.core.summary.reading import Lexicon, Phrase, Reading, logistic, read

POOL = 10  # sentences that sets of three are drawn from: 120 sets
WEIGHTS = Path(__file__).with_name("weights.json")


class Model(NamedTuple):
    """The weights of the four models, each in the order of its names in `features`."""

    lexicon: Lexicon
    unknown: tuple[float, float]
    sentence: tuple[float, ...]
    word: tuple[float, ...]
    phrase: tuple[float, ...]
    member: tuple[float, ...]  # SENTENCE, then MEMBER
    together: tuple[float, ...]
    headline: float  # log-odds for a sentence that covers all of the headline


@lru_cache(maxsize=1)
def model() -> Model:
    """The trained weights. Read at the first summary, not at import (1.5 ms)."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    lexicon = {word: (entry[0], entry[1]) for word, entry in stored["lexicon"].items()}
    return Model(
        lexicon=lexicon,
        unknown=(stored["unknown"][0], stored["unknown"][1]),
        sentence=_ordered(stored["sentence"], features.SENTENCE),
        word=_ordered(stored["word"], features.WORD),
        phrase=_ordered(stored["phrase"], features.PHRASE),
        member=_ordered(stored["member"], features.SENTENCE + features.MEMBER),
        together=_ordered(stored["set"], sets.SET),
        headline=stored["headline"],
    )


def _ordered(weights: dict[str, float], names: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(weights[name] for name in names)


def _dot(weights: Sequence[float], facts: Sequence[float]) -> float:
    total: float = sum(map(mul, weights, facts))
    return total


def rank(texts: tuple[str, ...], *, headline: str, language: str) -> tuple[int, ...]:
    """Return the indices of *texts* (as published, in order), most worth reading first.

    In English the first three are the best set of three. Other languages, for which there are
    no weights, keep the order of the article: news puts first what matters.
    """
    if len(texts) <= 3 or language.partition("-")[0].lower() != "en":
        return tuple(range(len(texts)))
    weights = model()
    reading = read(texts, weights.lexicon, unknown=weights.unknown)
    facts = features.sentences(reading)
    probability = probabilities(weights, facts, headline_cover(reading, headline))
    pool = pool_of(probability)
    expected, paired = expectations(weights, reading, probability, pool)
    about = features.members(reading, probability, expected, paired, pool)
    value = [
        _dot(weights.member, facts[place] + row) for place, row in zip(pool, about, strict=True)
    ]
    best: tuple[float, tuple[int, int, int]] | None = None
    for chosen, together in sets.triples(reading, expected, paired, pool):
        a, b, c = chosen
        score = value[a] + value[b] + value[c] + _dot(weights.together, together)
        if best is None or score > best[0]:
            best = (score, chosen)
    first = best[1] if best else ()
    worth = dict(zip(pool, value, strict=True))
    head = sorted((pool[index] for index in first), key=lambda place: (-worth[place], place))
    taken = set(head)
    rest = sorted(
        (place for place in range(len(texts)) if place not in taken),
        key=lambda place: (-probability[place], place),
    )
    return (*head, *rest)


def probabilities(
    weights: Model, facts: Sequence[tuple[float, ...]], cover: Sequence[float]
) -> list[float]:
    """Step 1: each sentence's probability of being chosen."""
    return [
        logistic(_dot(weights.sentence, row) + weights.headline * covered)
        for row, covered in zip(facts, cover, strict=True)
    ]


def pool_of(probability: Sequence[float]) -> tuple[int, ...]:
    """The sentences that sets are drawn from, in document order."""
    order = sorted(range(len(probability)), key=lambda place: (-probability[place], place))
    return tuple(sorted(order[:POOL]))


def expectations(
    weights: Model, reading: Reading, probability: Sequence[float], pool: Sequence[int]
) -> tuple[dict[str, float], dict[Phrase, float]]:
    """Step 2: the probability of each word and each pair in *pool* to stand in a summary."""
    wanted = frozenset().union(*(reading.vocabulary[place] for place in pool))
    expected = {
        word: logistic(_dot(weights.word, row))
        for word, row in features.words(reading, probability, wanted)
    }
    paired = {
        pair: logistic(_dot(weights.phrase, row))
        for pair, row in features.phrase_facts(reading, probability, expected, pool)
    }
    return expected, paired


def headline_cover(reading: Reading, headline: str) -> list[float]:
    """The share of *headline*'s words that each sentence has, in [0, 1], common ones apart."""
    empty = (0.0, 0.0)
    words = read((headline,), {}, unknown=empty).vocabulary[0] if headline else frozenset()
    told = {word for word in words if reading.idf.get(word, 9.0) > 1.5}
    if not told:
        return [0.0] * len(reading.texts)
    return [len(own & told) / len(told) for own in reading.vocabulary]
