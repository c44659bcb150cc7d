"""What the front page and the other lists show, and why each article is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core import pages, ranking
from chalicelib.core.article import Source
from chalicelib.core.limits import MAX_SECTIONS
from chalicelib.core.turns import Turns
from tests.core.pages_made import (
    EMPTY,
    article_page,
    front,
    in_order,
)
from tests.core.pages_newsroom import (
    NOW,
    SITE,
    Seen,
    full_article,
    latest_of,
    make_article,
    many,
    told_by,
)

# The latest list


def by(name, key, *, age_min=60, **changes):
    source = Source(id=name.lower(), name=name)
    return make_article(key, age_min=age_min, source=source, **changes)


def whole_list(latest, **changes):
    return pages.latest(latest, older=None, site=SITE, now=NOW, **changes).render()


def test_every_article_of_the_list_says_why_it_is_there():
    ferry, report = by("Courier", "ferry.md", age_min=90), by("Post", "report.md", age_min=80)
    urgent = by("Wire", "urgent.md", age_min=200, breaking=True)
    latest = told_by(latest_of(ferry, report, urgent), "ferry", ferry, report)

    page = whole_list(latest)

    in_order(
        page,
        report.headline,
        f'id="why-{report.id}"',
        '<summary>Why<span class="vh"> is this</span> here?</summary>',
        "Public since 2026-11-24 08:11 UTC.",
        "Told by 2 owners: as if 3 h newer.",
        "Its score puts it level with an article from 2026-11-24 11:11 UTC.",
        "Also: <a",
        SITE.article(ferry),
        ">Courier<",
        urgent.headline,
        "Breaking news until 2026-11-24 12:11 UTC: as if 3 h newer.",
    )
    assert f'id="why-{ferry.id}"' not in page


def test_a_pinned_article_and_a_moved_one_say_what_overrules_their_score():
    pinned = by("Courier", "pinned.md", pinned_until=NOW + timedelta(hours=1))
    flood = [by("Courier", f"{n}.md", age_min=n) for n in range(4)]
    others = [by(f"Other {n}", f"o{n}.md", age_min=300) for n in range(8)]

    page = whole_list(latest_of(pinned, *flood, *others))

    in_order(
        page,
        pinned.headline,
        "Pinned above every score until 2026-11-24 10:31 UTC.",
        flood[0].headline,
        others[0].headline,
        flood[3].headline,
        "Moved down: of the first 10 articles, 3 at most are by Courier",
    )


def test_the_front_page_tells_its_first_story_once_with_links_to_who_tells_it_too():
    ferry, report, copy = (by(name, f"{name}.md") for name in ("Courier", "Post", "Wire"))
    others = many(12)
    latest = told_by(latest_of(ferry, report, copy, *others), "ferry", ferry, report, copy)

    seen = Seen(pages.front(latest, site=SITE, now=NOW).render())

    headings = [link["href"] for link in seen.all("a")]
    for article in (report, copy):
        assert headings.count(SITE.article(article)) == 1
    told = seen.words.partition("Around The Web")[2]
    assert report.headline in told
    assert copy.headline in told
    assert sum("/story/" in address for address in headings) == 1


def test_what_came_since_a_list_is_marked_and_counted():
    old, new, late = (
        by("Courier", "old.md", age_min=50, seen_at=NOW - timedelta(minutes=50)),
        by("Post", "new.md", age_min=5, seen_at=NOW - timedelta(minutes=5)),
        by("Wire", "late.md", age_min=90, seen_at=NOW - timedelta(minutes=1)),
    )
    since = NOW - timedelta(minutes=30)

    for page in (
        whole_list(latest_of(old, new, late), since=since),
        pages.front(latest_of(old, new, late), since=since, site=SITE, now=NOW).render(),
    ):
        assert "2 articles, marked New, came after 24 November 2026, 09:01 UTC." in page
        assert page.count(">New</b>") == 2
        assert f'href="{SITE.url()}' in page
    assert "Nothing has come since" in whole_list(latest_of(old), since=since)


def test_a_list_offers_what_will_be_new_since_it():
    latest = latest_of(make_article(), *many(2))

    link = "?since=2026-11-24T09%3A29%3A12Z"
    assert f'href="https://news.example/latest{link}"' in whole_list(latest)
    assert f'href="https://news.example/{link}"' in front(make_article(), *many(2)).render()


def test_a_front_page_can_be_narrowed_to_sections():
    world, sport = make_article("a.md"), make_article("b.md", section="sport")
    latest = latest_of(world, sport)

    page = pages.front(latest, sections=("sport",), site=SITE, now=NOW).render()
    nothing = pages.front(latest, sections=("weather", "law"), site=SITE, now=NOW).render()

    assert sport.headline in page
    assert world.headline not in page
    in_order(page, "Only Sport.", 'href="https://news.example/">Show every section')
    in_order(nothing, "No article of these sections is in the list now.", "Show every section")
    assert "Weather" not in nothing
    assert "could not be prepared" not in nothing
    broken = pages.front(EMPTY, sections=("sport",), site=SITE, now=NOW).render()
    assert "The list could not be prepared" in broken


def test_the_list_of_another_moment_says_so_and_is_not_for_search_engines():
    article = make_article()
    then = NOW - timedelta(hours=2)

    page = whole_list(latest_of(article, age_min=120), as_of=then)

    in_order(page, "noindex", "As of 24 November 2026, 07:31 UTC", article.headline)
    assert "Newer articles may be missing" not in page
    for more in (
        pages.latest(latest_of(article), older="c", as_of=then, site=SITE, now=NOW).render(),
        pages.archive(
            [article.card()], turns=Turns(older="c"), as_of=then, site=SITE, now=NOW
        ).render(),
    ):
        (link,) = [one for one in Seen(more).all("a") if one.get("rel") == "next"]
        assert set((link["href"] or "").partition("?")[2].split("&")) == {
            "as_of=2026-11-24T07%3A31%3A12Z",
            "cursor=c",
        }
    assert "Nothing that can be read now was public then." in whole_list(EMPTY, as_of=then)


@pytest.mark.parametrize(
    ("constant", "value", "told"),
    [
        ("DOUBLING_COUNTS", timedelta(hours=5), "2 owners count as 5 h, 4 owners count as 10 h"),
        ("BREAKING_COUNTS", timedelta(minutes=90), "+ 1 h 30 min if breaking"),
        ("BREAKING_FOR", timedelta(hours=11), "until an article is 11 h old"),
        ("SOURCE_CAP", 7, "7 at most are by one source"),
        ("TOP", 17, "Of the first 17 articles"),
        ("YIELDS_TO", timedelta(hours=13), "more than 13 h lower"),
    ],
)
def test_the_formula_on_the_page_is_the_one_that_ranks(monkeypatch, constant, value, told):
    def page():
        return Seen(pages.how_it_works(site=SITE, now=NOW).render()).words

    assert told not in page()

    monkeypatch.setattr(ranking, constant, value)

    assert told in page()


# What is listed


def test_nothing_is_listed_twice_on_a_front_page():
    lead, *others = [
        replace(article, terms=("boat", "fog", "sea") if number < 4 else ("goal",))
        for number, article in enumerate(many(30))
    ]

    links = [
        link["href"]
        for link in Seen(front(lead, *others).render()).all("a")
        if (link["href"] or "").startswith("https://news.example/a/")
    ]

    for article in others:
        assert links.count(SITE.article(article)) == 1, article.key


def test_a_small_newsroom_keeps_its_latest_news_whole():
    article, other = [replace(article, terms=("boat", "fog", "sea")) for article in many(2)]

    page = front(article, other).render()

    in_order(page, ">Latest News<", other.headline, ">Around The Web<", other.headline)


def test_an_article_does_not_list_itself():
    article, other = many(2)

    context = article_page(article, other).context

    news = context["news"]
    assert isinstance(news, dict)
    assert [card["headline"] for card in news["cards"]] == [other.headline]


def test_older_articles_are_a_link_away_and_the_end_has_none():
    articles = many(2)
    cards = [article.card() for article in articles]

    more = pages.latest(latest_of(*articles), older="a/b=&c", site=SITE, now=NOW).render()
    last = pages.latest(latest_of(*articles), older=None, site=SITE, now=NOW).render()
    archive = pages.archive(cards, turns=Turns(older="a/b=&c"), site=SITE, now=NOW).render()
    end = pages.archive(cards, turns=Turns(), site=SITE, now=NOW).render()

    for one in (more, archive):
        assert 'href="https://news.example/latest?cursor=a%2Fb%3D%26c" rel="next"' in one
    for one in (last, end):
        assert 'rel="next"' not in one
    assert 'class="pager"' not in end


def test_newer_articles_are_a_link_away_and_the_newest_page_has_none():
    cards = [article.card() for article in many(2)]
    shown = {"kind": "section", "value": "world", "profile": None, "site": SITE, "now": NOW}

    inside = pages.listing(cards=cards, turns=Turns(older="c", newer="a/b"), **shown).render()
    newest = pages.listing(cards=cards, turns=Turns(older="c"), **shown).render()
    beyond = pages.listing(cards=(), turns=Turns(older="c"), **shown).render()

    assert 'href="https://news.example/section/world?before=a%2Fb" rel="prev"' in inside
    assert ">Newest</a>" in inside
    assert 'rel="prev"' not in newest
    assert ">Newest</a>" not in newest
    assert ">Newest</a>" in beyond


def test_breaking_ends_after_six_hours_and_pinned_with_its_time():
    old = replace(full_article(), published_at=NOW - timedelta(hours=6), pinned_until=NOW)

    assert 'class="flag breaking"' in front(full_article()).render()
    assert 'class="flag pinned"' in front(full_article()).render()
    assert 'class="flag breaking"' not in front(old).render()
    assert 'class="flag pinned"' not in front(old).render()


# Sections on and off


def test_a_reader_takes_sections_in_and_out_by_the_address_alone():
    world, sport = (
        make_article("world/a.md", section="world"),
        make_article("s/b.md", section="sport"),
    )
    culture = make_article("c/c.md", section="culture")
    latest = latest_of(world, sport, culture)

    def choices(*sections: str) -> dict[str, str]:
        page = pages.front(latest, sections=sections, site=SITE, now=NOW).context["choices"]
        assert isinstance(page, list)
        return {("" if one["shown"] else "+") + one["label"]: one["url"] for one in page}

    home = "https://news.example/"
    assert choices() == {
        "Culture": f"{home}?sections=sport,world",
        "Sport": f"{home}?sections=culture,world",
        "World": f"{home}?sections=culture,sport",
    }
    assert choices("sport", "gardening") == {
        "+Culture": f"{home}?sections=culture,sport",
        "Sport": home,
        "+World": f"{home}?sections=sport,world",
    }
    assert choices("sport", "world")["+Culture"] == home


def test_no_choice_is_offered_that_an_address_cannot_hold():
    everything = [f"section-{n:02}" for n in range(MAX_SECTIONS + 2)]
    latest = latest_of(*(make_article(f"{slug}/a.md", section=slug) for slug in everything))

    def choices(*sections: str) -> dict[str, bool]:
        page = pages.front(latest, sections=sections, site=SITE, now=NOW).context["choices"]
        assert isinstance(page, list)
        return {one["url"].partition("?sections=")[2]: one["shown"] for one in page}

    assert choices() == dict.fromkeys(everything, False)
    whole = everything[:MAX_SECTIONS]
    assert choices(*whole) == {
        ",".join(one for one in whole if one != left): True for left in whole
    }
    assert len(choices(*whole[1:])) == len(everything)


def test_one_section_is_no_choice():
    assert "Choose sections" not in front(make_article(section="world")).render()


def test_each_page_of_a_list_is_a_page_of_its_own_for_search_engines():
    cards = [article.card() for article in many(2)]
    shown = {"kind": "tag", "value": "ferry", "profile": None, "cards": cards, "site": SITE}

    first = pages.listing(turns=Turns(older="c"), now=NOW, **shown).render()
    second = pages.listing(turns=Turns(newer="b"), place={"cursor": "c"}, now=NOW, **shown).render()

    assert '<link rel="canonical" href="https://news.example/tag/ferry">' in first
    assert '<link rel="canonical" href="https://news.example/tag/ferry?cursor=c">' in second
    assert "noindex" not in first + second
