"""The views of what machines ask for by name."""

from __future__ import annotations

from datetime import timedelta

from chalicelib import newsroom, wiring
from chalicelib.core import machines
from chalicelib.core.errors import NotFound
from chalicelib.core.pages import STATIC, labels
from chalicelib.web.http import Answer, document
from chalicelib.web.parameters import SECTIONS
from chalicelib.web.serving import Visit, document_view, operations

_XML = "application/xml"
_TEXT = "text/plain"
_JSON = "application/json"
_MANIFEST = "application/manifest+json"
HOUR_S = 3_600  # robots come a few times a day
NEWS_AGE_S = 300  # robots that look for news come often


@document_view("/robots.txt", "What robots are asked to leave alone.", media_type=_TEXT)
def robots(visit: Visit) -> Answer:
    body = machines.robots(site=visit.site)
    return document(body, None, content_type=f"{_TEXT}; charset=utf-8", max_age_s=HOUR_S)


@document_view("/sitemap.xml", "The sitemaps, one for each month.", media_type=_XML)
def sitemap_index(visit: Visit) -> Answer:
    first_at = newsroom.first_public_at(store=wiring.store(), now=visit.now)
    body = machines.sitemap_index(first_at, site=visit.site, now=visit.now)
    return document(body, None, content_type=f"{_XML}; charset=utf-8", max_age_s=HOUR_S)


@document_view("/sitemap/{month}", "The articles of a month, for search engines.", media_type=_XML)
def sitemap(visit: Visit, month: str) -> Answer:
    span = machines.month_of(month)
    if span is None or span[0] > visit.now:
        raise NotFound("There is no sitemap of this name.")
    begins, ends = span
    cards = newsroom.published_between(
        begins, ends - timedelta(seconds=1), store=wiring.store(), now=visit.now
    )
    changed_at = max((card.changed_at for card in cards), default=None)
    body = machines.sitemap(cards, site=visit.site)
    return document(body, changed_at, content_type=f"{_XML}; charset=utf-8", max_age_s=HOUR_S)


@document_view(
    "/sitemap-news.xml", "The articles of two days, for search engines of news.", media_type=_XML
)
def news_sitemap(visit: Visit) -> Answer:
    begins = visit.now - machines.NEWS_FOR
    cards = newsroom.published_between(begins, visit.now, store=wiring.store(), now=visit.now)
    changed_at = max((card.changed_at for card in cards), default=None)
    body = machines.news_sitemap(cards[: machines.MAX_NEWS], site=visit.site)
    return document(body, changed_at, content_type=f"{_XML}; charset=utf-8", max_age_s=NEWS_AGE_S)


@document_view(
    "/manifest.webmanifest",
    "What a launcher needs to keep the site among its applications.",
    takes=(SECTIONS,),
    media_type=_MANIFEST,
)
def manifest(visit: Visit) -> Answer:
    sections, names = visit.parameters.read(SECTIONS) or (), None
    if sections:
        latest = newsroom.front_page(store=wiring.store(), now=visit.now)
        names = labels.names(sections, among=latest.cards)
    body = machines.manifest(sections=sections, names=names, site=visit.site)
    return document(body, None, content_type=f"{_MANIFEST}; charset=utf-8", max_age_s=HOUR_S)


@document_view("/openapi.json", "This description.", media_type=_JSON)
def openapi(visit: Visit) -> Answer:
    from chalicelib.web import openapi  # with the types of all answers: for who asks alone

    body = openapi.document(tuple(operations.values()), site=visit.site)
    return document(body, None, content_type=_JSON, max_age_s=HOUR_S)


def _icon_view(name: str, about: str, media_type: str) -> None:
    """Serve a drawing of `static/` under its own name."""

    def icon(_: Visit) -> Answer:
        body = (STATIC / name).read_bytes()
        return document(body, None, content_type=media_type, max_age_s=HOUR_S)

    operation = name.replace("-", "_").replace(".", "_")
    document_view(f"/{name}", about, name=operation, media_type=media_type)(icon)


_icon_view("favicon.ico", "The icon, for who asks for it unseen.", "image/x-icon")
_icon_view("apple-touch-icon.png", "The icon on the home screen of an iPhone.", "image/png")
_icon_view("icon-192.png", "The icon for launchers.", "image/png")
_icon_view("icon-512.png", "The icon for launchers, large.", "image/png")
_icon_view("icon-maskable.png", "The icon for launchers that cut it to a shape.", "image/png")


@document_view(
    "/.well-known/security.txt",
    "Whom to tell of a vulnerability (RFC 9116).",
    media_type=_TEXT,
    may_lack=True,
)
def security(visit: Visit) -> Answer:
    contact = wiring.security_contact()
    if contact is None:
        raise NotFound("Nobody has been named yet.")
    body = machines.security(contact, site=visit.site, now=visit.now)
    return document(body, None, content_type=f"{_TEXT}; charset=utf-8", max_age_s=HOUR_S)
