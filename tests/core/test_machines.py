"""What machines ask for by name: months without a gap, languages as they are wanted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chalicelib.core import machines
from chalicelib.core.site import Site
from desk import icons
from tests.core.pages_newsroom import NOW, SITE, make_article

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
MOMENTS = st.integers(0, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


def addresses(document: bytes) -> list[str]:
    root = ET.fromstring(document)  # noqa: S314  # our own
    return [str(loc.text) for loc in root.iter(f"{SITEMAP}loc")]


@given(MOMENTS, MOMENTS)
def test_every_moment_since_the_first_article_is_in_one_month_of_the_index(one, other):
    first_at, now = sorted((one, other))
    index = machines.sitemap_index(first_at, site=SITE, now=now)
    names = [address.rpartition("/")[2] for address in addresses(index)]

    months = [machines.month_of(name) for name in names]

    assert months[0][0] <= first_at
    assert months[-1][0] <= now < months[-1][1]
    for (_, ends), (begins, _) in pairwise(months):
        assert ends == begins


@pytest.mark.parametrize("name", ["2026", "2026-13", "2026-1", "26-01", "9999-12", "x", "2026-01-"])
def test_what_is_no_month_has_no_sitemap(name):
    assert machines.month_of(name) is None


def test_before_the_first_article_the_index_has_the_present_month():
    index = machines.sitemap_index(None, site=SITE, now=NOW)

    assert addresses(index) == ["https://news.example/sitemap/2026-11"]


def test_a_sitemap_says_when_each_article_last_changed():
    article = make_article(updated_at=NOW)

    root = ET.fromstring(machines.sitemap([article.card()], site=SITE))  # noqa: S314  # our own

    assert root.findtext(f"{SITEMAP}url/{SITEMAP}loc") == SITE.article(article)
    assert root.findtext(f"{SITEMAP}url/{SITEMAP}lastmod") == "2026-11-24T09:31:12Z"


@pytest.mark.parametrize(
    ("tag", "named"),
    [("en", "en"), ("pt-BR", "pt"), ("zh", "zh-cn"), ("zh-Hant-HK", "zh-tw"), ("zh-TW", "zh-tw")],
)
def test_search_engines_for_news_are_told_what_is_new_in_its_language(tag, named):
    article = make_article(language=tag, headline="A & B\x00")
    document = machines.news_sitemap([article.card()], site=SITE)

    (news,) = ET.fromstring(document).iter(f"{NEWS}news")  # noqa: S314  # our own

    assert news.findtext(f"{NEWS}publication/{NEWS}name") == "Broadsheet"
    assert news.findtext(f"{NEWS}publication/{NEWS}language") == named
    assert news.findtext(f"{NEWS}publication_date") == "2026-11-24T05:19:12Z"
    assert news.findtext(f"{NEWS}title") == "A & B"


def test_robots_are_sent_to_the_sitemaps_where_the_site_has_an_address():
    lines = machines.robots(site=SITE).decode().splitlines()

    assert "Disallow: /v1/" in lines
    assert "Sitemap: https://news.example/sitemap.xml" in lines
    assert "Sitemap: https://news.example/sitemap-news.xml" in lines
    assert machines.robots(site=Site(base="/api")) == b"User-agent: *\nDisallow: /api/v1/\n"


def test_the_icons_in_pixels_are_those_of_the_drawing():
    for name, data in icons.drawn().items():
        assert (icons.STATIC / name).read_bytes() == data, "python -m desk.icons draws them anew"


def pixels(name):
    return Image.open(BytesIO((icons.STATIC / name).read_bytes()))


def test_every_icon_has_the_size_that_it_is_said_to_have():
    for icon in json.loads(machines.manifest(site=SITE))["icons"][1:]:
        shown = pixels(icon["src"].rpartition("/")[2])
        assert f"{shown.width}x{shown.height}" == icon["sizes"]
    assert pixels("favicon.ico").size == (icons.FAVICON_PX, icons.FAVICON_PX)


def test_what_a_launcher_cuts_to_shape_has_colour_up_to_its_corners():
    for name in ("apple-touch-icon.png", "icon-maskable.png"):
        assert pixels(name).convert("RGBA").getpixel((0, 0))[3] == 255


def test_a_launcher_gets_the_name_and_a_picture_that_needs_no_request():
    told = json.loads(machines.manifest(site=SITE))

    assert (told["name"], told["start_url"]) == ("Broadsheet", "https://news.example/")
    assert told["icons"][0]["src"].startswith("data:image/svg+xml,")


def test_a_page_of_some_sections_is_an_application_of_its_own():
    whole = json.loads(machines.manifest(site=SITE))
    told = json.loads(machines.manifest(sections=("world", "science"), names="World", site=SITE))

    assert told["start_url"] == told["id"] == "https://news.example/?sections=world,science"
    assert (told["name"], told["short_name"]) == ("Broadsheet: World", "World")
    assert told["id"] != whole["id"]
    assert told["scope"] == whole["scope"]


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("desk@news.example", "mailto:desk@news.example"),
        ("https://a.example/", "https://a.example/"),
    ],
)
def test_who_finds_a_hole_is_told_whom_to_tell_and_for_how_long(contact, told):
    lines = machines.security(contact, site=SITE, now=NOW).decode().splitlines()

    assert f"Contact: {told}" in lines
    (expires,) = [line.partition(": ")[2] for line in lines if line.startswith("Expires")]
    assert timedelta(days=90) < datetime.fromisoformat(expires) - NOW < timedelta(days=365)
    assert "Canonical: https://news.example/.well-known/security.txt" in lines
