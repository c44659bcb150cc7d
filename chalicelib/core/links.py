"""What another publisher's feed links to: untrusted bytes in, headlines with addresses out.

RSS, Atom and RDF are read by feedparser, which forgives what feeds in the wild get wrong; JSON
Feed is a few lines of ours. What feedparser is given is text already, free of what would cost
it more than seconds or make it load anything: see `_harmless`. Nothing of a feed is kept as
markup, and no address but of a page on the web.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from chalicelib.core.clean import one_line, unescaped, web_address
from chalicelib.core.errors import FeedUnreadable, UploadRejected
from chalicelib.core.limits import (
    MAX_ADDRESS_LENGTH,
    MAX_FEED_ATTRIBUTES,
    MAX_FEED_ITEMS,
    MAX_FEED_MARKUP,
    MAX_FEED_NAMESPACES,
    MAX_FEED_TAGS,
    MAX_HEADLINE_LENGTH,
)
from chalicelib.core.metadata import parse_moment
from chalicelib.core.stories.traits import TRACKING, address_digest

MAX_LINKS = 99  # of one feed, the newest; with the feed's state they fill one transaction
MAX_TEXT_LENGTH = 300  # characters: enough to tell which event a link is about

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_NAMESPACE = re.compile(r"xmlns:([^\s=\"'<>]{1,200})")
_OWN_PREFIX = re.compile(r"(</?)rss:")  # some writers put one before RSS's own elements
_SUBJECT = re.compile(r"(</?[\w:.-]{0,60}?)(?:category|subject|keywords)", re.IGNORECASE)
_BLOCK = re.compile(r"<(?=/?(?:p|div|br|hr|li|ul|ol|h[1-6]|t[dhr]|blockquote)\b)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?![a-z])")
_ADDRESS_SAFE = "/:?#[]@!$&'()*+,;=%~"  # RFC 3986; a percent sign is taken for an escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page of another publisher, as its feed tells of it."""

    id: str  # of the source and what its feed calls the page: the same after a correction
    source: str  # the id of the source whose feed it stands in
    headline: str  # plain text
    url: str  # absolute, http or https, of ASCII, without fragment and tracking
    published_at: datetime | None  # as the feed says; None where it does not, or says "tomorrow"
    listed_at: datetime  # its place among others: when it was published, or else first seen
    text: str = ""  # how the feed describes it, plain
    language: str = ""  # of the feed: "en", "" where it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One link as the feed has it. Headline and text may be markup."""

    guid: str = ""
    address: str = ""
    base: str = ""
    headline: str = ""
    headline_is_text: bool = False
    text: str = ""
    published: tuple[object, ...] = ()  # ways of saying when, the best first
    language: str = ""


def read(
    data: bytes, *, address: str, content_type: str, source: str, now: datetime
) -> tuple[Link, ...]:
    """Return the links of the feed that *address* answered with, newest first, up to MAX_LINKS.

    A link stands once. Those without an address or any words are left out; those without a date
    come last, in the feed's order. Raises FeedUnreadable for what is no feed, or would cost too
    much to read. Seconds at most, whatever the bytes.
    """
    text = _decoded(data, content_type)
    told = _json_feed(text) if text.startswith("{") else _xml_feed(text, address)
    unique: dict[str, Link] = {}
    pages: set[str] = set()
    for one in islice(told, MAX_FEED_ITEMS):
        link = _link(replace(one, base=one.base or address), source=source, now=now)
        page = address_digest(link.url) if link else None
        if link is None or link.id in unique or page in pages:
            continue
        unique[link.id] = link
        if page is not None:
            pages.add(page)
    newest = sorted(unique.values(), key=_age)
    return tuple(newest[:MAX_LINKS])


def _age(link: Link) -> float:
    return -link.published_at.timestamp() if link.published_at else float("inf")


def page_address(target: str, *, base: str) -> str | None:
    """Return the address of a page on the web, of printable ASCII, None where *target* is none.

    Without fragment and parameters that only track; what else it says stays as it is spelled.
    """
    page = one_line(target).partition("#")[0].strip().replace(" ", "%20")
    found = web_address(page, base_url=base)
    if found is None:
        return None
    parts = urlsplit(found)
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except ValueError:
        return None
    # A name before the host is how a link shows one publisher and leads to another.
    if "@" in parts.netloc or not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        return None
    given = (pair for pair in parts.query.split("&") if pair)
    kept = "&".join(p for p in given if not TRACKING.fullmatch(p.partition("=")[0].lower()))
    host = f"[{host}]" if ":" in host else host
    netloc = host if port is None else f"{host}:{port}"
    whole = quote(urlunsplit((parts.scheme, netloc, parts.path, kept, "")), safe=_ADDRESS_SAFE)
    return whole if len(whole) <= MAX_ADDRESS_LENGTH else None


def _link(told: _Told, *, source: str, now: datetime) -> Link | None:
    address = page_address(told.address, base=told.base)
    text = _cut(_words(told.text), MAX_TEXT_LENGTH)
    headline = _words(told.headline, is_text=told.headline_is_text) or text
    if address is None or not headline:
        return None
    published_at = next((m for said in told.published if (m := _moment(said, now=now))), None)
    language = _LANGUAGE.match(told.language.lower())
    guid = one_line(told.guid) or address
    identity = f"{source}\0{guid}".encode()
    return Link(
        id=hashlib.blake2b(identity, digest_size=8).hexdigest(),
        source=source,
        headline=_cut(headline, MAX_HEADLINE_LENGTH),
        url=address,
        published_at=published_at,
        listed_at=published_at or now,
        text=text,
        language=language[0] if language else "",
    )


def _words(said: str, *, is_text: bool = False) -> str:
    """Return what markup says, on one line."""
    said = said[:MAX_FEED_MARKUP]
    if not is_text and ("<" in said or "&" in said):
        import nh3

        bare = nh3.clean(_BLOCK.sub(" <", said), tags=set(), clean_content_tags={"script", "style"})
        said = unescaped(bare)
    return one_line(said)


def _cut(text: str, limit: int) -> str:
    """Shorten *text* to *limit* characters, between words where there are any."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rpartition(" ")[0] or head).rstrip() + "…"


def _moment(said: object, *, now: datetime) -> datetime | None:
    try:
        moment = said if isinstance(said, datetime) else parse_moment(said)[0]
    except (ValueError, OverflowError):
        return None
    return moment if moment <= now else None


# Encodings


def _decoded(data: bytes, content_type: str) -> str:
    """Return the text of *data*, without what comes before its first character.

    What is UTF-8 is taken for it, whatever is declared: servers declare Latin-1 without looking.
    A declared encoding counts only if it is one of text: Python knows some that take minutes.
    """
    from chalicelib.core.formats import xml  # whoever knows a link need not read a feed

    charset = _CHARSET.search(content_type)
    declared = xml.DECLARED_BYTES.match(data)
    proposed = [name for mark, name in _MARKS if data.startswith(mark)][:1]
    proposed += ["utf-8"]
    proposed += [charset[1]] if charset else []
    proposed += [declared[1].decode("ascii")] if declared else []
    for encoding in proposed:
        if encoding.startswith("utf-") or xml.ENCODINGS.fullmatch(encoding):
            try:
                return data.decode(encoding).lstrip("\ufeff\0 \t\r\n")
            except (UnicodeDecodeError, LookupError):
                continue
    return data.decode("cp1252", "replace").lstrip("\0 \t\r\n")


# RSS, Atom, RDF


def _xml_feed(text: str, address: str) -> Iterator[_Told]:
    import io

    import feedparser

    given = _harmless(text).encode("utf-8", "replace")
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": address}
    try:
        # As a stream: bytes may be taken for the name of a file, or an address, and opened.
        feed = feedparser.parse(
            io.BytesIO(given),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        # The parser is large and its input hostile; what it trips over is this feed's fault.
        raise FeedUnreadable("It is a feed that no parser can read.") from error
    version = feed.get("version")
    if not version:
        problem = "a web page" if re.match(r"(?is)<(?:!doctype\s+)?html\b", text) else "no feed"
        raise FeedUnreadable(f"What it answers with is {problem}.")
    language = str(feed.feed.get("language") or "")
    is_atom = version.startswith("atom")
    return (_of_entry(entry, language=language, is_atom=is_atom) for entry in feed.entries)


def _of_entry(entry: dict[str, Any], *, language: str, is_atom: bool) -> _Told:
    # Not entry.get: feedparser's own gives one date for another, and warns of it.
    def said(name: str) -> Any:  # noqa: ANN401  # feedparser's values have no common type
        return dict.get(entry, name) or ""

    content = said("content") or [{}]
    is_text = is_atom and dict(said("title_detail") or {}).get("type") == "text/plain"
    return _Told(
        guid=str(said("id")),
        address=str(said("link")) or _if_address(said("id")),
        headline=str(said("title")),
        headline_is_text=is_text,
        text=str(said("summary") or content[0].get("value") or ""),
        published=tuple(
            moment
            for name in ("published", "created", "updated")
            for moment in (_of_struct(said(f"{name}_parsed")), said(name))
            if moment
        ),
        language=language,
    )


def _of_struct(parsed: Any) -> datetime | None:  # noqa: ANN401  # a time.struct_time, or ""
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError):
        return None


def _harmless(text: str) -> str:
    """Return *text* without document type; refuse what feedparser would chew on for minutes.

    Measured on two megabytes: 166,000 attributes of one tag, three minutes; 50,000 categories
    of one item, one. The categories are not needed, so their elements get another name.
    """
    from chalicelib.core.formats import xml

    try:
        text = xml.without_doctype(text)
    except UploadRejected as error:
        raise FeedUnreadable("Its document type declares entities, which are not read.") from error
    tags = text.split("<")
    is_heavy = (
        len(tags) - 1 > MAX_FEED_TAGS
        or any(tag.count("=") > MAX_FEED_ATTRIBUTES for tag in tags)
        or len(set(_NAMESPACE.findall(text))) > MAX_FEED_NAMESPACES
    )
    if is_heavy:
        raise FeedUnreadable("It is too complex: a feed has some thousand elements.")
    return _SUBJECT.sub(r"\1x", _OWN_PREFIX.sub(r"\1", text))


# JSON Feed 1.0 and 1.1


def _json_feed(text: str) -> Iterator[_Told]:
    try:
        feed = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise FeedUnreadable("It is no JSON that can be read.") from None
    is_feed = str(feed.get("version")).startswith("https://jsonfeed.org/version/")
    if not is_feed or not isinstance(feed.get("items"), list):
        raise FeedUnreadable("It is JSON, but no JSON Feed.")
    items: Iterable[object] = feed["items"]
    language = _text(feed.get("language"))
    return (_of_json(item, language) for item in items if isinstance(item, dict))


def _of_json(item: Mapping[str, object], language: str) -> _Told:
    bodies = (_text(item.get(name)) for name in ("summary", "content_text", "content_html"))
    return _Told(
        guid=_text(item.get("id")),
        address=_text(item.get("url"))
        or _text(item.get("external_url"))
        or _if_address(_text(item.get("id"))),
        headline=_text(item.get("title")),
        text=next((body for body in bodies if body), ""),
        published=(item.get("date_published"), item.get("date_modified")),
        language=_text(item.get("language")) or language,
    )


def _if_address(guid: str) -> str:
    """Return what a feed calls a page if that is where it stands: many do, and say it but once."""
    return guid if guid.startswith(("http://", "https://")) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
