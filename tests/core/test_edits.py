"""What a receipt tells of an update: all of it or how much more there is, and never too much."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.article import Article, Body, Correction, Image
from chalicelib.core.codec import pack
from chalicelib.core.differences import Piece
from chalicelib.core.edits import MAX_CHANGED_KEYS, MAX_CHANGED_PARAGRAPHS, edits
from chalicelib.core.limits import MAX_RECEIPT_BYTES
from chalicelib.core.receipt import ChangedKey, Receipt, bounded
from tests import builders
from tests.conftest import NOW

TEXT = st.lists(st.text("ab .", min_size=1, max_size=12), max_size=20).map("\n\n".join)


def article(text: str = "", **stated: Any) -> Article:
    made = builders.made("world/ferry.md", "Ferry returns", public_at=NOW)
    return replace(made, **{"body": Body(html="", text=text, blocks=()), **stated})


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"headline": "Ferry delayed"}, ("headline", "Ferry returns", "Ferry delayed")),
        ({"byline": ("Ilse Marrow", "Tom Aske")}, ("byline", "", "Ilse Marrow, Tom Aske")),
        ({"embargo_until": NOW}, ("embargo_until", "", "2026-03-24T12:00:00Z")),
        ({"updated_at": NOW.replace(hour=13)}, ("updated_at", "", "2026-03-24T13:00:00Z")),
        ({"breaking": True}, ("breaking", "", "true")),
        ({"image": Image(key="media/quay.jpg")}, ("image", "", "media/quay.jpg")),
        ({"corrections": (Correction(at=NOW, text="Wrong fare."),)},
         ("correction", "", "Wrong fare.")),
        ({"extra": {"mood": ["good"]}}, ("mood", "", '["good"]')),
    ],
)  # fmt: skip
def test_a_key_that_says_something_else_is_told_with_both_its_values(
    stated: dict[str, Any], told: tuple[str, str, str]
) -> None:
    name, before, after = told

    assert edits(article(), article(**stated)).metadata == (
        ChangedKey(name=name, before=before, after=after),
    )
    assert edits(article(**stated), article()).metadata == (
        ChangedKey(name=name, before=after, after=before),
    )


def test_the_time_of_the_upload_itself_is_no_change() -> None:
    later = NOW.replace(hour=13)

    assert edits(article(), article(received_at=later, updated_at=later)).metadata == ()


def test_a_link_that_changed_in_a_text_that_stayed_is_no_secret() -> None:
    def linked(place: str) -> Article:
        html = f'<p><a href="https://{place}.example/">Fares</a></p>'
        return article(body=Body(html=html, text="Fares", blocks=()))

    assert edits(linked("a"), linked("b")).markup_changed
    assert not edits(linked("a"), linked("a")).markup_changed


def test_what_changed_far_inside_a_long_value_is_shown_with_what_stands_before_it() -> None:
    said = "The ferry returned to service. " * 20

    (key,) = edits(
        article(standfirst=f"{said}She is late."), article(standfirst=f"{said}She is early.")
    ).metadata

    assert key.before.endswith("to service. She is late.")
    assert key.after.endswith("to service. She is early.")
    assert key.before.startswith("… ")


def test_a_change_in_a_long_paragraph_is_shown_with_the_words_around_it() -> None:
    around = " ".join(f"w{number}" for number in range(90))

    (pieces,) = edits(
        article(f"{around} 214 {around}"), article(f"{around} 221 {around}")
    ).paragraphs

    assert pieces[1:3] == (Piece("removed", "214"), Piece("added", "221"))
    assert pieces[0].text.endswith("w88 w89 ")
    assert pieces[3].text.startswith(" w0 w1")
    assert all(len(piece.text) < 200 for piece in pieces)


def test_a_paragraph_written_anew_word_by_word_is_told_before_and_after() -> None:
    before = " ".join(f"same{n} old{n}" for n in range(60))
    after = " ".join(f"same{n} new{n}" for n in range(60))

    told = edits(article(before), article(after))

    assert [piece.kind for piece in told.paragraphs[0]] == ["removed", "added"]
    assert (told.words_added, told.words_removed) == (60, 60)


@given(TEXT, TEXT)
def test_every_paragraph_that_changed_is_told_or_counted(before: str, after: str) -> None:
    told = edits(article(before), article(after))

    assert len(told.paragraphs) <= MAX_CHANGED_PARAGRAPHS
    assert told.untold == 0 or len(told.paragraphs) == MAX_CHANGED_PARAGRAPHS
    assert bool(told.paragraphs) == (before != after)


def test_keys_beyond_those_that_are_told_are_counted() -> None:
    extra = {f"key{number}": "x" for number in range(MAX_CHANGED_KEYS + 3)}

    told = edits(article(), article(extra=extra))

    assert len(told.metadata) == MAX_CHANGED_KEYS
    assert told.untold == 3


def test_an_update_of_everything_still_fits_its_row() -> None:
    chance = random.Random(1)

    def noise(length: int) -> str:  # four bytes a character, which nothing compresses
        return "".join(chr(chance.randrange(0x20000, 0x2A6D0)) for _ in range(length))

    def rewritten() -> Article:
        text = "\n\n".join(noise(700) for _ in range(80))
        return article(text, extra={noise(80): noise(900) for _ in range(40)})

    told = edits(rewritten(), rewritten())
    receipt = Receipt(key="a.md", kind="article", outcome="updated", received_at=NOW, changes=told)

    assert bounded(receipt).changes == told
    assert len(pack(receipt)) < MAX_RECEIPT_BYTES
