"""The page of all sources: who they are, and how the feeds were found in which they are watched."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.core.pages import labels, parts
from chalicelib.core.pages.page import Context, Page

if TYPE_CHECKING:
    from chalicelib.core.article import Source
    from chalicelib.core.site import Site
    from chalicelib.core.watch import Feed

_STATES = {
    "waiting": "Not asked for yet.",
    "read": "Can be read.",
    "failing": "Cannot be read for now.",
    "ended": "Is not asked for any more.",
}


def sources(
    listed: Iterable[tuple[Source, tuple[Feed, ...]]], *, site: Site, now: datetime
) -> Page:
    """Return the page of the sources *listed*, each with its feeds."""
    address = site.url("sources")
    frame = parts.frame(
        site=site,
        now=now,
        title="Sources",
        description=f"Who is read on {site.title}, who owns them, and how their feeds are found.",
        address=address,
        current=address,
        data=site.api("sources"),
    )
    told = [
        {
            "profile": parts.profile(source, site=site),
            "feeds": [_feed(feed, now=now) for feed in feeds],
        }
        for source, feeds in listed
    ]
    return Page.of("sources.html", frame | {"sources": told})


def _feed(feed: Feed, *, now: datetime) -> Context:
    """Tell how a feed was found; of its address the host alone, since some hold a secret."""
    return {
        "host": labels.host(feed.address),
        "state": _STATES[feed.state],
        "problem": feed.problem,
        "moved_to": labels.host(feed.moved_to) if feed.moved_to else None,
        "read": labels.age(feed.last_success_at, now=now) if feed.last_success_at else None,
        "next_try": labels.age(feed.next_try_at, now=now) if feed.next_try_at else None,
    }
