"""Make weights.json from articles with human highlights, the same bytes each time.

Logistic models by Newton's method, the set model by ridge regression: closed or quickly closed
forms without randomness. Weights are rounded to four significant digits, which hides the last
bits in which linear algebra libraries differ. Needs numpy and rouge-score (dev only).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.summaries import rouge
from bench.summaries.articles import Example, published_sentences
from chalicelib.core.summary import features, scorer, sets
from chalicelib.core.summary.reading import Lexicon, Reading, phrases, read

MIN_ARTICLES = 11  # a stem known from fewer tells more about them than about news
PRIOR_STRENGTH = 8.0  # articles' worth of belief that a stem is like any other
SENTENCE_L2 = 50.0
WORD_L2 = 5.0
SET_L2 = 5e4
PAIR_WEIGHT = 2.0  # of ROUGE-2 beside ROUGE-1: pairs are hit a third as often
DIGITS = 4


@dataclass(slots=True)
class Lesson:
    """One article with what its highlights teach; facts are filled in as models get ready."""

    texts: tuple[str, ...]
    tokens: tuple[rouge.Tokens, ...]
    reference: rouge.Reference
    told: frozenset[str]  # stems of the highlights
    told_pairs: frozenset[tuple[str, str]]
    chosen: set[int]
    stems: frozenset[str]
    first_highlight: str
    rest: rouge.Reference
    cache: dict[str, Any] = field(default_factory=dict)


def lessons(examples: Sequence[Example]) -> list[Lesson]:
    """Read the articles; those without sentences or highlights teach nothing."""
    tokenize = rouge.tokenizer().tokenize
    found = []
    for example in examples:
        texts = published_sentences(example)
        if not texts or not example.highlights:
            continue
        tokens = tuple(tuple(tokenize(text)) for text in texts)
        reference = rouge.Reference(tuple(tokenize("\n".join(example.highlights))))
        told = read((" ".join(example.highlights),), {}, unknown=(0.0, 0.0)).stems[0]
        found.append(
            Lesson(
                texts=texts,
                tokens=tokens,
                reference=reference,
                told=frozenset(told),
                told_pairs=phrases(told),
                chosen=rouge.oracle(reference, tokens),
                stems=frozenset(
                    word for line in read(texts, {}, unknown=(0.0, 0.0)).vocabulary for word in line
                ),
                first_highlight=example.highlights[0],
                rest=rouge.Reference(tuple(tokenize("\n".join(example.highlights[1:])))),
            )
        )
    return found


class Counts:
    """In how many articles, and in how many of their highlights, each stem stands."""

    def __init__(self, taught: Sequence[Lesson]) -> None:
        self.articles = len(taught)
        self.seen: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        for lesson in taught:
            self.seen.update(lesson.stems)
            self.told.update(lesson.stems & lesson.told)
        self.share = sum(self.told.values()) / max(sum(self.seen.values()), 1)
        self.kept = sorted(word for word, seen in self.seen.items() if seen >= MIN_ARTICLES)

    def entry(self, word: str, *, own: int = 0, own_told: int = 0) -> tuple[float, float]:
        """(idf, log-odds), without the article itself when it is being learned from."""
        seen = self.seen[word] - own
        share = (self.told[word] - own_told + PRIOR_STRENGTH * self.share) / (seen + PRIOR_STRENGTH)
        idf = math.log((self.articles + 1) / (seen + 1))
        return (round(idf, 2), round(math.log(share / (1 - share)), 2))

    def unknown(self) -> tuple[float, float]:
        share = self.share
        return (
            round(math.log((self.articles + 1) / 2), 2),
            round(math.log(share / (1 - share)), 2),
        )

    def lexicon(self) -> dict[str, tuple[float, float]]:
        return {word: self.entry(word) for word in self.kept}

    def lexicon_without(self, lesson: Lesson, lexicon: Lexicon) -> dict[str, tuple[float, float]]:
        """The lexicon as it would be had *lesson* not been counted: no peeking at the answer."""
        return {
            word: self.entry(word, own=1, own_told=int(word in lesson.told))
            for word in lesson.stems
            if word in lexicon
        }


def logistic_fit(facts: Any, answers: Any, l2: float) -> Any:
    """Weights of the L2-regularised logistic regression, by 15 steps of Newton's method.

    Columns are standardised for the penalty; "one", the first, is not penalised.
    """
    mean, spread = facts.mean(0), facts.std(0)
    mean[0], spread[0] = 0.0, 1.0
    spread[spread < 1e-9] = 1.0
    scaled = (facts - mean) / spread
    penalty = np.eye(scaled.shape[1]) * l2
    penalty[0, 0] = 1e-6
    weights = np.zeros(scaled.shape[1])
    for _ in range(15):
        chance = 1 / (1 + np.exp(-np.clip(scaled @ weights, -30, 30)))
        slope = scaled.T @ (answers - chance) - penalty @ weights
        bend = (scaled * (chance * (1 - chance))[:, None]).T @ scaled + penalty
        weights = weights + np.linalg.solve(bend, slope)
    plain = weights / spread
    plain[0] -= float((mean / spread) @ weights)
    return plain


def fit(taught: Sequence[Lesson]) -> dict[str, Any]:
    """Train all four models on *taught*; return what weights.json holds."""
    counts = Counts(taught)
    lexicon = counts.lexicon()
    unknown = counts.unknown()
    readings = [
        read(lesson.texts, counts.lexicon_without(lesson, lexicon), unknown=unknown)
        for lesson in taught
    ]
    facts = [features.sentences(reading) for reading in readings]
    stacked = np.array([row for rows in facts for row in rows])
    chosen = np.array(
        [float(place in one.chosen) for one in taught for place in range(len(one.texts))]
    )
    blank = scorer.Model(
        lexicon=lexicon,
        unknown=unknown,
        sentence=(),
        word=(),
        phrase=(),
        member=(),
        together=(),
        headline=0.0,
    )
    sentence = logistic_fit(stacked, chosen, SENTENCE_L2)
    model = blank._replace(sentence=_rounded(sentence))
    headline = _headline(taught, readings, facts, model)

    chances = [scorer.probabilities(model, rows, [0.0] * len(rows)) for rows in facts]
    pools = [scorer.pool_of(chance) for chance in chances]
    wanted = [
        frozenset().union(*(reading.vocabulary[place] for place in pool))
        for reading, pool in zip(readings, pools, strict=True)
    ]
    rows, answers = [], []
    for lesson, reading, chance, want in zip(taught, readings, chances, wanted, strict=True):
        for word, row in features.words(reading, chance, want):
            rows.append(row)
            answers.append(float(word in lesson.told))
    model = model._replace(word=_rounded(logistic_fit(np.array(rows), np.array(answers), WORD_L2)))
    rows, answers = [], []
    no_phrases = model._replace(phrase=(0.0,) * len(features.PHRASE))
    for lesson, reading, chance, pool in zip(taught, readings, chances, pools, strict=True):
        expected, _ = scorer.expectations(no_phrases, reading, chance, pool)
        for pair, row in features.phrase_facts(reading, chance, expected, pool):
            rows.append(row)
            answers.append(float(pair in lesson.told_pairs))
    model = model._replace(
        phrase=_rounded(logistic_fit(np.array(rows), np.array(answers), WORD_L2))
    )
    member, together = _sets(taught, readings, facts, chances, pools, model)
    return {
        "unknown": list(unknown),
        "headline": headline,
        "sentence": dict(zip(features.SENTENCE, model.sentence, strict=True)),
        "word": dict(zip(features.WORD, model.word, strict=True)),
        "phrase": dict(zip(features.PHRASE, model.phrase, strict=True)),
        "member": dict(zip(features.SENTENCE + features.MEMBER, member, strict=True)),
        "set": dict(zip(sets.SET, together, strict=True)),
        "lexicon": {word: list(entry) for word, entry in lexicon.items()},
    }


def set_rows(
    reading: Reading,
    facts: Sequence[tuple[float, ...]],
    chance: Sequence[float],
    pool: Sequence[int],
    model: scorer.Model,
) -> tuple[list[tuple[int, int, int]], Any]:
    """Every set of three of *pool* with its facts: the members' summed, then the set's own."""
    expected, paired = scorer.expectations(model, reading, chance, pool)
    about = features.members(reading, chance, expected, paired, pool)
    single = np.array([facts[place] + row for place, row in zip(pool, about, strict=True)])
    found = sets.triples(reading, expected, paired, pool)
    members = [one for one, _ in found]
    index = np.array(members)
    summed = single[index[:, 0]] + single[index[:, 1]] + single[index[:, 2]]
    return members, np.hstack([summed, np.array([row for _, row in found])])


def _sets(
    taught: Sequence[Lesson],
    readings: Sequence[Reading],
    facts: Sequence[Sequence[tuple[float, ...]]],
    chances: Sequence[Sequence[float]],
    pools: Sequence[Sequence[int]],
    model: scorer.Model,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Ridge regression of ROUGE-1 and 2 on the facts of sets, centred within articles."""
    blocks, gains = [], []
    for lesson, reading, rows, chance, pool in zip(
        taught, readings, facts, chances, pools, strict=True
    ):
        if len(pool) <= 3:
            continue
        members, block = set_rows(reading, rows, chance, pool, model)
        gain = np.array(
            [
                _worth(lesson.reference.score(lesson.tokens[pool[one]] for one in chosen))
                for chosen in members
            ]
        )
        blocks.append(block - block.mean(0))
        gains.append(gain - gain.mean())
    stacked = np.vstack(blocks)
    gain = np.concatenate(gains)
    spread = stacked.std(0)
    spread[spread < 1e-9] = 1.0
    scaled = stacked / spread
    weights = np.linalg.solve(scaled.T @ scaled + SET_L2 * np.eye(scaled.shape[1]), scaled.T @ gain)
    rounded = _rounded(weights / spread)
    edge = len(features.SENTENCE) + len(features.MEMBER)
    return rounded[:edge], rounded[edge:]


def _worth(score: tuple[float, float]) -> float:
    return score[0] + PAIR_WEIGHT * score[1]


def _headline(
    taught: Sequence[Lesson],
    readings: Sequence[Reading],
    facts: Sequence[Sequence[tuple[float, ...]]],
    model: scorer.Model,
) -> float:
    """The worth of covering the headline, with the first highlight as its stand-in.

    Learned twice, as one weight on top of the sentence model: against the other highlights
    alone (too little: they avoid what the first has said) and against all of them (too much:
    the stand-in teaches itself). Half the mean of the two, and never a penalty.
    """
    found = []
    for others_only in (True, False):
        rows, answers = [], []
        for lesson, reading, own in zip(taught, readings, facts, strict=True):
            if others_only and not lesson.rest.size:
                continue
            chosen = rouge.oracle(lesson.rest, lesson.tokens) if others_only else lesson.chosen
            covers = scorer.headline_cover(reading, lesson.first_highlight)
            for place, (row, cover) in enumerate(zip(own, covers, strict=True)):
                offset = sum(a * b for a, b in zip(model.sentence, row, strict=True))
                rows.append((1.0, offset, cover))
                answers.append(float(place in chosen))
        found.append(logistic_fit(np.array(rows), np.array(answers), 1.0)[2])
    return _rounded([max(0.0, sum(found) / 4)])[0]


def _rounded(weights: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(f"{float(weight):.{DIGITS}g}") for weight in weights)


def as_json(weights: dict[str, Any]) -> str:
    """The file's text: one line a weight or a word, so that a difference can be read."""
    parts = []
    for name, value in weights.items():
        if isinstance(value, dict):
            lines = ",\n".join(
                f"{json.dumps(key)}:{json.dumps(entry, separators=(',', ':'))}"
                for key, entry in value.items()
            )
            parts.append(f"{json.dumps(name)}: {{\n{lines}\n}}")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
