"""What `/openapi.json` promises, and the client that holds every answer of the tests to it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from chalice.app import Chalice
from chalice.config import Config
from chalice.test import Client, HTTPResponse, TestHTTPClient
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from chalicelib.core.site import Site
from chalicelib.web import openapi
from chalicelib.web.serving import operations

Json = dict[str, Any]

DESCRIBED = "urn:described"  # what the description's own references begin with


@cache
def description() -> Json:
    told: Json = json.loads(openapi.document(tuple(operations.values()), site=Site()))
    return told


@cache
def validator(reference: str) -> Draft202012Validator:
    """Return what holds a value to a schema of the description."""
    resource = Resource.from_contents(description(), default_specification=DRAFT202012)
    registry = Registry().with_resource(DESCRIBED, resource)
    return Draft202012Validator(
        {"$ref": DESCRIBED + reference}, registry=registry, format_checker=FormatChecker()
    )


def schema_of(shape: str) -> Draft202012Validator:
    return validator(f"#/components/schemas/{shape}")


def held_to(template: str, answer: HTTPResponse, *, method: str) -> None:
    """Assert that an answer of the route *template* is one that the description tells of."""
    responses = description()["paths"][template][method.lower()]["responses"]
    told = responses.get(str(answer.status_code), responses["default"])
    if "$ref" in told:
        told = description()["components"]["responses"][told["$ref"].rpartition("/")[2]]
    if "content" not in told:
        assert answer.body == b""
        return
    media_type = answer.headers["Content-Type"].partition(";")[0]
    assert media_type in told["content"], f"{template} answers {media_type}"
    schema = told["content"][media_type].get("schema")
    if schema:
        validator(schema["$ref"]).validate(json.loads(answer.body))


class _Http(TestHTTPClient):
    def __init__(self, app: Chalice) -> None:
        super().__init__(app, Config.create())
        self._routes = [template.split("/") for template in app.routes]

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> HTTPResponse:
        answer: HTTPResponse = super().request(method, path, headers, body)
        template = self._template(path)
        plain = not {name.lower() for name in headers or ()} & {"accept-encoding"}
        if template and plain and method.upper() in ("GET", "HEAD"):
            held_to(template, answer, method=method)
        return answer

    def _template(self, path: str) -> str | None:
        parts = path.partition("?")[0].split("/")
        fitting = [
            names
            for names in self._routes
            if len(names) == len(parts)
            and all("{" in name or name == part for name, part in zip(names, parts, strict=True))
        ]
        return (
            "/".join(min(fitting, key=lambda names: ["{" in name for name in names]))
            if fitting
            else None
        )


class Reader(Client):
    """Chalice's client of an application, whose answers are held to the description."""

    def __init__(self, app: Chalice) -> None:
        super().__init__(app)
        self._http_client = _Http(app)
