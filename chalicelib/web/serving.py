"""How a view is served: at a path, with one moment as now, its errors told in its own form."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from chalice.app import Blueprint, MultiDict, Request, Response

from chalicelib import newsroom, wiring
from chalicelib.core import api, pages
from chalicelib.core.errors import BroadsheetError, Moved, NotFound
from chalicelib.core.ranking import Latest
from chalicelib.core.site import Site
from chalicelib.web import http
from chalicelib.web.http import Answer
from chalicelib.web.parameters import Parameters

log = logging.getLogger("broadsheet")

routes = Blueprint("chalicelib.web")
paths: list[str] = []  # at which a view is served: all that readers can ask for

_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request as views know it."""

    now: datetime  # the second in which it is answered
    path: str  # as the client asked for it, with the stage prefix of API Gateway
    query: str  # encoded anew, "" without parameters
    parameters: Parameters
    site: Site  # without a public base, it is under this request's own stage prefix

    def moved(self, address: str) -> Answer:
        """Answer that the client shall ask at *address*, with the very query."""
        return http.moved(f"{address}?{self.query}" if self.query else address)


View = Callable[..., Answer]  # of a Visit and the path's parts, by name


def page_view(path: str, *, moved: str = "a/{}") -> Callable[[View], Callable[..., Response]]:
    """Serve a view at *path* as a page; its errors become pages too.

    *moved* is the address to which it leads who asks for what has moved, of its new id.
    """
    return _view(path, moved=moved, problem=_problem_page)


def json_view(
    path: str, *, moved: str = "v1/articles/{}"
) -> Callable[[View], Callable[..., Response]]:
    """Serve a view at *path* to programs; its errors become problem documents (RFC 9457)."""
    return _view(path, moved=moved, problem=_problem_json)


def _view(
    path: str, *, moved: str, problem: Callable[[BroadsheetError, Visit], Answer]
) -> Callable[[View], Callable[..., Response]]:
    paths.append(path)

    def serve(view: View) -> Callable[..., Response]:
        @functools.wraps(view)
        def respond(**path_parts: str) -> Response:
            request: Request = routes.current_request
            visit = _visit(request)
            try:
                answer = view(visit, **path_parts)
            except Moved as error:
                answer = visit.moved(visit.site.url(moved.format(error.to)))
            except BroadsheetError as error:
                if error.status >= _SERVER_ERROR:
                    log.exception("request failed", extra={"path": visit.path})
                answer = problem(error, visit)
            except Exception:
                log.exception("request failed", extra={"path": visit.path})
                fault = BroadsheetError("The fault is ours and has been noted.")
                answer = problem(fault, visit)
            return http.response(answer, request, now=visit.now)

        served: Callable[..., Response] = routes.route(path, methods=["GET", "HEAD"])(respond)
        return served

    return serve


def _visit(request: Request) -> Visit:
    event = request.to_original_event()
    path: str = request.context.get("path") or request.path
    given = request.query_params or MultiDict({})
    base = path.removesuffix(event.get("path") or "").rstrip("/") if event.get("path") else ""
    return Visit(
        now=_now(),
        path=path,
        query=urlencode({name: given.getlist(name) for name in given}, doseq=True),
        parameters=Parameters(dict(given)),
        site=wiring.site(base=base),
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def not_found_page(base: str = "") -> tuple[int, dict[str, str], bytes]:
    """Return the page for an address that no route has, for hosts that can show one."""
    error = NotFound("There is no page at this address.")
    visit = Visit(
        now=_now(), path="", query="", parameters=Parameters({}), site=wiring.site(base=base)
    )
    answer = _problem_page(error, visit)
    return answer.status, answer.essential_headers(), answer.body()


def _problem_page(error: BroadsheetError, visit: Visit) -> Answer:
    page = pages.problem(
        status=error.status,
        title=error.title,
        detail=str(error),
        latest=_latest_if_any(visit.now) if error.status < _SERVER_ERROR else None,
        site=visit.site,
        now=visit.now,
    )
    answer = http.html(page, None, status=error.status)
    return replace(answer, headers={**answer.headers, **_uncached(error)})


def _problem_json(error: BroadsheetError, visit: Visit) -> Answer:
    return http.json_document(
        api.problem(error, detail=str(error), instance=visit.path),
        None,
        status=error.status,
        content_type="application/problem+json; charset=utf-8",
        headers=_uncached(error),
    )


def _uncached(error: BroadsheetError) -> dict[str, str]:
    """A fault of ours must not outlive itself in a cache; an absence may, for a minute."""
    if error.status < _SERVER_ERROR:
        return {}
    return {"Cache-Control": "no-store", "Retry-After": "30"}


def _latest_if_any(now: datetime) -> Latest | None:
    try:
        return newsroom.front_page(store=wiring.store(), now=now)
    except BroadsheetError:
        return None
