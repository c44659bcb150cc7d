"""WordprocessingML as HTML: what a reader of the page in Word sees, with its structure.

A paragraph's style, by its name and those it is based on, makes it a heading, a quote, a caption
or a list's item. Deleted text and comments are left out and told; inserted text is kept, since it
is what Word shows. What a newer program wrote in two ways (`AlternateContent`) is read once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, ClassVar, Literal

from chalicelib.core.article import EMBEDDED
from chalicelib.core.clean import one_line
from chalicelib.core.errors import Finding
from chalicelib.core.formats.reading import Inventory, letters
from chalicelib.core.formats.xml import children, first, name_of
from chalicelib.core.limits import MAX_STYLES
from chalicelib.core.pictures import Crop
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

Kind = Literal[
    "paragraph", "heading", "title", "subtitle", "byline", "quote", "caption", "code", "contents",
    "item", "table",
]  # fmt: skip

MAX_LIST_LEVEL = 8  # Word has nine levels

_STYLE_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"title"), "title"),
    (re.compile(r"subtitle|standfirst|dek|lead|lede|intro"), "subtitle"),
    (re.compile(r"byline|author"), "byline"),
    (re.compile(r"(?:intense )?quote|quotations?|block ?quot\w*|block text|(?:intensives )?zitat|"
                r"citation(?: intense)?|cita(?: destacada)?|pull ?quote"), "quote"),
    (re.compile(r"caption|bildunterschrift|légende|illustration|figure|drawing"), "caption"),
    (re.compile(r"(?:html )?preformatted(?: text)?|code(?: block)?|source code"), "code"),
    (re.compile(r"toc (?:\d|heading)|contents(?: \d| heading)?"), "contents"),
)  # fmt: skip
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik) ?([1-9])")
_LIST_STYLE = re.compile(r"list (bullet|number)(?: ([2-5]))?")
_HYPERLINK = re.compile(r'^\s*HYPERLINK\s+"([^"]+)"', re.IGNORECASE)
_FORMATS = (("b", "strong"), ("i", "em"), ("u", "u"), ("strike", "s"), ("dstrike", "s"))
_IMG = re.compile(r"<img [^<>]*>")
_PICTURES = re.compile(r"<p>(?:<img [^<>]*>\s*)+</p>")
_SEAM = re.compile(r"</(strong|em|u|s)><\1>")  # Word divides a word where it was edited
_OFF = frozenset({"0", "false", "off", "none"})
_UNREAD = {
    "altChunk": ("embedded document", "only Word can open it"),
    "object": ("embedded object", "only its program can open it"),
}
# Wingdings and Symbol, as far as lists and texts use them: by code, without the private area.
_SYMBOLS = {0xB7: "•", 0xA7: "▪", 0xD8: "➢", 0xFC: "✓", 0xE0: "→", 0xA8: "□", 0x2D: "-"}


@dataclass(slots=True)
class Block:
    """A paragraph or a table as HTML, and the words of it."""

    kind: Kind
    html: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """An image of the document, and what its writer has cut off it."""

    part: str
    crop: Crop | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document's text in HTML, block by block, and what is not in it."""

    blocks: tuple[Block, ...]
    dropped: tuple[Dropped, ...]
    warnings: tuple[Finding, ...]
    inventory: Inventory
    shown: tuple[Shown, ...]  # the image embedded/1, embedded/2 …


def write(
    document: Element,
    *,
    styles: Styles,
    numbering: Element | None,
    notes: Mapping[str, Element | None],
    links: Mapping[str, str],
    images: Mapping[str, str],
) -> Written:
    """Return the body of *document* as HTML, untrusted, with its notes at the end.

    *links* and *images* are the targets of the document's relations, by id.
    """
    writer = _Writer(styles=styles, numbering=numbering, notes=notes, links=links, images=images)
    blocks = _joined(writer.blocks(first(document, "body")))
    ends = writer.endings()
    if ends:
        blocks.append(Block("item", ends))
    counted = Inventory(
        letters=_letters(document, notes),
        headings=writer.counted["headings"],
        block_quotes=sum(block.html.count("<blockquote>") for block in blocks),
        tables=writer.counted["tables"],
    )
    return Written(
        blocks=tuple(blocks),
        dropped=tuple(writer.told()),
        warnings=tuple(writer.warnings()),
        inventory=counted,
        shown=tuple(writer.shown),
    )


class Styles:
    """What the document's styles mean."""

    def __init__(self, root: Element | None) -> None:
        self._styles = {value(s, "styleId"): s for s in children(root, "style")}
        defaults = (
            id_
            for id_, style in self._styles.items()
            if value(style, "default") in ("1", "true") and value(style, "type") == "paragraph"
        )
        self._default = next(defaults, "")

    def chain(self, id_: str) -> Iterable[Element]:
        """The style, then those it is based on."""
        for _ in range(MAX_STYLES):
            style = self._styles.get(id_)
            if style is None:
                return
            yield style
            id_ = value(first(style, "basedOn"))

    def kind(self, properties: Element | None) -> tuple[Kind, int]:
        """What a paragraph is, and its level where it is a heading."""
        style_id = value(first(properties, "pStyle"))
        if style_id and style_id not in self._styles:
            found = _kind_of_name(_spaced(style_id))  # a style that was not sent along
            if found is not None:
                return found
        for style in self.chain(style_id):
            if style_id == self._default:
                break
            found = _kind_of_name(value(first(style, "name")))
            if found is not None:
                return found
            level = value(first(style, "pPr", "outlineLvl"))
            if level.isdigit() and int(level) < 9:
                return "heading", int(level) + 1
        level = value(first(properties, "outlineLvl"))
        if level.isdigit() and int(level) < 9:
            return "heading", int(level) + 1
        return "paragraph", 0

    def numbering(self, properties: Element | None) -> tuple[str, int] | None:
        """The list and level of a paragraph, from itself or its style; ("", level) by name."""
        own = first(properties, "numPr")
        if own is not None:
            id_ = value(first(own, "numId"))
            return (id_, _level(own)) if id_ not in ("", "0") else None
        for style in self.chain(value(first(properties, "pStyle"))):
            inherited = first(style, "pPr", "numPr")
            if inherited is not None:
                id_ = value(first(inherited, "numId"))
                return (id_, _level(inherited)) if id_ not in ("", "0") else None
            named = _LIST_STYLE.fullmatch(value(first(style, "name")).lower())
            if named:
                return f"*{named[1]}", int(named[2] or 1) - 1
        return None


def _kind_of_name(name: str) -> tuple[Kind, int] | None:
    name = name.lower().strip()
    heading = _HEADING.fullmatch(name)
    if heading:
        return "heading", int(heading[1])
    return next(((kind, 0) for pattern, kind in _STYLE_KINDS if pattern.fullmatch(name)), None)


def _spaced(style_id: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", style_id)


def value(element: Element | None, name: str = "val") -> str:
    """An attribute of the element, whatever its namespace; "" where there is none."""
    if element is None:
        return ""
    for key, said in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(said)
    return ""


def _level(number: Element) -> int:
    level = value(first(number, "ilvl"))
    return min(int(level), MAX_LIST_LEVEL) if level.isdigit() else 0


def _is_on(properties: Element | None, name: str) -> bool:
    mark = first(properties, name)
    return mark is not None and value(mark).lower() not in _OFF


@dataclass
class _Writer:
    styles: Styles
    numbering: Element | None
    notes: Mapping[str, Element | None]
    links: Mapping[str, str]
    images: Mapping[str, str]
    shown: dict[Shown, str] = field(default_factory=dict)  # -> its name in the body
    counted: Counter[str] = field(default_factory=Counter)
    _lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    _cited: list[tuple[str, str]] = field(default_factory=list)  # kind and id, in order
    _boxes: list[Element] = field(default_factory=list)  # text boxes met in the paragraph at hand
    _fields: list[list[str]] = field(default_factory=list)  # state and instruction of open fields

    # Blocks

    def blocks(self, container: Element | None) -> list[Block]:
        found: list[Block] = []
        for part in container.iterchildren("*") if container is not None else ():
            name = name_of(part)
            if name == "p":
                found += self._paragraph(part)
            elif name == "tbl":
                found += self._table(part)
            elif name in ("del", "moveFrom"):
                self._lose("deleted passage", "it is struck out in the document")
            elif name in _UNREAD:
                self._lose(*_UNREAD[name])
            elif name == "AlternateContent":
                found += self.blocks(_chosen(part))
            elif name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"):
                found += self.blocks(part)
        return found

    def _paragraph(self, paragraph: Element) -> list[Block]:
        properties = first(paragraph, "pPr")
        kind, level = self.styles.kind(properties)
        inner = self._inline(paragraph)
        inner = _SEAM.sub("", inner) + "</a>" * self._close_fields()
        text = one_line(re.sub(r"<[^<>]*>", "", inner.replace("<br>", " "))) if inner else ""
        text = _unescaped(text)
        found: list[Block] = []
        if kind == "contents":
            if text:
                self._lose("line of the table of contents", "the page makes its own")
        elif text or inner:
            found.append(self._block(kind, level, inner, text, properties))
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            found += self.blocks(box)
        return found

    def _block(
        self, kind: Kind, level: int, inner: str, text: str, properties: Element | None
    ) -> Block:
        if kind == "heading" and text:
            self.counted["headings"] += 1
            tag = f"h{min(level + 1, 6)}"
            return Block("heading", f"<{tag}>{inner}</{tag}>", text)
        if kind == "title":
            return Block("title", f"<h1>{inner}</h1>", text)
        if kind == "quote":
            return Block("quote", f"<blockquote><p>{inner}</p></blockquote>", text)
        if kind == "caption":
            return Block("caption", f"<figure><figcaption>{inner}</figcaption></figure>", text)
        if kind == "code":
            return Block("code", f"<pre>{inner}</pre>", text)
        listed = self.styles.numbering(properties)
        if listed is not None and text:
            list_id, depth = listed
            tag = "ol" if self._is_ordered(list_id, depth) else "ul"
            html = f"<{tag}><li>" * (depth + 1) + inner + f"</li></{tag}>" * (depth + 1)
            return Block("item", html, text)
        return Block(kind if kind != "heading" else "paragraph", f"<p>{inner}</p>", text)

    def _is_ordered(self, list_id: str, level: int) -> bool:
        if list_id.startswith("*"):
            return list_id == "*number"
        return self._formats.get((list_id, level), "bullet") not in ("bullet", "none")

    @cached_property
    def _formats(self) -> dict[tuple[str, int], str]:
        """The number format of each list's levels."""
        abstract: dict[str, dict[int, str]] = {}
        for definition in children(self.numbering, "abstractNum"):
            abstract[value(definition, "abstractNumId")] = {
                int(value(level, "ilvl") or 0): value(first(level, "numFmt"))
                for level in children(definition, "lvl")
                if (value(level, "ilvl") or "0").isdigit()
            }
        return {
            (value(number, "numId"), level): format_
            for number in children(self.numbering, "num")
            for level, format_ in abstract.get(value(first(number, "abstractNumId")), {}).items()
        }

    def _table(self, table: Element) -> list[Block]:
        rows: list[str] = []
        texts: list[str] = []
        grid = _Grid()
        for row in _rows(table):
            if first(row, "trPr", "del") is not None:
                self._lose("deleted passage", "it is struck out in the document")
                continue
            is_head = _is_on(first(row, "trPr"), "tblHeader")
            cells = []
            grid.begin_row()
            for cell in _cells(row):
                blocks = _joined(self.blocks(cell))
                properties = first(cell, "tcPr")
                span = value(first(properties, "gridSpan"))
                columns = int(span) if span.isdigit() and 0 < int(span) < 1_000 else 1
                merge = first(properties, "vMerge")
                is_continued = merge is not None and value(merge) in ("", "continue")
                inner = _cell_html(blocks)
                if is_continued and not inner and grid.extend(columns):
                    continue
                texts += [block.text for block in blocks]
                cells.append(grid.add("th" if is_head else "td", inner, columns))
            if cells:
                rows.append("".join(cells))
            grid.end_row()
        text = one_line(" ".join(texts))
        if not text:
            # Nothing but pictures, side by side: a table by looks alone.
            return [Block("paragraph", f"<p>{image}</p>") for image in _IMG.findall("".join(rows))]
        self.counted["tables"] += 1
        html = grid.filled("".join(f"<tr>{row}</tr>" for row in rows))
        return [Block("table", f"<table>{html}</table>", text)]

    # Runs

    def _inline(self, container: Element) -> str:
        pieces = []
        for part in container.iterchildren("*"):
            name = name_of(part)
            write = self._INLINE.get(name)
            if write is not None:
                pieces.append(write(self, part))
        return "".join(pieces)

    def _run(self, run: Element) -> str:
        properties = first(run, "rPr")
        pieces = []
        for part in run.iterchildren("*"):
            write = self._IN_RUN.get(name_of(part))
            if write is not None:
                pieces.append(write(self, part))
        inner = "".join(pieces)
        if _is_on(properties, "vanish") and letters(inner):
            self._lose("hidden text", "it is hidden in the document")
            return ""
        if not inner.strip() or "<a " in inner or "</a>" in inner:
            return inner
        tags = [tag for name, tag in _FORMATS if _is_on(properties, name)]
        raised = {"superscript": "sup", "subscript": "sub"}.get(
            value(first(properties, "vertAlign"))
        )
        if raised and "<sup" not in inner:
            tags.append(raised)
        start = "".join(f"<{tag}>" for tag in tags)
        return start + inner + "".join(f"</{tag}>" for tag in reversed(tags))

    def _characters(self, part: Element) -> str:
        if self._fields and self._fields[-1][0] == "instruction":
            return ""
        return escape(part.text or "", quote=False)

    def _mark(self, part: Element) -> str:
        if value(part, "type") in ("page", "column"):
            return " "
        return {"br": "<br>", "cr": "<br>", "noBreakHyphen": "\u2011"}.get(name_of(part), "\t")

    def _symbol(self, part: Element) -> str:
        code = int(value(part, "char") or "0", 16) if _is_hex(value(part, "char")) else 0
        font = value(part, "font").lower()
        if code and not 0xE000 <= code <= 0xF8FF and "dings" not in font and font != "symbol":
            return escape(chr(code), quote=False) if code < 0xD800 else ""
        known = _SYMBOLS.get(code & 0xFF)
        if known is None:
            self._lose("symbol of a special font", "it has no meaning outside that font")
        return known or ""

    def _note(self, part: Element) -> str:
        kind = name_of(part).removesuffix("Reference")
        number = value(part, "id")
        if (kind, number) not in self._cited:
            self._cited.append((kind, number))
        place = self._cited.index((kind, number)) + 1
        return f'<sup><a href="#fn{place}" id="fnref{place}">[{place}]</a></sup>'

    def _comment(self, _: Element) -> str:
        self._lose("comment", "comments are for colleagues")
        return ""

    def _deleted(self, part: Element) -> str:
        if any(True for _ in part.iter("{*}delText", "{*}t")):
            self._lose("deleted passage", "it is struck out in the document")
        return ""

    def _inserted(self, part: Element) -> str:
        self.counted["insertions"] += 1
        return self._inline(part)

    def _link(self, part: Element) -> str:
        inner = self._inline(part)
        target = self.links.get(value(part, "id"), "")
        anchor = value(part, "anchor")
        if not target or "<a " in inner:
            return inner
        address = target + (f"#{anchor}" if anchor and "#" not in target else "")
        return f'<a href="{escape(address)}">{inner}</a>'

    def _simple_field(self, part: Element) -> str:
        inner = self._inline(part)
        found = _HYPERLINK.match(value(part, "instr"))
        return f'<a href="{escape(found[1])}">{inner}</a>' if found else inner

    def _field_mark(self, part: Element) -> str:
        """A field's begin, separate or end: between the first two stands its instruction."""
        kind = value(part, "fldCharType")
        if kind == "begin":
            self._fields.append(["instruction", "", ""])
        elif kind == "separate" and self._fields:
            self._fields[-1][0] = "result"
            found = _HYPERLINK.match(self._fields[-1][1])
            is_inside = any(state[2] for state in self._fields)
            if found and not is_inside:
                self._fields[-1][2] = "link"
                return f'<a href="{escape(found[1])}">'
        elif kind == "end" and self._fields:
            return "</a>" if self._fields.pop()[2] else ""
        return ""

    def _close_fields(self) -> int:
        """End the links of fields that go on in the next paragraph; return how many."""
        open_links = [state for state in self._fields if state[2]]
        for state in open_links:
            state[2] = ""
        return len(open_links)

    def _instruction(self, part: Element) -> str:
        if self._fields:
            self._fields[-1][1] += part.text or ""
        return ""

    def _drawing(self, part: Element) -> str:
        boxes = [b for b in part.iter("{*}txbxContent") if not _is_within(b, part, "txbxContent")]
        self._boxes += boxes
        found = part.iter("{*}blip", "{*}imagedata")
        images = [self._image(i, part) for i in found if not _is_within(i, part, "txbxContent")]
        for name, what in (("chart", "chart"), ("relIds", "diagram")):
            count = sum(1 for _ in part.iter("{*}" + name))
            if count:
                self._lose(what, "upload it under media/ as a picture", count)
        return "".join(images)

    def _image(self, image: Element, drawing: Element) -> str:
        target = self.images.get(value(image, "embed") or value(image, "id"))
        if target is None:
            self._lose("image", "it is not in the document itself: upload it under media/")
            return ""
        shown = Shown(target, _crop(image))
        name = self.shown.setdefault(shown, f"{EMBEDDED}{len(self.shown) + 1}")
        return f'<img src="{name}" alt="{escape(_description(image, drawing))}">'

    def _object(self, part: Element) -> str:
        self._lose(*_UNREAD["object"])
        self._boxes += list(part.iter("{*}txbxContent"))
        return ""

    def _formula(self, part: Element) -> str:
        return escape("".join(t.text or "" for t in part.iter("{*}t")), quote=False)

    def _ruby(self, part: Element) -> str:
        return "".join(self._run(run) for run in part.iter("{*}r"))

    def _alternative(self, part: Element) -> str:
        chosen = _chosen(part)
        if chosen is None:
            return ""
        # The alternatives of a run stand within the run, those of runs beside them.
        return self._run(chosen) if name_of(part.getparent()) == "r" else self._inline(chosen)

    _INLINE: ClassVar[dict[str, Callable[[_Writer, Element], str]]] = {
        "r": _run,
        "hyperlink": _link,
        "ins": _inserted,
        "moveTo": _inserted,
        "del": _deleted,
        "moveFrom": _deleted,
        "fldSimple": _simple_field,
        **dict.fromkeys(("sdt", "sdtContent", "smartTag", "customXml", "dir", "bdo"), _inline),
        "oMath": _formula,
        "oMathPara": _formula,
        "AlternateContent": _alternative,
    }
    _IN_RUN: ClassVar[dict[str, Callable[[_Writer, Element], str]]] = {
        "t": _characters,
        "tab": _mark,
        "ptab": _mark,
        "br": _mark,
        "cr": _mark,
        "noBreakHyphen": _mark,
        "sym": _symbol,
        "footnoteReference": _note,
        "endnoteReference": _note,
        "commentReference": _comment,
        "fldChar": _field_mark,
        "instrText": _instruction,
        "drawing": _drawing,
        "pict": _drawing,
        "object": _object,
        "AlternateContent": _alternative,
        "ruby": _ruby,
    }

    # The end

    def endings(self) -> str:
        """The notes that the text cites, in its order, as Markdown's writer has them."""
        found = []
        self.images = {}  # their ids are the notes' own, and notes have no pictures
        for place, (kind, number) in enumerate(self._cited, start=1):
            notes = children(self.notes.get(kind), kind)
            note = next((n for n in notes if value(n, "id") == number), None)
            inner = "".join(block.html for block in _joined(self.blocks(note)))
            if inner:
                back = f' <a href="#fnref{place}">↩</a>'
                inner = (
                    inner.removesuffix("</p>") + back + ("</p>" if inner.endswith("</p>") else "")
                )
                found.append(f'<li id="fn{place}">{inner}</li>')
            else:
                self._lose("note without a text", "the document cites it and has it not")
        return f"<ol>{''.join(found)}</ol>" if found else ""

    def _lose(self, what: str, why: str, count: int = 1) -> None:
        self._lost[what, why] += count

    def told(self) -> Iterable[Dropped]:
        for (what, why), count in sorted(self._lost.items()):
            yield Dropped(what=what, count=count, why=why)

    def warnings(self) -> Iterable[Finding]:
        deletions = sum(n for (what, _), n in self._lost.items() if what == "deleted passage")
        insertions = self.counted["insertions"]
        if deletions or insertions:
            yield Finding(
                code="tracked-changes",
                message=f"The document has changes that nobody accepted: {insertions} insertions "
                f"were kept, {deletions} deletions left out.",
                fix="Accept or reject the changes in Word and upload the document again.",
            )


class _Grid:
    """Joins the cells of a table that go on below: `vMerge` to rowspan."""

    def __init__(self) -> None:
        self._spans: list[int] = []  # rows of each cell written
        self._above: dict[int, int] = {}  # column -> cell that may go on below
        self._here: dict[int, int] = {}
        self._column = 0

    def begin_row(self) -> None:
        self._here, self._column = {}, 0

    def end_row(self) -> None:
        self._above = self._here

    def add(self, tag: str, inner: str, columns: int) -> str:
        cell = len(self._spans)
        self._spans.append(1)
        self._here[self._column] = cell
        self._column += columns
        across = f' colspan="{columns}"' if columns > 1 else ""
        return f"<{tag}{across}\x00{cell}\x00>{inner}</{tag}>"

    def extend(self, columns: int) -> bool:
        """Let the cell above go on, and say whether there is one."""
        cell = self._above.get(self._column)
        if cell is None:
            return False
        self._spans[cell] += 1
        self._here[self._column] = cell
        self._column += columns
        return True

    def filled(self, html: str) -> str:
        def span(match: re.Match[str]) -> str:
            rows = self._spans[int(match[1])]
            return f' rowspan="{rows}"' if rows > 1 else ""

        return re.sub("\x00(\\d+)\x00", span, html)


def _rows(table: Element) -> Iterable[Element]:
    for part in table.iterchildren("*"):
        if name_of(part) == "tr":
            yield part
        elif name_of(part) in ("sdt", "sdtContent", "customXml", "ins", "moveTo"):
            yield from _rows(part)


def _cells(row: Element) -> Iterable[Element]:
    for part in row.iterchildren("*"):
        if name_of(part) == "tc":
            yield part
        elif name_of(part) in ("sdt", "sdtContent", "customXml"):
            yield from _cells(part)


def _cell_html(blocks: list[Block]) -> str:
    if len(blocks) == 1 and blocks[0].kind == "paragraph":
        return blocks[0].html.removeprefix("<p>").removesuffix("</p>")
    return "".join(block.html for block in blocks)


def _joined(blocks: list[Block]) -> list[Block]:
    """Make one list of items that follow each other, one quote of quotes, one code of lines.

    A caption belongs to the pictures that it follows.
    """
    found: list[Block] = []
    for block in blocks:
        before = found[-1] if found else None
        if block.kind == "caption" and before is not None and _PICTURES.fullmatch(before.html):
            pictures = before.html.removeprefix("<p>").removesuffix("</p>")
            found[-1] = replace(block, html=block.html.replace("<figure>", f"<figure>{pictures}"))
        elif before is None or before.kind != block.kind or not block.text:
            found.append(block)
        elif block.kind == "quote":
            before.html = before.html.removesuffix("</blockquote>") + block.html.removeprefix(
                "<blockquote>"
            )
            before.text = f"{before.text} {block.text}"
        elif block.kind == "code":
            before.html = (
                before.html.removesuffix("</pre>") + "\n" + block.html.removeprefix("<pre>")
            )
            before.text = f"{before.text} {block.text}"
        elif block.kind == "item":
            before.html = _with_item(before.html, block.html)
            before.text = f"{before.text} {block.text}"
        else:
            found.append(block)
    return found


_LIST_START = re.compile(r"^(?:<[ou]l><li>)+")
_LIST_END = re.compile(r"(?:</li></[ou]l>)+$")


def _with_item(before: str, item: str) -> str:
    """Add an item, in as many lists as it is deep, to the lists that are open at the end."""
    start, end = _LIST_START.match(item), _LIST_END.search(before)
    if start is None or end is None:
        return before + item
    opened = re.findall(r"<([ou]l)>", start[0])
    closing = [f"</li></{name}>" for name in re.findall(r"</([ou]l)>", end[0])]
    depth, open_depth = len(opened), len(closing)
    head, inner = before[: end.start()], item[start.end() :]
    if depth > open_depth:
        more = "".join(f"<{tag}><li>" for tag in opened[open_depth:])
        inner_end = "".join(f"</li></{tag}>" for tag in reversed(opened[open_depth:]))
        text = inner[: len(inner) - len(_LIST_END.search(inner)[0])]  # type: ignore[index]
        return head + more + text + inner_end + "".join(closing)
    closed, rest = closing[: open_depth - depth], closing[open_depth - depth :]
    text = inner[: len(inner) - len(_LIST_END.search(inner)[0])]  # type: ignore[index]
    if rest and rest[0] != f"</li></{opened[-1]}>":  # another kind of list begins
        tag = opened[-1]
        return (
            head + "".join(closed) + rest[0] + f"<{tag}><li>{text}</li></{tag}>" + "".join(rest[1:])
        )
    return head + "".join(closed) + "</li><li>" + text + "".join(rest)


def _chosen(alternatives: Element) -> Element | None:
    choice = first(alternatives, "Choice")
    return choice if choice is not None else first(alternatives, "Fallback")


def _is_within(element: Element, top: Element, name: str) -> bool:
    """True inside another of *name*, or in the fallback of an alternative that has a choice."""
    for outer in element.iterancestors():
        if outer is top:
            return False
        if name_of(outer) in (name, "Fallback"):
            return True
    return False


def _description(image: Element, drawing: Element) -> str:
    """The alternative text, which stands at the picture itself, its shape or the whole drawing."""
    for outer in image.iterancestors():
        properties = next(outer.iter("{*}cNvPr"), None) if name_of(outer) == "pic" else None
        said = value(properties, "descr") or value(outer, "alt")
        if said:
            return one_line(said)
        if outer is drawing:
            break
    return one_line(value(next(drawing.iter("{*}docPr"), None), "descr"))


def _crop(image: Element) -> Crop | None:
    """What is cut off, as shares: DrawingML counts thousandths of a percent, VML 65,536ths."""
    sides = first(image.getparent(), "srcRect") if name_of(image) == "blip" else None
    if sides is not None:
        left, top, right, bottom = (_share(value(sides, side), 100_000) for side in "ltrb")
    else:
        names = ("cropleft", "croptop", "cropright", "cropbottom")
        left, top, right, bottom = (_share(value(image, name), 65_536) for name in names)
    crop = (left, top, right, bottom)
    return crop if any(crop) else None


def _share(said: str, whole: int) -> float:
    if not re.fullmatch(r"-?[0-9.]{1,12}[f%]?", said):
        return 0.0
    unit = 100 if said.endswith("%") else whole if said.endswith("f") or whole == 100_000 else 1
    try:
        return min(max(float(said.rstrip("f%")) / unit, 0.0), 1.0)
    except ValueError:
        return 0.0


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _is_hex(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9A-Fa-f]{1,5}", text))


def _letters(document: Element, notes: Mapping[str, Element | None]) -> int:
    """Count the letters that Word shows: all text but the deleted and the second of two ways."""
    total = 0
    for root in (document, *(note for note in notes.values() if note is not None)):
        for text in root.iter("{*}t"):
            outer = {name_of(element) for element in text.iterancestors()}
            if not outer & {"del", "moveFrom", "Fallback"}:
                total += letters(text.text or "")
    return total
