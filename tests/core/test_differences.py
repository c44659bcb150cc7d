"""What changed: every change is told, and nothing that stayed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.differences import MAX_WORD_PAIRS, Piece, differences

TEXT = st.lists(st.text("ab .", min_size=1, max_size=12), max_size=6).map("\n\n".join)


def test_a_changed_number_is_told_among_the_words_that_stayed() -> None:
    before, after = "One.\n\nThere were 214 aboard.", "One.\n\nThere were 221 aboard."

    assert differences(before, after) == (
        (
            Piece("kept", "There were "),
            Piece("removed", "214"),
            Piece("added", "221"),
            Piece("kept", " aboard."),
        ),
    )


@given(TEXT)
def test_equal_texts_differ_in_nothing(text: str) -> None:
    assert differences(text, text) == ()


@given(TEXT, TEXT)
def test_the_pieces_lead_from_one_text_to_the_other(before: str, after: str) -> None:
    changed = differences(before, after)

    old = ["".join(p.text for p in pieces if p.kind != "added") for pieces in changed]
    new = ["".join(p.text for p in pieces if p.kind != "removed") for pieces in changed]
    assert [part for part in old if part] == [p for p in old if p and p in before.split("\n\n")]
    assert [part for part in new if part] == [p for p in new if p and p in after.split("\n\n")]
    assert bool(changed) == (before != after)


def test_texts_too_long_to_compare_are_one_removal_and_one_addition() -> None:
    before, after = "\n\n".join("a" * 2_000), "\n\n".join("b" * 2_000)

    assert differences(before, after) == ((Piece("removed", before),), (Piece("added", after),))


def test_a_text_rewritten_in_every_paragraph_is_told_in_time() -> None:
    digits = [" ".join(str((n * 7 + m) % 10) for m in range(199)) for n in range(640)]
    other = [" ".join(str((n * 3 + m * m) % 10) for m in range(199)) for n in range(640)]

    told = differences("\n\n".join(digits), "\n\n".join(other))

    word_by_word = [pieces for pieces in told if len(pieces) > 2]
    assert len(told) == 640
    assert 0 < len(word_by_word) <= MAX_WORD_PAIRS / (199 * 199)
