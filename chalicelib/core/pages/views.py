"""The reader's pages: front page, article, lists, and the pages that say what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.core.around import Around, around
from chalicelib.core.article import Article, Card, moment
from chalicelib.core.limits import MAX_SECTIONS
from chalicelib.core.pages import labels, parts, passing_on, ranked, structured
from chalicelib.core.pages.page import Context, Page
from chalicelib.core.ranking import Latest, Ranked
from chalicelib.core.site import Site
from chalicelib.core.turns import Turns

if TYPE_CHECKING:
    from chalicelib.core.article import ArticleId, Corrected, Filing, Source

SECOND_STORIES = 3  # on the front page these are told in a line too, below the lead
PROBLEM_HEADLINES = 8  # enough to find something else to read, and all in sight


def front(
    latest: Latest,
    *,
    sections: Sequence[str] = (),
    since: datetime | None = None,
    site: Site,
    now: datetime,
) -> Page:
    """Return the front page of *latest* as of *now*: its first lead, then everything else.

    *sections* narrow it to those; what readers did not have at *since* is marked.
    """
    shown = latest.of_sections(sections) if sections else latest
    lead = shown.lead(now=now)
    links = shown.elsewhere.get(lead.id, ()) if lead else ()
    unchanged_since = parts.unchanged_since(
        [*([lead] if lead else ()), *shown.cards, *links],
        times=[latest.refreshed_at],
        ends=[latest.stale_at],
        now=now,
    )
    return Page(
        "front.html",
        partial(
            _front, latest, lead, sections=tuple(sections), since=since, site=site,
            now=unchanged_since,
        ),
    )  # fmt: skip


def _front(
    latest: Latest,
    lead: Article | None,
    *,
    sections: Sequence[str],
    since: datetime | None,
    site: Site,
    now: datetime,
) -> Context:
    shown = latest.of_sections(sections) if sections else latest
    stands = _around(lead, shown) if lead else Around()
    listed = ranked.beside(shown, lead, around=stands.cards(), now=now)
    about = "the latest news in short summaries, each point linked to its source."
    frame = parts.frame(
        site=site,
        now=now,
        title=None,
        description=f"{lead.headline} And {about}" if lead else about.capitalize(),
        address=site.url(),
        offered=parts.largest_sections(latest.cards),
        sections=sections,
    )
    names = labels.names(sections, among=shown.cards)
    return frame | {
        "article": parts.head(lead, site=site, now=now, since=since) if lead else None,
        "refreshed": labels.age(latest.refreshed_at, now=now),
        "sections": {"names": names} if sections and latest.cards else None,
        "choices": _choices(sections, latest, site=site),
        "news": ranked.news(
            listed[: ranked.BESIDE],
            state=ranked.state(
                shown.refreshed_at_if_stale(now),
                new=shown.count_new(since),
                since=since,
                new_url=site.narrowed("", sections, since=moment(latest.refreshed_at)),
                now=now,
            ),
            url=site.narrowed("latest", sections),
            since=since,
            why=True,
            standfirsts=SECOND_STORIES,
            site=site,
            now=now,
        ),
        "around": parts.around(stands, site=site, now=now, since=since),
        "story": _whole_story(lead, shown, site=site) if lead else None,
        "earlier": [
            ranked.card(one, site=site, now=now, since=since) for one in listed[ranked.BESIDE :]
        ],
        "structured": structured.front_page(
            [*([lead.card()] if lead else ()), *(one.card for one in listed)], site=site
        ),
    }


def _choices(sections: Sequence[str], latest: Latest, *, site: Site) -> list[Context]:
    """Return each section of the list with the address of this page with it, or without it.

    There is no account and no cookie: what a reader chose stands in the address, to be kept as a
    bookmark, a feed or an icon.
    """
    known = sorted({card.section for card in latest.cards if card.section})
    chosen = [slug for slug in known if slug in sections]
    if not chosen and len(known) - 1 <= MAX_SECTIONS:
        chosen = known  # of more, a choice begins with one, since no address holds the others
    told = []
    for slug in known if len(known) > 1 else ():
        then = [one for one in known if (one in chosen) is not (one == slug)]
        if then == known or len(then) <= MAX_SECTIONS:
            url = site.narrowed("", then if then != known else ())
            told.append({"label": labels.name(slug), "shown": slug in chosen, "url": url})
    return told


def article(
    article: Article,
    *,
    latest: Latest,
    around: Around,
    story_id: ArticleId | None = None,
    sources: int | None = None,
    site: Site,
    now: datetime,
) -> Page:
    """Return the article's page; *around* is what else there is of it.

    *story_id* is that of its story where others tell it too, *sources* how many do, if that is
    known.
    """
    listed = ranked.beside(latest, article, around=around.cards(), now=now)[: ranked.BESIDE]
    stale_refreshed_at = latest.refreshed_at_if_stale(now)
    unchanged_since = parts.unchanged_since(
        [article, *(one.card for one in listed), *around.told, *around.near],
        times=[stale_refreshed_at] if stale_refreshed_at else (),
        ends=[latest.stale_at],
        now=now,
    )
    return Page(
        "article.html",
        partial(
            _article, article, listed, around,
            stale_refreshed_at=stale_refreshed_at, offered=parts.largest_sections(latest.cards),
            story_id=story_id, sources=sources, site=site, now=unchanged_since,
        ),
    )  # fmt: skip


def _article(
    article: Article,
    listed: Sequence[Ranked],
    around: Around,
    *,
    stale_refreshed_at: datetime | None,
    offered: Sequence[str],
    story_id: ArticleId | None,
    sources: int | None,
    site: Site,
    now: datetime,
) -> Context:
    original = labels.web_address(article.original_url)
    frame = parts.frame(
        site=site,
        now=now,
        title=article.headline,
        description=article.standfirst or article.summary.text or article.headline,
        address=site.article(article),
        offered=offered,
        current=site.section(article.section) if article.section else None,
        article=article,
        original=original,
    )
    return frame | {
        "article": parts.head(article, site=site, now=now),
        "standfirst": article.standfirst,
        "body_html": site.body_html(article),
        "original": {"url": original, "label": labels.host(original)} if original else None,
        "published": labels.stamp(article.public_at),
        "revision": article.revision,
        "tags": [{"label": labels.name(tag), "url": site.tag(tag)} for tag in article.tags],
        "source_url": site.article(article, page="source"),
        "share": passing_on.share(article, address=parts.absolute(site.article(article))),
        "notice": None,
        "structured": structured.article_page(article, site=site),
        "news": ranked.news(
            listed, state=ranked.state(stale_refreshed_at, now=now), site=site, now=now
        ),
        "around": parts.around(around, site=site, now=now),
        "story": {"url": site.story(story_id), "label": labels.whole_story(sources)}
        if story_id
        else None,
    }


def _whole_story(lead: Article, shown: Latest, *, site: Site) -> Context | None:
    """Return the link to the lead's story, where others of the list tell it too."""
    others = ranked.same_story(shown, lead)
    if not others:
        return None
    return {"url": site.story(others[0].story), "label": labels.whole_story(None)}


def _around(lead: Article, shown: Latest) -> Around:
    """Return what stands under the lead of a list, as far as the list knows."""
    return around(
        lead.card(),
        others=ranked.same_story(shown, lead),
        elsewhere=shown.elsewhere.get(lead.id, ()),
        listed=shown.cards,
    )


def preview(shown: Article, *, is_draft: bool, site: Site, now: datetime) -> Page:
    """Return the page of what is not public yet, as its editors will see it published."""
    label = f"Readers see this from {labels.stamp(shown.public_at)['absolute']} on."
    if is_draft:
        label = "This is a draft: readers do not see it."
    inside = PreviewSite(title=site.title, base=site.base)
    nothing = Latest(refreshed_at=now, leads=(), cards=())
    page = article(shown, latest=nothing, around=Around(), site=inside, now=now)
    hidden = parts.frame(site=site, now=now, title=shown.headline, description=label)
    told: Context = {"notice": label, "structured": None, "share": []}
    return Page.of(page.template, page.context | hidden | told)


class PreviewSite(Site):
    """A site on which the article itself is at its preview's address."""

    def article(self, article: Article | Card, *, page: str = "", anchor: str = "") -> str:
        if not isinstance(article, Article):
            return super().article(article, page=page, anchor=anchor)
        return self.preview(article.id, article.preview)


def history(article: Article, revisions: Iterable[Article], *, site: Site, now: datetime) -> Page:
    """Return the page of *article*'s public revisions, newest first, with what changed."""
    newest_first = tuple(revisions)
    frame = parts.frame(
        site=site,
        now=now,
        title=f"What changed: {article.headline}",
        description=f"Every revision of “{article.headline}”, with what changed and when.",
        address=site.article(article, page="history"),
        current=site.section(article.section) if article.section else None,
        article=article,
    )
    befores = (*newest_first[1:], None)
    return Page.of(
        "history.html",
        frame
        | {
            "article": parts.head(article, site=site, now=now),
            "revisions": [
                _revision(after, before, now=now)
                for after, before in zip(newest_first, befores, strict=True)
            ],
        },
    )


def _revision(after: Article, before: Article | None, *, now: datetime) -> Context:
    """Tell what a revision changed; the first that is kept has nothing before it."""
    from chalicelib.core.differences import differences  # no other page compares texts

    said = {correction.text for correction in before.corrections} if before else set()
    changes = differences(before.body.text, after.body.text) if before else ()
    return {
        "number": after.revision,
        "at": labels.age(max(after.received_at, after.public_at), now=now),
        "headline": after.headline,
        "renamed": before.headline if before and before.headline != after.headline else None,
        "corrections": [c.text for c in after.corrections if c.text not in said],
        "is_first": before is None,
        "changes": [[{"kind": p.kind, "text": p.text} for p in pieces] for pieces in changes],
    } | parts.written(after.language)


def archive(
    cards: Iterable[Card],
    *,
    turns: Turns,
    place: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
    sections: Sequence[str] = (),
    site: Site,
    now: datetime,
) -> Page:
    """Return a page of everything below the latest list, newest first, or of *sections* alone.

    *turns* are the cursors of the next pages, *as_of* is the moment of the list that it goes on
    from.
    """
    cards, then = tuple(cards), moment(as_of) if as_of else None
    pager = _pager("latest", turns, is_empty=not cards, as_of=then, sections=sections, site=site)
    return Page(
        "list.html",
        partial(
            _archive, cards, pager, place=place, is_past=as_of is not None,
            sections=tuple(sections), site=site, now=parts.unchanged_since(cards, now=now),
        ),
        older=pager.older,
    )  # fmt: skip


def _archive(
    cards: Sequence[Card],
    pager: Pager,
    *,
    place: Mapping[str, str] | None,
    is_past: bool,
    sections: Sequence[str],
    site: Site,
    now: datetime,
) -> Context:
    address, names = site.url("latest"), labels.names(sections, among=cards)
    frame = parts.frame(
        site=site,
        now=now,
        title="Latest News",
        description=f"Everything {site.title} has published, newest first.",
        address=None if is_past else site.narrowed("latest", sections, **(place or {})),
        offered=parts.largest_sections(cards),
        current=address,
        sections=sections,
    )
    return frame | {
        **_listed(cards, pager, site=site, now=now),
        "structured": structured.list_page("Latest News", address, cards, site=site),
        "heading": f"Latest News: {names}" if names else "Latest News",
        "kicker": None,
        "profile": None,
    }


def listing(
    *,
    kind: Filing,
    value: str,
    profile: Source | None,
    cards: Iterable[Card],
    turns: Turns,
    place: Mapping[str, str] | None = None,
    site: Site,
    now: datetime,
) -> Page:
    """Return a page of one section, tag or source (whose *profile* then stands above it)."""
    cards = tuple(cards)
    pager = _pager(f"{kind}/{value}", turns, is_empty=not cards, site=site)
    return Page(
        "list.html",
        partial(
            _listing, kind, value, profile, cards, pager,
            place=place, site=site, now=parts.unchanged_since(cards, now=now),
        ),
        older=pager.older,
    )  # fmt: skip


def _listing(
    kind: Filing,
    value: str,
    profile: Source | None,
    cards: Sequence[Card],
    pager: Pager,
    *,
    place: Mapping[str, str] | None,
    site: Site,
    now: datetime,
) -> Context:
    address = {"section": site.section, "tag": site.tag, "source": site.source}[kind](value)
    heading = profile.name if profile else labels.name(value)
    frame = parts.frame(
        site=site,
        now=now,
        title=heading,
        description=labels.about_list(heading, site_title=site.title),
        address=site.url(f"{kind}/{value}", **place) if place else address,
        offered=parts.largest_sections(cards),
        current=address,
        feed=f"{kind}/{value}",
    )
    return frame | {
        **_listed(cards, pager, site=site, now=now),
        "structured": structured.list_page(heading, address, cards, about=profile, site=site),
        "heading": heading,
        "kicker": {"section": "Section", "tag": "Tag", "source": "Source"}[kind],
        "profile": parts.profile(profile, site=site) if profile else None,
    }


def corrections(
    corrected: Iterable[Corrected],
    *,
    turns: Turns,
    place: Mapping[str, str] | None = None,
    site: Site,
    now: datetime,
) -> Page:
    """Return a page of corrected articles, the last corrected first, each with what was said."""
    corrected = tuple(corrected)
    pager = _pager("corrections", turns, is_empty=not corrected, site=site)
    unchanged_since = parts.unchanged_since([one.card for one in corrected], now=now)
    return Page(
        "corrections.html",
        partial(_corrections, corrected, pager, place=place, site=site, now=unchanged_since),
        older=pager.older,
    )


def _corrections(
    corrected: Sequence[Corrected],
    pager: Pager,
    *,
    place: Mapping[str, str] | None,
    site: Site,
    now: datetime,
) -> Context:
    cards, address = tuple(one.card for one in corrected), site.url("corrections")
    frame = parts.frame(
        site=site,
        now=now,
        title="Corrections",
        description=labels.about_corrections(site_title=site.title),
        address=site.url("corrections", **(place or {})),
        offered=parts.largest_sections(cards),
        current=address,
        feed="corrections",
    )
    return frame | {
        **_listed(cards, pager, site=site, now=now),
        "corrections": [
            [{"time": labels.stamp(said.at), "text": said.text} for said in one.corrections]
            for one in corrected
        ],
        "structured": structured.list_page("Corrections", address, cards, site=site),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """The addresses to which a page of a list can be turned, None for those that there are not."""

    newest: str | None
    newer: str | None
    older: str | None


def _pager(
    path: str,
    turns: Turns,
    *,
    is_empty: bool,
    as_of: str | None = None,
    sections: Sequence[str] = (),
    site: Site,
) -> Pager:
    """Return the addresses for a page of the list at *path*; one that is empty leads back."""

    def at(**place: str) -> str:
        return site.narrowed(path, sections, as_of=as_of, **place)

    return Pager(
        newest=at() if turns.newer or is_empty else None,
        newer=at(before=turns.newer) if turns.newer else None,
        older=at(cursor=turns.older) if turns.older else None,
    )


def _listed(cards: Iterable[Card], pager: Pager, *, site: Site, now: datetime) -> Context:
    """Return the cards of a list, and the links that turn its pages."""
    return {
        "cards": [parts.card(card, site=site, now=now, standfirst=True) for card in cards],
        "newest": pager.newest,
        "newer": pager.newer,
        "older": pager.older,
    }


def problem(
    *, status: int, title: str, detail: str, latest: Latest | None, site: Site, now: datetime
) -> Page:
    """Return the page of an address that has nothing to show: why, and what to read instead."""
    cards = latest.cards if latest else ()
    offered = parts.largest_sections(cards)
    frame = parts.frame(site=site, now=now, title=title, description=detail, offered=offered)
    news = None
    if latest:
        listed = latest.ranked(now=now)[:PROBLEM_HEADLINES]
        state = ranked.state(latest.refreshed_at_if_stale(now), now=now)
        news = ranked.news(listed, state=state, site=site, now=now)
    told: Context = {"status": status, "heading": title, "detail": detail, "news": news}
    return Page.of("problem.html", frame | told)
