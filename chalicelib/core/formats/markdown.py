"""Markdown with front matter in YAML (---) or TOML (+++).

YAML is read as a graph of text, never as objects: no tag is obeyed, no `no` becomes False and no
`1.10` a number; what a value means is decided by its key, in `metadata`. That also gives every
value its line and column. TOML's reader is Python's own and types values itself.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats.reading import Field, Inventory, Reading, decode, letters, pointer
from chalicelib.core.limits import (
    MAX_BRACKETED,
    MAX_DOTS,
    MAX_FRONT_MATTER_BYTES,
    MAX_MARKDOWN_LENGTH,
    MAX_NESTING,
    MAX_NODES,
)
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from yaml import Node, SafeLoader

_FENCE = re.compile(r"(?P<mark>---|\+\+\+)[ \t]*\n")
_BRACKET = re.compile(r"[\[\]]")
_IMAGE = re.compile(r"data:image/[\w.+-]{1,40};base64,[\w+/=]{1000,}+", re.ASCII)
_FIRST_LINE = "first line"  # of the text in its file, for a rule that refuses it
# Tags of site generators, which no reader of ours can run: {% include x %}, {{< figure >}}.
_SHORTCODE = re.compile(r"\{\{[<%][^{}]{0,2000}[>%]\}\}|\{%[^%{}]{0,2000}%\}")


def read(data: bytes) -> Reading:
    """Return front matter and the text as HTML (CommonMark 0.31, tables, footnotes, strikethrough).

    Raises UploadRejected with the line and column of what does not parse.
    """
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    start = len(text) - len(text.lstrip("\n \t"))
    fence = _FENCE.match(text, start)
    if fence is None:
        return reading(text)
    first_line = text.count("\n", 0, fence.end()) + 1
    mark = fence["mark"]
    end = re.compile(rf"^{re.escape(mark)}[ \t]*$", re.MULTILINE).search(text, fence.end())
    if end is None:
        if mark == "---" and ":" not in text[fence.end() :].partition("\n")[0]:  # a rule, no fence
            return reading(text)
        raise UploadRejected(
            Finding(
                code="front-matter",
                message=f"The front matter that {mark} begins is not ended.",
                fix=f"Put a line with {mark} alone between the metadata and the text.",
                line=first_line - 1,
                column=1,
            )
        )
    matter, body = text[fence.end() : end.start()], text[end.end() :]
    _check_size(matter, first_line)
    parse = parse_yaml if mark == "---" else parse_toml
    metadata = flattened(parse(matter, first_line=first_line))
    return reading(body, metadata, first_line=text.count("\n", 0, end.end()) + 1)


def reading(
    body: str, metadata: Mapping[str, Field] | None = None, *, first_line: int = 1
) -> Reading:
    """Return the reading of a text without front matter, and *metadata* with it."""
    length = len(body) - sum(len(image[0]) for image in _IMAGE.finditer(body))
    if length > MAX_MARKDOWN_LENGTH:
        problem = f"it has {length:,} characters beside images; {MAX_MARKDOWN_LENGTH:,} are read"
        raise _too_complex(problem, line=first_line)
    # Where the footnotes' texts wait for their place.
    context: dict[str, object] = {_FIRST_LINE: first_line}
    reader = _markdown()
    tokens = reader.parse(_SHORTCODE.sub("", body), context)
    return Reading(
        format="markdown",
        metadata=metadata or {},
        html=str(reader.renderer.render(tokens, reader.options, context)),
        first_line=first_line,
        dropped=_shortcodes(body, first_line=first_line),
        inventory=_inventory(tokens),
    )


def _inventory(tokens: Sequence[Token]) -> Inventory:
    """Count what Markdown's own signs make; what embedded HTML makes is the cleaner's to judge."""
    kinds = Counter(token.type for token in tokens)
    headings = sum(
        before.type == "heading_open" and bool(letters(_said(token)))
        for before, token in pairwise(tokens)
    )
    return Inventory(
        letters=sum(letters(_said(token)) for token in tokens),
        headings=headings,
        block_quotes=kinds["blockquote_open"],
        tables=kinds["table_open"],
        lists=kinds["bullet_list_open"] + kinds["ordered_list_open"],
    )


def _said(token: Token) -> str:
    if token.type in ("fence", "code_block"):
        return token.content
    words = ("text", "code_inline")
    return "".join(part.content for part in token.children or () if part.type in words)


def _too_complex(problem: str, *, line: int) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="too-complex",
            message=f"The text cannot be published: {problem}.",
            fix="Close the brackets, or split the article and upload each part under its own key.",
            line=line,
        )
    )


def _check_brackets(state: StateCore) -> None:
    """Refuse what markdown-it would take minutes for: it looks for the end of every bracket.

    Within a paragraph or a cell of a table, and in no code: so it stands between the rules that
    find those and the rules that read them.
    """
    inline = [token for token in state.tokens if token.type == "inline"]
    if sum(_bracketed(token.content) for token in inline) > MAX_BRACKETED:
        problem = "it has many brackets that are not closed, or within each other"
        raise _too_complex(problem, line=state.env.get(_FIRST_LINE, 1))


def _bracketed(text: str) -> int:
    """How many characters are looked at to find the end of every bracket in *text*."""
    opened: list[int] = []
    total = text.count("<![CDATA[") * len(text)
    for bracket in _BRACKET.finditer(text):
        if bracket[0] == "[":
            opened.append(bracket.start())
        elif opened:
            total += bracket.start() - opened.pop()
    return total + sum(len(text) - start for start in opened)


def to_html(text: str) -> str:
    """Return Markdown as untrusted HTML. Tags of site generators are left out."""
    return str(_markdown().render(_SHORTCODE.sub("", text)))


def _shortcodes(text: str, *, first_line: int) -> tuple[Dropped, ...]:
    found = list(_SHORTCODE.finditer(text))
    if not found:
        return ()
    line = first_line + text.count("\n", 0, found[0].start())
    why = "only the site generator can run it"
    return (Dropped(what="site generator tag", count=len(found), why=why, line=line),)


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    # What stands deeper than its limit markdown-it leaves out without a word; ours is refused.
    reader = MarkdownIt("commonmark", {"maxNesting": 2 * MAX_NESTING})
    reader.core.ruler.before("inline", "brackets", _check_brackets)
    return reader.enable(["table", "strikethrough"]).use(footnote_plugin)


def flattened(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Lift what site generators keep in tables: Zola's `taxonomies` and `extra`, Hugo's `params`.

    A key that also stands at the top keeps the top's value.
    """
    flat = {k: f for k, f in fields.items() if k not in _TABLES or not _is_table(f.value)}
    for table in _TABLES:
        found = fields.get(table)
        if found is not None and isinstance(found.value, Mapping):
            for key, value in found.value.items():
                where = Field(value, found.pointer + pointer(key), found.line, found.column)
                flat.setdefault(str(key), where)
    return flat


_TABLES = ("taxonomies", "params", "extra")


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _check_size(matter: str, first_line: int) -> None:
    if len(matter.encode("utf-8", "replace")) > MAX_FRONT_MATTER_BYTES:
        raise UploadRejected(
            Finding(
                code="front-matter-too-large",
                message=f"The front matter has more than {MAX_FRONT_MATTER_BYTES:,} bytes.",
                fix="Keep metadata in the front matter and the article's text below it.",
                line=first_line,
            )
        )


def parse_yaml(text: str, *, first_line: int = 1) -> dict[str, Field]:
    """Return the mapping that *text* holds (YAML 1.1, scalars as text), each value with its place.

    Raises UploadRejected "front-matter" for what is no YAML, for a duplicate key, for a key that is
    no text, for a tag, and for anchors that expand to more than MAX_NODES values or
    MAX_FRONT_MATTER_BYTES characters, or nest deeper than MAX_NESTING.
    """
    import yaml

    _check_nesting(text, first_line)
    try:
        node = yaml.compose(text, Loader=_text_loader())
    except yaml.MarkedYAMLError as error:
        # What was never closed is mended where it was opened, not at the end of the file.
        is_open = "end of stream" in (error.problem or "") and error.context_mark is not None
        mark = error.context_mark if is_open else error.problem_mark or error.context_mark
        raise _broken(
            f"The front matter is no YAML: {error.problem or error.context}.",
            line=first_line + (mark.line if mark else 0),
            column=mark.column + 1 if mark else 1,
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise _broken(f"The front matter is no YAML: {error}.", line=first_line) from None
    except RecursionError:
        raise _broken("The front matter is nested too deeply.", line=first_line) from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        message = "The front matter is not a list of keys and values."
        raise _broken(message, line=first_line + node.start_mark.line)
    graph = _Graph(first_line)
    return graph.fields(node)


@cache
def _text_loader() -> type[SafeLoader]:
    """PyYAML's safe loader, in C where it can be, to which every plain scalar is text.

    Any other tag in its graph was then written by someone, and is refused.
    """
    import yaml

    class TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers: ClassVar[dict[str, object]] = {}

    return TextLoader


def _check_nesting(text: str, first_line: int) -> None:
    depth = 0
    for place, character in enumerate(text):
        if character in "[{":
            depth += 1
            if depth > MAX_NESTING:
                line = first_line + text.count("\n", 0, place)
                raise _broken("The front matter is nested too deeply.", line=line)
        elif character in "]}":
            depth = max(0, depth - 1)


def _broken(message: str, *, line: int, column: int | None = 1) -> UploadRejected:
    fix = (
        "Mend the line. A text that holds a colon, a quote or a # needs quotation marks around it."
    )
    return UploadRejected(
        Finding(code="front-matter", message=message, fix=fix, line=line, column=column)
    )


class _Graph:
    """Turns YAML's nodes into text, lists and mappings, counting what anchors expand to."""

    def __init__(self, first_line: int) -> None:
        self._first_line = first_line
        self._count = 0
        self._characters = 0

    def fields(self, node: Node) -> dict[str, Field]:
        fields: dict[str, Field] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, depth=1)
            line, column = self._place(key_node)
            if key in fields:
                raise _broken(f"The key {key!r} stands twice.", line=line, column=column)
            fields[key] = Field(self.value(value_node, depth=1), pointer(key), line, column)
        return fields

    def value(self, node: Node, *, depth: int) -> object:
        import yaml

        self._count += 1
        self._characters += len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        is_too_large = self._count > MAX_NODES or self._characters > MAX_FRONT_MATTER_BYTES
        if is_too_large or depth > MAX_NESTING:
            line, column = self._place(node)
            raise _broken("The front matter expands to too many values.", line=line, column=column)
        if isinstance(node, yaml.ScalarNode):
            self._check_tag(node, "tag:yaml.org,2002:str")
            return _scalar(node.value, is_plain=not node.style)
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, "tag:yaml.org,2002:seq")
            return [self.value(part, depth=depth + 1) for part in node.value]
        self._check_tag(node, "tag:yaml.org,2002:map")
        return {
            self._key(key, depth=depth + 1): self.value(part, depth=depth + 1)
            for key, part in node.value
        }

    def _key(self, node: Node, *, depth: int) -> str:
        key = self.value(node, depth=depth)
        if isinstance(key, (list, dict)):
            # Written as text, a key within a key within a key doubles its quotes at each level.
            line, column = self._place(node)
            raise _broken("A list or a mapping is no key.", line=line, column=column)
        return str(key)

    def _check_tag(self, node: Node, usual: str) -> None:
        if node.tag != usual:
            line, column = self._place(node)
            message = f"The YAML tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is not read."
            raise _broken(message, line=line, column=column)

    def _place(self, node: Node) -> tuple[int, int]:
        return self._first_line + node.start_mark.line, node.start_mark.column + 1


def _scalar(text: str, *, is_plain: bool) -> str | None:
    return None if is_plain and text.lower() in ("", "~", "null") else text


# The parts of a line of TOML; a string that is not ended goes on to the line's end. Two dots in a
# row stand in a text or a comment, never in a key.
_TOML_PART = re.compile(
    r"""(?P<key>"(?:[^"\\\n]|\\.)*+(?:"|\\?$)|'[^'\n]*+(?:'|$)|[\w-]++)"""
    r"""|(?P<dot>\.(?![ \t]*\.))|[ \t]++|(?P<end>.|\n)""",
    re.MULTILINE,
)


def _check_dots(text: str, first_line: int) -> None:
    """Refuse a key that nests by its dots, in which TOML's reader is quadratic.

    A string of several lines can hide one; `_check_depth` finds what that made.
    """
    dots = 0
    for part in _TOML_PART.finditer(text):
        if part["end"]:
            dots = 0
        dots += part["dot"] is not None
        if dots > MAX_DOTS:
            line = first_line + text.count("\n", 0, part.start())
            raise _broken("The front matter is nested too deeply.", line=line)


def _check_depth(table: Mapping[str, object], first_line: int) -> None:
    level: list[Any] = [table]
    for _ in range(MAX_NESTING):
        parts = (one.values() if isinstance(one, dict) else one for one in level)
        level = [part for held in parts for part in held if isinstance(part, (dict, list))]
        if not level:
            return
    raise _broken("The front matter is nested too deeply.", line=first_line)


def parse_toml(text: str, *, first_line: int = 1) -> dict[str, Field]:
    """Return the table that *text* holds (TOML 1.0), each key with its line.

    Raises UploadRejected "front-matter" with line and column for what is no TOML.
    """
    _check_nesting(text, first_line)
    _check_dots(text, first_line)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError, OverflowError) as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)|\(at end of document\)", str(error))
        at_line = int(place[1]) if place and place[1] else text.count("\n")
        raise _broken(
            f"The front matter is no TOML: {str(error).partition(' (at ')[0]}.",
            line=first_line + max(0, at_line - 1),
            column=int(place[2]) if place and place[2] else 1,
        ) from None
    _check_depth(table, first_line)
    fields: dict[str, Field] = {}
    for key, value in table.items():
        name = re.escape(key)
        found = re.search(rf"^[ \t]*(?:\[+\s*)?[\"']?{name}[\"']?\s*[=.\]]", text, re.MULTILINE)
        line = first_line + text.count("\n", 0, found.start()) if found else first_line
        fields[key] = Field(value, pointer(key), line, 1)
    return fields
