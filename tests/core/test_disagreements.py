"""Where sources disagree, and, much more often, where they do not."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stories import disputes
from chalicelib.core.stories import Account, Disagreement, tell
from chalicelib.core.stories.disagreements import MOST, Report, disagreements
from tests.core.pages_newsroom import NOW
from tests.core.story_newsroom import DAWN, account

FIRE = "a fire on the Skerrin ferry off Callport"


def found(*accounts: Account) -> tuple[Disagreement, ...]:
    told = tell(accounts, now=NOW)
    assert told is not None
    return told.disagreements


def between(*sentences: str) -> tuple[Disagreement, ...]:
    """What voices disagree on that say one of *sentences* each, all at once."""
    accounts = [account(one, source=f"paper {n}") for n, one in enumerate(sentences)]
    return disagreements(
        Report(article=one.card.id, voice=one.card.source.id, at=DAWN, figures=one.figures)
        for one in accounts
    )


def said(disagreement: Disagreement) -> list[str]:
    return [side[0].figure.said for side in disagreement.sides]


@pytest.mark.parametrize(
    ("thing", "one", "other"),
    [
        ("people killed", f"[12] people were killed by {FIRE}.", f"{FIRE} killed [15] people."),
        ("people killed", f"[Twelve] people died in {FIRE}.", f"{FIRE} left [14] dead."),
        ("people killed", f"The death toll of {FIRE} stands at [12].", f"{FIRE} killed [nine]."),
        ("people killed", f"At {FIRE} [at least 12] died.", f"{FIRE} killed [nine] people."),
        ("people killed", f"[Up to 20] people died in {FIRE}.", f"{FIRE} killed [31] people."),
        ("people killed", f"[About 30] people died in {FIRE}.", f"{FIRE} killed [55] people."),
        ("people injured", f"[70] people were hurt in {FIRE}.", f"{FIRE} wounded [80]."),
        ("people injured", f"{FIRE} killed 3 and injured [40] others.",
         "Fire on the Skerrin ferry injured [61] people off Callport, police said."),
        ("people arrested", f"Police arrested [7] people over {FIRE}.",
         f"[Eleven] people were detained over {FIRE}."),
        ("people missing", f"[Six] people are missing after {FIRE}.",
         "The Skerrin ferry burned off Callport, and [nine] people are still missing."),
        ("people evacuated", f"[200] people were evacuated after {FIRE}.",
         f"{FIRE} meant that crews evacuated [450] people."),
        ("sailors killed", f"[5] sailors were killed by {FIRE}.", f"{FIRE} killed [7] sailors."),
        ("people gathered", "[5,000] people marched in Callport for the Skerrin ferry.",
         "[20,000] people took part, organisers of the Skerrin march in Callport say."),
        ("homes destroyed", "The Callport flood destroyed [31] homes along the Skerrin.",
         "[48] houses were destroyed by the flood of the Skerrin at Callport."),
        ("magnitude", "A [5.9]-magnitude earthquake shook Callport and Skerrin on Tuesday.",
         "The earthquake at Callport and Skerrin had a magnitude of [6.1]."),
        ("passengers aboard", "The Skerrin ferry burned with [214] passengers aboard off Callport.",
         "With [241] passengers aboard the Skerrin ferry burned off Callport."),
        ("£", "Callport paid [£3.2 million] to repair the Skerrin ferry's hull.",
         "To repair the hull of the Skerrin ferry Callport paid [£4.7 million]."),
        ("%", "Ines Calder won the Callport election with [54 percent] of the ballots.",
         "In the Callport election [51 percent] of the ballots were for Ines Calder."),
    ],
)  # fmt: skip
def test_two_numbers_for_one_thing_are_a_disagreement(thing: str, one: str, other: str) -> None:
    numbers = [text[text.index("[") + 1 : text.index("]")] for text in (one, other)]

    (disagreement,) = between(*(text.replace("[", "").replace("]", "") for text in (one, other)))

    assert disagreement.thing == thing
    assert disagreement.kind == "differs"
    assert sorted(said(disagreement)) == sorted(numbers)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # one value fits both
        (f"12 people were killed by {FIRE}.", f"{FIRE} killed twelve people."),
        (f"About 30 people were killed by {FIRE}.", f"{FIRE} killed 33 people."),
        (f"More than 30 people were killed by {FIRE}.", f"{FIRE} killed 41 people."),
        (f"Nearly 50 people were killed by {FIRE}.", f"{FIRE} killed 48 people."),
        (f"At least 12 people were killed by {FIRE}.", f"At least 15 people died in {FIRE}."),
        (f"Up to 60 people were killed by {FIRE}.", f"{FIRE} killed 48 people."),
        (f"Dozens of people were killed by {FIRE}.", f"{FIRE} killed 48 people."),
        (f"{FIRE} displaced 1.2 million people.", f"{FIRE} displaced 1,180,000 people."),
        (f"{FIRE} displaced 1,200 people.", f"1,187 people were displaced by {FIRE}."),
        ("Callport paid £13 billion to repair the Skerrin ferry's hull.",
         "To repair the hull of the Skerrin ferry Callport paid £13.9 billion."),
        # a part of the whole
        (f"12 people were killed by {FIRE}.", f"{FIRE} killed people, 3 of them children."),
        (f"12 people were killed by {FIRE}.", f"Among the victims of {FIRE} were 3 people killed."),
        (f"12 people were killed by {FIRE}.", f"Another 3 people were killed by {FIRE}."),
        (f"12 people were killed by {FIRE}.", f"{FIRE} killed 5 sailors."),
        (f"12 people were killed by {FIRE}.", f"{FIRE} killed Ilse Marrow and three others."),
        (f"12 sailors were killed by {FIRE}.", f"{FIRE} killed 5 other sailors."),
        (f"12 people were killed by {FIRE}.", f"{FIRE} killed or injured 40 people."),
        (f"12 people were killed by {FIRE}.", f"40 people were killed or hurt by {FIRE}."),
        (f"12 people were killed by {FIRE}.", f"Two in 3 people died in {FIRE}."),
        # another day, place, event or subject
        (f"12 people were killed on Monday by {FIRE}.", f"{FIRE} killed 3 people on Tuesday."),
        ("12 people were killed in Callport by the Skerrin fire.",
         "3 people were killed in Marrow Bay by the Skerrin fire."),
        (f"12 people were killed by {FIRE}.", f"{FIRE} killed 9 in Vell and 3 in Hallam."),
        (f"12 people were killed by {FIRE}.", f"{FIRE} killed 30 across the country."),
        (f"12 people were killed by {FIRE}.", f"A year ago {FIRE} killed 31 people."),
        (f"12 people were killed by {FIRE}.", f"In 1987 {FIRE} killed 31 people."),
        (f"12 people were killed by {FIRE}.", f"In July {FIRE} killed 31 people."),
        (f"12 people were killed by {FIRE}.", f"The second of two fires, {FIRE}, killed 3 people."),
        (f"12 people were killed by {FIRE}.", f"31 people had been killed by {FIRE}."),
        (f"12 people were killed by {FIRE}.", f"{FIRE} has killed 31 people."),
        (f"12 people were killed by {FIRE}.", f"Hospitals received 9 dead of {FIRE}."),
        (f"12 people were killed by {FIRE}.", f"Fires such as {FIRE} have killed 4,000 people."),
        (f"12 people were killed by {FIRE}.", "A mudslide at Ostrey killed 31 people."),
        (f"12 people were killed by {FIRE}.", "The disaster killed 31 people, officials said."),
        # not said for certain, or not by the reporter
        (f"12 people were killed by {FIRE}.", f"It is not true that {FIRE} killed 31 people."),
        (f"12 people were killed by {FIRE}.", f"{FIRE} may have killed 31 people."),
        (f"12 people were killed by {FIRE}.", f"Did {FIRE} kill 31 people?"),
        (f"12 people were killed by {FIRE}.", f"“{FIRE} killed 31 people,” a witness said."),
        (f"12 people were killed by {FIRE}.", f'"{FIRE} killed 31 people," a witness said.'),
        (f"12 people were killed by {FIRE}.", f"The toll of {FIRE} rose from 9 to 12 dead."),
        (f"12 people were killed by {FIRE}.", f"Between 13 and 15 people were killed by {FIRE}."),
        (f"12 people were killed by {FIRE}.", f"13-15 people were killed by {FIRE}."),
        ("Shares of the Skerrin ferry line in Callport fell 5 percent.",
         "Shares of the Skerrin ferry line in Callport fell 8 percent."),
        # numbers that count nothing that both could count
        (f"Ilse Marrow, 35, died in {FIRE}.", f"Ilse Marrow, 36, died in {FIRE}."),
        (f"{FIRE} killed a 35-year-old sailor.", f"{FIRE} killed a 36-year-old sailor."),
        (f"{FIRE} burned for 3 hours on Tuesday.", f"{FIRE} burned for 5 hours on Tuesday."),
        (f"The 81st crossing ended with {FIRE}.", f"The 82nd crossing ended with {FIRE}."),
        (f"Reporters of {FIRE} call 555-0134.", f"Reporters of {FIRE} call 555-0199."),
        (f"The owner of 12 Quay Street saw {FIRE}.", f"The owner of 21 Quay Street saw {FIRE}."),
        ("Callport beat Skerrin 3-1 at the ferry.", "Callport beat Skerrin 4-1 at the ferry."),
        (f"Flight 370 passed {FIRE}.", f"Flight 371 passed {FIRE}."),
        (f"{FIRE} began at 9:27 with 12 dead dolphins.", f"{FIRE} began at 9:30, 15 dead cows."),
        ("Callport paid £3.2 million to repair the Skerrin ferry's hull.",
         "To repair the hull of the Skerrin ferry Callport paid $4.7 million."),
        ("The court in Callport fined the Skerrin ferry line £3 million.",
         "The Skerrin ferry line, fined in Callport, made £9 million."),
        ("The Skerrin ferry line will buy the Callport yard for £2.1 billion.",
         "The Skerrin line will buy the Callport yard for £2.6 billion including debt."),
        ("Callport paid US$3.2 million to repair the Skerrin ferry's hull.",
         "To repair the hull of the Skerrin ferry Callport paid A$4.7 million."),
        ("Skerrin harbour tax in Callport rose to 5 percent of ferry fares.",
         "Skerrin harbour tax in Callport rose 2 percentage points of ferry fares."),
    ],
)  # fmt: skip
def test_nothing_is_made_a_disagreement_that_is_none(one: str, other: str) -> None:
    assert between(one, other) == ()


def test_other_languages_have_no_disagreements() -> None:
    one = account("12 people were killed by the Skerrin fire off Callport.", language="de")
    other = account("15 people were killed by the Skerrin fire off Callport.", source="post")

    assert found(one, other) == ()


# Who speaks


TWELVE = f"12 people were killed by {FIRE}."
FIFTEEN = "The Skerrin ferry burned off Callport, killing 15 people at dawn."
TWELVE_TOO = "Off Callport the burning Skerrin ferry took its crew by surprise: 12 people died."


def test_papers_of_one_owner_are_one_voice() -> None:
    one = account(TWELVE, source="courier", owner="Marrow Media")
    other = account(FIFTEEN, source="post", owner="marrow media")

    assert found(one, other) == ()


def test_a_copy_says_nothing_that_its_original_does_not() -> None:
    wire = [f"Sentence {n} tells what witness {n} saw of the harbour that day." for n in range(30)]
    one, other = account(TWELVE, *wire, source="wire"), account(FIFTEEN, *wire, source="post")

    assert found(one, other) == ()


def test_an_article_that_gives_both_numbers_disagrees_with_nobody() -> None:
    both = account(TWELVE, FIFTEEN, source="post")

    assert found(account(TWELVE, source="courier"), both) == ()
    assert found(account(FIFTEEN, source="courier"), both) == ()


def test_every_voice_of_a_number_is_named_once_with_its_sentence() -> None:
    (told,) = found(
        account(TWELVE, source="courier"),
        account(TWELVE_TOO, source="echo"),
        account("The morning was calm.", FIFTEEN, source="post"),
    )

    twelve, fifteen = sorted(told.sides, key=len, reverse=True)
    assert [len(twelve), len(fifteen)] == [2, 1]
    assert fifteen[0].figure.quote == FIFTEEN
    assert fifteen[0].figure.sentence == "s2"


# When


def test_a_number_that_later_reports_replace_is_an_update() -> None:
    (told,) = found(
        account(TWELVE, source="courier"),
        account(FIFTEEN, source="post", hours=3),
    )

    assert told.kind == "updated"
    assert said(told) == ["12", "15"]


def test_a_number_that_somebody_still_gives_later_is_disputed() -> None:
    (told,) = found(
        account(TWELVE, source="courier"),
        account(FIFTEEN, source="post", hours=1),
        account(TWELVE_TOO, source="echo", hours=3),
    )

    assert told.kind == "differs"


def test_an_article_speaks_as_of_its_last_revision() -> None:
    corrected = account(FIFTEEN, source="post", updated_at=DAWN + timedelta(hours=3))

    (told,) = found(corrected, account(TWELVE, source="courier", hours=1))

    assert (told.kind, said(told)) == ("updated", ["12", "15"])


# For every input


STORIES = st.lists(
    st.builds(
        lambda number, source, hours: account(
            f"{number} people were killed by {FIRE}.", source=f"paper {source}", hours=hours
        ),
        st.sampled_from(["12", "at least 12", "about 15", "15", "20", "more than 20"]),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda one: one.card.id,
)


@given(STORIES, st.randoms())
def test_the_order_of_the_articles_never_shows(accounts: list[Account], random: object) -> None:
    shuffled = list(accounts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert found(*shuffled) == found(*accounts)


@given(STORIES)
def test_the_sides_of_a_disagreement_are_of_different_voices_and_numbers(
    accounts: list[Account],
) -> None:
    for told in found(*accounts):
        bounds = [(side[0].figure.low, side[0].figure.high) for side in told.sides]
        voices = {one.card.id: one.card.source.id for one in accounts}
        assert len(set(bounds)) == len(bounds) >= 2
        assert len({voices[one.article] for side in told.sides for one in side}) >= 2


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_read(one: str, other: str) -> None:
    accounts = [
        account(text or "-", source=source) for text, source in ((one, "courier"), (other, "post"))
    ]

    assert len(found(*accounts)) <= MOST
    for each in accounts:
        assert msgspec.json.decode(msgspec.json.encode(each), type=Account) == each


@given(st.lists(st.sampled_from(["12", "killed", "$5", "people", "and", "at least", "%", "1/2",
                                 "two", "hundred", "-", ".", ",", "dead", "#", "№", "magnitude",
                                 "earthquake", "to", "١٢", "²", "½"]), max_size=25))  # fmt: skip
def test_a_quoted_sentence_is_the_articles_own(parts: list[str]) -> None:
    text = " ".join(parts) or "-"

    for figure in account(text).figures:
        assert text[figure.start : figure.end] == figure.quote
        assert figure.said in figure.quote
        assert figure.high is None or figure.low <= figure.high


def test_real_reports_of_one_event_disagree_only_where_they_do(shared) -> None:
    path = shared / "data" / "stories" / "ecbplus.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    # Read one by one: each is of one event, and its two numbers cannot both be right.
    assert sorted(f"{story}: {one.thing}" for story, one in disputes(rows)) == [
        "20_ecb: people injured",
        "20_ecbplus: magnitude",
        "20_ecbplus: people",
        "20_ecbplus: people injured",
        "38_ecb: magnitude",
        "41_ecb: people killed",
    ]
