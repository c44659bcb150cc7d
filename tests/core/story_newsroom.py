"""Accounts of one event by invented sources, for the tests of a story and of its page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.core.article import Elsewhere, Source
from chalicelib.core.stories import Account, Story, fingerprint, tell
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


def story_of(*accounts: Account) -> Story:
    told = tell(accounts, now=NOW)
    assert told is not None
    return told


def told_by_many() -> Story:
    """Return a story with all that one can have: a copy, two updates and a dispute."""
    wire = [f"Wire part {n} of wire report tells wire reader {n} how wire went." for n in range(40)]
    return story_of(
        account("The Skerrin ferry fire off Callport killed 12 people.", *wire, source="wire"),
        account("The Skerrin ferry fire off Callport killed 12 people.", *wire, source="echo",
                hours=1),
        account("Off Callport a fire on the Skerrin ferry left 15 dead.", source="post", hours=2),
        account("Twelve people died on the Skerrin ferry off Callport.", source="mail", hours=3),
    )  # fmt: skip


LINKS = (
    Elsewhere(
        headline="What the pilots knew",
        url="https://www.harbourpost.example/pilots",
        source=Source(id="harbour-post", name="Harbour Post", paywalled=True),
        published_at=DAWN,
    ),
    Elsewhere(
        headline="No date given",
        url="https://www.harbourpost.example/undated",
        source=Source(id="harbour-post", name="Harbour Post"),
        published_at=None,
    ),
)
