"""A web page as boxes and runs: what a browser would lay out as blocks and lines of text.

A run is the longest stretch of text and inline markup between two block boundaries; it is what
the extraction keeps or leaves out, whole. `markup` writes the kept runs back as plain HTML with
the page's own structure: headings, lists, tables, quotes, figures, links, emphasis. What it
writes is untrusted still. Depth is bounded, so hostile nesting cannot exhaust the stack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# A page that nests deeper is flattened from there on. libxml2 stops at 256 by itself.
MAX_DEPTH = 120
MAX_NAME_WORDS = 4
MAX_FIGURE_PARTS = 6
MIN_CELLS = 2  # a table of one cell places things
LONG_PARAGRAPH = 120  # characters; cells of a table of figures seldom hold one


def listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


BLOCKS = listed(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu "
    "nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
HEADINGS = listed("h1 h2 h3 h4 h5 h6")
_KEPT_BLOCKS = listed(
    "blockquote ul ol li table caption thead tbody tfoot tr th td figure figcaption "
    "h2 h3 h4 h5 h6 p pre dl dt dd"
)
_KEPT_INLINE = listed(
    "a abbr b cite code del dfn em i ins kbd mark q s samp small strong sub sup time u var"
)
_SAME_MEANING = {"h1": "h2", "strike": "s", "tt": "code", "acronym": "abbr", "menu": "ul"}
# One run in one of these is written without a paragraph around it.
_HOLDS_TEXT = frozenset({"li", "td", "th", "dt", "dd", "figcaption", "caption", "p"} | HEADINGS)
_KEPT_ATTRIBUTES = {
    "a": ("href", "title"),
    "abbr": ("title",),
    "time": ("datetime",),
    "ol": ("start", "reversed"),
    "li": ("value",),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan", "scope"),
    "blockquote": ("cite",),
    "q": ("cite",),
}
_NOT_A_WORD = re.compile(r"[\W_]+")
_SPACE = re.compile(r"\s+")
_TINY = re.compile(r"(?:1|2|[1-3]\d?)(?:px)?")
_NAME_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_CAPTIONS = frozenset({"caption", "captions", "credit", "credits"})
_BREAKS = re.compile(r"<br>(?:\s*<br>)+")


def leads_away(link: HtmlElement) -> bool:
    """Whether an `a` goes to another page: anchors and scripts are not links to count."""
    address = (link.get("href") or "").strip().lower()
    return bool(address) and not address.startswith(("#", "javascript:"))


def words_only(text: str) -> str:
    """Return *text* without case, space and punctuation: two spellings of a line are one."""
    return _NOT_A_WORD.sub("", text).lower()


@dataclass(slots=True, eq=False)
class Box:
    """One block element. `children` holds boxes and runs in document order."""

    tag: str
    element: HtmlElement
    parent: Box | None
    depth: int = 0
    is_linked: bool = False  # stands in a link to another page
    names: frozenset[str] = frozenset()  # the words of its class and id, in lower case
    children: list[Box | Run] = field(default_factory=list)
    kept: bool = False  # whether a run inside is kept; `markup` sets it

    def ancestors(self) -> Iterator[Box]:
        """Yield the box, then its parents, innermost first."""
        box: Box | None = self
        while box is not None:
            yield box
            box = box.parent

    def runs(self) -> Iterator[Run]:
        """The runs in it, in document order."""
        waiting: list[Box | Run] = [self]
        while waiting:
            child = waiting.pop()
            if isinstance(child, Run):
                yield child
            else:
                waiting += reversed(child.children)


@dataclass(slots=True, eq=False)
class Run:
    """Text and inline markup between two block boundaries."""

    box: Box
    parts: list[str | HtmlElement]
    text: str = ""
    words: str = ""  # words_only(text)
    link_share: float = 0.0  # of the letters, those inside links
    images: tuple[HtmlElement, ...] = ()
    kept: bool = False

    @property
    def line(self) -> int | None:
        element = next((p for p in self.parts if not isinstance(p, str)), self.box.element)
        line: int | None = element.sourceline
        return line

    def inside(self, *tags: str) -> Box | None:
        """The innermost box of one of *tags* around this run."""
        return next((box for box in self.box.ancestors() if box.tag in tags), None)


def boxes(root: HtmlElement) -> Box:
    """Lay out *root*. Scripts, styles and comments must be gone already.

    What a page builds by class alone gets its name: pictures with captions become figures, and
    tables that only place things become plain boxes.
    """
    holds_block: set[HtmlElement] = set()
    for element in root.iter(*BLOCKS):
        parent = element.getparent()
        while parent is not None and parent not in holds_block:
            holds_block.add(parent)
            parent = parent.getparent()
    box = _box(root, None, holds_block, 0)
    _name_figures(box)
    _unwrap_layout_tables(box)
    return box


def _box(
    element: HtmlElement, parent: Box | None, holds_block: set[HtmlElement], depth: int
) -> Box:
    is_linked = (element.tag == "a" and leads_away(element)) or bool(parent and parent.is_linked)
    box = Box(str(element.tag), element, parent, depth, is_linked, _names(element))
    if box.tag == "pre" or depth >= MAX_DEPTH:
        _add_run(box, [element.text or "", *_flattened(element)])
        return box
    parts: list[str | HtmlElement] = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str):
            pass
        elif child.tag in BLOCKS or child in holds_block:
            _add_run(box, parts)
            parts = []
            box.children.append(_box(child, box, holds_block, depth + 1))
        else:
            parts.append(child)
        if child.tail:
            parts.append(child.tail)
    _add_run(box, parts)
    return box


def _names(element: HtmlElement) -> frozenset[str]:
    return _name_words(f"{element.get('class') or ''} {element.get('id') or ''}"[:1000])


@lru_cache(maxsize=4_096)  # a page repeats its few classes
def _name_words(text: str) -> frozenset[str]:
    """The words of class and id: "share-tools" and "shareTools" have the word "share".

    A name of many words is made from the text ("sharing-with-friends-and-others"), and says
    nothing about what the box is for.
    """
    found: set[str] = set()
    for name in text.split():
        words = _NAME_WORD.findall(name)
        if len(words) <= MAX_NAME_WORDS:
            found.update(word.lower() for word in words)
    return frozenset(found)


def _flattened(element: HtmlElement) -> Iterator[str | HtmlElement]:
    for child in element:
        if isinstance(child.tag, str):
            yield "".join(child.itertext())
        yield child.tail or ""


def _add_run(box: Box, parts: list[str | HtmlElement]) -> None:
    images: list[HtmlElement] = []
    pieces: list[str] = []
    linked = 0
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        if part.tag == "br":
            pieces.append("\n")
            continue
        inner = "".join(part.itertext())
        pieces.append(inner)
        images += part.iter("img")
        if inner:
            links = (link for link in part.iter("a") if leads_away(link))
            linked += sum(len(words_only("".join(link.itertext()))) for link in links)
    text = _SPACE.sub(" ", "".join(pieces)).strip()
    if not text and not images:
        return
    words = words_only(text)
    if box.is_linked:
        linked = len(words)
    share = linked / len(words) if words else 0.0
    box.children.append(Run(box, parts, text, words, share, tuple(images)))


def _name_figures(box: Box) -> None:
    """Call picture and caption what they are where a page says so by class alone."""
    for child in box.children:
        if isinstance(child, Box):
            _name_figures(child)
    if box.tag not in {"div", "section"} or len(box.children) > MAX_FIGURE_PARTS:
        return
    captions = [
        child
        for child in box.children
        if isinstance(child, Box) and child.tag in {"p", "div"} and child.names & _CAPTIONS
    ]
    if len(captions) != 1:
        return
    others = [run for child in box.children if child is not captions[0] for run in _runs(child)]
    if any(run.images for run in others) and not any(run.text for run in others):
        box.tag, captions[0].tag = "figure", "figcaption"


def _runs(child: Box | Run) -> Iterator[Run]:
    if isinstance(child, Run):
        yield child
    else:
        yield from child.runs()


def _unwrap_layout_tables(box: Box, table: Box | None = None) -> bool:
    """Make plain boxes of tables that hold other tables, or prose in paragraphs."""
    inner = box if box.tag == "table" else table
    places_things = False
    for child in box.children:
        if isinstance(child, Box):
            places_things |= _unwrap_layout_tables(child, inner)
    if box.tag == "table":
        rows = [child for child in _parts(box) if child.tag == "tr"]
        cells = [cell for row in rows for cell in row.children if isinstance(cell, Box)]
        paragraphs = sum(_long_paragraphs(cell) for cell in cells)
        if places_things or paragraphs > max(MIN_CELLS, len(cells)) or len(cells) < MIN_CELLS:
            for part in [box, *_parts(box), *cells]:
                part.tag = "div"
        return True
    return places_things


def _parts(table: Box) -> list[Box]:
    """The rows of a table and the groups they stand in."""
    found: list[Box] = []
    for child in table.children:
        if isinstance(child, Box):
            found.append(child)
            if child.tag in {"thead", "tbody", "tfoot"}:
                found += [row for row in child.children if isinstance(row, Box)]
    return found


def _long_paragraphs(cell: Box) -> int:
    return sum(1 for run in cell.runs() if run.box.tag == "p" and len(run.text) > LONG_PARAGRAPH)


def markup(root: Box, *, base: str | None = None) -> str:
    """Write the kept runs of *root*; addresses become absolute where *base* is known."""
    _mark(root)
    pieces: list[str] = []
    _write(root, pieces.append, base, inside="")
    return "".join(pieces)


def _mark(box: Box) -> bool:
    box.kept = False
    for child in box.children:
        if child.kept if isinstance(child, Run) else _mark(child):
            box.kept = True
    return box.kept


def _write(box: Box, put: Callable[[str], None], base: str | None, *, inside: str) -> None:
    """Write *box* within an element *inside* ("" for the body itself)."""
    tag = _SAME_MEANING.get(box.tag, box.tag)
    kept = [child for child in box.children if child.kept]
    own = tag in _KEPT_BLOCKS and _fits(tag, inside)
    only_text = all(isinstance(child, Run) for child in kept)
    if tag in {"p", *HEADINGS} and not only_text:
        own = False  # a paragraph that holds blocks: its own lines become paragraphs
    if own:
        put(f"<{tag}{_attributes(box.element, tag, base)}>")
        inside = tag
    for child in kept:
        if isinstance(child, Box):
            _write(child, put, base, inside=inside)
        elif tag == "pre":
            put(escape("".join(p for p in child.parts if isinstance(p, str)), quote=False))
        else:
            _write_run(child, put, base, inside=inside, alone=len(kept) == 1)
    if own:
        put(f"</{tag}>\n")


def _fits(tag: str, inside: str) -> bool:
    """Whether *tag* may stand in *inside*: what would be repaired elsewhere is repaired here."""
    if tag in {"tr", "thead", "tbody", "tfoot", "caption", "td", "th"}:
        return inside in {"table", "thead", "tbody", "tfoot", "tr"}
    if tag == "li":
        return inside in {"ul", "ol"}
    if tag in {"dt", "dd"}:
        return inside == "dl"
    return inside not in {"p", *HEADINGS}


def _write_run(
    run: Run, put: Callable[[str], None], base: str | None, *, inside: str, alone: bool
) -> None:
    text = "".join(_inline(part, base, 0) for part in run.parts).strip()
    paragraphs = [part for part in map(str.strip, _BREAKS.split(text)) if part]
    bare = inside in {"p", *HEADINGS} or (inside in _HOLDS_TEXT | {"figure"} and alone)
    if inside == "figure" and run.images:
        put(text)
    elif inside in {"ul", "ol"}:
        put(f"<li>{text}</li>\n")
    elif bare and (len(paragraphs) == 1 or inside in HEADINGS):
        put(text)
    elif inside == "p":
        put("</p>\n<p>".join(paragraphs))
    else:
        for paragraph in paragraphs:
            put(f"<p>{paragraph}</p>\n")


def _inline(part: str | HtmlElement, base: str | None, depth: int) -> str:
    if isinstance(part, str):
        return escape(_SPACE.sub(" ", part), quote=False)
    if not isinstance(part.tag, str):
        return ""
    tag = _SAME_MEANING.get(part.tag, part.tag)
    if tag == "br":
        return "<br>"
    if tag == "img":
        return _image(part, base)
    if depth >= MAX_DEPTH:
        return escape(_SPACE.sub(" ", "".join(part.itertext())), quote=False)
    inner = [escape(_SPACE.sub(" ", part.text or ""), quote=False)]
    for child in part:
        inner.append(_inline(child, base, depth + 1))
        inner.append(escape(_SPACE.sub(" ", child.tail or ""), quote=False))
    text = "".join(inner)
    if tag not in _KEPT_INLINE or not text.strip():
        return text
    return f"<{tag}{_attributes(part, tag, base)}>{text}</{tag}>"


def _attributes(element: HtmlElement, tag: str, base: str | None) -> str:
    found = []
    for name in _KEPT_ATTRIBUTES.get(tag, ()):
        value = element.get(name)
        if value is not None:
            value = absolute(value, base) if name in {"href", "cite"} else value
            found.append(f' {name}="{escape(value)}"')
    return "".join(found)


def absolute(address: str, base: str | None) -> str:
    """Resolve *address* (RFC 3986); uploaded media and unreadable addresses stay as they are."""
    address = address.strip()
    if base is None or address.startswith(("#", "media/", "/media/", "data:")):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def image_address(element: HtmlElement) -> str:
    """Where the picture is: pages that load pictures late keep the address beside `src`."""
    late = ("data-src", "data-original", "data-lazy-src", "data-url", "data-full-src")
    for name in ("src", *late):
        address: str = (element.get(name) or "").strip()
        if address and not address.startswith("data:") and not address.startswith("blob:"):
            return address
    for name in ("srcset", "data-srcset"):
        address = (element.get(name) or "").strip().partition(" ")[0].rstrip(",")
        if address and not address.startswith("data:"):
            return address
    return ""


def is_picture(element: HtmlElement) -> bool:
    """Whether an `img` shows something: counters and spacers of a few pixels do not."""
    sizes = [element.get(side, "") for side in ("width", "height")]
    return bool(image_address(element)) and not any(_TINY.fullmatch(size) for size in sizes)


def _image(element: HtmlElement, base: str | None) -> str:
    if not is_picture(element):
        return ""
    address = absolute(image_address(element), base)
    alt = _SPACE.sub(" ", element.get("alt") or "").strip()
    return f'<img src="{escape(address)}" alt="{escape(alt)}">'
