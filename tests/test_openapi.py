"""The description of the interface: complete by construction, and kept by every answer.

The client of all these tests holds each answer to the description (`tests/promises.py`); here it
is asked for everything that there is.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from chalice.test import Client
from jsonschema import ValidationError
from openapi_spec_validator import validate

from chalicelib import wiring
from chalicelib.core import api
from chalicelib.core.article import article_id
from tests import promises
from tests.builders import ago
from tests.conftest import Paper
from tests.core.pages_newsroom import SITE, full_article, make_article
from tests.core.story_newsroom import LINKS, told_by_many

ID = article_id("world/ferry.md")
COPY = article_id("copy.md")
GONE = article_id("gone.md")


def document(client: Client, address: str, *, status: int = 200) -> Any:  # JSON
    answer = client.http.get(address)
    assert answer.status_code == status, (address, answer.body)
    return json.loads(answer.body)


def test_the_description_is_openapi(client: Client) -> None:
    validate(document(client, "/openapi.json"))


def test_every_route_is_described_with_each_of_its_methods(client: Client) -> None:
    import app

    paths = document(client, "/openapi.json")["paths"]

    assert paths.keys() == app.app.routes.keys()
    for path, entries in app.app.routes.items():
        assert {method.lower() for method in entries} == paths[path].keys() & {
            "get",
            "head",
            "post",
        }


def test_every_answer_of_the_json_api_leads_to_its_description(client: Client) -> None:
    for address in ("/v1/health", "/v1/latest?x=1", f"/v1/articles/{ID}"):
        link = client.http.get(address).headers["Link"]
        assert link.endswith('</openapi.json>; rel="service-desc"')


def test_no_two_operations_have_one_name(client: Client) -> None:
    paths = document(client, "/openapi.json")["paths"]
    names = [path[method]["operationId"] for path in paths.values() for method in ("get", "head")]

    assert len(names) == len(set(names))


def test_every_object_is_closed_and_says_what_it_always_has(client: Client) -> None:
    schemas = document(client, "/openapi.json")["components"]["schemas"]

    for name, schema in schemas.items():
        assert schema["additionalProperties"] is False, name
        assert schema.get("required") or name.endswith("Narrowed"), name


@pytest.mark.parametrize(
    "address",
    [
        "/v1/latest",
        "/v1/latest?explain=1",
        "/v1/latest?as_of=RECENTLY&since=EARLIER",
        "/v1/articles",
        "/v1/articles?limit=1&section=world&tag=ferry&source=courier",
        "/v1/articles?updated_since=EARLIER&fields=id,image",
        f"/v1/articles/{ID}",
        f"/v1/articles/{ID}?fields=key_points",
        f"/v1/articles/{ID}?revision=1",
        f"/v1/articles/{ID}/revisions",
        "/v1/changes",
        "/v1/changes?since=EARLIER&limit=1",
        f"/v1/stories/{ID}",
        "/v1/sources",
        "/v1/health",
    ],
)
def test_every_answer_is_as_it_is_described(filled: Paper, client: Client, address: str) -> None:
    told = address.replace("RECENTLY", ago(hours=1)).replace("EARLIER", ago(hours=9))
    assert document(client, told)["data"]


def test_every_problem_is_as_it_is_described(filled: Paper, client: Client) -> None:
    for address in ("/v1/latest?x=1", "/v1/articles?limit=0", f"/v1/articles/{ID}?fields=no"):
        assert document(client, address, status=400)["errors"]
    for address in (
        f"/v1/articles/{'a' * 16}",
        "/v1/stories/none",
        f"/v1/articles/{ID}?revision=9",
    ):
        document(client, address, status=404)
    assert "withdrawn" in document(client, f"/v1/articles/{GONE}", status=410)["detail"]
    moved = client.http.get(f"/v1/stories/{COPY}")
    assert (moved.status_code, moved.headers["Location"]) == (308, f"/v1/stories/{ID}")
    wiring.store()._table = "no-such-table"
    document(client, "/v1/health", status=503)


@pytest.mark.parametrize(
    "address",
    ["/", "/latest", "/section/world", "/section/none", "/corrections", "/sources", "/status",
     "/how-it-works", f"/story/{ID}", "/feed.xml", "/feed.atom", "/feed.json", "/robots.txt",
     "/sitemap.xml", "/sitemap-news.xml", "/manifest.webmanifest", "/.well-known/security.txt",
     f"/preview/{'a' * 42}", "/media/none.png", "/sitemap/none", "/latest?cursor=none"],
)  # fmt: skip
def test_pages_and_documents_are_of_the_media_types_that_are_described(
    filled: Paper, client: Client, address: str
) -> None:
    for method in ("GET", "HEAD"):
        assert client.http.request(method, address).status_code in (200, 400, 404)


def test_everything_that_an_article_can_have_is_described() -> None:
    promises.schema_of("Article").validate(api.article(full_article(), site=SITE))
    card = api.card(full_article().card(), site=SITE)
    promises.schema_of("Card").validate(card)
    with pytest.raises(ValidationError):
        promises.schema_of("Card").validate(card | {"more": 1})


def test_everything_that_a_story_can_have_is_described() -> None:
    told = api.story(told_by_many(), site=SITE, links=LINKS)

    assert told["disagreements"]
    assert told["links"]
    promises.schema_of("Story").validate(told)


def test_what_is_absent_is_null_and_described_as_that() -> None:
    bare = make_article(section=None, tags=(), byline=())

    promises.schema_of("Article").validate(api.article(bare, site=SITE))


@pytest.mark.parametrize(
    ("name", "given"),
    [("section", "UPPER"), ("limit", "0"), ("limit", "101"), ("cursor", "none"), ("fields", "no"),
     ("updated_since", "yesterday")],
)  # fmt: skip
def test_what_the_description_forbids_is_refused(client: Client, name: str, given: str) -> None:
    (parameter,) = [
        one
        for one in document(client, "/openapi.json")["paths"]["/v1/articles"]["parameters"]
        if one.get("name") == name
    ]

    assert document(client, f"/v1/articles?{name}={given}", status=400)["errors"]
    assert parameter["in"] == "query"
