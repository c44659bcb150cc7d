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


def test_a_shortened_sentence_passes_each_check():
    shorter = LEDE.replace(" on Tuesday", "")

    checks = summary.check(shorter, evidence=(LEDE,), text=ARTICLE, language="en")

    assert checks.failed == ()
    assert {checks.numbers, checks.names, checks.quotes, checks.negation} == {"pass"}


def test_a_paraphrase_may_name_who_stands_elsewhere_in_the_article():
    named, evidence = "It took 15 minutes for her, said Ines Calder", "The ship sank in 15 minutes."

    assert withheld_for(named, evidence) == ()
    assert summary.check(named, evidence=(evidence,), text=evidence, language="en").failed == (
        "names",
    )
    alone = summary.check("Grain of Ines Calder", evidence=(LEDE,), text="", language="en")
    assert alone.names == "pass"


def test_from_a_likeness_on_a_point_counts_as_a_copy_of_its_sentence():
    sentence = "The old crew of the harbour probably sold nine green boats to Vell."
    copy = "The old crew of the harbour sold nine boats from our bay."  # 9 words: 18 of 25
    free = "The old crew of the harbour sold nine boats from out of our bay."

    assert "negation" in withheld_for(copy, sentence)
    assert "negation" not in withheld_for(free, sentence)


def test_sentences_of_evidence_stand_apart():
    told = ("They were 15.", "40 left for Vell.", "Tarn stayed.")

    checks = summary.check(
        "Of 15 in all, as Tarn saw, 40 had gone", evidence=told, text="", language="en"
    )

    assert checks.failed == ()


def test_a_sentence_in_which_somebody_speaks_gains_no_word():
    assert withheld_for(LEDE.replace("said on", "said bitterly on"), LEDE) == ("quotes",)


def test_a_name_may_not_open_a_sentence_that_has_it_not():
    sentence = "Rolf Tarn sold the grain to skippers in Marrow Bay on Monday."

    assert withheld_for(sentence.replace("Rolf Tarn", "Quillon"), sentence) == ("names",)
    assert withheld_for("Quillon has 1,200 tonnes, and the port has none") == ("names",)
    assert withheld_for("Grain was sold to skippers in Marrow Bay on Monday.", sentence) == ()
    assert withheld_for(sentence.replace("Rolf Tarn", "Zy"), sentence) == ("names",)
    assert withheld_for(sentence.replace("Rolf Tarn", "X"), sentence) == ()


@pytest.mark.parametrize(
    ("told", "point"),
    [
        ("The minister of Egypt met the crew.", "A crew was met by an Egyptian there"),
        ("The envoy of the United States left.", "An envoy from the US has gone"),
        ("A ship of Norse and Baltic lines sank.", "A ship of the line Norse-Baltic went down"),
        ("A ship of the Norse-Baltic line sank.", "A ship that went down was Baltic"),
        ("The Tarns own it.", "It belongs to one Tarn"),
        ("The head is Ines Calder.", "It is headed by Mrs Calder"),
        ("The Swedish minister met the crew.", "A crew was met by a Swede"),
        ("The minister of Egypt met the crew.", "A crew was met by Egyptians"),
        ("One Lee owns it.", "It belongs to the Lees"),
    ],
)
def test_a_paraphrase_may_have_a_name_in_another_form(told, point):
    text = told.replace("ship of Norse and Baltic", "ship of Norse and of Baltic")

    checks = summary.check(point, evidence=(), text=text, language="en")

    assert checks.names == "pass"


@pytest.mark.parametrize(
    ("told", "point", "verdict"),
    [
        (
            "It cost $40, and 12 percent of it was tax.",
            "Of its price 12 percent was tax",
            "pass",
        ),
        (
            "It cost $40, and 12 percent of it was tax.",
            "Of its price 40 percent was tax",
            "fail",
        ),
        ("They were 40 in all.", "The crowd was made up of 40 sailors", "pass"),
        ("They were 40 in all.", "The crowd was made up of 41 sailors", "fail"),
        ("They were 40 in all.", "Of its price 40 percent was tax", "pass"),
    ],
)
def test_a_figure_of_a_paraphrase_stands_under_its_own_unit(told, point, verdict):
    checks = summary.check(point, evidence=(), text=told, language="en")

    assert checks.numbers == verdict


def test_a_point_is_held_against_the_sentence_that_it_nearly_is_not_the_first_that_is_like_it():
    likeness = "The ship of the port of Vell sank in 50 minutes on Monday, as no other ship had."
    sentence = "The ship sank in 15 minutes on Monday."

    for evidence in ((likeness, sentence), (sentence, likeness)):
        assert withheld_for("The ship sank in 15 minutes Monday.", *evidence) == ()
        assert withheld_for("The ship sank in 50 minutes Monday.", *evidence) == ("numbers",)


@pytest.mark.parametrize(
    ("told", "point"),
    [
        ("A ship of the Norse line sank.", "A ship that went down was Norse-Baltic"),
        ("The head is Calder.", "It is headed by Calderwood-Smythe"),
        ("The town is Vell.", "It was seen in Velm"),
        ("The town is Marstrand.", "It was seen in Marylebone"),
        ("The town is Marstrandsfjor.", "It was seen in Marstrand"),
        ("It is headed by one Lund.", "It is headed by one Hunds"),
        ("The town is Vel.", "It was seen in Velm"),
        ("The town is Callport.", "It was seen in Callpingly"),
        ("The minister of Egypt met the crew.", "A crew was met in the US"),
    ],
)
def test_another_name_is_withheld_however_like_it_is(told, point):
    assert summary.check(point, evidence=(), text=told, language="en").names == "fail"


PARAGRAPHS = (
    "Harbour master Ines Calder closed the western pier on Monday.\n\n"
    "Deputy mayor Petra Lunde opened the eastern pier on Friday.\n"
    "The ferry to Vell sails from it at 15 minutes past nine."
)


def test_each_paragraph_of_a_text_is_evidence_for_itself_alone():
    for sentence in PARAGRAPHS.split("\n"):
        told = summary.check(sentence, evidence=(), text=PARAGRAPHS, language="en")
        assert told.failed == ()

    swapped = "Deputy mayor Ines Calder opened the eastern pier on Friday."
    later = "Deputy mayor Petra Lunde opened the eastern pier at 15 on Friday."

    assert summary.check(swapped, evidence=(), text=PARAGRAPHS, language="en").names == "fail"
    assert summary.check(later, evidence=(), text=PARAGRAPHS, language="en").numbers == "fail"


def test_a_sentence_passes_however_its_words_are_spaced():
    spaced = CHARGE.replace(" ", "\n  ")

    assert withheld_for(CHARGE, spaced) == ()
    assert withheld_for(spaced, CHARGE) == ()


@pytest.mark.parametrize(
    ("told", "point", "verdict"),
    [
        (
            "The captain allegedly sold forged licences to the skippers of the bay.",
            "Captain sold skippers forged licences",
            "fail",
        ),
        (
            "The captain allegedly sold forged licences to the skippers of the bay.",
            "Captain allegedly sold skippers forged licences",
            "pass",
        ),
        (
            "The captain did not sell licences to any of the other skippers in the bay, he said.",
            "Captain did sell licences to other skippers",
            "fail",
        ),
        (
            "The captain did not sell licences to any of the other skippers in the bay, he said.",
            "Captain did not sell licences to skippers",
            "pass",
        ),
        (
            "The captain sold licences to any of the other skippers in the bay, he said.",
            "Captain did not sell licences to skippers",
            "fail",
        ),
        ("It rained.", "The captain sold forged licences to skippers", "none"),
        # The sentence that has all the words of a point speaks for it, however long it is.
        (
            (
                "The captain sold fish. On Monday he told us that the captain had not sold one of "
                "the forged licences that were found in the bay."
            ),
            "Captain sold forged licences",
            "fail",
        ),
        # One that has most, and is as short, speaks for it before a long one that has more.
        (
            (
                "Captain sold forged boats. It is not so, as the board told us on Monday, that the "
                "captain had forged the licences of skippers."
            ),
            "Captain forged licences and sold",
            "none",
        ),
        # Where the closest sentence has few of the words, its fellows speak for the point too.
        (
            "The captain sold boats. Nobody bought licences in the bay.",
            "The captain did not sell licences there",
            "pass",
        ),
        # Where it has most, it speaks alone: from three words in five on.
        (
            (
                "The captain sold licences to the other skippers of the bay on Monday, when it was "
                "raining there. It did not rain on Sunday."
            ),
            "The captain never sold licences to skippers",
            "fail",
        ),
        (
            "The captain had forged many of his licences in the long winter. It did not rain.",
            "Captain never sold forged licences",
            "fail",
        ),
        # From one in two on its doubt is the point's, from four in five on its denial.
        (
            "The captain allegedly hid the boats in the bay all winter long.",
            "Captain sold two boats",
            "fail",
        ),
        (
            "The captain did not sell, he said, any licences to any of the other skippers in bay.",
            "Captain sold licences to skippers",
            "fail",
        ),
    ],
)
def test_a_paraphrase_denies_and_doubts_what_its_closest_sentence_does(told, point, verdict):
    assert summary.check(point, evidence=(), text=told, language="en").negation == verdict


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

    assert {checks.numbers, checks.names, checks.quotes, checks.negation} == {"none"}


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
