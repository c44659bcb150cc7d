"""What makes three sentences a good summary together: what they cover, their length, repeats.

The facts of every set of three from a pool. A set is more than its sentences: the second is
worth what it adds, and a long one must earn its length.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from chalicelib.core.summary.features import Facts
from chalicelib.core.summary.reading import Phrase, Reading, phrases

SET = (
    "words F 20",
    "words F 35",
    "words F 60",
    "words expected",
    "phrases F 20",
    "phrases F 35",
    "phrases F 60",
    "phrases expected",
    "length",
    "length squared",
    "length logarithm",
    "words repeated",
    "repeated share",
    "repeated share worst",
    "phrases repeated",
    "distinct share",
    "adjacent",
    "stretch",
)


def triples(
    reading: Reading,
    expected: Mapping[str, float],
    paired: Mapping[Phrase, float],
    pool: Sequence[int],
) -> list[tuple[tuple[int, int, int], Facts]]:
    """The SET facts of every three sentences of *pool* (in document order), by pool index.

    Expected words and phrases of the union come by inclusion and exclusion from overlaps made
    once a pair. "F n" is an expected F-measure against a summary of n words.
    """
    size = len(pool)
    own = [reading.vocabulary[place] for place in pool]
    pairs = [phrases(reading.stems[place]) for place in pool]
    mass = [sum(map(expected.__getitem__, one)) for one in own]
    pair_mass = [sum(map(paired.__getitem__, one)) for one in pairs]
    lengths = [len(reading.stems[place]) for place in pool]
    sizes = list(map(len, own))
    both: dict[tuple[int, int], frozenset[str]] = {}
    facts: dict[tuple[int, int], tuple[float, float, float, int]] = {}
    for a, b in combinations(range(size), 2):
        common = own[a] & own[b]
        shared = pairs[a] & pairs[b]
        both[a, b] = common
        facts[a, b] = (
            sum(map(expected.__getitem__, common)),
            len(common) / (min(len(own[a]), len(own[b])) or 1),
            sum(map(paired.__getitem__, shared)),
            len(shared),
        )
    total = len(reading.texts)
    found: list[tuple[tuple[int, int, int], Facts]] = []
    for a, b in combinations(range(size), 2):
        ab_words, ab_share, ab_pairs, ab_phrases = facts[a, b]
        common = both[a, b]
        two_words = mass[a] + mass[b] - ab_words
        two_pairs = pair_mass[a] + pair_mass[b] - ab_pairs
        two_length = lengths[a] + lengths[b]
        two_distinct = sizes[a] + sizes[b] - len(common)
        for c in range(b + 1, size):
            ac_words, ac_share, ac_pairs, ac_phrases = facts[a, c]
            bc_words, bc_share, bc_pairs, bc_phrases = facts[b, c]
            thrice = common & own[c]
            words_expected = two_words + mass[c] - ac_words - bc_words
            if thrice:
                words_expected += sum(map(expected.__getitem__, thrice))
            phrases_expected = two_pairs + pair_mass[c] - ac_pairs - bc_pairs
            length = two_length + lengths[c]
            distinct = two_distinct + sizes[c] - len(both[a, c]) - len(both[b, c]) + len(thrice)
            found.append(
                (
                    (a, b, c),
                    (
                        words_expected / (length + 20),
                        words_expected / (length + 35),
                        words_expected / (length + 60),
                        words_expected / 10,
                        phrases_expected / (length + 20),
                        phrases_expected / (length + 35),
                        phrases_expected / (length + 60),
                        phrases_expected / 5,
                        length / 60,
                        (length / 60) ** 2,
                        math.log(length + 1),
                        (ab_words + ac_words + bc_words) / 5,
                        ab_share + ac_share + bc_share,
                        max(ab_share, ac_share, bc_share),
                        (ab_phrases + ac_phrases + bc_phrases) / 5,
                        distinct / (length + 1),
                        float(pool[c] - pool[a] == 2),
                        (pool[c] - pool[a]) / total,
                    ),
                )
            )
    return found
