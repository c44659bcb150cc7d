"""Points that are wrong in one known way, made by a program from true sentences.

Every alteration is one that a careless writer or a language model makes: another figure, the
wrong person, a name from elsewhere, a quotation not quite as spoken, a lost "not" or "alleged".
Deterministic: the choices come from a digest of the article's id.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

KINDS = (
    "number", "swapped name", "foreign name", "quote", "negation dropped", "negation added",
    "hedge dropped",
)  # fmt: skip
_FOREIGN = (
    "Quillon Abernathy", "Zdenka Vorosmarti", "Thaddeus Okonjo", "Brisingr Falk", "Ilmari Suvanto",
    "Marisol Etxeberria", "Oberon Kestrel", "Yevpraksia Holub",
)  # fmt: skip
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)+|(?<=[a-z,] )[A-Z][a-z]{3,}")
_AUXILIARY = re.compile(r"\b(?:is|was|were|are|has|had|will|would|could|should|did|does)\b")
_HEDGE = re.compile(
    r"\b(?:alleged|allegedly|reportedly|suspected|possibly|probably|apparently|likely|may|might"
    r"|up to|at least|nearly|almost|purported)\s"
)
_NEGATION = re.compile(r"\b(?:not|never|no)\s|n['’]t\b|\bcannot\b")
_NUMBER = re.compile(
    r"\d[\d,.]*\d|\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty"
    r"|thirty|forty|fifty|million|billion|percent)\b"
)
_WORD_FOR = {
    "two": "six", "three": "nine", "four": "seven", "five": "eleven", "six": "two",
    "seven": "four", "eight": "three", "nine": "five", "ten": "thirty", "eleven": "eight",
    "twelve": "fifty", "twenty": "forty", "thirty": "ninety", "forty": "sixty", "fifty": "ten",
    "million": "billion", "billion": "million", "percent": "million",
}  # fmt: skip


def altered(sentence: str, others: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, sentence made wrong) for each kind that *sentence* has something for."""
    makers: tuple[tuple[str, Callable[[], str | None]], ...] = (
        ("number", lambda: _number(sentence, dice)),
        ("swapped name", lambda: _swapped(sentence, others, dice)),
        ("foreign name", lambda: _name(sentence, dice, dice.choice(_FOREIGN))),
        ("quote", lambda: _quote(sentence, dice)),
        ("negation dropped", lambda: _drop(sentence, _NEGATION, dice)),
        ("negation added", lambda: _added(sentence, dice)),
        ("hedge dropped", lambda: _drop(sentence, _HEDGE, dice)),
    )
    for kind, make in makers:
        wrong = make()
        if wrong is not None and wrong != sentence:
            yield kind, wrong


def _pick(found: list[re.Match[str]], dice: random.Random) -> re.Match[str] | None:
    return dice.choice(found) if found else None


def _number(sentence: str, dice: random.Random) -> str | None:
    found = _pick(list(_NUMBER.finditer(sentence)), dice)
    if not found:
        return None
    if found[0] in _WORD_FOR:
        new = _WORD_FOR[found[0]]
    else:
        place = dice.randrange(len(found[0]))
        while not found[0][place].isdigit():
            place = (place + 1) % len(found[0])
        digit = str((int(found[0][place]) + dice.randrange(1, 9)) % 10)
        if place == 0 and digit == "0":
            digit = "9" if found[0][0] != "9" else "8"
        new = found[0][:place] + digit + found[0][place + 1 :]
    return sentence[: found.start()] + new + sentence[found.end() :]


def _name(sentence: str, dice: random.Random, new: str) -> str | None:
    found = _pick(list(_NAME.finditer(sentence)), dice)
    return sentence[: found.start()] + new + sentence[found.end() :] if found else None


def _swapped(sentence: str, others: str, dice: random.Random) -> str | None:
    own = set(re.findall(r"[A-Z]\w+", sentence))
    names = sorted({m[0] for m in _NAME.finditer(others) if not set(m[0].split()) & own})
    return _name(sentence, dice, dice.choice(names)) if names else None


def _quote(sentence: str, dice: random.Random) -> str | None:
    # From the first mark on, so that what stands between two speeches is not taken for one.
    found = re.match(r"[^\"“]*[\"“]([^\"“”]{12,})[\"”]", sentence)
    if not found:
        return None
    words = list(re.finditer(r"[a-z]{3,}", found[1]))
    one = _pick(words, dice)
    if not one:
        return None
    start = found.start(1) + one.start()
    new = dice.choice([word for word in ("really", "people", "great", "often") if word != one[0]])
    return sentence[:start] + new + sentence[start + len(one[0]) :]


def _drop(sentence: str, what: re.Pattern[str], dice: random.Random) -> str | None:
    found = _pick(list(what.finditer(sentence)), dice)
    return sentence[: found.start()] + sentence[found.end() :] if found else None


def _added(sentence: str, dice: random.Random) -> str | None:
    found = _pick(list(_AUXILIARY.finditer(sentence)), dice)
    if not found or sentence[found.end() :].startswith((" not", "n't", "n’t")):
        return None
    return sentence[: found.end()] + " not" + sentence[found.end() :]
