"""How it works, told to readers: every figure on the page is the one that the code uses."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta

from chalicelib.core import ranking
from chalicelib.core.article import Checks
from chalicelib.core.pages import labels, parts
from chalicelib.core.pages.page import Page
from chalicelib.core.site import Site

_CHECKS = {
    "numbers": "Every number, with its unit, percentage, date or time, stands in the sentence.",
    "names": "Every person, place, organisation and office stands there too.",
    "quotes": "What is in quotation marks is verbatim.",
    "negation": "Denials and doubts are kept: not, never, denied, alleged, may, up to.",
}


def how_it_works(*, site: Site, now: datetime) -> Page:
    """Return the page that explains summaries, checks, order and what is kept."""
    from chalicelib.core.summary import compose, prose

    frame = parts.frame(
        site=site,
        now=now,
        title="How it works",
        description="How summaries are made and checked, how articles are ordered, what is kept.",
        address=site.url("how-it-works"),
    )
    return Page.of(
        "how.html",
        frame
        | {
            "summary": {
                "paragraph_words": _span(compose.MIN_PARAGRAPH_WORDS, compose.MAX_PARAGRAPH_WORDS),
                "points": _span(compose.MIN_POINTS, compose.MAX_POINTS),
                "point_words": prose.MAX_POINT_WORDS,
                "distinct_from": compose.DISTINCT_FROM,
            },
            "checks": [
                {"name": labels.name(check.name), "about": _CHECKS[check.name]}
                for check in fields(Checks)
            ],
            "order": {
                "doubling": _hours(ranking.DOUBLING_COUNTS),
                "owners": [
                    {"count": 2**doublings, "hours": _hours(doublings * ranking.DOUBLING_COUNTS)}
                    for doublings in (1, 2, 3)
                ],
                "breaking": _hours(ranking.BREAKING_COUNTS),
                "breaking_for": _hours(ranking.BREAKING_FOR),
                "source_cap": ranking.SOURCE_CAP,
                "top": ranking.TOP,
                "yields_to": _hours(ranking.YIELDS_TO),
                "url": site.url("latest"),
            },
            "corrections_url": site.url("corrections"),
        },
    )


def _hours(span: timedelta) -> str:
    return ranking.hours(span // timedelta(seconds=1))


def _span(least: int, most: int) -> str:
    return f"{least} to {most}"
