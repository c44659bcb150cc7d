"""What leaves the newsroom, whole: every page, feed and file for machines, and every export.

The other tests say what must be so, one thing at a time. Here each is held to the one in
`tests/approved`, which somebody has read: a change of anything that readers get shows in its diff.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import api, feeds, machines, pages
from chalicelib.core.around import Around, around
from chalicelib.core.article import Article, Corrected, Fallback, Source
from chalicelib.core.changes import Change
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.exports import export
from chalicelib.core.pages import passing_on
from chalicelib.core.pages.page import Page
from chalicelib.core.site import Site
from chalicelib.core.stories import Story
from chalicelib.core.turns import Turns
from chalicelib.core.watch import Feed
from tests.core.pages_made import EMPTY, RECEIPT
from tests.core.pages_newsroom import (
    HARBOUR_POST,
    NOW,
    SITE,
    full_article,
    latest_of,
    make_article,
    many,
    told_by,
)
from tests.core.story_newsroom import LINKS, account, story_of, told_by_many
from tests.core.test_exports import made

Approved = Callable[[str, str], None]

AT: dict[str, Any] = {"site": SITE, "now": NOW}
FULL = full_article()
FOREIGN = make_article(
    "sport/regatta.md", age_min=1_500, headline="سباق القوارب في كالبورت", language="ar",
    section="sport", tags=("regatta", "skerrin-star"), byline=("Ada Lowe", "Ben Reyes"),
    source=Source(id="radio-vess", name="Radio Vess", kind="radio", country="Vess", owner="Marrow",
                  paywalled=True, home_url="https://vess.example"),
)  # fmt: skip
OLD = make_article("old.md", age_min=60 * 24 * 40, headline="A headline as long " * 6, section=None)
OTHERS = (FOREIGN, OLD, *many(2))
LATEST = latest_of(FULL, *OTHERS)
TOLD = told_by(LATEST, "world/ferry.md", FULL, OTHERS[2])
MODEL = replace(
    FULL.summary,
    withheld=("numbers", "names", "names", "odd"),
    generation=replace(
        FULL.summary.generation,
        method="bedrock",
        engine="nova",
        sentences_read=40,
        fallback=Fallback(engine="nova", reason="checks"),
    ),
)
REVISED = full_article(
    revision=3, updated_at=NOW - timedelta(minutes=5), summary=MODEL, headline="What happened next",
    language="pt-BR",
)  # fmt: skip
TURNS = Turns(older="older", newer="newer")


def corrected(*articles: Article) -> list[Corrected]:
    return [Corrected(card=a.card(), corrections=a.corrections_newest_first()) for a in articles]


FEED = Feed(address="https://harbourpost.example/rss")
PAGES: dict[str, Callable[[], Page]] = {
    "front": lambda: pages.front(TOLD, since=NOW - timedelta(days=1), **AT),
    "front-narrowed": lambda: pages.front(LATEST, sections=("sport",), **AT),
    "front-empty": lambda: pages.front(EMPTY, **AT),
    "article": lambda: pages.article(
        FULL,
        latest=TOLD,
        around=Around(told=(FOREIGN.card(), *LINKS), near=(OLD.card(),)),
        story_id=FULL.id,
        sources=3,
        **AT,
    ),
    "article-revised": lambda: pages.article(REVISED, latest=EMPTY, around=Around(), **AT),
    "article-alone": lambda: pages.article(
        OLD, latest=EMPTY, around=Around(), site=Site(), now=NOW
    ),
    "source-text": lambda: pages.source_text(FULL, **AT),
    "history": lambda: pages.history(REVISED, (REVISED, replace(FULL, revision=2)), **AT),
    "preview": lambda: pages.preview(FULL, is_draft=True, **AT),
    "story": lambda: pages.story(told_by_many(), links=LINKS, **AT),
    "latest": lambda: pages.latest(LATEST, older="next", since=NOW - timedelta(hours=1), **AT),
    "latest-then": lambda: pages.latest(LATEST, older=None, as_of=NOW - timedelta(hours=1), **AT),
    "archive": lambda: pages.archive(
        [OLD.card()], turns=TURNS, as_of=NOW, sections=("world",), **AT
    ),
    "section": lambda: pages.listing(
        kind="section", value="sport", profile=None, cards=[FOREIGN.card()], turns=TURNS, **AT
    ),
    "tag": lambda: pages.listing(
        kind="tag",
        value="skerrin-star",
        profile=None,
        cards=[],
        turns=Turns(),
        place={"cursor": "x"},
        **AT,
    ),
    "source": lambda: pages.listing(
        kind="source",
        value="radio-vess",
        profile=FOREIGN.source,
        cards=[FOREIGN.card()],
        turns=Turns(),
        **AT,
    ),
    "corrections": lambda: pages.corrections(corrected(FULL), turns=TURNS, **AT),
    "sources": lambda: pages.sources([(HARBOUR_POST, (FEED,)), (FOREIGN.source, ())], **AT),
    "status": lambda: pages.status(
        latest=LATEST, feeds=(FEED,), versions={"Broadsheet": "1"}, **AT
    ),
    "problem": lambda: pages.problem(
        status=410, title="Gone", detail="Withdrawn.", latest=LATEST, **AT
    ),
    "receipt": lambda: pages.receipt(
        {
            **RECEIPT,
            "format": "markdown",
            "revision": 5,
            "received_at": "2026-11-24T09:00:00Z",
            "ingested_at": "2026-11-24T09:00:01Z",
            "story_id": "x",
            "article_id": "y",
            "url": "https://news.example/a/y",
            "preview_url": "https://news.example/preview/y",
        },
        **AT,
    ),
    "receipt-of-takedown": lambda: pages.receipt(
        {"key": "takedowns/x.yaml", "kind": "takedown", "outcome": "published"}, **AT
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_was_approved(name: str, approved: Approved) -> None:
    markup = re.sub(r"<style>.*?</style>", "", PAGES[name]().render(), flags=re.DOTALL)
    lines = re.sub(r"\s*\n\s*", "\n", markup.replace("><", ">\n<"))

    approved(f"pages/{name}.html", lines.strip() + "\n")


def feed_of(*articles: Article, site: Site = SITE, **changes: Any) -> feeds.Feed:
    listed = [(one.card(), one.brief()) for one in articles]
    told: dict[str, Any] = {"name": "World", "path": "section/world", "older": "next", **changes}
    return feeds.of_articles(listed, site=site, **told)


HUB = replace(SITE, hub="https://hub.example/")
FEEDS: dict[str, Callable[[], feeds.Feed]] = {
    "articles": lambda: feed_of(FULL, FOREIGN, REVISED, site=HUB),
    "everything": lambda: feed_of(
        name=None, path="", older=None, sections=("sea", "world"), site=Site()
    ),
    "corrections": lambda: feeds.of_corrections(corrected(FULL, REVISED), older=None, site=SITE),
}


@pytest.mark.parametrize("form", feeds.FORMS)
@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_is_as_it_was_approved(name: str, form: str, approved: Approved) -> None:
    told = feeds.FORMS[form](FEEDS[name]()).decode()
    shown = json.dumps(json.loads(told), indent=1, ensure_ascii=False) if form == "json" else told

    approved(f"feeds/{name}.{form}", shown.replace("><", ">\n<").strip() + "\n")


CARDS = [FULL.card(), FOREIGN.card(), OLD.card()]
MACHINES: dict[str, Callable[[], bytes]] = {
    "robots.txt": lambda: machines.robots(site=SITE),
    "robots-elsewhere.txt": lambda: machines.robots(site=Site()),
    "sitemap-index.xml": lambda: machines.sitemap_index(OLD.public_at, **AT),
    "sitemap.xml": lambda: machines.sitemap(CARDS, site=SITE),
    "sitemap-news.xml": lambda: machines.news_sitemap(CARDS, site=SITE),
    "manifest.json": lambda: machines.manifest(sections=("world",), names="World", site=SITE),
    "security.txt": lambda: machines.security("security@news.example", **AT),
}


@pytest.mark.parametrize("name", MACHINES)
def test_what_machines_ask_for_is_as_it_was_approved(name: str, approved: Approved) -> None:
    approved(f"machines/{name}", MACHINES[name]().decode().replace("><", ">\n<").strip() + "\n")


# An article as programs read it


def disputed() -> Story:
    at = "the Skerrin ferry off Callport"
    return story_of(
        account(f"A fire on {at} killed 12 people and injured 40 others.", source="a"),
        account(f"A fire on {at} killed 15 people and injured 61.", source="b"),
        account(f"In a fire 15 people died on {at}.", source="c", hours=1),
        account(f"Some 214 people were aboard {at}.", source="d", hours=9),
        account(f"There were 180 people aboard {at}.", source="a2", owner="a"),
    )


CHANGED = Change(
    article_id=FULL.id, kind="withdrawn", at=NOW, reason="expired", until=NOW + timedelta(hours=1)
)
PROGRAMS: dict[str, Callable[[], object]] = {
    "full": lambda: api.article(
        FULL, site=SITE, story_id=OLD.id, around=Around(told=(FOREIGN.card(), *LINKS))
    ),
    "revised": lambda: api.article(REVISED, site=Site()),
    "card": lambda: api.card(FOREIGN.card(), site=SITE),
    "ranked": lambda: [api.ranked(one, site=SITE, explained=True) for one in TOLD.ranked(now=NOW)],
    "story": lambda: api.story(told_by_many(), site=SITE, links=LINKS),
    "disputed": lambda: api.story(disputed(), site=SITE)["disagreements"],
    "revision": lambda: api.revision(REVISED, site=SITE),
    "changes": lambda: [api.change(CHANGED, site=SITE), CHANGED.id, CHANGED.place],
    "source": lambda: api.watched(FOREIGN.source, (FEED,), site=SITE),
    "problem": lambda: api.problem(
        UploadRejected(Finding(code="c", message="m", fix="f", line=1)), detail="d", instance="/x"
    ),
    "around": lambda: around(
        FULL.card(),
        others=[one.card() for one in OTHERS[:2]],
        elsewhere=LINKS,
        listed=TOLD.cards,
    ),
    "letters": lambda: [
        passing_on.report(FULL, site=replace(site, corrections_email="d@news.example"), point="p")
        for site in (SITE, Site())
    ],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_told_what_was_approved(name: str, approved: Approved) -> None:
    told = json.dumps(PROGRAMS[name](), indent=1, ensure_ascii=False, default=str)

    approved(f"api/{name}.json", told + "\n")


# Exports


EXPORTED = json.dumps(
    {
        "headline": "Ferry: Skerrin [back] #1", "published_at": "2026-03-24T09:00:00Z",
        "standfirst": "no", "byline": ["Ada Lowe", "~"], "tags": ["a: b"], "section": "sea",
        "language": "en", "source": "wire", "updated_at": "2026-03-24T10:00:00Z",
        "image": "media/a b.jpg", "image_alt": "A", "image_credit": "B", "image_caption": "C",
        "embargo_until": "2026-03-25T09:00:00Z", "expires_at": "2027-03-25T09:00:00Z",
        "pinned_until": "2026-03-26T09:00:00Z", "breaking": True, "slug": "stated",
        "correction": [{"text": "It was Tuesday.", "at": "2026-03-24T11:00:00Z"}],
        "same_story": ["a.md"], "not_same_story": ["b.md"], "replaces": "c.md",
        "original_url": "https://e.example/?a=1&copy=2",
        "extra": {"n": 1, "deep": {"x": [None]}},
        "body_html": (
            "<h2>One_two *three*</h2><p>1. no list<br>- no list {{< x >}} a_b_c &amp;amp; "
            "<em>x</em> <strong>y</strong> <s>z</s> <code>c`d</code> <code>e</code> <u>u</u> "
            "<a href='https://e.example/a_(b)'>l</a> <a href='#x'>here</a></p>"
            "<ol start='3'><li>a</li><li><p>b</p><ul><li>c</li></ul></li></ol><ol><li>d</li></ol>"
            "<pre><code>```\n&lt;b&gt;\n</code></pre><pre>plain</pre><blockquote><p>q</p><p>r</p>"
            "</blockquote><table><thead><tr><th>A</th></tr></thead><tbody><tr><td>x|y</td></tr>"
            "</tbody></table><table><tbody><tr><td rowspan='2'>z</td></tr></tbody></table><hr>"
            "<figure><img src='media/a.jpg' alt='An [image]'><figcaption>c</figcaption></figure>"
            "<dl><dt>t</dt><dd>d</dd></dl><p><img src='media/b.jpg' alt=''></p>"
        ),
    }
).encode()  # fmt: skip


@pytest.mark.parametrize("form", ["markdown", "json", "ninjs"])
def test_an_export_is_as_it_was_approved(form: Any, approved: Approved) -> None:
    told = export(made("world/ferry.json", EXPORTED), form)

    lost = "".join(f"lost: {name}\n" for name in told.lost)
    approved(f"exports/{form}.txt", told.data.decode() + "\n" + lost)
