"""The views of the feeds: each in three forms, at the address of its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib import newsroom, wiring
from chalicelib.core import feeds
from chalicelib.core.article import SLUG, Filing, known_id
from chalicelib.core.errors import NotFound
from chalicelib.core.feeds import Feed
from chalicelib.core.pages import labels
from chalicelib.core.site import FEED_FORMS
from chalicelib.core.turns import Turns
from chalicelib.newsroom import BriefsView
from chalicelib.web.http import Answer, document
from chalicelib.web.parameters import CURSOR, SECTIONS, Parameter, cursor
from chalicelib.web.serving import Visit, document_view

MAX_AGE_S = 300  # readers of feeds ask every quarter of an hour at best

View = Callable[..., Feed]  # of a Visit and the path's parts, by name


def feed_view(
    path: str,
    about: str,
    *,
    takes: tuple[Parameter[Any], ...] = (CURSOR,),
    moved: str = "",
) -> Callable[[View], View]:
    """Serve the feed of the page at *path* ("" for the front page) in every form.

    *moved* is the address of its page under another id, where it can have one.
    """

    def serve(view: View) -> View:
        for extension, (form, media_type) in FEED_FORMS.items():
            name = f"feed.{extension}"
            register = document_view(
                f"{path}/{name}",
                f"{about}, as {form}.",
                name=f"feed_{view.__name__}_{extension}",
                takes=takes,
                media_type=media_type,
                moved=f"{moved}/{name}",
            )
            register(_answering(view, extension))
        return view

    return serve


def _answering(view: View, extension: str) -> Callable[..., Answer]:
    form, (_, media_type) = feeds.FORMS[extension], FEED_FORMS[extension]

    def answer(visit: Visit, **path_parts: str) -> Answer:
        feed = view(visit, **path_parts)
        return document(
            form(feed),
            feed.changed_at if feed.dispatches else None,
            content_type=f"{media_type}; charset=utf-8",
            max_age_s=MAX_AGE_S,
            links=feeds.links(feed, extension),
        )

    return answer


@feed_view("", "The newest articles", takes=(CURSOR, SECTIONS))
def everything(visit: Visit) -> Feed:
    sections = visit.parameters.read(SECTIONS) or ()
    view = newsroom.list_briefs(
        store=wiring.store(),
        now=visit.now,
        after=visit.parameters.read(CURSOR) or "",
        sections=sections,
    )
    return feeds.of_articles(
        view.listed,
        name=labels.names(sections, among=(card for card, _ in view.listed)),
        path="",
        older=cursor(view.turns.older),
        sections=sections,
        site=visit.site,
    )


@feed_view("/section/{section}", "The newest articles of a section")
def section(visit: Visit, section: str) -> Feed:
    return _under(visit, "section", section)


@feed_view("/tag/{tag}", "The newest articles with a tag")
def tag(visit: Visit, tag: str) -> Feed:
    return _under(visit, "tag", tag)


@feed_view("/source/{source}", "The newest articles of a source")
def source(visit: Visit, source: str) -> Feed:
    return _under(visit, "source", source)


def _under(visit: Visit, kind: Filing, value: str) -> Feed:
    if not SLUG.fullmatch(value):
        raise NotFound(f"There is no {kind} of this name.")

    def page_at(after: str = "") -> BriefsView:
        return newsroom.list_briefs(
            store=wiring.store(), now=visit.now, after=after, under=(kind, value)
        )

    after = visit.parameters.read(CURSOR) or ""
    view = page_at(after)
    # Anybody can write a place: whether there is such a list, its beginning tells.
    first = page_at() if not view.listed and after else view
    is_source = kind == "source" and first.listed
    name = first.listed[0][0].source.name if is_source else labels.name(value)
    if not first.listed and first.turns == Turns():
        if kind != "source":
            raise NotFound(f"Nothing has been published under this {kind}.")
        name = newsroom.read_source(value, store=wiring.store()).name
    return feeds.of_articles(
        view.listed,
        name=name,
        path=f"{kind}/{value}",
        older=cursor(view.turns.older),
        site=visit.site,
    )


@feed_view("/story/{story_id}", "The articles of a story", takes=(), moved="story/{}")
def story(visit: Visit, story_id: str) -> Feed:
    view = newsroom.list_story(known_id(story_id), store=wiring.store(), now=visit.now)
    first, _ = view.listed[-1]
    return feeds.of_articles(
        view.listed, name=first.headline, path=f"story/{first.id}", older=None, site=visit.site
    )


@feed_view("/corrections", "The newest corrections")
def corrections(visit: Visit) -> Feed:
    place = visit.parameters.read(CURSOR) or ""
    view = newsroom.list_corrections(store=wiring.store(), now=visit.now, after=place)
    return feeds.of_corrections(view.corrected, older=cursor(view.turns.older), site=visit.site)
