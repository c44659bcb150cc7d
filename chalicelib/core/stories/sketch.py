"""How much of one text stands in another, told from 64 numbers of each.

A text is the set of its runs of SHINGLE words. Of their hashes the SIZE smallest are kept (a
bottom-k sketch: Broder, "On the resemblance and containment of documents", 1997). The smallest
hashes of two sketches together are a random sample of both texts' union, and how many of them lie
in both texts estimates the resemblance J; with the sizes of the texts it gives the containment

    C = J / (1 + J) * (|A| + |B|) / min(|A|, |B|)

which stays near 1 when one text is a cut or a padded copy of the other, where J falls.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import NamedTuple

SHINGLE = 5  # words; shorter runs are shared by texts on one subject
SIZE = 64  # hashes: the standard error of J is 0.06 at worst
FEW = 24  # shingles; a smaller text is a brief, which another may quote whole
COPY = 0.5  # similarity from which one text is a copy of the other
_BYTES = 4


class Sketch(NamedTuple):
    """The smallest hashes of a text's shingles, in order, and how many shingles it has."""

    shingles: int
    hashes: tuple[int, ...]


def sketch(words: Sequence[str]) -> Sketch:
    """Return the sketch of a text of *words*; a text shorter than SHINGLE is one shingle."""
    last = max(1, len(words) - SHINGLE + 1) if words else 0
    found = {_hash(" ".join(words[place : place + SHINGLE])) for place in range(last)}
    return Sketch(len(found), tuple(sorted(found)[:SIZE]))


def written(hashes: Sequence[int]) -> str:
    return b64encode(b"".join(one.to_bytes(_BYTES, "big") for one in hashes)).decode("ascii")


def read(text: str) -> tuple[int, ...]:
    """The inverse of `written`."""
    data = b64decode(text)
    return tuple(
        int.from_bytes(data[place : place + _BYTES], "big") for place in range(0, len(data), _BYTES)
    )


def containment(a: Sketch, b: Sketch) -> float:
    """Estimate which share of the smaller text stands in the other, in [0, 1].

    Symmetric. Where the smaller text has fewer than FEW shingles it is the resemblance J.
    """
    ours, theirs = frozenset(a.hashes), frozenset(b.hashes)
    if ours.isdisjoint(theirs):
        return 0.0
    sample = sorted(ours | theirs)[:SIZE]
    both = sum(one in ours and one in theirs for one in sample)
    resemblance = both / len(sample)
    smaller = min(a.shingles, b.shingles)
    if smaller < FEW:
        return resemblance
    return min(1.0, resemblance / (1 + resemblance) * (a.shingles + b.shingles) / smaller)


def added(own: Sketch, others: Sequence[Sketch]) -> float:
    """Estimate which share of a text stands in none of *others*, in [0, 1].

    A sketch says of every hash up to its largest whether the text has it (of any hash, where the
    text has fewer than SIZE). So the own hashes up to the least of those bounds are a sample of the
    own text of which each can be told; its size is about SIZE times the own length over that of
    the longest text. A text so much shorter than another that none is left, is told by the share
    of it that stands in each.
    """
    known = [other for other in others if other.hashes]
    bound = min((max(o.hashes) for o in known if o.shingles > len(o.hashes)), default=None)
    sample = [one for one in own.hashes if bound is None or one <= bound]
    if not sample:
        return 1.0 - max((containment(own, other) for other in known), default=0.0)
    old = frozenset[int]().union(*(other.hashes for other in known))
    return sum(one not in old for one in sample) / len(sample)


def _hash(shingle: str) -> int:
    data = shingle.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=_BYTES).digest(), "big")
