"""The parts that pages are built of: the frame, a card, a source's profile, an article's head."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.core import ranking
from chalicelib.core.article import (
    Article,
    Card,
    Elsewhere,
    Generation,
    Image,
    KeyPoint,
    Source,
    direction,
    moment,
)
from chalicelib.core.pages import labels, passing_on
from chalicelib.core.site import FEED_FORMS

if TYPE_CHECKING:
    from chalicelib.core.around import Around
    from chalicelib.core.pages.page import Context
    from chalicelib.core.site import Site

MAX_NAV_SECTIONS = 8  # one line on a desktop, two on a phone
LONG_HEADLINE = 80  # characters; beyond, the largest size fills a phone's screen

_HOW_MADE = {
    "extractive": "How it was made: sentences from the article",
    "bedrock": "How it was made: by a model, then checked",
}
_METHODS = {
    "extractive": "A fixed rule chose the sentences that tell most of the article. No text is "
    "generated.",
    "bedrock": "A language model writes, and every point must pass checks of its numbers, names, "
    "quotations and negations against the article.",
}
_WITHHELD = {
    "numbers": "a number that the article does not give",
    "names": "a name that the article does not give",
    "quotes": "a quotation that the article does not have",
    "negation": "a statement turned into its opposite",
    "evidence": "no sentence of the article says it",
    "length": "too long",
    "form": "markup, or a quotation mark without its partner",
    "context": "not understood on its own",
    "repeats": "said already",
}
_FALLBACKS = {
    "short": "A language model is asked for longer articles only.",
    "checks": "A language model wrote first, and too little of it passed the checks.",
}
_NO_MODEL = "A language model was to write it and gave no answer that can be used."


def frame(
    *,
    site: Site,
    now: datetime,
    title: str | None,
    description: str,
    address: str | None = None,
    offered: Iterable[str] = (),
    current: str | None = None,
    article: Article | None = None,
    original: str | None = None,
    feed: str = "",
    sections: Sequence[str] = (),
    data: str | None = None,
) -> Context:
    """Return what every page has around its content.

    Without a *title* it is the site itself, without an *address* not for search engines, which
    are sent to the *original* where the page repeats one. The sections *offered*, and that of
    *article*, stand in an order that stays; *current* is the address in the navigation where the
    reader is.
    No page names others by `hreflang`: none is the translation of another.
    *feed* is the path of the page whose feeds are offered, the front page's by default, of
    *sections* alone where it is narrowed; *data* is where a program reads the same, if not an
    article.
    """
    newest = site.url("latest")
    own = [article.section] if article and article.section else []
    slugs = sorted({*offered, *own})
    places = [("Latest", newest), *((labels.name(slug), site.section(slug)) for slug in slugs)]
    return {
        "site": {"title": site.title, "home": site.url(), "latest": newest},
        "page": {
            "title": labels.titled(title, site_title=site.title) if title else site.title,
            "name": title or site.title,
            "description": labels.clipped(description),
            "indexed": address is not None,
            "address": absolute(address),
            "canonical": original or absolute(address),
            "type": "article" if article else "website",
            "image": _preview(article.image, site=site) if article else None,
            "locale": _locale(article.language) if article else None,
            "published_at": moment(article.public_at) if article else None,
            "modified_at": moment(article.card().changed_at) if article else None,
            "section": labels.name(article.section) if article and article.section else None,
            "feeds": [
                {
                    "type": media_type,
                    "title": f"{title if feed and title else site.title} ({form})",
                    "url": site.feed(feed, extension, sections=sections),
                }
                for extension, (form, media_type) in FEED_FORMS.items()
            ],
            "touch_icon": site.url("apple-touch-icon.png"),
            "manifest": site.narrowed("manifest.webmanifest", sections),
            "json": site.api(f"articles/{article.id}") if article else data,
        },
        "structured": None,
        "nav": [{"label": label, "url": url, "current": url == current} for label, url in places],
        "today": {"label": labels.date(now), "at": now.date().isoformat()},
        "footer": [
            {"label": "Latest News", "url": newest},
            {"label": "Corrections", "url": site.url("corrections")},
            {"label": "Sources", "url": site.url("sources")},
            {"label": "Status", "url": site.url("status")},
            {"label": "How it works", "url": site.url("how-it-works")},
            {"label": "RSS", "url": site.feed(feed, "xml", sections=sections)},
            {"label": "Latest as JSON", "url": site.api("latest")},
            {"label": "Articles as JSON", "url": site.api("articles")},
        ],
    }


def largest_sections(cards: Iterable[Card]) -> tuple[str, ...]:
    """Return the sections with the most cards, as many as a page offers."""
    counts = Counter(card.section for card in cards if card.section)
    return tuple(sorted(counts, key=lambda slug: (-counts[slug], slug))[:MAX_NAV_SECTIONS])


def unchanged_since(
    shown: Iterable[Article | Card | Elsewhere],
    *,
    times: Iterable[datetime] = (),
    ends: Iterable[datetime] = (),
    now: datetime,
) -> datetime:
    """Return since when a page of what is *shown* has read as it does at *now*.

    *times* are moments whose age it tells besides those of what is *shown*; *ends* are moments at
    which something else on it ends, besides pins, breaking news and expiries. Every page tells the
    day, so no answer is before the last midnight (UTC). A page is made as of that moment: it says
    what it would say now, and is the same page until it would not.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    aged, ended = [*times], [*ends]
    for one in shown:
        if isinstance(one, Elsewhere):
            aged += [one.published_at] if one.published_at else []
            continue
        aged.append(one.public_at)
        ended += ranking.ends_of(one)
        if isinstance(one, Article) and one.updated_at > one.public_at:
            aged.append(one.updated_at)
    began = [labels.told_since(at, now=now) for at in aged]
    return max([today, *began, *(end for end in ended if end <= now)])


def absolute(url: str | None) -> str | None:
    """Return *url* where it says the whole address, as the readers of such metadata need."""
    return url if url and url.startswith(("https://", "http://")) else None


def _preview(image: Image | None, *, site: Site) -> Context | None:
    """Return what a preview of a link shows; a picture prepared before there were any is WebP."""
    if image is None or image.picture is None:
        return None
    shown = image.picture.shared or image.picture.wide
    url = absolute(site.url(shown.path))
    return (
        {"url": url, "width": shown.width, "height": shown.height, "alt": image.alt}
        if url
        else None
    )


def _locale(language: str) -> str | None:
    """Return *language* as Open Graph writes it, None where it names no territory."""
    match = re.fullmatch(r"([a-z]{2,3})(?:-[A-Za-z]{4})?-([A-Za-z]{2})", language, re.ASCII)
    return f"{match[1]}_{match[2].upper()}" if match else None


def written(language: str) -> Context:
    """Return the attributes of text in *language* on a page in English."""
    english = language.partition("-")[0].lower() == "en"
    return {"lang": None if english else language, "rtl": direction(language) == "rtl"}


def profile(source: Source, *, site: Site) -> Context:
    home = labels.web_address(source.home_url)
    facts = [fact for fact in (source.kind, source.country) if fact]
    return _shown(source, site=site) | {
        "url": site.source(source.id),
        "home": {"url": home, "label": labels.host(home)} if home else None,
        "facts": [fact[:1].upper() + fact[1:] for fact in facts],
        "owner": source.owner,
        "paywalled": source.paywalled,
    }


def _shown(source: Source, *, site: Site) -> Context:
    """A source as a card shows it."""
    return {
        "name": source.name,
        "avatar": site.url(source.avatar) if source.avatar else None,
        "initial": labels.initial(source.name),
    }


def flags(article: Article | Card, *, now: datetime, since: datetime | None = None) -> list[str]:
    """Return the labels that set an article apart, the most urgent first."""
    breaking, pinned = ranking.is_breaking(article, now), ranking.is_pinned(article, now)
    return ["New"] * ranking.is_new(article, since) + ["Breaking"] * breaking + ["Pinned"] * pinned


def card(
    listed: Card,
    *,
    site: Site,
    now: datetime,
    since: datetime | None = None,
    standfirst: bool = False,
    note: str | None = None,
) -> Context:
    """Return *listed* as a card; *note* is what the list in which it stands says of it."""
    said = labels.clipped(listed.standfirst) if standfirst and listed.standfirst else None
    return written(listed.language) | {
        "url": site.article(listed),
        "headline": listed.headline,
        "standfirst": said,
        "source": _shown(listed.source, site=site),
        "age": labels.age(listed.public_at, now=now),
        "section": labels.name(listed.section) if listed.section else None,
        "flags": flags(listed, now=now, since=since)
        + ["Corrected"] * (listed.corrected_at is not None),
        "note": note,
        "also": [],
        "why": None,
    }


def around(shown: Around, *, site: Site, now: datetime, since: datetime | None = None) -> Context:
    """Return the section Around The Web: who else tells it, then what is on the same subject."""

    def reports(listed: Iterable[Card | Elsewhere]) -> list[Context]:
        return [
            told
            for one in listed
            for told in (
                [card(one, site=site, now=now, since=since)]
                if isinstance(one, Card)
                else links([one], site=site, now=now)
            )
        ]

    return {"told": reports(shown.told), "near": reports(shown.near)}


def links(elsewhere: Iterable[Elsewhere], *, site: Site, now: datetime) -> list[Context]:
    """Return reports on other sites as cards; what leads to no web page is left out."""
    return [
        written(link.language)
        | {
            "url": address,
            "headline": link.headline,
            "standfirst": None,
            "source": _shown(link.source, site=site),
            "age": labels.age(link.published_at, now=now) if link.published_at else None,
            "section": None,
            "flags": [],
            "note": "Subscription needed there" if link.source.paywalled else None,
            "also": [],
            "why": None,
        }
        for link in elsewhere
        if (address := labels.web_address(link.url))
    ]


def head(article: Article, *, site: Site, now: datetime, since: datetime | None = None) -> Context:
    """Return the head of an article: all that comes above its full text."""
    length = len(article.body.text) or max((s.end for s in article.sentences), default=0)
    return written(article.language) | {
        "url": site.article(article),
        "headline": article.headline,
        "long": len(article.headline) > LONG_HEADLINE,
        "section": _place(article.section, site=site),
        "flags": flags(article, now=now, since=since),
        "source": profile(article.source, site=site),
        "byline": ", ".join(article.byline) or None,
        "age": labels.age(article.public_at, now=now),
        "updated": labels.age(article.updated_at, now=now)
        if article.updated_at > article.public_at
        else None,
        "history_url": site.article(article, page="history") if article.revision > 1 else None,
        "reading_time": labels.reading_time(length, language=article.language),
        "image": _image(article.image, site=site),
        "corrections": [
            {"time": labels.stamp(said.at), "text": said.text}
            for said in article.corrections_newest_first()
        ],
        "summary": article.summary.text,
        "points": [_point(point, article, site=site) for point in article.summary.key_points],
        "made": _how_made(article, site=site),
    }


def _place(section: str | None, *, site: Site) -> Context | None:
    return {"label": labels.name(section), "url": site.section(section)} if section else None


def _image(image: Image | None, *, site: Site) -> Context | None:
    if image is None or image.picture is None:
        return None
    wide = image.picture.wide
    return {
        "url": site.url(wide.path),
        "srcset": site.srcset(image.picture),
        "alt": image.alt,
        "caption": image.caption,
        "credit": image.credit,
        "width": wide.width,
        "height": wide.height,
    }


def _point(point: KeyPoint, article: Article, *, site: Site) -> Context:
    sentences = dict.fromkeys(evidence.sentence for evidence in point.evidence)
    corrected_at = article.corrected_at(point)
    return {
        "id": point.id,
        "text": point.text,
        "evidence": [_sentence(one, article, site=site) for one in sentences],
        "corrected": labels.stamp(corrected_at) if corrected_at else None,
        "report_url": passing_on.report(article, site=site, point=point.id),
        "original": labels.text_fragment(article.original_url, point.evidence[0].quote)
        if point.evidence
        else None,
    }


def _sentence(sentence: str, article: Article, *, site: Site) -> Context:
    return {
        "number": sentence.removeprefix("s"),
        "url": site.article(article, page="source", anchor=sentence),
    }


def _how_made(article: Article, *, site: Site) -> Context:
    """Return one line on how the summary was made, and the details for who asks."""
    summary, made = article.summary, article.summary.generation
    at = made.generated_at
    withheld = Counter(_WITHHELD.get(reason, reason) for reason in summary.withheld)
    return {
        "line": _HOW_MADE.get(made.method, f"How it was made: {made.method}"),
        "method": _method(made),
        "engine": f"{made.engine} {made.engine_version}".strip(),
        "at": labels.stamp(at) if at else None,
        "evidence": [_sentence(one, article, site=site) for one in summary.evidence],
        "withheld": labels.counted(len(summary.withheld), "point") if withheld else None,
        "reasons": [
            reason if count == 1 else f"{reason} ({count})"
            for reason, count in sorted(withheld.items())
        ],
        "report_url": passing_on.report(article, site=site),
        "source_url": site.article(article, page="source"),
        "how_url": site.url("how-it-works"),
    }


def _method(made: Generation) -> str:
    """Say how a summary was made, and what was tried or left out before it."""
    told = [_METHODS.get(made.method, made.method)]
    if made.fallback is not None:
        told.append(_FALLBACKS.get(made.fallback.reason, _NO_MODEL))
    if made.sentences_read is not None:
        told.append(f"It read the first {made.sentences_read} sentences.")
    return " ".join(told)
