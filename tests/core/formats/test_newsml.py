"""NewsML-G2, and NewsML 1 as some agencies still send it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import Draft
from tests.core.formats.documents import TEXTS, news_item


def read(data: bytes) -> Draft:
    return formats.read("a.xml", data)


def codes(draft: Draft) -> list[str]:
    return [warning.code for warning in draft.warnings]


def test_an_item_is_told_in_our_words():
    draft = read(
        news_item(
            meta='<embargoed>2026-03-24T12:00:00Z</embargoed><pubStatus qcode="stat:usable"/>'
            "<edNote>For the evening.</edNote>",
            about="<by>By Ilse Marrow and Tom Aske</by>"
            '<headline role="hld:subHeadline">Back</headline>'
            '<subject qcode="medtop:15000000"><name>sport</name></subject>'
            '<subject qcode="x:1"><name>Ferries</name></subject><creditline>Courier–</creditline>'
            "<slugline>ferry</slugline>",
        )
    )

    assert draft.format == "newsml-g2"
    assert draft.headline == "Ferry returns"
    assert draft.metadata.standfirst == "Back"
    assert draft.metadata.byline == ("Ilse Marrow", "Tom Aske")
    assert draft.metadata.published_at == datetime(2026, 3, 24, 9, tzinfo=UTC)
    assert draft.metadata.embargo_until == datetime(2026, 3, 24, 12, tzinfo=UTC)
    assert draft.metadata.source == "Courier"
    assert draft.metadata.section == "sport"
    assert draft.metadata.tags == ("sport", "ferries")
    assert draft.metadata.language == "en"
    assert set(draft.metadata.extra) == {"slugline", "creditline", "ednote", "guid"}
    assert draft.body.text == "\n\n".join(TEXTS)


@pytest.mark.parametrize(
    ("qcode", "status"),
    [("stat:withheld", "withheld"), ("stat:canceled", "canceled"), ("stat:usable", "usable")],
)
def test_the_status_is_obeyed(qcode, status):
    assert read(news_item(meta=f'<pubStatus qcode="{qcode}"/>')).metadata.status == status


def test_an_empty_embargo_is_one_without_an_end():
    draft = read(news_item(meta="<embargoed/>"))

    assert draft.metadata.draft
    assert "embargo-without-end" in codes(draft)


def test_nitf_inside_is_read_as_nitf():
    inner = "<nitf><body><body.content><hl2>Why</hl2><p>Fog.</p></body.content></body></nitf>"

    draft = read(news_item(inner, kind="application/nitf+xml"))

    assert draft.body.text == "Why\n\nFog."
    assert draft.kept["headings"] == 1


def test_of_a_message_the_first_text_is_taken_and_the_rest_is_told():
    one = news_item().decode().partition("?>")[2]
    other = one.replace("Ferry returns", "Other")
    picture = '<newsItem><itemMeta><itemClass qcode="ninat:picture"/></itemMeta></newsItem>'
    data = f"<newsMessage><itemSet>{picture}{one}{other}</itemSet></newsMessage>".encode()

    draft = read(data)

    assert draft.headline == "Ferry returns"
    assert "several-articles" in codes(draft)
    assert [(part.what, part.count) for part in draft.dropped] == [("other item", 2)]


def test_an_item_without_a_text_is_refused_with_what_it_is():
    data = b'<newsItem><itemMeta><itemClass qcode="ninat:picture"/></itemMeta></newsItem>'

    with pytest.raises(UploadRejected) as raised:
        read(data)

    (finding,) = raised.value.findings
    assert finding.code == "no-text"
    assert "picture" in finding.message


@pytest.mark.parametrize(
    "content",
    [
        "<nitf><body><body.content><p>She is back.</p></body.content></body></nitf>",
        "<![CDATA[<P>She is back.</P>]]>",
        "She is\nback.",
    ],
)
def test_newsml_1_is_read_too(content):
    draft = read(
        "<NewsML><NewsItem xml:lang='de'><NewsManagement>"
        "<ThisRevisionCreated>20260324T100000+0100</ThisRevisionCreated>"
        "<Status FormalName='Usable'/></NewsManagement><NewsComponent><NewsLines>"
        "<HeadLine>Ferry</HeadLine><ByLine>By Ilse Marrow</ByLine></NewsLines>"
        "<AdministrativeMetadata><Provider><Party FormalName='HA'/></Provider>"
        "</AdministrativeMetadata><DescriptiveMetadata><SubjectCode>"
        "<Subject FormalName='15000000'/></SubjectCode>"
        "<Property FormalName='Keyword' Value='boats'/></DescriptiveMetadata>"
        f"<ContentItem><DataContent>{content}</DataContent></ContentItem></NewsComponent>"
        "</NewsItem></NewsML>".encode()
    )

    assert draft.body.text == "She is back."
    assert draft.headline == "Ferry"
    assert draft.metadata.byline == ("Ilse Marrow",)
    assert draft.metadata.published_at == datetime(2026, 3, 24, 9, tzinfo=UTC)
    assert (draft.metadata.source, draft.metadata.section) == ("HA", "sport")
    assert (draft.metadata.tags, draft.metadata.language) == (("boats",), "de")
