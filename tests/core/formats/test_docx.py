"""Word documents: what a reader of the page sees is kept, the rest is told."""

from __future__ import annotations

import zipfile
from io import BytesIO
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import Draft
from chalicelib.core.limits import (
    MAX_IMAGE_BYTES,
    MAX_PICTURES,
    MAX_UNPACKED_BYTES,
    MAX_ZIP_MEMBERS,
)
from tests import builders
from tests.core.formats.documents import TEXTS, docx, drawing, p, r, refusal, table, xml, zipped

PICTURE = builders.picture()
PROSE = "".join(p(text) for text in TEXTS)


def read(data: bytes) -> Draft:
    return formats.read("a.docx", data)


def code(data: bytes) -> str:
    with pytest.raises(UploadRejected) as raised:
        read(data)
    return raised.value.findings[0].code


def dropped(draft: Draft) -> dict[str, int]:
    return {part.what: part.count for part in draft.dropped}


def test_styles_tell_headline_standfirst_and_byline():
    head = p("Ferry returns", "Title") + p("She is back", "Subtitle")

    draft = read(docx(head + p("By Ilse Marrow and Tom Aske", "Byline") + PROSE))

    assert draft.headline == "Ferry returns"
    assert draft.metadata.standfirst == "She is back"
    assert draft.metadata.byline == ("Ilse Marrow", "Tom Aske")
    assert draft.body.text == "\n\n".join(TEXTS)


def test_properties_are_metadata_and_custom_ones_may_be_any_key_of_ours():
    core = (
        "<dc:title>Ferry</dc:title><dc:creator>Ilse Marrow</dc:creator>"
        "<keywords>ferry; Callport</keywords><category>World</category>"
        "<dcterms:created>2026-03-20T09:00:00Z</dcterms:created><dc:subject>Boats</dc:subject>"
    )
    custom = (
        '<property name="embargo_until"><v>2026-04-01T06:00:00Z</v></property>'
        '<property name="Colour"><v>blue</v></property>'
    )

    draft = read(docx(PROSE, core=core, custom=custom))

    assert draft.headline == "Ferry"
    assert draft.metadata.byline == ("Ilse Marrow",)
    assert draft.metadata.tags == ("ferry", "callport")
    assert draft.metadata.section == "world"
    assert draft.metadata.embargo_until is not None
    assert draft.metadata.published_at is None  # the day of the file is not that of the news
    assert draft.metadata.extra == {"subject": "Boats", "created": "2026-03-20T09:00:00Z"}


@pytest.mark.parametrize("title", ["Microsoft Word - Document1", "Untitled", "copy.docx"])
def test_what_programs_write_into_a_title_is_no_headline(title):
    core = f"<dc:title>{title}</dc:title><dc:creator>python-docx</dc:creator>"

    draft = read(docx(p("Ferry returns", "Heading1") + PROSE, core=core))

    assert draft.headline == "Ferry returns"
    assert draft.metadata.byline == ()


def test_a_first_line_is_taken_for_the_headline_with_a_warning():
    draft = read(docx(p("Ferry returns") + p("By Ilse Marrow") + PROSE))

    assert draft.headline == "Ferry returns"
    assert draft.metadata.byline == ("Ilse Marrow",)
    assert "headline-guessed" in [warning.code for warning in draft.warnings]


@pytest.mark.parametrize(
    ("body", "html"),
    [
        (p("Why", "Heading1"), "<h2>Why</h2>"),
        (p("Why", "House"), "<h3>Why</h3>"),
        (p("a", "Quote") + p("b", "Quote"), "<blockquote><p>a</p><p>b</p></blockquote>"),
        (p("a", item=(1, 0)) + p("b", item=(1, 0)), "<ul><li>a</li><li>b</li></ul>"),
        (
            p("a", item=(1, 0)) + p("b", item=(1, 1)) + p("c", item=(1, 0)),
            "<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>",
        ),
        (
            p("a", item=(1, 0)) + p("b", item=(2, 0)),
            "<ul><li>a</li></ul><ol><li>b</li></ol>",
        ),
        (p("a", "ListBullet"), "<ul><li>a</li></ul>"),
        (table(("a", "b")), "<tr><td>a</td><td>b</td></tr>"),
        (p("The quay", "Caption"), "<figure><figcaption>The quay</figcaption></figure>"),
        (p("x = 1", "Code") + p("y = 2", "Code"), "<pre>x = 1\ny = 2</pre>"),
        ("<w:p>" + r("a", "<w:b/>") + r("b", "<w:b/>") + "</w:p>", "<strong>ab</strong>"),
        ("<w:p>" + r("a", "<w:i w:val='0'/>") + "</w:p>", "<p>a</p>"),
        ("<w:p>" + r("H") + r("2", '<w:vertAlign w:val="subscript"/>') + "</w:p>", "H<sub>2</sub>"),
        ("<w:p>" + r("<w:br/>") + r("b") + "</w:p>", "b"),
        ("<w:p><m:oMath><m:r><m:t>E=mc</m:t></m:r></m:oMath></w:p>", "E=mc"),
        ("<w:sdt><w:sdtContent>" + p("inside") + "</w:sdtContent></w:sdt>", "<p>inside</p>"),
    ],
)
def test_structure_survives(body, html):
    assert html in read(docx(p("Ferry", "Title") + body + PROSE)).body.html


def test_merged_cells_span_and_a_head_row_is_one():
    def cell(text: str, properties: str) -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"

    rows = (
        "<w:tr><w:trPr><w:tblHeader/></w:trPr>"
        + cell("Head", '<w:gridSpan w:val="2"/>')
        + "</w:tr>"
        "<w:tr>" + cell("Tall", '<w:vMerge w:val="restart"/>') + cell("1", "") + "</w:tr>"
        "<w:tr>" + cell("", "<w:vMerge/>") + cell("2", "") + "</w:tr>"
    )

    html = read(docx(p("Ferry", "Title") + f"<w:tbl>{rows}</w:tbl>" + PROSE)).body.html

    assert '<th colspan="2">Head</th>' in html
    assert '<td rowspan="2">Tall</td><td>1</td></tr><tr><td>2</td></tr>' in html


def test_notes_stand_at_the_end_and_links_lead_where_they_led():
    body = (
        f'<w:p><w:hyperlink r:id="L">{r("tables")}</w:hyperlink>'
        + r('<w:footnoteReference w:id="2"/>')
        + "</w:p>"
        + '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        + '<w:r><w:instrText> HYPERLINK "https://b.example/" </w:instrText></w:r>'
        + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        + r("fares")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    notes = f'<w:footnote w:id="2">{p("In crowns.")}</w:footnote>'

    draft = read(
        docx(p("Ferry", "Title") + body, footnotes=notes, links={"L": "https://a.example/"})
    )

    assert draft.body.text == "tables\n\nfares\n\nIn crowns."
    assert '<a href="https://a.example/">tables</a>' in draft.body.html
    assert '<a href="https://b.example/">fares</a>' in draft.body.html


def test_a_text_box_written_in_two_ways_is_read_once():
    box = f"<w:txbxContent>{p('In a box')}</w:txbxContent>"
    body = (
        '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>'
        f"{box}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}"
        "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )

    assert read(docx(p("Ferry", "Title") + body)).body.text == "In a box"


def test_what_is_not_taken_is_told():
    body = (
        PROSE
        + "<w:p>"
        + f'<w:ins w:author="a">{r("inserted")}</w:ins>'
        + '<w:del w:author="a"><w:r><w:delText>deleted</w:delText></w:r></w:del>'
        + r('<w:commentReference w:id="1"/>')
        + r("secret", "<w:vanish/>")
        + r('<w:drawing><a:blip r:embed="x"/></w:drawing>')
        + r("<w:object/>")
        + "</w:p>"
        + p("Contents 3", "TOC1")
    )
    header = xml("hdr", p("Page 1"))

    draft = read(docx(p("Ferry", "Title") + body, parts={"word/header1.xml": header}))

    assert dropped(draft) == {
        "comment": 1,
        "deleted passage": 1,
        "embedded object": 1,
        "hidden text": 1,
        "line of the table of contents": 1,
        "page header or footer": 1,
        "image": 1,
    }
    assert "tracked-changes" in [warning.code for warning in draft.warnings]
    assert draft.body.text.endswith("\n\ninserted")


# Images


def illustrated(body: str, **images: bytes) -> Draft:
    return read(docx(p("Ferry", "Title") + body + PROSE, images=images))


def test_a_picture_is_shown_at_its_place_with_its_alternative_text():
    draft = illustrated(
        p("Before.") + drawing("quay", descr="The quay &amp; the “sea”") + p("After."),
        quay=builders.picture(900, 600),
    )

    shown = '<img src="embedded/1" alt="The quay &amp; the “sea”">'
    assert f"<p>Before.</p><p>{shown}</p><p>After.</p>" in draft.body.html
    assert draft.kept["images"] == 1
    (image,) = draft.pictures
    assert image.picture is not None
    assert (image.picture.wide.width, image.picture.wide.height) == (900, 600)
    assert {f"media/{file.name}" for file in draft.files} == {
        image.picture.wide.path, image.picture.narrow.path,
    }  # fmt: skip
    assert not draft.dropped
    assert not draft.warnings
    assert draft.metadata.image is None


def test_a_caption_belongs_to_the_picture_above_it():
    draft = illustrated(
        drawing("a", descr="x") + p("The quay", "Caption") + p("A chart", "Caption"), a=PICTURE
    )

    figure = '<figure><img src="embedded/1" alt="x"><figcaption>The quay</figcaption></figure>'
    assert figure in draft.body.html
    assert "<figure><figcaption>A chart</figcaption></figure>" in draft.body.html


def test_a_picture_shown_twice_is_one_and_two_pictures_are_two():
    draft = illustrated(
        drawing("a", descr="x") + drawing("b", descr="y") + drawing("a", descr="x"),
        a=builders.picture(colour="red"),
        b=builders.picture(colour="navy"),
    )

    assert draft.kept["images"] == 3
    assert [image.key for image in draft.pictures] == ["embedded/1", "embedded/2"]
    assert len(draft.files) == 2


@pytest.mark.parametrize(
    "crop",
    ['<a:srcRect l="25000" b="50000"/>', '<a:srcRect l="25%" b="50%"/>'],
)
def test_what_is_cropped_in_word_is_cut_off(crop):
    draft = illustrated(drawing("a", descr="x", crop=crop), a=builders.picture(400, 200))

    assert draft.pictures[0].picture.wide.width == 300
    assert draft.pictures[0].picture.wide.height == 100


def test_a_picture_of_an_older_word_is_shown_too():
    shape = (
        '<w:pict><v:shape alt="The quay"><v:imagedata r:id="a" cropleft="32768f" croptop=".25"/>'
        "</v:shape></w:pict>"
    )

    draft = illustrated(f"<w:p>{r(shape)}</w:p>", a=builders.picture(400, 200))

    assert 'alt="The quay"' in draft.body.html
    assert draft.pictures[0].picture.wide.width == 200
    assert draft.pictures[0].picture.wide.height == 150


@pytest.mark.parametrize(
    "around",
    [
        (
            "<mc:AlternateContent><mc:Choice>{0}</mc:Choice><mc:Fallback>{0}</mc:Fallback>"
            "</mc:AlternateContent>"
        ),
        "<w:drawing><w:txbxContent><w:p><w:r>{0}</w:r></w:p></w:txbxContent></w:drawing>",
    ],
)
def test_a_picture_that_word_wrote_in_two_ways_or_in_a_box_is_shown_once(around):
    draft = illustrated(drawing("a", descr="x", around=around), a=builders.picture())

    assert draft.kept["images"] == 1
    assert not draft.dropped


def test_a_table_of_pictures_alone_is_those_pictures():
    cell = f"<w:tc>{drawing('a', descr='x')}</w:tc>"

    draft = illustrated(f"<w:tbl><w:tr>{cell}{cell}</w:tr></w:tbl>", a=builders.picture())

    assert draft.kept["images"] == 2
    assert draft.kept["tables"] == 0


def test_a_picture_without_an_alternative_text_is_shown_and_warned_of():
    draft = illustrated(drawing("a"), a=builders.picture())

    assert draft.kept["images"] == 1
    assert [warning.code for warning in draft.warnings] == ["image-alt-missing"]


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (b"\x01\0\0\0 a drawing of Windows", "The file is no JPEG, PNG, WebP or GIF image"),
        (builders.picture(200, 200)[:90], "The image cannot be decoded"),
        (b"x" * (MAX_IMAGE_BYTES + 1), "it unpacks to too many bytes"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_told_with_the_reason(image, why):
    draft = illustrated(drawing("a", descr="x"), a=image)

    (part,) = draft.dropped
    assert (part.what, part.count) == ("image in the file", 1)
    assert part.why.startswith(why)
    assert "img" not in draft.body.html
    assert draft.kept["images"] == 0
    assert not draft.files


def test_pictures_over_the_limit_are_told():
    names = [f"n{number}" for number in range(MAX_PICTURES + 3)]
    images = {name: builders.picture(8, 8 + n) for n, name in enumerate(names)}

    draft = illustrated("".join(drawing(name, descr="x") for name in names), **images)

    assert draft.kept["images"] == MAX_PICTURES
    assert dropped(draft) == {"image in the file": 3}


def test_a_picture_in_the_headline_is_told():
    title = drawing("a").replace("<w:p>", '<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr>')
    title = title.replace("</w:p>", r("Ferry") + "</w:p>")

    draft = read(docx(title + PROSE, images={"a": builders.picture()}))

    assert draft.headline == "Ferry"
    assert dropped(draft) == {"image in the file": 1}


WRITTEN = st.text(st.characters(exclude_categories=["Cc", "Cs"]))  # what XML can hold


@given(descr=WRITTEN, crop=WRITTEN)
def test_no_picture_can_open_a_tag_or_break_a_document(descr, crop):
    body = drawing("a", crop=f"<a:srcRect l={quoteattr(crop)}/>")

    draft = illustrated(body.replace('descr=""', f"descr={quoteattr(descr)}"), a=PICTURE)

    assert draft.body.html.count("<img ") == 1
    assert draft.body.html.count("<") == illustrated(drawing("a"), a=PICTURE).body.html.count("<")


# Refusals


def test_a_document_is_refused_before_it_is_unpacked():
    bomb = xml("document", "<w:body>" + " " * (MAX_UNPACKED_BYTES + 1) + "</w:body>")
    many = {f"word/{number}.xml": "" for number in range(MAX_ZIP_MEMBERS + 1)}

    assert code(docx("", parts={"word/document.xml": bomb})) == "unpacked-size"
    assert code(zipped(many, compression=zipfile.ZIP_STORED)) == "unpacked-size"


def test_a_directory_that_lies_about_a_size_gains_nothing():
    data = bytearray(docx(PROSE, parts={"word/document.xml": b"x" * (MAX_UNPACKED_BYTES + 9)}))
    with zipfile.ZipFile(BytesIO(bytes(data))) as archive:
        true = archive.getinfo("word/document.xml").file_size.to_bytes(4, "little")
    place = data.rindex(true)
    data[place : place + 4] = (100).to_bytes(4, "little")

    assert code(bytes(data)) in ("docx", "unpacked-size")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<html><body><p>A page</p></body></html>", "docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "docx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
        (zipped({}), "docx"),
        (zipped({"a.txt": "x"}), "docx"),
        (docx(PROSE)[:400], "docx"),
        (docx("", parts={"word/document.xml": "<w:broken"}), "docx"),
        (
            docx("", parts={"word/document.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}),
            "xml-entities",
        ),
        (docx("", parts={"word/document.xml": "<a>" * 200 + "</a>" * 200}), "nesting"),
        (zipped({"word/document.xml": "x"}, compression=zipfile.ZIP_BZIP2), "docx"),
        (docx(""), "no-text"),
    ],
)
def test_what_is_no_document_is_refused_by_name(data, expected):
    assert code(data) == expected


def test_a_password_is_told():
    data = bytearray(docx(PROSE))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4

    assert code(bytes(data)) == "encrypted"


def test_names_that_climb_lead_nowhere():
    draft = read(docx(p("Ferry", "Title") + PROSE, parts={"../../etc/passwd": "x", "/abs": "x"}))

    assert draft.headline == "Ferry"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_document_is_more_than_a_rejection(data):
    whole = bytearray(docx(p("Ferry", "Title") + PROSE + table(("a", "b"))))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    assert all(found.message and found.fix for found in refusal("a.docx", bytes(whole)))


_ELEMENTS = (
    "p r t tbl tr tc tcPr pPr rPr numPr numId ilvl ins del sdt hyperlink fldChar drawing vMerge "
    "txbxContent AlternateContent Choice pStyle footnoteReference sym br tab"
)
_NAMES = st.sampled_from(_ELEMENTS.split())
_VALUES = st.sampled_from(["0", "1", "2", "Quote", "Title", "begin", "separate", "end", "", "F0B7"])
_TREES = st.recursive(
    st.text("ab<>&", max_size=4).map(lambda text: text.translate({60: "", 62: "", 38: ""})),
    lambda inner: st.builds(
        lambda name, value, parts: (
            f'<w:{name} w:val="{value}" w:fldCharType="{value}" '
            f'w:char="{value}" w:id="{value}">{"".join(parts)}</w:{name}>'
        ),
        _NAMES,
        _VALUES,
        st.lists(inner, max_size=5),
    ),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(_TREES)
def test_no_order_of_elements_is_more_than_a_rejection(tree):
    data = docx(p("Ferry", "Title") + tree + PROSE)

    assert all(found.message and found.fix for found in refusal("a.docx", data))
