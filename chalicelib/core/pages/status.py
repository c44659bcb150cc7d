"""The page that says how the newsroom is: `/v1/health`, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.core.pages import labels, parts
from chalicelib.core.pages.page import Page

if TYPE_CHECKING:
    from chalicelib.core.ranking import Latest
    from chalicelib.core.site import Site
    from chalicelib.core.watch import Feed, FeedState

_FEEDS: Mapping[FeedState, str] = {
    "read": "can be read",
    "failing": "failing",
    "ended": "ended",
    "waiting": "not asked for yet",
}


def status(
    *,
    latest: Latest | None,
    feeds: Iterable[Feed],
    versions: Mapping[str, str],
    site: Site,
    now: datetime,
) -> Page:
    """Return the page; *latest* is the list as it was prepared last, *versions* those by name."""
    frame = parts.frame(
        site=site,
        now=now,
        title="Status",
        description=f"How {site.title} is: its latest list, the feeds it reads, its versions.",
        current=site.url("status"),
        data=site.api("health"),
    )
    counts = Counter(feed.state for feed in feeds)
    told = [f"{counts[state]} {said}" for state, said in _FEEDS.items() if counts[state]]
    return Page.of(
        "status.html",
        frame
        | {
            "refreshed": labels.age(latest.refreshed_at, now=now) if latest else None,
            "stale": latest.is_stale(now) if latest else False,
            "watched": counts.total(),
            "found": ", ".join(told),
            "sources_url": site.url("sources"),
            "versions": [f"{name} {version}" for name, version in versions.items()],
        },
    )
