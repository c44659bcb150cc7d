"""The views of the pages that people read, and the images on them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from chalice import __version__ as chalice_version

from chalicelib import VERSION, newsroom, wiring
from chalicelib.core import pages
from chalicelib.core.article import IMAGE_NAME, SLUG, Filing, known_id
from chalicelib.core.errors import NotFound
from chalicelib.core.turns import Turns
from chalicelib.newsroom import CardsView
from chalicelib.web.http import YEAR_S, Answer, html
from chalicelib.web.parameters import (
    AS_OF,
    BEFORE,
    CURSOR,
    SECTIONS,
    SEEN,
    cursor,
    cursors,
)
from chalicelib.web.serving import Visit, not_found, page_view

_TOKEN = re.compile(r"[a-z2-7]{42}")


@page_view("/", "What is new, led by one article with its summary.", takes=(SECTIONS, SEEN))
def front_page(visit: Visit) -> Answer:
    latest = newsroom.front_page(store=wiring.store(), now=visit.now)
    sections = visit.parameters.read(SECTIONS)
    page = pages.front(
        latest,
        sections=sections or (),
        since=visit.parameters.read(SEEN),
        site=visit.site,
        now=visit.now,
    )
    return html(page, latest.refreshed_at)


@page_view(
    "/latest",
    "The latest news with the reason of each place; then everything, newest first.",
    takes=(CURSOR, BEFORE, AS_OF, SEEN, SECTIONS),
)
def latest_page(visit: Visit) -> Answer:
    as_of, after, before = visit.parameters.read(AS_OF), *_places(visit)
    sections = visit.parameters.read(SECTIONS)
    if after or before:
        return _archive(visit, after, before, as_of=as_of)
    if as_of is None:
        latest = newsroom.front_page(store=wiring.store(), now=visit.now)
    else:
        latest = newsroom.latest_as_of(as_of, store=wiring.store(), now=visit.now)
    page = pages.latest(
        latest,
        older=cursor(latest.older),
        as_of=latest.refreshed_at if as_of else None,
        since=visit.parameters.read(SEEN),
        sections=sections or (),
        site=visit.site,
        now=visit.now,
    )
    return html(page, latest.refreshed_at)


def _places(visit: Visit) -> tuple[str, str]:
    """Return the place after which the page begins, or before which it ends: "" for neither."""
    return visit.parameters.read(CURSOR) or "", visit.parameters.read(BEFORE) or ""


def _place(after: str, before: str) -> dict[str, str] | None:
    """Return what says in a page's address where it begins or ends, None for the first page."""
    name, place = ("before", cursor(before)) if before else ("cursor", cursor(after))
    return {name: place} if place else None


def _archive(visit: Visit, after: str, before: str, *, as_of: datetime | None) -> Answer:
    sections = visit.parameters.read(SECTIONS) or ()
    view = newsroom.list_cards(
        store=wiring.store(),
        now=visit.now,
        until=as_of,
        after=after,
        before=before,
        sections=sections,
    )
    page = pages.archive(
        view.cards,
        turns=cursors(view.turns),
        place=_place(after, before),
        as_of=as_of,
        sections=sections,
        site=visit.site,
        now=visit.now,
    )
    return html(page, view.changed_at)


@page_view("/a/{article_id}", "Leads to the article's page.")
def article_without_slug(visit: Visit, article_id: str) -> Answer:
    view = newsroom.read_article(known_id(article_id), store=wiring.store(), now=visit.now)
    return visit.moved(visit.site.article(view.article))


@page_view("/a/{article_id}/{slug}", "An article: summary, key points, text.")
def article_page(visit: Visit, article_id: str, slug: str) -> Answer:
    view = newsroom.read_article(known_id(article_id), store=wiring.store(), now=visit.now)
    if slug != view.article.slug:
        return visit.moved(visit.site.article(view.article))
    page = pages.article(
        view.article,
        latest=view.latest,
        around=view.around,
        story_id=view.story_id if view.has_others else None,
        sources=view.sources,
        site=visit.site,
        now=visit.now,
    )
    changed_at = max(view.article.received_at, view.latest.refreshed_at)
    return html(page, changed_at)


@page_view(
    "/a/{article_id}/{slug}/source",
    "The text of an article as it was stored, each sentence with an address.",
)
def source_text(visit: Visit, article_id: str, slug: str) -> Answer:
    view = newsroom.read_article(known_id(article_id), store=wiring.store(), now=visit.now)
    if slug != view.article.slug:
        return visit.moved(visit.site.article(view.article, page="source"))
    page = pages.source_text(view.article, site=visit.site, now=visit.now)
    return html(page, view.article.received_at)


@page_view("/a/{article_id}/{slug}/history", "The revisions of an article, and what changed.")
def history_page(visit: Visit, article_id: str, slug: str) -> Answer:
    view = newsroom.read_history(known_id(article_id), store=wiring.store(), now=visit.now)
    if slug != view.article.slug:
        return visit.moved(visit.site.article(view.article, page="history"))
    page = pages.history(view.article, view.revisions, site=visit.site, now=visit.now)
    return html(page, view.article.received_at)


@page_view("/story/{story_id}", "One event, by all who tell it.", moved="story/{}")
def story_page(visit: Visit, story_id: str) -> Answer:
    story = newsroom.read_story(known_id(story_id), store=wiring.store(), now=visit.now)
    links = newsroom.reports_elsewhere(story, store=wiring.store())
    return html(pages.story(story, links=links, site=visit.site, now=visit.now), story.changed_at)


@page_view("/preview/{token}", "What is not public yet, for who has the address.")
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


@page_view("/section/{section}", "The articles of a section, newest first.", takes=(CURSOR, BEFORE))
def section_page(visit: Visit, section: str) -> Answer:
    return _listing(visit, "section", section)


@page_view("/tag/{tag}", "The articles with a tag, newest first.", takes=(CURSOR, BEFORE))
def tag_page(visit: Visit, tag: str) -> Answer:
    return _listing(visit, "tag", tag)


@page_view("/source/{source}", "A source, and its articles, newest first.", takes=(CURSOR, BEFORE))
def source_page(visit: Visit, source: str) -> Answer:
    return _listing(visit, "source", source)


def _listing(visit: Visit, kind: Filing, value: str) -> Answer:
    if not SLUG.fullmatch(value):
        raise NotFound(f"There is no {kind} of this name.")

    def page_at(after: str = "", before: str = "") -> CardsView:
        return newsroom.list_cards(
            store=wiring.store(),
            now=visit.now,
            after=after,
            before=before,
            section=value if kind == "section" else None,
            tag=value if kind == "tag" else None,
            source=value if kind == "source" else None,
        )

    after, before = _places(visit)
    view = page_at(after, before)
    # Anybody can write a place: whether there is such a list, its beginning tells.
    first = page_at() if not view.cards and (after or before) else view
    profile = first.cards[0].source if kind == "source" and first.cards else None
    if not first.cards and first.turns == Turns():
        if kind != "source":
            raise NotFound(f"Nothing has been published under this {kind}.")
        profile = newsroom.read_source(value, store=wiring.store())
    page = pages.listing(
        kind=kind,
        value=value,
        profile=profile,
        cards=view.cards,
        turns=cursors(view.turns),
        place=_place(after, before),
        site=visit.site,
        now=visit.now,
    )
    return html(page, view.changed_at)


@page_view("/corrections", "What was corrected, newest first.", takes=(CURSOR, BEFORE))
def corrections_page(visit: Visit) -> Answer:
    after, before = _places(visit)
    view = newsroom.list_corrections(
        store=wiring.store(), now=visit.now, after=after, before=before
    )
    page = pages.corrections(
        view.corrected,
        turns=cursors(view.turns),
        place=_place(after, before),
        site=visit.site,
        now=visit.now,
    )
    return html(page, view.changed_at)


@page_view("/sources", "All sources, and how their feeds are.")
def sources_page(visit: Visit) -> Answer:
    view = newsroom.list_sources(store=wiring.store())
    return html(pages.sources(view.sources, site=visit.site, now=visit.now), view.changed_at)


@page_view("/status", "How the newsroom is.")
def status_page(visit: Visit) -> Answer:
    status = newsroom.read_status(store=wiring.store())
    refreshed_at = status.latest.refreshed_at if status.latest else None
    page = pages.status(
        latest=status.latest,
        feeds=status.feeds,
        versions={"Broadsheet": VERSION, "Chalice": chalice_version},
        site=visit.site,
        now=visit.now,
    )
    answer = html(page, refreshed_at)
    return replace(answer, headers={**answer.headers, "Cache-Control": "no-store"})


@page_view("/how-it-works", "How news is ordered and summarised, and what is kept.")
def how_it_works(visit: Visit) -> Answer:
    return html(pages.how_it_works(site=visit.site, now=visit.now), None)


@page_view("/404", "The page for an address that no page has.")
def unknown_address(visit: Visit) -> Answer:
    """The page that a CDN shows for what reaches no route. 200, or it would not take it."""
    return replace(not_found(visit), status=HTTPStatus.OK)


@page_view(
    "/media/{name}", "A prepared image.", media_types=("image/jpeg", "image/png", "image/webp")
)
def media(_: Visit, name: str) -> Answer:
    if not IMAGE_NAME.fullmatch(name):
        raise NotFound("There is no image at this address.")
    image = newsroom.read_media(name, media=wiring.media())
    digest, form = name.split(".")
    return Answer(
        body=lambda: image.data,
        modified_at=image.received_at,
        digest=digest,
        content_type=f"image/{form}",
        max_age_s=YEAR_S,  # the name is the hash of the bytes
        headers={
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",  # readers of feeds show them too
        },
    )
