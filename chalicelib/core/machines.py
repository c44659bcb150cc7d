"""What machines ask every site for by name: robots.txt, sitemaps, a manifest, security.txt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from chalicelib.core import xml_writing
from chalicelib.core.article import Card, moment
from chalicelib.core.pages import icon
from chalicelib.core.site import Site

NEWS_FOR = timedelta(days=2)  # what is older does not belong into a news sitemap
MAX_NEWS = 1_000  # articles; a news sitemap may hold no more
CONTACT_HOLDS_FOR = timedelta(days=180)  # RFC 9116 wants less than a year

# Launchers that draw no SVG, and those that cut an icon to their own shape.
_LAUNCHER_ICONS = (
    ("icon-192.png", 192, "any"),
    ("icon-512.png", 512, "any"),
    ("icon-maskable.png", 512, "maskable"),
)
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def robots(*, site: Site) -> bytes:
    """Return robots.txt: all pages are for everyone, and `/v1` has nothing that they have not."""
    lines = ["User-agent: *", f"Disallow: {urlsplit(site.url('v1/')).path}"]
    if site.host:  # a sitemap is named by its whole address or not at all
        lines += ["", f"Sitemap: {site.url('sitemap.xml')}"]
        lines += [f"Sitemap: {site.url('sitemap-news.xml')}"]
    return "\n".join([*lines, ""]).encode()


def sitemap_index(first_at: datetime | None, *, site: Site, now: datetime) -> bytes:
    """Return the index of sitemaps, one a month since the first article became public."""
    from xml.etree import ElementTree as ET

    root = ET.Element("sitemapindex", {"xmlns": _SITEMAP})
    for month in _months(first_at or now, now):
        told = xml_writing.added(root, "sitemap")
        xml_writing.added(told, "loc", site.url(f"sitemap/{month:%Y-%m}"))
    return xml_writing.document(root)


def sitemap(cards: Iterable[Card], *, site: Site) -> bytes:
    from xml.etree import ElementTree as ET

    root = ET.Element("urlset", {"xmlns": _SITEMAP})
    for card in cards:
        told = xml_writing.added(root, "url")
        xml_writing.added(told, "loc", site.article(card))
        xml_writing.added(told, "lastmod", moment(card.changed_at))
    return xml_writing.document(root)


def news_sitemap(cards: Iterable[Card], *, site: Site) -> bytes:
    """Return the sitemap of the newest articles, as search engines for news want it."""
    from xml.etree import ElementTree as ET

    root = ET.Element("urlset", {"xmlns": _SITEMAP, "xmlns:news": _NEWS})
    for card in cards:
        told = xml_writing.added(root, "url")
        xml_writing.added(told, "loc", site.article(card))
        news = xml_writing.added(told, "news:news")
        publication = xml_writing.added(news, "news:publication")
        xml_writing.added(publication, "news:name", site.title)
        xml_writing.added(publication, "news:language", _language(card.language))
        xml_writing.added(news, "news:publication_date", moment(card.public_at))
        xml_writing.added(news, "news:title", card.headline)
    return xml_writing.document(root)


def _language(tag: str) -> str:
    """Return a language as a news sitemap names it: ISO 639, but for two kinds of Chinese."""
    language, _, rest = tag.lower().partition("-")
    if language != "zh":
        return language
    return "zh-tw" if {"hant", "tw", "hk", "mo"} & set(rest.split("-")) else "zh-cn"


def month_of(name: str) -> tuple[datetime, datetime] | None:
    """Return when the month called *name* begins and when the next one does, None for no month."""
    try:
        begins = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
        ends = _next_month(begins)
    except (ValueError, OverflowError):
        return None
    return (begins, ends) if f"{begins:%Y-%m}" == name else None


def _months(first_at: datetime, last_at: datetime) -> Iterator[datetime]:
    month = first_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month <= last_at:
        yield month
        month = _next_month(month)


def _next_month(moment: datetime) -> datetime:
    return (moment.replace(day=1) + timedelta(days=31)).replace(day=1)


def manifest(*, sections: Sequence[str] = (), names: str | None = None, site: Site) -> bytes:
    """Return what a launcher needs to keep the site among its applications.

    Of *sections* alone it is another application, which says their *names*.
    """
    start = site.narrowed("", sections)
    told = {
        "id": start,
        "name": f"{site.title}: {names}" if names else site.title,
        "short_name": names or site.title,
        "lang": "en",
        "start_url": start,
        "scope": site.url(),
        "display": "minimal-ui",
        "background_color": "#fdfcf8",
        "theme_color": "#fdfcf8",
        "icons": [
            {"src": icon(), "type": "image/svg+xml", "sizes": "any"},
            *(
                {"src": site.url(name), "type": "image/png", "sizes": f"{px}x{px}", "purpose": use}
                for name, px, use in _LAUNCHER_ICONS
            ),
        ],
    }
    return json.dumps(told, ensure_ascii=False).encode()


def security(contact: str, *, site: Site, now: datetime) -> bytes:
    """Return whom to tell of a vulnerability (RFC 9116); *contact* is an address of any kind."""
    expires = (now + CONTACT_HOLDS_FOR).replace(hour=0, minute=0, second=0)
    lines = [
        f"Contact: {contact if ':' in contact else f'mailto:{contact}'}",
        f"Expires: {moment(expires)}",
        "Preferred-Languages: en",
    ]
    if site.host:
        lines.append(f"Canonical: {site.url('.well-known/security.txt')}")
    return "\n".join([*lines, ""]).encode()
