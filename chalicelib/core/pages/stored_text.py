"""The stored text of an article, sentence by sentence: where every key point can be checked.

The text is shown whole: what lies between two sentences is shown too, so that nothing the
newsroom stored can hide. Each sentence's anchor is its id, and stands in the page once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from chalicelib.core.pages import labels, parts
from chalicelib.core.pages.page import Context, Page

if TYPE_CHECKING:
    from chalicelib.core.article import Article, Block, BlockKind, Sentence
    from chalicelib.core.site import Site

_TOGETHER: frozenset[BlockKind] = frozenset({"list_item", "quote", "row"})  # neighbours of a kind

Cited = dict[str, list[Context]]  # what rests on a sentence, by the sentence's id


def source_text(article: Article, *, site: Site, now: datetime) -> Page:
    """Return the page of *article*'s text with an anchor a sentence, and what cites each."""
    frame = parts.frame(
        site=site,
        now=now,
        title=f"Source text: {article.headline}",
        description=f"The stored text of “{article.headline}”, sentence by sentence.",
        address=site.article(article, page="source"),
        current=site.section(article.section) if article.section else None,
        article=article,
    )
    count = len(article.sentences)
    return Page.of(
        "source.html",
        frame
        | {
            "article": parts.written(article.language)
            | {
                "headline": article.headline,
                "url": site.article(article),
                "source": parts.profile(article.source, site=site),
                "age": labels.age(article.public_at, now=now),
            },
            "length": f"{labels.counted(count, 'sentence')} · revision {article.revision}",
            "groups": list(_groups(article, _cited(article, site=site))),
        },
    )


def _cited(article: Article, *, site: Site) -> Cited:
    cited: Cited = {}
    page = site.article(article)
    for sentence in article.summary.evidence:
        cited.setdefault(sentence, []).append({"label": "Summary", "url": f"{page}#summary"})
    for number, point in enumerate(article.summary.key_points, start=1):
        for sentence in dict.fromkeys(evidence.sentence for evidence in point.evidence):
            label = f"Key point {number}"
            cited.setdefault(sentence, []).append({"label": label, "url": f"{page}#{point.id}"})
    return cited


def _groups(article: Article, cited: Cited) -> Iterator[Context]:
    """Yield the blocks in order, list items, rows and quotes together with their neighbours."""
    for _, blocks in groupby(
        enumerate(article.body.blocks),
        key=lambda at: at[1].kind if at[1].kind in _TOGETHER else at[0],
    ):
        shown = [block for _, block in blocks]
        yield {"kind": shown[0].kind, "blocks": [_block(one, article, cited) for one in shown]}


def _block(block: Block, article: Article, cited: Cited) -> Context:
    """Return a block as cells of parts; only a row has more cells than one."""
    inside = [one for one in article.sentences if block.start <= one.start < block.end]
    text, cells, start = article.body.text, [], block.start
    ends = [at for at in range(block.start, block.end) if block.kind == "row" and text[at] == "\t"]
    for end in (*ends, block.end):
        cells.append(list(_parts(start, end, inside, text, cited)))
        start = end + 1
    return {"cells": cells}


def _parts(
    start: int, end: int, sentences: list[Sentence], text: str, cited: Cited
) -> Iterator[Context]:
    """Yield `text[start:end]` cut at the sentences; a sentence's id is where it begins."""
    at = start
    for sentence in sentences:
        first, last = max(at, sentence.start), min(end, sentence.end)
        if first >= last:
            continue
        if at < first:
            yield {"id": None, "text": text[at:first], "cited": []}
        begins = first == sentence.start
        yield {
            "id": sentence.id if begins else None,
            "text": text[first:last],
            "cited": cited.get(sentence.id, []) if begins else [],
        }
        at = last
    if at < end:
        yield {"id": None, "text": text[at:end], "cited": []}
