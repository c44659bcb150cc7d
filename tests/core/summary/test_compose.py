"""The paragraph and the key points as readers see them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import summary
from chalicelib.core.article import Block, Body, direction
from chalicelib.core.summary import compose, prose

STORY = (
    "VELL (Reuters) - The ferry line between Vell and the northern islands will close in March, "
    "the harbour board decided on Tuesday, ending 140 years of daily service. "
    "The board voted five to two after a debate that lasted into the night. "
    "He said it was the hardest vote of his career. "
    "Board chair Ines Calder blamed fuel prices, which have doubled since the spring. "
    "But the islanders have no other way to reach a hospital. "
    "Some 900 people live on the four islands, most of them older than 60. "
    "Fisherman Rolf Tarn said the closure would empty the schools within two years. "
    '"We were never asked," Tarn said outside the town hall. '
    "The national government paid a third of the cost until last year, when the grant ended. "
    "Transport minister Petra Lunde allegedly promised a new grant in a letter to the board. "
    "A spokesman for the ministry declined to confirm that the letter exists. "
    "They will meet again in January to discuss a smaller boat. "
    "The oldest of the three ferries, the Marrow, was built in 1961 and will become a museum. "
    "Two private companies have shown interest in a weekly service for freight. "
    "Read more: How the islands live in winter. "
    "Islanders plan a protest at the harbour on the last day of service. "
    "Additional reporting by Jan Holm."
)


def body(text):
    blocks = []
    start = 0
    for line in text.split("\n"):
        if line.strip():
            blocks.append(Block(kind="paragraph", start=start, end=start + len(line)))
        start += len(line) + 1
    return Body(html="", text=text, blocks=tuple(blocks))


def made(text, *, headline="Ferry line to close", language="en"):
    one = body(text)
    sentences = summary.split(one, language=language)
    return one, sentences, summary.summarise(
        headline=headline, body=one, sentences=sentences, language=language
    )  # fmt: skip


def test_the_paragraph_has_sixty_to_a_hundred_and_twenty_words_and_opens_with_the_lede():
    _, _, found = made(STORY)

    assert 60 <= prose.word_count(found.text) <= 120
    assert found.text.startswith("The ferry line between Vell")


def test_datelines_credits_and_links_to_other_pages_are_left_out():
    _, _, found = made(STORY)
    shown = " ".join([found.text, *(point.text for point in found.key_points)])

    assert not re.search(r"Reuters|Read more|Additional reporting", shown)


def test_key_points_are_three_to_seven_stand_alone_and_share_no_sentence_with_the_paragraph():
    _, _, found = made(STORY)

    assert 3 <= len(found.key_points) <= 7
    assert [point.id for point in found.key_points] == [
        f"p{n}" for n in range(1, len(found.key_points) + 1)
    ]
    for point in found.key_points:
        assert len(point.text.split()) <= 40
        assert not re.match(r"(?:He|They|But)\b", point.text)
        assert point.evidence[0].sentence not in found.evidence


def test_every_quote_is_the_text_at_its_offsets():
    one, sentences, found = made(STORY)
    known = {s.id: (s.start, s.end) for s in sentences}

    for point in found.key_points:
        for evidence in point.evidence:
            assert one.text[evidence.start : evidence.end] == evidence.quote
            assert known[evidence.sentence] == (evidence.start, evidence.end)


def test_a_hedge_is_never_cut():
    _, _, found = made(STORY)
    shown = " ".join([found.text, *(point.text for point in found.key_points)])

    assert "promised a new grant" not in shown or "allegedly promised" in shown


def test_the_same_article_gives_the_same_summary():
    assert made(STORY)[2] == made(STORY)[2]


def test_an_empty_text_has_an_empty_summary():
    _, _, found = made("")

    assert (found.text, found.evidence, found.key_points, found.withheld) == ("", (), (), ())


def test_a_brief_of_two_sentences_is_its_own_summary():
    _, _, found = made("The bridge at Vell is shut. It opens again on Monday.")

    assert found.text.startswith("The bridge at Vell is shut.")
    assert len(found.key_points) <= 1


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("ja", "港の委員会は火曜日、島々への定期船を三月に廃止することを決めたと発表した{n}。"),
        ("zh", "港务局星期二决定在三月份关闭通往北部岛屿的渡轮航线并公布了计划{n}。"),
        ("ar", "قرر مجلس الميناء يوم الثلاثاء إغلاق خط العبارات إلى الجزر الشمالية في مارس {n}."),
        ("he", "מועצת הנמל החליטה ביום שלישי לסגור את קו המעבורת לאיים הצפוניים במרץ {n}."),
        ("ru", "Совет порта во вторник решил закрыть паромную линию на северные острова {n}."),
        ("ko", "항만위원회는 화요일 북쪽 섬으로 가는 여객선을 3월에 폐지하기로 결정했다 {n}."),
    ],
)
def test_other_languages_lead_with_their_lede(language, sentence):
    text = " ".join(
        sentence.format(n=word * (place + 1))
        for place, word in enumerate(
            ["甲", "乙", "丙", "丁", "戊"] if language in "ja zh" else "abcde"
        )
    )

    one, sentences, found = made(text, language=language)

    first = one.text[sentences[0].start : sentences[0].end]
    assert found.text.startswith(first)
    assert direction(language) in ("ltr", "rtl")


@settings(max_examples=60)
@given(
    text=st.text(max_size=600) | st.text(alphabet="Aab .!?\"'“”‘’()\n。」\ud800é", max_size=600),
    headline=st.text(max_size=40),
    language=st.sampled_from(["en", "en-GB", "ja", "ar", "", "xx"]),
)
def test_no_text_breaks_a_summary_and_no_offset_is_ever_wrong(text, headline, language):
    one, sentences, found = made(text, headline=headline, language=language)

    ids = {s.id for s in sentences}
    assert set(found.evidence) <= ids
    assert len(found.key_points) <= 7
    for point in found.key_points:
        assert prose.word_count(point.text) <= 40
        assert all(one.text[e.start : e.end] == e.quote for e in point.evidence)
    assert found.text or not found.evidence


WORDS = st.sampled_from(
    ["harbour", "board", "ferry", "island", "vote", "Calder", "Tarn", "12", "said", "never", "of"]
)
SENTENCE = st.lists(WORDS, min_size=8, max_size=30).map(lambda w: f"The {' '.join(w)}.")


@settings(max_examples=40)
@given(sentences=st.lists(SENTENCE, min_size=12, max_size=40, unique=True))
def test_no_two_points_say_the_same(sentences):
    _, _, found = made(" ".join(sentences))

    told = [set(point.text.lower().rstrip(".").split()) for point in found.key_points]
    for place, one in enumerate(told):
        assert all(2 * len(one & other) < min(len(one), len(other)) for other in told[:place])


def test_a_candidate_is_printed_without_its_dateline_but_proven_with_it():
    one = body("VELL (AP) -- The mast of the Marrow was saved by divers on Friday.")
    sentences = summary.split(one, language="en")

    (candidate,) = compose.candidates(one, sentences, language="en")

    assert candidate.text.startswith("The mast")
    assert one.text[candidate.sentence.start :].startswith("VELL")


def test_a_point_that_fails_a_check_is_withheld_and_counted(monkeypatch):
    from chalicelib.core.article import Checks
    from chalicelib.core.summary import compose

    text = "\n\n".join(
        f"The harbour board said on day {n} that pier number {n} of the port had been repaired."
        for n in range(20)
    )
    made = body(text)
    sentences = summary.split(made, language="en")
    monkeypatch.setattr(compose.gate, "check", lambda *_, **__: Checks(numbers="fail"))

    told = summary.summarise(
        headline="Port repaired", body=made, sentences=sentences, language="en"
    )

    assert told.key_points == ()
    assert set(told.withheld) == {"numbers"}
