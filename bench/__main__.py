"""Every benchmark, one after the other; each is skipped, with the reason, where its data is not.

python -m bench
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared" / "data"  # real articles beside the checkout
BENCHES = (
    ("bench.extraction", ("table", "--html", str(SHARED / "articles-html" / "aeb"))),
    ("bench.summaries", ("table", "--data", str(SHARED / "summaries" / "dev.jsonl.gz"))),
    ("bench.stories", ("table", "--data", str(SHARED / "stories" / "ecbplus.jsonl"))),
    ("bench.ingest", ()),  # cuts its articles from the samples
    ("bench.placing", ()),  # makes its own articles
    ("bench.cost", ()),  # has the samples
    ("bench.cold", ()),  # has them too
    ("bench.warm", ()),  # has them too
    ("bench.growth", ("--articles", "100,1000")),  # makes its own newsrooms
    ("bench.worst", ()),  # makes its own files
)


def main() -> int:
    for module, words in BENCHES:
        print(f"\n## {module}\n", flush=True)
        if any(word.startswith(str(SHARED)) for word in words) and not SHARED.is_dir():
            print(f"skipped: there are no real articles at {SHARED}")
            continue
        sys.argv = [module, *words]
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            if ended.code:
                return int(ended.code) if isinstance(ended.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
