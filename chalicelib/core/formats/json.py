"""JSON: our own shape, schema.org's NewsArticle, or ninjs.

Our own shape is an object of metadata with the text in `body_markdown`, `body_html`, `body_text`
or `body` (Markdown). An object with schema.org's `@type` (or `@graph`) is read as JSON-LD, one in
the shape of IPTC's ninjs by `ninjs`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from html import escape

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import html as html_reader
from chalicelib.core.formats import jsonld, markdown, ninjs, text
from chalicelib.core.formats.reading import Field, Inventory, Reading, decode, letters, pointer
from chalicelib.core.limits import MAX_NESTING
from chalicelib.core.receipt import Dropped

_BODIES = ("body_html", "body_markdown", "body_text", "body", "content", "articleBody", "text")


def read(data: bytes) -> Reading:
    """Return metadata and body.

    Raises UploadRejected "json" with line and column for what is no JSON (RFC 8259), for a key
    that stands twice in one object, and for structures deeper than MAX_NESTING.
    """
    source = decode(data)
    _check_nesting(source)
    try:
        value = json.loads(source, object_pairs_hook=_object, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        raise _broken(error.msg, line=error.lineno, column=error.colno) from None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise _broken("the document is no object", line=1, column=1)
    if "@type" in value or "@graph" in value:
        return _from_jsonld(value)
    if ninjs.is_ninjs(ninjs.unwrapped(value)[0]):
        reading = ninjs.read(value)
        return replace(reading, metadata=markdown.flattened(reading.metadata))
    metadata = {k: Field(v, pointer(k)) for k, v in value.items() if k not in _BODIES}
    reading = _body(value)
    return replace(reading, format="json", metadata=markdown.flattened(metadata))


def _from_jsonld(value: dict[str, object]) -> Reading:
    metadata = jsonld.article(value)
    if metadata is None:
        raise UploadRejected(
            Finding(
                code="json-type",
                message="The object is no schema.org article.",
                fix='Give it "@type": "NewsArticle", or leave out @type and use our own keys.',
                pointer="/@type",
            )
        )
    # Properties that schema.org does not have may be keys of ours: draft, embargo_until, source.
    metadata = {**metadata, **jsonld.unread(value)}
    metadata.pop("articleBody", None)
    html = jsonld.body_html(value) or ""
    held = html_reader.inventory(html)
    return Reading(format="json", metadata=metadata, html=html, inventory=held)


def _body(value: Mapping[str, object]) -> Reading:
    """Return the reading of the first body that has words, and tell of others with other words."""
    bodies = {k: v for k in _BODIES if isinstance(v := value.get(k), str) and v.strip()}
    if not bodies:
        return Reading(format="json", metadata={}, html="", inventory=Inventory(letters=0))
    (key, body), *others = bodies.items()
    if key in ("body_text", "articleBody", "text"):
        held = Inventory(letters=letters(body))
        reading = Reading(format="json", metadata={}, html=_prose(body), inventory=held)
    elif key == "body_html" or body.lstrip().startswith("<"):
        held = html_reader.inventory(body)
        reading = Reading(format="json", metadata={}, html=body, inventory=held)
    else:
        reading = markdown.reading(body)
        # Its lines are not the file's.
        reading = replace(reading, dropped=tuple(replace(d, line=None) for d in reading.dropped))
    more = ninjs.of_other_words(body, [other for _, other in others])
    if more:
        lost = Dropped(what="other body", count=more, why="an article has one text")
        reading = replace(reading, dropped=(*reading.dropped, lost))
    return reading


def _prose(body: str) -> str:
    lines = [line.strip() for line in body.splitlines()]
    return "".join(f"<p>{escape(p, quote=False)}</p>" for p in text.paragraphs(lines))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise UploadRejected(
                Finding(
                    code="json",
                    message=f"The key {key!r} stands twice in one object.",
                    fix="Keep one of the two.",
                    pointer=pointer(key),
                )
            )
        found[key] = value
    return found


def _check_nesting(source: str) -> None:
    """Refuse deep structures before the parser, which is recursive, sees them."""
    depth, inside = 0, False
    escaped = False
    for place, character in enumerate(source):
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            if depth > MAX_NESTING:
                line = source.count("\n", 0, place) + 1
                raise _broken(f"it is nested deeper than {MAX_NESTING} levels", line=line)
        elif character in "]}":
            depth -= 1


def _broken(problem: str, *, line: int, column: int | None = None) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="json",
            message=f"The file is no JSON we can read: {problem}.",
            fix="Mend the place; a JSON checker in any editor shows it.",
            line=line,
            column=column,
            pointer="",
        )
    )
