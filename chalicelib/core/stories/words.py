"""The words of a text as a story sees them: stems, names, numbers, weekdays and months.

How rare a word is comes from a fixed table (English: rarity.json, made by `python -m bench.stories
lexicon`), never from the articles at hand: so what an article is about does not change when
another arrives. In other languages a word is as rare as it is long (Zipf, "The Psycho-Biology of
Language", 1935: the commoner, the shorter) and stems are beginnings of words.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

RARITY = Path(__file__).with_name("rarity.json")
MAX_RARITY = 58  # tenths of ln(documents / documents with the word): once in 330
MIN_RARITY = 8  # a word in more than four texts of nine says nothing
MAX_WORD = 24  # characters; what is longer is an address or a run of letters
_STEM_OF_OTHERS = 6  # characters: what inflected languages leave unchanged

WORD = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+(?:['\u2019][^\W_]+)*")
_SENTENCE_END = re.compile(r"\n|(?<=[.!?])\s+")
_NUMBER = re.compile(r"(\d[\d.,:]*)(?:st|nd|rd|th)?")
# Kana, ideographs, Thai, Lao, Khmer, Myanmar: written without spaces.
_UNSPACED = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)
# Wire services and tokenised texts write "5. 9", "120, 000" and "2: 09".
_SPLIT_NUMBERS = (
    (re.compile(r"(\d), (\d{3})\b"), r"\1,\2"),
    (re.compile(r"\b(\d)\. (\d)\b"), r"\1.\2"),
    (re.compile(r"\b(\d+): (\d\d)\b"), r"\1:\2"),
)

_COUNTED = "zero one two three four five six seven eight nine ten eleven twelve"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth"
_COUNTS = {word: str(value) for value, word in enumerate(_COUNTED.split())}
_COUNTS |= {word: str(value) for value, word in enumerate(_ORDINALS.split(), start=1)}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Without march and may, which are words too.
_MONTHS = ("january", "february", "april", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_DATES = {name: name[:3] for name in (*_DAYS, *_MONTHS)}
_DATES |= {name[:3]: name[:3] for name in _MONTHS} | {"sept": "sep"}
_ALL_NOUNS_CAPITAL = frozenset({"de", "lb"})


class Lexicon(NamedTuple):
    """How rare English stems are, in tenths; of names, how often of ten they have a capital."""

    rarity: dict[str, int]
    capital: dict[str, int]


class Word(NamedTuple):
    """One word of a text: a stem, or what a number or a date is."""

    kind: str  # name, word, number, date
    stem: str
    rarity: int  # of names and words


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The English table. Read at the first article, not at import."""
    stored = json.loads(RARITY.read_text(encoding="utf-8"))
    rarity = {
        stem: int(level) for level, stems in stored["rarity"].items() for stem in stems.split()
    }
    capital = {
        stem: int(share) for share, stems in stored["capital"].items() for stem in stems.split()
    }
    return Lexicon(rarity, capital)


def words(text: str, language: str) -> Iterator[Word]:
    """Yield what *text* says, in order, common words left out."""
    primary = language.partition("-")[0].lower()
    is_english = primary == "en"
    for spaced, run in _runs(unicodedata.normalize("NFKC", text)):
        if not spaced:
            yield from _pairs(run)
            continue
        for sentence in _SENTENCE_END.split(run):
            found = [word for word in WORD.findall(sentence) if len(word) <= MAX_WORD]
            in_title_case = is_title_case(found)
            for place, word in enumerate(found):
                lower = word.lower()
                number = _NUMBER.fullmatch(lower)
                value = number[1].replace(",", "") if number else _COUNTS.get(lower)
                if value is not None and (number or is_english):
                    yield Word("number", value.rstrip(".:"), 0)
                elif is_english and word[0].isupper() and lower in _DATES:
                    yield Word("date", _DATES[lower], 0)
                elif is_english:
                    yield from _english(word, lower, weak=place == 0 or in_title_case)
                else:
                    is_name = place > 0 and not in_title_case and word[0].isupper()
                    yield from _other(lower, primary, is_name=is_name)


def stems(text: str) -> Iterator[tuple[str, bool | None]]:
    """Yield English stems and whether each has a capital, None where a capital says nothing."""
    for sentence in _SENTENCE_END.split(text):
        found = [word for word in WORD.findall(sentence) if len(word) <= MAX_WORD]
        in_title_case = is_title_case(found)
        for place, word in enumerate(found):
            if not word[0].isdigit():
                yield stem(word.lower()), None if place == 0 or in_title_case else word[0].isupper()


def is_title_case(found: list[str]) -> bool:
    """True where capitals say nothing: most of a line's long words have one."""
    long = [word for word in found if len(word) > 3 and word[0].isalpha()]
    return len(long) > 1 and sum(word[0].isupper() for word in long) > 0.7 * len(long)


def plain(text: str) -> list[str]:
    """Return every word of *text* in lower case, for shingles; unspaced scripts by character."""
    found: list[str] = []
    for spaced, run in _runs(unicodedata.normalize("NFKC", text).casefold()):
        found.extend(WORD.findall(run) if spaced else run)
    return found


def stem(word: str) -> str:
    """Fold an English word's commonest endings. No dictionary: fired, fires and fire are one."""
    word = word.replace("\u2019", "'").removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    for pattern, joined in _SPLIT_NUMBERS:
        text = pattern.sub(joined, text)
    end = 0
    for match in _UNSPACED.finditer(text):
        if text[end : match.start()].strip():
            yield True, text[end : match.start()]
        yield False, match[0]
        end = match.end()
    if text[end:].strip():
        yield True, text[end:]


def _english(word: str, lower: str, *, weak: bool) -> Iterator[Word]:
    table = lexicon()
    root = stem(lower)
    rarity = table.rarity.get(root, MAX_RARITY)
    if len(lower) < 2 or rarity < MIN_RARITY:
        return
    share = table.capital.get(root, 0 if root in table.rarity else 10)
    # Where a capital says nothing, a word is a name when it nearly always has one.
    is_name = word[0].isupper() and share >= (8 if weak else 5)
    yield Word("name" if is_name else "word", root, rarity)


def _other(lower: str, language: str, *, is_name: bool) -> Iterator[Word]:
    if len(lower) < 4:
        return
    rarity = min(MAX_RARITY, 6 * len(lower) - 12)
    kind = "name" if is_name and language not in _ALL_NOUNS_CAPITAL else "word"
    yield Word(kind, lower[:_STEM_OF_OTHERS], rarity)


def _pairs(run: str) -> Iterator[Word]:
    for place in range(len(run) - 1):
        yield Word("word", run[place : place + 2], round(10 * math.log(100)))
