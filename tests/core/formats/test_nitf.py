"""NITF as agencies send it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import Draft, iptc
from tests.core.formats.documents import TEXTS, nitf


def read(*args: str, **parts: str) -> Draft:
    return formats.read("a.xml", nitf(*args, **parts))


def test_a_story_is_told_in_our_words():
    draft = read(
        head='<date.expire norm="20260401T000000Z"/><doc.copyright holder="Harbour Agency"/>'
        '<key-list><keyword key="ferry"/><keyword>Callport</keyword></key-list>'
        '<doc-id id-string="h1"/>',
        top="<byline>By <person>Ilse Marrow</person><byttl>Harbour Agency</byttl></byline>"
        "<abstract><p>She is back.</p></abstract><dateline>CALLPORT</dateline>",
    )

    assert draft.format == "nitf"
    assert draft.headline == "Ferry returns"
    assert draft.metadata.byline == ("Ilse Marrow",)
    assert draft.metadata.standfirst == "She is back."
    assert draft.metadata.source == "Harbour Agency"
    assert draft.metadata.tags == ("ferry", "callport")
    assert draft.metadata.published_at == datetime(2026, 3, 24, 9, tzinfo=UTC)
    assert draft.metadata.expires_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert draft.metadata.extra == {
        "byttl": "Harbour Agency", "dateline": "CALLPORT", "doc-id": "h1",
    }  # fmt: skip
    assert draft.body.text == "\n\n".join(TEXTS)


def test_an_abstract_that_repeats_the_first_paragraph_is_not_printed_twice():
    assert read(top=f"<abstract>{TEXTS[0]}</abstract>").metadata.standfirst is None


def test_structure_survives_and_what_is_for_editors_is_left_out():
    draft = read(
        "<hl2>Why</hl2><block><p>In <em>a</em> <person>block</person>.</p></block>"
        "<bq><block><p>Quoted.</p></block><credit>Holt</credit></bq><ul><li>one</li></ul>"
        "<table><tr><td>Port</td><td>4</td></tr></table>"
        '<media><media-reference source="x.jpg"/><media-caption>Seen.</media-caption></media>'
        "<note><body.content><p>Editors: check.</p></body.content></note>"
    )

    assert draft.body.text == "Why\n\nIn a block.\n\nQuoted.\n\nHolt\n\none\n\nPort\t4"
    assert (draft.kept["block_quotes"], draft.kept["tables"], draft.kept["lists"]) == (1, 1, 1)
    assert [part.what for part in draft.dropped] == [
        "picture or film with its caption", "editor's note",
    ]  # fmt: skip


def test_a_release_after_the_issue_is_an_embargo_and_one_before_is_none():
    later = read(head='<date.release norm="20260325T060000+0100"/>')
    earlier = read(head='<date.release norm="20260324T080000+0000"/>')

    assert later.metadata.embargo_until == datetime(2026, 3, 25, 5, tzinfo=UTC)
    assert earlier.metadata.embargo_until is None


def test_an_embargo_without_an_end_makes_a_draft():
    draft = read(status="embargoed")

    assert draft.metadata.draft
    assert "embargo-without-end" in [warning.code for warning in draft.warnings]


def test_an_embargo_that_cannot_be_read_is_refused_and_an_unfilled_one_is_none():
    with pytest.raises(UploadRejected) as raised:
        read(head='<date.release norm="next Monday"/>')

    (finding,) = raised.value.findings
    assert finding.code == "date"
    assert finding.pointer == "/nitf/head/docdata/date.release"
    assert read(head='<date.release norm="YYYYMMDD000000-HHMM"/>').metadata.embargo_until is None


def test_a_kill_needs_no_text():
    draft = formats.read(
        "a.xml", b'<nitf><head><title>x</title><docdata management-status="canceled"/></head>'
        b"<body><body.content></body.content></body></nitf>"
    )  # fmt: skip

    assert draft.metadata.status == "canceled"


def test_a_story_without_a_body_is_refused():
    with pytest.raises(UploadRejected) as raised:
        formats.read("a.xml", b"<nitf><head><title>x</title></head><body/></nitf>")

    assert raised.value.findings[0].code == "no-text"


@pytest.mark.parametrize(
    ("head", "section"),
    [
        ('<doc-scope scope="SPORT"/>', "sport"),
        ('<doc-scope scope="National"/>', None),
    ],
)
def test_a_scope_that_is_a_section_is_the_section(head, section):
    assert read(head=head).metadata.section == section


@pytest.mark.parametrize(
    ("codes", "section"),
    [
        (["subj:15054000", "subj:15000000", "subj:04000000"], "sport"),
        (["medtop:11000000"], "politics"),
        (["04011002"], "economy"),
        (["medtop:20000523", "x", "99000000", ""], None),
    ],
)
def test_subject_codes_tell_the_section(codes, section):
    assert iptc.section(codes) == section


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("By Mia Reed and Jon Press", ["Mia Reed", "Jon Press"]),
        ("A Reed, B Holt & C Aske", ["A Reed", "B Holt", "C Aske"]),
        ("By Ben Wright, Harbour Agency", ["Ben Wright, Harbour Agency"]),
        ("von Ilse Marrow", ["Ilse Marrow"]),
        ("", []),
    ],
)
def test_bylines_come_in_the_agencies_ways(said, names):
    assert iptc.byline(said) == names


def test_a_byline_in_the_text_is_lifted_only_where_text_is_left():
    assert read("<p>By Ilse Marrow</p><p>She is back.</p>").metadata.byline == ("Ilse Marrow",)
    assert read("<p>By Ilse Marrow</p>").body.text == "By Ilse Marrow"
