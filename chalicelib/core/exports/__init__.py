"""An article as a file again: uploaded, the file makes the same article.

Each format is written in the words that its reader in `formats` reads. Whether it is read back
so is not believed but tried: what a format could not carry is named with the export.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

from chalicelib.core import formats, lifecycle
from chalicelib.core.api import moment
from chalicelib.core.article import Article, Body, Generation, Sentence, Summary
from chalicelib.core.clean import one_line, source_of, unescaped
from chalicelib.core.exports import markdown
from chalicelib.core.formats.ninjs import OWN_URI, unmarked
from chalicelib.core.lifecycle import Life
from chalicelib.core.metadata import MARKDOWN_LINK
from chalicelib.core.uploads import Version

Format = Literal["markdown", "json", "ninjs"]
Stated = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file, and what of the article its format could not carry, by the names of metadata."""

    data: bytes
    lost: tuple[str, ...]


def export(article: Article, as_: Format, *, is_draft: bool = False) -> Export:
    """Return *article* as a file that makes it again under a key that ends in `EXTENSIONS`.

    Raises UploadRejected where the format cannot hold the article at all.
    """
    said = stated(article, is_draft=is_draft)
    data = _WRITERS[as_](article, said).encode()
    again = _read_back(article, data, EXTENSIONS[as_])
    return Export(data=data, lost=tuple(_differences(article, again)))


EXTENSIONS: Mapping[Format, str] = {"markdown": ".md", "json": ".json", "ninjs": ".json"}


def stated(article: Article, *, is_draft: bool = False) -> Stated:
    """Return all that *article* says about itself under the one name of each key."""
    image = article.image
    said: Stated = {
        "headline": _quoted(article.headline),
        "standfirst": _quoted(article.standfirst),
        "byline": [_quoted_name(name) for name in article.byline],
        "published_at": moment(article.published_at),
        "updated_at": moment(article.updated_at),
        "section": _quoted(article.section),
        "tags": [_quoted(tag) for tag in article.tags],
        "source": _quoted(article.credited_to),
        "original_url": _quoted(article.original_url),
        "language": article.language,
        "image": _quoted(image.key.replace("%", "%25")) if image else None,
        "image_alt": _quoted(image.alt) if image else None,
        "image_credit": _quoted(image.credit) if image else None,
        "image_caption": _quoted(image.caption) if image else None,
        "draft": is_draft,
        "embargo_until": moment(article.embargo_until),
        "expires_at": moment(article.expires_at),
        "correction": [
            {"at": moment(correction.at), "text": _quoted(correction.text)}
            for correction in article.corrections
        ],
        "pinned_until": moment(article.pinned_until),
        "breaking": article.breaking,
        "slug": _quoted(article.slug),
        "same_story": [_quoted(key) for key in article.same_story],
        "not_same_story": [_quoted(key) for key in article.not_same_story],
        "replaces": _quoted(article.replaces),
    }
    return {name: value for name, value in said.items() if value}


# Words, so that `metadata` reads them as they are


def _quoted(text: str | None) -> str | None:
    """Write *text* so that reading entities and Markdown's links in it gives it back."""
    if not text:
        return None
    linked = MARKDOWN_LINK.sub(lambda link: f"[[{link[1]}]()]{link[0][len(link[1]) + 2 :]}", text)
    whole = linked if unescaped(linked) == linked else linked.replace("&", "&amp;")
    if whole.strip().lower() in ("~", "null"):  # which mean that there is no value
        return f"&#{ord(whole[0])};{whole[1:]}"
    return whole


def _quoted_name(name: str) -> str | None:
    """Write a byline's name so that a "By" which is part of it is not taken away."""
    return _quoted(f"by {name}" if re.match(r"(?:by|von|par|por)\s", name, re.IGNORECASE) else name)


# Formats


def _body(article: Article) -> str:
    """Return the body's source.

    A first heading in the headline's words would be taken for the headline, and left out: one
    more before it is.
    """
    html, text, blocks = article.body.html, article.body.text, article.body.blocks
    if blocks and blocks[0].kind == "heading":
        first = one_line(text[blocks[0].start : blocks[0].end])
        if first == one_line(article.headline):
            html = f"<h2>{escape(first, quote=False)}</h2>{html}"
    return html


def _as_markdown(article: Article, said: Stated) -> str:
    matter = {**said, **({"extra": article.extra} if article.extra else {})}
    return f"---\n{markdown.front_matter(matter)}---\n\n{markdown.written(_body(article))}\n"


def _as_json(article: Article, said: Stated) -> str:
    body = {"body_html": source_of(_body(article))}
    return _encoded({**said, **_extra(article), **body})


def _as_ninjs(article: Article, said: Stated) -> str:
    """Write ninjs 3, with keys of ours beside its own where it has no word for something."""
    own = dict(said)
    standfirst = own.pop("standfirst", None)
    names, tags, source = (own.pop(key, None) for key in ("byline", "tags", "source"))
    properties: Stated = {
        "standard": {"name": "ninjs", "version": "3.0"},
        "uri": f"{OWN_URI}{article.id}",
        "versionCreated": own.pop("updated_at"),
        "embargoed": own.pop("embargo_until", None),
        "expires": own.pop("expires_at", None),
        "pubStatus": "usable",
        "language": own.pop("language"),
        "headlines": [{"role": "main", "value": own.pop("headline")}],
        "descriptions": [{"role": "summary", "value": _marked(str(standfirst))}]
        if standfirst
        else None,
        "authors": [{"name": name} for name in names] if isinstance(names, list) else None,
        "subjects": [{"name": tag} for tag in tags] if isinstance(tags, list) else None,
        "infoSources": [{"name": source}] if source else None,
        "bodies": [
            {"role": "main", "contentType": "text/html", "value": source_of(_body(article))}
        ],
    }
    given = {name: value for name, value in properties.items() if value}
    return _encoded({**given, **own, **_extra(article)})


def _marked(words: str) -> str:
    """Write *words* where ninjs may have markup."""
    return words if unmarked(words) == words else escape(words, quote=False)


def _extra(article: Article) -> Stated:
    return {"extra": article.extra} if article.extra else {}


def _encoded(document: Stated) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


_WRITERS: Mapping[Format, Callable[[Article, Stated], str]] = {
    "markdown": _as_markdown,
    "json": _as_json,
    "ninjs": _as_ninjs,
}


# What came back


def _read_back(article: Article, data: bytes, extension: str) -> Article:
    """Return the article that the file makes where there was none before."""
    draft = formats.read(f"export{extension}", data)
    version = Version(id="export", received_at=article.received_at)
    life = Life(key=article.key)
    return lifecycle.accept(life, draft, data, version=version, summarise=_unsummarised)[2]


def _unsummarised(headline: str, body: Body, language: str) -> tuple[tuple[Sentence, ...], Summary]:  # noqa: ARG001  # what a summary is made of
    generation = Generation(method="", engine="", engine_version="")
    return (), Summary(text="", evidence=(), key_points=(), generation=generation)


def _differences(article: Article, again: Article) -> list[str]:
    before, after = stated(article), stated(again)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    kept, found = article.extra, again.extra
    names += [
        f"extra {key}"
        for key in {**kept, **found}
        if key not in kept or key not in found or kept[key] != found[key]
    ]
    return [*names, "body"] if article.body != again.body else names
