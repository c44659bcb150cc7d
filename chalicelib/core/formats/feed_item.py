"""One item of a feed: RSS 2.0, RSS 1.0 or Atom, alone or in its channel.

Feeds are written by machines, and what a machine wrote wrongly is passed over with a warning: a
date that is none does not keep the article out. The channel's title is the source.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from chalicelib.core.clean import one_line
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import html as html_reader
from chalicelib.core.formats import iptc, newsml, xml
from chalicelib.core.formats.html_tree import listed
from chalicelib.core.formats.reading import Field, Inventory, Reading, letters
from chalicelib.core.metadata import parse_moment
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MEDIA = ("enclosure", "content", "thumbnail", "group", "player")
_MEDIA_SPACE = "http://search.yahoo.com/mrss/"
_READ = listed(
    "title link description encoded summary content author creator pubDate date published updated "
    "modified issued category subject guid id source language rights comments"
)
_MOMENTS = (
    ("published_at", "pubDate"),
    ("published_at", "published"),
    ("published_at", "issued"),
    ("published_at", "date"),
    ("updated_at", "updated"),
    ("updated_at", "modified"),
)
_MAILBOX = re.compile(r"[^\s@]+@[^\s@()]+ ?\((.+)\)|(.+?) ?<[^\s@<>]+@[^\s@<>]+>|[^\s@]+@[^\s@]+")
_TAG = re.compile(r"<[A-Za-z/!][^<>]*>")


def read(root: Element) -> Reading:
    """Return the first item. Raises UploadRejected "no-article" for a feed without one."""
    kind = "{*}entry" if xml.name_of(root) in ("feed", "entry") else "{*}item"
    items = list(root.iter(kind))
    if not items:
        raise UploadRejected(
            Finding(
                code="no-article",
                message="The feed holds no item.",
                fix="Send a feed with one item, or the item alone.",
                line=root.sourceline,
            )
        )
    item = items[0]
    channel = item.getparent()
    if channel is None or xml.name_of(channel) == "RDF":
        channel = xml.first(root, "channel")
    html, held = _body(item)
    warnings: list[Finding] = []
    metadata = _metadata(item, channel, root, html, warnings)
    dropped = list(_left_out(item))
    if len(items) > 1:
        warnings.append(newsml.several(len(items), items[1].sourceline))
        why = "the first item is the article"
        dropped.append(
            Dropped(what="other item", count=len(items) - 1, why=why, line=items[1].sourceline)
        )
    return Reading(
        format="atom" if kind == "{*}entry" else "rss",
        metadata=metadata,
        html=html,
        inventory=held,
        first_line=item.sourceline or 1,
        warnings=tuple(warnings),
        dropped=tuple(dropped),
    )


def _body(item: Element) -> tuple[str, Inventory]:
    whole = item.find(_CONTENT)
    if whole is not None and xml.words(whole):
        said = "".join(whole.itertext())
        return said, html_reader.inventory(said)
    for name in ("content", "description", "summary"):
        for element in _children(item, name):
            if not xml.words(element):
                continue
            if len(element):
                return xml.markup(element), xml.inventory(element)
            said = element.text or ""
            is_plain = element.get("type") in ("text", "text/plain")
            if is_plain or not _TAG.search(said):
                return _paragraphs(said), Inventory(letters=letters(unescape(said)))
            return said, html_reader.inventory(said)
    return "", Inventory(letters=0)


def _paragraphs(said: str) -> str:
    parts = re.split(r"\n\s*\n", unescape(said))
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in parts if part.strip())


def _metadata(
    item: Element, channel: Element | None, root: Element, html: str, warnings: list[Finding]
) -> xml.Fields:
    fields = xml.Fields()
    fields.put("headline", _first(item, "title"), _plain(_first(item, "title")))
    text = one_line(_TAG.sub(" ", html))
    for name in ("description", "summary"):
        standfirst = _plain(_first(item, name))
        if standfirst and not iptc.repeats(standfirst, text):
            fields.put("standfirst", _first(item, name), standfirst)
    writers = [*_children(item, "creator"), *_children(item, "author")]
    names = dict.fromkeys(name for writer in writers if (name := _person(writer)))
    fields.put("byline", writers[0] if names else None, list(names))
    for key, name in _MOMENTS:
        _put_moment(fields, key, _first(item, name), warnings)
    if "published_at" not in fields and "updated_at" in fields:
        fields["published_at"] = fields.pop("updated_at")
    _put_address(fields, item)
    categories = _children(item, "category")
    labels = [label for c in categories if (label := c.get("term") or xml.words(c))]
    if labels:
        fields.put("section", categories[0], labels[0])
        fields.put("tags", categories[0], labels[1:])
    _put_origin(fields, item, channel, root)
    for child in item.iterchildren("*"):
        if xml.name_of(child) not in _READ and not len(child) and not _is_media(child):
            fields.put(xml.name_of(child), child)
    return fields


def _put_origin(fields: xml.Fields, item: Element, channel: Element | None, root: Element) -> None:
    source = _first(item, "source")
    fields.put("source", xml.first(source, "title"))
    fields.put("source", source)
    fields.put("source", xml.first(channel, "title"), _plain(xml.first(channel, "title")))
    for element in (_first(item, "language"), xml.first(channel, "language")):
        fields.put("language", element)
    for element in (item, channel, root):
        fields.put("language", element, (element.get(_LANG) or "") if element is not None else "")
    fields.put("rights", _first(item, "rights"))


def _put_moment(
    fields: xml.Fields, key: str, element: Element | None, warnings: list[Finding]
) -> None:
    if element is None or key in fields or not xml.words(element):
        return
    found = xml.field(element)
    try:
        parse_moment(found.value)
    except ValueError as error:
        warnings.append(
            Finding(
                code="date-unread",
                message=f"{xml.name_of(element)}: {str(found.value)[:60]!r} is no date{error}.",
                fix="Write it as in RFC 5322 or RFC 3339: 2026-11-30T09:00:00Z.",
                line=found.line,
                pointer=found.pointer,
            )
        )
    else:
        fields[key] = found


def _put_address(fields: xml.Fields, item: Element) -> None:
    links = [
        Field(link.get("href") or xml.words(link), xml.field(link).pointer, link.sourceline)
        for link in _children(item, "link")
        if link.get("rel") in (None, "alternate")
    ]
    guid = _first(item, "guid")
    if guid is not None and guid.get("isPermaLink") != "false":
        links.append(xml.field(guid))
    web = [link for link in links if str(link.value).lower().startswith(("http://", "https://"))]
    if web or links:
        fields["original_url"] = (web or links)[0]


def _plain(element: Element | None) -> str:
    """A title as text: in RSS, and in Atom's type html, it may be escaped markup."""
    said = xml.words(element)
    if element is not None and element.get("type") in ("text", "xhtml"):
        return said
    return one_line(_TAG.sub(" ", unescape(said)))


def _person(element: Element) -> str:
    name = xml.first(element, "name")
    said = xml.words(name if name is not None else element)
    mailbox = _MAILBOX.fullmatch(said)
    return (mailbox[1] or mailbox[2] or "") if mailbox else said


def _children(item: Element, name: str) -> list[Element]:
    """The item's own parts: a picture in it has a title and a description too."""
    return [child for child in xml.children(item, name) if not _is_media(child)]


def _first(item: Element, name: str) -> Element | None:
    return next(iter(_children(item, name)), None)


def _is_media(element: Element) -> bool:
    return str(element.tag).startswith("{" + _MEDIA_SPACE) or xml.name_of(element) == "enclosure"


def _left_out(item: Element) -> list[Dropped]:
    told = []
    media = [
        e for e in item.iter("*") if _is_media(e) and xml.name_of(e) in _MEDIA and e.get("url")
    ]
    if media:
        why = "files of other sites are not fetched"
        told.append(Dropped(what="media file", count=len(media), why=why, line=media[0].sourceline))
    nested = [
        child
        for child in item.iterchildren("*")
        if xml.name_of(child) not in _READ and len(child) and not _is_media(child)
    ]
    for child in nested[:20]:
        what = f"{one_line(xml.name_of(child))[:60]} element"
        told.append(Dropped(what=what, count=1, why="it has no name here", line=child.sourceline))
    return told
