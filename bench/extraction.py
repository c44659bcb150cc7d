"""How well the production HTML reader finds an article's text, and how fast.

`predict` writes what the reader finds, for a scorer of one's own. `table` runs the reader beside
trafilatura and, where it is installed, readability-lxml over the same pages in one process, and
prints their F1 against gold texts with the time a page takes. The metric is that of the
article-extraction benchmark: texts as multisets of four-word shingles, each page weighing the
same. The text is that of the article's blocks without captions: a caption belongs to its
picture, and gold texts have none.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected

SHINGLE_WORDS = 4

Extractor = Callable[[bytes], str]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.extraction", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "predict", help="write {NAME: {title, text}} for a folder's pages"
    )
    command.add_argument("--html", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--out", type=Path, required=True, metavar="PREDICTIONS.json")
    command.set_defaults(run=lambda given: predict(given.html, given.out))
    command = commands.add_parser("table", help="compare extractors on pages with gold texts")
    command.add_argument("--html", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=lambda given: print(table(given.html)))
    given = parser.parse_args(arguments)
    given.run(given)


def predict(folder: Path, out: Path) -> None:
    """Write the prediction of every NAME.html and NAME.html.gz of *folder*.

    A page that the reader rejects has an empty title and text: readers would not see it.
    """
    predictions = {}
    for name, data in tqdm(list(_pages(folder)), desc="pages", unit="page"):
        title, text = read(data)
        predictions[name] = {"title": title, "text": text}
    out.write_text(json.dumps(predictions, ensure_ascii=False, indent=1), encoding="utf-8")


def read(data: bytes) -> tuple[str, str]:
    """Return the headline and the text that production would publish of *data*."""
    try:
        draft = formats.read("page.html", data)
    except UploadRejected:
        return "", ""
    text, blocks = draft.body.text, draft.body.blocks
    running = [text[block.start : block.end] for block in blocks if block.kind != "caption"]
    return draft.headline, "\n\n".join(running)


def table(folder: Path) -> str:
    """Return a Markdown table: each extractor's precision, recall, F1, ms and cost ratios."""
    pages = [(name, data) for name, data in _pages(folder) if _gold_path(folder, name).exists()]
    if not pages:
        return f"no page of {folder} has a gold text beside it (NAME.gold.json with articleBody)"
    gold = {name: _gold(_gold_path(folder, name)) for name, _ in pages}
    rows, ours_ms = [], 0.0
    for label, extract in _extractors().items():
        extract(pages[0][1])  # the first call loads libraries and compiles patterns
        began = time.perf_counter()
        found = {name: extract(data) for name, data in tqdm(pages, desc=label, unit="page")}
        ms = 1000 * (time.perf_counter() - began) / len(pages)
        ours_ms = ours_ms or ms
        cells = [label, *(f"{share:.4f}" for share in score(gold, found))]
        rows.append(f"| {' | '.join(cells)} | {ms:.1f} | {ms / ours_ms:.2f} |")
    head = "| extractor | precision | recall | F1 | ms a page | time, ours = 1 |"
    return "\n".join([f"{len(pages)} pages", "", head, "|---|---|---|---|---|---|", *rows])


def score(gold: dict[str, str], found: dict[str, str]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of *found* texts against *gold*, page by page."""
    hit = extra = missing = 0.0
    for name, text in gold.items():
        right, ours = _shingles(text), _shingles(found.get(name, ""))
        both = sum((right & ours).values())
        total = sum(right.values()) + sum(ours.values()) - both
        if total:
            hit += both / total
            extra += (sum(ours.values()) - both) / total
            missing += (sum(right.values()) - both) / total
    if not hit:
        return 0.0, 0.0, 0.0
    precision, recall = hit / (hit + extra), hit / (hit + missing)
    return precision, recall, 2 * precision * recall / (precision + recall)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return Counter(tuple(words[i : i + SHINGLE_WORDS]) for i in range(last)) if words else Counter()


def _extractors() -> dict[str, Extractor]:
    import trafilatura

    def plain(data: bytes, *, fast: bool) -> str:
        return trafilatura.extract(data, include_comments=False, fast=fast) or ""

    found: dict[str, Extractor] = {
        "Broadsheet": lambda data: read(data)[1],
        "trafilatura, fast": lambda data: plain(data, fast=True),
        "trafilatura, default": lambda data: plain(data, fast=False),
    }
    try:
        from lxml.html import fromstring
        from readability import Document  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return found

    def readability(data: bytes) -> str:
        summary = Document(data.decode("utf-8", "replace")).summary()
        return "\n".join(fromstring(summary).itertext())

    return {**found, "readability-lxml": readability}


def _pages(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.iterdir()):
        if path.name.endswith(".html.gz"):
            yield path.name.removesuffix(".html.gz"), gzip.decompress(path.read_bytes())
        elif path.suffix == ".html":
            yield path.stem, path.read_bytes()


def _gold_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.gold.json"


def _gold(path: Path) -> str:
    return str(json.loads(path.read_text(encoding="utf-8")).get("articleBody") or "")


if __name__ == "__main__":
    main()
