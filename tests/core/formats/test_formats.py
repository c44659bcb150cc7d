"""The registry, plain text and JSON; and what every format refuses alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.limits import MAX_FILE_BYTES


def code(name: str, data: bytes) -> str:
    with pytest.raises(UploadRejected) as raised:
        formats.read(name, data)
    finding = raised.value.findings[0]
    assert finding.message.endswith(".")
    assert finding.fix
    return finding.code


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.md", b"", "empty"),
        ("a.md", b" \n\t", "empty"),
        ("a.md", b"---\ntitle: x\n---\n", "no-text"),
        ("a.md", b"---\ntitle: x\n---\n<script>x</script>", "no-text"),
        ("a.md", b"Text alone, without any headline.", "no-headline"),
        ("a.md", b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        ("a.md", b"caf\xe9", "encoding"),
        ("a.md", b"x" * (MAX_FILE_BYTES + 1), "too-large"),
        ("a.exe", b"x", "unknown-extension"),
        ("a", b"x", "unknown-extension"),
        ("a.json", b"{", "json"),
        ("a.json", b"[1]", "json"),
        ("a.json", b'{"a": 1, "a": 2}', "json"),
        ("a.json", b"[" * 500, "json"),
        ("a.json", b'{"@type": "Recipe"}', "json-type"),
        ("a.json", b'{"headline": "x"}', "no-text"),
    ],
)
def test_what_cannot_be_published_is_refused_by_name(name: str, data: bytes, expected: str) -> None:
    assert code(name, data) == expected


def test_a_wrong_byte_is_told_with_line_and_column() -> None:
    with pytest.raises(UploadRejected) as raised:
        formats.read("a.md", "first\nsécond ".encode() + b"\xff rest")

    (finding,) = raised.value.findings
    assert (finding.line, finding.column) == (2, 8)
    assert "0xff" in finding.message


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert formats.read("a.txt", "Fähre\n\nText.".encode(encoding)).headline == "Fähre"


def test_plain_text_has_a_headline_a_byline_and_paragraphs() -> None:
    draft = formats.read(
        "a.txt", b"Ferry returns\nBy Ilse Marrow and Tom Aske\n\nOne\nline.\n\nTwo."
    )

    assert draft.headline == "Ferry returns"
    assert draft.metadata.byline == ("Ilse Marrow", "Tom Aske")
    assert draft.body.text == "One line.\n\nTwo."


def test_html_in_plain_text_is_words() -> None:
    draft = formats.read("a.txt", b"Headline\n\n<script>alert(1)</script> & more")

    assert draft.body.text == "<script>alert(1)</script> & more"
    assert "<script" not in draft.body.html


@pytest.mark.parametrize(
    "body",
    [
        {"body_markdown": "*She* is back."},
        {"body_html": "<p><em>She</em> is back.</p>"},
        {"body": "*She* is back."},
    ],
)
def test_our_own_json_takes_its_body_in_three_forms(body: dict[str, Any]) -> None:
    article = {"headline": "Ferry", "published_at": "2026-11-24T09:00:00Z", "byline": ["A"], **body}

    draft = formats.read("a.json", json.dumps(article).encode())

    assert draft.body.html == "<p><em>She</em> is back.</p>"
    assert draft.metadata.byline == ("A",)


def test_schema_orgs_article_is_read_with_our_keys_beside_it() -> None:
    article = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": "Ferry",
        "articleBody": "She is back.\nAnd sails.",
        "datePublished": "2026-11-24T09:00:00Z",
        "author": {"@type": "Person", "name": "Ilse Marrow"},
        "publisher": {"@type": "Organization", "name": "Courier"},
        "keywords": "ferry, callport",
        "source": "callport-courier",
        "draft": "true",
    }

    draft = formats.read("a.json", json.dumps(article).encode())

    assert draft.body.text == "She is back.\n\nAnd sails."
    assert draft.metadata.byline == ("Ilse Marrow",)
    assert draft.metadata.source == "callport-courier"
    assert draft.metadata.draft is True
    assert draft.metadata.tags == ("ferry", "callport")


def test_numbers_that_overflow_and_keys_like_attributes_are_only_text() -> None:
    article = {"headline": "x", "body": "Text.", "weight": 1, "__proto__": {"a": 1}}
    source = json.dumps(article).replace('"weight": 1', f'"weight": {"9" * 5_000}')

    draft = formats.read("a.json", source.encode())

    assert set(draft.metadata.extra) == {"weight", "__proto__"}


H = "---\ntitle: x\n---\n\nText.\n\n"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.md", H + "{%" * 20_000),
        ("a.md", H + "{{<" * 20_000),
        ("a.md", H + "`src=" + " " * 20_000 + "x`"),
        ("a.md", H + "<div>" + "<abbr>x" * 10_000),
        ("a.md", H + "<ul><li>" * 40_000),
        ("a.md", H + "".join(f"<a on{n:x}abc=1>x</a>" for n in range(20_000))),
        ("a.html", "<p>x<script type='application/ld+json'>" + " " * 20_000 + "-->" + " " * 20_000),
        ("a.json", json.dumps({"headline": "x", "body": "y", "byline": "](" * 100_000})),
        ("a.json", json.dumps({"@type": "NewsArticle", "@graph": [[[]] * 2_000] * 170})),
        ("a.json", json.dumps({"headline": "x", "body": "y", "standfirst": "&#" + "9" * 5_000})),
        ("a.json", '{"headline": "x", "body": "y", "\\ud800": 1}'),
        ("a.json", '{"headline": "x", "body": "y", "\\ud800": 1, "\\ud800": 2}'),
        ("a.json", '{"headline": "x", "body": "y", "date": "1 Jan 2020 10:00 +999999999999"}'),
        ("a.md", f"+++\ntitle = 'x'\na = {'9' * 5_000}\n+++\nText."),
        ("a.md", f"+++\ntitle = 'x'\n{'a.' * 3_000}a = 1\n+++\nText."),
        ("a.md", H + f"![a](/media/{'b' * 2_500}.png)"),
    ],
    ids=lambda value: value[:12] if value.startswith("a.") else f"{len(value)}",
)
def test_what_is_made_to_hang_or_trip_a_reader_ends_in_an_article_or_a_rejection(
    name: str, source: str
) -> None:
    try:
        draft = formats.read(name, source.encode())
    except UploadRejected as error:
        assert all(finding.message and finding.fix for finding in error.findings)
    else:
        assert draft.headline


def test_markup_that_unfolds_into_a_book_is_refused() -> None:
    bomb = H + "<div>" + "<abbr>" * 90 + "<p>x</p>" * 9_000

    assert code("a.md", bomb.encode()) == "too-complex"


def test_a_finding_that_quotes_the_file_steers_no_screen() -> None:
    article = {"headline": "x", "body": "Text.", "date": "\u202e1202", "pub\u2066lish\u2028ed": 1}

    with pytest.raises(UploadRejected) as raised:
        formats.read("a.json", json.dumps(article).encode())
    del article["date"]
    draft = formats.read("a.json", json.dumps(article).encode())

    assert "'1202'" in raised.value.findings[0].message
    (unknown,) = (one for one in draft.warnings if one.code == "unknown-keys")
    assert unknown.pointer == r"/pub\u2066lish\u2028ed"
