"""What a page tells search engines, previews of links and feed readers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.core import pages
from chalicelib.core.turns import Turns
from tests.core.pages_made import (
    article_page,
    front,
    structured,
)
from tests.core.pages_newsroom import (
    NOW,
    SITE,
    Seen,
    full_article,
    make_article,
    many,
)


def test_an_article_tells_search_engines_what_it_is_and_what_was_wrong():
    article = full_article()

    told = structured(article_page(article))["NewsArticle"]

    assert told["url"] == told["mainEntityOfPage"] == SITE.article(article)
    assert told["headline"] == article.headline
    assert told["datePublished"] == "2026-11-24T05:19:12Z"
    assert told["dateModified"] == "2026-11-24T08:31:12Z"
    assert told["author"] == [{"@type": "Person", "name": "Ilse Marrow"}]
    assert told["publisher"]["name"] == "Harbour Post"
    assert told["publisher"]["logo"]["url"] == "https://news.example/media/0a1b.png"
    assert told["image"]["url"] == "https://news.example/media/f.webp"
    assert told["isBasedOn"] == "https://harbourpost.example/ferry"
    assert told["inLanguage"] == "en"
    assert told["wordCount"] == 49
    assert told["isAccessibleForFree"] is True
    assert told["correction"] == [
        {
            "@type": "CorrectionComment",
            "text": "It was 212, not 221.",
            "datePublished": "2026-11-24T08:31:12Z",
        }
    ]


def test_what_an_article_does_not_say_is_not_told():
    told = structured(article_page(make_article(section=None)))["NewsArticle"]

    absent = {"articleSection", "correction", "image", "isBasedOn", "keywords", "hasPart"}
    assert not absent & set(told)
    assert told["author"] == [told["publisher"]]


def test_what_a_model_wrote_is_told_to_be_written_by_one():
    article = make_article()
    written = replace(article.summary.generation, method="bedrock")
    told = structured(
        article_page(replace(article, summary=replace(article.summary, generation=written)))
    )

    source = told["NewsArticle"]["hasPart"]["digitalSourceType"]
    assert source == "https://schema.org/TrainedAlgorithmicMediaDigitalSource"


def properties(page):
    metas = Seen(page.render()).all("meta")
    return {meta.get("property") or meta.get("name"): meta.get("content") for meta in metas}


def test_who_shows_a_link_to_an_article_is_given_a_picture_that_all_can_read():
    told = properties(article_page(full_article(language="pt-BR")))

    assert told["og:image"] == "https://news.example/media/s.jpeg"
    assert (told["og:image:width"], told["og:image:height"]) == ("1200", "675")
    assert told["og:image:alt"] == "A ferry"
    assert told["og:locale"] == "pt_BR"
    assert told["twitter:card"] == "summary_large_image"
    assert told["article:section"] == "World"
    assert told["article:published_time"] == "2026-11-24T05:19:12Z"
    assert told["article:modified_time"] == "2026-11-24T08:31:12Z"


@pytest.mark.parametrize("page", [article_page(make_article()), front(make_article())])
def test_what_has_no_picture_promises_none(page):
    told = properties(page)

    assert told["twitter:card"] == "summary"
    assert not {name for name in told if name and name.startswith("og:image")}
    assert "og:locale" not in told


def test_a_long_headline_is_told_to_search_engines_as_far_as_they_read():
    told = structured(article_page(make_article(headline="ferry " * 40)))

    assert len(told["NewsArticle"]["headline"]) <= 110


def test_an_article_tells_where_it_stands():
    told = structured(article_page(make_article()))["BreadcrumbList"]

    assert [(one["position"], one["name"]) for one in told["itemListElement"]] == [
        (1, "Broadsheet"), (2, "World"), (3, "What happened in world/ferry.md"),
    ]  # fmt: skip
    assert told["itemListElement"][1]["item"] == SITE.section("world")
    assert "item" not in told["itemListElement"][2]


def test_the_front_page_tells_the_site_and_what_stands_first():
    articles = [make_article(), *many(20)]
    told = structured(front(*articles))

    assert told["WebSite"]["url"] == "https://news.example/"
    listed = told["CollectionPage"]["mainEntity"]["itemListElement"]
    assert listed[0]["url"] == SITE.article(articles[0])
    assert [one["position"] for one in listed] == list(range(1, 11))
    assert len({one["url"] for one in listed}) == 10


def test_a_list_tells_what_it_lists_and_whose():
    source = make_article().source
    cards = [one.card() for one in many(2)]
    told = structured(
        pages.listing(kind="source", value=source.id, profile=source, cards=cards, turns=Turns(),
                      site=SITE, now=NOW)
    )  # fmt: skip

    assert told["CollectionPage"]["about"]["name"] == source.name
    assert [one["url"] for one in told["CollectionPage"]["mainEntity"]["itemListElement"]] == [
        SITE.article(one) for one in many(2)
    ]
    assert (
        "mainEntity"
        not in structured(pages.corrections((), turns=Turns(), site=SITE, now=NOW))[
            "CollectionPage"
        ]
    )


def test_search_engines_are_sent_to_the_original_of_what_was_published_elsewhere_first():
    for original in ("https://harbourpost.example/ferry", None):
        article = full_article(original_url=original)
        seen = Seen(article_page(article).render())

        (canonical,) = [link["href"] for link in seen.all("link") if link["rel"] == "canonical"]
        assert canonical == (original or SITE.article(article))
        assert SITE.article(article) in seen.values("content")


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (front(make_article()), ""),
        (article_page(make_article()), ""),
        (pages.corrections((), turns=Turns(), site=SITE, now=NOW), "corrections/"),
        (pages.listing(kind="tag", value="ferry", profile=None, cards=(), turns=Turns(),
                       site=SITE, now=NOW), "tag/ferry/"),
    ],
)  # fmt: skip
def test_a_page_offers_its_own_feed_in_every_form(page, place):
    links = Seen(page.render()).all("link")
    offered = {link["type"]: link["href"] for link in links if "feed" in link["href"]}

    assert offered == {
        "application/rss+xml": f"https://news.example/{place}feed.xml",
        "application/atom+xml": f"https://news.example/{place}feed.atom",
        "application/feed+json": f"https://news.example/{place}feed.json",
    }
