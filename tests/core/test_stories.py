"""A story is a function of the set of articles, and editors have the last word."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import formats
from chalicelib.core.article import ArticleId, article_id
from chalicelib.core.language import guess_language
from chalicelib.core.stories import (
    COPY,
    FAN_OUT,
    Traits,
    fingerprint,
    index_keys,
    similarity,
    stories,
)
from chalicelib.core.stories.traits import address_digest
from desk import samples
from tests.conftest import NOW

FERRY = (
    "The Skerrin ferry ran aground off Callport on Tuesday with 214 people aboard, the coastguard "
    "said. Captain Orla Vance ordered passengers to the upper deck. Nobody was hurt."
)
FERRY_AGAIN = (
    "All 214 passengers of the Skerrin ferry are safe after it hit rocks near Callport on Tuesday. "
    "Orla Vance, its captain, said the tide had turned early, the coastguard confirmed."
)
OTHER_FERRY = (
    "A ferry caught fire near Port Hallam on Friday with 88 people aboard, the coastguard said. "
    "Engineer Tomas Reyk put it out. The operator, Norline, has withdrawn the ship."
)
BUDGET = (
    "Finance minister Ines Calder raised the tourist tax to 4.5 percent in Thursday's budget. "
    "Hotels in Marrow Bay called the increase ruinous."
)


def traits(
    name: str, text: str, *, hours: float = 0, headline: str = "", **given: object
) -> Traits:
    return fingerprint(
        id=article_id(name),
        headline=headline,
        text=text,
        language=str(given.pop("language", "en")),
        published_at=NOW + timedelta(hours=hours),
        **given,  # type: ignore[arg-type]
    )


def together(found: dict[ArticleId, ArticleId], *names: str) -> bool:
    return len({found[article_id(name)] for name in names}) == 1


# What belongs together


def test_two_reports_of_one_event_are_one_story_and_a_look_alike_is_another() -> None:
    found = stories(
        [
            traits("a", FERRY),
            traits("b", FERRY_AGAIN, hours=3),
            traits("c", OTHER_FERRY, hours=1),
            traits("d", BUDGET, hours=2),
        ]
    )

    assert together(found, "a", "b")
    assert len(set(found.values())) == 3


def test_a_story_has_the_id_of_its_first_article() -> None:
    late, early = traits("a", FERRY, hours=5), traits("b", FERRY_AGAIN)

    assert set(stories([late, early]).values()) == {article_id("b")}


def test_one_address_is_one_story_whatever_was_done_to_the_text() -> None:
    one = traits("a", FERRY, original_url="https://www.example.org/news/ferry/?utm_source=x#top")
    other = traits("b", BUDGET, original_url="http://example.org/news/ferry", hours=400)

    assert together(stories([one, other]), "a", "b")


def test_a_copy_is_found_after_a_year() -> None:
    long = " ".join(f"Sentence {n} of the report names witness number {n * 7}." for n in range(60))

    assert together(stories([traits("a", long), traits("b", long, hours=9000)]), "a", "b")


def test_reports_weeks_apart_are_not_one_story() -> None:
    found = stories([traits("a", FERRY), traits("b", FERRY_AGAIN, hours=24 * 30)])

    assert not together(found, "a", "b")


@pytest.mark.parametrize(
    ("language", "one", "other", "different"),
    [
        (
            "de",
            "Die Fähre Skerrin lief vor Callport auf Grund. Orla Vance rettete alle Passagiere.",
            "Fähre Skerrin vor Callport: alle Passagiere sind in Sicherheit, sagte Orla Vance.",
            "Der Haushalt von Finanzministerin Calder erhöht die Kurtaxe in Marrow deutlich.",
        ),
        (
            "ja",
            "スケリン島のフェリーが火曜日にコールポート沖で座礁し、乗客全員が救助された。",
            "コールポート沖で座礁したスケリン島のフェリーの乗客全員が救助されたと海上保安庁が発表。",
            "財務大臣は木曜日の予算案で観光税を引き上げると述べた。",
        ),
    ],
)
def test_other_languages_have_stories_too(
    language: str, one: str, other: str, different: str
) -> None:
    found = stories(
        [
            traits("a", one, language=language),
            traits("b", other, language=language, hours=1),
            traits("c", different, language=language, hours=2),
        ]
    )

    assert together(found, "a", "b")
    assert not together(found, "a", "c")


HAPPENED = (
    "The library boat's oldest overdue novel came back after sixty years, stamped and dry.",
    "A goalkeeper saved three penalties and went straight back to hauling mooring ropes.",
    "Bakers want cheaper wheat after the mill doubled what it charges for a sack of flour.",
    "A comet was photographed through a telescope that should have been shut for cleaning.",
    "Forged sea charts, aged with tea, have sent an antiques dealer to prison for a year.",
    "Cyclists will climb the old dam road on Sunday while the engineers repair its sluice.",
)


def test_the_news_of_one_place_is_not_one_story() -> None:
    local = [
        traits(name, f"{text} Maren Holt of the Callport council said so in Skerrin, Tarrow.")
        for name, text in zip("abcdef", HAPPENED, strict=True)
    ]

    assert len(set(stories(local).values())) == len(local)


def test_of_the_sample_newsroom_two_reports_tell_one_event() -> None:
    keys = {}
    for file in samples.listed():
        if not file.key.startswith(("sources/", "media/")):
            draft = formats.read(file.key, samples.as_of(file.path.read_bytes(), NOW))
            keys[article_id(file.key)] = (
                file.key,
                fingerprint(
                    id=article_id(file.key),
                    headline=draft.headline,
                    text=draft.body.text,
                    language=draft.metadata.language or guess_language(draft.body.text),
                    published_at=draft.metadata.published_at or NOW,
                ),
            )

    found = stories(one for _, one in keys.values())

    shared = {story for story, count in Counter(found.values()).items() if count > 1}
    assert {keys[id_][0] for id_ in found if found[id_] in shared} == {
        "world/skerrin-star-aground.md",
        "world/ferry-passengers-ashore.html",
    }


# Copies


ARTICLE = "\n\n".join(
    f"In paragraph {n} the {word} inspector told the harbour board that {word} repairs to pier "
    f"{n * 3} would take {n + 2} months and cost more than the {word} fund can pay."
    for n, word in enumerate(["north", "south", "east", "west", "upper", "lower", "old", "new"], 1)
)


def test_cut_and_reordered_and_padded_texts_are_copies() -> None:
    paragraphs = ARTICLE.split("\n\n")
    whole = traits("a", ARTICLE)

    for copy in (paragraphs[:5], paragraphs[::-1], [BUDGET, *paragraphs[1:], OTHER_FERRY]):
        assert similarity(whole, traits("b", "\n\n".join(copy))) >= COPY


def test_reports_of_one_event_are_no_copies() -> None:
    assert similarity(traits("a", FERRY), traits("b", FERRY_AGAIN)) < COPY


@given(st.text(max_size=200), st.text(max_size=200))
def test_similarity_is_a_symmetric_share(one: str, other: str) -> None:
    a, b = traits("a", one), traits("b", other)

    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1
    assert similarity(a, a) == (1 if a.shingles else 0)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a/b?x=1&y=2",
        "http://www.example.org/a/b/?y=2&x=1&fbclid=z",
        "https://m.EXAMPLE.org:443/a/b/index.html?x=1&y=2&utm_medium=rss#part",
    ],
)
def test_addresses_of_one_page_are_equal(address: str) -> None:
    assert address_digest(address) == address_digest("https://example.org/a/b?x=1&y=2")


@pytest.mark.parametrize("address", ["https://example.org/", "example", "http://[", "ftp://x.y/z"])
def test_a_front_page_or_no_address_identifies_nothing(address: str) -> None:
    assert address_digest(address) is None


# Editors


def test_editors_tie_articles_together_and_hold_them_apart() -> None:
    tied = traits("d", BUDGET, hours=9, same_story=["a"])
    apart = traits("b", FERRY_AGAIN, hours=1, not_same_story=[article_id("a")])

    found = stories([traits("a", FERRY), apart, tied])

    assert together(found, "a", "d")
    assert not together(found, "a", "b")


SENTENCES = [FERRY, FERRY_AGAIN, OTHER_FERRY, BUDGET, FERRY + " " + BUDGET, OTHER_FERRY[:80]]
NAMES = "abcdefgh"
NEWSROOMS = st.lists(
    st.builds(
        lambda name, text, hours, tied, apart: traits(
            name, text, hours=hours, same_story=tied, not_same_story=apart
        ),
        st.sampled_from(NAMES),
        st.sampled_from(SENTENCES),
        st.integers(0, 60),
        st.lists(st.sampled_from(NAMES), max_size=1),
        st.lists(st.sampled_from(NAMES), max_size=1),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@settings(deadline=None)
@given(NEWSROOMS, st.randoms())
def test_the_order_of_arrival_never_shows(newsroom: list[Traits], random: object) -> None:
    shuffled = list(newsroom)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert stories(shuffled) == stories(newsroom)


@settings(deadline=None)
@given(NEWSROOMS)
def test_every_article_has_a_story_named_by_its_first(newsroom: list[Traits]) -> None:
    found = stories(newsroom)

    assert found.keys() == {one.id for one in newsroom}
    for one in newsroom:
        members = [other for other in newsroom if found[other.id] == found[one.id]]
        assert found[one.id] == min(members, key=lambda m: (m.published_at, m.id)).id


@settings(deadline=None)
@given(NEWSROOMS)
def test_what_editors_hold_apart_is_never_together(newsroom: list[Traits]) -> None:
    found = stories(newsroom)

    for one in newsroom:
        assert all(found.get(other) != found[one.id] for other in one.not_same_story)


@settings(deadline=None)
@given(NEWSROOMS)
def test_what_editors_tie_is_together_where_nobody_holds_it_apart(newsroom: list[Traits]) -> None:
    willing = [replace(one, not_same_story=()) for one in newsroom]

    found = stories(willing)

    for one in willing:
        for other in one.same_story:
            assert other not in found or found[other] == found[one.id]


# What an arrival can change


@settings(deadline=None)
@given(NEWSROOMS)
def test_an_article_that_shares_no_key_changes_no_other_story(newsroom: list[Traits]) -> None:
    unrelated = traits("z", "Chess champion Ludo Perrin resigned after 61 moves in Varnholm.")
    keys = {key for one in newsroom for key in index_keys(one)}
    assert not keys & set(index_keys(unrelated))

    found = stories([*newsroom, unrelated])

    assert found == {**stories(newsroom), unrelated.id: unrelated.id}


def test_a_full_key_is_full_whatever_the_order_of_arrival() -> None:
    crowd = [traits(f"n{n}", f"{FERRY} Report {n * 37}.", hours=n) for n in range(FAN_OUT + 9)]

    assert stories(crowd) == stories(crowd[::-1])


# Traits


@settings(deadline=None)
@given(
    st.text(max_size=300),
    st.text(max_size=50),
    st.sampled_from(["en", "de", "zh", "ar", "", "x-y-z"]),
    st.datetimes(timezones=st.just(UTC)),
    st.text(max_size=40),
)
def test_any_text_in_any_language_has_traits_and_a_story(
    text: str, headline: str, language: str, moment: datetime, address: str
) -> None:
    one = fingerprint(
        id=article_id("a"),
        headline=headline,
        text=text,
        language=language,
        published_at=moment,
        original_url=f"https://{address}",
        same_story=[address],
    )

    assert stories([one]) == {one.id: one.id}
    assert len(index_keys(one)) <= 31
    assert msgspec.json.decode(msgspec.json.encode(one), type=Traits) == one


def test_traits_of_a_long_article_fit_in_one_and_a_half_kilobytes() -> None:
    text = " ".join(f"Inspector Name{n} saw harbour{n} vessel{n} at {n}.{n}." for n in range(3000))

    one = traits("a", text, original_url="https://example.org/a/very/long/address/" + "x" * 900)

    assert len(msgspec.json.encode(one)) < 1500
