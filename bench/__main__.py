"""Every benchmark that takes minutes at most, one after the other, with what comes at its head.

One is skipped, with the reason, where its data or its engine is not. bench/README.md has the last
results, and the programs that take longer.

python -m bench
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import NamedTuple

SHARED = Path(__file__).parents[2] / "shared" / "data"  # real articles beside the checkout


class Bench(NamedTuple):
    """A program, the words it is run with, its question, and seconds of CPU that it took last."""

    module: str
    words: tuple[str, ...]
    question: str
    takes_s: int

    def lacks(self) -> str | None:
        """Say what is missing for it, None where nothing is."""
        if any(word.startswith(str(SHARED)) for word in self.words) and not SHARED.is_dir():
            return f"there are no real articles at {SHARED}"
        return None


BENCHES = (
    Bench(
        "bench.extraction",
        ("table", "--html", str(SHARED / "articles-html" / "aeb")),
        "how well is an article's text found in a page",
        4,
    ),
    Bench(
        "bench.summaries",
        ("table", "--data", str(SHARED / "summaries" / "dev.jsonl.gz")),
        "how good are summaries, and what passes their checks",
        15,
    ),
    Bench(
        "bench.stories",
        ("table", "--data", str(SHARED / "stories" / "ecbplus.jsonl")),
        "are the articles of one event found, and no others",
        1,
    ),
    Bench("bench.ingest", (), "how many articles does one core ingest in a second", 16),
    Bench("bench.placing", (), "does placing an article grow with their number", 58),
    Bench("bench.cost", (), "what does a month cost", 28),
    Bench("bench.scale", (), "which limit of AWS is met first", 1),
    Bench("bench.cold", (), "what does a first page after a cold start cost", 60),
    Bench("bench.warm", (), "what does every further page cost", 60),
    Bench("bench.worst", (), "what do the worst files that are accepted take", 60),
    Bench(
        "bench.growth",
        ("--articles", "100,1000"),
        "does anything grow with the archive",
        33,
    ),
)


def main() -> int:
    for bench in BENCHES:
        lack = bench.lacks()
        takes = f"skipped: {lack}" if lack else f"some {bench.takes_s} s of CPU"
        print(f"{bench.module:18}{bench.question}? {takes}")
    for bench in BENCHES:
        if bench.lacks():
            continue
        print(f"\n## {bench.module}\n", flush=True)
        sys.argv = [bench.module, *bench.words]
        try:
            runpy.run_module(bench.module, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            if ended.code:
                return int(ended.code) if isinstance(ended.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
