"""What the scorer looks at: facts about a sentence, a word and a phrase.

Each family has its names beside its function, in one order; a weight in weights.json is filed
under such a name. The functions return plain tuples: they run some hundred times an article.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from itertools import chain, pairwise

from chalicelib.core.summary import prose
from chalicelib.core.summary.reading import CONTENT_IDF, Phrase, Reading, phrases, raw_words

SENTENCE = (
    "one",
    "place inverse",
    "place first",
    "place second",
    "place third",
    "place in first five",
    "place logarithm",
    "length",
    "length squared",
    "length logarithm",
    "length over 50",
    "central",
    "central squared",
    "top terms weight",
    "top terms count",
    "quoted share",
    "quoted mostly",
    "quote opens",
    "speaks to you",
    "asks",
    "exclaims",
    "has figure",
    "capitals share",
    "capitals",
    "points back",
    "new content",
    "shared with previous",
    "lead content covered",
    "shared with lead",
    "names a day",
    "subordinate clauses",
    "commas",
    "has colon",
    "inverse x document length",
    "first x length",
    "lead x central",
    "mean idf",
)
WORD = (
    "one",
    "count",
    "spread",
    "place inverse",
    "place depth",
    "common",
    "idf",
    "figure",
    "length",
    "prior",
    "count x idf",
    "inverse x capitals",
    "common x count",
    "capitals x count",
    "idf x inverse",
    "first x count",
    "document length",
    "once x document length",
    "count squared",
    "best sentence logarithm",
    "best sentence",
    "sentences share",
    "sentences sum",
    "sentences logarithm",
    "common x best sentence",
)
PHRASE = (
    "one",
    "first word",
    "second word",
    "place inverse",
    "count",
    "inverse x both",
    "count x both",
    "in first sentence",
    "first content",
    "second content",
    "both content",
    "figure",
    "capitals",
    "best sentence logarithm",
    "best sentence",
    "sentences share",
    "sentences logarithm",
)
# Of each sentence of a set, summed, beside its SENTENCE facts.
MEMBER = (
    "probability",
    "probability logarithm",
    "words expected",
    "words expected by length",
    "words expected share",
    "content expected",
    "content expected share",
    "words expected of most",
    "phrases expected",
    "phrases expected by length",
    "phrases expected share",
    "phrases expected of most",
)

_YOU_AND_I = prose.listed("I we you my our your me us")
_SPEECH = r"[\"“][^\"“”]*[\"”]|(?<!\w)['‘][^'‘’]{3,}['’](?!\w)"
_DAY = prose.listed(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April June"
    " July August September October November December"
)
_SUBORDINATE = prose.listed("who which where when because after as")
TOP_TERMS = 12

Facts = tuple[float, ...]


def sentences(reading: Reading) -> list[Facts]:
    """The SENTENCE facts of every sentence. O(words)."""
    idf = reading.idf
    vocabulary = reading.vocabulary
    total = len(vocabulary)
    weight = {word: count * idf[word] for word, count in reading.counts.items()}
    norm = math.sqrt(sum(value * value for value in weight.values())) or 1.0
    pull = {word: value * idf[word] for word, value in weight.items()}
    square = {word: value * value for word, value in idf.items()}
    contents = {word for word, value in idf.items() if value > CONTENT_IDF}
    strongest = nsmallest(TOP_TERMS, [(-value, word) for word, value in weight.items()])
    top = {word for _, word in strongest}
    top_weight = sum(weight[word] for word in top) or 1.0
    lead = frozenset().union(*vocabulary[:3])
    lead_content = lead & contents
    log_total = math.log(total) if total else 0.0
    seen: set[str] = set()
    previous: frozenset[str] = frozenset()
    rows: list[Facts] = []
    for place, (text, own) in enumerate(zip(reading.texts, vocabulary, strict=True)):
        length = len(reading.stems[place]) or 1
        own_norm = math.sqrt(sum(map(square.__getitem__, own))) or 1.0
        central = sum(map(pull.__getitem__, own)) / (norm * own_norm)
        has_quote = '"' in text or "“" in text or "'" in text or "‘" in text
        plain = prose.pattern(_SPEECH).sub(" ", text) if has_quote else text
        raw = reading.raw[place]
        quoted = 1.0 - len(plain) / len(text) if has_quote and len(plain) < len(text) else 0.0
        capitals = reading.capitalised[place]
        content = own & contents
        fresh = len(content - seen)
        tops = own & top
        inverse = 1.0 / (place + 1)
        first = 1.0 if place == 0 else 0.0
        rows.append(
            (
                1.0,
                inverse,
                first,
                float(place == 1),
                float(place == 2),
                float(place < 5),
                math.log(1 + place),
                length / 20,
                (length / 20) ** 2,
                math.log(length),
                float(length > 50),
                central,
                central * central,
                sum(map(weight.__getitem__, tops)) / top_weight,
                len(tops) / TOP_TERMS,
                quoted,
                float(quoted > 0.5),
                float(text[0] in "\"“'‘"),
                float(_speaks_to_you(raw, plain if has_quote else "")),
                float("?" in text),
                float("!" in text),
                float(bool(prose.pattern(r"\d").search(text))),
                capitals / length,
                min(capitals, 8) / 8,
                float(prose.points_back(text)),
                fresh / (len(content) + 1),
                len(own & previous) / length,
                len(own & lead_content) / (len(lead_content) + 1),
                len(own & lead) / length if place else 0.0,
                float(not _DAY.isdisjoint(raw)),
                float(sum(map(_SUBORDINATE.__contains__, raw))),
                text.count(",") / 5,
                float(":" in text),
                inverse * log_total,
                first * length / 20,
                central if place < 3 else 0.0,
                sum(map(idf.__getitem__, reading.stems[place])) / length,
            )
        )
        seen |= own
        previous = own
    return rows


def _speaks_to_you(raw: Sequence[str], unquoted: str) -> bool:
    """Whether the writer says "I", "we" or "you"; *unquoted* is the text without its speech."""
    if _YOU_AND_I.isdisjoint(raw):
        return False
    return not unquoted or not _YOU_AND_I.isdisjoint(raw_words(unquoted))


def words(
    reading: Reading, probability: Sequence[float], wanted: frozenset[str]
) -> list[tuple[str, Facts]]:
    """The WORD facts of the *wanted* stems. *probability* is each sentence's, of being chosen."""
    best = dict.fromkeys(wanted, 0.0)
    mass = dict.fromkeys(wanted, 0.0)
    for own, value in zip(reading.vocabulary, probability, strict=True):
        for word in own & wanted:
            mass[word] += value
            best[word] = max(best[word], value)
    total = len(reading.texts)
    whole = sum(probability) or 1.0
    log_total = math.log(total) if total else 0.0
    rows: list[tuple[str, Facts]] = []
    for word in best:
        count = reading.counts[word]
        place = reading.first[word]
        idf = reading.idf[word]
        prior = reading.prior[word]
        log_count = math.log(count)
        inverse = 1.0 / (1 + place)
        first = 1.0 if place == 0 else 0.0
        capitals = reading.capitals.get(word, 0) / count
        common = 1.0 if idf < 1.0 else 0.0
        once = 1.0 if count == 1 else 0.0
        best_log = math.log(best[word] + 0.01)
        rows.append(
            (
                word,
                (
                    1.0,
                    log_count,
                    reading.spread[word] / total,
                    inverse,
                    place / total,
                    common,
                    idf,
                    float(word[0] < "a"),
                    min(len(word), 10) / 10,
                    prior,
                    log_count * idf,
                    inverse * capitals,
                    common * log_count,
                    capitals * log_count,
                    idf * inverse,
                    first * log_count,
                    log_total,
                    once * log_total,
                    log_count * log_count,
                    best_log,
                    best[word],
                    mass[word] / whole,
                    mass[word],
                    math.log(mass[word] + 0.01),
                    best_log * common,
                ),
            )
        )
    return rows


def phrase_facts(
    reading: Reading,
    probability: Sequence[float],
    expected: Mapping[str, float],
    pool: Sequence[int],
) -> list[tuple[Phrase, Facts]]:
    """The PHRASE facts of the pairs in the sentences of *pool*.

    *expected* is each word's probability of standing in a summary. Counts are over the whole
    article, so a pair that the rest repeats is known as such.
    """
    first: dict[Phrase, int] = {}
    best: dict[Phrase, float] = {}
    mass: dict[Phrase, float] = {}
    for place in pool:
        value = probability[place]
        for pair in pairwise(reading.stems[place]):
            first.setdefault(pair, place)
            best[pair] = mass[pair] = value
    count = Counter(chain.from_iterable(map(pairwise, reading.stems)))
    repeated = {pair for pair in first if count[pair] > 1}
    for pair in repeated:
        best[pair] = mass[pair] = 0.0
        del first[pair]
    for place, stems in enumerate(reading.stems if repeated else ()):
        value = probability[place]
        for pair in filter(repeated.__contains__, pairwise(stems)):
            first.setdefault(pair, place)
            mass[pair] += value
            best[pair] = max(best[pair], value)
    whole = sum(probability) or 1.0
    idf = reading.idf
    rows: list[tuple[Phrase, Facts]] = []
    # Most pairs stand once: what such a row holds of its sentence is reckoned once a sentence.
    logs = [math.log(value + 0.01) for value in probability]
    word_logs = {word: math.log(expected[word] + 1e-9) for word in {w for p in first for w in p}}
    content = {word for word in word_logs if idf[word] > CONTENT_IDF}
    for pair, place in first.items():
        left, right = pair
        both = expected[left] * expected[right]
        inverse = 1.0 / (1 + place)
        content_left = 1.0 if left in content else 0.0
        content_right = 1.0 if right in content else 0.0
        value = best[pair]
        if pair in repeated:
            log_count = math.log(count[pair])
            best_log = math.log(value + 0.01)
            mass_log = math.log(mass[pair] + 0.01)
        else:
            log_count = 0.0
            best_log = mass_log = logs[place]
        rows.append(
            (
                pair,
                (
                    1.0,
                    word_logs[left],
                    word_logs[right],
                    inverse,
                    log_count,
                    inverse * both,
                    log_count * both,
                    float(place == 0),
                    content_left,
                    content_right,
                    content_left * content_right,
                    float(left[0] < "a" or right[0] < "a"),
                    (reading.capitals.get(left, 0) / reading.counts[left])
                    * (reading.capitals.get(right, 0) / reading.counts[right]),
                    best_log,
                    value,
                    mass[pair] / whole,
                    mass_log,
                ),
            )
        )
    return rows


def members(
    reading: Reading,
    probability: Sequence[float],
    expected: Mapping[str, float],
    paired: Mapping[Phrase, float],
    pool: Sequence[int],
) -> list[Facts]:
    """The MEMBER facts of the sentences of *pool*, in its order."""
    whole = []
    for place in pool:
        own = reading.vocabulary[place]
        content = [word for word in own if reading.idf[word] > CONTENT_IDF]
        whole.append(
            (
                sum(map(expected.__getitem__, own)),
                sum(map(expected.__getitem__, content)),
                len(content),
                sum(map(paired.__getitem__, phrases(reading.stems[place]))),
            )
        )
    most_words = max((one[0] for one in whole), default=0.0) or 1.0
    most_phrases = max((one[3] for one in whole), default=0.0) or 1.0
    rows: list[Facts] = []
    for place, (mass, content_mass, contents, pairs) in zip(pool, whole, strict=True):
        length = len(reading.stems[place]) or 1
        rows.append(
            (
                probability[place],
                math.log(probability[place] + 0.01),
                mass / 10,
                mass / (length + 35),
                mass / length,
                content_mass / 5,
                content_mass / (contents + 1),
                mass / most_words,
                pairs,
                pairs / (length + 35),
                pairs / length,
                pairs / most_phrases,
            )
        )
    return rows
