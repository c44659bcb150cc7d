"""What the agencies' formats share: subject codes of the IPTC, bylines, abstracts."""

from __future__ import annotations

import re
from collections import Counter

from chalicelib.core.formats.html_tree import words_only

# The first two digits of an IPTC subject code (Subject Reference, Media Topics) -> a section.
SECTIONS = {
    "01": "culture", "02": "crime", "03": "disasters", "04": "economy", "05": "education",
    "06": "environment", "07": "health", "08": "people", "09": "labour", "10": "lifestyle",
    "11": "politics", "12": "religion", "13": "science", "14": "society", "15": "sport",
    "16": "conflict", "17": "weather",
}  # fmt: skip
_CODE = re.compile(r"(?:^|[:/])([01]\d)\d{6}$")
_BY = re.compile(r"^(?:by|von|par|por|av|af|di|door)\s+", re.IGNORECASE)
_SEVERAL = re.compile(r"\s(?:and|und|et|og|och|&)\s", re.IGNORECASE)
_BY_LINE = re.compile(r"\s*(?:<div>\s*)*<p[^<>]*>\s*(By\s+[A-Z][^<>.]{2,80}?)\s*</p>")
_ANY_TAG = re.compile(r"<[^<>]*>")


def section(codes: list[str]) -> str | None:
    """Return the section that most of *codes* are of (subj:15054000 is sport), else the first."""
    found = [match[1] for code in codes if (match := _CODE.search(code))]
    known = Counter(SECTIONS[digits] for digits in found if digits in SECTIONS)
    return known.most_common(1)[0][0] if known else None


def byline(text: str) -> list[str]:
    """Return the names in an agency's byline.

    With an "and", commas part names: "A Marrow, B Holt and C Aske". Without one they set off
    what the writer is ("Ilse Marrow, Harbour Correspondent"), which stays with the name.
    """
    text = _BY.sub("", text.strip())
    if not _SEVERAL.search(text):
        return [text] if text else []
    return [
        name.strip() for part in _SEVERAL.split(text) for name in part.split(",") if name.strip()
    ]


def lifted_byline(html: str) -> tuple[list[str], str]:
    """Return the names that a first paragraph "By …" tells, and the text below it."""
    found = _BY_LINE.match(html)
    if found is None or not words_only(_ANY_TAG.sub("", html[found.end() :])):
        return [], html
    return byline(found[1]), html[found.end() :]


def repeats(abstract: str, text: str) -> bool:
    """True where *text* begins with *abstract*: printed above it, it would be read twice."""
    said = words_only(abstract.strip().removesuffix("[&hellip;]"))
    return bool(said) and words_only(text[: 2 * len(abstract) + 200]).startswith(said)
