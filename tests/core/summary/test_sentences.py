"""Sentences of the newsroom: exact spans, right ends, in any language."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import summary
from chalicelib.core.article import Block, Body


def body(*blocks, kind="paragraph"):
    text = ""
    found = []
    for block in blocks:
        text += "\n\n" if text else ""
        found.append(Block(kind=kind, start=len(text), end=len(text) + len(block)))
        text += block
    return Body(html="", text=text, blocks=tuple(found))


def cut(text, language="en"):
    one = body(text)
    return [one.text[s.start : s.end] for s in summary.split(one, language=language)]


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("en", "The ferry left. It was late.", ["The ferry left.", "It was late."]),
        ("en", "Mr. J. R. Hale spoke. He left.", ["Mr. J. R. Hale spoke.", "He left."]),
        ("en", "It opens at 5 p.m. Friday. All may come.",
         ["It opens at 5 p.m. Friday.", "All may come."]),
        ("en", 'He said: "We go. We win." They went.',
         ['He said: "We go. We win."', "They went."]),
        ("en", "The vote is on Jan. 5 at noon. Bring cards.",
         ["The vote is on Jan. 5 at noon.", "Bring cards."]),
        ("en", "It cost $4.5 million. Nobody paid.", ["It cost $4.5 million.", "Nobody paid."]),
        ("en", "The harbour froze.Then the town waited for weeks. Spring came.",
         ["The harbour froze.", "Then the town waited for weeks.", "Spring came."]),
        ("ja", "彼は「行く。」と言った。次の文です。",
         ["彼は「行く。」と言った。", "次の文です。"]),
        ("zh", "船开了。天气很好。", ["船开了。", "天气很好。"]),
        ("ar", "غادرت العبارة. هل تأخرت؟ نعم.", ["غادرت العبارة.", "هل تأخرت؟", "نعم."]),
        ("hi", "नाव चली गई। देर हो गई।", ["नाव चली गई।", "देर हो गई।"]),
        ("de", "Am 3. Oktober kam Dr. Holm. Er blieb.",
         ["Am 3. Oktober kam Dr. Holm.", "Er blieb."]),
        ("ru", "А. С. Орлов приехал. Он остался.", ["А. С. Орлов приехал.", "Он остался."]),
        ("fr", "M. Dupin est là. Il reste.", ["M. Dupin est là.", "Il reste."]),
        ("tlh", "Foo bar. Baz qux.", ["Foo bar.", "Baz qux."]),
    ],
)  # fmt: skip
def test_a_sentence_ends_where_a_reader_of_the_language_ends_it(language, text, sentences):
    assert cut(text, language) == sentences


def test_a_heading_and_a_row_are_one_sentence_each_whatever_stops_they_hold():
    for kind in ("heading", "row", "caption", "code"):
        one = body("First. Second. Third.", kind=kind)

        found = summary.split(one, language="en")

        assert [(s.id, s.kind) for s in found] == [("s1", kind)]


def test_sentences_are_numbered_through_all_blocks():
    one = body("The ferry left. It was late.", "Nobody waited.")

    assert [s.id for s in summary.split(one, language="en")] == ["s1", "s2", "s3"]


@given(
    blocks=st.lists(st.text(max_size=200), max_size=5),
    language=st.sampled_from(["en", "de", "ja", "zh-Hans", "ar", "", "xx"]),
)
def test_every_span_is_exact_lies_in_one_block_and_loses_no_letter(blocks, language):
    one = body(*blocks)

    found = summary.split(one, language=language)

    spans = [one.text[s.start : s.end] for s in found]
    assert all(span and span == span.strip() for span in spans)
    assert all(any(b.start <= s.start < s.end <= b.end for b in one.blocks) for s in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert "".join("".join(spans).split()) == "".join("".join(blocks).split())


@given(text=st.text(alphabet="Aa. !?\"'“”‘’()\n。」\ud800é", max_size=300))
def test_marks_in_any_order_never_break_a_span(text):
    one = body(text)

    spans = [one.text[s.start : s.end] for s in summary.split(one, language="en")]

    assert "".join("".join(spans).split()) == "".join(text.split())


def test_a_text_of_eighty_thousand_sentences_is_split_within_seconds():
    one = body("日本。" * 20_000)

    assert len(summary.split(one, language="ja")) == 20_000
