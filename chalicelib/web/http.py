"""What HTTP asks of every answer: validators, ages, compression, HEAD, and bytes on every host.

Every answer knows its ETag before it is rendered, so that a 304 costs no rendering: a page's is
the digest of what it is made from, a document's that of its bytes. All bodies are bytes (API
Gateway decodes them), compressed here, so that pages, JSON and images travel alike on every host.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from chalice.app import Chalice, Request, Response

from chalicelib import RELEASED_AT
from chalicelib.core.pages import Page, content_security_policy

_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
_GZIP_BITS = 16 + zlib.MAX_WBITS  # as gzip, without a time: equal bodies stay equal
_MIN_GZIP_BYTES = 1_000  # below, the headers cost more than is saved
_OK = 200

MINUTE_S = 60  # of a page: a reload shows what has come, and a burst of readers costs one answer
YEAR_S = 31_536_000
# A cache answers with what is too old for one minute more while it asks: so a correction or a
# withdrawal has reached every reader after two minutes on a page. Where we answer with a fault,
# it may go on for a day: a reader with yesterday's page has more than one with none.
WHILE_ASKING_S = 60
_WHILE_BROKEN_S = 86_400

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
    """What a view gives: bytes on demand, known by their digest beforehand.

    `modified_at` is for people: a withdrawal, an embargo's end and the age on a page leave it as it
    was, so nobody can ask by it what has changed.
    """

    body: Callable[[], bytes]
    digest: str
    content_type: str
    max_age_s: int = MINUTE_S
    status: int = 200
    modified_at: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)  # address by relation (RFC 8288)

    def essential_headers(self) -> dict[str, str]:
        """The headers that say what the body is and what a browser may do with it."""
        return {**_EVERYWHERE, "Content-Type": self.content_type, **self.headers}


def html(page: Page, modified_at: datetime | None, *, status: int = 200) -> Answer:
    return Answer(
        body=lambda: page.render().encode(),
        digest=page.digest(),
        content_type="text/html; charset=utf-8",
        status=status,
        modified_at=modified_at,
        headers={
            "Content-Security-Policy": content_security_policy(),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
        links={"next": page.older} if page.older else {},
    )


def document(
    body: bytes,
    modified_at: datetime | None,
    *,
    content_type: str,
    status: int = 200,
    max_age_s: int = MINUTE_S,
    headers: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with what programs read, scripts of any origin included."""
    return Answer(
        body=lambda: body,
        digest=digest(body),
        content_type=content_type,
        max_age_s=max_age_s,
        status=status,
        modified_at=modified_at,
        headers={
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
            **(headers or {}),
        },
        links=links or {},
    )


def json_document(
    told: object,
    modified_at: datetime | None,
    *,
    status: int = 200,
    content_type: str = "application/json; charset=utf-8",
    headers: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
) -> Answer:
    return document(
        json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
        modified_at,
        content_type=content_type,
        status=status,
        headers=headers,
        links=links,
    )


def moved(address: str) -> Answer:
    return Answer(
        body=lambda: b"",
        digest=digest(address.encode()),
        content_type="text/plain; charset=utf-8",
        status=308,
        headers={"Location": address},
    )


def digest(body: bytes) -> str:
    """Return what identifies a body in an ETag."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def response(answer: Answer, request: Request, *, now: datetime, is_secure: bool) -> Response:
    """Turn an answer into Chalice's response: 304 where the client has it, no body for HEAD.

    Where the site *is_secure*, browsers are told to ask for it in no other way.
    """
    wants_gzip = bool(_GZIP.search(request.headers.get("accept-encoding", "").lower()))
    is_text = not answer.content_type.startswith("image/")
    headers: dict[str, str | list[str]] = {
        "ETag": f'"{answer.digest}{"-gzip" if wants_gzip and is_text else ""}"',
        "Cache-Control": _cache_control(answer),
        **({"Vary": "Accept-Encoding"} if is_text else {}),
        **answer.essential_headers(),
    }
    if is_secure:
        # Of this host alone: the others of its domain are not ours to speak for.
        headers["Strict-Transport-Security"] = f"max-age={YEAR_S}"
    if answer.links:
        headers["Link"] = ", ".join(f'<{to}>; rel="{rel}"' for rel, to in answer.links.items())
    if answer.status == _OK:
        # RFC 9110, section 8.8.2.1: never later than the answer itself.
        modified_at = min(max(answer.modified_at or RELEASED_AT, RELEASED_AT), now)
        headers["Last-Modified"] = format_datetime(modified_at, usegmt=True)
        if _has(request.headers.get("if-none-match", ""), answer.digest):
            return Response(body=b"", status_code=304, headers=headers)
    if request.method == "HEAD":
        return Response(body=b"", status_code=answer.status, headers=headers)
    body = answer.body()
    if wants_gzip and is_text and len(body) >= _MIN_GZIP_BYTES:
        body = zlib.compress(body, 6, wbits=_GZIP_BITS)
        headers["Content-Encoding"] = "gzip"
    return Response(body=body, status_code=answer.status, headers=headers)


def _cache_control(answer: Answer) -> str:
    if answer.status != _OK:
        return f"public, max-age={answer.max_age_s}"  # an absence must not outlive its end
    if answer.max_age_s == YEAR_S:
        return f"public, max-age={YEAR_S}, immutable"
    return (
        f"public, max-age={answer.max_age_s}, stale-while-revalidate={WHILE_ASKING_S}, "
        f"stale-if-error={_WHILE_BROKEN_S}"
    )


def _has(if_none_match: str, digest: str) -> bool:
    """True if one of the client's entity tags is ours, compressed or not (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in if_none_match.split(",")]
    return "*" in tags or digest in [tag.removesuffix("-gzip") for tag in tags]
