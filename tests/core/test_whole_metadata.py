"""What odd metadata, profiles and addresses mean, whole.

Each table is held to the one in `tests/approved/readings`, which somebody has read: what a change
makes of a case that nobody thought of shows in its diff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from chalicelib.core import links, sources
from chalicelib.core.article import article_id, slugify
from chalicelib.core.clean import media_key, web_address
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats.reading import Field
from chalicelib.core.metadata import Metadata, interpret, parse_moment
from chalicelib.core.stories.traits import address_digest
from tests import builders
from tests.core.formats.test_whole import finding
from tests.core.listings import listing, short

Approved = Callable[[str, str], None]


MOMENTS = (
    "2026-11-30T09:00:00Z",
    "2026-11-30",
    "2026/1/5 9:05",
    "2026-11-30 09:00:00.5 +0200",
    "2026-11-30T09:00:00-03",
    "20261130T090000Z",
    "20261130",
    "30 November 2026",
    "Nov. 30th, 2026",
    "Monday, 30 Nov 2026 at 09:00 GMT",
    "November 30, 2026 9:05 PM",
    "Mon, 30 Nov 2026 09:00 +0100",
    "30 Nov 26 09:00",
    "1796029200",
    "1796029200123",
    "03/05/2024",
    "31 Nov 2026",
    "1492-10-12",
    "9999-12-31",
    "soon",
    "2026-02-30",
    "2026-11-30T25:00:00Z",
    "12345",
    True,
    1796029200,
    1e30,
)


def test_a_moment_is_read_as_was_approved(approved: Approved) -> None:
    lines = []
    for said in MOMENTS:
        try:
            moment, has_zone = parse_moment(said)
            lines.append(f"{said}: {moment.isoformat()}{'' if has_zone else ' without a zone'}")
        except (ValueError, OverflowError) as error:
            lines.append(f"{said}: is no date{error}")

    approved("readings/moments.txt", listing(lines))


STATED: tuple[dict[str, Any], ...] = (
    {"headline": "A" * 501},
    {"title": "[Linked](https://a.example) &amp; told", "HEAD-LINE": "x"},
    {"standfirst": "word " * 900},
    {"author": "By Ilse Marrow; von Tom Reyes"},
    {"by": "[Ilse](https://a.example), [Tom](https://b.example)"},
    {"authors": "Ilse Marrow, Tom Reyes and Ada Lowe"},
    {"authors": "The desk, Callport"},
    {"byline": [{"name": "Ilse"}, "", None, "Ilse"]},
    {"byline": [f"Name {n}" for n in range(60)]},
    {"section": ["World News", "Sea"], "tags": "a, b ,b"},
    {"section": "!!", "tags": ["c", "d"]},
    {"tags": [f"tag {n}" for n in range(60)]},
    {"categories": ["One", "Two"]},
    {"source": {"id": "wire", "name": "Wire"}},
    {"publisher": {"title": "Wire Ltd"}},
    {"url": "nowhere", "canonical": "https://a.example/x"},
    {"link": "javascript:alert(1)"},
    {"lang": "zh_hans_CN.utf8"},
    {"language": "english please"},
    {"locale": "EN-us"},
    {"image": ["media/a.jpg", "x"]},
    {"image": {"src": "/media/b.jpg", "alt": "B", "credit": "C", "caption": "D"}},
    {"cover": "https://a.example/a.jpg"},
    {"image": "media/../a.jpg"},
    {"image": "media/a.jpg", "image_alt": "A", "image_caption": "x " * 2_000},
    {"draft": "maybe"},
    {"draft": "On"},
    {"breaking": 0},
    {"embargoed": "later"},
    {
        "correction": [
            {"text": "Wrong.", "date": "never"},
            {"correction": "Right.", "at": "2026-01-01"},
            {"at": "2026-01-01"},
        ]
    },
    {"corrections": "One."},
    {"correction": ["x"] * 60},
    {"slug": "/a/b/Some Slug/"},
    {"slug": "!!"},
    {"status": "stat:Cancelled", "status_reason": "x"},
    {"pubstatus": "published"},
    {"status": "lost"},
    {"same_story": ["a.md", "a.md", "b" * 2_000]},
    {"replaces": "a.md, b.md"},
    {"expires_at": 1796029200},
    {"pinned_until": "2026-03-05"},
    {"x": float("nan"), "y": {"z": (1, 2.5, None)}, "w": "é" * 5},
    {"big": "x" * 70_000, "small": 1},
    {f"key {n}": n for n in range(14)},
    {"headline": "~", "standfirst": [], "byline": {}},
    {"headline": True, "section": {"name": "Sea"}, "byline": 7},
)


def test_metadata_means_what_was_approved(approved: Approved) -> None:
    usual = Metadata()
    lines = []
    for given in STATED:
        lines.append(short(f"{given}"))
        try:
            read = interpret({key: Field(said, f"/{key}", 2, 1) for key, said in given.items()})
        except UploadRejected as error:
            lines += [f"    error {finding(one)}" for one in error.findings]
            continue
        for one in fields(Metadata):
            said = getattr(read.metadata, one.name)
            if said != getattr(usual, one.name):
                lines.append(short(f"    {one.name}: {said!r}"))
        lines += [f"    warning {finding(one)}" for one in read.warnings]
        lines += [f"    dropped {one.count} {one.what}: {one.why}" for one in read.dropped]

    approved("readings/metadata.txt", listing(lines))


PROFILES = (
    (
        "name: Courier\nhome_url: https://courier.example/\navatar: media/a.png\nowner: Marrow\n"
        "country: NO\nkind: newspaper\npaywalled: yes\nfeeds: [https://courier.example/rss, x,\n"
        " 'https://u:p@courier.example/x']\ncolour: teal"
    ),
    "name: Courier\nhome_url: nowhere\navatar: a.png\npaywalled: maybe\nfeeds: https://a.example",
    "home_url: https://courier.example/",
    "name: [",
    "- a",
)
LISTS = (
    builders.opml(
        {
            "text": "Courier",
            "xmlUrl": "https://courier.example/rss",
            "htmlUrl": "https://c.example",
        },
        {"title": "Courier", "text": "x", "xmlUrl": "https://courier.example/sport"},
        {"text": "", "xmlUrl": "https://herald.example/rss"},
        {"text": "Folder"},
        {"text": "Bad", "xmlUrl": "ftp://x"},
        {"text": "P", "xmlUrl": "https://u:p@a.example/rss"},
    ),
    b"<opml/>",
    b"<html/>",
)


def test_sources_are_read_as_was_approved(approved: Approved) -> None:
    lines = []
    files = [("sources/courier.yaml", one.encode()) for one in PROFILES]
    files += [
        ("sources/The Courier.yml", b"name: x"),
        *((sources.SUBSCRIPTIONS, one) for one in LISTS),
    ]
    for key, data in files:
        lines.append(f"{key} {data.decode()}")
        try:
            if key == sources.SUBSCRIPTIONS:
                told, warnings = sources.read_subscriptions(data)
            else:
                told, warnings = sources.read(key, data)
            lines += [f"    {one}" for one in (told if isinstance(told, tuple) else (told,))]
            lines += [f"    warning {finding(one)}" for one in warnings]
        except UploadRejected as error:
            lines += [f"    error {finding(one)}" for one in error.findings]

    approved("readings/sources.txt", listing(lines))


ADDRESSES = (
    "https://Www.Courier.example:443/a/b/?utm_source=x&b=2&a=1#t",
    "http://m.courier.example/a/b?a=1&b=2",
    "https://courier.example/",
    "https://courier.example/index.html",
    "https://courier.example/a/amp",
    "//courier.example/a",
    "ferry?id=7&fbclid=x",
    "/a b",
    "javascript:x",
    "mailto:a@b",
    "https://u@c.example/a",
    "https://[::1]:8080/a",
    "https://bücher.example/ü?q=ü",
    "https://courier.example:x/",
    "#top",
    "",
    "https://courier.example/" + "a" * 3_000,
    "data:image/png;base64,AA",
    "https:///a",
    "http://a..b/",
)
KEYS = (
    "media/a.jpg",
    "/media/a%20b.jpg",
    "media/",
    "media/../a",
    "a/media/b.jpg",
    "media/a\nb.jpg",
)
NAMES = (
    "Ferry & Crew: 214 aboard!",
    "Ærø—Ålesund ß",
    "渡し船",
    "  ",
    "a" * 200,
    "O’Brien’s U.S. win",
)


def test_addresses_and_names_are_read_as_was_approved(approved: Approved) -> None:
    base = "https://courier.example/news/feed.xml"
    lines = []
    for one in ADDRESSES:
        lines += [
            one[:80],
            f"    page: {links.page_address(one, base=base)}",
            f"    web: {short(web_address(one) or '-')}",
            f"    relative: {short(web_address(one, base_url=base) or '-')}",
            f"    digest: {address_digest(one)}",
        ]
    lines += [f"{one!r}: {media_key(one)}" for one in KEYS]
    lines += [f"{one[:40]!r}: {slugify(one)} {article_id(one)}" for one in NAMES]

    approved("readings/addresses.txt", listing(lines))
