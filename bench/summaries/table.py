"""The comparison in one run: how good, how fast, how readable, how strict.

ROUGE is the rouge-score package's, with its stemmer; intervals are 95 % bootstraps over articles,
paired where they are of a difference. LEAD-3 is the first three of the same cleaned sentences
that ours chooses from, so that it gains from the cleaning too.
"""

from __future__ import annotations

import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.summaries import alterations, articles
from bench.summaries.articles import Example
from chalicelib.core import summary
from chalicelib.core.summary import compose, prose, scorer

Chooser = Callable[[tuple[str, ...]], Sequence[str]]
_MEASURES = ("rouge1", "rouge2", "rougeLsum")
_SUMY = {
    "LexRank": "sumy.summarizers.lex_rank:LexRankSummarizer",
    "TextRank": "sumy.summarizers.text_rank:TextRankSummarizer",
    "Luhn": "sumy.summarizers.luhn:LuhnSummarizer",
    "SumBasic": "sumy.summarizers.sum_basic:SumBasicSummarizer",
    "LSA": "sumy.summarizers.lsa:LsaSummarizer",
    "KL": "sumy.summarizers.kl:KLSummarizer",
}
_BARE = re.compile(
    r"[\"'“‘]*(?:he|she|it|they|his|her|its|their|this|that|these|those|but|and|or|so|yet|however)\b",
    re.IGNORECASE,
)


def report(examples: Sequence[Example]) -> str:
    """The whole comparison as a text of tables. About four minutes for 430 articles."""
    return "\n\n".join(
        (_quality(examples), _speed(examples), _readability(examples), _strictness(examples))
    )


def _choosers() -> dict[str, Chooser]:
    def ours(texts: tuple[str, ...]) -> Sequence[str]:
        order = scorer.rank(texts, headline="", language="en")[:3]
        return [texts[place] for place in sorted(order)]

    found: dict[str, Chooser] = {"LEAD-3": lambda texts: texts[:3], "ours": ours}
    try:
        import sumy  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: F401
    except ImportError:
        return found
    return found | {f"sumy {name}": _sumy(where) for name, where in _SUMY.items()}


def _sumy(where: str) -> Chooser:
    """A chooser of sumy's, over sentences that are cut already: nothing of NLTK is fetched."""
    from importlib import import_module

    models: Any = import_module("sumy.models.dom")
    stemmer: Any = import_module("sumy.nlp.stemmers").Stemmer("english")
    module, _, name = where.partition(":")
    method = getattr(import_module(module), name)(stemmer)
    method.stop_words = import_module("sumy.utils").get_stop_words("english")

    class Tokenizer:
        def to_words(self, text: str) -> tuple[str, ...]:
            return tuple(re.findall(r"[^\W\d_]+", text.lower()))

    def choose(texts: tuple[str, ...]) -> Sequence[str]:
        sentences = [models.Sentence(text, Tokenizer()) for text in texts]
        document = models.ObjectDocumentModel([models.Paragraph(sentences)])
        return [str(sentence) for sentence in method(document, 3)]

    return choose


def _quality(examples: Sequence[Example]) -> str:
    from rouge_score import rouge_scorer

    rouge = rouge_scorer.RougeScorer(list(_MEASURES), use_stemmer=True)
    texts = [articles.published_sentences(example) for example in examples]
    scores: dict[str, Any] = {}
    spent: dict[str, float] = {}
    for name, choose in _choosers().items():
        rows, times = [], []
        for example, sentences in zip(examples, texts, strict=True):
            before = time.process_time()
            try:
                chosen = list(choose(sentences))
            except (ValueError, ZeroDivisionError):  # sumy, on articles too short for it
                chosen = list(sentences[:3])
            times.append(time.process_time() - before)
            found = rouge.score("\n".join(example.highlights), "\n".join(chosen))
            rows.append([100 * found[measure].fmeasure for measure in _MEASURES])
        scores[name] = np.array(rows)
        spent[name] = 1000 * statistics.median(times)
    lead = scores["LEAD-3"]
    lines = [
        f"Three sentences, {len(examples)} articles: ROUGE F1, difference to LEAD-3 [95 %]",
        f"{'':14}{'R1':>7}{'R2':>7}{'RLsum':>7}   {'R1 - lead':22}{'R2 - lead':22}{'ms':>6}",
    ]
    for name, rows in scores.items():
        one, two, long = rows.mean(0)
        gains = "".join(f"{_interval((rows - lead)[:, column]):22}" for column in (0, 1))
        lines.append(f"{name:14}{one:7.2f}{two:7.2f}{long:7.2f}   {gains}{spent[name]:6.1f}")
    if len(scores) == 2:
        lines.append("(sumy's six are left out: pip install sumy)")
    return "\n".join(lines)


def _interval(differences: Any) -> str:
    picks = np.random.default_rng(7).integers(0, len(differences), (1000, len(differences)))
    means = differences[picks].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{differences.mean():+.2f} [{low:+.2f}, {high:+.2f}]"


def _speed(examples: Sequence[Example]) -> str:
    whole, ranking = [], []
    for example in examples[:150]:
        body = articles.body_of(example.text)
        # The best of five: what the machine does meanwhile for others is not ours.
        summaries, ranks = [], []
        for _ in range(5):
            start = time.process_time()
            sentences = summary.split(body, language="en")
            summary.summarise(headline="", body=body, sentences=sentences, language="en")
            summaries.append(time.process_time() - start)
            start = time.process_time()
            sentences = summary.split(body, language="en")
            pool = compose.candidates(body, sentences, language="en")
            scorer.rank(tuple(one.text for one in pool), headline="", language="en")
            ranks.append(time.process_time() - start)
        whole.append(1000 * min(summaries))
        ranking.append(1000 * min(ranks))
    program = (
        "import dataclasses, hashlib, json, pathlib, re, time, typing, unicodedata\n"
        "import chalicelib.core.article\n"
        "before = time.process_time()\n"
        "from chalicelib.core.summary import compose, sentences\n"
        "print(1000 * (time.process_time() - before))"
    )
    compiled = tempfile.mkdtemp()
    loads = [
        float(
            subprocess.run(  # noqa: S603 (our own program, our own interpreter)
                [sys.executable, "-c", program],
                capture_output=True,
                check=True,
                text=True,
                env={"PYTHONPYCACHEPREFIX": compiled},  # with bytecode, as it is deployed
            ).stdout
        )
        for _ in range(7)
    ]
    return (
        "Cost (CPU): "
        f"ranking {statistics.median(ranking):.1f} ms an article (median, splitting included), "
        f"whole summary with gate {statistics.median(whole):.1f} ms, "
        f"import with all it needs {min(loads):.1f} ms, "
        f"weights {scorer.WEIGHTS.stat().st_size / 1000:.0f} kB"
    )


def _readability(examples: Sequence[Example]) -> str:
    count: Counter[str] = Counter()
    for example in examples:
        body = articles.body_of(example.text)
        sentences = summary.split(body, language="en")
        made = summary.summarise(headline="", body=body, sentences=sentences, language="en")
        words = prose.word_count(made.text)
        count["long articles"] += len(example.text.split()) >= 150
        count["paragraph too short or long"] += (
            len(example.text.split()) >= 150 and not 60 <= words <= 120
        )
        count["withheld"] += len(made.withheld)
        vocabularies: list[set[str]] = []
        for point in made.key_points:
            count["points"] += 1
            count["unmatched marks"] += point.text.count('"') % 2 or point.text.count(
                "“"
            ) != point.text.count("”")
            count["bare openers"] += bool(_BARE.match(point.text))
            count["over 40 words"] += len(point.text.split()) > 40
            count["offsets wrong"] += any(
                body.text[one.start : one.end] != one.quote for one in point.evidence
            )
            own = set(re.findall(r"\w+", point.text.lower()))
            count["near-repeats"] += any(
                2 * len(own & other) >= min(len(own), len(other)) for other in vocabularies
            )
            vocabularies.append(own)
        shared = set(made.evidence) & {
            one.sentence for point in made.key_points for one in point.evidence
        }
        count["shared sentences"] += len(sentences) >= 12 and bool(shared)
    total = max(count["points"], 1)
    names = (
        "unmatched marks", "bare openers", "near-repeats", "over 40 words", "offsets wrong",
        "withheld",
    )  # fmt: skip
    points = ", ".join(f"{name} {count[name]} ({count[name] / total:.1%})" for name in names)
    return (
        f"As published: {count['points']} points: {points}; articles whose paragraph is not of 60 "
        f"to 120 words: {count['paragraph too short or long']} of {count['long articles']}; that "
        f"share a sentence between both: {count['shared sentences']}"
    )


def _strictness(examples: Sequence[Example]) -> str:
    tried: Counter[str] = Counter()
    kept: Counter[str] = Counter()

    def judge(kind: str, point: str, text: str) -> None:
        tried[kind] += 1
        verdict = summary.check(point, evidence=(), text=text, language="en")
        kept[kind] += bool(verdict.failed)

    for example in examples:
        dice = random.Random(example.id)  # noqa: S311 (the same choices in every run)
        texts = [
            text for text in articles.published_sentences(example) if 6 <= len(text.split()) <= 40
        ]
        for text in dice.sample(texts, min(4, len(texts))):
            judge("unaltered", text, example.text)
            for kind, wrong in alterations.altered(text, example.text, dice):
                judge(kind, wrong, example.text)
        for highlight in example.highlights:
            judge("human highlight", highlight, example.text)
    altered = sum(tried[kind] for kind in alterations.KINDS)
    lines = [f"The gate, {altered} altered points: withheld"]
    lines += [
        f"  {kind:18}{100 * kept[kind] / tried[kind]:6.1f} % of {tried[kind]}"
        for kind in (*alterations.KINDS, "unaltered", "human highlight")
        if tried[kind]
    ]
    return "\n".join(lines)
