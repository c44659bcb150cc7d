"""How many articles a second one core ingests, and in which step the time goes, without AWS.

An article is cut from the samples' sentences to so many words and written in each format; then it
goes through the very code of `ingest`, from its bytes to the rows and the receipt that would be
written. The baseline of the same round is what any site generator does with a Markdown file:
markdown-it-py and nh3. CPU time; each article is another one, so nothing is remembered.

python -m bench.ingest
python -m bench.ingest profile
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from html import escape
from pathlib import Path

from chalicelib import placing, wiring
from chalicelib.aws import store
from chalicelib.core import api, codec, fold, formats, pages
from chalicelib.core.article import Article
from chalicelib.core.language import guess_language, terms
from chalicelib.core.site import Site
from chalicelib.core.uploads import Version
from tests.core.formats import documents

SAMPLES = Path(__file__).parents[1] / "samples"
NOW = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
USUAL = 700  # words
WARM = 3  # articles before any is counted: libraries are loaded with the first of a format
SIZES = (100, USUAL, 5_000)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("table", "profile"), default="table")
    parser.add_argument("--rounds", type=int, default=40, help="articles of each kind (40)")
    given = parser.parse_args(arguments)
    if given.what == "profile":
        profile(given.rounds)
        return 0
    print(table(given.rounds))
    return 0


def table(rounds: int) -> str:
    """Return the tables: formats and sizes against the baseline, then the steps of the usual."""
    lines = [
        "| format | words | a second | ms [quartiles] | baseline = 1 |",
        "|---|---|---|---|---|",
    ]
    for extension in WRITTEN:
        for words in SIZES:
            ours, baseline = timed(extension, words, rounds)
            low, middle, high = statistics.quantiles(ours, n=4)
            ratio = statistics.median(a / b for a, b in zip(ours, baseline, strict=True))
            lines.append(
                f"| {extension} | {words:,} | {1000 / middle:.0f} "
                f"| {middle:.1f} [{low:.1f}, {high:.1f}] | {ratio:.1f} |"
            )
    lines += ["", f"Markdown of {USUAL} words", "", "| step | ms | share |", "|---|---|---|"]
    spent = steps(rounds)
    whole = sum(spent.values())
    lines += [f"| {step} | {ms:.2f} | {ms / whole:.0%} |" for step, ms in spent.items()]
    return "\n".join(lines)


def timed(extension: str, words: int, rounds: int) -> tuple[list[float], list[float]]:
    """Return the CPU milliseconds of each article's ingest, and of the baseline's after it."""
    ours, baseline = [], []
    for number in range(WARM + rounds):
        title, paragraphs = article(number, words)
        data = WRITTEN[extension](title, paragraphs)
        ours.append(_cpu_ms(partial(ingested, f"{number}.{extension}", data)))
        baseline.append(_cpu_ms(partial(_baseline, "\n\n".join(paragraphs))))
    return ours[WARM:], baseline[WARM:]


def ingested(key: str, data: bytes) -> None:
    """Do all of an ingest that is no call to AWS."""
    folded, made = _folded(key, data)
    placing.traits_of(made)
    store.rows_of(folded.record)
    _receipt(folded)


def steps(rounds: int) -> dict[str, float]:
    """Return the median CPU milliseconds of each step over Markdown of the usual size."""
    spent: dict[str, list[float]] = {}
    for number in range(WARM + rounds):
        for step, done in _steps(f"{number}.md", WRITTEN["md"](*article(number, USUAL))).items():
            spent.setdefault(step, []).append(_cpu_ms(done))
    return {step: statistics.median(times[WARM:]) for step, times in spent.items()}


def _steps(key: str, data: bytes) -> dict[str, Callable[[], object]]:
    """Return each step by itself, on what the steps before it have made."""
    draft = formats.read(key, data)
    folded, made = _folded(key, data)
    return {
        "read, clean": lambda: formats.read(key, data),
        "guess the language, where none is said": lambda: guess_language(draft.body.text),
        "number sentences, summarise, check": lambda: wiring.extract(
            draft.headline, draft.body, made.language
        ),
        "terms of the ranking": lambda: terms(
            draft.headline, draft.body.text, draft.metadata.tags, made.language
        ),
        "traits of the story": lambda: placing.traits_of(made),
        "rows": lambda: store.rows_of(folded.record),
        "receipt": lambda: _receipt(folded),
    }


def _folded(key: str, data: bytes) -> tuple[fold.Folded, Article]:
    version = Version(id="v1", received_at=NOW, size=len(data))
    folded = fold.fold(key, None, version, data, summarise=wiring.extract)
    if folded.article is None:
        raise ValueError(f"{key} was rejected: {folded.record.receipt.errors}")
    return folded, folded.article


def profile(rounds: int) -> None:
    """Print where the time of the usual article goes, function by function."""
    files = [WRITTEN["md"](*article(number, USUAL)) for number in range(rounds)]
    ingested("first.md", files[0])
    profiler = cProfile.Profile(time.process_time)
    for number, data in enumerate(files):
        profiler.runcall(ingested, f"{number}.md", data)
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(25)


def _receipt(folded: fold.Folded) -> None:
    told = api.receipt(folded.record.told(), site=Site(), ingested_at=NOW)
    codec.encode(told)
    pages.receipt(told, site=Site(), now=NOW).render().encode()


def _baseline(text: str) -> None:
    import nh3
    from markdown_it import MarkdownIt

    nh3.clean(MarkdownIt("commonmark").render(text))


def _cpu_ms(done: Callable[[], object]) -> float:
    began = time.process_time()
    done()
    return (time.process_time() - began) * 1000


# The articles


def article(number: int, words: int) -> tuple[str, tuple[str, ...]]:
    """Return a headline and paragraphs of so many words, other ones for each number."""
    chance = random.Random(number * 100_003 + words)  # noqa: S311 - the same articles each time
    return f"Article {number} on the ferry to Skerrin", tuple(_paragraphs(words, chance))


def _paragraphs(words: int, chance: random.Random) -> Iterator[str]:
    left = words
    while left > 0:
        told = " ".join(chance.sample(_sentences(), 4)).split()[:left]
        left -= len(told)
        yield " ".join(told)


@cache
def _sentences() -> list[str]:
    """Return the sentences of the samples that are plain text."""
    found = []
    for path in sorted(SAMPLES.rglob("*.md")):
        if path.parent == SAMPLES:
            continue  # says what the samples are
        body = path.read_text(encoding="utf-8").rpartition("\n---\n")[2]
        for line in body.splitlines():
            if re.match(r"[A-Z][^#>|*\[\]]{80,}$", line):
                found += re.findall(r"[A-Z][^.]{30,}\.(?= |$)", line)
    return found


def _marked_up(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p>{escape(text, quote=False)}</p>\n" for text in paragraphs)


def _page(title: str, paragraphs: Sequence[str]) -> bytes:
    menu = "".join(f'<li><a href="/{n}">Section {n}</a></li>' for n in range(12))
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>"
        f"<meta property=og:title content='{title}'><meta property=article:published_time "
        f"content=2026-03-24T09:00:00Z></head><body><nav><ul>{menu}</ul></nav><main><article>"
        f"<h1>{title}</h1>{_marked_up(paragraphs)}</article></main><footer>{menu}</footer></body>"
    ).encode()


def _markdown(title: str, paragraphs: Sequence[str]) -> bytes:
    text = "\n\n".join(paragraphs)
    head = f"headline: {title}\ndate: 2026-03-24T09:00:00Z\nsection: world\ntags: [ferry, sea]"
    return f"---\n{head}\n---\n{text}\n".encode()


def _ninjs(title: str, paragraphs: Sequence[str]) -> bytes:
    told = {
        "uri": "urn:courier:1",
        "type": "text",
        "language": "en",
        "versioncreated": "2026-03-24T09:00:00Z",
        "headline": title,
        "body_html": _marked_up(paragraphs),
    }
    return json.dumps(told).encode()


def _word(title: str, paragraphs: Sequence[str]) -> bytes:
    told = [documents.p(title, "Title"), *(documents.p(escape(text)) for text in paragraphs)]
    return documents.docx("".join(told))


# What a supplier writes of a headline and paragraphs, by the extension of the file.
WRITTEN: Mapping[str, Callable[[str, Sequence[str]], bytes]] = {
    "md": _markdown,
    "html": _page,
    "json": _ninjs,
    "xml": lambda _, paragraphs: documents.nitf(_marked_up(paragraphs)),
    "eml": lambda _, paragraphs: documents.mail("\n\n".join(paragraphs)),
    "docx": _word,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
