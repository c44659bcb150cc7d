"""Plain text: the first line is the headline, empty lines divide the paragraphs.

A second line that begins with "By" is the byline. A text whose lines are broken at a fixed width
is joined again; one whose every line is a paragraph stays so.
"""

from __future__ import annotations

import re
from html import escape

from chalicelib.core.formats.reading import Field, Inventory, Reading, decode, letters

_BYLINE = re.compile(r"by\s+(\S.{1,118}\S)", re.IGNORECASE)
_LONGEST_HEADLINE = 200  # characters; a longer first line is the article's first paragraph


def read(data: bytes) -> Reading:
    """Return the headline and the paragraphs. Raises UploadRejected for bytes that are no text."""
    lines = [line.strip() for line in decode(data).splitlines()]
    metadata: dict[str, Field] = {}
    filled = [place for place, line in enumerate(lines) if line]
    if filled and _is_headline(lines, filled):
        first = filled[0]
        metadata["headline"] = Field(lines[first], "/headline", first + 1, 1)
        lines[first] = ""
        following = filled[1] if len(filled) > 1 else None
        byline = _BYLINE.fullmatch(lines[following]) if following is not None else None
        if following is not None and byline:
            names = [name.strip() for name in re.split(r"[,&]|\band\b", byline[1])]
            metadata["byline"] = Field(names, "/byline", following + 1, 1)
            lines[following] = ""
    html = "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs(lines))
    held = Inventory(letters=sum(map(letters, lines)))
    return Reading(format="text", metadata=metadata, html=html, inventory=held)


def _is_headline(lines: list[str], filled: list[int]) -> bool:
    """True for a short first line that stands apart from more text, or is all there is above it."""
    first = lines[filled[0]]
    stands_apart = len(filled) > 1 and (filled[1] > filled[0] + 1 or not first.endswith("."))
    return len(first) <= _LONGEST_HEADLINE and stands_apart


def paragraphs(lines: list[str]) -> list[str]:
    """Join lines into paragraphs: at empty lines, or, where there are none, every line is one."""
    groups: list[list[str]] = [[]]
    for line in lines:
        if line:
            groups[-1].append(line)
        elif groups[-1]:
            groups.append([])
    groups = [group for group in groups if group]
    if len(groups) == 1 and max(map(len, groups[0]), default=0) > _LONGEST_HEADLINE:
        return groups[0]
    return [" ".join(group) for group in groups]
