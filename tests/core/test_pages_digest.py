"""When a page is another: a digest names one body, and stays until something reads differently.

A page is made as of the moment since which it has read as it does. So no two bodies share a digest
whatever the times on them, and what has to be shown is that it says then what it would say now.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.core import pages
from chalicelib.core.around import around
from chalicelib.core.article import Article, Corrected, Correction, Elsewhere, Source
from chalicelib.core.pages import Page, labels
from chalicelib.core.pages.page import Context, release
from chalicelib.core.ranking import FRESH_FOR, Latest
from chalicelib.core.turns import Turns
from tests.core.pages_made import ROOT, on_every_page
from tests.core.pages_newsroom import NOW, SITE, latest_of, make_article
from tests.core.story_newsroom import LINKS, told_by_many

SECOND = timedelta(seconds=1)

# Where an age, an order or a state becomes another is within a second of such a time.
SPANS = st.builds(
    lambda count, unit_s, beside_s: (count * unit_s + beside_s) * SECOND,
    st.integers(-3, 12),
    st.sampled_from([1, 60, 3600, 86_400]),
    st.sampled_from([-1, 0, 0.5, 1]),
)
MOMENTS = st.integers(0, 2 * 86_400).map(lambda seconds: NOW + seconds * SECOND)
WAITS = st.sampled_from([1, 7, 59, 60, 600, 3_600, 86_400]).map(lambda seconds: seconds * SECOND)


@st.composite
def newsrooms(draw: st.DrawFn, now: datetime) -> tuple[Latest, tuple[Article, ...]]:
    """Draw the articles of a newsroom, and its list of them."""
    articles = tuple(
        make_article(
            f"world/{name}.md",
            source=Source(id=name[0], name=name[0]),
            section=draw(st.sampled_from(["world", "sport"])),
            published_at=now - draw(SPANS),
            updated_at=now - draw(SPANS),
            breaking=draw(st.booleans()),
            pinned_until=draw(st.none() | SPANS.map(lambda span: now + span)),
            expires_at=draw(st.none() | SPANS.map(lambda span: now + span)),
            terms=("boat", "fog", "sea"),
        )
        for name in draw(st.lists(st.text("ab", min_size=1, max_size=2), max_size=5, unique=True))
    )
    latest = latest_of(*articles)
    links = tuple(replace(link, published_at=now - draw(SPANS)) for link in LINKS)
    told = replace(
        latest,
        refreshed_at=now - draw(SPANS | st.sampled_from([FRESH_FOR, FRESH_FOR + SECOND])),
        leads=tuple(article.without_body() for article in articles[:3]),
        elsewhere={article.id: links for article in articles[:3]},
    )
    return told, articles


@dataclass(frozen=True)
class Reader:
    """Someone who asks for every page of a newsroom, whenever."""

    latest: Latest
    articles: tuple[Article, ...]
    links: tuple[Elsewhere, ...]
    since: datetime | None

    def pages(self, now: datetime) -> list[Page]:
        at = {"site": SITE, "now": now}
        latest = self.latest.as_of(now)
        cards = [one.card() for one in self.articles if one.is_public(now)]
        said = (Correction(at=NOW, text="It was 212."),)
        return [
            pages.front(latest, since=self.since, **at),
            pages.front(latest, sections=("sport",), **at),
            pages.latest(latest, older="next", since=self.since, **at),
            pages.archive(cards, turns=Turns(older="older"), **at),
            pages.listing(
                kind="tag", value="x", profile=None, cards=cards, turns=Turns(older="older"), **at
            ),
            pages.corrections(
                [Corrected(card=card, corrections=said) for card in cards], turns=Turns(), **at
            ),
            pages.story(told_by_many(), links=self.links, **at),
            *(self.article(one, now) for one in self.articles if one.is_public(now)),
        ]

    def article(self, shown: Article, now: datetime) -> Page:
        latest = self.latest.as_of(now)
        stands = around(shown.card(), others=(), elsewhere=self.links, listed=latest.cards)
        return pages.article(shown, latest=latest, around=stands, site=SITE, now=now)


@st.composite
def readers(draw: st.DrawFn) -> tuple[Reader, datetime]:
    now = draw(MOMENTS)
    latest, articles = draw(newsrooms(now))
    links = tuple(replace(link, published_at=now - draw(SPANS)) for link in LINKS)
    since = draw(st.none() | SPANS.map(lambda span: now - span))
    return Reader(latest, articles, links, since), now


def said_at(page: Page, now: datetime) -> Context:
    """Return what the page would say if it were made as of *now*."""
    made = page.values
    return made.func(*made.args, **{**made.keywords, "now": now})


@given(readers())
def test_a_page_says_what_it_would_say_at_this_second(drawn: tuple[Reader, datetime]) -> None:
    reader, now = drawn

    for page in reader.pages(now):
        assert page.context == said_at(page, now)


@given(readers(), WAITS)
def test_what_is_the_same_page_a_while_later_reads_the_same(
    drawn: tuple[Reader, datetime], wait: timedelta
) -> None:
    reader, now = drawn
    had = {page.digest(): said_at(page, now) for page in reader.pages(now)}

    for page in reader.pages(now + wait):
        assert had.get(page.digest()) in (None, said_at(page, now + wait))


@given(readers(), WAITS)
def test_while_its_list_stays_an_article_s_page_is_another_exactly_when_it_reads_differently(
    drawn: tuple[Reader, datetime], wait: timedelta
) -> None:
    reader, now = drawn
    assume(reader.latest.as_of(now) == reader.latest.as_of(now + wait))
    for article in reader.articles:
        shown = replace(article, expires_at=None)
        before, after = reader.article(shown, now), reader.article(shown, now + wait)

        assert (before.digest() == after.digest()) is (before.context == after.context)


@given(SPANS, MOMENTS)
def test_an_age_reads_the_same_since_when_it_is_told_and_not_before(
    span: timedelta, now: datetime
) -> None:
    at = now - span
    since = labels.told_since(at, now=now)

    assert since <= now
    assert labels.age(at, now=since) == labels.age(at, now=now)
    assert labels.age(at, now=since - SECOND) != labels.age(at, now=now)


def test_the_digest_stands_still_until_a_label_changes() -> None:
    article = make_article(age_min=252)
    latest = latest_of(article)
    reader = Reader(latest, (article,), (), None)

    def front_at(seconds: int) -> str:
        return pages.front(latest, site=SITE, now=NOW + seconds * SECOND).digest()

    def article_at(seconds: int) -> str:
        return reader.article(article, NOW + seconds * SECOND).digest()

    assert front_at(0) == front_at(59)
    assert front_at(0) != front_at(60)
    assert article_at(0) == article_at(600)
    assert article_at(0) != article_at(3600)


def test_no_page_is_another_one_for_the_second_alone() -> None:
    article = make_article(age_min=252)
    latest = replace(latest_of(article), refreshed_at=NOW)
    reader = Reader(latest, (article,), (), None)

    for before, after in zip(reader.pages(NOW), reader.pages(NOW + 59 * SECOND), strict=True):
        assert before.digest() == after.digest(), before.template


def test_a_release_makes_every_page_another(tmp_path: Path) -> None:
    core = tmp_path / "core"
    shutil.copytree(ROOT / "chalicelib" / "core", core)
    before = release(core)

    with (core / "pages" / "labels.py").open("a", encoding="utf-8") as module:
        module.write("# another release\n")

    assert release.__wrapped__(core) != before == release()


def test_a_refresh_that_changes_nothing_leaves_an_article_s_page_as_it_was() -> None:
    article = make_article()
    before = latest_of(article, make_article("world/fog.md"))
    after = replace(before, refreshed_at=NOW)

    def page(latest: Latest) -> Page:
        return Reader(latest, (article,), (), None).article(article, NOW)

    assert page(before).digest() == page(after).digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Another"},
        {"base": "https://other.example"},
        {"corrections_email": "desk@news.example"},
    ],
)
def test_a_page_of_another_site_is_another_page(changes: dict[str, str]) -> None:
    latest = latest_of(make_article())
    other = replace(SITE, **changes)

    page, there = (pages.front(latest, site=site, now=NOW) for site in (SITE, other))

    assert page.digest() != there.digest()


# What is given as it is shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
CONTEXTS = st.dictionaries(st.text(), JSON, max_size=4)


@given(CONTEXTS, CONTEXTS)
def test_two_pages_share_a_digest_exactly_when_they_say_the_same(
    one: Context, other: Context
) -> None:
    same = json.dumps(one) == json.dumps(other)

    assert (Page.of("a.html", one).digest() == Page.of("a.html", other).digest()) is same
    assert Page.of("a.html", one).digest() != Page.of("b.html", one).digest()


@on_every_page
def test_a_page_is_rendered_from_plain_values_alone(page: Page) -> None:
    plain = json.loads(json.dumps(page.context))

    assert plain == page.context
    assert page.render() == Page.of(page.template, plain).render()


def test_a_digest_costs_no_template_engine() -> None:
    asked = (
        "import sys; from chalicelib.core import pages;"
        "pages.Page.of('front.html', {}).digest(); pages.content_security_policy();"
        "print(sorted({'jinja2', 'markupsafe', 'boto3'} & set(sys.modules)))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert answer.stdout.strip() == "[]"
