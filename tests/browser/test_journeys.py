"""Journeys of readers with scripts off: on a phone and a desktop, by day and by night."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import newsroom
from tests.browser.conftest import Site

_BACKGROUND = "(one) => getComputedStyle(one).backgroundColor"


def main(page: Page):
    return page.get_by_role("main")


def headline(page: Page):
    return page.get_by_role("heading", level=1)


def test_from_the_front_page_to_the_sentence_behind_a_key_point_and_back(page: Page) -> None:
    page.goto("/")
    headline(page).get_by_role("link", name=newsroom.FERRY).click()
    expect(headline(page)).to_have_text(newsroom.FERRY)
    article = page.url
    points = page.get_by_role("region", name=newsroom.FERRY)
    expect(points).to_contain_text("timetable with four crossings")

    points.get_by_role("listitem").filter(has_text="timetable").get_by_role("link").click()

    sentence = page.locator(":target")
    expect(sentence).to_contain_text("vote next month on a timetable with four crossings a day")
    expect(sentence).to_be_in_viewport()
    other = page.get_by_text("The pilot mistook one buoy")
    assert sentence.evaluate(_BACKGROUND) != other.evaluate(_BACKGROUND)

    page.get_by_role("link", name="Key point").last.click()
    assert page.url.startswith(f"{article}#p")
    expect(page.locator(":target")).to_be_in_viewport()
    page.go_back()
    page.go_back()
    assert page.url == article


def test_from_an_article_to_what_changed_in_it_and_to_all_corrections(page: Page) -> None:
    page.goto(newsroom.PAGES["article"])
    expect(page.get_by_role("region", name="Corrections")).to_contain_text(newsroom.CORRECTION)

    page.get_by_role("link", name="What changed").click()
    expect(main(page).get_by_role("deletion").filter(has_text="212").first).to_be_visible()
    expect(main(page).get_by_role("insertion").filter(has_text="214").first).to_be_visible()
    expect(main(page)).to_contain_text(newsroom.CORRECTION)

    page.get_by_role("contentinfo").get_by_role("link", name="Corrections").click()
    expect(headline(page)).to_have_text("Corrections")
    expect(main(page)).to_contain_text(newsroom.CORRECTION)
    main(page).get_by_role("link", name=newsroom.FERRY).click()
    expect(page.get_by_role("region", name="Corrections")).to_be_in_viewport()


def test_a_storys_page_shows_every_source_and_where_they_differ(page: Page) -> None:
    page.goto(newsroom.PAGES["article"])
    page.get_by_role("link", name="All 3 sources of this story").click()

    told = page.get_by_role("region", name="Who tells it")
    for source in ("Vessan Wire", "The Callport Courier"):
        expect(told.get_by_text(source).first).to_be_visible()
    copy = told.get_by_role("article").filter(has_text="The Log").last
    expect(copy).not_to_be_visible()
    told.get_by_text("Printed by The Log too").click()
    expect(copy).to_be_visible()
    differ = page.get_by_role("region", name="Where the sources differ")
    expect(differ).to_contain_text("221")
    expect(differ).to_contain_text("214")
    elsewhere = page.get_by_role("region", name="Around The Web").get_by_role("link")
    expect(elsewhere.first).to_have_text(newsroom.REPORT)
    expect(elsewhere.first).to_have_attribute("href", re.compile("^https://harbour-post.example/"))

    differ.get_by_role("link").first.click()
    expect(page.locator(":target")).to_contain_text("aground")


def test_from_a_sections_newest_articles_to_its_oldest_and_back(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="World").click()
    expect(headline(page)).to_have_text("World")
    newest = main(page).get_by_role("article").all_inner_texts()

    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Older").click()
    older = main(page).get_by_role("article").all_inner_texts()
    assert older
    assert not set(older) & set(newest)
    expect(pages.get_by_role("link", name="Older")).to_have_count(0)
    pages.get_by_role("link", name="Newest").click()

    assert main(page).get_by_role("article").all_inner_texts() == newest


def test_who_comes_for_a_withdrawn_article_is_told_so_and_can_read_on(page: Page) -> None:
    answer = page.goto(newsroom.PAGES["withdrawn"])
    assert answer is not None
    assert answer.status == 410
    expect(main(page)).to_contain_text("withdrawn")
    expect(main(page)).not_to_contain_text("Withdrawn report")

    news = page.get_by_role("region", name="Latest News")
    news.get_by_role("link", name=newsroom.ARABIC).click()
    expect(headline(page)).to_have_text(newsroom.ARABIC)
    page.goto(newsroom.PAGES["withdrawn"])
    page.get_by_role("link", name="To the front page").click()
    expect(headline(page)).to_have_text(newsroom.FERRY)


def test_an_editors_receipt_leads_to_the_article(page: Page, site: Site) -> None:
    page.goto(site.pages["receipt"])
    expect(headline(page)).to_have_text("ferry.md")
    expect(main(page)).to_contain_text("Corrected")

    main(page).get_by_role("link", name="The article").click()

    expect(headline(page)).to_have_text(newsroom.FERRY)


def test_a_receipt_of_a_rejection_says_where_and_how_to_mend_it(page: Page, site: Site) -> None:
    page.goto(site.pages["receipt of a rejection"])

    errors = main(page).get_by_role("listitem").filter(has_text="To mend it")
    expect(errors.first).to_contain_text("ine ")
    expect(main(page)).to_contain_text("Nothing that readers see was changed")
