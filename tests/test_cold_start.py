"""What a cold start loads: each function its own needs, nothing that a request does not use."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from chalicelib import newsroom, wiring
from tests.conftest import ROOT, Paper
from tests.tables import Tables

HEAVY = ("boto3", "botocore", "jinja2", "lxml", "nh3", "trafilatura", "PIL", "yaml", "markdown_it",
         "sentencex", "feedparser", "aws_lambda_powertools", "anyascii", "tomllib")  # fmt: skip

# What turns uploads into rows.
FOR_WRITERS = {"chalicelib.core.fold", "chalicelib.core.metadata", "chalicelib.aws.buckets",
               "chalicelib.telemetry"}  # fmt: skip

# A request before any read of the table: an address that cannot be an article's.
REQUEST = """
import json, os, sys
os.environ["BROADSHEET_UPLOADS_BUCKET"] = "broadsheet-local-uploads"
{before}
print(json.dumps(sorted(name for name in sys.modules)))
"""


def loaded(program: str) -> set[str]:
    """Return the modules of a fresh process after *program*."""
    done = subprocess.run(  # our own interpreter and program
        [sys.executable, "-c", REQUEST.format(before=program)],
        capture_output=True,
        check=True,
        cwd=ROOT,
        text=True,
    )
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return set(names)


def heavy(names: set[str]) -> set[str]:
    return names & set(HEAVY)


def ours(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("chalicelib.")}


def test_the_application_loads_no_heavy_library_before_a_request() -> None:
    names = loaded("import app")

    assert heavy(names) == set()


def test_the_routes_alone_load_chalice_and_our_own_modules() -> None:
    names = loaded("import chalicelib.web")

    assert heavy(names) == set()
    assert not ours(names) & {"chalicelib.events", "chalicelib.aws.store", "chalicelib.core.fold"}


def test_an_event_function_does_not_load_the_routes() -> None:
    names = loaded("import chalicelib.events")

    assert "app" not in names
    assert "chalicelib.web" not in names
    assert heavy(names) == set()


@pytest.mark.parametrize(
    ("resource", "query"),
    [
        ("/v1/articles", {"limit": "0"}),
        ("/v1/latest", {"colour": "red"}),
        ("/v1/health", {"x": "y"}),
    ],
)
def test_nothing_heavy_is_loaded_before_the_first_read_of_the_table(
    resource: str, query: dict[str, str]
) -> None:
    program = f"""
import app
answer = app.app({json.loads(event(resource, query))!r}, None)
assert answer["statusCode"] == 400, answer
"""

    assert heavy(loaded(program)) == set()


def asked_of_a_silent_table(path: str, resource: str = "") -> set[str]:
    """Return the modules that answer a request for *path* with "the table does not answer"."""
    return loaded(f"""
os.environ.update(BROADSHEET_TABLE="none", AWS_ENDPOINT_URL="http://127.0.0.1:9",
                  AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1",
                  AWS_MAX_ATTEMPTS="1")
import app
answer = app.app({json.loads(event(path, {}, resource=resource))!r}, None)
assert answer["statusCode"] == 503, answer
""")


@pytest.mark.parametrize(("path", "engine"), [("/", {"jinja2"}), ("/feed.xml", set())])
def test_a_page_loads_jinja2_a_feed_does_not_and_neither_a_reader_of_files(
    path: str, engine: set[str]
) -> None:
    names = asked_of_a_silent_table(path)

    assert heavy(names) == {"botocore"} | engine  # its errors: the table is silent
    assert not ours(names) & FOR_WRITERS


def test_a_reader_is_answered_without_boto3(paper: Paper, tables: Tables) -> None:
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))

    names = loaded(f"""
os.environ.update(BROADSHEET_TABLE="broadsheet-local", AWS_ENDPOINT_URL="{tables.address}",
                  AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
import app
answer = app.app({json.loads(event("/", {}))!r}, None)
assert answer["statusCode"] == 200, answer
""")

    assert heavy(names) == {"jinja2"}


def test_the_page_of_sources_loads_nothing_that_reads_feeds() -> None:
    names = asked_of_a_silent_table("/sources")

    assert not heavy(names) & {"feedparser", "lxml", "nh3", "yaml"}


def test_what_tells_a_story_is_loaded_for_stories_alone() -> None:
    article = asked_of_a_silent_table(f"/a/{'a' * 16}", "/a/{article_id}")
    story = asked_of_a_silent_table(f"/story/{'a' * 16}", "/story/{story_id}")

    assert not {name for name in article if name.startswith("chalicelib.core.stories")}
    assert "chalicelib.core.stories" in story
    assert heavy(story) == heavy(article)
    assert not ours(story) & FOR_WRITERS


def event(path: str, query: dict[str, str], *, resource: str = "") -> str:
    """Return, as JSON, what API Gateway hands over for a GET of *path*, one of *resource*'s."""
    resource = resource or path
    parts = zip(resource.split("/"), path.split("/"), strict=True)
    return json.dumps(
        {
            "path": path,
            "httpMethod": "GET",
            "headers": {},
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
            "pathParameters": {name.strip("{}"): part for name, part in parts if "{" in name},
            "stageVariables": None,
            "requestContext": {"httpMethod": "GET", "resourcePath": resource, "path": path},
            "body": None,
            "isBase64Encoded": False,
        }
    )
