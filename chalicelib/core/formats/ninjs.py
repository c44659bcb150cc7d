"""ninjs 1.x, 2.x and 3.x (IPTC's News in JSON), told from our own JSON by its shape.

The versions differ in spelling alone (`headline`, `headlines`, `bodies`; `pubstatus`,
`pubStatus`), so one table of names in lower case reads them all. What the schema forbids is
warned of with its pointer and never repaired in silence; an item that cannot be published gets
the same findings as errors. Keys of ours may stand beside ninjs's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from itertools import islice

from chalicelib.core.clean import one_line
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import html as html_reader
from chalicelib.core.formats import iptc, newsml, text
from chalicelib.core.formats.html_tree import listed
from chalicelib.core.formats.reading import Field, Inventory, Reading, letters, pointer
from chalicelib.core.limits import MAX_ASSOCIATED, MAX_BREACHES
from chalicelib.core.receipt import Dropped

Object = Mapping[str, object]

OWN_URI = "urn:broadsheet:"  # of our own exports: it says no more than the key
_TEXT, _LIST, _OBJECT, _NUMBER = "a text", "a list", "an object", "a number"
_PARTS, _ANY = "an object or a list", "anything"

# Every property of an item, in lower case, and what its value must be.
_PROPERTIES: Mapping[str, str] = {
    name: kind
    for kind, names in (
        (
            _TEXT,
            (
                "uri type mimetype contenttype representationtype profile version versioncreated "
                "firstcreated contentcreated embargoed expires pubstatus copyrightholder "
                "copyrightnotice usageterms ednote language byline by headline slugline located "
                "title guid source"
            ),
        ),
        (
            _LIST,
            (
                "person people organisation organisations place places subject subjects event "
                "events object objects infosource infosources genre genres headlines bodies "
                "descriptions trustindicators trustindicator advices keywords plannedcoverage "
                "services service products authors"
            ),
        ),
        (_PARTS, "renditions associations altids"),  # objects in 1.x, lists from 2.0 on
        (_OBJECT, "rightsinfo standard $standard eventdetails newscoveragestatus"),
        (_NUMBER, "urgency priority charcount wordcount"),
        (_ANY, "provider signals name accountablebylines etag wire"),
    )
    for name in listed(names)
}
_EXTENSIBLE = re.compile(r"(?:body|headline|description)_[A-Za-z0-9_]+")
_ENUMERATED: Mapping[str, frozenset[str]] = {
    "pubstatus": frozenset({"usable", "withheld", "canceled"}),
    "representationtype": frozenset({"complete", "incomplete", "full", "partial", "association"}),
}
_CONCEPTS = listed(
    "person people organisation organisations place places subject subjects event events object "
    "objects infosource infosources genre genres"
)
_CONCEPT_TEXTS = ("name", "rel", "scheme", "code", "uri", "literal", "creator", "relevance")
_GEOJSON = listed(
    "Point MultiPoint LineString MultiLineString Polygon MultiPolygon GeometryCollection Feature "
    "FeatureCollection"
)
_SIGNS = listed(
    "pubstatus versioncreated representationtype headlines bodies body_html body_text body_xhtml "
    "altids rightsinfo type associations renditions description_text description_html located "
    "firstcreated"
)
_OUR_BODIES = ("body", "content", "body_markdown", "articleBody")
_SUMMARY_ROLES = ("summary", "abstract", "teaser", "standfirst", "text", "lead", "main", "")
_OTHER_TEXT_KINDS = frozenset({"picture", "graphic", "audio", "video", "event", "planning"})


def unwrapped(value: Object) -> tuple[Object, tuple[Finding, ...], str]:
    """Return the item in an agency's answer, what to warn of, and the pointer to the item.

    Agencies answer a request with `{"item": [{…}]}` or `{"data": {"items": [{"item": {…}}]}}`.
    """
    where = ""
    for _ in range(4):
        inner: object = None
        for key in ("data", "item", "items"):
            part = value.get(key)
            if isinstance(part, Mapping) or (
                isinstance(part, list) and part and all(isinstance(p, Mapping) for p in part)
            ):
                inner, where = part, where + pointer(key)
                break
        else:
            return value, (), where
        if isinstance(inner, list):
            if len(inner) > 1 and is_ninjs(_item_of(inner[0])):
                item = _item_of(inner[0])
                return item, (newsml.several(len(inner), None),), f"{where}/0"
            inner, where = inner[0], f"{where}/0"
        if not isinstance(inner, Mapping):
            break
        value = inner
        if is_ninjs(value):
            return value, (), where
    return value, (), where


def _item_of(value: object) -> Object:
    if not isinstance(value, Mapping):
        return {}
    inner = value.get("item")
    return inner if isinstance(inner, Mapping) else value


def is_ninjs(value: Object) -> bool:
    """True for an object that says so, or that has ninjs's identifier and one of its own keys."""
    standard = value.get("$standard") or value.get("standard")
    if isinstance(standard, Mapping) and standard.get("name") == "ninjs":
        return True
    if any(isinstance(value.get(key), str) for key in _OUR_BODIES):
        return False
    names = {key.lower() for key in value}
    if "uri" in names and isinstance(value.get("uri"), str):
        # `uri` is all that the schema requires. Beside it, a key of ninjs, or nothing of ours.
        return bool(names & _SIGNS) or not names & {"url", "published_at", "date", "slug"}
    return bool(names & {"guid", "versioncreated"}) and len(names & _SIGNS) > 1


def read(value: Object) -> Reading:
    """Return the item. Raises UploadRejected with what the schema says where there is no text."""
    item, warnings, where = unwrapped(value)
    findings = tuple(islice(_breaches(item, where), MAX_BREACHES))
    html, held, others = _body(item)
    metadata = _metadata(item, where)
    is_usable = metadata.get("status") is None or metadata["status"].value == "usable"
    if not html and is_usable:
        undeclared = tuple(islice(_undeclared(item, where), MAX_BREACHES))
        raise UploadRejected(_no_text(item, where), *findings, *undeclared)
    return Reading(
        format="ninjs",
        metadata=metadata,
        html=html,
        inventory=held,
        warnings=(*warnings, *findings),
        dropped=tuple(_left_out(item, others)),
    )


def _no_text(item: Object, where: str) -> Finding:
    kind = _string(_get(item, "type"))
    said = f" It is of the type {kind!r}." if kind in _OTHER_TEXT_KINDS else ""
    return Finding(
        code="no-text",
        message=f"The ninjs item has no text to publish.{said}",
        fix="Send the story itself, with body_html, body_text or bodies.",
        pointer=where,
    )


# Metadata


def _get(item: Object, name: str) -> object:
    """The value of a property, whatever the version's way with capitals."""
    if name in item:
        return item[name]
    return next((value for key, value in item.items() if key.lower() == name), None)


def _key(item: Object, name: str) -> str:
    return name if name in item else next((k for k in item if k.lower() == name), name)


def _string(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _metadata(item: Object, where: str) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    used = {"$standard", "standard", "renditions", "associations"}
    if _string(_get(item, "uri")).startswith(OWN_URI):
        used.add("uri")

    def put(key: str, name: str, value: object) -> None:
        if value and key not in fields:
            fields[key] = Field(value, where + pointer(_key(item, name)))
            used.add(name)

    put("headline", "headline", _string(_get(item, "headline")))
    put("headline", "headlines", _of_role(_get(item, "headlines"), ("main", "")))
    put("headline", "headline_main", _string(_get(item, "headline_main")))
    put("headline", "title", _string(_get(item, "title")))
    for name in ("standfirst", "description_text", "description_html"):
        put("standfirst", name, unmarked(_string(_get(item, name))))
    described = _of_role(_get(item, "descriptions"), _SUMMARY_ROLES)
    put("standfirst", "descriptions", unmarked(described))
    for name in ("byline", "by"):
        given = _get(item, name)
        put("byline", name, iptc.byline(given) if isinstance(given, str) else given)
    put("byline", "authors", _authors(_get(item, "authors")))
    _put_times(item, put)
    put("status", "pubstatus", _string(_get(item, "pubstatus")))
    if "status" in fields and fields["status"].value != "usable":
        put("status_reason", "ednote", _string(_get(item, "ednote")))
    for name in ("source", "provider", "copyrightholder"):
        put("source", name, _string(_get(item, name)) or _name(_get(item, name)))
    put("source", "infosources", _first_name(_get(item, "infosources")))
    put("source", "infosource", _first_name(_get(item, "infosource")))
    _put_subjects(item, put)
    put("language", "language", _string(_get(item, "language")))
    for key, value in item.items():
        lower = key.lower()
        if lower not in used and lower != "bodies" and not lower.startswith("body_"):
            fields[f"ninjs_{key}" if lower in _RENAMED else key] = Field(
                value, where + pointer(key)
            )
    return fields


def _put_times(item: Object, put: Callable[[str, str, object], None]) -> None:
    for name in (
        "published_at",
        "versioncreated",
        "firstpublished",
        "firstcreated",
        "contentcreated",
    ):
        put("published_at", name, _get(item, name))
    if _get(item, "published_at"):  # a key of ours: ninjs's own is then free for the last change
        put("updated_at", "versioncreated", _get(item, "versioncreated"))
    put("embargo_until", "embargoed", _get(item, "embargoed"))
    put("expires_at", "expires", _get(item, "expires"))


# Properties that would be read as keys of ours, though ninjs means another thing by them.
_RENAMED = frozenset({"title", "headline", "source", "provider", "by", "authors", "versioncreated"})


def _put_subjects(item: Object, put: Callable[[str, str, object], None]) -> None:
    labelled: list[str] = []
    codes: list[str] = []
    for name in ("subject", "subjects"):
        for subject in _objects(_get(item, name)):
            codes += [_string(subject.get(key)) for key in ("code", "uri", "literal", "qcode")]
            if _string(subject.get("rel")) == "category":
                put("section", name, _string(subject.get("name")))
            labelled.append(_string(subject.get("name")))
        if labelled:
            put("tags", name, [label for label in labelled if label])
    for name in ("service", "services"):
        put("section", name, _first_name(_get(item, name)))
    for name in ("subject", "subjects"):
        put("section", name, iptc.section(codes))
    put("tags", "keywords", _get(item, "keywords"))


def _objects(value: object) -> list[Object]:
    parts = value if isinstance(value, list) else []
    return [part for part in parts if isinstance(part, Mapping)]


def _name(value: object) -> str:
    return _string(value.get("name")) if isinstance(value, Mapping) else ""


def _first_name(value: object) -> str:
    return next((name for part in _objects(value) if (name := _name(part))), "")


def _of_role(value: object, roles: tuple[str, ...]) -> str:
    """The text of the first part in one of *roles*, the most telling role first."""
    parts = [(_string(p.get("role")).lower(), _string(p.get("value"))) for p in _objects(value)]
    return next((said for role in roles for its, said in parts if its == role and said), "")


def _authors(value: object) -> list[str]:
    writers = [a for a in _objects(value) if _string(a.get("role")).lower() not in _NO_WRITERS]
    return [name for writer in writers if (name := _name(writer))]


_NO_WRITERS = frozenset({"editor", "subeditor", "photographer", "illustrator", "translator"})


def unmarked(said: str) -> str:
    from html import unescape

    return one_line(unescape(re.sub(r"<[A-Za-z/!][^<>]*>", " ", said)))


# The text


def _body(item: Object) -> tuple[str, Inventory, int]:
    """Return the body as HTML, what it holds, and how many bodies have other words."""
    found: list[tuple[int, str, bool]] = []  # rank, text, whether it is HTML
    for key, value in item.items():
        lower = key.lower()
        if lower.startswith("body_") and isinstance(value, str) and value.strip():
            rank = {"body_html": 0, "body_xhtml": 1, "body_main": 2, "body_text": 4}.get(lower, 5)
            is_html = lower in ("body_html", "body_xhtml") or value.lstrip().startswith("<")
            found.append((rank, value, is_html))
    for body in _objects(_get(item, "bodies")):
        said = _string(body.get("value"))
        kind = _string(_get(body, "contenttype"))
        is_html = "html" in kind or "xml" in kind or (not kind and said.startswith("<"))
        rank = (0 if _string(body.get("role")) in ("main", "") else 3) + (0 if is_html else 1)
        if said:
            found.append((rank, said, is_html))
    if not found:
        return "", Inventory(letters=0), 0
    found.sort(key=lambda body: body[0])
    (_, chosen, is_html), *others = found
    html = chosen if is_html else _paragraphs(chosen)
    held = html_reader.inventory(chosen) if is_html else Inventory(letters=letters(chosen))
    return html, held, of_other_words(chosen, [said for _, said, _ in others])


def of_other_words(chosen: str, others: Iterable[str]) -> int:
    """Count the bodies that are not the chosen one in another form."""
    here = letters(unmarked(chosen))
    return sum(abs(letters(unmarked(other)) - here) > 0.2 * here for other in others)


def _paragraphs(said: str) -> str:
    lines = [line.strip() for line in said.splitlines()]
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in text.paragraphs(lines))


def _left_out(item: Object, other_bodies: int) -> Iterator[Dropped]:
    if other_bodies:
        yield Dropped(what="other body", count=other_bodies, why="an article has one text")
    for name, what in (("associations", "associated item"), ("renditions", "rendition")):
        value = _get(item, name)
        if isinstance(value, Mapping):
            value = [part for part in value.values() if part]
        if isinstance(value, list) and value:
            yield Dropped(what=what, count=len(value), why="its file did not come with the article")


# What the schema says


def _breaches(item: Object, where: str, depth: int = 0) -> Iterator[Finding]:
    for key, value in item.items():
        name, at = key.lower(), where + pointer(key)
        expected = _PROPERTIES.get(name, _TEXT if _EXTENSIBLE.fullmatch(key) else "")
        if value is None or value == "" or not expected:
            continue
        if not _is_a(value, expected):
            yield _breach(at, f"{key} is not {expected}")
        elif name in _ENUMERATED and value not in _ENUMERATED[name]:
            allowed = ", ".join(sorted(_ENUMERATED[name]))
            yield _breach(at, f"{key}: {str(value)[:60]!r} is none of {allowed}")
        elif name in _CONCEPTS:
            yield from _concepts(value, at)
        elif name == "associations" and depth < MAX_ASSOCIATED:
            yield from _associated(value, at, depth)
        elif name in _CHECKS:
            yield from _CHECKS[name](value, at)


def _urgency(value: object, at: str) -> Iterator[Finding]:
    if not (str(value).isdigit() and len(str(value)) == 1):
        yield _breach(at, f"{str(value)[:60]!r} is no urgency from 0 to 9")


def _planned(value: object, at: str) -> Iterator[Finding]:
    for place, part in enumerate(_objects(value)):
        if "urgency" in part:
            yield from _urgency(part["urgency"], f"{at}/{place}/urgency")


def _rights(value: object, at: str) -> Iterator[Finding]:
    names = {key.lower() for key in value} if isinstance(value, Mapping) else set()
    if {"linkedrights", "encodedrights"} <= names:
        yield _breach(at, "it has both linked and encoded rights")


def _event(value: object, at: str) -> Iterator[Finding]:
    dates = value.get("dates") if isinstance(value, Mapping) else None
    if isinstance(dates, Mapping) and {"startDate", "expectedStartDate"} <= set(dates):
        yield _breach(f"{at}/dates", "an event has a start or an expected start, not both")


_CHECKS: Mapping[str, Callable[[object, str], Iterator[Finding]]] = {
    "urgency": _urgency,
    "plannedcoverage": _planned,
    "rightsinfo": _rights,
    "eventdetails": _event,
}


def _is_a(value: object, expected: str) -> bool:
    if expected is _NUMBER:
        return (
            isinstance(value, int | float) or str(value).lstrip("-").replace(".", "", 1).isdigit()
        )
    if expected is _ANY:
        return True
    kinds = {_TEXT: str, _LIST: list, _OBJECT: Mapping, _PARTS: (list, Mapping)}
    return isinstance(value, kinds[expected])  # type: ignore[arg-type]


def _concepts(value: object, at: str) -> Iterator[Finding]:
    for place, part in enumerate(value if isinstance(value, list) else []):
        if not isinstance(part, Mapping):
            yield _breach(f"{at}/{place}", "it is not an object")
            continue
        for name in _CONCEPT_TEXTS:
            if name in part and not isinstance(part[name], str | int | float | None):
                yield _breach(f"{at}/{place}/{name}", f"{name} is not a text")
        for name in part:
            if name.lower() in ("geojson", "geometry_geojson"):
                shape = part[name]
                kind = shape.get("type") if isinstance(shape, Mapping) else None
                if kind not in _GEOJSON:
                    yield _breach(f"{at}/{place}{pointer(name)}", "it is no GeoJSON")


def _associated(value: object, at: str, depth: int) -> Iterator[Finding]:
    is_list = isinstance(value, list)
    parts = (
        enumerate(value)
        if isinstance(value, list)
        else (value.items() if isinstance(value, Mapping) else ())
    )
    for place, part in parts:
        here = f"{at}{pointer(str(place))}"
        if not isinstance(part, Mapping):
            if part is not None:
                yield _breach(here, "it is not an object")
            continue
        names = {key.lower() for key in part}
        required = ("name", "uri") if is_list else ("uri",)
        for name in required:
            if name not in names and not names & {"guid", "id"}:
                yield _breach(here, f"it has no {name}")
        yield from _undeclared(part, here)
        yield from _breaches(part, here, depth + 1)


def _undeclared(item: Object, where: str) -> Iterator[Finding]:
    for key in item:
        if key.lower() not in _PROPERTIES and not _EXTENSIBLE.fullmatch(key):
            yield _breach(where + pointer(key), f"{one_line(key)[:60]!r} is no property of ninjs")


def _breach(at: str, problem: str) -> Finding:
    return Finding(
        code="ninjs-schema",
        message=f"Not as ninjs has it: {problem}.",
        fix="Mend the exporter; https://iptc.org/standards/ninjs/ has the schemas.",
        pointer=at,
    )
