"""XML, read so that it can do nothing, and given to the reader of its vocabulary.

The parser is lxml's with everything off. It is the HTML reader's parser already, knows lines and
stops at its own limits; defusedxml guards Python's parsers, which lose a document's lines. But no
setting is relied on: the document type is cut out before the parser sees the text, so there is
nothing left to load, to fetch or to expand. A document type that declares anything of its own is
refused. HTML's named characters (&nbsp;) are resolved here, since feeds use them undeclared.

Vocabularies: NITF (`nitf`), NewsML-G2 and NewsML 1 (`newsml`), RSS and Atom (`feed_item`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape
from html.entities import html5
from importlib import import_module
from typing import TYPE_CHECKING

from chalicelib.core.clean import one_line
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats.html_tree import listed
from chalicelib.core.formats.reading import Field, Inventory, Reading, decode, letters
from chalicelib.core.limits import MAX_NESTING, MAX_XML_TAGS

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# The root's name, without its namespace -> module of this package.
VOCABULARIES = {
    "nitf": "nitf",
    "newsItem": "newsml",
    "newsMessage": "newsml",
    "packageItem": "newsml",
    "NewsML": "newsml",
    "rss": "feed_item",
    "RDF": "feed_item",
    "feed": "feed_item",
    "entry": "feed_item",
    "item": "feed_item",
}
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,300}\?>")
DECLARED_BYTES = re.compile(rb"\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{2,40})")
# Encodings that a supplier may declare. Python knows more that are no encodings of text, or slow.
ENCODINGS = re.compile(
    r"(?:utf-?8|us-ascii|ascii|iso-?8859-?\d\d?|latin-?\d|windows-125\d|cp125\d|koi8-[ru]|"
    r"shift_jis|euc-jp|euc-kr|gb2312|gbk|gb18030|big5|mac-?roman|macintosh)",
    re.IGNORECASE,
)
_LATIN_1 = re.compile(r"(?:us-ascii|ascii|iso-?8859-?1|latin-?1)", re.IGNORECASE)
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&(#(?:[0-9]{1,9}|x[0-9A-Fa-f]{1,8})|[A-Za-z][A-Za-z0-9]{1,31});")
_TOO_DEEP = re.compile(r"[Ee]xcessive depth|maximum depth")

# Elements of HTML that may be written for an element of the same name; others are unwrapped.
_SAME = listed(
    "a abbr b blockquote br caption cite code dd del dfn div dl dt em figcaption figure h1 h2 h3 "
    "h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small strong sub sup table tbody td tfoot "
    "th thead time tr u ul var"
)
_ATTRIBUTES = listed("href src alt title colspan rowspan start value datetime cite dir lang")
_VOID = frozenset({"br", "hr", "img"})
_COUNTED = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "headings"),
    **dict.fromkeys(("ul", "ol", "dl"), "lists"),
    "blockquote": "block_quotes",
    "table": "tables",
}


def read(data: bytes) -> Reading:
    """Return the article of an XML file, whatever its vocabulary.

    Raises UploadRejected "xml" with line and column, "xml-entities", "xml-kind", "nesting",
    "too-complex", and what the vocabulary's reader refuses.
    """
    root = parse(data)
    module = VOCABULARIES.get(name_of(root))
    if module is None:
        raise UploadRejected(
            Finding(
                code="xml-kind",
                message=f"<{one_line(name_of(root))[:60]}> begins no document that we read.",
                fix="Send NITF, NewsML-G2, RSS or Atom; or upload the text as HTML or Markdown.",
                line=root.sourceline,
                column=1,
            )
        )
    reader = import_module(f"chalicelib.core.formats.{module}")
    reading: Reading = reader.read(root)
    return reading


def parse(data: bytes, *, max_tags: int = MAX_XML_TAGS) -> Element:
    """Return the root of *data*. No entity but XML's five and HTML's names, no document type.

    Raises UploadRejected "encoding", "xml", "xml-entities", "nesting" and "too-complex".
    """
    from lxml import etree

    text = _resolved(without_doctype(_UNREADABLE.sub("", _decoded(data))))
    tags = text.count("<")
    if tags > max_tags:
        raise UploadRejected(
            Finding(
                code="too-complex",
                message=f"The document has {tags:,} tags; at most {max_tags:,} are read.",
                fix="Send one article a file.",
            )
        )
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root: Element = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        if _TOO_DEEP.search(error.msg or ""):
            raise _too_deep() from None
        raise _broken(error.msg or "it is empty", *error.position) from None
    _check_depth(root)
    return root


def _decoded(data: bytes) -> str:
    declared = DECLARED_BYTES.match(data)
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    if ENCODINGS.fullmatch(encoding) and not encoding.lower().startswith("utf"):
        # Who declares Latin 1 writes Windows' superset of it, as browsers know.
        encoding = "cp1252" if _LATIN_1.fullmatch(encoding) else encoding
        try:
            return data.decode(encoding, "strict" if encoding != "cp1252" else "replace")
        except (UnicodeDecodeError, LookupError):
            pass
    return decode(data)


def without_doctype(text: str) -> str:
    """Blank out the declaration and the document type; lines stay where they are.

    Raises UploadRejected "xml-entities" for a document type that declares anything of its own.
    """
    declaration = _DECLARATION.match(text)
    at = declaration.end() if declaration else 0
    start = at
    while True:
        while text[at : at + 1].isspace():
            at += 1
        if text.startswith("<!--", at):
            end = text.find("-->", at)
        elif text.startswith("<?", at):
            end = text.find("?>", at)
        elif text.startswith("<!DOCTYPE", at):
            end = _end_of_doctype(text, at)
            blank = "\n" * text.count("\n", 0, end + 1)
            return blank + text[end + 1 :]
        else:
            break
        if end < 0:
            break
        at = end + 2
        while text[at : at + 1] == ">":
            at += 1
    return "\n" * text.count("\n", 0, start) + text[start:]


def _end_of_doctype(text: str, at: int) -> int:
    place = at
    while place < len(text):
        character = text[place]
        if character == ">":
            return place
        if character in "\"'":
            place = text.find(character, place + 1)
            if place < 0:
                break
        elif character == "[":
            line = text.count("\n", 0, place) + 1
            raise UploadRejected(
                Finding(
                    code="xml-entities",
                    message="The document type declares entities or elements of its own.",
                    fix="Send the document without a document type.",
                    line=line,
                    column=place - text.rfind("\n", 0, place),
                )
            )
        place += 1
    raise _broken("the document type is not ended", text.count("\n", 0, at) + 1, 1)


def _resolved(text: str) -> str:
    """Turn HTML's named characters into themselves; drop references to what XML cannot hold."""

    def character(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("#"):
            number = int(name[2:] or "0", 16) if name[1] in "xX" else int(name[1:])
            is_bad = number > 0x10FFFF or _UNREADABLE.fullmatch(chr(number))
            return "" if is_bad else match[0]
        found = html5.get(name + ";")
        return match[0] if found is None or set(found) & set("<>&\"'") else found

    return _REFERENCE.sub(character, text)


def _check_depth(root: Element) -> None:
    depth, element = 1, root
    for event, element in _walk(root):
        depth += 1 if event == "start" else -1
        if depth > MAX_NESTING:
            raise _too_deep(element.sourceline)


def _walk(root: Element) -> Iterator[tuple[str, Element]]:
    from lxml import etree

    return iter(etree.iterwalk(root, events=("start", "end")))


def _too_deep(line: int | None = None) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="nesting",
            message=f"Elements are nested deeper than {MAX_NESTING} levels.",
            fix="Flatten the document: an article needs few levels.",
            line=line,
        )
    )


def _broken(problem: str, line: int | None = None, column: int | None = None) -> UploadRejected:
    problem = re.sub(r", line \d+, column \d+.*", "", one_line(problem))[:200].rstrip(".")
    return UploadRejected(
        Finding(
            code="xml",
            message=f"The file is no XML that can be read: {problem}.",
            fix="Mend the place, or send the file again: it may have been cut off on its way.",
            line=max(1, line or 1),
            column=max(1, column or 1),
        )
    )


# What the vocabularies share


def name_of(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def words(element: Element | None) -> str:
    """Everything an element says, on one line."""
    return one_line("".join(element.itertext())) if element is not None else ""


def children(element: Element | None, name: str) -> list[Element]:
    return list(element.iterchildren("{*}" + name)) if element is not None else []


def first(element: Element | None, *path: str) -> Element | None:
    """The first element at the end of *path*, a name a level, whatever the namespaces."""
    for name in path:
        found = children(element, name)
        element = found[0] if found else None
    return element


def field(element: Element, value: object = None) -> Field:
    """A value with its place: its own, or what the element says."""
    steps = [name_of(step) for step in (element, *element.iterancestors())]
    where = "/" + "/".join(reversed(steps))
    return Field(words(element) if value is None else value, where, element.sourceline)


class Fields(dict[str, Field]):
    """Metadata under our names; of several places the first that says something is kept."""

    def put(self, key: str, element: Element | None, value: object = None) -> None:
        """Take *value*, or what the element says, for *key*, unless it is known or says nothing."""
        if element is not None and key not in self:
            found = field(element, value)
            if found.value:
                self[key] = found


def markup(
    element: Element,
    *,
    names: Mapping[str, str] | None = None,
    without: frozenset[str] = frozenset(),
) -> str:
    """Write the content of *element* as HTML, untrusted.

    *names* gives an element of the vocabulary its name in HTML ("" unwraps it); elements of
    HTML's own names keep them, all others are unwrapped. What is in *without* is left out.
    """
    pieces: list[str] = []
    _write(element, pieces, names or {}, without)
    return "".join(pieces)


def _write(
    element: Element, pieces: list[str], names: Mapping[str, str], without: frozenset[str]
) -> None:
    pieces.append(escape(element.text or "", quote=False))
    for child in element.iterchildren("*"):
        own = name_of(child)
        if own not in without:
            tag = html_name(own, names)
            if tag:
                pieces.append(f"<{tag}{_attributes(child)}>")
            _write(child, pieces, names, without)
            if tag and tag not in _VOID:
                pieces.append(f"</{tag}>")
        pieces.append(escape(child.tail or "", quote=False))


def html_name(own: str, names: Mapping[str, str]) -> str:
    lower = own.lower()
    return names.get(own, lower if lower in _SAME else "")


def _attributes(element: Element) -> str:
    given = {str(name).rpartition("}")[2].lower(): value for name, value in element.attrib.items()}
    kept = ((name, given[name]) for name in sorted(given) if name in _ATTRIBUTES)
    return "".join(f' {name}="{escape(str(value))}"' for name, value in kept)


def inventory(
    element: Element,
    *,
    names: Mapping[str, str] | None = None,
    without: frozenset[str] = frozenset(),
) -> Inventory:
    """Count what the content of *element* holds, apart from `markup`, to be compared with it."""
    counted: Counter[str] = Counter()
    total = 0
    waiting = [element]
    while waiting:
        part = waiting.pop()
        total += letters(part.text or "")
        kind = _COUNTED.get(html_name(name_of(part), names or {})) if part is not element else None
        if kind and words(part):
            counted[kind] += 1
        for child in part.iterchildren("*"):
            total += letters(child.tail or "")
            if name_of(child) not in without:
                waiting.append(child)
    return Inventory(letters=total, **counted)
