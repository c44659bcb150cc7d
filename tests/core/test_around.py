"""Around The Web: every voice at a glance, and links under the event that they tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib import placing
from chalicelib.core.around import MAX_TOLD, around, one_of_each_voice_first
from chalicelib.core.article import Card, Elsewhere, Source
from chalicelib.core.links import Link
from chalicelib.core.matching import matched
from tests import builders

NOON = datetime(2026, 3, 24, 12, tzinfo=UTC)
FERRY = builders.made(
    "ferry.md",
    "The ferry Skerrin ran aground off Callport on Tuesday with 214 passengers aboard. Captain "
    "Orla Vance said all of them were brought ashore at Skerrin Point by the coastguard.",
    public_at=NOON,
)
BUDGET = builders.made(
    "budget.md",
    "Finance minister Ilse Calder raised the tourism levy in Marrow in Thursday's budget, and "
    "hoteliers of the Marrow guild said they would go to court over the 4 crowns a night.",
    public_at=NOON,
)


def card(key: str, *, source: str, minutes: int = 0) -> Card:
    at = NOON + timedelta(minutes=minutes)
    return builders.made(key, builders.event(1), public_at=at, source=source).card()


def report(headline: str, *, source: str, minutes: int = 0, is_related: bool = False) -> Elsewhere:
    return Elsewhere(
        headline=headline,
        url=f"https://{source}.example/",
        source=Source(id=source, name=source, owner=source),
        published_at=NOON + timedelta(minutes=minutes),
        is_related=is_related,
    )


def link(headline: str, text: str = "", *, name: str = "1", url: str = "", days: int = 0) -> Link:
    at = NOON + timedelta(days=days)
    address = url or f"https://gazette.example/{name}"
    return Link(
        id=name, source="gazette", headline=headline, url=address, published_at=at, listed_at=at,
        text=text, language="en",
    )  # fmt: skip


def test_a_link_stands_under_the_event_that_it_tells() -> None:
    ferry = link(
        "All 214 passengers of the grounded Skerrin are safe at Callport",
        "Captain Orla Vance and the coastguard brought everyone to Skerrin Point.",
    )
    cup = link("Varnholm win the cup on penalties", "Keeper Ludo Perrin saved three.", name="2")

    found = matched(map(placing.traits_of, (FERRY, BUDGET)), (ferry, cup))

    assert found == {FERRY.id: ((ferry, True),)}


def test_a_link_of_weeks_before_is_about_another_event() -> None:
    old = link("Ferry Skerrin back in Callport after repairs", days=-40)

    found = matched([placing.traits_of(FERRY)], (old,))

    assert not any(is_sure for told in found.values() for _, is_sure in told)


def test_the_page_that_an_article_was_taken_from_is_no_other_report() -> None:
    words = FERRY.body.text[:90]
    ours = replace(FERRY, original_url="https://www.gazette.example/ferry")
    original = link(words, url="https://gazette.example/ferry/?utm_source=rss")
    other = link(words, url="https://gazette.example/ferry-again", name="2")

    found = matched([placing.traits_of(ours)], (original, other))

    assert [one.id for one, _ in found[ours.id]] == ["2"]


def test_the_newest_of_each_voice_stands_before_the_second_of_any() -> None:
    told = around(
        FERRY.card(),
        others=[card("a.md", source="post", minutes=1), card("b.md", source="post", minutes=9)],
        elsewhere=[report("x", source="wire", minutes=5), report("y", source="wire", minutes=7)],
        listed=[],
    ).told

    assert [(one.source.id, one.headline == "y") for one in told][:2] == [
        ("post", False),
        ("wire", True),
    ]
    assert [one.source.id for one in told] == ["post", "wire", "wire", "post"]


def test_what_is_only_related_stands_apart() -> None:
    stands = around(
        FERRY.card(),
        others=[],
        elsewhere=[report("near", source="wire", is_related=True)],
        listed=[],
    )

    assert stands.told == ()
    assert [one.headline for one in stands.near] == ["near"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99)), max_size=30))
def test_no_report_is_lost_or_doubled_by_the_order(given_: list[tuple[str, int]]) -> None:
    reports = [report(f"{n}", source=name, minutes=at) for n, (name, at) in enumerate(given_)]

    ordered = one_of_each_voice_first(reports)

    assert sorted(one.headline for one in ordered) == sorted(one.headline for one in reports)
    voices = len({one.source.voice for one in reports})
    assert len({one.source.voice for one in ordered[:voices]}) == voices
    told = around(FERRY.card(), others=[], elsewhere=reports, listed=[]).told
    assert len(told) == min(MAX_TOLD, len(reports))
