"""Mails: copy that writers send, and newsletters."""

from __future__ import annotations

import base64
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import Draft
from chalicelib.core.limits import MAX_MAIL_PARTS
from tests import builders
from tests.core.formats.documents import TEXTS, mail, refusal

PARAGRAPHS = "".join(f"<p>{text}</p>" for text in TEXTS)


def read(data: bytes) -> Draft:
    return formats.read("a.eml", data)


def code(data: bytes) -> str:
    with pytest.raises(UploadRejected) as raised:
        read(data)
    return raised.value.findings[0].code


def dropped(draft: Draft) -> dict[str, int]:
    return {part.what: part.count for part in draft.dropped}


def test_a_writers_mail_is_an_article():
    draft = read(mail())

    assert draft.headline == "Ferry returns"
    assert draft.metadata.byline == ("Ilse Marrow",)
    assert f"{draft.metadata.published_at:%Y-%m-%d %H:%M}" == "2026-03-24 09:00"
    assert draft.body.text == "\n\n".join(TEXTS)


@pytest.mark.parametrize("prefix", ["Fwd: ", "RE: Fw: ", "AW: WG: ", "Re[2]: ", "TR : "])
def test_what_mail_programs_put_before_a_subject_is_no_headline(prefix):
    assert read(mail(Subject=prefix + "Ferry returns")).headline == "Ferry returns"


def test_a_newsletters_sender_is_its_source():
    draft = read(mail(From="The Courier Daily <news@courier.example>", List_Unsubscribe="<u>"))

    assert draft.metadata.source == "The Courier Daily"
    assert draft.metadata.byline == ()
    assert read(mail(List_Id="Harbour Notes <h.example>")).metadata.source == "Harbour Notes"


def test_an_address_is_nobodys_name():
    assert read(mail(From="ilse@courier.example")).metadata.byline == ()


def test_headers_of_ours_are_metadata():
    draft = read(mail(Broadsheet_Section="World", Broadsheet_Embargo_Until="2026-04-01T06:00Z"))

    assert draft.metadata.section == "world"
    assert draft.metadata.embargo_until is not None


def test_the_html_is_preferred_and_kept_whole():
    html = (
        f'<html><body><div style="display:none">Preheader</div><h2>Why</h2>{PARAGRAPHS}'
        "<table><tr><td><table><tr><td><p>Laid out</p></td></tr></table></td></tr></table>"
        "<ul><li>one</li></ul><blockquote><p>Quoted</p></blockquote>"
        '<p><a href="https://courier.example/x">Read more</a></p></body></html>'
    )

    draft = read(mail("Plain words alone", html=html))

    for words in (*TEXTS, "Why", "Laid out", "one", "Quoted", "Read more"):
        assert words in draft.body.text
    assert "Plain words" not in draft.body.text
    assert dropped(draft)["hidden element"] == 1
    assert draft.kept["block_quotes"] == 1


def test_a_signature_is_taken_off_and_told():
    text = "\n\n".join(TEXTS) + "\n\n-- \nIlse Marrow\nThe Courier\n"
    html = f'<div>{PARAGRAPHS}</div><div class="gmail_signature">Ilse<br>The Courier</div>'

    for draft in (read(mail(text)), read(mail(html=html))):
        assert draft.body.text == "\n\n".join(TEXTS)
        assert dropped(draft)["line of a signature"] == 2


def test_the_head_of_a_forwarded_mail_is_told_and_quotes_stay_quotes():
    text = (
        "---------- Forwarded message ---------\nFrom: Tom Aske <tom@c.example>\n"
        f"Date: Tue, 24 Mar 2026\nSubject: Ferry\nTo: <desk@c.example>\n\n{TEXTS[0]}\n\n"
        "> We tested her.\n> She is ready.\n\nThat was all.\n"
    )

    draft = read(mail(text))

    assert draft.body.text == f"{TEXTS[0]}\n\nWe tested her. She is ready.\n\nThat was all."
    assert draft.kept["block_quotes"] == 1
    assert dropped(draft)["line of a forwarded mail's head"] == 5


def illustrated(html: str, *images: tuple[str, bytes]) -> bytes:
    """A mail in HTML with images, each by its Content-ID."""
    message = message_from_bytes(mail(html=html), policy=policy.default)
    for cid, data in images:
        message.add_related(data, maintype="image", subtype="png", cid=f"<{cid}>")
    return bytes(message)


@pytest.mark.parametrize("source", ['"cid:quay@c"', "'CID:quay%40c'", "cid:quay@c"])
def test_an_image_of_the_mail_is_shown_at_its_place(source):
    html = f"<p>{TEXTS[0]}</p><p><img alt='The quay' src={source} width=600></p><p>{TEXTS[1]}</p>"

    draft = read(illustrated(html, ("quay@c", builders.picture(900, 600))))

    assert f'{TEXTS[0]}</p><p><img src="embedded/1" alt="The quay"></p>' in draft.body.html
    assert draft.kept["images"] == 1
    assert draft.pictures[0].picture is not None
    assert len(draft.files) == 2
    assert not draft.dropped
    assert not draft.warnings


def test_images_that_the_text_does_not_show_or_that_are_none_are_told():
    html = f"{PARAGRAPHS}<img alt='x' src='cid:broken'><img alt='y' src='cid:nobody'>"

    draft = read(illustrated(html, ("broken", b"GIF89a"), ("unseen", builders.picture())))

    assert [(part.what, part.count, part.why) for part in draft.dropped] == [
        ("image", 1, "its address is not under media/"),
        ("image in the file", 1, "The file is no JPEG, PNG, WebP or GIF image"),
        ("image in the file", 1, "it has no place in the text: upload it under media/"),
    ]
    assert draft.kept["images"] == 0


def test_an_image_in_a_signature_goes_with_it():
    html = f'{PARAGRAPHS}<div class="gmail_signature">Ilse<img src="cid:logo"></div>'

    draft = read(illustrated(html, ("logo", builders.picture())))

    assert dropped(draft) == {"line of a signature": 1, "image in the file": 1}
    assert not draft.files


def test_an_image_without_a_type_is_shown_by_its_id():
    data = illustrated(f"{PARAGRAPHS}<img alt='x' src='cid:a'>", ("a", builders.picture()))

    draft = read(data.replace(b"image/png", b"application/octet-stream"))

    assert draft.kept["images"] == 1


def test_attachments_are_told():
    message = message_from_bytes(mail(), policy=policy.default)
    message.add_attachment(b"GIF89a", maintype="image", subtype="gif", filename="a.gif")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    message.add_attachment("Other words.", filename="a.txt")

    draft = read(bytes(message))

    assert dropped(draft) == {
        "attachment (application/pdf)": 1,
        "attachment (text/plain)": 1,
        "image in the file": 1,
    }


@pytest.mark.parametrize(
    ("charset", "encoding", "words"),
    [
        ("iso-8859-1", "cp1252", "“She is ready,” said Frau Größe – at last."),
        ("koi8-r", "koi8-r", "Паром вернулся домой."),
        ("GB2312", "gb18030", "渡轮今天恢复航行。"),
        ("utf-16", "utf-16", "Паром вернулся домой."),
    ],
)
def test_odd_charsets_are_read(charset, encoding, words):
    head = f"From: A <a@b.example>\nSubject: Ferry\nContent-Type: text/plain; charset={charset}\n"
    body = base64.encodebytes(words.encode(encoding)).decode()

    data = f"{head}MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n{body}".encode()

    assert read(data).body.text == words


def test_a_charset_that_lies_is_guessed_with_a_warning():
    data = (
        b"From: A <a@b.example>\nSubject: Ferry\nContent-Type: text/plain; charset=utf-8\n\n"
        b"The caf\xe9 on the quay is open."
    )

    draft = read(data)

    assert "café" in draft.body.text
    assert "encoding-guessed" in [warning.code for warning in draft.warnings]


@pytest.mark.parametrize(
    ("subject", "headline"),
    [
        ("=?utf-8?B?RsOkaHJl?= zur=?utf-8?Q?=C3=BCck?=", "Fähre zurück"),
        ("=?windows-1252?Q?Ferry’s_day?=", "Ferry’s day"),
        ("=?nonsense?Q?Ferry?=", "Ferry"),
        ("Fähre", "Fähre"),
    ],
)
def test_subjects_are_decoded(subject, headline):
    data = f"From: A <a@b.example>\nSubject: {subject}\n\n{TEXTS[0]}".encode()

    assert read(data).headline == headline


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Just words.\n\nNo mail.", "mail"),
        (b"Subject: alone\n\nText", "mail"),
        (b"From: a\nSubject: b\nContent-Type: text/plain; " + b"x" * 20_000 + b"\n\nText", "mail"),
        (b"From: a\nSubject: b\n" + b"Content-Type: multipart/mixed; boundary=a\n" * 200, "mail"),
        (
            b"From: a\nSubject: b\nContent-Type: multipart/encrypted; boundary=x\n\n--x\n\ny\n",
            "encrypted",
        ),
        (
            b"From: a\nSubject: b\nMIME-Version: 1.0\nContent-Type: image/gif\n\nGIF",
            "no-text",
        ),
    ],
)
def test_what_is_no_readable_mail_is_refused_by_name(data, expected):
    assert code(data) == expected


_HEADERS_AND_LINES = """From: A <a@b.example>
Subject: x
Subject: =?utf-8?q?=zz?=
To: ((((((
Content-Type: multipart/mixed; boundary=x
Content-Type: text/html; charset=utf-7
Content-Type: text/plain; charset="\x00"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''%ff
MIME-Version: 1.0
--x
--x--


> quoted
--\x20
<p>text</p>
=ff=
\tfolded
Date: \x01
From: =?x?b?@?="""
_LINES = st.sampled_from(_HEADERS_AND_LINES.splitlines())


@settings(max_examples=300, deadline=None)
@given(st.lists(_LINES, max_size=25), st.binary(max_size=40))
def test_no_mail_is_more_than_a_rejection(lines, tail):
    data = "\n".join(["From: A <a@b.example>", "Subject: Ferry", *lines]).encode() + tail

    assert all(found.message and found.fix for found in refusal("a.eml", data))


@pytest.mark.parametrize("boundary", ["boundary=b", "boundary*0=b"])
def test_a_mail_of_thousands_of_parts_is_refused_unread(boundary: str) -> None:
    head = f"From: a\nSubject: b\nContent-Type: multipart/mixed; {boundary}\n\n"

    (found,) = refusal("a.eml", (head + "--b\n\nx\n" * (MAX_MAIL_PARTS + 1)).encode())

    assert found.code == "mail"
