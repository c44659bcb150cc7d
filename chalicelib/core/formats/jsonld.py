"""schema.org JSON-LD as an article: its metadata under our names, and its body.

Publishers write JSON-LD by hand, by plug-in and by accident, so nothing is taken for granted:
any JSON value may be passed, and no function here raises. Values stay as they are written
(dates above all); only their shape is settled: one text, or a list of texts. A Field's pointer
leads to the value in the document that was passed.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from html import escape

from chalicelib.core.clean import unescaped as unescape
from chalicelib.core.formats.reading import Field
from chalicelib.core.formats.reading import pointer as pointer_to
from chalicelib.core.limits import MAX_JSON_LD_DEPTH, MAX_JSON_LD_OBJECTS

_TYPES = (
    "AdvertiserContentArticle AnalysisNewsArticle Article AskPublicNewsArticle "
    "BackgroundNewsArticle BlogPosting LiveBlogPosting MedicalScholarlyArticle NewsArticle "
    "OpinionNewsArticle Report ReportageNewsArticle ReviewNewsArticle SatiricalArticle "
    "ScholarlyArticle SocialMediaPosting TechArticle"
)
ARTICLE_TYPES = frozenset(_TYPES.lower().split())
MAX_NAMES = 50  # of authors, tags or images

_TAG = re.compile(r"<[A-Za-z/!][^<>]*>")
_SPACE = re.compile(r"\s+")
_BLOCK_TAG = re.compile(r"<(?:p|div|h[1-6]|ul|ol|li|blockquote|table|figure|br)\b", re.IGNORECASE)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_OPENINGS, _CLOSINGS = ("//", "<!--", "<![CDATA["), (";", "//", "-->", "]]>")
_LABELLED = re.compile(r"^[\w ]{1,30}:\S")  # "itemid:123": said by machines to machines

# Our key: the properties it is read from, most telling first.
_TEXTS = {
    "headline": ("headline", "name", "title"),
    "standfirst": ("description", "abstract", "alternativeHeadline"),
    "published_at": ("datePublished", "dateCreated", "uploadDate"),
    "updated_at": ("dateModified",),
    "expires_at": ("expires",),
}
_NAMES = {
    "byline": ("author", "creator"),
    "source": ("publisher", "sourceOrganization", "provider", "isPartOf"),
    "language": ("inLanguage",),
}
_BODIES = ("articleBody", "articlebody", "text")
_OTHERS = (
    "articleSection", "keywords", "url", "mainEntityOfPage", "image", "thumbnailUrl",
    "thumbnail", "correction", "creativeWorkStatus",
)  # fmt: skip


def parse(text: str) -> object:
    """Return what a script element of JSON-LD holds, None where it is beyond repair."""
    text = text.strip()
    for _ in range(3):  # a comment in a comment in a comment, as old templates write it
        for mark in _OPENINGS:
            text = text.removeprefix(mark).lstrip()
        for mark in _CLOSINGS:
            text = text.removesuffix(mark).rstrip()
    for candidate in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def article(document: object) -> dict[str, Field] | None:
    """Return the metadata of the article in *document*; None where it describes none.

    Its body is under "articleBody", as `body_html` gives it.

    *document* is a decoded JSON value: an object, a list of them, an `@graph`, an article
    inside a WebPage. Of several articles the one that says most about itself is taken.
    """
    found = _find(document)
    if found is None:
        return None
    node, pointer = found
    fields: dict[str, Field] = {}
    for key, names in _TEXTS.items():
        _first(fields, key, node, names, pointer, _text)
    for key, names in _NAMES.items():
        _first(fields, key, node, names, pointer, _name_list if key == "byline" else _name)
    _first(fields, "section", node, ("articleSection",), pointer, _first_text)
    _first(fields, "tags", node, ("keywords",), pointer, _tags)
    _first(fields, "original_url", node, ("url", "mainEntityOfPage", "@id"), pointer, _address)
    _first(fields, "image", node, ("image", "thumbnailUrl", "thumbnail"), pointer, _image_address)
    _image_details(fields, node, pointer)
    _first(fields, "correction", node, ("correction",), pointer, _corrections)
    if _text(node.get("creativeWorkStatus")).lower() in {"draft", "incomplete"}:
        fields["draft"] = Field(value=True, pointer=f"{pointer}/creativeWorkStatus")
    for name in _BODIES:
        body = _body(node.get(name))
        if body:
            fields["articleBody"] = Field(body, f"{pointer}/{name}")
            break
    return fields


def unread(document: object) -> dict[str, Field]:
    """Return the article's properties that `article` and `body_html` have no name for."""
    found = _find(document)
    if found is None:
        return {}
    node, pointer = found
    places = (*_TEXTS.values(), *_NAMES.values(), _BODIES, _OTHERS)
    read = {name for names in places for name in names}
    return {
        key: Field(value, pointer + pointer_to(key))
        for key, value in node.items()
        if key not in read and not key.startswith("@")
    }


def body_html(document: object) -> str | None:
    """Return the article's body as untrusted HTML, None where it has none.

    Plain text becomes paragraphs, one a line; a body that is HTML already stays so.
    """
    found = _find(document)
    bodies = (_body(found[0].get(name)) for name in _BODIES) if found is not None else ()
    return next((body for body in bodies if body), None)


def _body(value: object) -> str:
    if isinstance(value, list):
        value = "\n".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str) or not value.strip():
        return ""
    if "<" not in value and "&lt;" in value and _BLOCK_TAG.search(unescape(value)):
        value = unescape(value)
    if _BLOCK_TAG.search(value):
        return value
    lines = (_SPACE.sub(" ", unescape(line)).strip() for line in value.splitlines())
    return "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in lines if line)


def _find(document: object) -> tuple[Mapping[str, object], str] | None:
    best: tuple[Mapping[str, object], str] | None = None
    best_weight = 0
    for node, pointer in _objects(document):
        if ARTICLE_TYPES & _types(node):
            known = ("headline", "datePublished", "author", "articleBody", "description", "image")
            weight = 1 + sum(2 if name == "headline" else 1 for name in known if node.get(name))
            if weight > best_weight:
                best, best_weight = (node, pointer), weight
    return best


def _objects(document: object) -> Iterator[tuple[Mapping[str, object], str]]:
    """Every object down to MAX_JSON_LD_DEPTH, outer first, of MAX_JSON_LD_OBJECTS values."""
    waiting: deque[tuple[object, str, int]] = deque([(document, "", 0)])
    seen = 0
    while waiting and seen < MAX_JSON_LD_OBJECTS:
        value, pointer, depth = waiting.popleft()
        seen += 1
        if isinstance(value, dict):
            yield value, pointer
        if depth >= MAX_JSON_LD_DEPTH:
            continue
        if isinstance(value, dict):
            inner = ((key, part) for key, part in value.items() if isinstance(key, str))
            waiting += [
                (part, pointer + pointer_to(key), depth + 1)
                for key, part in inner
                if isinstance(part, dict | list)
            ]
        elif isinstance(value, list):
            waiting += [
                (part, f"{pointer}/{index}", depth + 1)
                for index, part in enumerate(value[:MAX_JSON_LD_OBJECTS])
                if isinstance(part, dict | list)
            ]


def _types(node: Mapping[str, object]) -> set[str]:
    """The object's types without their vocabulary: "schema:NewsArticle" is a NewsArticle."""
    value = node.get("@type") or node.get("type")
    values = value if isinstance(value, list) else [value]
    return {re.split(r"[/#:]", one)[-1].lower() for one in values if isinstance(one, str)}


def _first(
    fields: dict[str, Field],
    key: str,
    node: Mapping[str, object],
    names: tuple[str, ...],
    pointer: str,
    read: Callable[[object], object],
) -> None:
    for name in names:
        value = read(node.get(name))
        if value:
            fields[key] = Field(value, pointer + pointer_to(name))
            return


def _text(value: object) -> str:
    """One line of plain text: entities and tags resolved, "" for what is none."""
    if isinstance(value, list):
        return next((text for part in value[:MAX_NAMES] if (text := _text(part))), "")
    if isinstance(value, dict):
        return _text(value.get("@value"))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value)
    if "&" in text:
        text = unescape(unescape(text))  # written twice by templates that escape once too often
    return _SPACE.sub(" ", _TAG.sub(" ", text)).strip()


def _first_text(value: object) -> str:
    return _text(value).split(",")[0].strip() if isinstance(value, str) else _text(value)


def _name(value: object) -> str:
    if isinstance(value, list):
        return next((name for part in value[:MAX_NAMES] if (name := _name(part))), "")
    if isinstance(value, dict):
        return next(
            (
                n
                for key in ("name", "alternateName", "legalName", "@value")
                if (n := _text(value.get(key)))
            ),
            "",
        )
    name = _text(value)
    return "" if _is_address(name) else name


def _name_list(value: object) -> list[str]:
    parts = value if isinstance(value, list) else [value]
    names: list[str] = []
    for part in parts[:MAX_NAMES]:
        inner = part.get("name") if isinstance(part, dict) else None
        for name in map(_name, inner if isinstance(inner, list) else [part]):
            if name and name not in names:
                names.append(name)
    return names


def _tags(value: object) -> list[str]:
    parts = value if isinstance(value, list) else [value]
    texts = [_name(part) if isinstance(part, dict) else _text(part) for part in parts[:200]]
    if len(texts) == 1:
        texts = re.split(r"[,;]", texts[0])
    tags: list[str] = []
    for text in (text.strip() for text in texts):
        if text[:1].isalnum() and text not in tags and not _LABELLED.match(text):
            tags.append(text)
    return tags[:MAX_NAMES]


def _is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://", "//"))


def _address(value: object) -> str:
    if isinstance(value, list):
        return next((found for part in value[:MAX_NAMES] if (found := _address(part))), "")
    if isinstance(value, dict):
        return _address(value.get("@id")) or _address(value.get("url"))
    text = value.strip() if isinstance(value, str) else ""
    return text if text.lower().startswith(("http://", "https://")) else ""


def _image_address(value: object) -> str:
    if isinstance(value, list):
        return next((found for part in value[:MAX_NAMES] if (found := _image_address(part))), "")
    if isinstance(value, dict):
        keys = ("url", "contentUrl", "@id", "thumbnailUrl")
        return next((found for key in keys if (found := _image_address(value.get(key)))), "")
    text = value.strip() if isinstance(value, str) else ""
    return "" if text.lower().startswith(("data:", "javascript:")) or " " in text else text


def _image_details(fields: dict[str, Field], node: Mapping[str, object], pointer: str) -> None:
    image = node.get("image")
    at = f"{pointer}/image"
    if isinstance(image, list) and image:
        image, at = image[0], f"{at}/0"
    if isinstance(image, dict):
        _first(fields, "image_alt", image, ("alternateName",), at, _text)
        _first(fields, "image_caption", image, ("caption", "description"), at, _text)
        credit = ("creditText", "copyrightNotice", "creator", "author")
        _first(fields, "image_credit", image, credit, at, _name)


def _corrections(value: object) -> list[dict[str, str]] | str:
    """A text, or a list of {at, text} from CorrectionComment objects."""
    if isinstance(value, str):
        return _text(value)
    found = []
    for part in (value if isinstance(value, list) else [value])[:MAX_NAMES]:
        text = (
            _text(part.get("text") or part.get("description"))
            if isinstance(part, dict)
            else _text(part)
        )
        at = _text(part.get("datePublished")) if isinstance(part, dict) else ""
        if text:
            found.append({"at": at, "text": text} if at else {"text": text})
    if all("at" not in one for one in found):
        return " ".join(one["text"] for one in found)
    return found
