"""An exported article, uploaded, is the same article; what a format cannot carry is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.core import fold
from chalicelib.core.article import Article
from chalicelib.core.errors import UploadRejected
from chalicelib.core.exports import EXTENSIONS, Format, export
from chalicelib.core.uploads import Version
from desk import samples
from tests import builders, markup
from tests.conftest import NOW, ROOT

TEXT = builders.PARAGRAPHS[1]
FORMATS: tuple[Format, ...] = get_args(Format)
SAMPLES = [
    path
    for path in sorted((ROOT / "samples").glob("*/*"))
    if path.parent.name not in ("sources", "media")
]


def made(key: str, data: bytes) -> Article:
    """Return the article that a file makes."""
    version = Version(id="v", received_at=NOW, size=len(data))
    folded = fold.fold(key, None, version, data, summarise=wiring.extract)
    assert folded.article is not None, folded.record.receipt.errors
    return folded.article


def again(article: Article, as_: Format) -> Article:
    """Return what the export of *article* makes, under the key that it had."""
    found = made(f"export{EXTENSIONS[as_]}", export(article, as_).data)
    return replace(found, id=article.id, key=article.key, preview=article.preview)


# Articles

_SECONDS = st.integers(-8_000_000_000, 7_000_000_000)  # 1716 to 2191
_MOMENTS = _SECONDS.map(lambda s: (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(0, s)).isoformat())
_LINES = st.lists(markup.WORDS, max_size=3)
_VALUES = st.recursive(
    st.one_of(st.none(), markup.WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(markup.WORDS, inner, max_size=2)
    ),
    max_leaves=3,
)
_METADATA = st.fixed_dictionaries(
    {"headline": markup.WORDS.map(lambda words: f"{words} a"), "published_at": _MOMENTS},
    optional={
        "standfirst": markup.WORDS,
        "byline": _LINES,
        "updated_at": _MOMENTS,
        "section": markup.WORDS,
        "tags": _LINES,
        "source": markup.WORDS,
        "original_url": st.sampled_from(["https://e.example/?a=1&copy=2", "https://e.example/[a](b)"]),
        "language": st.sampled_from(["ar", "pt-BR", "zh-Hans"]),
        "image": st.sampled_from(["media/a b.jpg", "media/100%2525.jpg", "media/&amp;.jpg"]),
        "image_alt": markup.WORDS,
        "image_credit": markup.WORDS,
        "image_caption": markup.WORDS,
        "embargo_until": _MOMENTS,
        "expires_at": _MOMENTS,
        "correction": st.lists(st.fixed_dictionaries({"text": markup.WORDS, "at": _MOMENTS})),
        "pinned_until": _MOMENTS,
        "breaking": st.booleans(),
        "slug": markup.WORDS,
        "same_story": _LINES,
        "not_same_story": _LINES,
        "replaces": markup.WORDS,
        "extra": st.dictionaries(
            st.one_of(markup.WORDS, st.sampled_from(["params", "body", "uri", "x"])), _VALUES,
            max_size=2,
        ),
    },
)  # fmt: skip


@st.composite
def articles(draw: st.DrawFn) -> Article:
    body = f"{draw(markup.DOCUMENTS)}<p>The ferry is back.</p>"
    data = json.dumps({**draw(_METADATA), "body_html": body}).encode()
    return made("world/ferry.json", data)


@pytest.mark.parametrize("as_", FORMATS)
@given(article=articles())
def test_an_export_makes_the_same_article(as_: Format, article: Article) -> None:
    assert again(article, as_) == article
    assert export(article, as_).lost == ()


@pytest.mark.parametrize("as_", FORMATS)
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_sample_survives_or_is_told_what_it_loses(as_: Format, path: Path) -> None:
    key = path.relative_to(ROOT / "samples").as_posix()
    article = made(key, samples.as_of(path.read_bytes(), NOW))

    assert (again(article, as_) == article) is (export(article, as_).lost == ())
    assert replace(again(article, as_), extra=article.extra) == article


def test_real_articles_survive_or_are_told_what_they_lose(shared: Path) -> None:
    listed = sorted((shared / "data" / "articles-md").glob("*.md"))[::25]
    assert listed
    for path in listed:
        version = Version(id="v", received_at=NOW)
        article = fold.fold(
            path.name, None, version, path.read_bytes(), summarise=wiring.extract
        ).article
        for as_ in FORMATS if article else ():
            assert article
            assert (again(article, as_) == article) is (export(article, as_).lost == ())


# What a person reads


def test_what_was_written_in_markdown_comes_back_in_markdown() -> None:
    body = """\
The ferry *Skerrin* is **back**, said [the port](https://e.example/).

## What happened

> We have tested every part.
>
> She is ready.

1. Rudder
2. Bearings

- one

  and more

- two

***

| Port | Boats |
| --- | --- |
| Callport | 4 \\| 5 |

```
code --- here
```

First line\\
second line with `code`

![The ferry](media/skerrin.jpg)
"""
    article = made("a.md", builders.markdown(body=body, section="world").encode())

    text = export(article, "markdown").data.decode()

    assert text.partition("---\n\n")[2] == body
    assert text.startswith("---\nheadline: Ferry Skerrin returns to the Callport line\n")
    assert "published_at: 2026-03-24T09:00:00Z\n" in text


def test_what_markdown_has_no_sign_for_stands_in_it_as_html() -> None:
    html = "<dl><dt>Port</dt><dd>Callport</dd></dl><p>A word.</p>"
    article = made("a.html", f"<h1>Ferry</h1><article>{html}{TEXT}</article>".encode())

    text = export(article, "markdown").data.decode()

    assert "\n<dl><dt>Port</dt><dd>Callport</dd></dl>\n\nA word.\n" in text


def test_a_draft_is_exported_as_a_draft() -> None:
    article = made("a.md", builders.markdown(draft="true").encode())

    for as_ in FORMATS:
        data = export(article, as_, is_draft=True).data
        version = Version(id="v", received_at=NOW)
        folded = fold.fold(f"a{EXTENSIONS[as_]}", None, version, data, summarise=wiring.extract)
        assert folded.record.receipt.outcome == "draft"


def test_ninjs_is_as_its_own_readers_expect_it() -> None:
    article = made("a.md", builders.markdown(standfirst="Back.", tags="[ferry]").encode())

    item = json.loads(export(article, "ninjs").data)

    assert item["standard"] == {"name": "ninjs", "version": "3.0"}
    assert item["uri"] == f"urn:broadsheet:{article.id}"
    assert item["headlines"] == [{"role": "main", "value": article.headline}]
    assert item["descriptions"] == [{"role": "summary", "value": "Back."}]
    assert item["subjects"] == [{"name": "ferry"}]
    assert item["bodies"][0]["contentType"] == "text/html"


# What is lost


def test_what_a_format_cannot_carry_is_told() -> None:
    toml = f"+++\ntitle = 'Ferry'\ncrew = 12\n[params]\nlate = true\n+++\n{TEXT}\n"
    article = made("a.md", toml.encode())
    assert article.extra == {"crew": 12, "late": True}

    assert export(article, "markdown").lost == ("extra crew", "extra late")
    assert export(article, "json").lost == ("extra crew",)


def test_metadata_too_long_for_front_matter_is_refused_and_fits_in_json() -> None:
    corrections = [{"text": f"{n} {'word ' * 390}"} for n in range(40)]
    document = {"headline": "Ferry", "correction": corrections, "body_text": TEXT}
    article = made("a.json", json.dumps(document).encode())

    with pytest.raises(UploadRejected, match="front matter has more than"):
        export(article, "markdown")
    assert again(article, "json") == article
