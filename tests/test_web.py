"""The site as readers and programs use it: every route, over the deployed application."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from chalice.test import Client, HTTPResponse

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.web.parameters import cursor
from tests import builders
from tests.builders import ago
from tests.conftest import Paper

FERRY = "world/ferry.md"
ID = article_id(FERRY)
SLUG = "ferry-skerrin-returns-to-the-callport-line"


@pytest.fixture
def published(paper: Paper) -> Paper:
    """A newsroom with one article four hours old, by a source with a face."""
    paper.upload("media/face.png", builders.picture())
    paper.upload("sources/courier.yaml", builders.profile(avatar="media/face.png"))
    article = builders.markdown(
        date=ago(hours=4), section="world", tags="[ferry]", source="courier"
    )
    paper.upload(FERRY, article)
    for key in ("media/face.png", "sources/courier.yaml", FERRY):
        paper.ingest(key, now=datetime.now(UTC))
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))
    return paper


def text(answer: HTTPResponse) -> str:
    return answer.body.decode()


def data(answer: HTTPResponse) -> Any:  # JSON
    return json.loads(answer.body)


PAGES = ["/", "/latest", f"/a/{ID}/{SLUG}", f"/a/{ID}/{SLUG}/source", "/section/world",
         "/tag/ferry", "/source/courier",
         f"/a/{ID}/{SLUG}/history", "/how-it-works", "/corrections"]  # fmt: skip
DOCUMENTS = ["/v1/latest", "/v1/articles", f"/v1/articles/{ID}", "/v1/health"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_html_that_can_be_kept_and_asked_again(
    published: Paper, client: Client, path: str
) -> None:
    answer = client.http.get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["ETag"].startswith('"')
    assert "Last-Modified" in answer.headers
    assert "max-age" in answer.headers["Cache-Control"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert text(answer).startswith("<!doctype html>")
    assert text(answer).count("<script") == text(answer).count('type="application/ld+json"')
    again = client.http.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.body) == (304, b"")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_document_is_json_for_any_origin(published: Paper, client: Client, path: str) -> None:
    answer = client.http.get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["ETag"].startswith('"')
    assert data(answer)["data"]


@pytest.mark.parametrize("path", [*PAGES, *DOCUMENTS])
def test_head_tells_what_get_tells_without_a_body(
    published: Paper, client: Client, path: str
) -> None:
    whole, head = client.http.get(path), client.http.request("HEAD", path)

    assert (head.status_code, head.body) == (whole.status_code, b"")
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    if "health" not in path:
        assert head.headers["ETag"] == whole.headers["ETag"]


def test_the_front_page_keeps_its_order(published: Paper, client: Client) -> None:
    for path in ("/", f"/a/{ID}/{SLUG}"):
        page = text(client.http.get(path))
        article = data(client.http.get(f"/v1/articles/{ID}"))["data"]
        start = page.index("<h1")
        first_words = (
            article["headline"],
            "The Callport Courier",
            "4h ago",
            article["summary"]["text"][:40],
            article["key_points"][0]["text"][:40],
            "Latest News",
        )
        places = [page.index(html.escape(words, quote=False), start) for words in first_words]
        assert places == sorted(places)


def test_each_key_point_leads_to_its_sentence(published: Paper, client: Client) -> None:
    article = data(client.http.get(f"/v1/articles/{ID}"))["data"]
    page = text(client.http.get(f"/a/{ID}/{SLUG}"))
    source = text(client.http.get(f"/a/{ID}/{SLUG}/source"))

    for point in article["key_points"]:
        (evidence,) = point["evidence"]
        assert article["body_text"][evidence["start"] : evidence["end"]] == evidence["quote"]
        assert f"/a/{ID}/{SLUG}/source#{evidence['sentence']}" in page
        assert f'id="{evidence["sentence"]}"' in source


def test_the_avatar_on_the_page_is_an_image_of_the_site(published: Paper, client: Client) -> None:
    match = re.search(r'src="(/media/[0-9a-f]{32}\.png)"', text(client.http.get("/")))
    assert match is not None

    answer = client.http.get(match[1])

    assert answer.headers["Content-Type"] == "image/png"
    assert answer.body.startswith(b"\x89PNG")
    assert "31536000" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("slug", ["", "/other", "/%C3%A9"])
def test_a_wrong_or_missing_slug_leads_to_the_article(
    published: Paper, client: Client, slug: str
) -> None:
    answer = client.http.get(f"/a/{ID}{slug}")

    assert answer.status_code == 308
    assert answer.headers["Location"] == f"/a/{ID}/{SLUG}"


def test_a_redirect_keeps_what_was_asked(published: Paper, client: Client) -> None:
    answer = client.http.get(f"/a/{ID}/other/history?utm_source=a%26b&x=1&x=%C3%A9")

    assert answer.headers["Location"] == f"/a/{ID}/{SLUG}/history?utm_source=a%26b&x=1&x=%C3%A9"


@pytest.mark.parametrize(
    "path",
    ["/a/aaaaaaaaaaaaaaaa", "/a/short", "/a/aaaaaaaaaaaaaaaa/x/source", "/section/none",
     "/tag/none", "/source/none", "/media/none.png", "/section/UPPER"],
)  # fmt: skip
def test_what_is_not_there_is_a_page_that_leads_on(
    published: Paper, client: Client, path: str
) -> None:
    answer = client.http.get(path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert SLUG in text(answer)


LONG_AGO, TO_COME = "19990101000000-mzxw6ytboi2dkmbq", "99991230000000-mzxw6ytboi2dkmbq"


@pytest.mark.parametrize("place", ["section", "tag", "source"])
@pytest.mark.parametrize("turn", [f"cursor={LONG_AGO}", f"before={LONG_AGO}", f"cursor={TO_COME}"])
def test_no_place_in_an_address_makes_a_list_that_there_is_not(
    published: Paper, client: Client, place: str, turn: str
) -> None:
    for page in ("", "/feed.xml"):
        answer = client.http.get(f"/{place}/buy-it-now{page}?{turn}")

        assert answer.status_code == 404
        assert "Buy It Now" not in text(answer)


def test_where_a_source_has_nothing_more_its_page_is_still_its_own(
    published: Paper, client: Client
) -> None:
    for turn in (f"cursor={LONG_AGO}", f"before={TO_COME}"):
        assert "<h1>The Callport Courier</h1>" in text(client.http.get(f"/source/courier?{turn}"))
    assert "<title>The Callport Courier" in text(
        client.http.get(f"/source/courier/feed.xml?cursor={LONG_AGO}")
    )


def test_the_page_that_a_cdn_shows_for_unknown_addresses_answers_200_and_is_in_no_index(
    published: Paper, client: Client
) -> None:
    answer = client.http.get("/404")

    assert answer.status_code == 200  # CloudFront shows no other, and sends it with 404
    assert '<meta name="robots" content="noindex">' in text(answer)
    assert "There is no page at this address." in text(answer)
    assert SLUG in text(answer)


def test_a_withdrawn_article_is_410_with_the_reason_in_both_forms(
    published: Paper, client: Client
) -> None:
    published.delete(FERRY)
    published.ingest(FERRY, now=datetime.now(UTC))
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))

    page, document = client.http.get(f"/a/{ID}/{SLUG}"), client.http.get(f"/v1/articles/{ID}")

    assert (page.status_code, document.status_code) == (410, 410)
    assert "withdrawn" in text(page)
    assert document.headers["Content-Type"].startswith("application/problem+json")
    assert data(document)["status"] == 410
    assert "withdrawn" in data(document)["detail"]
    today = f"not been here since {datetime.now(UTC).day} "
    assert today in text(page)
    assert today in data(document)["detail"]
    assert data(client.http.get("/v1/latest"))["data"] == []


def test_cursors_walk_the_archive_and_survive_inserts(paper: Paper, client: Client) -> None:
    for hour in range(1, 8):
        article = builders.markdown(f"Story {hour}", date=ago(hours=hour))
        paper.upload(f"{hour}.md", article)
        paper.ingest(f"{hour}.md", now=datetime.now(UTC))
    seen: list[str] = []
    first = data(client.http.get("/v1/articles?limit=3"))
    seen += [card["headline"] for card in first["data"]]
    paper.upload("0.md", builders.markdown("Story 0", date=ago(minutes=5)))
    paper.ingest("0.md", now=datetime.now(UTC))

    further = first["links"]["next"]
    while further:
        answer = client.http.get(further)
        document = data(answer)
        seen += [card["headline"] for card in document["data"]]
        further = document["links"]["next"]
        if further:
            assert answer.headers["Link"].startswith(f'<{further}>; rel="next", ')

    assert seen == [f"Story {hour}" for hour in range(1, 8)]


@pytest.fixture
def day(paper: Paper) -> Paper:
    """A newsroom with an article in each of the last hours, two sections, two sources."""
    for hour in range(1, 5):
        article = builders.markdown(
            f"Story {hour}",
            date=ago(hours=hour),
            body=builders.event(hour),
            section="world" if hour % 2 else "sport",
            source=f"source {hour % 2}",
            breaking="true" if hour == 3 else "false",
        )
        paper.upload(f"{hour}.md", article, at=datetime.now(UTC) - timedelta(hours=hour))
        paper.ingest(f"{hour}.md", now=datetime.now(UTC))
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))
    return paper


def headlines(client: Client, query: str = "") -> list[str]:
    return [card["headline"] for card in data(client.http.get(f"/v1/latest{query}"))["data"]]


def test_the_latest_list_explains_its_order_where_that_is_asked_for(
    day: Paper, client: Client
) -> None:
    plain = data(client.http.get("/v1/latest"))
    explained = data(client.http.get("/v1/latest?explain=1"))

    assert [card["headline"] for card in explained["data"]] == [
        "Story 3",
        "Story 1",
        "Story 2",
        "Story 4",
    ]
    for card in explained["data"]:
        assert [term["name"] for term in card["terms"]] == ["freshness", "owners", "breaking"]
        assert sum(term["value_s"] for term in card["terms"]) == card["score_s"]
        assert all(term["why"] for term in card["terms"])
        assert card["moved_because"] is None
    assert "terms" not in plain["data"][0]
    assert plain["stale"] is False
    assert plain["refreshed_at"]


def test_the_latest_list_can_be_asked_for_what_is_new_and_as_of_a_moment(
    day: Paper, client: Client
) -> None:
    assert headlines(client, f"?since={ago(hours=2.5)}") == ["Story 1", "Story 2"]
    assert headlines(client, f"?since={ago()}") == []
    assert headlines(client, f"?as_of={ago(hours=1.5)}") == [
        "Story 3",
        "Story 2",
        "Story 4",
    ]
    both = f"?as_of={ago(hours=1.5)}&since={ago(hours=3.5)}"
    assert headlines(client, both) == ["Story 3", "Story 2"]
    assert headlines(client, "?as_of=1600-01-01T00:00:00Z") == []
    assert headlines(client, "?as_of=0003-01-01T00:00:00Z") == []
    assert headlines(client, "?as_of=9998-01-01T00:00:00Z") == headlines(client)


def test_what_came_late_with_an_old_date_is_new_on_the_page_and_as_json(
    day: Paper, client: Client
) -> None:
    paper, seen = day, ago(minutes=30)
    paper.upload("late.md", builders.markdown("Late", date=ago(hours=9), body=builders.event(9)))
    paper.ingest("late.md", now=datetime.now(UTC))
    newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC).replace(microsecond=0))

    assert text(client.http.get(f"/latest?since={seen}")).count(">New</b>") == 1
    assert headlines(client, f"?since={seen}") == ["Late"]


def test_the_page_of_another_moment_goes_on_as_of_that_moment(day: Paper, client: Client) -> None:
    then = ago(hours=1.5)
    page = text(client.http.get(f"/latest?as_of={then}"))
    above = cursor(f"{ago()}#{article_id('1.md')}")
    archive = text(client.http.get(f"/latest?as_of={then}&cursor={above}"))

    assert page.index("Story 3<") < page.index("Story 2<") < page.index("Story 4<")
    assert archive.index("Story 2<") < archive.index("Story 3<") < archive.index("Story 4<")
    assert "Story 1<" not in page + archive


def test_a_page_of_no_moment_says_what_is_wrong(day: Paper, client: Client) -> None:
    answer = client.http.get("/latest?as_of=yesterday")

    assert answer.status_code == 400
    assert "&#39;yesterday&#39; is no time with a zone" in text(answer)


def test_a_front_page_marks_what_is_new_and_can_be_narrowed(day: Paper, client: Client) -> None:
    marked = text(client.http.get(f"/latest?since={ago(hours=2.5)}"))
    narrow = text(client.http.get("/?sections=sport,none,%3Cb%3E"))

    assert marked.count(">New</b>") == 2
    assert "Story 2<" in narrow
    assert "Story 1<" not in narrow
    for query in ("?since=garbage", "latest?since=9", "?since=", "latest?as_of=", "?sections=%21"):
        answer = client.http.get(f"/{query}")
        assert answer.status_code == 200
        assert ">New</b>" not in text(answer)
        assert "Story 1<" in text(answer)


def test_health_says_when_the_list_is_stale(day: Paper, client: Client) -> None:
    assert data(client.http.get("/v1/health"))["data"]["latest"]["stale"] is False
    hour_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    latest = wiring.store().latest()
    assert latest is not None
    boto3.client("dynamodb").delete_item(
        TableName="broadsheet-local", Key={"pk": {"S": "OBSERVED#latest"}, "sk": {"S": "VALUE"}}
    )
    wiring.store().put_latest(replace(latest, refreshed_at=hour_ago))

    told = data(client.http.get("/v1/health"))["data"]["latest"]
    document, page = data(client.http.get("/v1/latest")), text(client.http.get("/"))

    assert told["stale"] is True
    assert told["age_s"] >= 3600
    assert document["stale"] is True
    assert document["data"]
    assert "Newer articles may be missing" in page


def test_filters_select_and_fields_narrow(published: Paper, client: Client) -> None:
    for query in ("section=world", "tag=ferry", "source=courier", "section=world&tag=ferry"):
        cards = data(client.http.get(f"/v1/articles?{query}"))["data"]
        assert [card["id"] for card in cards] == [ID]
    assert data(client.http.get("/v1/articles?section=world&tag=none"))["data"] == []
    assert data(client.http.get(f"/v1/articles?updated_since={ago(hours=1)}"))["data"] == []
    answer = client.http.get(f"/v1/articles/{ID}?fields=id,headline")
    assert set(data(answer)["data"]) == {"id", "headline"}


@pytest.mark.parametrize(
    "path",
    ["/v1/latest?colour=red", "/v1/articles?limit=0", "/v1/articles?limit=101",
     "/v1/articles?limit=x", "/v1/articles?cursor=====", "/v1/articles?cursor=W10=",
     "/v1/articles?updated_since=yesterday", "/v1/latest?as_of=2026-11-24",
     "/v1/latest?explain=yes", "/v1/latest?since=garbage", f"/v1/articles/{ID}?fields=none",
     "/v1/articles?cursor=%EF%BC%91"],
)  # fmt: skip
def test_a_request_that_cannot_be_meant_is_told_what_is_wrong(
    published: Paper, client: Client, path: str
) -> None:
    answer = client.http.get(path)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    (error,) = data(answer)["errors"]
    assert error["message"]
    assert error["fix"]


def test_pages_ignore_parameters_they_do_not_know(published: Paper, client: Client) -> None:
    assert client.http.get("/?utm_source=x").status_code == 200
    assert client.http.get("/latest?colour=red").status_code == 200


def test_compression_is_the_clients_choice_and_has_its_own_tag(
    published: Paper, client: Client
) -> None:
    plain = client.http.get("/")
    packed = client.http.get("/", headers={"Accept-Encoding": "gzip, br"})

    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = client.http.get("/", headers={"If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304


def test_under_a_stage_prefix_every_link_keeps_it(published: Paper) -> None:
    import app

    event = {
        "resource": "/",
        "path": "/",
        "httpMethod": "GET",
        "headers": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"httpMethod": "GET", "resourcePath": "/", "path": "/prod/"},
        "body": None,
        "isBase64Encoded": False,
    }

    page = base64.b64decode(app.app(event, None)["body"]).decode()

    assert f'href="/prod/a/{ID}/{SLUG}"' in page
    assert 'src="/prod/media/' in page
    assert not re.search(r'(?:href|src)="/(?!prod/)', page)


def test_before_the_first_refresh_the_front_page_says_so(aws: None, client: Client) -> None:
    page, document = client.http.get("/"), client.http.get("/v1/latest")

    assert (page.status_code, document.status_code) == (503, 503)
    assert page.headers["Cache-Control"] == "no-store"
    assert client.http.get("/v1/health").status_code == 200


def test_a_table_that_does_not_answer_is_a_fault_with_no_detail(
    published: Paper, client: Client
) -> None:
    wiring.store()._table = "no-such-table"

    page, document = client.http.get("/"), client.http.get("/v1/health")

    assert (page.status_code, document.status_code) == (503, 503)
    assert "no-such-table" not in text(page) + text(document)


def test_history_shows_what_readers_had_and_what_changed(published: Paper, client: Client) -> None:
    article = builders.markdown(
        "Ferry Skerrin delayed again",
        date=ago(hours=4),
        section="world",
        source="courier",
        body="\n\n".join(builders.PARAGRAPHS).replace("214", "221"),
        correction="The number of passengers was 221.",
    )
    published.upload(FERRY, article)
    published.ingest(FERRY, now=datetime.now(UTC))

    path = f"/a/{ID}/{SLUG}/history"
    page, listed = client.http.get(path), client.http.get(f"/v1/articles/{ID}/revisions")

    assert page.status_code == 200
    assert "<del>214</del><ins>221</ins>" in text(page)
    assert "The number of passengers was 221." in text(page)
    assert "Ferry Skerrin returns to the Callport line" in text(page)
    assert [past["revision"] for past in data(listed)["data"]] == [2, 1]
    first = data(client.http.get(f"/v1/articles/{ID}?revision=1"))["data"]
    assert "214" in first["body_text"]
    assert first["source"]["name"] == "The Callport Courier"
    assert client.http.get(f"/v1/articles/{ID}?revision=7").status_code == 404


def test_a_correction_is_told_on_its_own_page_and_at_the_points_it_changed(
    published: Paper, client: Client
) -> None:
    assert "Nothing has been corrected yet." in text(client.http.get("/corrections"))
    article = builders.markdown(
        date=ago(hours=4),
        body="\n\n".join(builders.PARAGRAPHS).replace("214", "221"),
        correction="It was 221 passengers, not 214.",
    )
    published.upload(FERRY, article)
    published.ingest(FERRY, now=datetime.now(UTC))

    page = text(client.http.get("/corrections"))
    points = data(client.http.get(f"/v1/articles/{ID}"))["data"]["key_points"]
    story = text(client.http.get(f"/a/{ID}/{SLUG}"))

    assert f'href="/a/{ID}/{SLUG}#corrections"' in page
    assert "It was 221 passengers, not 214." in page
    assert [point["corrected_at"] is not None for point in points] == [
        "221" in point["text"] for point in points
    ]
    assert any(point["corrected_at"] for point in points)
    for point in points:
        (shown,) = re.findall(rf'<li id="{point["id"]}">.*</li>', story)
        assert ("Corrected" in shown) == (point["corrected_at"] is not None)


def test_what_readers_never_had_is_in_no_history(paper: Paper, client: Client) -> None:
    lifts = ago(hours=-1)
    paper.upload(FERRY, builders.markdown("Secret plan", embargo_until=lifts))
    paper.upload(FERRY, builders.markdown("Secret draft", draft="true"))
    paper.upload(FERRY, builders.markdown(date=ago(hours=1)))
    paper.ingest(FERRY, now=datetime.now(UTC))

    answer = client.http.get(f"/a/{ID}/{SLUG}/history")

    assert answer.status_code == 200
    assert "Secret" not in text(answer)
    assert client.http.get(f"/v1/articles/{ID}?revision=1").status_code == 404
    revisions = data(client.http.get(f"/v1/articles/{ID}/revisions"))["data"]
    assert [past["revision"] for past in revisions] == [3]


@pytest.mark.parametrize("waiting", ["draft", "embargo_until"])
def test_a_preview_is_for_who_has_its_address_until_the_next_upload(
    paper: Paper, client: Client, waiting: str
) -> None:
    lifts = ago(hours=-1)
    given = {"draft": "true"} if waiting == "draft" else {"embargo_until": lifts}
    paper.upload(FERRY, builders.markdown(**given))
    paper.ingest(FERRY, now=datetime.now(UTC))
    address = paper.receipt(FERRY)["preview_url"]

    answer = client.http.get(address)

    assert answer.status_code == 200
    assert "Ferry Skerrin returns" in text(answer)
    assert "readers do not see it" in text(answer).lower() or "Readers see this from" in text(
        answer
    )
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.http.get(f"/a/{ID}/{SLUG}").status_code == 404
    assert client.http.get(address[:-1] + ("a" if address[-1] != "a" else "b")).status_code == 404
    paper.upload(FERRY, builders.markdown("Out now", date=ago(minutes=5)))
    paper.ingest(FERRY, now=datetime.now(UTC))
    assert client.http.get(address).status_code == 404
    assert paper.receipt(FERRY)["preview_url"] is None
