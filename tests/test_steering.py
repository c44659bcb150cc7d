"""What steers a screen or ends a line of a header stays out of all that is told of an article."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import escape, unescape
from typing import get_args
from urllib.parse import quote

import pytest
from chalice.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import newsroom, wiring
from chalicelib.core import exports, fold, notice
from chalicelib.core.article import SLUG, article_id, slugify
from chalicelib.core.uploads import Version
from chalicelib.web.serving import operations
from tests import builders
from tests.builders import ago
from tests.conftest import NOW, Paper

HIDDEN = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
INJECTED = "\r\nX-Injected: 1\r\n\r\n<script>"
SIGNS = ["\u202eyrref", "\u2066", "\u2069", "\ufeff", "\r\n", "\r", "\u2028", "\x1b[2J", "\x00",
         '"', "<", INJECTED, "Ferry", "Fähre", "渡轮"]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=8).map("".join)
ID = article_id("a.json")


def article(said: str, **told: object) -> bytes:
    """Our own JSON that says *said* wherever it says anything."""
    names = ("standfirst", "section", "source", "image_alt", "image_credit", "image_caption",
             "correction", "original_url", "replaces", "slug", "language", "colour")  # fmt: skip
    body = f"<p>Ferry {escape(said)} returns to the Callport line on Monday.</p>"
    return json.dumps(
        {**dict.fromkeys(names, said), "headline": f"Ferry {said}", "byline": [said], said: said,
         "tags": [said, "ferry"], "image": "media/a.png", "body_html": body, **told}
    ).encode()  # fmt: skip


def folded(key: str, data: bytes) -> fold.Folded:
    version = Version(id="v1", received_at=NOW, size=len(data))
    return fold.fold(key, None, version, data, summarise=wiring.extract)


def shown(text: str) -> str:
    """*text* as a reader of HTML or JSON shows it: with what its escapes stand for."""
    escaped = re.compile(r"\\u([0-9a-fA-F]{4})")
    return unescape(escaped.sub(lambda found: chr(int(found[1], 16)), text))


@given(HOSTILE)
@settings(max_examples=60)
def test_what_steers_a_screen_is_in_no_export(said: str) -> None:
    made = folded("a.json", article(said, slug=None)).article
    assert made is not None

    for as_ in get_args(exports.Format):
        assert not STEERING.search(shown(exports.export(made, as_).data.decode()))


@given(HOSTILE, HOSTILE)
def test_what_steers_a_screen_is_in_no_notice(key: str, said: str) -> None:
    data = json.dumps({"headline": said * 40, "status": said, "date": said, "body": said}).encode()
    receipt = folded(f"{key}.json", data).record.receipt

    told = notice.rejection(receipt)

    assert re.fullmatch(r"[ -~]{1,99}", told.subject)
    assert not STEERING.search(told.text)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(HIDDEN)), max_size=8))
def test_what_cannot_be_seen_changes_no_slug(hidden: list[tuple[int, str]]) -> None:
    name = "The Harbour Post"
    for place, letter in hidden:
        name = name[:place] + letter + name[place:]

    assert slugify(name) == "the-harbour-post"


def test_letters_that_look_alike_make_one_slug() -> None:
    for name in ("Harbour", "Ｈarbour", "Hаrbоur", "Hárbour", "𝐇arbour"):
        assert slugify(name) == "harbour"


@given(st.text())
def test_a_slug_is_of_letters_that_no_header_or_address_minds(name: str) -> None:
    slug = slugify(name)

    assert slug == "" or SLUG.fullmatch(slug)


def test_no_answer_about_an_article_steers_a_screen_or_adds_a_header(
    paper: Paper, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_SECURITY_CONTACT", "desk@news.example")
    for sign in SIGNS:
        said = f"{sign} {INJECTED} \u202e\u2066"
        data = article(said, published_at=ago(hours=1), slug=None)
        paper.upload("media/a.png", builders.picture())
        paper.upload("a.json", data)
        assert paper.ingest("a.json", now=datetime.now(UTC)).receipt.errors == ()
        newsroom.refresh_latest(store=wiring.store(), now=datetime.now(UTC))
    slug, tag = slugify(f"Ferry {said}"), slugify(said)
    parts = {"article_id": ID, "story_id": ID, "slug": slug, "section": tag, "tag": tag,
             "source": tag, "month": ago(hours=1)[:7]}  # fmt: skip
    seen = {}
    for template in operations:
        if "{name}" in template or "{token}" in template:
            continue
        answer = client.http.get(re.sub(r"\{(\w+)\}", lambda part: parts[part[1]], template))
        seen[template] = answer.status_code
        if not str(answer.headers["Content-Type"]).startswith("image/"):
            assert not STEERING.search(shown(answer.body.decode())), template
        assert "X-Injected" not in answer.headers
        assert all(re.fullmatch(r"[ -~]*", value) for value in map(str, answer.headers.values()))
    assert {address: status for address, status in seen.items() if status not in (200, 308)} == {}
    assert not STEERING.search(unescape(paper.receipt_page("a.json")))


def test_no_address_that_is_asked_for_adds_a_header(filled: Paper, client: Client) -> None:
    for part in (INJECTED, "%0d%0aX-Injected:1", "\u202e", "a\nb", '"><script>', "//evil.test"):
        for template in operations:
            address = re.sub(r"\{\w+\}", quote(part, safe=""), template)
            for asked in (
                address,
                f"{address}?section={quote(part)}&cursor={quote(part)}&q={part!r}",
            ):
                headers = client.http.get(asked).headers
                assert "X-Injected" not in headers
                assert all(re.fullmatch(r"[ -~]*", str(value)) for value in headers.values())
                assert not str(headers.get("Location", "/")).startswith("//")
