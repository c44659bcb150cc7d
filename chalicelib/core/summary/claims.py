"""What can be checked in a sentence: its numbers, names, quotations, and denials or doubts.

Each is read into a form in which "1,200", "1200" and "twelve hundred", or "U.S." and "US", are
the same. English has every list; other languages have the digits, the capitals (where the
script has them), the quotation marks, and the commonest words of denial and doubt.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from chalicelib.core.summary.prose import listed, pattern


class Number(NamedTuple):
    """A quantity: its value as plain text ("1200000", "5:30") and what it counts, if marked."""

    value: str
    unit: str  # "%", a currency sign, or ""


_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
_SCALES = {
    "hundred": 2, "thousand": 3, "k": 3, "million": 6, "m": 6, "mn": 6, "billion": 9, "bn": 9,
    "b": 9, "trillion": 12, "tn": 12,
}  # fmt: skip
_WORD_VALUES = (
    {word: value for value, word in enumerate(_ONES)}
    | {word: 10 * (tens + 2) for tens, word in enumerate(_TENS)}
    | {word: value for value, word in enumerate(_ORDINALS) if value}
    | {"dozen": 12, "twice": 2, "half": 0.5, "dozens": 12, "hundreds": 100, "thousands": 1000}
    | {"millions": 10**6, "billions": 10**9, "double": 2, "triple": 3, "once": 1, "thrice": 3}
    | {
        "hundred": 100,
        "thousand": 1000,
        "million": 10**6,
        "billion": 10**9,
        "trillion": 10**12,
        "quarter": 0.25,
    }
)
_NUMBER = (
    r"([$£€¥₹])?\s?(\d+(?:[.,:/’']\d+)*)(?:st|nd|rd|th|s)?\b"
    r"(?:[\s-]?(hundred|thousand|million|billion|trillion|mn|bn|tn|[kmb])\b)?"
    r"\s?-?(%|percent\b|per cent\b|pct\b|dollars?\b|pounds?\b|euros?\b|٪)?"
)
_MULTIPLIERS = ("hundred", "thousand", "million", "billion", "trillion")
_UNITS = {"percent": "%", "per cent": "%", "pct": "%", "٪": "%", "dollar": "$", "dollars": "$",
          "pound": "£", "pounds": "£", "euro": "€", "euros": "€"}  # fmt: skip
_NUMBER_WORD = r"\b[a-z]+(?:-[a-z]+)?\b"
_WEAK_WORDS = listed("one once first second half quarter double")

_QUOTED = (
    r"\"([^\"]+)\"|“([^“”]+)”|„([^„“”]+)[“”]|«\s?([^«»]+?)\s?»|「([^「」]+)」|『([^『』]+)』"
    r"|(?<!\w)'((?=\S)[^'\"]*?(?:\w['’](?=\w)[^'\"]*?)*)(?<=\S)'(?!\w)|(?<!\w)‘([^‘]+?)’(?!\w)"
)
_CAPITALISED = r"[^\W\d_](?:[\w'’&-]|\.(?=\w))*"

_DENIALS = {
    "en": "not never no none nobody nothing neither nor without cannot deny denies denied denying"
    " refuse refuses refused refusing reject rejects rejected false untrue unable unlikely fail"
    " fails failed hardly barely rarely nowhere dismissed",
    "de": "nicht kein keine keinen keiner keinem nie niemals ohne weder bestreitet bestritt",
    "fr": "ne pas jamais aucun aucune ni sans rien dément nie",
    "es": "no nunca jamás ningún ninguna ni sin nada niega negó",
    "pt": "não nunca jamais nenhum nenhuma nem sem nada nega negou",
    "it": "non mai nessun nessuna né senza nulla nega",
    "nl": "niet geen nooit zonder noch ontkent",
    "ru": "не ни нет никогда без отрицает",
}
_DOUBTS = {
    "en": "alleged allegedly alleges allege allegation allegations accused suspected suspect"
    " reportedly reported purported purportedly claimed claims claim may might could possibly"
    " possible perhaps probably likely apparently apparent believed thought supposedly potentially"
    " potential presumably rumored rumoured unconfirmed expected estimated approximately about"
    " around roughly nearly almost up least most said says told according would should suggested"
    " suggests appears seems appeared seemed",
    "de": "angeblich mutmaßlich soll sollen möglicherweise vielleicht laut könnte wohl etwa",
    "fr": "présumé peut-être selon aurait pourrait environ probablement",
    "es": "presunto presuntamente quizás según podría aproximadamente supuestamente",
    "pt": "alegado supostamente talvez segundo poderia cerca",
    "it": "presunto presunta forse secondo potrebbe circa",
    "nl": "vermeend mogelijk misschien volgens zou ongeveer",
    "ru": "якобы возможно вероятно около может",
}
# Doubts whose absence changes who stands for the claim, even in a free paraphrase.
STRONG_DOUBTS = listed(
    "alleged allegedly alleges allege allegation allegations accused suspected suspect reportedly"
    " purported purportedly supposedly unconfirmed rumored rumoured"
)
CLEAR_DENIALS = listed(
    "not never no none nobody nothing neither nor cannot deny denies denied denying"
)


def plain(text: str) -> str:
    """*text* with one kind of quotation mark, dash and space, and full-width forms made narrow."""
    if text.isascii():
        return " ".join(text.split())
    text = unicodedata.normalize("NFKC", text)
    return " ".join(text.translate(_PLAIN).split())


_PLAIN = {ord(a): b for a, b in zip("‘’‚“”„«»–—−‑", '\'\'\'"""""----', strict=True)}


def tokens(text: str) -> list[str]:
    """The words of *text* in small letters, "n't" apart from its verb, possessives off."""
    found: list[str] = []
    for word in pattern(r"[^\W_]+(?:[.,:'’&/-]+[^\W_]+)*|%|[$£€¥₹]").findall(text.lower()):
        short = word.replace("’", "'")
        if short.endswith("n't"):
            found += ["can" if short == "can't" else short[:-3], "not"]
        elif short == "cannot":
            found += ["can", "not"]
        else:
            found.append(short.removesuffix("'s"))
    return found


class Placed(NamedTuple):
    """A quantity where it stands: `text[start:end]` of the text in small letters."""

    start: int
    end: int
    number: Number


def numbers(text: str) -> list[Number]:
    """The quantities of *text*, in digits and in English words."""
    return [one.number for one in placed_numbers(small_letters(text))]


def small_letters(text: str) -> str:
    """The form of *text* in which `placed_numbers` reads and counts: NFKC, in small letters."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def placed_numbers(small: str) -> list[Placed]:
    """The quantities of *small* with their places, those in digits first.

    A place holds the quantity's sign, scale and unit ("$1.2 million"), not an ordinal's ending.
    """
    found = []
    for match in pattern(_NUMBER).finditer(small):
        sign, digits, scale, unit = match.groups(default="")
        start = match.start(1) if sign else match.start(2)
        end = max(match.end(group) for group in (2, 3, 4))
        number = Number(_value(digits, scale), sign or _UNITS.get(unit, unit))
        found.append(Placed(start, end, number))
    return found + _worded(small)


def _worded(small: str) -> list[Placed]:
    """The quantities in words of *small*: "two hundred thousand" is one, "twenty-two" another."""
    found: list[tuple[int, int, float]] = []
    for match in pattern(_NUMBER_WORD).finditer(small):
        word, (start, end) = match[0], match.span()
        if word in _SCALES and small[:start][-2:].strip(" -")[-1:].isdigit():
            continue  # "2 million" is told by its digits
        if word in _MULTIPLIERS and found and small[found[-1][1] : start].isspace():
            first, _, value = found[-1]
            found[-1] = (first, end, value * _WORD_VALUES[word])
        elif word in _WORD_VALUES:
            found.append((start, end, _WORD_VALUES[word]))
        elif "-" in word:
            tens, _, ones = word.partition("-")
            parts = [_WORD_VALUES[part] for part in (tens, ones) if part in _WORD_VALUES]
            sums = [sum(parts)] if tens in _TENS and len(parts) == 2 else parts
            found += [(start, end, value) for value in sums]
    return [
        Placed(start, end, Number(f"{value:g}" if value % 1 else str(int(value)), ""))
        for start, end, value in found
    ]


def has_number(text: str) -> bool:
    """Whether `numbers` finds any, without reading them."""
    return bool(pattern(r"\d").search(text)) or not _WORD_VALUES.keys().isdisjoint(
        pattern(r"[a-z]+").findall(text.lower())
    )


def firm_numbers(text: str) -> list[Number]:
    """The quantities that a free paraphrase must have from its source: "one" and "first" apart."""
    weak = pattern(r"\b(?:" + "|".join(sorted(_WEAK_WORDS)) + r")\b", re.IGNORECASE)
    return numbers(weak.sub(" ", text))


def _value(digits: str, scale: str) -> str:
    if ":" in digits or "/" in digits:
        return digits
    digits = digits.replace("'", ",").replace("’", ",")
    if pattern(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?").fullmatch(digits):
        digits = digits.replace(",", "")
    elif pattern(r"\d{1,3}(?:\.\d{3}){2,}").fullmatch(digits):
        digits = digits.replace(".", "")
    if digits.count(".") + digits.count(",") > 1:
        return digits
    whole, _, part = digits.replace(",", ".").partition(".")
    zeros = _SCALES.get(scale, 0)
    if len(whole) + zeros > 60:
        return digits + scale
    # Decimal by hand: binary fractions would make 1.1 million a different million.
    whole += part[:zeros].ljust(zeros, "0")
    part = part[zeros:].rstrip("0")
    return (whole.lstrip("0") or "0") + ("." + part if part else "")


def quotations(text: str) -> list[str]:
    """What stands between quotation marks in *text*, as `plain` text without closing stops."""
    found = []
    for groups in pattern(_QUOTED).findall(text):
        quoted = plain(next((one for one in groups if one), ""))
        quoted = quoted.strip(" .,;:!?-…'\"")
        if quoted:
            found.append(quoted)
    return found


def names(text: str) -> list[str]:
    """The capitalised words of *text* but the first of a sentence, as `name_key`s."""
    found = []
    for match in pattern(_CAPITALISED).finditer(text):
        word = match[0]
        if not word[0].isupper() or word in ("I", "I'm", "I’m", "I've", "I’ve", "I'd", "I'll"):
            continue
        before = text[max(0, match.start() - 3) : match.start()].rstrip()
        opens = match.start() == 0 or not before or before[-1] in ".!?:\"“‘'«„(['•–—"
        if not opens or (len(word) > 1 and word.isupper()):
            found.append(name_key(word))
    return [name for name in found if name]


def opening_words(text: str) -> list[str]:
    """The capitalised words that open a sentence or a quotation: names perhaps, perhaps not."""
    found = []
    for match in pattern(_CAPITALISED).finditer(text):
        before = text[max(0, match.start() - 3) : match.start()].rstrip()
        if match[0][0].isupper() and (not before or before[-1] in ".!?:\"“‘'«„(['•–—"):
            found.append(name_key(match[0]))
    return [name for name in found if name]


def name_key(word: str) -> str:
    """A name's form for comparing: small letters, no possessive, no stops, no accents."""
    key = word.replace("’", "'").lower().removesuffix("'s").rstrip("'").replace(".", "")
    if not key.isascii():
        key = "".join(c for c in unicodedata.normalize("NFD", key) if not unicodedata.combining(c))
    return key


def has_case(text: str) -> bool:
    """Whether the script of *text* has capitals, so that names can be told by them."""
    if text.isascii():
        return any(map(str.isalpha, text))
    letters = [char for char in text if char.isalpha()]
    return sum(char.lower() != char.upper() for char in letters) * 2 > len(letters)


def denials(words: list[str], language: str) -> list[str]:
    """The words of denial among *words* (`tokens`)."""
    known = _listed("denials", language)
    return [word for word in words if word in known]


def doubts(words: list[str], text: str, language: str) -> list[str]:
    """The words of doubt and attribution among *words*; the month of May is none."""
    known = _listed("doubts", language)
    months = text.count("May ")
    found = []
    for word in words:
        if word == "may" and months:
            months -= 1
            continue
        if word in known:
            found.append(word)
    return found


@lru_cache(maxsize=32)
def _listed(what: str, language: str) -> frozenset[str]:
    lists = _DENIALS if what == "denials" else _DOUBTS
    return listed(lists.get(language.partition("-")[0].lower(), ""))
