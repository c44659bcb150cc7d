"""The views of `/v1`: the same as the pages, for programs. An unknown parameter is a 400."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalice import __version__ as chalice_version

from chalicelib import VERSION, newsroom, wiring
from chalicelib.core import api
from chalicelib.core.article import known_id
from chalicelib.web.http import Answer, json_document
from chalicelib.web.parameters import Parameters, cursor
from chalicelib.web.serving import Visit, json_view

MAX_CARDS = 100  # cards in a page of JSON
MAX_REVISION = 999_999  # the number of a revision has six digits in the table


@json_view("/v1/latest")
def latest(visit: Visit) -> Answer:
    query, site = visit.parameters.only("since", "as_of", "explain"), visit.site
    since, as_of, explained = query.moment("since"), query.moment("as_of"), query.flag("explain")
    if as_of is None:
        latest, moment = newsroom.front_page(store=wiring.store(), now=visit.now), visit.now
    else:
        latest = newsroom.latest_as_of(as_of, store=wiring.store(), now=visit.now)
        moment = latest.refreshed_at
    shown = latest.since(since) if since else latest
    document = {
        "data": [
            api.ranked(ranked, site=site, explained=explained)
            for ranked in shown.ranked(now=moment)
        ],
        "as_of": api.moment(latest.refreshed_at) if as_of else None,
        "refreshed_at": api.moment(latest.refreshed_at) if as_of is None else None,
        "stale": latest.is_stale(moment),
        "links": {
            "self": site.api("latest", **query.given),
            "html": site.url("latest"),
            "next": None,
        },
    }
    return json_document(document, latest.refreshed_at)


@json_view("/v1/articles")
def articles(visit: Visit) -> Answer:
    query = visit.parameters.only(
        "cursor", "limit", "section", "tag", "source", "updated_since", "fields"
    )
    view = newsroom.list_cards(
        after=query.place(),
        limit=query.number("limit", largest=MAX_CARDS) or newsroom.PAGE_CARDS,
        section=query.slug("section"),
        tag=query.slug("tag"),
        source=query.slug("source"),
        updated_since=query.moment("updated_since"),
        now=visit.now,
        store=wiring.store(),  # last: a request that is refused loads no client
    )
    shown = [_selected(api.card(card, site=visit.site), query) for card in view.cards]
    return _listed(
        "articles", shown, view.changed_at, query=query, further=view.turns.older, visit=visit
    )


@json_view("/v1/articles/{article_id}")
def article(visit: Visit, article_id: str) -> Answer:
    query, site = visit.parameters.only("fields", "revision"), visit.site
    id_, number = known_id(article_id), query.number("revision", largest=MAX_REVISION)
    view = newsroom.read_article(id_, store=wiring.store(), now=visit.now)
    shown = view.article
    if number is not None and number != shown.revision:
        shown = newsroom.read_revision(id_, number, store=wiring.store(), now=visit.now)
    document = {
        "data": _selected(
            api.article(shown, site=site, story_id=view.story_id, around=view.around), query
        ),
        "links": {
            "self": site.api(f"articles/{id_}", **query.given),
            "html": site.article(view.article),
            "story_url": site.story(view.story_id),
            "next": None,
        },
    }
    return json_document(document, view.article.received_at)


@json_view("/v1/articles/{article_id}/revisions")
def revisions(visit: Visit, article_id: str) -> Answer:
    visit.parameters.only()
    id_, site = known_id(article_id), visit.site
    view = newsroom.read_history(id_, store=wiring.store(), now=visit.now)
    document = {
        "data": [api.revision(past, site=site) for past in view.revisions],
        "links": {
            "self": site.api(f"articles/{id_}/revisions"),
            "html": site.article(view.article, page="history"),
            "next": None,
        },
    }
    return json_document(document, view.article.received_at)


@json_view("/v1/changes")
def changes(visit: Visit) -> Answer:
    query = visit.parameters.only("since", "cursor", "limit")
    view = newsroom.list_changes(
        since=query.moment("since"),
        after=query.place(),
        limit=query.number("limit", largest=newsroom.PAGE_CHANGES) or newsroom.PAGE_CHANGES,
        now=visit.now,
        store=wiring.store(),  # last: a request that is refused loads no client
    )
    shown = [api.change(change, site=visit.site) for change in view.changes]
    newest_at = view.changes[-1].at if view.changes else None
    return _listed("changes", shown, newest_at, query=query, further=view.further, visit=visit)


@json_view("/v1/stories/{story_id}", moved="v1/stories/{}")
def story(visit: Visit, story_id: str) -> Answer:
    visit.parameters.only()
    told = newsroom.read_story(known_id(story_id), store=wiring.store(), now=visit.now)
    document = {
        "data": api.story(
            told,
            site=visit.site,
            links=newsroom.reports_elsewhere(told, store=wiring.store()),
        ),
        "links": {
            "self": visit.site.api(f"stories/{told.id}"),
            "html": visit.site.story(told.id),
            "next": None,
        },
    }
    return json_document(document, told.changed_at)


@json_view("/v1/sources")
def sources(visit: Visit) -> Answer:
    visit.parameters.only()
    view, site = newsroom.list_sources(store=wiring.store()), visit.site
    document = {
        "data": [api.watched(source, feeds, site=site) for source, feeds in view.sources],
        "links": {"self": site.api("sources"), "html": site.url("sources"), "next": None},
    }
    return json_document(document, view.changed_at)


@json_view("/v1/health")
def health(visit: Visit) -> Answer:
    visit.parameters.only()
    latest = wiring.store().latest()
    refreshed_at = latest.refreshed_at if latest else None
    age = visit.now - refreshed_at if refreshed_at else None
    document = {
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
    shown: list[dict[str, Any]],
    changed_at: datetime | None,
    *,
    query: Parameters,
    further: str | None,
    visit: Visit,
) -> Answer:
    """Answer with a page of a list, which goes on at the place *further*."""
    site, address = visit.site, None
    if further:
        address = site.api(path, **{**query.given, "cursor": cursor(further)})
    document = {
        "data": shown,
        "links": {
            "self": site.api(path, **query.given),
            "html": site.url("latest"),
            "next": address,
        },
    }
    headers = {"Link": f'<{address}>; rel="next"'} if address else {}
    return json_document(document, changed_at, headers=headers)


def _selected(shown: dict[str, Any], query: Parameters) -> dict[str, Any]:
    """Keep the fields that the query names, all without one."""
    wanted = query.selection("fields", among=shown)
    return {name: value for name, value in shown.items() if name in wanted}
