"""What three sentences are worth together, against a reckoning that takes no short cuts."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.summary import sets
from chalicelib.core.summary.reading import phrases, read

WORDS = ("ferry", "vell", "pier", "crew", "storm", "rudder", "vote")
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
TEXTS = st.lists(SENTENCES, min_size=3, max_size=6)


@given(texts=TEXTS, data=st.data())
def test_a_set_is_worth_what_its_sentences_tell_once(texts: list[str], data: st.DataObject) -> None:
    reading = read(tuple(texts), {}, unknown=(0.0, 0.0))
    pool = sorted(data.draw(st.permutations(range(len(texts))))[: max(3, len(texts) - 1)])
    expected = {word: (place + 1) / 10 for place, word in enumerate(sorted(reading.counts))}
    every = frozenset().union(*map(phrases, reading.stems))
    paired = {pair: (place + 1) / 100 for place, pair in enumerate(sorted(every))}

    found = dict(sets.triples(reading, expected, paired, pool))

    assert list(found) == list(combinations(range(len(pool)), 3))
    for chosen, facts in found.items():
        told = dict(zip(sets.SET, facts, strict=True))
        places = [pool[index] for index in chosen]
        own = [reading.vocabulary[place] for place in places]
        pairs = [phrases(reading.stems[place]) for place in places]
        length = sum(len(reading.stems[place]) for place in places)
        words = sum(expected[word] for word in own[0] | own[1] | own[2])
        # What stands in all three is not counted at all: a pair that does says nothing new.
        news = (pairs[0] | pairs[1] | pairs[2]) - (pairs[0] & pairs[1] & pairs[2])
        said = sum(paired[pair] for pair in news)
        shares = [len(a & b) / min(len(a), len(b)) for a, b in combinations(own, 2)]
        repeated = sum(expected[word] for a, b in combinations(own, 2) for word in a & b)

        assert told == pytest.approx({
            **{f"words F {n}": words / (length + n) for n in (20, 35, 60)},
            **{f"phrases F {n}": said / (length + n) for n in (20, 35, 60)},
            "words expected": words / 10,
            "phrases expected": said / 5,
            "length": length / 60,
            "length squared": (length / 60) ** 2,
            "length logarithm": math.log(length + 1),
            "words repeated": repeated / 5,
            "repeated share": sum(shares),
            "repeated share worst": max(shares),
            "phrases repeated": sum(len(a & b) for a, b in combinations(pairs, 2)) / 5,
            "distinct share": len(own[0] | own[1] | own[2]) / (length + 1),
            "adjacent": float(places[2] - places[0] == 2),
            "stretch": (places[2] - places[0]) / len(texts),
        })  # fmt: skip
