"""Plain-text articles with human highlights, read as the newsroom reads an upload."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from chalicelib.core import summary
from chalicelib.core.article import Block, Body, Summary
from chalicelib.core.summary import compose


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One line of a data file."""

    id: str
    text: str
    highlights: tuple[str, ...] = ()
    title: str = ""
    language: str = "en"


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a .jsonl or .jsonl.gz file."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as stored
    ):
        for line in stored:
            if line.strip():
                yield json.loads(line)


def examples(path: Path) -> Iterator[Example]:
    """The articles of a data file."""
    for stored in lines(path):
        yield Example(
            id=str(stored["id"]),
            text=str(stored.get("text") or ""),
            highlights=tuple(map(str, stored.get("highlights") or ())),
            title=str(stored.get("title") or ""),
            language=str(stored.get("language") or "en"),
        )


def body_of(text: str) -> Body:
    """A body whose paragraphs are the lines of *text*; its offsets are those of *text*."""
    blocks = []
    start = 0
    for line in text.split("\n"):
        if line.strip():
            blocks.append(Block(kind="paragraph", start=start, end=start + len(line)))
        start += len(line) + 1
    html = "".join(f"<p>{escape(text[block.start : block.end])}</p>" for block in blocks)
    return Body(html=html, text=text, blocks=tuple(blocks))


def published_sentences(example: Example) -> tuple[str, ...]:
    """The sentences of news prose as published: no datelines, no boilerplate."""
    body = body_of(example.text)
    sentences = summary.split(body, language=example.language)
    pool = compose.candidates(body, sentences, language=example.language)
    return tuple(one.text for one in pool)


def summary_of(example: Example) -> Summary:
    """The summary exactly as the newsroom publishes it."""
    body = body_of(example.text)
    return summary.summarise(
        headline=example.title,
        body=body,
        sentences=summary.split(body, language=example.language),
        language=example.language,
    )
