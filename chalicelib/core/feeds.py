"""Feeds: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 of one value, so that they never disagree.

A feed tells dispatches: an article with its summary, key points and corrections, or a correction
alone. A dispatch's id is made of the article's id, not of its address: a new headline or slug
shows nobody the same news twice, and a correction moves only `changed_at`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from chalicelib.core.article import (
    Brief,
    Card,
    Corrected,
    Correction,
    Image,
    Source,
    direction,
    moment,
)
from chalicelib.core.pages import labels
from chalicelib.core.xml_writing import added, document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from chalicelib.core.site import Site

_NEVER = datetime.fromtimestamp(0, UTC)  # when a feed without dispatches last changed
_ATOM = "http://www.w3.org/2005/Atom"
_NAMESPACES = {
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One thing that a feed tells."""

    id: str  # a tag URI (RFC 4151) that no edit changes
    url: str
    headline: str
    summary: str
    content: str  # HTML
    published_at: datetime
    changed_at: datetime
    card: Card  # of the article that it is about
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Dispatches, newest first, in the order of the page whose feed it is."""

    title: str
    about: str
    path: str  # of the page, without slashes around it: "", "section/world", "story/abc"
    dispatches: tuple[Dispatch, ...]
    older: str | None  # the cursor of the next page
    sections: tuple[str, ...] = ()  # to which its page is narrowed
    site: Site

    @property
    def id(self) -> str:
        narrowed = f"?sections={','.join(self.sections)}" if self.sections else ""
        return _tag(self.site, f"feed/{self.path}".rstrip("/") + narrowed)

    @property
    def home(self) -> str:
        """The address of its page."""
        return self.site.narrowed(self.path, self.sections)

    @property
    def changed_at(self) -> datetime:
        return max((one.changed_at for one in self.dispatches), default=_NEVER)


def of_articles(
    listed: Iterable[tuple[Card, Brief]],
    *,
    name: str | None,
    path: str,
    older: str | None,
    sections: tuple[str, ...] = (),
    site: Site,
) -> Feed:
    """Return the feed of the articles on the page at *path*, which lists *name*, or everything."""
    return Feed(
        title=f"{name} · {site.title}" if name else site.title,
        about=labels.about_list(name, site_title=site.title),
        path=path,
        dispatches=tuple(_article(card, brief, site=site) for card, brief in listed),
        older=older,
        sections=sections,
        site=site,
    )


def of_corrections(corrected: Iterable[Corrected], *, older: str | None, site: Site) -> Feed:
    """Return the feed of the corrections of these articles, one dispatch a correction."""
    told = [_correction(said, one.card, site=site) for one in corrected for said in one.corrections]
    return Feed(
        title=f"Corrections · {site.title}",
        about=labels.about_corrections(site_title=site.title),
        path="corrections",
        dispatches=tuple(sorted(told, key=lambda one: one.published_at, reverse=True)),
        older=older,
        site=site,
    )


def _article(card: Card, brief: Brief, *, site: Site) -> Dispatch:
    url = site.article(card)
    return Dispatch(
        id=_tag(site, card.id),
        url=url,
        headline=card.headline,
        summary=brief.summary or card.standfirst or card.headline,
        content=_html(card, brief, url=url),
        published_at=card.public_at,
        changed_at=card.changed_at,
        card=card,
        corrections=brief.corrections,
    )


def _correction(said: Correction, card: Card, *, site: Site) -> Dispatch:
    told = hashlib.blake2b(said.text.encode(), digest_size=8).hexdigest()
    url = site.article(card, anchor="corrections")
    return Dispatch(
        id=_tag(site, f"{card.id}/correction/{moment(said.at)}/{told}"),
        url=url,
        headline=f"Correction: {card.headline}",
        summary=said.text,
        content=_html(card, Brief(corrections=(said,)), url=url),
        published_at=said.at,
        changed_at=said.at,
        card=card,
        corrections=(said,),
    )


def _tag(site: Site, name: str) -> str:
    """Return a tag URI; its year is the first in which Broadsheet made any."""
    return f"tag:{site.host or 'localhost'},2026:{name}"


def _html(card: Card, brief: Brief, *, url: str) -> str:
    """Return what a reader shows of an article: corrections, summary, key points, the way on."""
    from xml.etree import ElementTree as ET

    language = {"lang": card.language, "dir": direction(card.language)}
    body = ET.Element("div")
    for said in brief.corrections:
        line = added(body, "p")
        added(line, "strong", f"Correction ({labels.stamp(said.at)['absolute']}):").tail = " "
        added(line, "span", said.text, language)
    if brief.summary:
        added(body, "p", brief.summary, language)
    if brief.points:
        points = added(body, "ul", None, language)
        for point in brief.points:
            added(points, "li", point)
    added(added(body, "p"), "a", "Read the full story", {"href": url})
    return "".join(ET.tostring(part, encoding="unicode", method="html") for part in body)


# The three forms


def links(feed: Feed, extension: str) -> dict[str, str]:
    """Return where a form of *feed* leads, by relation: itself, its next page, its hub."""
    cursor, hub = feed.older, feed.site.hub
    own = feed.site.feed(feed.path, extension, sections=feed.sections)
    next_ = feed.site.feed(feed.path, extension, sections=feed.sections, cursor=cursor)
    return {"self": own} | ({"next": next_} if cursor else {}) | ({"hub": hub} if hub else {})


def rss(feed: Feed) -> bytes:
    """Return *feed* as RSS 2.0, with the full text in content:encoded."""
    from xml.etree import ElementTree as ET

    spaces = {"xmlns:content": "http://purl.org/rss/1.0/modules/content/", "xmlns:atom": _ATOM}
    root = ET.Element("rss", {"version": "2.0", **spaces, **_NAMESPACES})
    channel = added(root, "channel")
    added(channel, "title", feed.title)
    added(channel, "link", feed.home)
    added(channel, "description", feed.about)
    added(channel, "language", "en")
    added(channel, "lastBuildDate", format_datetime(feed.changed_at, usegmt=True))
    for rel, address in links(feed, "xml").items():
        added(channel, "atom:link", None, {"rel": rel, "href": address})
    for one in feed.dispatches:
        told = added(channel, "item")
        added(told, "title", one.headline)
        added(told, "link", one.url)
        added(told, "guid", one.id, {"isPermaLink": "false"})
        added(told, "pubDate", format_datetime(one.published_at, usegmt=True))
        added(told, "atom:updated", moment(one.changed_at))
        added(told, "description", one.summary)
        added(told, "content:encoded", one.content)
        for name in _authors(one.card):
            added(told, "dc:creator", name)
        added(told, "dc:publisher", one.card.source.name)
        added(told, "dc:language", one.card.language)
        for subject in _subjects(one.card):
            added(told, "category", subject)
        _add_image(told, one.card.image, site=feed.site)
    return document(root)


def atom(feed: Feed) -> bytes:
    """Return *feed* as Atom."""
    from xml.etree import ElementTree as ET

    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "en", **_NAMESPACES})
    added(root, "id", feed.id)
    added(root, "title", feed.title)
    added(root, "subtitle", feed.about)
    added(root, "updated", moment(feed.changed_at))
    home = {"rel": "alternate", "type": "text/html", "href": feed.home}
    added(root, "link", None, home)
    for rel, address in links(feed, "atom").items():
        added(root, "link", None, {"rel": rel, "href": address})
    for one in feed.dispatches:
        told = added(root, "entry", None, {"xml:lang": one.card.language})
        added(told, "id", one.id)
        added(told, "title", one.headline)
        added(told, "link", None, {"rel": "alternate", "type": "text/html", "href": one.url})
        original = labels.web_address(one.card.original_url)
        if original:
            added(told, "link", None, {"rel": "via", "href": original})
        added(told, "published", moment(one.published_at))
        added(told, "updated", moment(one.changed_at))
        for name in _authors(one.card):
            added(added(told, "author"), "name", name)
        added(told, "dc:publisher", one.card.source.name)
        for subject in _subjects(one.card):
            added(told, "category", None, {"term": subject})
        added(told, "summary", one.summary)
        added(told, "content", one.content, {"type": "html"})
        _add_image(told, one.card.image, site=feed.site)
    return document(root)


def json_feed(feed: Feed) -> bytes:
    """Return *feed* as JSON Feed; sources and corrections stand under `_broadsheet`."""
    to = links(feed, "json")
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.about,
        "home_page_url": feed.home,
        "feed_url": to["self"],
        "next_url": to.get("next"),
        "hubs": [{"type": "WebSub", "url": to["hub"]}] if "hub" in to else None,
        "language": "en",
        "items": [_item(one, site=feed.site) for one in feed.dispatches],
    }
    return json.dumps(_without_none(told), ensure_ascii=False).encode()


def _item(one: Dispatch, *, site: Site) -> dict[str, object]:
    """Return a dispatch as JSON Feed's item."""
    card = one.card
    return _without_none(
        {
            "id": one.id,
            "url": one.url,
            "external_url": labels.web_address(card.original_url),
            "title": one.headline,
            "content_html": one.content,
            "summary": one.summary,
            "image": _image_url(card.image, site=site),
            "date_published": moment(one.published_at),
            "date_modified": moment(one.changed_at),
            "authors": [{"name": name} for name in _authors(card)],
            "tags": _subjects(card),
            "language": card.language,
            "_broadsheet": {
                "source": _source(card.source, site=site),
                "corrections": [
                    {"at": moment(said.at), "text": said.text} for said in one.corrections
                ],
            },
        }
    )


FORMS: Mapping[str, Callable[[Feed], bytes]] = {"xml": rss, "atom": atom, "json": json_feed}


# Parts


def _authors(card: Card) -> tuple[str, ...]:
    """Return who wrote it; Atom wants a name of every dispatch."""
    return card.byline or (card.source.name,)


def _subjects(card: Card) -> list[str]:
    slugs = dict.fromkeys((card.section, *card.tags))
    return [labels.name(slug) for slug in slugs if slug]


def _source(source: Source, *, site: Site) -> dict[str, object]:
    return {"id": source.id, "name": source.name, "url": site.source(source.id)}


def _image_url(image: Image | None, *, site: Site) -> str | None:
    return site.url(image.picture.wide.path) if image and image.picture else None


def _add_image(told: Element, image: Image | None, *, site: Site) -> None:
    if image is None or image.picture is None:
        return
    wide = image.picture.wide
    attributes = {
        "url": site.url(wide.path),
        "medium": "image",
        "type": f"image/{wide.path.rpartition('.')[2]}",
        "width": str(wide.width),
        "height": str(wide.height),
    }
    shown = added(told, "media:content", None, attributes)
    if image.alt:
        added(shown, "media:description", image.alt)
    if image.credit:
        added(shown, "media:credit", image.credit)


def _without_none(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if value is not None}
