"""The views of what machines ask for by name."""

from __future__ import annotations

from datetime import timedelta

from chalicelib import newsroom, wiring
from chalicelib.core import machines
from chalicelib.core.errors import NotFound
from chalicelib.web.http import Answer, document
from chalicelib.web.serving import Visit, json_view

_XML = "application/xml; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
HOUR_S = 3_600  # robots come a few times a day
NEWS_AGE_S = 300  # robots that look for news come often


@json_view("/robots.txt")
def robots(visit: Visit) -> Answer:
    body = machines.robots(site=visit.site)
    return document(body, None, content_type=_TEXT, max_age_s=HOUR_S)


@json_view("/sitemap.xml")
def sitemap_index(visit: Visit) -> Answer:
    first_at = newsroom.first_public_at(store=wiring.store(), now=visit.now)
    body = machines.sitemap_index(first_at, site=visit.site, now=visit.now)
    return document(body, None, content_type=_XML, max_age_s=HOUR_S)


@json_view("/sitemap/{month}")
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
    return document(body, changed_at, content_type=_XML, max_age_s=HOUR_S)


@json_view("/sitemap-news.xml")
def news_sitemap(visit: Visit) -> Answer:
    begins = visit.now - machines.NEWS_FOR
    cards = newsroom.published_between(begins, visit.now, store=wiring.store(), now=visit.now)
    changed_at = max((card.changed_at for card in cards), default=None)
    body = machines.news_sitemap(cards[: machines.MAX_NEWS], site=visit.site)
    return document(body, changed_at, content_type=_XML, max_age_s=NEWS_AGE_S)


@json_view("/manifest.webmanifest")
def manifest(visit: Visit) -> Answer:
    body = machines.manifest(site=visit.site)
    content_type = "application/manifest+json; charset=utf-8"
    return document(body, None, content_type=content_type, max_age_s=HOUR_S)


@json_view("/.well-known/security.txt")
def security(visit: Visit) -> Answer:
    contact = wiring.security_contact()
    if contact is None:
        raise NotFound("Nobody has been named yet.")
    body = machines.security(contact, site=visit.site, now=visit.now)
    return document(body, None, content_type=_TEXT, max_age_s=HOUR_S)
