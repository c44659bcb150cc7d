"""The views of the pages that people read, and the images on them."""

from __future__ import annotations

import re
from dataclasses import replace

from chalicelib import newsroom, wiring
from chalicelib.core import pages
from chalicelib.core.article import SLUG, known_id
from chalicelib.core.errors import NotFound
from chalicelib.core.pictures import CONTENT_TYPES
from chalicelib.newsroom import Filing
from chalicelib.web.http import Answer, html
from chalicelib.web.parameters import cursor
from chalicelib.web.serving import Visit, page_view

_TOKEN = re.compile(r"[a-z2-7]{42}")
_MEDIA_NAME = re.compile(r"[0-9a-f]{32}\.(jpg|png|webp)")


@page_view("/")
def front_page(visit: Visit) -> Answer:
    latest = newsroom.front_page(store=wiring.store(), now=visit.now)
    return html(pages.front(latest, site=visit.site, now=visit.now), latest.refreshed_at)


@page_view("/latest")
def latest_page(visit: Visit) -> Answer:
    view = newsroom.list_cards(store=wiring.store(), now=visit.now, after=visit.parameters.place())
    page = pages.latest(view.cards, older=cursor(view.older), site=visit.site, now=visit.now)
    return html(page, view.changed_at)


@page_view("/a/{article_id}")
def article_without_slug(visit: Visit, article_id: str) -> Answer:
    view = newsroom.read_article(known_id(article_id), store=wiring.store(), now=visit.now)
    return visit.moved(visit.site.article(view.article))


@page_view("/a/{article_id}/{slug}")
def article_page(visit: Visit, article_id: str, slug: str) -> Answer:
    view = newsroom.read_article(known_id(article_id), store=wiring.store(), now=visit.now)
    if slug != view.article.slug:
        return visit.moved(visit.site.article(view.article))
    page = pages.article(
        view.article, latest=view.latest, around=view.around, site=visit.site, now=visit.now
    )
    return html(page, max(view.article.received_at, view.latest.refreshed_at))


@page_view("/a/{article_id}/{slug}/source")
def source_text(visit: Visit, article_id: str, slug: str) -> Answer:
    view = newsroom.read_article(known_id(article_id), store=wiring.store(), now=visit.now)
    if slug != view.article.slug:
        return visit.moved(visit.site.article(view.article, page="source"))
    page = pages.source_text(view.article, site=visit.site, now=visit.now)
    return html(page, view.article.received_at)


@page_view("/a/{article_id}/{slug}/history")
def history_page(visit: Visit, article_id: str, slug: str) -> Answer:
    view = newsroom.read_history(known_id(article_id), store=wiring.store(), now=visit.now)
    if slug != view.article.slug:
        return visit.moved(visit.site.article(view.article, page="history"))
    page = pages.history(view.article, view.revisions, site=visit.site, now=visit.now)
    return html(page, view.article.received_at)


@page_view("/preview/{token}")
def preview_page(visit: Visit, token: str) -> Answer:
    if not _TOKEN.fullmatch(token):
        raise NotFound("There is no preview at this address.")
    shown = newsroom.preview(token, store=wiring.store(), now=visit.now)
    if shown.is_public:
        return visit.moved(visit.site.article(shown.article))
    page = pages.preview(shown.article, is_draft=shown.is_draft, site=visit.site, now=visit.now)
    answer = html(page, None)
    private = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return replace(answer, headers={**answer.headers, **private})


@page_view("/section/{section}")
def section_page(visit: Visit, section: str) -> Answer:
    return _listing(visit, "section", section)


@page_view("/tag/{tag}")
def tag_page(visit: Visit, tag: str) -> Answer:
    return _listing(visit, "tag", tag)


@page_view("/source/{source}")
def source_page(visit: Visit, source: str) -> Answer:
    return _listing(visit, "source", source)


def _listing(visit: Visit, kind: Filing, value: str) -> Answer:
    if not SLUG.fullmatch(value):
        raise NotFound(f"There is no {kind} of this name.")
    place = visit.parameters.place()
    view = newsroom.list_cards(
        store=wiring.store(),
        now=visit.now,
        after=place,
        section=value if kind == "section" else None,
        tag=value if kind == "tag" else None,
        source=value if kind == "source" else None,
    )
    if not view.cards and not view.older and not place:
        raise NotFound(f"Nothing has been published under this {kind}.")
    page = pages.listing(
        kind=kind,
        value=value,
        profile=view.cards[0].source if kind == "source" and view.cards else None,
        cards=view.cards,
        older=cursor(view.older),
        site=visit.site,
        now=visit.now,
    )
    return html(page, view.changed_at)


@page_view("/corrections")
def corrections_page(visit: Visit) -> Answer:
    place, site = visit.parameters.place(), visit.site
    view = newsroom.list_corrections(store=wiring.store(), now=visit.now, after=place)
    older = cursor(view.older)
    page = pages.corrections(view.corrected, older=older, site=site, now=visit.now)
    return html(page, view.changed_at)


@page_view("/how-it-works")
def how_it_works(visit: Visit) -> Answer:
    return html(pages.how_it_works(site=visit.site, now=visit.now), None)


@page_view("/media/{name}")
def media(_: Visit, name: str) -> Answer:
    match = _MEDIA_NAME.fullmatch(name)
    if match is None:
        raise NotFound("There is no image at this address.")
    image = newsroom.read_media(name, media=wiring.media())
    return Answer(
        body=lambda: image.data,
        modified_at=image.received_at,
        digest=name.partition(".")[0],
        content_type=CONTENT_TYPES[match[1]],
        max_age_s=31_536_000,  # a year: the name is the hash of the bytes
        headers={"Content-Security-Policy": "default-src 'none'; sandbox"},
    )
