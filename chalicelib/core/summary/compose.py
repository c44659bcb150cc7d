"""From ranked sentences to what is published: a paragraph that reads, points that stand alone.

Sentences are only chosen, never rewritten; a dateline is all that is taken away. The paragraph
takes the best of the ranking as prose: a sentence that points back ("He said …") comes only
right after the one it points back to. The key points take the best of the rest, each fit to
stand alone. Every point passes the gate, as a model's would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from chalicelib.core.article import (
    Body,
    Evidence,
    Generation,
    KeyPoint,
    Sentence,
    Summary,
    numbered,
)
from chalicelib.core.summary import gate, prose, scorer

ENGINE = "broadsheet-extractive"
ENGINE_VERSION = "1"

MIN_PARAGRAPH_WORDS = 60
MAX_PARAGRAPH_WORDS = 120
AIM_PARAGRAPH_WORDS = 75  # enough said: no further sentence is added from here on
MIN_POINTS = 3
MAX_POINTS = 7
WORDS_A_POINT = 120  # of the article, for one more point
LEAD_WITHIN = 6  # ranks among which the article's first sentence opens the paragraph
MIN_PROSE_WORDS = 7  # a shorter sentence in the paragraph is a fragment: "Didn't see color."
MIN_POINT_WORDS = 6  # shorter sentences are asides: "It worked."
SHORT_WORDS = 150  # of prose, below which the paragraph need not have its sixty
DISTINCT_FROM = 12  # sentences from which paragraph and points share none
MAX_OVERLAP = 0.45  # share of the shorter's words; half reads as a repeat
_PROSE_KINDS = frozenset({"paragraph", "list_item", "quote"})


class Candidate(NamedTuple):
    """A sentence that may be published, as it would be printed."""

    place: int  # index among the candidates
    nth: int  # index among all sentences of the article
    sentence: Sentence
    text: str
    words: int
    language: str

    @property
    def is_whole(self) -> bool:
        """Whether it ends as a sentence does; items of a list need not."""
        return self.sentence.kind != "paragraph" or prose.is_complete(self.text)


def candidates(
    body: Body, sentences: tuple[Sentence, ...], *, language: str
) -> tuple[Candidate, ...]:
    """The sentences that are news prose, in document order: no headings, rows, boilerplate."""
    found: list[Candidate] = []
    seen: set[str] = set()
    for nth, sentence in enumerate(sentences):
        if sentence.kind not in _PROSE_KINDS:
            continue
        text = prose.published(body.text[sentence.start : sentence.end])
        if not text or text in seen or prose.is_boilerplate(text):
            continue
        seen.add(text)
        found.append(
            Candidate(
                place=len(found),
                nth=nth,
                sentence=sentence,
                text=text,
                words=prose.word_count(text),
                language=language,
            )
        )
    if found and sum(one.is_whole for one in found) * 4 < len(found):
        # A script or a house that marks no ends, as Thai: nothing is cut off, all are whole.
        return tuple(
            one._replace(sentence=replace(one.sentence, kind="list_item")) for one in found
        )
    return tuple(found)


def summarise(
    *, headline: str, body: Body, sentences: tuple[Sentence, ...], language: str
) -> Summary:
    """Choose the paragraph and the key points of an article.

    Pure and deterministic; never raises, for any text. About 4 ms for 600 words of English.
    `generation.generated_at` is left to the caller, who knows when the upload was received.
    """
    pool = candidates(body, sentences, language=language)
    ranked = scorer.rank(tuple(one.text for one in pool), headline=headline, language=language)
    order = _lead_first([pool[place] for place in ranked])
    paragraph, points = _shares(order, pool, apart=len(sentences) >= DISTINCT_FROM)
    published: list[KeyPoint] = []
    withheld: list[str] = []
    for one in points:
        quote = body.text[one.sentence.start : one.sentence.end]
        checks = gate.check(one.text, evidence=(quote,), text=body.text, language=language)
        if checks.failed:
            withheld.append(checks.failed[0])
            continue
        evidence = Evidence(
            sentence=one.sentence.id, start=one.sentence.start, end=one.sentence.end, quote=quote
        )
        published.append(KeyPoint(id="", text=one.text, evidence=(evidence,), checks=checks))
    return Summary(
        text=_joined(paragraph),
        evidence=tuple(one.sentence.id for one in paragraph),
        key_points=numbered(tuple(published)),
        withheld=tuple(withheld),
        generation=Generation(method="extractive", engine=ENGINE, engine_version=ENGINE_VERSION),
    )


def _lead_first(order: list[Candidate]) -> list[Candidate]:
    """*order* with the article's lead before all, where it is good: it was written to open."""
    for rank, one in enumerate(order[:LEAD_WITHIN]):
        if one.place == 0 and 10 <= one.words <= 45 and _is_printable(one) and _stands_alone(one):
            return [one, *order[:rank], *order[rank + 1 :]]
    return order


def _shares(
    order: Sequence[Candidate], pool: Sequence[Candidate], *, apart: bool
) -> tuple[list[Candidate], list[Candidate]]:
    """The paragraph's sentences and the points'; *apart* when none may stand in both.

    The paragraph chooses first. Where that leaves too few points, they are chosen first (the
    opening of the paragraph apart), which an article of many bare "he said" needs.
    """
    paragraph = _paragraph(order, pool)
    if not apart:
        return paragraph, _points(order, [], strict=True)
    points = _points(order, paragraph, strict=True)
    if len(points) >= MIN_POINTS:
        return paragraph, points
    first = _points(order, order[:1], strict=True)[:MIN_POINTS]
    kept = {one.place for one in first}
    rest = _paragraph([one for one in order if one.place not in kept], pool)
    if len(first) > len(points) and _words(rest) >= MIN_PARAGRAPH_WORDS:
        return rest, first
    points = max(points, _points(order, paragraph, strict=False), key=len)
    if not points and _words(pool) < SHORT_WORDS:
        # Little prose among code or tables: half of it for the paragraph, half for the points.
        half = _paragraph(order[: max(1, len(order) // 2)], pool)
        return half, _points(order, half, strict=False)
    return paragraph, points


def _joined(chosen: Sequence[Candidate]) -> str:
    """The sentences as one paragraph; no space after an end that Chinese and Japanese write."""
    text = ""
    for one in chosen:
        space = "" if not text or text[-1] in "。！？」』）" else " "
        text += space + one.text
    return text


def _paragraph(order: Sequence[Candidate], pool: Sequence[Candidate]) -> list[Candidate]:
    """Sentences of MIN to MAX_PARAGRAPH_WORDS that read as prose, in document order.

    Tried strictest first; an article that has too little to meet the rules gets what is next
    best, but never an unmatched quotation mark.
    """
    total = sum(one.words for one in pool)
    least = min(MIN_PARAGRAPH_WORDS, total)
    best: list[Candidate] = []
    for longest, distinct in (
        (45, True),
        (MAX_PARAGRAPH_WORDS, True),
        (MAX_PARAGRAPH_WORDS, False),
    ):
        chosen = _prose(order, pool, longest=longest, distinct=distinct)
        if _words(chosen) > _words(best):
            best = chosen
        if _words(best) >= least:
            return best
    if not best:
        # Nothing is fit to be shown whole and alone: the shortest honest thing is the lead.
        lead = next((one for one in pool if prose.has_balanced_quotes(one.text)), None)
        return [lead] if lead and lead.words <= MAX_PARAGRAPH_WORDS else []
    return best


def _words(chosen: Sequence[Candidate]) -> int:
    return sum(one.words for one in chosen)


class _Draft:
    """A paragraph in the making: what it holds, in words and in what it says."""

    def __init__(self, *, distinct: bool) -> None:
        self.chosen: dict[int, Candidate] = {}
        self.words = 0
        self._distinct = distinct
        self._told: list[_Vocabulary] = []

    def take(self, one: Candidate) -> None:
        """Add *one* if there is room for it and it does not repeat what is said."""
        own = _vocabulary(one.text)
        if self.words + one.words > MAX_PARAGRAPH_WORDS or one.place in self.chosen:
            return
        if self._distinct and any(_repeats(own, other) for other in self._told):
            return
        self.chosen[one.place] = one
        self.words += one.words
        self._told.append(own)


def _prose(
    order: Sequence[Candidate], pool: Sequence[Candidate], *, longest: int, distinct: bool
) -> list[Candidate]:
    """The best of *order*, taking a sentence that points back only behind its neighbour."""
    draft = _Draft(distinct=distinct)
    least = MIN_PROSE_WORDS if distinct else 1
    fit = [one for one in order if one.words <= longest and _is_printable(one)]
    for one in fit:
        if draft.words >= AIM_PARAGRAPH_WORDS:
            break
        if _stands_alone(one) and one.words >= least:
            draft.take(one)
    for one in fit:
        if draft.words >= MIN_PARAGRAPH_WORDS:
            break
        before = pool[one.place - 1] if one.place else None
        if before and before.place in draft.chosen and before.nth == one.nth - 1:
            draft.take(one)
    return [draft.chosen[place] for place in sorted(draft.chosen)]


_Vocabulary = tuple[frozenset[str], frozenset[str]]  # all words; the long ones


@lru_cache(maxsize=256)
def _vocabulary(text: str) -> _Vocabulary:
    every = frozenset(prose.words(text.replace("'", " ").replace("’", " ")))
    return every, frozenset(word for word in every if len(word) > 3)


def _repeats(one: _Vocabulary, other: _Vocabulary) -> bool:
    """Whether one of two sentences says little that the other does not.

    By all words or by the long ones, which carry the matter.
    """
    if prose.repeats(one[0], other[0]) > MAX_OVERLAP:
        return True
    return prose.repeats(one[1], other[1]) >= 0.5


def _is_printable(one: Candidate) -> bool:
    """Whether a sentence can be shown at all: its marks are paired and it is a sentence."""
    return one.is_whole and prose.has_balanced_quotes(one.text)


def _stands_alone(one: Candidate) -> bool:
    if _is_english(one):
        return not prose.points_back(one.text) and not prose.leans_back(one.text)
    return not prose.points_back_abroad(one.text, one.language)


def _opens_bare(one: Candidate) -> bool:
    """Whether it opens with "He" or "But", in its language: never fit for a point."""
    if _is_english(one):
        return prose.opens_with_pronoun(one.text)
    return prose.points_back_abroad(one.text, one.language)


def _is_english(one: Candidate) -> bool:
    return one.language.partition("-")[0].lower() in ("en", "")


def _points(
    order: Sequence[Candidate], paragraph: Sequence[Candidate], *, strict: bool
) -> list[Candidate]:
    """The key points, in document order: 3 to 7 by length, fewer where the article has fewer.

    None is of *paragraph* or repeats it. Where not *strict*, a point may say again what the
    paragraph says, and may open with "Later" or "The two", but never with "He" or "But".
    """
    total = _words(order)
    wanted = min(max(MIN_POINTS, total // WORDS_A_POINT), MAX_POINTS, (len(order) + 1) // 2)
    used = {one.place for one in paragraph}
    told = [_vocabulary(one.text) for one in paragraph] if strict else []
    chosen: list[Candidate] = []
    least = MIN_POINT_WORDS if len(order) > MIN_POINTS else 1
    for one in order:
        if len(chosen) >= wanted:
            break
        if one.place in used or not least <= one.words <= prose.MAX_POINT_WORDS:
            continue
        if not _is_printable(one) or one.text.endswith(("?", '?"', "?”")):
            continue
        if not (_stands_alone(one) if strict else not _opens_bare(one)):
            continue
        own = _vocabulary(one.text)
        if any(_repeats(own, other) for other in told):
            continue
        told.append(own)
        chosen.append(one)
    return sorted(chosen, key=lambda one: one.place)
