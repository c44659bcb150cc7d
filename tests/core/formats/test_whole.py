"""A file of every kind that we read, with everything that it can have: all that it comes to.

The other tests of a format say what must be so, one thing at a time. Here the whole draft is held
to the one in `tests/approved/drafts`, which somebody has read: what a change does to a file that
nobody thought of shows in its diff.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path

import pytest

from chalicelib.core import formats
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import Draft
from chalicelib.core.formats.reading import Field
from chalicelib.core.metadata import Metadata
from tests import builders
from tests.core.formats.documents import docx, drawing, mail, p, r, table

FILES = Path(__file__).with_name("files")


def symbol(font: str, code: str) -> str:
    return r(f'<w:sym w:font="{font}" w:char="{code}"/>')


def word() -> bytes:
    """A document with all that its writer can put into one."""
    tracked = (
        f"<w:p>{r('The board is ')}<w:del>{r('<w:delText>sad</w:delText>')}</w:del>"
        f"<w:ins>{r('glad')}</w:ins>{r(' of it.')}</w:p>"
    )
    formatted = (
        "<w:p>" + r("Bold", "<w:b/>") + r("er", "<w:b/>") + r(" and ") + r("leaning", "<w:i/>")
        + r(" and ", '<w:b w:val="0"/>') + r("struck", "<w:strike/>") + r("hidden", "<w:vanish/>")
        + r(" H") + r("2", '<w:vertAlign w:val="subscript"/>') + r("O &amp; 10")
        + r("3", '<w:vertAlign w:val="superscript"/>') + symbol("Wingdings", "F0FC")
        + symbol("Wingdings", "F021") + r("<w:br/>") + r("after a break")
        + r("<w:tab/>") + r("<w:noBreakHyphen/>") + symbol("Arial", "2022") + "</w:p>"
    )  # fmt: skip
    mark = "<w:fldChar w:fldCharType='{}'/>"
    linked = (
        f"<w:p>{r('See ')}<w:hyperlink r:id='law' w:anchor='p2'>{r('the law')}</w:hyperlink>"
        + r(" and ") + "<w:fldSimple w:instr=' HYPERLINK &quot;https://a.example/&quot; '>"
        + r("this") + "</w:fldSimple>" + r(mark.format("begin"))
        + r('<w:instrText> HYPERLINK "https://b.example/?x=1&amp;y=2"</w:instrText>')
        + r(mark.format("separate")) + r("that") + r(mark.format("end"))
        + "".join(r(f'<w:footnoteReference w:id="{n}"/>') for n in (2, 2, 9))
        + r('<w:commentReference w:id="1"/>') + "</w:p>"
    )  # fmt: skip
    box = (
        "<w:p>" + r("<w:pict><v:shape><v:textbox><w:txbxContent>" + p("A boxed aside.")
        + "</w:txbxContent></v:textbox></v:shape></w:pict>") + r("Beside a box.") + "</w:p>"
    )  # fmt: skip
    merged = (
        "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc>" + p("Who") + "</w:tc><w:tc>"
        + p("Fare") + "</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge w:val='restart'/></w:tcPr>"
        + p("Child") + "</w:tc><w:tc>" + p("1.50") + "</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/>"
        "</w:tcPr>" + p("") + "</w:tc><w:tc>" + p("free") + p("on Sundays") + "</w:tc></w:tr>"
        "<w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>" + p("All else by agreement")
        + "</w:tc></w:tr></w:tbl>"
    )  # fmt: skip
    return docx(
        p("Skerrin is back", "Title") + p("Four weeks late.", "Subtitle")
        + p("By Ilse Marrow, Tom Reyes and Ada Lowe", "Byline") + p("Contents", "TOC1")
        + p("The ferry returned to service on Monday, with 214 passengers on board.")
        + formatted + tracked + linked + p("What was wrong", "Heading1") + p("A crack", "House")
        + p("We have tested every part.", "Quote") + p("She is ready.", "Quote")
        + p("First", item=(2, 0)) + p("Inner", item=(1, 0)) + p("Deeper", item=(1, 1))
        + p("Second", item=(2, 0)) + p("Bullet", "ListBullet")
        + drawing("quay", descr="The quay", crop='<a:srcRect l="10000" t="20000"/>')
        + p("The quay on Monday", "Caption") + drawing("gone") + drawing("quay")
        + p("07:10  Callport", "Code") + p("07:55  Skerrin", "Code")
        + table(("Year", "Passengers"), ("2025", "81,400")) + merged + box
        + "<w:altChunk/><w:sdt><w:sdtContent>" + p("In a control.") + "</w:sdtContent></w:sdt>"
        + "<w:p><m:oMath><m:r><m:t>E = mc</m:t></m:r></m:oMath></w:p>",
        core="<dc:title>Document1</dc:title><dc:creator>Un-named</dc:creator>"
        "<c:keywords>ferries; callport</c:keywords><dc:language>en-GB</dc:language>"
        "<dcterms:created>2026-03-01T09:00:00Z</dcterms:created>",
        custom='<property name="Published At"><x>2026-03-24T09:00:00Z</x></property>'
        '<property name="section"><x>Sea</x></property>'
        '<property name="Unknown"><x>no</x></property>',
        footnotes='<w:footnote w:id="2">' + p("As the board has it.") + "</w:footnote>",
        links={"law": "https://law.example/a"},
        images={"quay": builders.picture(200, 100)},
        parts={"word/header1.xml": f'<w:hdr xmlns:w="urn:w">{p("Page one")}</w:hdr>'},
    )  # fmt: skip


def odd() -> bytes:
    """A document as few programs write it."""
    mark = "<w:fldChar w:fldCharType='{}'/>"
    choice = "<mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback>"
    choice += "</mc:AlternateContent>"
    level = '<w:p><w:pPr><w:outlineLvl w:val="{}"/></w:pPr>{}</w:p>'
    ruby = f"<w:ruby><w:rt>{r('kana')}</w:rt><w:rubyBase>{r('kanji')}</w:rubyBase></w:ruby>"
    cell = "<w:sdt><w:sdtContent><w:tc>{}</w:tc></w:sdtContent></w:sdt>"
    deleted = "<w:tr><w:trPr><w:del/></w:trPr><w:tc>" + p("gone") + "</w:tc></w:tr>"
    spread = "<w:tc><w:tcPr><w:gridSpan w:val='0'/><w:vMerge/></w:tcPr>{}</w:tc>"
    shapes = (
        (
            '<w:pict><v:shape alt="A box"><v:imagedata r:id="quay" cropleft="6554f" croptop=".1"/>'
            "</v:shape></w:pict>"
        ),
        (
            '<w:drawing><wp:docPr xmlns:wp="urn:wp" descr="All"/><a:blip r:embed="quay"/>'
            '<a:srcRect l="x" b="50%"/></w:drawing>'
        ),
        "<w:drawing><c:chart xmlns:c='urn:c'/><d:relIds xmlns:d='urn:d'/></w:drawing>",
    )
    return docx(
        p("A line that may be a headline") + p("By: Ada Lowe & Ben Reyes".replace("&", "&amp;"))
        + level.format(2, r("By its level")) + level.format(9, r("No level"))
        + p("Three", "Heading3") + p("Unknown", "Nowhere")
        + p("", "Heading1") + p("A lone caption", "Caption")
        + p("0", item=(0, 0)) + p("deep", item=(1, 9)) + p("none", item=(7, 0))
        + f"<w:del>{p('Deleted')}</w:del><w:moveTo>{p('Moved here')}</w:moveTo>"
        + f"<w:ins>{p('New')}</w:ins>"
        + "<w:p>" + r("<w:br w:type='page'/>") + r("a") + r("<w:br w:type='column'/>")
        + r("<w:cr/>") + r("b") + r("<w:ptab/>") + r(ruby) + r("<w:object/>")
        + r(choice.format("<w:t>c</w:t>", "")) + choice.format(r("d"), r("e"))
        + r("<w:sym w:font='X' w:char='1F600'/>") + r("f", "<w:u/>")
        + r("<w:sym w:font='Symbol' w:char='zz'/>") + r("g", "<w:dstrike/>") + "</w:p>"
        + f"<w:p><w:hyperlink w:anchor='x'>{r('inside')}</w:hyperlink><w:hyperlink r:id='law'>"
        + f"{r('one')}</w:hyperlink><w:fldSimple w:instr='PAGE'>{r('7')}</w:fldSimple>"
        + r(mark.format("end")) + r("<w:instrText>lost</w:instrText>") + r(mark.format("begin"))
        + r("<w:instrText>HYPERLINK &quot;https://a.example&quot;</w:instrText>")
        + r("<w:t>unseen</w:t>") + r(mark.format("separate")) + r("open") + "</w:p>" + p("goes on")
        + f"<w:p>{''.join(map(r, shapes))}</w:p>" + table(("only",), ("",)) + table(("",))
        + f"<w:tbl>{deleted}<w:tr>{cell.format(p('in') + table(('inner',)))}{spread.format(p('x'))}"
        + f"{spread.format(p(''))}</w:tr><w:ins><w:tr>{spread.format(p(''))}</w:tr></w:ins></w:tbl>"
        + f"<w:tbl><w:tr><w:tc>{drawing('quay')}</w:tc><w:tc>{drawing('quay')}</w:tc></w:tr>"
        + "</w:tbl>"
        + f"<w:p>{r('End')}{r('<w:endnoteReference w:id=' + chr(39) + '1' + chr(39) + '/>')}</w:p>"
        + choice.format("", p("Fallback")) + "<w:customXml>" + p("Custom") + "</w:customXml>"
        + p("a &lt;b&gt; &amp;amp;", "Quote") + p("x", "Code") + p("y", "Code"),
        core="<dc:title>Microsoft Word - x.doc</dc:title><dc:creator>Ada;Ben</dc:creator>"
        "<dc:description>For the desk</dc:description><c:category>Sea</c:category>",
        links={"law": "https://law.example/a#b"},
        images={"quay": builders.picture(200, 100), "broken": b"no image"},
    )  # fmt: skip


def letter() -> bytes:
    """A mail from a reporter, with a picture in it, a reply below it, and a file attached."""
    message = EmailMessage()
    message["From"] = "Ilse Marrow <ilse@courier.example>"
    message["To"] = "desk@courier.example"
    message["Subject"] = "Fwd: Skerrin is back"
    message["Date"] = "Tue, 24 Mar 2026 10:00:00 +0100"
    message["Keywords"] = "ferries, callport"
    message.set_content("Skerrin is back\n\nThe ferry returned.\n")
    message.add_alternative(
        "<p><b>The ferry</b> returned to service on Monday, with 214 passengers on board.</p>"
        '<img src="cid:quay" alt="The quay"><img src="cid:none">'
        "<blockquote><p>We have tested every part.</p></blockquote>"
        '<div class="gmail_signature">Ilse<br>The Courier</div>'
        '<div class="gmail_quote">On Monday the desk wrote:<blockquote>When?</blockquote></div>',
        subtype="html",
    )
    _, html = message.iter_parts()
    html.add_related(builders.picture(), "image", "png", cid="<quay>", filename="quay.png")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="minutes.pdf")
    return bytes(message)


def note() -> bytes:
    """A mail in plain text, with lines of metadata, a quotation, a reply and a signature."""
    return mail(
        "section: sea\ntags: ferries\nembargo_until: 2026-03-25T09:00:00Z\n\n"
        "Skerrin is back\n\nThe ferry returned to service on Monday,\nwith 214 on board.\n\n"
        "> We have tested every part.\n> She is ready.\n\n* one\n* two\n\n-- \nIlse Marrow\n"
        "The Courier\n\nOn Mon, the desk wrote:\n> When?\n",
        Subject="Re: AW: =?utf-8?q?Skerrin_is_back?=",
        Message_ID="<1@courier.example>",
    )


def place(one: Field) -> str:
    return f"{one.line}:{one.column} {one.pointer}"


WRITTEN = {"letter.eml": letter, "note.eml": note, "odd.docx": odd, "word.docx": word}
NAMES = (*sorted(path.name for path in FILES.iterdir()), *WRITTEN)


def told(draft: Draft) -> str:
    """A draft as text, without what is as usual."""
    stated = {
        field.name: getattr(draft.metadata, field.name)
        for field in fields(Metadata)
        if getattr(draft.metadata, field.name) != getattr(Metadata(), field.name)
    }
    lines = [f"{draft.format}: {draft.headline}"]
    lines += [
        f"{name}: {json.dumps(said, default=str, ensure_ascii=False)}"
        for name, said in stated.items()
    ]
    lines += [f"{kept}: {count}" for kept, count in draft.kept.items() if count]
    lines += [f"shown: {one.key} ({one.alt})" for one in draft.pictures]
    lines += [f"made: {file.content_type}" for file in draft.files]
    lines += [f"dropped: {d.count} {d.what}, line {d.line}: {d.why}" for d in draft.dropped]
    lines += [f"warning: {finding(one)}" for one in draft.warnings]
    body = draft.body
    lines += ["", *(f"{b.kind}: {body.text[b.start : b.end]!r}" for b in body.blocks), ""]
    return "\n".join([*lines, body.html.replace("><", ">\n<"), ""])


@pytest.mark.parametrize("name", NAMES)
def test_what_a_file_states_is_found_where_was_approved(
    name: str, approved: Callable[[str, str], None]
) -> None:
    data = WRITTEN[name]() if name in WRITTEN else (FILES / name).read_bytes()
    reader = import_module(f"chalicelib.core.formats.{formats.READERS[Path(name).suffix]}")
    try:
        reading = reader.read(data)
        lines = [f"{key}: {place(one)}" for key, one in reading.metadata.items()]
        lines.append(f"from line {reading.first_line}: {reading.inventory}")
    except UploadRejected as error:
        lines = [f"refused at {one.line}:{one.column}" for one in error.findings]

    approved(f"drafts/places/{name}.txt", "\n".join([*lines, ""]))


def finding(one: Finding) -> str:
    at = f"{one.code} at {one.line}:{one.column} {one.pointer}"
    return f"{at.strip()}: {one.message} {one.fix}"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_comes_to_what_was_approved(name: str, approved: Callable[[str, str], None]) -> None:
    data = WRITTEN[name]() if name in WRITTEN else (FILES / name).read_bytes()
    try:
        comes_to = told(formats.read(name, data))
    except UploadRejected as error:
        comes_to = "".join(f"refused: {finding(one)}\n" for one in error.findings)

    approved(f"drafts/{name}.txt", comes_to)
