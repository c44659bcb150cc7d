"""The one cleaner: untrusted HTML in, a Body that is safe to publish out.

Every format ends here, so that no reader of files needs to know what is dangerous. Two passes:
nh3 (html5ever's parser with an allow-list) removes what may not be there; a writer of ours then
walks the well-formed rest and emits it anew, element by element, together with the same words
as plain text and a count of what was kept. What is not emitted cannot be published.

Formats are a state, not a tree, to the writer: `<em><p>a</p><p>b</p></em>` becomes two
paragraphs, each emphasised. Bare text becomes a paragraph. What was cleaned once is cleaned
again into the same (`source_of`), so an article's text can be exported and uploaded.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape, unescape
from html.parser import HTMLParser
from types import MappingProxyType
from urllib.parse import quote, unquote, urljoin, urlsplit

from chalicelib.core.article import Block, BlockKind, Body
from chalicelib.core.characters import SURROGATE, UNWANTED
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.language import count_words
from chalicelib.core.limits import (
    MAX_ADDRESS_LENGTH,
    MAX_ELEMENTS,
    MAX_ESCAPED,
    MAX_FINDINGS,
    MAX_HTML_LENGTH,
    MAX_KEY_BYTES,
    MAX_NESTING,
    MAX_PICTURES,
    MAX_TEXT_BYTES,
)
from chalicelib.core.receipt import Dropped

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FORMATS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "cite",
        "code",
        "del",
        "em",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
    ]
)
_STRUCTURES = frozenset(
    [
        "blockquote",
        "caption",
        "dd",
        "details",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "li",
        "ol",
        "pre",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_BOUNDARIES = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "div",
        "fieldset",
        "footer",
        "form",
        "header",
        "hgroup",
        "legend",
        "main",
        "nav",
        "p",
        "section",
    ]
)
_TEXT_HOLDERS = frozenset(
    ["caption", "dd", "dt", "figcaption", "figure", "li", "summary", "td", "th"]
)
_VOID = frozenset({"br", "hr", "img"})
# Elements whose content is no text of the article. The rest of what is not allowed is unwrapped.
_SWALLOWED = frozenset(
    [
        "applet",
        "audio",
        "button",
        "canvas",
        "embed",
        "head",
        "iframe",
        "map",
        "math",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "option",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "video",
    ]
)
_TELLING = (_SWALLOWED - {"head", "title", "option"}) | {"input", "link", "meta", "base", "frame"}
_ATTRIBUTES = {
    "*": {"lang", "dir", "id"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_ID = re.compile(r"[A-Za-z][\w.:-]{0,80}")
_TAG_NAME = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,20})(?=[\s/>])")
_ACTIVE = re.compile(
    r"""(?:href|src|action)\s{0,9}=\s{0,9}["']?\s{0,9}(javascript|vbscript|data):""", re.IGNORECASE
)
_HANDLER = re.compile(r"<[a-zA-Z][^<>]{0,2000}?\s(on[a-z]{3,30})\s*=")
_PREFIXED = re.compile(r'(\s(?:id|href))="(#?)body-')
_TAG = re.compile(r"<[^<>]*>")
_PICTURE = "Image"  # the words of a link that stands for a picture without a description
_SPACE = re.compile(r"\s+")
_SPACES = " \t\n\f"  # of HTML: a fixed space is none of them
_WHITE = re.compile(rf"[{_SPACES}]+")

_NO_CHARACTER = re.compile(r"&#x?[0-9a-f]{8,}+;?", re.IGNORECASE)


def plain(text: str) -> str:
    """Return *text* in NFC (UAX 15), with line feeds, without controls and bidi overrides.

    Lone surrogates, which no UTF-8 can hold, become U+FFFD.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = text.replace("\u2029", "\n").replace("\x85", "\n")
    text = SURROGATE.sub("\ufffd", text)
    return unicodedata.normalize("NFC", UNWANTED.sub("", text))


def unescaped(text: str) -> str:
    """Return *text* with its entities read (HTML, section 13.5); numbers beyond Unicode are not."""
    return unescape(_NO_CHARACTER.sub("\ufffd", text))


def one_line(text: str) -> str:
    """Return *text* as `plain` does, on one line, with single spaces."""
    return _SPACE.sub(" ", plain(text)).strip()


def printable(line: str) -> str:
    """Return *line* so that nothing in it can steer a terminal or end the line: escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A body, what of the source is in it and what is not.

    `headings` are the texts of its headings in order. `pictures` are the images that the body
    shows, by key under media/ or by name; those of them without a description are `undescribed`.
    `kept` counts what was written, by the receipt's names.
    """

    body: Body
    kept: dict[str, int]
    dropped: tuple[Dropped, ...]
    headings: tuple[str, ...]
    pictures: tuple[str, ...]
    undescribed: tuple[str, ...]


def clean(
    html: str,
    *,
    base_url: str | None = None,
    without_heading: str = "",
    embedded: Mapping[str, str] = MappingProxyType({}),
) -> Cleaned:
    """Return what may be published of *html*.

    *embedded* has the names of images inside the file: "" for one that is shown, the reason for
    one that is not. Relative links are resolved against *base_url*; without one they lose their
    target and are counted as dropped. A first heading that only repeats *without_heading* is left
    out, since every page prints the headline itself. Raises UploadRejected "text-too-large" over
    MAX_TEXT_BYTES and "nesting" for structures deeper than MAX_NESTING. Linear in the input.
    """
    html = SURROGATE.sub("\ufffd", html)  # JSON may hold them; neither nh3 nor UTF-8 can
    # nh3 is quadratic in what it must escape: 600,000 such characters take ten seconds.
    escaped = html.count("&") + html.count("\xa0")
    if escaped > MAX_ESCAPED:
        raise UploadRejected(
            Finding(
                code="text-too-large",
                message=f"The text has {escaped:,} & and fixed spaces; {MAX_ESCAPED:,} are read.",
                fix="Write the text without them.",
            )
        )
    writer = _Writer(
        base_url=base_url, without_heading=one_line(without_heading), embedded=embedded
    )
    writer.feed(_allowed(html))
    writer.close()
    body, kept = writer.finish()
    size = len(body.text.encode("utf-8"))
    if size > MAX_TEXT_BYTES:
        raise _too_large(size)
    return Cleaned(
        body=body,
        kept=kept,
        dropped=(*_forbidden(html), *writer.dropped()),
        headings=tuple(writer.headings),
        pictures=tuple(writer.pictures),
        undescribed=tuple(key for key, described in writer.pictures.items() if not described),
    )


def source_of(html: str) -> str:
    """Return the HTML of which `clean` makes *html* again: without the prefix of its own ids."""
    return _TAG.sub(lambda tag: _PREFIXED.sub(r'\1="\2', tag[0]), html)


def _too_large(size: int) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="text-too-large",
            message=f"The text has {size:,} bytes; {MAX_TEXT_BYTES:,} are allowed.",
            fix="Split the article into parts and upload each under its own key.",
        )
    )


@cache
def _allowed_tags() -> set[str]:
    return {*_FORMATS, *_STRUCTURES, *_BOUNDARIES, *_VOID, *HEADINGS}


def _allowed(html: str) -> str:
    import nh3

    if sum(1 for _ in _TAG_NAME.finditer(html)) > MAX_ELEMENTS:
        raise _too_complex(f"it has more than {MAX_ELEMENTS:,} elements")
    return nh3.clean(
        html,
        tags=_allowed_tags(),
        clean_content_tags=set(_SWALLOWED),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
        strip_comments=True,
    )


def _too_complex(problem: str) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="too-complex",
            message=f"The text cannot be published: {problem}.",
            fix="Upload the article's own text without the page around it.",
        )
    )


def _forbidden(html: str) -> Iterable[Dropped]:
    """Count the elements of the source that are never published, with the line of the first."""
    found: dict[str, list[int]] = {}
    for match in _TAG_NAME.finditer(html):
        name = match[1].lower()
        if name in _TELLING:
            found.setdefault(f"{name} element", []).append(match.start())
    for match in _HANDLER.finditer(html):
        what = f"{match[1].lower()} attribute"
        what = what if what in found or len(found) < MAX_FINDINGS else "event handler attribute"
        found.setdefault(what, []).append(match.start())
    for match in _ACTIVE.finditer(html):
        found.setdefault(f"{match[1].lower()} address", []).append(match.start())
    for what, places in sorted(found.items()):
        line = html.count("\n", 0, places[0]) + 1
        yield Dropped(what=what, count=len(places), why="not allowed", line=line)


@dataclass
class _Run:
    """The text of the block being written."""

    kind: BlockKind = "paragraph"
    parts: list[str] = field(default_factory=list)


class _Writer(HTMLParser):
    """Walks nh3's well-formed output and writes HTML, text and blocks side by side."""

    def __init__(
        self, *, base_url: str | None, without_heading: str, embedded: Mapping[str, str]
    ) -> None:
        super().__init__(convert_charrefs=True)
        self.headings: list[str] = []
        self.pictures: dict[str, bool] = {}  # key or name -> described wherever it is shown
        self._embedded = embedded
        self._base_url = base_url
        self._without_heading = without_heading
        self._html: list[str] = []
        self._stack: list[str] = []  # open elements of the source, formats left out
        self._leaf: str | None = None  # the element written for the text at hand: p, h2, pre …
        self._wanted: list[tuple[str, str]] = []  # formats in force: name, start tag
        self._written: list[tuple[str, str]] = []  # formats whose start tag is written
        self._run: _Run | None = None
        self._texts: list[tuple[BlockKind, str]] = []
        self._filled: set[int] = set()  # places in the stack where text stands already
        self._at_boundary = True  # the next content opens a leaf of its own
        self._leaf_at = 0  # where the leaf at hand begins in _html
        self._line_is_empty = True  # white space that begins or ends a line is none
        self._space_is_due = False  # before the next words of the line, if any come
        self._kept: Counter[str] = Counter()
        self._lost: Counter[tuple[str, str]] = Counter()

    # Events of the parser

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _FORMATS:
            if tag == "a":  # a link ends where another begins
                self._wanted = [wanted for wanted in self._wanted if wanted[0] != "a"]
            self._wanted.append((tag, self._start(tag, given)))
            self._check_nesting(len(self._wanted))
        elif tag == "br":
            self._break()
        elif tag == "hr":
            self._boundary()
            if not self._inside("table", "ul", "ol", "dl"):
                self._html.append("<hr>")
        elif tag == "img":
            self._picture(given)
        else:
            self._boundary()
            self._stack.append(tag)
            self._check_nesting(len(self._stack))
            if tag in _STRUCTURES and tag != "pre":
                self._html.append(self._start(tag, given))
                kept = {"table": "tables", "ul": "lists", "ol": "lists", "dl": "lists"}
                kept["blockquote"] = "block_quotes"
                if tag in kept:
                    self._kept[kept[tag]] += 1

    def _check_nesting(self, depth: int) -> None:
        if depth > MAX_NESTING:
            raise UploadRejected(
                Finding(
                    code="nesting",
                    message=f"Elements are nested deeper than {MAX_NESTING} levels.",
                    fix="Flatten the document: an article needs few levels.",
                )
            )

    def handle_endtag(self, tag: str) -> None:
        if tag in _FORMATS:
            for place in range(len(self._wanted) - 1, -1, -1):
                if self._wanted[place][0] == tag:
                    del self._wanted[place]
                    break
        elif tag in self._stack:
            self._boundary(ends=tag)
            while self._stack.pop() != tag:
                pass
            self._filled = {place for place in self._filled if place < len(self._stack)}
            if tag in _STRUCTURES and tag != "pre":
                self._html.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        text = plain(data)
        if self._leaf == "pre" and not self._at_boundary:
            self._write_as_it_is(text)
            return
        if not text.strip() and self._run is None:
            return  # white space between blocks
        words = text.strip(_SPACES)
        self._space_is_due |= text[:1] in _SPACES and not self._line_is_empty
        if words:
            self._open()
            if self._leaf == "pre":
                self._write_as_it_is(text)
                return
            self._write(_WHITE.sub(" ", words))
            self._space_is_due = text[-1] in _SPACES

    # Writing

    def _start(self, tag: str, given: dict[str, str]) -> str:
        allowed = {**given}
        if "id" in allowed:
            name = allowed.pop("id")
            if _ID.fullmatch(name):
                allowed["id"] = f"body-{name}"
        if "dir" in allowed and allowed["dir"].lower() not in ("ltr", "rtl", "auto"):
            del allowed["dir"]
        if tag == "a":
            allowed = self._link(allowed)
        attributes = "".join(f' {name}="{escape(plain(v))}"' for name, v in sorted(allowed.items()))
        return f"<{tag}{attributes}>"

    def _link(self, given: dict[str, str]) -> dict[str, str]:
        target = given.pop("href", "").strip()
        if target.startswith("#") and _ID.fullmatch(target[1:]):
            return {**given, "href": f"#body-{target[1:]}"}
        address = web_address(target, base_url=self._base_url)
        if address:
            self._kept["links"] += 1
            return {**given, "href": address}
        if urlsplit_safely(target) in ("mailto", "tel"):
            self._kept["links"] += 1
            return {**given, "href": target}
        if target:
            self._lost["relative link", "there is no address it could be relative to"] += 1
        return given

    def _picture(self, given: dict[str, str]) -> None:
        source, alt = given.get("src", "").strip(), one_line(given.get("alt", ""))
        problem = self._embedded.get(source, "")
        if problem:
            self._lost["image in the file", problem] += 1
            return
        key = source if source in self._embedded else media_key(source)
        if key and key not in self.pictures and len(self.pictures) >= MAX_PICTURES:
            self._lost["image", f"a text shows at most {MAX_PICTURES}"] += 1
            return
        if key:
            self._open()
            # Site.body_html gives the picture its address and size, by exactly this form.
            self._html.append(f'<img src="{escape(quote(key))}" alt="{escape(alt)}">')
            self._line_is_empty = False
            self.pictures[key] = bool(alt) and self.pictures.get(key, True)
            self._kept["images"] += 1
            return
        address = web_address(source, base_url=self._base_url)
        if address is None:
            self._lost["image", "its address is not under media/"] += 1
            return
        why = "pages load images from the site alone: it became a link"
        self._lost["external image", why] += 1
        self.handle_data(" ")  # it stands apart from the words around it
        formats = list(self._wanted)
        if not any(name == "a" for name, _ in formats):
            self._wanted.append(("a", f'<a href="{escape(address)}">'))
        self.handle_data(alt or _PICTURE)
        self._wanted = formats
        self.handle_data(" ")

    def _break(self) -> None:
        if self._run is not None:
            self._close_ended_formats()
            self._html.append("<br>" if self._leaf != "pre" else "\n")
            self._run.parts.append("\n")
            self._space_is_due, self._line_is_empty = False, True

    def _open(self) -> None:
        """Write the start tags that content needs here: its leaf element, then its formats."""
        if self._at_boundary:
            self._at_boundary = False
            self._leaf = self._leaf_for_text()
            self._leaf_at = len(self._html)
            if self._leaf is not None:
                self._html.append(f"<{self._leaf}>")
        if self._run is None:
            self._run = _Run(kind=self._kind())
        common = self._close_ended_formats()
        if self._space_is_due:
            self._space_is_due = False
            self._html.append(" ")
            self._run.parts.append(" ")
        for element in self._wanted[common:]:
            self._html.append(element[1])
            self._written.append(element)

    def _close_ended_formats(self) -> int:
        """Write the end tags of formats no longer in force; return how many stay open."""
        common = 0
        for wanted, written in zip(self._wanted, self._written, strict=False):
            if wanted is not written:
                break
            common += 1
        self._close_formats(down_to=common)
        return common

    def _close_formats(self, *, down_to: int) -> None:
        while len(self._written) > down_to:
            self._html.append(f"</{self._written.pop()[0]}>")

    def _write_as_it_is(self, text: str) -> None:
        self._open()
        if text.startswith("\n") and self._html[-1] == "<pre>":
            self._html.append("\n")  # HTML's readers take one away here
        self._write(text)

    def _write(self, text: str) -> None:
        self._html.append(escape(text, quote=False))
        self._line_is_empty = False
        if self._run is not None and not self._is_mark(text):
            self._run.parts.append(text)

    def _boundary(self, *, ends: str = "") -> None:
        """End the block at hand; inside a table row only its leaf: the row is one block."""
        self._at_boundary = True
        self._space_is_due, self._line_is_empty = False, True
        if self._inside("tr"):
            self._close_formats(down_to=0)
            if self._leaf is not None:
                self._html.append(f"</{self._leaf}>")
                self._leaf = None
            if self._run is not None:
                self._run.parts.append("\t" if ends in ("td", "th") else " ")
            if ends != "tr":
                return
        self._close_formats(down_to=0)
        leaf, self._leaf = self._leaf, None
        run, self._run = self._run, None
        if leaf is not None:
            self._html.append(f"</{leaf}>")
        if run is None:
            return
        text = _settle(run)
        if leaf is not None and leaf in HEADINGS and text:
            if not self._texts and not self.headings and one_line(text) == self._without_heading:
                del self._html[self._leaf_at :]
                self.headings.append(one_line(text))
                return
            self.headings.append(one_line(text))
            self._kept["headings"] += 1
        if text:
            self._texts.append((run.kind, text))

    # Where we are

    def _inside(self, *names: str) -> bool:
        return any(name in names for name in self._stack)

    def _is_mark(self, text: str) -> bool:
        """True for a footnote's mark, its way back, and what stands for a picture.

        They are shown on the page and are no words of the text.
        """
        tags = [start for name, start in self._wanted if name == "a"]
        return bool(tags) and ('href="#body-fn' in tags[-1] or text == _PICTURE)

    def _leaf_for_text(self) -> str | None:
        """Name the element that bare text must be wrapped in here, or None where it may stand."""
        seen_paragraph = False
        for place in range(len(self._stack) - 1, -1, -1):
            name = self._stack[place]
            if name in HEADINGS:
                return "h2" if name == "h1" else name
            if name == "pre":
                return "pre"
            if name in _BOUNDARIES:
                seen_paragraph = True
            elif name in ("ul", "ol"):
                return "li"
            elif name in _TEXT_HOLDERS:
                # Bare text may stand here once; what follows a boundary is a paragraph.
                may_stand = not seen_paragraph and place not in self._filled
                self._filled.add(place)
                return None if may_stand else "p"
            elif name in _STRUCTURES:
                return "p"
        return "p"

    def _kind(self) -> BlockKind:
        if self._leaf == "li":
            return "list_item"
        if self._leaf in HEADINGS:
            return "heading"
        for name in reversed(self._stack):
            if name in _KINDS and (name != "pre" or self._leaf == "pre"):
                return _KINDS[name]
        return "paragraph"

    # The end

    def finish(self) -> tuple[Body, dict[str, int]]:
        self._boundary()
        blocks: list[Block] = []
        position = 0
        for kind, text in self._texts:
            blocks.append(Block(kind=kind, start=position, end=position + len(text)))
            position += len(text) + 2
        text = "\n\n".join(text for _, text in self._texts)
        kept = {name: self._kept[name] for name in _KEPT}
        html = "".join(self._html)
        if len(html) > MAX_HTML_LENGTH:
            raise _too_complex(f"its markup comes to {len(html):,} characters")
        body = Body(html=html, text=text, blocks=tuple(blocks))
        return body, {"words": count_words(text), **kept}

    def dropped(self) -> Iterable[Dropped]:
        for (what, why), count in sorted(self._lost.items()):
            yield Dropped(what=what, count=count, why=why)


_KEPT = ("headings", "links", "images", "block_quotes", "tables", "lists")
_KINDS: dict[str, BlockKind] = {
    "blockquote": "quote",
    "caption": "caption",
    "dd": "list_item",
    "dt": "list_item",
    "figcaption": "caption",
    "figure": "caption",
    "li": "list_item",
    "pre": "code",
    "tr": "row",
}


def web_address(target: str, *, base_url: str | None = None) -> str | None:
    """Return *target* as an absolute http(s) address, or None where it is none."""
    target = "".join(target.split()) if "\n" in target or "\t" in target else target.strip()
    if base_url and target and not target.startswith("#"):
        try:
            target = urljoin(base_url, target)
        except ValueError:
            return None
    return target if urlsplit_safely(target) in ("http", "https") else None


def urlsplit_safely(address: str) -> str:
    """Return the scheme of *address*, "" where it has none, no host, or cannot be read."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https"):
        is_whole = bool(parts.hostname) and not _SPACE.search(address)
        return parts.scheme if is_whole and len(address) <= MAX_ADDRESS_LENGTH else ""
    return parts.scheme


def media_key(source: str) -> str | None:
    """Return the key under media/ that *source* names, or None."""
    key = unquote(source).removeprefix("/")
    inside = key.startswith("media/") and ".." not in key.split("/")
    is_plain = len("media/") < len(key) <= MAX_KEY_BYTES // 4 and key == one_line(key)
    return key if inside and is_plain else None


def _settle(run: _Run) -> str:
    text = "".join(run.parts)
    if run.kind == "code":
        return text.strip("\n")
    if run.kind == "row":
        cells = [_SPACE.sub(" ", cell).strip() for cell in text.split("\t")]
        return "\t".join(cells).strip("\t ")
    lines = [_SPACE.sub(" ", line).strip() for line in text.split("\n")]
    return "\n".join(line for line in lines if line)
