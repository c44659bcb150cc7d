"""How the tables of `tests/approved` are written."""

from __future__ import annotations


def listing(lines: list[str]) -> str:
    return "\n".join([*lines, ""])


def short(text: str) -> str:
    return text if len(text) < 400 else f"{text[:200]}… {len(text)} …{text[-100:]}"
