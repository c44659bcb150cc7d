"""`python -m bench.summaries COMMAND`: predict, compose, gate, train, table.

predict and compose read lines {id, text, title?}, gate {id, text, point}; all write JSON lines
in the same order. They need nothing but the product. train and table read articles with human
highlights ({id, text, highlights}) and need numpy and rouge-score, the table sumy as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bench.summaries import articles
from chalicelib.core import summary
from chalicelib.core.summary import scorer

# Beside the repository on a developer's machine; never part of it.
DATA = Path(__file__).parents[3] / "shared" / "data" / "summaries"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.summaries",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    predict = commands.add_parser("predict", help="the top sentences of the production ranking")
    predict.add_argument("--sentences", type=int, default=3)
    compose = commands.add_parser("compose", help="summary and key points exactly as published")
    gate = commands.add_parser("gate", help="the production gate on {id, text, point} lines")
    for command in (predict, compose, gate):
        command.add_argument("--data", type=Path, required=True, help="FILE.jsonl or .jsonl.gz")
        command.add_argument("--out", type=Path, required=True, help="FILE.jsonl")
    train = commands.add_parser("train", help="make weights.json anew, the same bytes each time")
    train.add_argument("--data", type=Path, default=DATA / "train.jsonl.gz")
    train.add_argument("--out", type=Path, default=scorer.WEIGHTS)
    table = commands.add_parser("table", help="ours, LEAD-3 and sumy's six in one run (default)")
    table.add_argument("--data", type=Path, default=DATA / "dev.jsonl.gz")
    table.add_argument("--limit", type=int, default=0, help="first N articles only")
    given = parser.parse_args(arguments)
    if given.command in (None, "table"):
        return _table(getattr(given, "data", DATA / "dev.jsonl.gz"), getattr(given, "limit", 0))
    if given.command == "train":
        return _train(given.data, given.out)
    if given.command == "predict":
        lines = _predict(given.data, given.sentences)
    elif given.command == "compose":
        lines = _compose(given.data)
    else:
        lines = _gate(given.data)
    with given.out.open("w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


def _predict(data: Path, count: int) -> Iterator[dict[str, object]]:
    for example in articles.examples(data):
        texts = articles.published_sentences(example)
        order = scorer.rank(texts, headline=example.title, language=example.language)
        yield {"id": example.id, "key_points": [texts[place] for place in sorted(order[:count])]}


def _compose(data: Path) -> Iterator[dict[str, object]]:
    for example in articles.examples(data):
        made = articles.summary_of(example)
        yield {
            "id": example.id,
            "summary": made.text,
            "key_points": [point.text for point in made.key_points],
        }


def _gate(data: Path) -> Iterator[dict[str, object]]:
    for line in articles.lines(data):
        checks = summary.check(
            str(line.get("point") or ""),
            evidence=(),
            text=str(line.get("text") or ""),
            language=str(line.get("language") or "en"),
        )
        verdict = "withheld" if checks.failed else "pass"
        yield {"id": line.get("id"), "checks": asdict(checks), "verdict": verdict}


def _missing(data: Path, *modules: str) -> str:
    """What keeps a measuring command from running here, or ""."""
    from importlib.util import find_spec

    absent = [module for module in modules if find_spec(module) is None]
    if absent:
        packages = " ".join(absent).replace("_", "-")
        return f"this needs packages for development only: pip install {packages}"
    return "" if data.exists() else f"no articles with highlights at {data}: name them with --data"


def _train(data: Path, out: Path) -> int:
    if problem := _missing(data, "numpy", "rouge_score"):
        print(problem, file=sys.stderr)
        return 2
    from bench.summaries import train

    weights = train.fit(train.lessons(list(articles.examples(data))))
    out.write_text(train.as_json(weights), encoding="utf-8")
    print(f"{out.name}: {out.stat().st_size} bytes, {len(weights['lexicon'])} words")
    return 0


def _table(data: Path, limit: int) -> int:
    if problem := _missing(data, "numpy", "rouge_score"):
        print(problem, file=sys.stderr)
        return 2
    from bench.summaries import table

    examples = list(articles.examples(data))
    print(table.report(examples[:limit] if limit else examples))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
