"""Cleaned HTML as Markdown, and metadata as YAML, as our own reader reads them.

A block is written in Markdown's signs and read at once; where the reader makes anything else of
it, the block stands in the file as HTML, which Markdown allows. So nothing here need know all
that CommonMark may take for a sign: a wrong guess costs beauty, never a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, ClassVar

from chalicelib.core.clean import HEADINGS, clean, source_of
from chalicelib.core.formats.markdown import to_html

if TYPE_CHECKING:
    from yaml import SafeDumper

_VOID = ("br", "hr", "img")
_MARKS = {"em": "*", "strong": "**", "s": "~~"}
_SIGNS = re.compile(r"[\\`*\[\]<]|~(?=~)|(?<!\w)_|_(?!\w)|&(?=#|\w)")
_AT_LINE_START = re.compile(r"^([^\S\n]*\d{1,9})([.)])|^([^\S\n]*)([#+\-=>~|])", re.MULTILINE)
_GENERATORS = re.compile(r"\{(?=[{%])")  # what would open a tag of a site generator
_BACKTICKS = re.compile(r"`+")


def front_matter(fields: Mapping[str, object]) -> str:
    """Return *fields* as YAML without its fences. Numbers and truths become text, as it is read."""
    import yaml

    return str(
        yaml.dump(
            _texts(fields),
            Dumper=_text_dumper(),
            allow_unicode=True,
            sort_keys=False,
            width=float("inf"),
        )
    )


def _texts(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _texts(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_texts(part) for part in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


@cache
def _text_dumper() -> type[SafeDumper]:
    """PyYAML's safe dumper, for a reader to which every plain scalar but null is text."""
    import yaml

    class TextDumper(yaml.SafeDumper):
        yaml_implicit_resolvers: ClassVar[dict[str, object]] = {}  # type: ignore[misc]

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # PyYAML's own signature
            return True

    nothing = re.compile(r"~|null|", re.IGNORECASE)
    TextDumper.add_implicit_resolver("tag:yaml.org,2002:null", nothing, ["~", "n", "N", ""])
    return TextDumper


def written(html: str) -> str:
    """Return Markdown of which our reader makes *html*, a cleaner's work, again."""
    blocks = _tree(html).children
    parts = [_block(block) for block in blocks if isinstance(block, _Element)]
    text = "\n\n".join(parts)
    if _makes(text, html):
        return text
    # Blocks that are right alone may join, as two lists do.
    return "\n\n".join(_embedded(_html(block)) for block in blocks)


def _makes(text: str, html: str) -> bool:
    return clean(to_html(text)).body.html == html


def _block(block: _Element) -> str:
    html = _html(block)
    try:
        text = "\n".join(_lines(block))
    except _NoSign:
        return _embedded(html)
    return text if _makes(text, html) else _embedded(html)


def _embedded(html: str) -> str:
    """Return HTML as one line: an empty one would end it."""
    return _GENERATORS.sub("&#123;", source_of(html)).replace("\n", "&#10;")


# The tree


@dataclass
class _Element:
    tag: str
    start: str = ""  # its start tag as it is written
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[_Element | str] = field(default_factory=list)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [_Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self.get_starttag_text() or ""
        element = _Element(tag, start, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # the cleaner closes in order
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _tree(html: str) -> _Element:
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.open[0]


def _html(node: _Element | str) -> str:
    if isinstance(node, str):
        return escape(node, quote=False)
    if node.tag in _VOID:
        return node.start
    return f"{node.start}{''.join(map(_html, node.children))}</{node.tag}>"


# Blocks


class _NoSign(Exception):
    """Markdown has no sign for this."""


def _lines(block: _Element) -> Iterator[str]:
    """Yield the lines of a block. Raises _NoSign."""
    if block.tag in ("ul", "ol"):
        yield from _list(block)
    elif block.attributes:
        raise _NoSign
    elif block.tag == "p":
        yield from _paragraph(block.children)
    elif block.tag in HEADINGS:
        yield f"{'#' * int(block.tag[1])} {_inline(block.children)}"
    elif block.tag == "hr":
        yield "***"
    elif block.tag == "pre":
        yield from _code(block)
    elif block.tag == "blockquote":
        yield from (f"> {line}".rstrip() for line in _inside(block.children))
    elif block.tag == "table":
        yield from _table(block)
    else:
        raise _NoSign


def _paragraph(children: list[_Element | str]) -> Iterator[str]:
    text = _AT_LINE_START.sub(r"\1\3\\\2\4", _inline(children))
    yield from text.split("\n")


def _inside(children: list[_Element | str]) -> Iterator[str]:
    """Yield the lines of the blocks of a quotation or an entry, with the text before them."""
    words: list[_Element | str] = []
    for place, child in enumerate(children):
        if isinstance(child, str) or child.tag not in _BLOCKS:
            words.append(child)
            continue
        if words:
            yield from _paragraph(words)
            words = []
        elif place:
            yield ""
        yield from _lines(child)
    if words:
        yield from _paragraph(words)


_BLOCKS = ("p", "ul", "ol", "pre", "blockquote", "table", "hr", *HEADINGS)


def _list(block: _Element) -> Iterator[str]:
    if block.attributes.keys() - {"start"}:
        raise _NoSign
    number = int(block.attributes.get("start", "1"))
    for place, entry in enumerate(block.children):
        if isinstance(entry, str) or entry.tag != "li" or entry.attributes:
            raise _NoSign
        mark = "- " if block.tag == "ul" else f"{number + place}. "
        lines = list(_inside(entry.children)) or [""]
        is_loose = any(isinstance(part, _Element) and part.tag == "p" for part in entry.children)
        if is_loose and place:
            yield ""
        yield f"{mark}{lines[0]}"
        yield from (f"{' ' * len(mark)}{line}".rstrip() for line in lines[1:])


def _code(block: _Element) -> Iterator[str]:
    code = block.children[0] if len(block.children) == 1 else ""
    if isinstance(code, str) or code.tag != "code" or code.attributes:
        raise _NoSign
    text = "".join(part if isinstance(part, str) else _no_sign() for part in code.children)
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence
    yield from text.removesuffix("\n").split("\n")
    yield fence


def _table(block: _Element) -> Iterator[str]:
    for place, row in enumerate(_rows(block)):
        cells = [
            _inline(cell.children).replace("|", "\\|") if isinstance(cell, _Element) else _no_sign()
            for cell in row.children
        ]
        yield f"| {' | '.join(cells)} |"
        if place == 0:
            yield f"|{' --- |' * len(cells)}"


def _rows(block: _Element) -> Iterator[_Element]:
    for part in block.children:
        if isinstance(part, str) or part.tag not in ("thead", "tbody"):
            raise _NoSign
        yield from (row for row in part.children if isinstance(row, _Element))


def _no_sign() -> str:
    raise _NoSign


# Words


def _inline(children: list[_Element | str]) -> str:
    return "".join(_escaped(c) if isinstance(c, str) else _format(c) for c in children)


def _escaped(text: str) -> str:
    return _GENERATORS.sub("&#123;", _SIGNS.sub(r"\\\g<0>", text))


def _format(element: _Element) -> str:
    given = element.attributes
    words = _inline(element.children)
    if element.tag == "br":
        return "\\\n"
    if element.tag in _MARKS and not given:
        return f"{_MARKS[element.tag]}{words}{_MARKS[element.tag]}"
    if element.tag == "code" and not given and len(element.children) == 1:
        code = element.children[0]
        if isinstance(code, str) and "`" not in code:
            return f"`{code}`"
    if element.tag == "img":
        return f"![{_escaped(given['alt'])}]({given['src']})"
    if element.tag == "a" and given.keys() == {"href"} and not given["href"].startswith("#"):
        return f"[{words}]({given['href']})"
    end = "" if element.tag in _VOID else f"</{element.tag}>"
    return f"{source_of(element.start)}{words}{end}"
