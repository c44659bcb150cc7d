"""From articles and cards to finished pages: one builder a kind of page, all of them pure.

A builder says what a page shows and since when, and returns a `Page`, which makes the values of its
template (each label, each address) when it is rendered. What a reader gets is a function of what
the page is given, so `Page.digest()` tells whether anything changed without any of that, and
importing this package does not load Jinja2.
"""

from __future__ import annotations

from chalicelib.core.pages.how import how_it_works
from chalicelib.core.pages.page import STATIC, Page, content_security_policy, icon
from chalicelib.core.pages.ranked import latest
from chalicelib.core.pages.receipts import receipt
from chalicelib.core.pages.sources import sources
from chalicelib.core.pages.status import status
from chalicelib.core.pages.stored_text import source_text
from chalicelib.core.pages.story import story
from chalicelib.core.pages.views import (
    archive,
    article,
    corrections,
    front,
    history,
    listing,
    preview,
    problem,
)

__all__ = [
    "STATIC",
    "Page",
    "archive",
    "article",
    "content_security_policy",
    "corrections",
    "front",
    "history",
    "how_it_works",
    "icon",
    "latest",
    "listing",
    "preview",
    "problem",
    "receipt",
    "source_text",
    "sources",
    "status",
    "story",
]
