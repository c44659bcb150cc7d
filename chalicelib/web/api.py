"""The views of `/v1`: the same as the pages, for programs. An unknown parameter is a 400."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from chalice import __version__ as chalice_version

from chalicelib import VERSION, newsroom, wiring
from chalicelib.core import api
from chalicelib.core.article import known_id
from chalicelib.web.http import Answer, json_document
from chalicelib.web.parameters import (
    AS_OF,
    CURSOR,
    SECTION,
    SINCE,
    SOURCE,
    TAG,
    Fields,
    Flag,
    Moment,
    Number,
    cursor,
)
from chalicelib.web.serving import Visit, json_view

if TYPE_CHECKING:
    from chalicelib.core import shapes

MAX_CARDS = 100  # cards in a page of JSON
MAX_REVISION = 999_999  # the number of a revision has six digits in the table

EXPLAIN = Flag(name="explain", about="Whether each article tells the terms of its score.")
CARDS = Number(name="limit", about="How many articles at most.", largest=MAX_CARDS)
CHANGES = Number(name="limit", about="How many entries at most.", largest=newsroom.PAGE_CHANGES)
UPDATED_SINCE = Moment(name="updated_since", about="Articles updated since this moment alone.")
CARD_FIELDS = Fields(name="fields", about="The fields that are wanted, all without it.", of="Card")
FIELDS = Fields(name="fields", about="The fields that are wanted, all without it.", of="Article")
REVISION = Number(
    name="revision", about="The article as it was in this revision.", largest=MAX_REVISION
)


@json_view(
    "/v1/latest",
    "The latest news, in the order of the front page.",
    takes=(SINCE, AS_OF, EXPLAIN),
    answers="LatestAnswer",
)
def latest(visit: Visit) -> Answer:
    query, site = visit.parameters, visit.site
    since, as_of, explained = query.read(SINCE), query.read(AS_OF), query.read(EXPLAIN)
    if as_of is None:
        latest, moment = newsroom.front_page(store=wiring.store(), now=visit.now), visit.now
    else:
        latest = newsroom.latest_as_of(as_of, store=wiring.store(), now=visit.now)
        moment = latest.refreshed_at
    shown = latest.since(since) if since else latest
    document: shapes.LatestAnswer = {
        "data": [
            api.ranked(ranked, site=site, explained=bool(explained))
            for ranked in shown.ranked(now=moment)
        ],
        "as_of": api.moment(latest.refreshed_at) if as_of else None,
        "refreshed_at": api.moment(latest.refreshed_at) if as_of is None else None,
        "stale": latest.is_stale(moment),
        "links": {
            "self": site.api("latest", **query.plain),
            "html": site.url("latest"),
            "next": None,
        },
    }
    return json_document(document, latest.refreshed_at)


@json_view(
    "/v1/articles",
    "All that is public, newest first.",
    takes=(CURSOR, CARDS, SECTION, TAG, SOURCE, UPDATED_SINCE, CARD_FIELDS),
    answers="ArticlesAnswer",
)
def articles(visit: Visit) -> Answer:
    query = visit.parameters
    wanted = query.read(CARD_FIELDS)
    view = newsroom.list_cards(
        after=query.read(CURSOR) or "",
        limit=query.read(CARDS) or newsroom.PAGE_CARDS,
        section=query.read(SECTION),
        tag=query.read(TAG),
        source=query.read(SOURCE),
        updated_since=query.read(UPDATED_SINCE),
        now=visit.now,
        store=wiring.store(),  # last: a request that is refused loads no client
    )
    shown = [_selected(api.card(card, site=visit.site), wanted) for card in view.cards]
    return _listed("articles", shown, view.changed_at, further=view.turns.older, visit=visit)


@json_view(
    "/v1/articles/{article_id}",
    "One article, with its summary, the evidence of each key point, and its text.",
    takes=(REVISION, FIELDS),
    answers="ArticleAnswer",
)
def article(visit: Visit, article_id: str) -> Answer:
    query, site, id_ = visit.parameters, visit.site, known_id(article_id)
    wanted, number = query.read(FIELDS), query.read(REVISION)
    view = newsroom.read_article(id_, store=wiring.store(), now=visit.now)
    shown = view.article
    if number is not None and number != shown.revision:
        shown = newsroom.read_revision(id_, number, store=wiring.store(), now=visit.now)
    told = api.article(shown, site=site, story_id=view.story_id, around=view.around)
    links: shapes.ArticleLinks = {
        "self": site.api(f"articles/{id_}", **query.plain),
        "html": site.article(view.article),
        "story_url": site.story(view.story_id),
        "next": None,
    }
    document = {"data": _selected(told, wanted), "links": links}
    changed_at = max(view.article.received_at, view.latest.refreshed_at)
    return json_document(document, changed_at)


@json_view(
    "/v1/articles/{article_id}/revisions",
    "The revisions of an article that readers have had, newest first.",
    answers="RevisionsAnswer",
)
def revisions(visit: Visit, article_id: str) -> Answer:
    id_, site = known_id(article_id), visit.site
    view = newsroom.read_history(id_, store=wiring.store(), now=visit.now)
    document: shapes.RevisionsAnswer = {
        "data": [api.revision(past, site=site) for past in view.revisions],
        "links": {
            "self": site.api(f"articles/{id_}/revisions"),
            "html": site.article(view.article, page="history"),
            "next": None,
        },
    }
    return json_document(document, view.article.received_at)


@json_view(
    "/v1/changes",
    "What readers have and have no more, in the order of time: the log that a mirror follows.",
    takes=(SINCE, CURSOR, CHANGES),
    answers="ChangesAnswer",
)
def changes(visit: Visit) -> Answer:
    query = visit.parameters
    view = newsroom.list_changes(
        since=query.read(SINCE),
        after=query.read(CURSOR) or "",
        limit=query.read(CHANGES) or newsroom.PAGE_CHANGES,
        now=visit.now,
        store=wiring.store(),  # last: a request that is refused loads no client
    )
    shown = [api.change(change, site=visit.site) for change in view.changes]
    newest_at = view.changes[-1].at if view.changes else None
    return _listed("changes", shown, newest_at, further=view.further, visit=visit)


@json_view(
    "/v1/stories/{story_id}",
    "One event, by all who tell it; the id of any of its articles leads here.",
    answers="StoryAnswer",
    moved="v1/stories/{}",
)
def story(visit: Visit, story_id: str) -> Answer:
    told = newsroom.read_story(known_id(story_id), store=wiring.store(), now=visit.now)
    links = newsroom.reports_elsewhere(told, store=wiring.store())
    document: shapes.StoryAnswer = {
        "data": api.story(told, site=visit.site, links=links),
        "links": {
            "self": visit.site.api(f"stories/{told.id}"),
            "html": visit.site.story(told.id),
            "next": None,
        },
    }
    return json_document(document, told.changed_at)


@json_view(
    "/v1/sources",
    "All sources: their profiles, and how each of their feeds was found last.",
    answers="SourcesAnswer",
)
def sources(visit: Visit) -> Answer:
    view, site = newsroom.list_sources(store=wiring.store()), visit.site
    document: shapes.SourcesAnswer = {
        "data": [api.watched(source, feeds, site=site) for source, feeds in view.sources],
        "links": {"self": site.api("sources"), "html": site.url("sources"), "next": None},
    }
    return json_document(document, view.changed_at)


@json_view(
    "/v1/health",
    "Whether the table can be read, how old the latest list is, and the versions.",
    answers="HealthAnswer",
)
def health(visit: Visit) -> Answer:
    latest = wiring.store().latest()
    refreshed_at = latest.refreshed_at if latest else None
    age = visit.now - refreshed_at if refreshed_at else None
    document: shapes.HealthAnswer = {
        "data": {
            "status": "ok",
            "latest": {
                "refreshed_at": api.moment(refreshed_at),
                "age_s": int(age.total_seconds()) if age is not None else None,
                "stale": latest.is_stale(visit.now) if latest else True,
            },
            "versions": {"broadsheet": VERSION, "chalice": chalice_version},
        },
        "links": {"self": visit.site.api("health"), "html": visit.site.url(), "next": None},
    }
    return json_document(document, refreshed_at, headers={"Cache-Control": "no-store"})


def _listed(
    path: str,
    shown: Sequence[Mapping[str, object]],
    changed_at: datetime | None,
    *,
    further: str | None,
    visit: Visit,
) -> Answer:
    """Answer with a page of a list, which goes on at the place *further*."""
    site, given, address = visit.site, visit.parameters.plain, None
    if further:
        address = site.api(path, **{**given, "cursor": cursor(further)})
    links: shapes.Links = {
        "self": site.api(path, **given),
        "html": site.url("latest"),
        "next": address,
    }
    further_on = {"next": address} if address else None
    return json_document({"data": shown, "links": links}, changed_at, links=further_on)


def _selected(shown: Mapping[str, object], wanted: frozenset[str] | None) -> Mapping[str, object]:
    """Keep the *wanted* fields, all where none are named."""
    if wanted is None:
        return shown
    return {name: value for name, value in shown.items() if name in wanted}
