"""The publish gate: does what a point says stand in its evidence and its article?"""

from __future__ import annotations

import re

from chalicelib.core.article import Checks

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def check(point: str, *, evidence: tuple[str, ...], text: str, language: str) -> Checks:
    """Hold *point* against its *evidence* sentences and the whole *text*."""
    numbers = _NUMBER.findall(point)
    known = set(_NUMBER.findall(" ".join(evidence) if evidence else text))
    verdict = "none" if not numbers else "pass" if set(numbers) <= known else "fail"
    return Checks(numbers=verdict)  # type: ignore[arg-type]
