"""From ranked sentences to what is published: a paragraph that reads, points that stand alone."""

from __future__ import annotations

from dataclasses import dataclass

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
MAX_OVERLAP = 0.45  # share of the shorter's words; half reads as a repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence that may be published, as it would be printed."""

    place: int  # index among the candidates
    sentence: Sentence
    text: str
    words: int
    vocabulary: frozenset[str]


def candidates(body: Body, sentences: tuple[Sentence, ...]) -> tuple[Candidate, ...]:
    """The sentences that are news prose, in document order: no headings, rows, boilerplate."""
    found: list[Candidate] = []
    seen: set[str] = set()
    for sentence in sentences:
        if sentence.kind not in ("paragraph", "list_item", "quote"):
            continue
        text = prose.published(body.text[sentence.start : sentence.end])
        if not text or text in seen or prose.is_boilerplate(text):
            continue
        seen.add(text)
        found.append(
            Candidate(
                place=len(found),
                sentence=sentence,
                text=text,
                words=prose.word_count(text),
                vocabulary=frozenset(prose.words(text)),
            )
        )
    return tuple(found)


def summarise(
    *, headline: str, body: Body, sentences: tuple[Sentence, ...], language: str
) -> Summary:
    """Choose the paragraph and the key points. Pure; never raises."""
    pool = candidates(body, sentences)
    ranked = scorer.rank(tuple(one.text for one in pool), headline=headline, language=language)
    order = [pool[place] for place in ranked]
    paragraph = _paragraph(order, english=language.lower().startswith("en"))
    used = {one.place for one in paragraph} if len(pool) >= 12 else set()
    points = _points(order, used, total=sum(one.words for one in pool))
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
        text=" ".join(one.text for one in paragraph),
        evidence=tuple(one.sentence.id for one in paragraph),
        key_points=numbered(tuple(published)),
        withheld=tuple(withheld),
        generation=Generation(
            method="extractive", engine=ENGINE, engine_version=ENGINE_VERSION
        ),
    )


def _paragraph(order: list[Candidate], *, english: bool) -> list[Candidate]:
    chosen: list[Candidate] = []
    count = 0
    for one in order:
        if count >= MIN_PARAGRAPH_WORDS:
            break
        if not prose.has_balanced_quotes(one.text) or count + one.words > MAX_PARAGRAPH_WORDS:
            continue
        if english and prose.points_back(one.text):
            continue
        if any(prose.repeats(one.vocabulary, other.vocabulary) > MAX_OVERLAP for other in chosen):
            continue
        chosen.append(one)
        count += one.words
    return sorted(chosen, key=lambda one: one.place)


def _points(order: list[Candidate], used: set[int], *, total: int) -> list[Candidate]:
    wanted = min(max(3, total // 120), 7, (len(order) + 1) // 2)
    chosen: list[Candidate] = []
    for one in order:
        if len(chosen) >= wanted:
            break
        if one.place in used or not 4 <= one.words <= prose.MAX_POINT_WORDS:
            continue
        if prose.points_back(one.text) or not prose.has_balanced_quotes(one.text):
            continue
        if any(prose.repeats(one.vocabulary, other.vocabulary) > MAX_OVERLAP for other in chosen):
            continue
        chosen.append(one)
    return sorted(chosen, key=lambda one: one.place)
