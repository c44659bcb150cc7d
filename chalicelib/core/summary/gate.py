"""The publish gate: it asks whether what a point says stands in its evidence.

It trusts nothing about where the point comes from. Where one sentence of the evidence is nearly
the same as the point, every figure, name, denial and doubt must be the same in both, so one
changed word is found. Where the point is a free paraphrase, each of its figures, names and
quotations must stand in the evidence (a name: at least in the article), and a denial or an
"alleged" must have its like there. A false pass is worse than a false alarm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from chalicelib.core.article import Block, Body, Check, Checks
from chalicelib.core.summary import claims, prose
from chalicelib.core.summary.sentences import split

NEAR = 0.72  # Dice overlap of the words from which a point counts as a copy of a sentence
_CLOSE = 3  # sentences that a free paraphrase is held against for denials
_SPEAKS_ALONE = 0.6  # share of a point's words from which one sentence is asked alone
_RELATED = 0.5  # share of a point's words that its closest sentence must have to speak for it


def check(point: str, *, evidence: tuple[str, ...], text: str, language: str) -> Checks:
    """Hold *point* against its *evidence* sentences, or the closest of *text* where it has none.

    Never raises. O(text) without evidence, O(evidence) with it, but for names and quotations,
    which may need one look through the text.
    """
    sentences = evidence or _sentences_of(text, language)
    same = _same_sentence(point, sentences)
    if same is not None:
        return _verdicts(point, language, numbers=True, names=True, quotes=True, negation=True)
    own = claims.tokens(claims.plain(point))
    near = _nearest(own, sentences)
    source = " ".join(evidence) if evidence else text
    quotes = _quotes_stand(point, source)
    if near and near[0][0] >= NEAR:
        sentence = near[0][1]
        return _verdicts(
            point,
            language,
            numbers=_same_numbers(point, sentence),
            names=_names_from(point, sentence) and _no_new_opening(point, sentence),
            quotes=quotes and not _retouched(own, point, sentence),
            negation=_same_stance(own, point, sentence, language),
            stance=_stance(claims.tokens(claims.plain(sentence)), sentence, language),
        )
    return _verdicts(
        point,
        language,
        numbers=_numbers_from(point, source),
        names=_names_from(point, text or source) and _known_opening(point, text or source),
        quotes=quotes,
        negation=_stance_from(own, point, [one for _, one in near[:_CLOSE]], language),
    )


def _verdicts(
    point: str,
    language: str,
    *,
    numbers: bool,
    names: bool,
    quotes: bool,
    negation: bool,
    stance: Counter[str] | None = None,
) -> Checks:
    """The four claims about *point* as checks: "none" where there is nothing to check."""
    has_names = claims.has_case(point) and (not names or bool(claims.names(point)))
    has_stance = bool(stance) or bool(_stance(claims.tokens(point), point, language))
    return Checks(
        numbers=_check(there=claims.has_number(point), holds=numbers),
        names=_check(there=has_names, holds=names),
        quotes=_check(there=bool(claims.quotations(point)), holds=quotes),
        negation=_check(there=has_stance, holds=negation),
    )


def _check(*, there: bool, holds: bool) -> Check:
    if not holds:
        return "fail"
    return "pass" if there else "none"


@lru_cache(maxsize=4)
def _sentences_of(text: str, language: str) -> tuple[str, ...]:
    blocks = []
    start = 0
    for line in text.split("\n"):
        if line.strip():
            blocks.append(Block(kind="paragraph", start=start, end=start + len(line)))
        start += len(line) + 1
    body = Body(html="", text=text, blocks=tuple(blocks))
    return tuple(text[one.start : one.end] for one in split(body, language=language))


def _same_sentence(point: str, sentences: Sequence[str]) -> str | None:
    """The sentence that *point* is, word for word, a dateline apart."""
    stripped = " ".join(point.split())
    for sentence in sentences:
        if stripped in (" ".join(sentence.split()), prose.published(sentence)):
            return sentence
    return None


def _nearest(own: list[str], sentences: Sequence[str]) -> list[tuple[float, str]]:
    """(Dice overlap of the words with *own*, sentence), closest first."""
    counted = Counter(own)
    found = []
    for sentence in sentences:
        words = claims.tokens(claims.plain(prose.published(sentence)))
        common = sum((counted & Counter(words)).values())
        found.append((2 * common / (len(own) + len(words) or 1), common, sentence))
    # A sentence from NEAR on stands before all others: what it shares counts for 0.7 at most.
    found.sort(key=lambda one: (-max(one[0], one[1] / (len(own) or 1) - 0.3), one[2]))
    return [(dice, sentence) for dice, _, sentence in found]


def _same_numbers(point: str, sentence: str) -> bool:
    """Whether *point* has no figure, with its unit, that *sentence* has not as often.

    Digits inside a word count too: the 9 of "9pm", the 60 of "MH-60R".
    """
    digits = prose.pattern(r"\d+(?:[.,:]\d+)*")
    return not (Counter(claims.numbers(point)) - Counter(claims.numbers(sentence))) and not (
        Counter(digits.findall(claims.plain(point)))
        - Counter(digits.findall(claims.plain(sentence)))
    )


def _retouched(own: list[str], point: str, sentence: str) -> bool:
    """Whether *point* is *sentence* with new words in it although somebody speaks in it.

    Where the marks are not paired cleanly nobody can say which words are the speaker's: a
    sentence with speech is printed as it stands, or without a word of its own.
    """
    if not prose.pattern('["“”„«»]').search(point):
        return False
    return bool(Counter(own) - Counter(claims.tokens(claims.plain(sentence))))


def _numbers_from(point: str, source: str) -> bool:
    """Whether each figure of *point* stands in *source*, under the same unit where both name it."""
    told: dict[str, set[str]] = {}
    for number in claims.numbers(source):
        told.setdefault(number.value, set()).add(number.unit)
    for number in claims.firm_numbers(point):
        units = told.get(number.value)
        if units is None or (number.unit and not units & {number.unit, ""}):
            return False
    return True


def _names_from(point: str, source: str) -> bool:
    """Whether each name in *point* stands in *source*; true where the script has no capitals."""
    wanted = claims.names(point)
    if not wanted:
        return True
    known = _name_words(source)
    return all(_stands(name, known) for name in wanted)


@lru_cache(maxsize=8)
def _name_words(source: str) -> frozenset[str]:
    found = set()
    for word in prose.pattern(r"[^\W_](?:[\w'’&-]|\.(?=\w))*").findall(source):
        key = claims.name_key(word)
        found.add(key)
        if "-" in key:
            found |= set(key.split("-"))
    return frozenset(found)


# What an editor may write for what the article says, and the days a report is dated by.
_SAME = {
    "us": "united america american u.s usa", "usa": "us united", "uk": "united britain british",
    "united": "us uk", "states": "us", "american": "us america", "americans": "us american",
    "america": "us american", "british": "uk britain", "britain": "uk british", "kingdom": "uk",
    "mr": "*", "mrs": "*", "ms": "*", "dr": "*", "un": "united nations", "eu": "european",
}  # fmt: skip


def _stands(name: str, known: frozenset[str]) -> bool:
    """Whether *name*, or the same name in another form (plural, adjective, hyphen), is *known*."""
    if name in known:
        return True
    same = _SAME.get(name, "")
    if same == "*" or not known.isdisjoint(same.split()):
        return True
    if "-" in name and all(part in known for part in name.split("-")):
        return True
    if (name.endswith("s") and name[:-1] in known) or f"{name}s" in known:
        return True
    if len(name) < 5:
        return False
    # "Egyptian" for Egypt, "Spaniards" for Spain: the same first letters and a short ending.
    stem = name[: max(4, len(name) - 4)]
    return any(word.startswith(stem) and abs(len(word) - len(name)) <= 4 for word in known)


def _no_new_opening(point: str, sentence: str) -> bool:
    """Whether the words that open *point*'s sentences stand in *sentence*, if they look new."""
    known = _name_words(sentence)
    return all(word in known or not _may_be_name(word) for word in claims.opening_words(point))


def _known_opening(point: str, source: str) -> bool:
    known = _name_words(source)
    return all(
        _stands(word, known) or not _may_be_name(word) for word in claims.opening_words(point)
    )


def _may_be_name(word: str) -> bool:
    """Whether a word is rare enough that, opening a sentence in a capital, it may be a name."""
    from chalicelib.core.summary import reading, scorer

    return len(word) > 1 and reading.stem(word) not in scorer.model().lexicon


def _quotes_stand(point: str, source: str) -> bool:
    """Whether each quotation in *point* is in *source* word for word."""
    wanted = claims.quotations(point)
    if not wanted:
        return True
    known = f" {_loose(source)} "
    return all(f" {_loose(quoted)} " in known for quoted in wanted)


@lru_cache(maxsize=8)
def _loose(text: str) -> str:
    """Letters and digits only, in small letters: marks inside a quotation do not count."""
    return " ".join(prose.pattern(r"[^\W_]+(?:'[^\W_]+)*").findall(claims.plain(text).lower()))


def _stance(words: list[str], text: str, language: str) -> Counter[str]:
    return Counter(claims.denials(words, language)) + Counter(claims.doubts(words, text, language))


def _same_stance(own: list[str], point: str, sentence: str, language: str) -> bool:
    """Whether *point*, nearly a copy of *sentence*, denies and doubts exactly as it does."""
    words = claims.tokens(claims.plain(sentence))
    return _stance(own, point, language) == _stance(words, sentence, language)


def _stance_from(own: list[str], point: str, close: Sequence[str], language: str) -> bool:
    """Whether a free paraphrase denies and doubts what its closest sentences do."""
    if not close:
        return True
    nearest = claims.tokens(claims.plain(close[0]))
    shared = sum((Counter(own) & Counter(nearest)).values()) / (len(own) or 1)
    denied = claims.CLEAR_DENIALS & set(claims.denials(own, language))
    # A sentence that has most of the point's words speaks for it; else its fellows may too.
    around: set[str] = set()
    for sentence in close[:1] if shared >= _SPEAKS_ALONE else close:
        around |= set(claims.denials(claims.tokens(claims.plain(sentence)), language))
    if denied and not around:
        return False
    if shared < _RELATED:
        return True
    strong = claims.STRONG_DOUBTS & set(nearest)
    mine = set(claims.doubts(own, point, language)) | set(claims.denials(own, language))
    if strong and not mine:
        return False
    return not (claims.CLEAR_DENIALS & set(claims.denials(nearest, language))) or bool(
        mine or shared < 0.8
    )
