"""The routes: a request becomes a use case's call, its answer a page or JSON.

Every answer knows its ETag before it is rendered, so that a 304 costs no rendering: a page's is
the digest of what it is made from. All bodies are bytes (API Gateway decodes them), compressed
here, so that pages, JSON and images travel alike on every host.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal

from chalice import __version__ as chalice_version
from chalice.app import Blueprint, Chalice, Request, Response

from chalicelib import RELEASED_AT, VERSION, newsroom, wiring
from chalicelib.core import api, pages
from chalicelib.core.article import ARTICLE_ID, ArticleId
from chalicelib.core.errors import BadRequest, BroadsheetError, Finding, Moved, NotFound
from chalicelib.core.pages import Page
from chalicelib.core.ranking import Latest
from chalicelib.core.site import Site

log = logging.getLogger("broadsheet")

routes = Blueprint("chalicelib.web")

PAGE_CARDS = 30  # cards on a page of a list
MAX_CARDS = 100  # cards in a page of JSON
MAX_REVISION = 999_999  # the number of a revision has six digits in the table
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
_TOKEN = re.compile(r"[a-z2-7]{42}")
_MIN_GZIP_BYTES = 1_000  # below, the headers cost more than is saved
_SLUG = re.compile(r"[a-z0-9-]{1,80}")
_MEDIA_NAME = re.compile(r"[0-9a-f]{32}\.(png|webp)")
_PLACE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z#[a-z2-7]{16}", re.ASCII)
_OK, _SERVER_ERROR = 200, 500
_MEDIA_TYPES = {"png": "image/png", "webp": "image/webp"}

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=()",
}


class Gateway(Chalice):
    """Chalice, made indifferent to what a client says it accepts.

    With every type binary, bodies are bytes on every host; Chalice then refuses requests without
    an Accept header, which RFC 9110 section 12.5.1 reads as "anything".
    """

    def __init__(self, app_name: str) -> None:
        super().__init__(app_name)
        self.api.binary_types = ["*/*"]

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
        headers = dict(event.get("headers") or {})
        if not any(name.lower() == "accept" for name in headers):
            event = {**event, "headers": {**headers, "Accept": "*/*"}}
        answer: dict[str, Any] = super().__call__(event, context)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a view gives: bytes on demand, known by their digest beforehand."""

    body: Callable[[], bytes]
    digest: str
    content_type: str
    max_age_s: int = 60
    status: int = 200
    modified_at: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


# Serving


def page_view(path: str) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """Serve a view at *path* as a page; its errors become pages too."""
    return _view(path, as_page=True)


def json_view(path: str) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """Serve a view at *path* as JSON; its errors become problem documents (RFC 9457)."""
    return _view(path, as_page=False)


def _view(
    path: str, *, as_page: bool
) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    def serve(view: Callable[..., Answer]) -> Callable[..., Response]:
        @functools.wraps(view)
        def respond(**path_parts: str) -> Response:
            try:
                answer = view(**path_parts)
            except Moved as moved:
                there = f"a/{moved.to}" if as_page else f"v1/articles/{moved.to}"
                answer = _moved(_site().url(there))
            except BroadsheetError as error:
                if error.status >= _SERVER_ERROR:
                    log.exception("request failed", extra={"path": _path()})
                answer = _problem_page(error) if as_page else _problem_json(error)
            except Exception:
                log.exception("request failed", extra={"path": _path()})
                fault = BroadsheetError("The fault is ours and has been noted.")
                answer = _problem_page(fault) if as_page else _problem_json(fault)
            return _response(answer)

        served: Callable[..., Response] = routes.route(path, methods=["GET", "HEAD"])(respond)
        return served

    return serve


def _response(answer: Answer) -> Response:
    """Turn an answer into Chalice's response: 304 where the client has it, no body for HEAD."""
    request = _request()
    wants_gzip = bool(_GZIP.search(request.headers.get("accept-encoding", "").lower()))
    is_text = not answer.content_type.startswith("image/")
    headers: dict[str, str | list[str]] = {
        **_EVERYWHERE,
        "Content-Type": answer.content_type,
        "ETag": f'"{answer.digest}{"-gzip" if wants_gzip and is_text else ""}"',
        "Cache-Control": f"public, max-age={answer.max_age_s}",
        **({"Vary": "Accept-Encoding"} if is_text else {}),
        **answer.headers,
    }
    if answer.status == _OK:
        # RFC 9110, section 8.8.2.1: never later than the answer itself.
        modified_at = min(answer.modified_at or RELEASED_AT, _now())
        headers["Last-Modified"] = format_datetime(modified_at, usegmt=True)
    if answer.status == _OK and _has(request.headers.get("if-none-match", ""), answer.digest):
        return Response(body=b"", status_code=304, headers=headers)
    if request.method == "HEAD":
        return Response(body=b"", status_code=answer.status, headers=headers)
    body = answer.body()
    if wants_gzip and is_text and len(body) >= _MIN_GZIP_BYTES:
        import gzip

        body = gzip.compress(body, compresslevel=6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body=body, status_code=answer.status, headers=headers)


def _has(if_none_match: str, digest: str) -> bool:
    """True if one of the client's entity tags is ours, compressed or not (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in if_none_match.split(",")]
    return "*" in tags or digest in [tag.removesuffix("-gzip") for tag in tags]


# Pages


@page_view("/")
def front_page() -> Answer:
    latest = newsroom.front_page(store=wiring.store(), now=_now())
    return _html(pages.front(latest, site=_site(), now=_now()), latest.refreshed_at)


@page_view("/latest")
def latest_page() -> Answer:
    view = newsroom.list_cards(store=wiring.store(), now=_now(), after=_place(), limit=PAGE_CARDS)
    page = pages.latest(view.cards, older=_cursor(view.older), site=_site(), now=_now())
    return _html(page, _newest(view))


@page_view("/a/{article_id}")
def article_without_slug(article_id: str) -> Answer:
    view = newsroom.read_article(_article_id(article_id), store=wiring.store(), now=_now())
    return _moved(_site().article(view.article))


@page_view("/a/{article_id}/{slug}")
def article_page(article_id: str, slug: str) -> Answer:
    view = newsroom.read_article(_article_id(article_id), store=wiring.store(), now=_now())
    if slug != view.article.slug:
        return _moved(_site().article(view.article))
    page = pages.article(
        view.article, latest=view.latest, around=view.around, site=_site(), now=_now()
    )
    return _html(page, max(view.article.received_at, view.latest.refreshed_at))


@page_view("/a/{article_id}/{slug}/source")
def source_text(article_id: str, slug: str) -> Answer:
    view = newsroom.read_article(_article_id(article_id), store=wiring.store(), now=_now())
    if slug != view.article.slug:
        return _moved(_site().article(view.article, page="source"))
    page = pages.source_text(view.article, site=_site(), now=_now())
    return _html(page, view.article.received_at)


@page_view("/a/{article_id}/{slug}/history")
def history_page(article_id: str, slug: str) -> Answer:
    view = newsroom.read_history(_article_id(article_id), store=wiring.store(), now=_now())
    if slug != view.article.slug:
        return _moved(_site().article(view.article, page="history"))
    page = pages.history(view.article, view.revisions, site=_site(), now=_now())
    return _html(page, view.article.received_at)


@page_view("/preview/{token}")
def preview_page(token: str) -> Answer:
    if not _TOKEN.fullmatch(token):
        raise NotFound("There is no preview at this address.")
    shown = newsroom.preview(token, store=wiring.store(), now=_now())
    if shown.is_public:
        return _moved(_site().article(shown.article))
    page = pages.preview(shown.article, is_draft=shown.is_draft, site=_site(), now=_now())
    answer = _html(page, None)
    private = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return replace(answer, headers={**answer.headers, **private})


@page_view("/section/{section}")
def section_page(section: str) -> Answer:
    return _listing("section", section)


@page_view("/tag/{tag}")
def tag_page(tag: str) -> Answer:
    return _listing("tag", tag)


@page_view("/source/{source}")
def source_page(source: str) -> Answer:
    return _listing("source", source)


@page_view("/how-it-works")
def how_it_works() -> Answer:
    return _html(pages.how_it_works(site=_site(), now=_now()), None)


@page_view("/media/{name}")
def media(name: str) -> Answer:
    match = _MEDIA_NAME.fullmatch(name)
    if match is None:
        raise NotFound("There is no image at this address.")
    image = newsroom.read_media(name, media=wiring.media())
    return Answer(
        body=lambda: image.data,
        modified_at=image.received_at,
        digest=name.partition(".")[0],
        content_type=_MEDIA_TYPES[match[1]],
        max_age_s=31_536_000,  # a year: the name is the hash of the bytes
        headers={"Content-Security-Policy": "default-src 'none'; sandbox"},
    )


# JSON


@json_view("/v1/latest")
def api_latest() -> Answer:
    query = _query("since")
    latest = newsroom.front_page(store=wiring.store(), now=_now())
    since = _moment(query, "since")
    cards = [card for card in latest.cards if since is None or card.public_at > since]
    document = {
        "data": [api.card(card, site=_site()) for card in cards],
        "refreshed_at": api.moment(latest.refreshed_at),
        "links": {
            "self": _site().api("latest", **query),
            "html": _site().url("latest"),
            "next": None,
        },
    }
    return _json(document, latest.refreshed_at)


@json_view("/v1/articles")
def api_articles() -> Answer:
    query = _query("cursor", "limit", "section", "tag", "source", "updated_since", "fields")
    limit = _number(query, "limit", largest=MAX_CARDS) or PAGE_CARDS
    view = newsroom.list_cards(
        store=wiring.store(),
        now=_now(),
        after=_place(),
        limit=limit,
        section=_slug(query, "section"),
        tag=_slug(query, "tag"),
        source=_slug(query, "source"),
        updated_since=_moment(query, "updated_since"),
    )
    cards = [_with_fields(api.card(card, site=_site()), query) for card in view.cards]
    further = None
    if view.older:
        further = _site().api("articles", **{**query, "cursor": _cursor(view.older)})
    links = {
        "self": _site().api("articles", **query),
        "html": _site().url("latest"),
        "next": further,
    }
    headers = {"Link": f'<{further}>; rel="next"'} if further else {}
    return _json({"data": cards, "links": links}, _newest(view), headers=headers)


@json_view("/v1/articles/{article_id}")
def api_article(article_id: str) -> Answer:
    query = _query("fields", "revision")
    id_, number = _article_id(article_id), _number(query, "revision", largest=MAX_REVISION)
    view = newsroom.read_article(id_, store=wiring.store(), now=_now())
    article = view.article
    if number is not None and number != article.revision:
        article = newsroom.read_revision(id_, number, store=wiring.store(), now=_now())
    shown = api.article(article, site=_site(), around=view.around)
    document = {
        "data": _with_fields(shown, query),
        "links": {
            "self": _site().api(f"articles/{article_id}", **query),
            "html": _site().article(view.article),
            "next": None,
        },
    }
    return _json(document, view.article.received_at)


@json_view("/v1/articles/{article_id}/revisions")
def api_revisions(article_id: str) -> Answer:
    _query()
    view = newsroom.read_history(_article_id(article_id), store=wiring.store(), now=_now())
    here = _site().api(f"articles/{article_id}/revisions")
    document = {
        "data": [api.revision(past, site=_site()) for past in view.revisions],
        "links": {
            "self": here,
            "html": _site().article(view.article, page="history"),
            "next": None,
        },
    }
    return _json(document, view.article.received_at)


@json_view("/v1/health")
def api_health() -> Answer:
    _query()
    now = _now()
    latest = wiring.store().latest()
    refreshed_at = latest.refreshed_at if latest else None
    document = {
        "data": {
            "status": "ok",
            "latest": {
                "refreshed_at": api.moment(refreshed_at),
                "age_s": int((now - refreshed_at).total_seconds()) if refreshed_at else None,
            },
            "versions": {"broadsheet": VERSION, "chalice": chalice_version},
        },
        "links": {"self": _site().api("health"), "html": _site().url(), "next": None},
    }
    return _json(document, refreshed_at, headers={"Cache-Control": "no-store"})


# Answers


def _html(page: Page, modified_at: datetime | None, *, status: int = 200) -> Answer:
    return Answer(
        body=lambda: page.render().encode(),
        digest=page.digest(),
        content_type="text/html; charset=utf-8",
        status=status,
        modified_at=modified_at,
        headers={"Content-Security-Policy": pages.content_security_policy()},
    )


def _json(
    document: object,
    modified_at: datetime | None,
    *,
    status: int = 200,
    content_type: str = "application/json; charset=utf-8",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(
        body=lambda: body,
        digest=hashlib.blake2b(body, digest_size=16).hexdigest(),
        content_type=content_type,
        status=status,
        modified_at=modified_at,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
            **(headers or {}),
        },
    )


def _moved(address: str) -> Answer:
    return Answer(
        body=lambda: b"",
        digest=hashlib.blake2b(address.encode(), digest_size=16).hexdigest(),
        content_type="text/plain; charset=utf-8",
        status=308,
        headers={"Location": address},
    )


def _listing(kind: Literal["section", "tag", "source"], value: str) -> Answer:
    if not _SLUG.fullmatch(value):
        raise NotFound(f"There is no {kind} of this name.")
    view = newsroom.list_cards(
        store=wiring.store(),
        now=_now(),
        after=_place(),
        limit=PAGE_CARDS,
        section=value if kind == "section" else None,
        tag=value if kind == "tag" else None,
        source=value if kind == "source" else None,
    )
    if not view.cards and not view.older and not _place():
        raise NotFound(f"Nothing has been published under this {kind}.")
    profile = view.cards[0].source if kind == "source" and view.cards else None
    page = pages.listing(
        kind=kind,
        value=value,
        profile=profile,
        cards=view.cards,
        older=_cursor(view.older),
        site=_site(),
        now=_now(),
    )
    return _html(page, _newest(view))


def not_found_page(base: str = "") -> tuple[int, dict[str, str], bytes]:
    """Return the page for an address that no route has, for hosts that can show one."""
    error = NotFound("There is no page at this address.")
    page = pages.problem(
        status=error.status,
        title=error.title,
        detail=str(error),
        latest=_latest_if_any(),
        site=wiring.site(base=base),
        now=_now(),
    )
    headers = {
        **_EVERYWHERE,
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": pages.content_security_policy(),
    }
    return error.status, headers, page.render().encode()


def _problem_page(error: BroadsheetError) -> Answer:
    page = pages.problem(
        status=error.status,
        title=error.title,
        detail=str(error),
        latest=_latest_if_any() if error.status < _SERVER_ERROR else None,
        site=_site(),
        now=_now(),
    )
    answer = _html(page, None, status=error.status)
    return replace(answer, headers={**answer.headers, **_uncached(error)})


def _problem_json(error: BroadsheetError) -> Answer:
    document = api.problem(error, detail=str(error), instance=_path())
    content_type = "application/problem+json; charset=utf-8"
    return _json(
        document, None, status=error.status, content_type=content_type, headers=_uncached(error)
    )


def _uncached(error: BroadsheetError) -> dict[str, str]:
    """A fault of ours must not outlive itself in a cache; an absence may, for a minute."""
    if error.status < _SERVER_ERROR:
        return {}
    return {"Cache-Control": "no-store", "Retry-After": "30"}


def _latest_if_any() -> Latest | None:
    try:
        return newsroom.front_page(store=wiring.store(), now=_now())
    except BroadsheetError:
        return None


# The request


def _request() -> Request:
    return routes.current_request


def _path() -> str:
    """The path as the client asked for it, with the stage prefix of API Gateway."""
    context_path: str = _request().context.get("path") or _request().path
    return context_path


def _site() -> Site:
    """The site as this request sees it: without a public base, under its own stage prefix."""
    event = _request().to_original_event()
    base = _path().removesuffix(event.get("path") or "").rstrip("/") if event.get("path") else ""
    return wiring.site(base=base)


def _now() -> datetime:
    """The second in which this request is answered."""
    return datetime.now(UTC).replace(microsecond=0)


def _query(*known: str) -> dict[str, str]:
    """Return the query's parameters. Raises BadRequest for one that this resource has not."""
    given: dict[str, str] = dict(_request().query_params or {})
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise BadRequest(
            *(
                _finding(
                    name,
                    f"There is no parameter {name!r} here.",
                    f"The parameters are: {', '.join(known) or 'none'}.",
                )
                for name in unknown
            )
        )
    return {name: value for name, value in given.items() if value != ""}


def _finding(name: str, message: str, fix: str) -> Finding:
    return Finding(code="parameter", message=message, fix=fix, pointer=f"/{name}")


def _number(query: Mapping[str, str], name: str, *, largest: int) -> int | None:
    given = query.get(name)
    if given is None:
        return None
    if not re.fullmatch(r"\d{1,6}", given, re.ASCII) or not 1 <= int(given) <= largest:
        message = f"{name}: {given[:40]!r} is no number from 1 to {largest:,}."
        raise BadRequest(_finding(name, message, f"Write {name}={min(PAGE_CARDS, largest)}."))
    return int(given)


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    given = query.get(name)
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given.replace(" ", "+"))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    message = f"{name}: {given[:40]!r} is no time with a zone (RFC 3339)."
    raise BadRequest(_finding(name, message, f"Write {name}=2026-11-30T09:00:00Z."))


def _slug(query: Mapping[str, str], name: str) -> str | None:
    given = query.get(name)
    if given is not None and not _SLUG.fullmatch(given):
        message = f"{name}: {given[:40]!r} is none of ours."
        raise BadRequest(_finding(name, message, "Write it as lists give it: a-z, 0-9, hyphens."))
    return given


def _with_fields(shown: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """Keep the fields that the query names, all without one."""
    if "fields" not in query:
        return shown
    wanted = query["fields"].split(",")
    unknown = sorted(set(wanted) - shown.keys())
    if unknown:
        message = f"fields: there is no {', '.join(unknown)[:80]!r}."
        raise BadRequest(_finding("fields", message, f"The fields are: {', '.join(shown)}."))
    return {name: value for name, value in shown.items() if name in wanted}


def _article_id(given: str) -> ArticleId:
    if not ARTICLE_ID.fullmatch(given):
        raise NotFound("There is no article at this address.")
    return ArticleId(given)


def _cursor(place: str | None) -> str | None:
    """Make an opaque cursor of a place in a list. It is a place, no count: it survives inserts."""
    return urlsafe_b64encode(place.encode()).decode().rstrip("=") if place else None


def _place() -> str:
    """Return the place that the query's cursor stands for, "" without one."""
    given = dict(_request().query_params or {}).get("cursor", "")
    if not given:
        return ""
    try:
        place = urlsafe_b64decode(given.encode("ascii") + b"=" * (-len(given) % 4)).decode("ascii")
    except ValueError:
        place = ""
    if not _PLACE.fullmatch(place):
        message = "cursor: it is none that we gave."
        raise BadRequest(_finding("cursor", message, "Begin without one and follow links.next."))
    return place


def _newest(view: newsroom.CardsView) -> datetime | None:
    return max((max(card.updated_at, card.public_at) for card in view.cards), default=None)
