"""Small statistics over the words of a text."""

from __future__ import annotations

import pytest

from chalicelib.core.language import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one two", 2),
        ("don't well-known 3.5", 3),
        ("船が港に戻った", 4),
        ("ferry 船が", 2),
    ],
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert count_words(text) == words
