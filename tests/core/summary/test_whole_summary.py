"""What a summary is made of, whole: sentences, what is read in each, their ranks, what is chosen.

The weights were trained on these facts: a fact that changes makes them wrong, and nothing else
would say so. Each table is held to the one in `tests/approved/summary`, which somebody has read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path

import pytest

from chalicelib import newsroom, wiring
from chalicelib.core import summary
from chalicelib.core.article import Summary
from chalicelib.core.site import Site
from chalicelib.core.summary import claims, compose, features, prose, reading, scorer
from desk import samples
from tests.conftest import NOW
from tests.core.summary.test_compose import STORY, body, made
from tests.core.test_exports import SAMPLES

Approved = Callable[[str, str], None]

QUIRKS = (
    "By Ilse Marrow",
    "VELL, Norway (AP) -- Mr. J. R. Hale spoke to the U.S. senators at 5 p.m. Friday. They left.",
    "“We never asked,” said Rolf Tarn, 43, who didn't deny it. “Nobody did.” He then left.",
    "It cost $1.2 million, or 12,500.50 euros (up 3.5%); twenty-two of two hundred thousand paid.",
    "The 1st, 22nd and 3rd of May: scores of 3-2, at 5:30, on 11/12, aged 7 to 77, no. 9, MH-60R.",
    "Half of them, dozens, may have allegedly refused; in May a third could not, reportedly.",
    "'I am not sure,' she said. 'Nor is he.' The workers' pay of the '90s isn't it.",
    "The board said no. Then it said that ‘nothing’ was certain [sic] (as of March).",
    "Read more: How the islands live in winter.",
    "Reporting by Jan Holm; editing by Ada Lowe.",
    "What now? Nobody knows! It was late.Then the town waited, and the harbour froze over again.",
    "But the islanders, who have no other way, also asked that week: why us (of all people?",
    (
        'He said "the ferry will sail. It will sail on Monday. We hope so, as does the board of '
        "the harbour, which has waited for it for so long now that few remember when it sailed."
    ),
    "1,200 tonnes were sold for €40 million, 5 percent more than in 2025, said Calder's spokesman.",
    "100 m and 2 k and 3bn dollars, £5m, 1.2.3, 10.000.000, 1'000'000, 0.50 and 007 were counted.",
    "O'Neil, Jean-Luc and the E.U.'s Anne-Marie of Århus met NATO and I'm told Dr Who at the B&B.",
)
# Where sentences end that nobody would end so.
ENDS = (
    'He said: "We go. " And they went home. "No," said she." Then more. ”It is so.” He left.',
    "It ended. ' The rest is known. » So it is. (All of it.) It was so.] Then it was not.",
    "See no. 5 of the list. He said no. Then came art. 7 and fig. 2. Mr. So. Me. Then no. x.",
    "Plan B. It failed. Vitamin C. It helps. J. Smith came. I. He left. X. Y. Z. The end.",
    "It opens at 5 p.m. Monday. It shut at 6 a.m. The rest left at 7 p.m. ET on Jan. 5. p.m. x.",
    "i am small. you are too. we go on. iPhones were sold.They were new. 3 of them. a. b.",
    "「行く。」と言った。『はい。』がそれだ。「いいえ。」彼は去った。",
    (
        "'We came here at noon. We saw nothing at all, and nobody saw us. We went home again, as "
        "one does in such a case. It was late by then,' she said to the board. 'It is so.'"
    ),
    "'" + "They waited for the ferry on the quay for days. It did not come! Why? " * 10 + "'",
    '"' + "They waited for the ferry on the quay, and it did not come. So it was. " * 10,
    "A" * 6_100 + ". The window ends within this one. And this one is after it.",
)
ABROAD = {
    "de": "„Wir kommen nicht“, sagte Holt laut Polizei. Am 3. Oktober kam Dr. Holm. Er blieb wohl.",
    "fr": "M. Dupin n'a jamais dit « oui » à 1,5 million d'euros. Mais il reste, selon le maire.",
    "es": "El puerto no cerró. ¿Quién lo dijo? Ellos, según el alcalde, nunca lo supieron.",
    "ja": "【港】港の委員会は3月に「廃止する。」と言った。しかし次の便は１２日だ。",
    "zh-Hans": "港务局星期二决定关闭航线。但这不是最后的决定（据报道）。",
    "ru": "«Мы не едем», — сказал А. С. Орлов. Возможно, он не приедет 5 мая.",
    "ar": "غادرت العبارة الميناء. هل تأخرت؟ وقال المجلس إن الرحلة لم تبدأ.",
}
WORDS = (
    "ferries classes buses glass running sing stopped red quickly only late the Fliers bed ies "
    "agreed lies was singing axes used Sally fully houses bored ring kings wells miss"
)


def table(rows: Sequence[tuple[str, Sequence[float]]], names: Sequence[str]) -> str:
    """Rows of named numbers, without those that are nothing."""
    lines = []
    for row, numbers in rows:
        lines.append(row)
        for name, number in zip(names, numbers, strict=True):
            if number:
                lines.append(f"    {name}: {number:.6g}")
    return "\n".join([*lines, ""])


def sentences_of(text: str, language: str) -> list[str]:
    one = body(text)
    return [one.text[s.start : s.end] for s in summary.split(one, language=language)]


def test_texts_are_cut_into_the_sentences_that_were_approved(approved: Approved) -> None:
    texts = {"en": "\n".join([STORY, *QUIRKS, " ".join(QUIRKS)]), **ABROAD}
    told = [*texts.items(), *(("ja" if "と" in text else "en", text) for text in ENDS)]
    lines = [
        f"{language}| {sentence if len(sentence) < 400 else len(sentence)}"
        for language, text in told
        for sentence in sentences_of(text, language)
    ]

    approved("summary/sentences.txt", "\n".join([*lines, ""]))


def test_what_can_be_checked_in_a_sentence_is_what_was_approved(approved: Approved) -> None:
    lines = []
    more = "They can't, won't and cannot go; Holt's and the Lowes' can, at 7:05 or ¥300."
    for language, text in [*(("en", one) for one in (*QUIRKS, more)), *ABROAD.items()]:
        words = claims.tokens(claims.plain(text))
        lines += [
            text,
            f"    words: {' | '.join(words)}",
            f"    numbers: {' '.join(f'{n.value}{n.unit}' for n in claims.numbers(text))}",
            f"    places: {[one[:2] for one in claims.placed_numbers(claims.small_letters(text))]}",
            f"    firm: {' '.join(n.value for n in claims.firm_numbers(text))}",
            f"    quotations: {claims.quotations(text)}",
            f"    names: {' '.join(claims.names(text))}",
            f"    openings: {' '.join(claims.opening_words(text))}",
            f"    denials: {' '.join(claims.denials(words, language))}",
            f"    doubts: {' '.join(claims.doubts(words, text, language))}",
            f"    has case, number: {claims.has_case(text)}, {claims.has_number(text)}",
        ]

    approved("summary/claims.txt", "\n".join([*lines, ""]))


def test_how_a_sentence_stands_in_print_is_what_was_approved(approved: Approved) -> None:
    told = [("en", one) for text in (STORY, *QUIRKS) for one in sentences_of(text, "en")]
    told += [(lang, one) for lang, text in ABROAD.items() for one in sentences_of(text, lang)]
    lines = []
    for language, one in told:
        printed = prose.published(one)
        marks = {
            "boilerplate": prose.is_boilerplate(printed),
            "unbalanced": not prose.has_balanced_quotes(printed),
            "points back": prose.points_back(printed),
            "points back abroad": prose.points_back_abroad(printed, language),
            "pronoun": prose.opens_with_pronoun(printed),
            "orphan": prose.has_orphan_speaker(printed),
            "leans back": prose.leans_back(printed),
            "incomplete": not prose.is_complete(printed),
        }
        said = ", ".join(name for name, holds in marks.items() if holds)
        opening = " ".join(prose.opening(printed))
        lines += [printed, f"    {prose.word_count(printed)} words, {opening!r}: {said}"]
    words = " ".join(prose.words(ABROAD["ja"]))

    approved("summary/prose.txt", "\n".join([*lines, words, ""]))


def test_stems_are_those_that_the_lexicon_was_made_of(approved: Approved) -> None:
    approved("summary/stems.txt", "".join(f"{w} {reading.stem(w)}\n" for w in WORDS.split()))


def test_the_facts_are_those_that_the_weights_were_trained_on(approved: Approved) -> None:
    weights = scorer.model()
    texts = tuple(sentences_of(f"{STORY} {QUIRKS[2]} {QUIRKS[10]}", "en"))
    read = reading.read(texts, weights.lexicon, unknown=weights.unknown)
    facts = features.sentences(read)
    cover = scorer.headline_cover(read, "Islands lose their ferry line to Vell")
    probability = scorer.probabilities(weights, facts, cover)
    pool = scorer.pool_of(probability)
    expected, paired = scorer.expectations(weights, read, probability, pool)
    wanted = frozenset(["ferry", "vell", "the", "board", "tarn", "900", "1961", "grant"])
    words = sorted(features.words(read, probability, wanted))
    phrases = sorted(features.phrase_facts(read, probability, expected, pool[:2]))
    members = features.members(read, probability, expected, paired, pool)

    approved(
        "summary/facts.txt",
        "\n".join([
            table([(f"s{n}", row) for n, row in enumerate(facts)], features.SENTENCE),
            table(words, features.WORD),
            table([(" ".join(pair), row) for pair, row in phrases[::6]], features.PHRASE),
            table([(f"s{p}", row) for p, row in zip(pool, members, strict=True)], features.MEMBER),
            f"cover: {cover}\nprobability: {[round(p, 6) for p in probability]}\npool: {pool}\n",
        ]),
    )  # fmt: skip


def told(one: Summary) -> str:
    points = [f"* {p.text} {p.evidence[0].sentence} {astuple(p.checks)}" for p in one.key_points]
    return "\n".join([one.text, " ".join(one.evidence), *points, *one.withheld, ""])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_has_the_summary_that_was_approved(path: Path, approved: Approved) -> None:
    _, article = newsroom.check(
        path.name, samples.as_of(path.read_bytes(), NOW), received_at=NOW, now=NOW, sources=None,
        summarise=wiring.extract, site=Site(),
    )  # fmt: skip
    assert article is not None
    lines = [article["headline"], article["summary"]["text"], *article["withheld"]]
    lines += [f"* {point['text']}" for point in article["key_points"]]

    approved(f"summary/samples/{path.name}.txt", "\n".join([*lines, ""]))


SHORT = {
    "brief": "The bridge at Vell is shut. It opens again on Monday.",
    "story": STORY,
    "quirks": " ".join(QUIRKS),
    "lines": "\n".join(QUIRKS),
    "said": " ".join(f'"It is so {n}," he said. But it was not {n} at all.' for n in range(9)),
    "stopless": "\n".join(
        f"Line {n} of a house that writes no stops at its ends" for n in range(9)
    ),
    "japanese": "港の委員会は火曜日、島々への定期船を三月に廃止することを決めた。しかし反対もある。"
    * 4,
}


@pytest.mark.parametrize("name", SHORT)
def test_a_text_has_the_summary_that_was_approved(name: str, approved: Approved) -> None:
    language = "ja" if name == "japanese" else "en"
    one, sentences, found = made(SHORT[name], language=language)
    pool = compose.candidates(one, sentences, language=language)
    texts = tuple(c.text for c in pool)
    ranked = scorer.rank(texts, headline="Ferry line to close", language=language)

    approved(f"summary/{name}.txt", f"{told(found)}{ranked}\n")
