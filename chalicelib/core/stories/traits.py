"""What an article is about, small enough to stand in a table: all that clustering reads of it.

Made once, at ingest, from the article alone. Equal articles have equal traits on every machine.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from chalicelib.core.article import ARTICLE_ID, ArticleId, article_id
from chalicelib.core.stories import sketch
from chalicelib.core.stories.words import plain, words

MAX_TERMS = 40  # names and words; with the sketch they fill 1.3 KB
MAX_NUMBERS = 12
MAX_DATES = 4
MAX_WORDS_READ = 1_500  # of the text: what comes later is background
_NEWS = 120  # words in which an article says what has happened; figures after them are background
_LEAD = 30  # words that count twice: who did what, where
_SHORT_LINE = 8  # words
_SMALL = frozenset({"0", "1", "2", "3"})  # every article has one of them
TRACKING = re.compile(r"utm_.*|fbclid|gclid|mc_[ce]id|cmpid|ref|source|ns_.*|s_cid|at_.*")
_INDEX = re.compile(r"/(?:index|default)\.\w+$|/amp$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What clustering knows of an article. Its JSON has under 1.5 KB, editors' links aside."""

    id: ArticleId
    published_at: datetime
    source: str = ""
    address: str | None = None  # digest of the normalised original address
    names: dict[str, int]  # stem -> rarity, in tenths of ln(texts / texts with it)
    words: dict[str, int]
    numbers: tuple[str, ...] = ()  # of the text's beginning
    dates: tuple[str, ...] = ()  # weekdays and months, of the beginning too
    shingles: int = 0
    sketch: str = ""
    same_story: tuple[ArticleId, ...] = ()
    not_same_story: tuple[ArticleId, ...] = ()


def fingerprint(
    *,
    id: ArticleId,  # noqa: A002 - the article's own word for it
    headline: str,
    text: str,
    language: str,
    published_at: datetime,
    source: str = "",
    original_url: str | None = None,
    same_story: Iterable[str] = (),
    not_same_story: Iterable[str] = (),
) -> Traits:
    """Return the traits of an article; *same_story* and *not_same_story* are keys or ids.

    Never raises, whatever the text and the language.
    """
    weights: Counter[str] = Counter()
    rarity: dict[str, int] = {}
    names: set[str] = set()
    numbers: Counter[str] = Counter()
    dates: Counter[str] = Counter()
    for place, word in enumerate(words(f"{headline}\n{text}", language)):
        if place >= MAX_WORDS_READ:
            break
        if word.kind == "number":
            numbers[word.stem] += place < _NEWS and word.stem not in _SMALL
        elif word.kind == "date":
            dates[word.stem] += place < _NEWS
        else:
            weights[word.stem] += 2 if place < _LEAD else 1
            rarity[word.stem] = word.rarity
            if word.kind == "name":
                names.add(word.stem)
    weighed = {stem: rarity[stem] * (1 + math.log(n)) for stem, n in weights.items()}
    chosen = sorted(weighed, key=lambda stem: (-round(weighed[stem], 6), stem))[:MAX_TERMS]
    made = sketch.sketch(_prose(text))
    return Traits(
        id=id,
        published_at=published_at.astimezone(UTC).replace(microsecond=0),
        source=source,
        address=address_digest(original_url) if original_url else None,
        names={stem: rarity[stem] for stem in chosen if stem in names},
        words={stem: rarity[stem] for stem in chosen if stem not in names},
        numbers=_commonest(numbers, MAX_NUMBERS),
        dates=_commonest(dates, MAX_DATES),
        shingles=made.shingles,
        sketch=sketch.written(made.hashes),
        same_story=_ids(same_story, besides=id),
        not_same_story=_ids(not_same_story, besides=id),
    )


def similarity(a: Traits, b: Traits) -> float:
    """Estimate which share of the smaller text stands word for word in the other, in [0, 1].

    From `sketch.COPY` on one is a copy of the other: cut, padded, re-ordered or with a new lead.
    """
    ours = sketch.Sketch(a.shingles, sketch.read(a.sketch))
    return sketch.containment(ours, sketch.Sketch(b.shingles, sketch.read(b.sketch)))


def address_digest(address: str) -> str | None:
    """Return a digest that is equal for the addresses of one page, None for a site's front page.

    Scheme, `www.` and `m.`, port, letter case of the host, a last slash, index pages, fragments
    and parameters that only track are left out; the other parameters are sorted.
    """
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("amp.")
        given = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return None
    path = _INDEX.sub("", parts.path).rstrip("/")
    query = urlencode(sorted(pair for pair in given if not TRACKING.fullmatch(pair[0].lower())),
                      errors="replace")  # fmt: skip
    if parts.scheme.lower() not in ("http", "https") or not host or not (path or query):
        return None
    normal = f"{host}{path}?{query}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(normal, digest_size=8).hexdigest()


def _prose(text: str) -> list[str]:
    """The words of *text* without short lines, which a site's pages share: labels, links, credits.

    A text of which short lines are more than a quarter is made of them, and is taken whole.
    """
    lines = [plain(line) for line in text.split("\n")]
    every = [word for line in lines for word in line]
    long = [word for line in lines if len(line) >= _SHORT_LINE for word in line]
    return long if len(long) >= 0.75 * len(every) else every


def _commonest(counts: Counter[str], limit: int) -> tuple[str, ...]:
    told = (one for one in counts if counts[one])
    return tuple(sorted(told, key=lambda one: (-counts[one], one))[:limit])


def _ids(named: Iterable[str], *, besides: ArticleId) -> tuple[ArticleId, ...]:
    found = {ArticleId(one) if ARTICLE_ID.fullmatch(one) else article_id(one) for one in named}
    return tuple(sorted(found - {besides}))
