"""Every limit says what it counts and why; a file at it is read, and one beyond it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.core import formats, limits
from chalicelib.core.errors import UploadRejected
from chalicelib.core.uploads import check_key


def said(**told: object) -> formats.Draft:
    """Read our own JSON with these keys."""
    article = {"headline": "x", "body": "Text.", **told}
    return formats.read("a.json", json.dumps(article).encode())


def written(matter: str, text: str = "Text.") -> formats.Draft:
    return formats.read("a.md", f"{matter}\n\n{text}".encode())


# What is made with a number, which is refused beyond its limit.
REFUSED: dict[str, Callable[[int], object]] = {
    "MAX_KEY_BYTES": lambda n: check_key("a" * n),
    "MAX_TEXT_BYTES": lambda n: formats.read("a.txt", b"Ferry\n\n" + b"a" * n),
    "MAX_FRONT_MATTER_BYTES": lambda n: written(f"---\ntitle: x #{'b' * (n - 11)}\n---"),
    "MAX_DOTS": lambda n: written(f"+++\ntitle = 'x'\na{'.a' * n} = 1\n+++"),
    "MAX_MARKDOWN_LENGTH": lambda n: formats.read(
        "a.md", f"# x\n\n{'a b' + ' ' * (n - 8)}".encode()
    ),
    "MAX_ELEMENTS": lambda n: said(body_html="<hr>" * (n - 1) + "<p>x"),
    "MAX_ESCAPED": lambda n: said(body_html="<p>x" + "&" * n),
    "MAX_NESTING": lambda n: said(body_html="<ul>" * n + "x"),
    "MAX_HEADLINE_LENGTH": lambda n: said(headline="x" * n),
    "MAX_CORRECTIONS": lambda n: said(correction=[f"It was {k}." for k in range(n)]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_at_a_limit_is_read_and_one_beyond_it_is_refused(name):
    limit = getattr(limits, name)

    REFUSED[name](limit)
    with pytest.raises(UploadRejected):
        REFUSED[name](limit + 1)


# What is made with a number, of which no more is kept than the limit.
KEPT: dict[str, tuple[Callable[[int], formats.Draft], Callable[[formats.Draft], int]]] = {
    "MAX_TAGS": (
        lambda n: said(tags=[f"t{k}" for k in range(n)]),
        lambda draft: len(draft.metadata.tags),
    ),
    "MAX_BYLINES": (
        lambda n: said(byline=[f"Name {k}" for k in range(n)]),
        lambda draft: len(draft.metadata.byline),
    ),
    "MAX_LINKED": (
        lambda n: said(same_story=[f"{k}.md" for k in range(n)]),
        lambda draft: len(draft.metadata.same_story),
    ),
    "MAX_LINE_LENGTH": (
        lambda n: said(source="x" * n),
        lambda draft: len(draft.metadata.source or ""),
    ),
    "MAX_NOTE_LENGTH": (
        lambda n: said(correction="x" * n),
        lambda draft: len(draft.metadata.corrections[0].text),
    ),
    "MAX_PICTURES": (
        lambda n: formats.read(
            "a.json",
            json.dumps(
                {
                    "headline": "x",
                    "body_html": "<p>x" + "".join(f"<img src=media/{k}.png>" for k in range(n)),
                }
            ).encode(),
        ),
        lambda draft: len(draft.pictures),
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_of_what_is_more_than_a_limit_as_much_as_it_is_kept(name):
    limit, (read, kept) = getattr(limits, name), KEPT[name]

    assert kept(read(limit)) == limit
    assert kept(read(limit + 1)) == limit


def test_every_limit_says_what_it_counts_and_why():
    source = Path(limits.__file__).read_text(encoding="utf-8")
    stated = re.findall(r"^([A-Z_]+) = (?:\(\s*)?[\d_* ]+ +# (.{8,})$", source, re.MULTILINE)

    assert {name for name, _ in stated} == {name for name in vars(limits) if name.isupper()}
