"""Who wrote an article, from the texts in which pages say so."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from chalicelib.core.formats.html_tree import listed, words_only

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from chalicelib.core.formats.reading import Field

_BY = re.compile(
    r"^\s*(?:(?:written|posted|published|words|story) )?(?:by|von|par|por|di)\b:?\s+",
    re.IGNORECASE,
)
_AND = re.compile(r",\s*and\b|[,;&|]|\b(?:and|und|et|y)\b", re.IGNORECASE)
# Two to five words that begin with letters; \u2019 is the apostrophe of O'Brien in print.
_NAME = re.compile(r"[^\W\d_][\w.'\u2019-]*(?:\s+[^\W\d_][\w.'\u2019-]*){1,4}")
_NOBODY = listed("admin administrator unknown none null n/a author by")
_NO_NAME = re.compile(r"[<>{}@]|https?:|www\.")
_ENDS = " ,;|\u00b7-\u2013\u2014"
_OTHERS = re.compile(r"comment|related|sidebar|teaser|promo", re.IGNORECASE)
_BYLINE_CLASS = re.compile(
    r"\b(?:byline|author-?name|article-?author|post-?author)\b", re.IGNORECASE
)
MAX_NAME_LENGTH = 80  # characters of one author
MAX_LEVELS = 5
MAX_LINE_LENGTH = 120  # characters of a line that is nothing but a byline


def people(value: object) -> list[str]:
    """The names in *value*; a text that is nothing but several full names is taken apart."""
    names: list[str] = []
    for given in value if isinstance(value, list) else [value]:
        text = _BY.sub("", str(given)).strip(_ENDS)
        parts = [part for part in map(str.strip, _AND.split(text)) if part]
        if not all(_NAME.fullmatch(part) for part in parts):
            parts = [text]
        for name in parts:
            is_person = (
                0 < len(name) <= MAX_NAME_LENGTH
                and not _NO_NAME.search(name)
                and name.lower() not in _NOBODY
                and any(character.isalpha() for character in name)
            )
            if is_person and name not in names:
                names.append(name)
    return names


def repeated_names(byline: Field | None) -> frozenset[str]:
    """Return the `words_only` forms in which a line above the text may repeat the byline."""
    if byline is None:
        return frozenset()
    value = byline.value
    names = [str(name) for name in (value if isinstance(value, list) else [value])]
    joined = ["".join(names), " and ".join(names), *names]
    joined.append(f"{''.join(names[:-1])} and {names[-1]}")
    texts = [*joined, *(_BY.sub("", name) for name in joined)]
    return frozenset(words for text in texts if (words := words_only(text)))


def is_written_line(text: str) -> bool:
    """Whether *text* is a byline and no more: "By Jane Doe and John Roe"."""
    names = people(text) if len(text) <= MAX_LINE_LENGTH and _BY.match(text) else []
    return bool(names) and all(is_name(n) and n == n.title() for n in names)


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def names_author(element: HtmlElement) -> bool:
    """Whether an element is marked as naming the author."""
    return (
        is_marked_author(element)
        or "author" in (element.get("class") or "")[:300].lower().split()
        or bool(_BYLINE_CLASS.search((element.get("class") or "")[:300]))
    )


def is_marked_author(element: HtmlElement) -> bool:
    """Whether an element says by a standard's means that it names the author."""
    item = (element.get("itemprop") or "").lower().split()
    return "author" in (element.get("rel") or "").split() or bool({"author", "creator"} & set(item))


def opens_with_by(element: HtmlElement) -> bool:
    return bool(_BY.match(element.text or ""))


def is_of_others(element: HtmlElement) -> bool:
    """Whether the element belongs to a teaser, a comment or a list, not to the article.

    Only the boxes next around it tell: further out, "with-sidebar" says how the page is laid out.
    """
    return any(
        outer.tag in {"aside", "nav", "footer", "li"}
        or _OTHERS.search(f"{outer.get('class')} {outer.get('id')}")
        for outer in islice(element.iterancestors(), MAX_LEVELS)
        if outer.tag not in {"body", "html"}
    )
