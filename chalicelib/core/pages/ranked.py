"""The latest list on a page: each article in its place, what it stands for, what is new, why.

The list says how old it is wherever it stands, and an empty one is told as a fault: to who waits
for news, an empty newsroom and a broken one look the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.core.article import moment
from chalicelib.core.pages import labels, parts, structured
from chalicelib.core.pages.page import Context, Page
from chalicelib.core.ranking import is_new, rank

if TYPE_CHECKING:
    from chalicelib.core.article import Article, Card
    from chalicelib.core.ranking import Latest, Ranked
    from chalicelib.core.site import Site

BESIDE = 10  # cards; with six of Around The Web they stand as tall as a lead story


def latest(
    shown: Latest,
    *,
    older: str | None,
    as_of: datetime | None = None,
    since: datetime | None = None,
    sections: Sequence[str] = (),
    site: Site,
    now: datetime,
) -> Page:
    """Return the page of the whole list, with the reason of each place; of *sections* alone.

    With *as_of*, it is the list of that moment. What readers did not have at *since* is marked.
    *older* is the cursor of the archive that goes on where the list ends.
    """
    then = moment(as_of) if as_of else None
    goes_on = site.narrowed("latest", sections, cursor=older, as_of=then) if older else None
    offered = parts.largest_sections(shown.cards)
    narrowed = shown.of_sections(sections) if sections else shown
    unchanged_since = parts.unchanged_since(
        narrowed.cards, times=[shown.refreshed_at], ends=[shown.stale_at], now=now
    )
    return Page(
        "latest.html",
        partial(
            _latest, narrowed, offered=offered, older=goes_on, as_of=as_of, since=since,
            sections=tuple(sections), site=site, now=unchanged_since,
        ),
        older=goes_on,
    )  # fmt: skip


def _latest(
    shown: Latest,
    *,
    offered: Sequence[str],
    older: str | None,
    as_of: datetime | None,
    since: datetime | None,
    sections: Sequence[str],
    site: Site,
    now: datetime,
) -> Context:
    address = site.url("latest")
    names = labels.names(sections, among=shown.cards)
    frame = parts.frame(
        site=site,
        now=now,
        title=f"Latest News: {names}" if names else "Latest News",
        description=f"The latest of {site.title}, with the reason why each article stands there.",
        address=None if as_of else address,
        offered=offered,
        current=address,
        sections=sections,
    )
    listed = shown.ranked(now=as_of or now)
    return frame | {
        "cards": [
            card(one, site=site, now=now, since=since, standfirst=True, why=True) for one in listed
        ],
        "as_of": labels.stamp(as_of) if as_of else None,
        "refreshed": labels.age(shown.refreshed_at, now=now),
        "state": state(
            shown.refreshed_at_if_stale(as_of or now),
            new=shown.count_new(since),
            since=since,
            new_url=site.narrowed("latest", sections, since=moment(shown.refreshed_at)),
            now=now,
        ),
        "structured": structured.list_page(
            "Latest News", address, (one.card for one in listed), site=site
        ),
        "how_url": site.url("how-it-works") + "#order",
        "older": older,
        "newest": site.narrowed("latest", sections),
    }


def news(
    listed: Iterable[Ranked],
    *,
    state: Context,
    url: str | None = None,
    since: datetime | None = None,
    why: bool = False,
    standfirsts: int = 0,
    site: Site,
    now: datetime,
) -> Context:
    """Return the section Latest News, of which *url* has all.

    So many of its first cards have their *standfirsts*.
    """
    return {
        "cards": [
            card(one, site=site, now=now, since=since, standfirst=place < standfirsts, why=why)
            for place, one in enumerate(listed)
        ],
        "url": url or site.url("latest"),
        "state": state,
    }


def beside(
    shown: Latest, article: Article | None, *, around: Iterable[Card], now: datetime
) -> tuple[Ranked, ...]:
    """Return the list that stands beside *article*: not itself, and nothing shown twice.

    Where too few would be left, the small newsroom's list stays whole.
    """
    if article is None:
        return shown.ranked(now=now)
    others = [card for card in shown.cards if card.id != article.id]
    told = {card.id for card in (*around, *same_story(shown, article))}
    fresh = [card for card in others if card.id not in told]
    kept = fresh if len(fresh) >= BESIDE else others
    return rank(kept, owners=shown.owners, now=now)


def same_story(shown: Latest, article: Article) -> tuple[Card, ...]:
    """Return the other articles of the list that tell the story of *article*."""
    story = next((card.story for card in shown.cards if card.id == article.id), article.id)
    return tuple(card for card in shown.cards if card.story == story and card.id != article.id)


def card(
    one: Ranked,
    *,
    site: Site,
    now: datetime,
    since: datetime | None = None,
    standfirst: bool = False,
    why: bool = False,
) -> Context:
    """Return a card in its place; *why* adds the reason."""
    shown = parts.card(one.card, site=site, now=now, since=since, standfirst=standfirst)
    return shown | {
        "also": also(one.also, site=site, since=since),
        "why": _why(one) if why else None,
    }


def also(others: Iterable[Card], *, site: Site, since: datetime | None) -> list[Context]:
    """Return the links to the other articles of a story, by their sources."""
    return [
        parts.written(one.language)
        | {
            "url": site.article(one),
            "headline": one.headline,
            "source": one.source.name,
            "new": is_new(one, since),
        }
        for one in others
    ]


def state(
    stale_refreshed_at: datetime | None,
    *,
    new: int = 0,
    since: datetime | None = None,
    new_url: str | None = None,
    now: datetime,
) -> Context:
    """Return how old a stale list is, and how much is *new* to who saw that of *since*.

    *stale_refreshed_at* is when such a list was prepared, None for one that is not; *new_url* is
    where the page tells what is new in it.
    """
    return {
        "stale": labels.age(stale_refreshed_at, now=now) if stale_refreshed_at else None,
        "new": labels.counted(new, "article") if new else None,
        "since": labels.stamp(since) if since else None,
        "new_url": new_url,
    }


def _why(one: Ranked) -> Context:
    """Return the terms that count in a score, what they come to, and what overrules it."""
    fresh, *others = one.terms
    counted = [term for term in others if term.value_s]
    return {
        "id": f"why-{one.card.id}",
        "reasons": [
            *(term.why for term in (fresh, *counted)),
            *([one.conclusion] if counted else []),
            *([one.moved_because] if one.moved_because else []),
        ],
    }
