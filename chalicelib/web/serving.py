"""How a view is served: at a path, with one moment as now, its errors told in its own form.

Whoever serves a view says what it is for, what it takes and what it answers: `operations` is where
`/openapi.json` has it from. There is no other way to a route.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from chalice.app import Blueprint, MultiDict, Request, Response

from chalicelib import newsroom, wiring
from chalicelib.core import api, pages
from chalicelib.core.errors import BroadsheetError, Gone, Moved, NotFound
from chalicelib.core.pages import labels
from chalicelib.core.ranking import Latest
from chalicelib.core.site import Site
from chalicelib.web import http
from chalicelib.web.http import Answer
from chalicelib.web.parameters import Parameter, Parameters

log = logging.getLogger("broadsheet")

routes = Blueprint("chalicelib.web")

_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request as views know it."""

    now: datetime  # the second in which it is answered
    path: str  # as the client asked for it, with the stage prefix of API Gateway
    query: str  # encoded anew, "" without parameters
    parameters: Parameters
    site: Site  # without a public base, it is under this request's own stage prefix

    @property
    def is_secure(self) -> bool:
        """Whether readers reach the site by https, and by no other way."""
        return self.site.base.startswith("https://")

    def moved(self, address: str) -> Answer:
        """Answer that the client shall ask at *address*, with the very query."""
        return http.moved(f"{address}?{self.query}" if self.query else address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What programmers are told of a route, and what its query may hold."""

    path: str
    name: str
    about: str  # one sentence
    takes: tuple[Parameter[Any], ...]
    media_types: tuple[str, ...]  # of the answer, one of them
    answers: str | None  # the shape of its JSON, by its name in `core.shapes`
    for_people: bool  # its errors are pages too
    may_lack: bool  # 404 although its path names nothing that could be absent

    @property
    def is_strict(self) -> bool:
        """Whether a parameter that it does not take is refused: the JSON API's rule."""
        return self.answers is not None


operations: dict[str, Operation] = {}  # by path

View = Callable[..., Answer]  # of a Visit and the path's parts, by name
Serve = Callable[[View], Callable[..., Response]]


def page_view(
    path: str,
    about: str,
    *,
    takes: tuple[Parameter[Any], ...] = (),
    media_types: tuple[str, ...] = ("text/html",),
    moved: str = "a/{}",
) -> Serve:
    """Serve a view at *path* as a page; its errors become pages too.

    *moved* is the address to which it leads who asks for what has moved, of its new id.
    """
    return _serve(path, about, takes=takes, media_types=media_types, moved=moved, for_people=True)


def json_view(
    path: str,
    about: str,
    *,
    answers: str,
    takes: tuple[Parameter[Any], ...] = (),
    moved: str = "v1/articles/{}",
) -> Serve:
    """Serve a view at *path* as JSON of the shape *answers*; a parameter not taken is refused.

    Its errors become problem documents (RFC 9457).
    """
    media_types = ("application/json",)
    return _serve(path, about, answers=answers, takes=takes, media_types=media_types, moved=moved)


def document_view(
    path: str,
    about: str,
    *,
    media_type: str,
    name: str = "",
    takes: tuple[Parameter[Any], ...] = (),
    may_lack: bool = False,
    moved: str = "",
) -> Serve:
    """Serve a view at *path* in a form of others; its errors become problem documents.

    *name* is the operation's, that of the view without one.
    """
    media_types = (media_type,)
    return _serve(
        path, about, name=name, takes=takes, media_types=media_types, may_lack=may_lack, moved=moved
    )


def _serve(
    path: str,
    about: str,
    *,
    name: str = "",
    answers: str | None = None,
    takes: tuple[Parameter[Any], ...],
    media_types: tuple[str, ...],
    moved: str,
    for_people: bool = False,
    may_lack: bool = False,
) -> Serve:
    problem = _problem_page if for_people else _problem_json

    def serve(view: View) -> Callable[..., Response]:
        operation = operations[path] = Operation(
            path=path,
            name=name or view.__name__,
            about=about,
            takes=takes,
            media_types=media_types,
            answers=answers,
            for_people=for_people,
            may_lack=may_lack,
        )

        @functools.wraps(view)
        def respond(**path_parts: str) -> Response:
            request: Request = routes.current_request
            visit = _visit(request)
            try:
                if operation.is_strict:
                    visit.parameters.only(operation.takes)
                answer = view(visit, **path_parts)
            except Moved as error:
                answer = visit.moved(visit.site.url(moved.format(error.to)))
            except BroadsheetError as error:
                if error.status >= _SERVER_ERROR:
                    log.exception("request failed", extra=_asked(path, path_parts))
                answer = problem(error, visit)
            except Exception:
                log.exception("request failed", extra=_asked(path, path_parts))
                answer = problem(BroadsheetError(), visit)
            if operation.is_strict:
                described = {"service-desc": visit.site.url("openapi.json")}  # RFC 8631
                answer = replace(answer, links={**answer.links, **described})
            return http.response(answer, request, now=visit.now, is_secure=visit.is_secure)

        served: Callable[..., Response] = routes.route(path, methods=["GET", "HEAD"])(respond)
        return served

    return serve


def _asked(route: str, path_parts: Mapping[str, str]) -> dict[str, object]:
    """Say in the log what was asked for, but no preview's token: who has it reads the draft.

    An alarm counts the lines that say "request failed".
    """
    parts = {name: value for name, value in path_parts.items() if name != "token"}
    return {"route": route, "path_parts": parts}


def _visit(request: Request) -> Visit:
    event = request.to_original_event()
    path: str = request.context.get("path") or request.path
    given = request.query_params or MultiDict({})
    base = path.removesuffix(event.get("path") or "").rstrip("/") if event.get("path") else ""
    return Visit(
        now=_now(),
        path=path,
        query=urlencode({name: given.getlist(name) for name in given}, doseq=True),
        parameters=Parameters({name: given.getlist(name) for name in given}),
        site=wiring.site(base=base),
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def not_found(visit: Visit) -> Answer:
    """The page for an address that no route has."""
    return _problem_page(NotFound("There is no page at this address."), visit)


def not_found_page(base: str = "") -> tuple[int, dict[str, str], bytes]:
    """Return that page with its status and headers, for hosts that can show one."""
    visit = Visit(
        now=_now(), path="", query="", parameters=Parameters({}), site=wiring.site(base=base)
    )
    answer = not_found(visit)
    return answer.status, answer.essential_headers(), answer.body()


def _problem_page(error: BroadsheetError, visit: Visit) -> Answer:
    page = pages.problem(
        status=error.status,
        title=error.title,
        detail=_told(error),
        latest=_latest_if_any(visit.now) if error.status < _SERVER_ERROR else None,
        site=visit.site,
        now=visit.now,
    )
    answer = http.html(page, None, status=error.status)
    return replace(answer, headers={**answer.headers, **_uncached(error)})


def _problem_json(error: BroadsheetError, visit: Visit) -> Answer:
    return http.json_document(
        api.problem(error, detail=_told(error), instance=visit.path),
        None,
        status=error.status,
        content_type="application/problem+json; charset=utf-8",
        headers=_uncached(error),
    )


def _told(error: BroadsheetError) -> str:
    """Say what is wrong, and since when, where something was there before.

    Of what broke on our side nothing is said: an error names settings and tables to who runs them.
    """
    if error.status == _SERVER_ERROR:
        return "The fault is ours and has been noted."
    if isinstance(error, Gone) and error.at is not None:
        return f"{error} It has not been here since {labels.stamp(error.at)['absolute']}."
    return str(error)


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
