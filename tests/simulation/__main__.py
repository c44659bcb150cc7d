"""Many histories of a newsroom: what befell it, and whether it was ever otherwise than it should.

    python -m tests.simulation --histories 2000 --seed 1 --jobs 2
    python -m tests.simulation --mistakes

Histories come in batches. Each batch has a seed of its own, one more than the last, so a run that
was ended goes on with the seed that it came to, and a batch that failed is lived through again
with its seed and `--histories 1`, which is one batch.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from tests.simulation import mistakes
from tests.simulation.clouds import CLOUDS
from tests.simulation.histories import History, live
from tests.simulation.world import wired

BATCH = 100  # histories of one seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What the histories of one seed came to; `story` tells the one that ended otherwise."""

    seed: int
    seen: Counter[str]
    struck: Counter[str]
    cpu_s: float
    story: str | None


def batch(seed: int, *, cloud: str, histories: int, shrink: bool) -> Lived:
    History.cloud = cloud
    History.seen.clear()
    History.struck.clear()
    started_s = time.process_time()
    story = None
    try:
        with wired():
            live(seed, histories=histories, shrink=shrink)
    except Exception as difference:  # noqa: BLE001  # told with its story
        story = "\n".join([f"{type(difference).__name__}: {difference}", *_notes(difference)])
    return Lived(
        seed=seed,
        seen=History.seen.copy(),
        struck=History.struck.copy(),
        cpu_s=time.process_time() - started_s,
        story=story,
    )


def _notes(difference: Exception) -> list[str]:
    return getattr(difference, "__notes__", [])


def main() -> int:
    arguments = _arguments()
    if arguments.mistakes:
        return mistakes.run(jobs=arguments.jobs, histories=arguments.histories or mistakes.MOST)
    histories = arguments.histories or 1_000
    each = min(BATCH, histories)
    seeds = range(arguments.seed, arguments.seed + -(-histories // each))
    lived = partial(batch, cloud=arguments.cloud, histories=each, shrink=not arguments.no_shrink)
    seen, struck, cpu_s, differences = Counter[str](), Counter[str](), 0.0, 0
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for one in pool.map(lived, seeds):
            seen, struck, cpu_s = seen + one.seen, struck + one.struck, cpu_s + one.cpu_s
            print(f"seed {one.seed}: {one.seen['histories']} histories", file=sys.stderr)
            if one.story is not None:
                differences += 1
                print(f"seed {one.seed} ends otherwise than it should:\n{one.story}", flush=True)
                if arguments.no_shrink:
                    break
    rate = seen["histories"] / cpu_s if cpu_s else 0
    print(
        f"histories: {seen['histories']:,} of {seen['steps']:,} steps, {rate:.0f} a second a core"
    )
    print(f"faults: {struck.total():,}")
    for kind, times in struck.most_common():
        print(f"  {kind}: {times:,}")
    print(f"differences: {differences}")
    return 1 if differences else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--histories", type=int, metavar="N", help="how many; 1000 unless said")
    parser.add_argument("--seed", type=int, default=1, help="of the first batch")
    parser.add_argument("--cloud", choices=sorted(CLOUDS), default="memory",
                        help="what is behind the functions")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--no-shrink", action="store_true",
                        help="end at the first difference, as it was found")  # fmt: skip
    parser.add_argument("--mistakes", action="store_true",
                        help="plant mistakes in the code; is each seen?")  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
