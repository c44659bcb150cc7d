"""The page of a story: one event, every source, and where they disagree.

Its headline is the first article's: it stands as long as the story does, as its address does, and
no later article can put its own above the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.core.pages import labels, parts, structured
from chalicelib.core.pages.page import Context, Page

if TYPE_CHECKING:
    from chalicelib.core.article import ArticleId, Card, Elsewhere
    from chalicelib.core.site import Site
    from chalicelib.core.stories import Disagreement, Member, Statement, Story

_QUOTED = 3  # sources of one number; who wants to know of all has the JSON
_KINDS = {
    "differs": "The sources differ.",
    "updated": "Later reports give another number.",
}


def story(told: Story, *, links: Iterable[Elsewhere] = (), site: Site, now: datetime) -> Page:
    """Return the page of *told*; *links* are reports of the event on other sites."""
    links = tuple(links)
    shown: list[Card | Elsewhere] = [*(member.card for member in told.members), *links]
    unchanged_since = parts.unchanged_since(shown, now=now)
    return Page("story.html", partial(_story, told, links, site=site, now=unchanged_since))


def _story(told: Story, links: Sequence[Elsewhere], *, site: Site, now: datetime) -> Context:
    cards = {member.card.id: member.card for member in told.members}
    first = told.members[0].card
    frame = parts.frame(
        site=site,
        now=now,
        title=first.headline,
        description=f"{_counts(told)} {first.standfirst or first.headline}",
        address=site.story(told.id),
        offered=parts.largest_sections(cards.values()),
        feed=f"story/{told.id}",
        data=site.api(f"stories/{told.id}"),
    )
    return frame | {
        "structured": structured.story_page(told, site=site),
        "story": parts.written(first.language)
        | {
            "headline": first.headline,
            "first": parts.profile(first.source, site=site),
            "since": labels.age(first.public_at, now=now),
            "counts": _counts(told),
        },
        "disagreements": [_disagreement(one, cards, site=site) for one in told.disagreements],
        "sources": _originals(told, site=site, now=now),
        "around": {"told": parts.links(links, site=site, now=now), "near": []},
    }


def _counts(told: Story) -> str:
    """Say how many tell it: "5 articles by 4 sources, 2 of them copies."."""
    sources = len({member.card.source.id for member in told.members})
    copies = sum(member.copy_of is not None for member in told.members)
    articles = labels.counted(len(told.members), "article")
    copied = f", {copies} of them {'a copy' if copies == 1 else 'copies'}" if copies else ""
    return f"{articles} by {labels.counted(sources, 'source')}{copied}."


def _originals(told: Story, *, site: Site, now: datetime) -> list[Context]:
    """Return the members that repeat nobody, in order, each with all that repeat it."""
    root: dict[ArticleId, ArticleId] = {}
    copies: dict[ArticleId, list[Member]] = {}
    for member in told.members:
        own = member.card.id
        root[own] = root[member.copy_of] if member.copy_of else own
        copies.setdefault(root[own], []).append(member)
    return [
        _member(original, copies=others, told=told, site=site, now=now)
        for original, *others in copies.values()
    ]


def _member(
    member: Member, *, copies: Iterable[Member], told: Story, site: Site, now: datetime
) -> Context:
    is_first = member.card.id == told.id
    note = "The first to report it" if is_first else labels.added(member.adds)
    names = dict.fromkeys(one.card.source.name for one in copies)
    return {
        "card": parts.card(member.card, site=site, now=now, note=note),
        "copies": [_member(one, copies=(), told=told, site=site, now=now) for one in copies],
        "printed_by": labels.joined(list(names)),
    }


def _disagreement(told: Disagreement, cards: dict[ArticleId, Card], *, site: Site) -> Context:
    return {
        "thing": labels.thing(told.thing),
        "kind": _KINDS[told.kind],
        "sides": [
            {
                "said": side[0].figure.said,
                "statements": [
                    _statement(one, cards[one.article], site=site) for one in side[:_QUOTED]
                ],
                "more": labels.counted(len(side) - _QUOTED, "more source")
                if len(side) > _QUOTED
                else None,
            }
            for side in told.sides
        ],
    }


def _statement(one: Statement, card: Card, *, site: Site) -> Context:
    sentence = one.figure.sentence
    return parts.written(card.language) | {
        "source": card.source.name,
        "at": labels.stamp(one.at),
        "quote": one.figure.quote,
        "number": sentence.removeprefix("s"),
        "url": site.article(card, page="source", anchor=sentence),
    }
