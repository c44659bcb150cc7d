"""The description of the whole interface for programs: OpenAPI 3.1, made from what is served.

The routes and what they take come from `serving.operations`, the schemas from the types of
`core.shapes`. What is written here is what all have in common: what the parts of a path name, which
problems can come of that, and the headers of every answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from chalicelib import VERSION
from chalicelib.core.article import ARTICLE_ID, IMAGE_NAME, SLUG
from chalicelib.core.errors import (
    BadRequest,
    BroadsheetError,
    Gone,
    Moved,
    NotFound,
    StoreUnavailable,
)
from chalicelib.core.site import Site
from chalicelib.web.parameters import Fields, Parameter
from chalicelib.web.serving import Operation

Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_ABOUT = (
    "The news as programs read it: the same as the pages. Reading needs no key. Every answer has a "
    "strong ETag: ask again with If-None-Match. Times are RFC 3339 in UTC; what is absent is null. "
    "Problems are told as RFC 9457 has it, each with its mend."
)
_TEXT: Json = {"type": "string"}
_ID = {"type": "string", "pattern": f"^{ARTICLE_ID.pattern}$"}
_SLUG = {"type": "string", "pattern": f"^{SLUG.pattern}$"}
_OF_ARTICLES: tuple[type[BroadsheetError], ...] = (Moved, NotFound, Gone)
# What each part of a path names, how it is written, and what can come of asking for it.
_PARTS: Mapping[str, tuple[str, Json, str, tuple[type[BroadsheetError], ...]]] = {
    "article_id": ("An article.", _ID, "mzxw6ytboi2dkmbq", _OF_ARTICLES),
    "story_id": ("A story, or any of its articles.", _ID, "mzxw6ytboi2dkmbq", _OF_ARTICLES),
    "slug": ("The article's slug; another leads to it.", {"type": "string"}, "ferry", (Moved,)),
    "section": ("A section.", _SLUG, "world", (NotFound,)),
    "tag": ("A tag.", _SLUG, "ferry", (NotFound,)),
    "source": ("A source.", _SLUG, "harbour-post", (NotFound,)),
    "token": ("As the receipt has it.", {"type": "string"}, "preview", (Moved, NotFound)),
    "month": (
        "A month.",
        {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"},
        "2026-11",
        (NotFound,),
    ),
    "name": (
        "The image's name, which is the hash of its bytes.",
        {"type": "string", "pattern": f"^{IMAGE_NAME.pattern}$"},
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9.webp",
        (NotFound,),
    ),
}
_HEADERS: Json = {
    "ETag": ("What identifies the answer, for If-None-Match.", {"pattern": '^"[^"]+"$'}),
    "Last-Modified": ("When what it tells last changed.", {}),
    "Cache-Control": ("For how long it may be kept, and used while it is asked for anew.", {}),
    "Link": ("Where it goes on (`next`), and what describes it (RFC 8288).", {}),
    "Location": ("Where it stands now.", {"format": "uri-reference"}),
    "Retry-After": ("Seconds after which to ask again.", {}),
}
_CONDITION = "If-None-Match"


@cache
def document(operations: tuple[Operation, ...], *, site: Site) -> bytes:
    """Return the description of *operations*. Loads msgspec and the types of the answers."""
    told = {
        "openapi": "3.1.0",
        "info": {"title": site.title, "version": VERSION, "description": _ABOUT},
        "servers": [{"url": site.base or "/"}],
        "externalDocs": {"url": site.url("how-it-works"), "description": "How it works."},
        "paths": {one.path: _path(one) for one in operations},
        "components": {
            "schemas": _schemas(operations),
            "responses": _responses(),
            "headers": {
                name: {"description": about, "schema": {"type": "string", **schema}}
                for name, (about, schema) in _HEADERS.items()
            },
            "parameters": {
                _CONDITION: {
                    "name": _CONDITION,
                    "in": "header",
                    "description": "The ETag of the answer that is there already.",
                    "schema": _TEXT,
                }
            },
        },
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _path(operation: Operation) -> Json:
    """Return the item of a path: HEAD is told whatever GET is, without the bodies."""
    tags = ["JSON" if operation.answers else "Pages and documents"]
    whole, head = _answer(operation.about, _content(operation)), _answer(operation.about, None)
    form = "Page" if operation.for_people else "Problem"
    return {
        "summary": operation.about,
        "parameters": [
            *(_part(name) for name in _parts(operation)),
            *(_query(parameter, operation) for parameter in operation.takes),
            {"$ref": f"#/components/parameters/{_CONDITION}"},
        ],
        "get": {
            "operationId": operation.name,
            "tags": tags,
            "responses": {"200": whole} | _others(operation, form),
        },
        "head": {
            "operationId": f"{operation.name}_head",
            "tags": tags,
            "responses": {"200": head} | _others(operation, "Head"),
        },
    }


def _parts(operation: Operation) -> list[str]:
    return re.findall(r"\{(\w+)\}", operation.path)


def _part(name: str) -> Json:
    about, schema, example, _ = _PARTS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": about,
        "schema": schema | {"examples": [example]},
    }


def _query(parameter: Parameter[Any], operation: Operation) -> Json:
    schema = parameter.schema
    if not operation.is_strict and schema.keys() & {"format", "pattern"}:
        schema = {"anyOf": [schema, {"const": ""}]}  # pages pass over what is left empty
    told: Json = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "schema": schema,
    }
    is_list = schema.get("type") == "array"
    return told | ({"style": "form", "explode": False} if is_list else {})


def _others(operation: Operation, form: str) -> Json:
    """Return what else can come of asking, by status; problems in their *form*."""
    errors: set[type[BroadsheetError]] = {StoreUnavailable}
    if operation.is_strict or operation.takes:
        errors.add(BadRequest)
    if operation.may_lack:
        errors.add(NotFound)
    for name in _parts(operation):
        errors.update(_PARTS[name][3])
    told = {error.status: f"{error.__name__}{form}" for error in errors - {Moved}}
    told |= {HTTPStatus.NOT_MODIFIED: "NotModified"}
    told |= {Moved.status: "Moved"} if Moved in errors else {}
    found = {str(int(status)): _response_of(name) for status, name in sorted(told.items())}
    return found | {"default": _response_of(f"{BroadsheetError.__name__}{form}")}


def _responses() -> Json:
    """Return what operations have in common: that it is known, that it moved, every problem."""
    forms: Mapping[str, Json | None] = {
        "Page": {"text/html": {}},
        "Problem": {"application/problem+json": {"schema": _ref("Problem")}},
        "Head": None,
    }
    errors = (BadRequest, NotFound, Gone, StoreUnavailable, BroadsheetError)
    return {
        "NotModified": _answer("The client has it.", None),
        "Moved": _answer("It stands at another address.", None, "Location"),
    } | {
        f"{error.__name__}{form}": _answer(f"{error.title}.", content, "Retry-After")
        for error in errors
        for form, content in forms.items()
    }


def _answer(about: str, content: Json | None, *headers: str) -> Json:
    named = ("ETag", "Last-Modified", "Cache-Control", "Link", *headers)
    told: Json = {
        "description": about,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in named},
    }
    return told | ({"content": content} if content else {})


def _content(operation: Operation) -> Json:
    if operation.answers is None:
        # A body that is no JSON has no schema in 3.1, but for its kind.
        return {media_type: {} for media_type in operation.media_types}
    return {"application/json": {"schema": _ref(operation.answers)}}


def _schemas(operations: tuple[Operation, ...]) -> Json:
    """Return the schemas of all answers; an object holds what its type names and nothing else."""
    import msgspec

    from chalicelib.core import shapes

    listed = [one for one in operations if one.answers is not None]
    kinds = [shapes.Problem, *(getattr(shapes, str(one.answers)) for one in listed)]
    _, made = msgspec.json.schema_components(kinds, ref_template=f"{_SCHEMAS}{{name}}")
    schemas: Json = {name: {**one, "additionalProperties": False} for name, one in made.items()}
    for operation in listed:
        for parameter in operation.takes:
            if isinstance(parameter, Fields):
                narrowed = f"{parameter.of}Narrowed"
                schemas[narrowed] = _narrowed(schemas[parameter.of], parameter)
                whole_or_narrowed = {"anyOf": [_ref(parameter.of), _ref(narrowed)]}
                data = schemas[str(operation.answers)]["properties"]["data"]
                if "items" in data:
                    data["items"] = whole_or_narrowed
                else:
                    schemas[str(operation.answers)]["properties"]["data"] = whole_or_narrowed
    return schemas


def _narrowed(whole: Json, parameter: Fields) -> Json:
    about = f"Of its fields those that `{parameter.name}` names."
    told = {name: part for name, part in whole.items() if name != "required"}
    return told | {"title": f"{parameter.of}Narrowed", "description": about, "minProperties": 1}


def _ref(name: str) -> Json:
    return {"$ref": f"{_SCHEMAS}{name}"}


def _response_of(name: str) -> Json:
    return {"$ref": f"#/components/responses/{name}"}
