"""The coverage-guided fuzzer: `make fuzz` runs every target, TIME seconds each.

    python -m tests.fuzz TARGET FOLDER [-max_total_time=60 …]

What is found new is kept in FOLDER, so that the next run goes on from there. The first broken
promise ends the run, and libFuzzer writes the bytes beside FOLDER; with its name in the place of
FOLDER it is run again alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

# Before anything of ours is loaded: what is loaded already is not instrumented. Compiled parsers
# (lxml, nh3, Pillow) cannot be.
with atheris.instrument_imports(
    include=["chalicelib", "markdown_it", "feedparser", "email", "yaml"]
):
    from tests.fuzz.targets import TARGETS


def main(name: str, corpus: Path, *options: str) -> None:
    target = TARGETS[name]
    words = corpus.with_suffix(".dict")
    if not corpus.is_file():
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(target.seeds):
            (corpus / f"seed-{number}").write_bytes(seed)
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
        options = (f"-dict={words}", f"-artifact_prefix={corpus}-", "-max_len=20000", *options)
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.run)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
