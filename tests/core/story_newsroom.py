"""Accounts of one event by invented sources, for the tests of a story and of its page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.core.article import Source
from chalicelib.core.stories import Account, fingerprint
from tests.core.pages_newsroom import NOW, make_article, text_of

DAWN = NOW - timedelta(hours=4)


def account(*sentences: str, source: str = "courier", hours: float = 0, **changes: Any) -> Account:
    """Return the account of an article that *source* published *hours* after DAWN."""
    body, found = text_of([("paragraph", sentences)])
    at = DAWN + timedelta(hours=hours)
    profile = Source(id=source, name=source.title(), owner=changes.pop("owner", None))
    given = {
        "headline": f"{source.title()} on the ferry",
        "published_at": at,
        "updated_at": at,
        "source": profile,
        "body": body,
        "sentences": found,
        **changes,
    }
    key = changes.pop("key", None) or f"{source}/{hours:g}.md"
    article = make_article(key, **{name: value for name, value in given.items() if name != "key"})
    traits = fingerprint(
        id=article.id,
        headline=article.headline,
        text=body.text,
        language=article.language,
        published_at=at,
    )
    return Account.of(article, traits)
