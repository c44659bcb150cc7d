"""Pages of the small newsroom, every kind of them, and how they are read."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st

from chalicelib.core import pages
from chalicelib.core.around import Around
from chalicelib.core.article import Corrected
from chalicelib.core.ranking import Latest
from chalicelib.core.turns import Turns
from chalicelib.core.watch import Feed
from tests.core.pages_newsroom import (
    HARBOUR_POST,
    NOW,
    SITE,
    full_article,
    latest_of,
    many,
)
from tests.core.story_newsroom import LINKS, told_by_many

ROOT = Path(__file__).parents[2]
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
TURNS = Turns(older="older", newer="newer")
EMPTY = Latest(refreshed_at=NOW, leads=(), cards=())
RECEIPT = {
    "key": "world/ferry.md",
    "kind": "article",
    "outcome": "rejected",
    "errors": [
        {"code": "bad-date", "message": "No such day.", "fix": "Use 30 Nov.", "line": 3,
         "column": 9, "pointer": "/published_at"},
    ],
    "warnings": [{"code": "no-zone", "message": "UTC was taken.", "fix": "Add Z.", "line": None}],
    "kept": {"words": 640, "images": 1, "tables": 0},
    "dropped": [{"what": "script element", "count": 1, "why": "not allowed", "line": 44}],
    "duplicates": [{"article_id": "aaaabbbbccccdddd", "similarity": 0.97}],
    "summary": {"text": "The ferry ran aground.", "evidence": ["s1"]},
    "key_points": [{"id": "p1", "text": "All came ashore."}],
    "changes": {
        "since_revision": 4,
        "metadata": [{"name": "tags", "before": "ferry", "after": "ferry, callport"},
                     {"name": "section", "before": "", "after": "world"}],
        "words_added": 1,
        "words_removed": 1,
        "markup_changed": False,
        "paragraphs": [[{"kind": "kept", "text": "She carries "},
                        {"kind": "removed", "text": "214"}, {"kind": "added", "text": "221"}]],
        "untold": 3,
    },
}  # fmt: skip


def front(*articles, **changes):
    return pages.front(latest_of(*articles, **changes), site=SITE, now=NOW)


NOTHING = Around()


def article_page(article, *others, around=NOTHING):
    latest = latest_of(article, *others)
    return pages.article(article, latest=latest, around=around, site=SITE, now=NOW)


def corrected(article):
    return Corrected(card=article.card(), corrections=article.corrections_newest_first())


def structured(page):
    """Return what the page tells programs about itself: its nodes, by their type."""
    (told,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.render())
    told = json.loads(told)
    assert told["@context"] == "https://schema.org"
    return {node["@type"]: node for node in told["@graph"]}


def parts_of(page, name):
    """Return the list's parts in the section called *name*, as markup."""
    section = page.render().partition(f'<section class="{name}"')[2].partition("</section>")[0]
    return re.findall(r"<li.*?</li>", section, re.DOTALL)


def every_page():
    article, others = full_article(), many(30)
    cards, at = [one.card() for one in others], {"site": SITE, "now": NOW}
    latest = latest_of(article, *others)
    yield front(article, *others)
    yield pages.front(EMPTY, **at)
    yield article_page(
        article, *others, around=Around(told=(cards[0], *LINKS), near=tuple(cards[1:2]))
    )
    yield pages.source_text(article, **at)
    yield pages.story(told_by_many(), links=LINKS, **at)
    yield pages.corrections([corrected(article)], turns=TURNS, **at)
    yield pages.sources([(HARBOUR_POST, (Feed(address="https://harbourpost.example/rss"),))], **at)
    yield pages.status(latest=latest, feeds=(), versions={"Broadsheet": "0"}, **at)
    yield pages.front(latest, sections=("world", "none"), since=NOW, **at)
    yield pages.latest(latest, older="next", since=NOW - timedelta(hours=1), **at)
    yield pages.latest(latest, older="next", as_of=NOW - timedelta(hours=1), **at)
    yield pages.latest(EMPTY, older=None, **at)
    yield pages.archive(cards, turns=TURNS, as_of=NOW - timedelta(hours=1), **at)
    for kind, profile in (("section", None), ("tag", None), ("source", HARBOUR_POST)):
        yield pages.listing(
            kind=kind, value="harbour-post", profile=profile, cards=cards, turns=Turns(), **at
        )
    yield pages.problem(status=410, title="Gone", detail="Withdrawn.", latest=latest, **at)
    yield pages.problem(status=404, title="Not found", detail="Nothing.", latest=None, **at)
    yield pages.receipt(RECEIPT, **at)


on_every_page = pytest.mark.parametrize("page", tuple(every_page()), ids=lambda page: page.template)


def in_order(page, *texts):
    at = -1
    for text in texts:
        at = page.find(text, at + 1)
        assert at >= 0, f"{text!r} is missing or out of order"
