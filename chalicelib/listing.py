"""How the latest list is prepared: which articles, their stories, who else reports them, the leads.

What it holds is read consistently, and what differs is put; the order is made when the list is
read, by `core.ranking`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.core import ranking
from chalicelib.core.article import ArticleId, Card, Elsewhere
from chalicelib.core.ranking import FRESH_FOR, Latest

if TYPE_CHECKING:
    from chalicelib.aws.store import Store

MAX_PAGES = 5  # of a list, read to find that many cards that have not expired
LEADS = 3  # articles kept whole, so that one that expires leaves another to lead
NEWS_ELSEWHERE_FOR = timedelta(days=3)  # a link; older ones are no report of what is in the list
MAX_LINKS = 1_000  # of all feeds, matched at a refresh: one Query page
MAX_ELSEWHERE = 20  # kept under an article; the page shows fewer


def prepared(limit: int, *, store: Store, now: datetime) -> Latest | None:
    """Make the list of the newest *limit* articles and of what is pinned, with its leads.

    None where no row could hold it. What stands under its articles elsewhere is put on the way.
    """
    pinned, _ = _recent("pinned", limit=limit, store=store, now=now)
    recent, older = _recent("all", limit=limit, store=store, now=now)
    found = {card.id: card for card in (*pinned, *recent)}
    elsewhere = _elsewhere(found, store=store, now=now)
    cards, owners = with_stories(found.values(), elsewhere, store=store, now=now)
    latest = Latest(refreshed_at=now, leads=(), cards=cards, owners=owners, older=older)
    # Who leads now, and who will lead when embargoes, pins and flags have ended meanwhile.
    leads = dict.fromkeys(
        ranked.card.id
        for moment in (now, now + FRESH_FOR)
        for ranked in latest.ranked(now=moment)[:LEADS]
    )
    articles = store.articles(leads)
    whole = replace(
        latest,
        leads=tuple(article.without_body() for article in articles),
        elsewhere={id_: elsewhere[id_] for id_ in leads if id_ in elsewhere},
    )
    return _fitting(whole)


def _elsewhere(
    cards: Mapping[ArticleId, Card], *, store: Store, now: datetime
) -> dict[ArticleId, tuple[Elsewhere, ...]]:
    """Find the reports on other sites that belong under each card, and put what has changed.

    Every article of a story has those of all its articles. A publisher's own page of what stands
    here is no other report.
    """
    from chalicelib.core.matching import matched

    links = store.feeds.links(since=now - NEWS_ELSEWHERE_FOR, until=now, limit=MAX_LINKS)
    had = store.feeds.elsewhere(cards)
    if not links and not had:
        return {}
    sources = {watched.source.id: watched.source for watched in store.sources()}
    nodes = store.stories.nodes(cards)
    traits = [node.placed.traits for node in nodes.values() if node.placed.traits is not None]
    by_article = matched(traits, [link for link in links if link.source in sources])
    memberships = store.stories.memberships(cards)
    by_story: dict[ArticleId, list[ArticleId]] = defaultdict(list)
    for id_ in cards:
        by_story[memberships[id_].story_id if id_ in memberships else id_].append(id_)
    found: dict[ArticleId, tuple[Elsewhere, ...]] = {}
    for ids in by_story.values():
        told = [
            Elsewhere(
                headline=link.headline,
                url=link.url,
                source=sources[link.source],
                published_at=link.published_at,
                language=link.language or "en",
                is_related=not is_sure,
            )
            for id_ in ids
            for link, is_sure in by_article.get(id_, ())
        ]
        for id_ in ids:
            own = cards[id_].source.voice
            found[id_] = tuple(one for one in told if one.source.voice != own)[:MAX_ELSEWHERE]
    changed = {id_: told for id_, told in found.items() if told != had.get(id_, ())}
    store.feeds.put_elsewhere(changed, now=now)
    return found


def with_stories(
    cards: Iterable[Card],
    elsewhere: Mapping[ArticleId, tuple[Elsewhere, ...]],
    *,
    store: Store,
    now: datetime,
) -> tuple[tuple[Card, ...], dict[ArticleId, int]]:
    """Return the cards with the stories they are in, and how many owners tell each story."""
    cards = tuple(cards)
    memberships = store.stories.memberships(card.id for card in cards)
    told = [
        replace(card, story_id=memberships[card.id].story_id) if card.id in memberships else card
        for card in cards
    ]
    # A story's own articles, and those of it that are too old for the list.
    others = (
        replace(other, story_id=membership.story_id)
        for membership in memberships.values()
        for other in membership.others
    )
    public = (card for card in (*told, *others) if card.is_public(now))
    return tuple(told), ranking.owners_of(public, elsewhere)


def _recent(
    list_: str, *, limit: int, store: Store, now: datetime
) -> tuple[tuple[Card, ...], str | None]:
    """Return the newest cards of a list that have a place in the latest, and what comes after."""
    found: list[Card] = []
    older: str | None = ""
    left = limit  # what waits for its time takes nobody's place meanwhile
    for _ in range(MAX_PAGES):
        cards, turns = store.cards(
            list_, until=now + FRESH_FOR, after=older or "", limit=left, consistent=True
        )
        older = turns.older
        found += [
            card
            for card in cards
            if not card.has_expired(now) and (list_ == "all" or ranking.is_pinned(card, now))
        ]
        left = limit - sum(card.is_public(now) for card in found)
        if left <= 0 or older is None:
            break
    return tuple(found), older


def _fitting(latest: Latest) -> Latest | None:
    """Leave out leads from the end until a row can hold the list; None if it never can."""
    from chalicelib.core.codec import pack
    from chalicelib.core.limits import MAX_ROW_BYTES

    while len(pack(latest)) > MAX_ROW_BYTES:
        if not latest.leads:
            return None
        latest = replace(latest, leads=latest.leads[:-1])
    return latest
