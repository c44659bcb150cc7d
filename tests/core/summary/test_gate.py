"""What the publish gate lets through, and what it keeps back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import summary

LEDE = (
    "Harbour master Ines Calder said on Tuesday that 1,200 tonnes of grain were not insured, "
    'and that the owner "never answered a single letter" from the port of Vell.'
)
CHARGE = "Rolf Tarn, 43, allegedly sold up to 30 forged licences to skippers in Marrow Bay."
ARTICLE = (
    f"{LEDE} The ship sank in 15 minutes. {CHARGE} Deputy mayor Petra Lunde denied the claim. "
    "Nearly 5 percent of the fleet stayed in port."
)


def withheld_for(point, *evidence):
    return summary.check(point, evidence=evidence, text=ARTICLE, language="en").failed


@pytest.mark.parametrize("sentence", [LEDE, CHARGE, "The ship sank in 15 minutes."])
def test_a_sentence_as_it_stands_passes(sentence):
    assert withheld_for(sentence) == ()
    assert withheld_for(sentence, sentence) == ()


@pytest.mark.parametrize(
    ("check", "was", "becomes"),
    [
        ("numbers", "1,200", "1,300"),
        ("numbers", "1,200 tonnes", "1,200 percent"),
        ("names", "Ines Calder", "Petra Lunde"),
        ("names", "Ines Calder", "Quentin Brask"),
        ("names", "port of Vell", "port of Ostry"),
        ("quotes", "a single letter", "a single call"),
        ("negation", "not insured", "insured"),
        ("negation", "were not", "were never not"),
    ],
)
def test_one_changed_word_of_the_lede_is_found(check, was, becomes):
    assert was in LEDE
    assert check in withheld_for(LEDE.replace(was, becomes))
    assert check in withheld_for(LEDE.replace(was, becomes), LEDE)


@pytest.mark.parametrize("hedge", ["allegedly ", "up to "])
def test_a_lost_hedge_is_found(hedge):
    assert "negation" in withheld_for(CHARGE.replace(hedge, ""))


def test_an_added_denial_is_found():
    assert "negation" in withheld_for("The ship did not sink in 15 minutes.")


def test_a_free_paraphrase_passes_with_figures_in_another_form():
    assert withheld_for("Calder: 1200 tonnes of grain had no insurance", LEDE) == ()
    assert withheld_for("Five percent of ships stayed in port") == ()
    assert withheld_for("5% of ships remained there") == ()


def test_a_paraphrase_may_not_bring_a_name_a_figure_or_a_quotation_of_its_own():
    assert withheld_for("The grain belonged to Varga Shipping") == ("names",)
    assert withheld_for("About 77 sailors were rescued") == ("numbers",)
    assert withheld_for('The owner "ignored every plea" of the port') == ("quotes",)


def test_what_there_is_nothing_to_check_is_none():
    checks = summary.check("It rained all day.", evidence=(), text=ARTICLE, language="en")

    assert (checks.numbers, checks.quotes, checks.negation) == ("none", "none", "none")


def test_names_are_not_judged_where_the_script_has_no_capitals():
    text = "山田さんは市役所で会見した。"

    assert summary.check(text, evidence=(text,), text=text, language="ja").names == "none"


@given(point=st.text(max_size=200), text=st.text(max_size=400), data=st.data())
def test_the_gate_answers_for_every_text(point, text, data):
    evidence = tuple(data.draw(st.lists(st.text(max_size=100), max_size=2)))
    language = data.draw(st.sampled_from(["en", "de", "ja", "", "xx"]))

    checks = summary.check(point, evidence=evidence, text=text, language=language)

    assert checks == summary.check(point, evidence=evidence, text=text, language=language)


@given(number=st.integers(2, 10**6), other=st.integers(2, 10**6))
def test_a_changed_number_is_never_let_through(number, other):
    sentence = f"The council spent {number} crowns on the new lighthouse at Vell."

    changed = sentence.replace(str(number), str(other))
    checks = summary.check(changed, evidence=(sentence,), text=sentence, language="en")

    assert (checks.numbers == "fail") == (number != other)


@pytest.mark.parametrize(
    ("sentence", "point"),
    [
        (
            "Two officials said on Friday that three million people had fled.",
            "Two million people had fled, officials said on Friday.",
        ),
        (
            "Twenty thousand people marched through the streets of Leeds on Friday.",
            "Twenty people marched through the streets of Leeds on Friday.",
        ),
    ],
)
def test_a_scale_in_words_belongs_to_its_number(sentence, point):
    told = summary.check(point, evidence=(sentence,), text=sentence, language="en")

    assert told.numbers == "fail"
