"""What an image's file says of itself is shown with it, and what cameras say is not."""

from __future__ import annotations

import struct
from html import escape
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from chalicelib.core import pictures
from chalicelib.core.limits import MAX_CAPTION_LENGTH, MAX_LINE_LENGTH

BYLINE, CREDIT, CAPTION = (2, 80), (2, 110), (2, 120)
UTF_8 = ((1, 90), b"\x1b%G")


def jpeg(
    *iptc: tuple[tuple[int, int], bytes], xmp: str = "", artist: str = "", description: str = ""
) -> bytes:
    """A JPEG as a picture agency sends it."""
    exif = Image.Exif()
    for tag, text in ((0x013B, artist), (0x010E, description)):
        if text:
            exif[tag] = text
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif, xmp=xmp.encode())
    data = out.getvalue()
    return data[:2] + photoshop(*iptc) + data[2:] if iptc else data


def photoshop(*iptc: tuple[tuple[int, int], bytes]) -> bytes:
    """The APP13 segment with its IPTC resource (IIM 4.2 inside Photoshop's 8BIM 0x0404)."""
    sets = b"".join(b"\x1c" + bytes(name) + struct.pack(">H", len(v)) + v for name, v in iptc)
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(sets)) + sets + b"\0" * (len(sets) % 2)
    segment = b"Photoshop 3.0\0" + resource
    return b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment


def xmp(*, makers: tuple[str, ...] = (), credit: str = "", description: str = "") -> str:
    listed = "".join(f"<rdf:li>{escape(maker)}</rdf:li>" for maker in makers)
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="{escape(credit)}">'
        f"<dc:creator><rdf:Seq>{listed}</rdf:Seq></dc:creator><dc:description><rdf:Alt>"
        '<rdf:li xml:lang="de">Die Fähre</rdf:li>'
        f'<rdf:li xml:lang="x-default">{escape(description)}</rdf:li></rdf:Alt></dc:description>'
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


def told(data: bytes) -> tuple[str | None, str | None]:
    picture = pictures.prepare(data).picture
    return picture.credit, picture.caption


def test_an_agencys_data_sets_tell_credit_and_caption() -> None:
    data = jpeg((BYLINE, b"Ilse Marrow"), (CREDIT, b"Vessan Wire"), (CAPTION, b"The quay."))

    assert told(data) == ("Ilse Marrow / Vessan Wire", "The quay.")


@pytest.mark.parametrize(
    ("data_sets", "credit"),
    [
        ([(BYLINE, b"Ilse Marrow"), (BYLINE, b"Tom Aske")], "Ilse Marrow, Tom Aske"),
        ([(BYLINE, b"Marrow / Vessan Wire"), (CREDIT, b"VESSAN WIRE")], "Marrow / Vessan Wire"),
        ([(CREDIT, b"Vessan Wire")], "Vessan Wire"),
        ([(BYLINE, "Åsa Ødegård".encode("cp1252"))], "Åsa Ødegård"),
        ([UTF_8, (BYLINE, "Åsa Ødegård".encode())], "Åsa Ødegård"),
        ([UTF_8, (BYLINE, b"\xc5sa")], "\ufffdsa"),
        ([(BYLINE, b"Ilse\r\n\0 Marrow")], "Ilse Marrow"),
    ],
)
def test_names_are_read_however_a_program_wrote_them(
    data_sets: list[tuple[tuple[int, int], bytes]], credit: str
) -> None:
    assert told(jpeg(*data_sets))[0] == credit


def test_xmp_is_believed_before_names_that_were_cut_and_exif_last() -> None:
    packet = xmp(makers=("Ilse Marrow-Ostrey of Callport", "Tom Aske"), credit="Wire & Sons")
    cut = (BYLINE, b"Ilse Marrow-Ostrey o")

    assert told(jpeg(cut, xmp=packet, artist="CAMERA OWNER"))[0] == (
        "Ilse Marrow-Ostrey of Callport, Tom Aske / Wire & Sons"
    )
    assert told(jpeg(cut, artist="CAMERA OWNER"))[0] == "Ilse Marrow-Ostrey o"
    assert told(jpeg(artist="Ilse Marrow", description="The quay.")) == ("Ilse Marrow", "The quay.")


def test_the_description_in_the_files_default_language_is_the_caption() -> None:
    assert told(jpeg(xmp=xmp(description="The ferry")))[1] == "The ferry"
    assert told(jpeg(xmp=xmp()))[1] == "Die Fähre"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats_carry_xmp_too(kind: str) -> None:
    out, packet = BytesIO(), xmp(makers=("Ilse Marrow",))
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", packet)
    Image.new("RGB", (8, 8)).save(out, kind, xmp=packet.encode(), pnginfo=text)

    assert told(out.getvalue())[0] == "Ilse Marrow"


@pytest.mark.parametrize(
    "junk", ["OLYMPUS DIGITAL CAMERA", "SONY DSC", "DCIM\\100MEDIA\\DJI_0042.JPG", "IMG_4711", "  "]
)
def test_what_a_camera_writes_is_no_caption(junk: str) -> None:
    assert told(jpeg(description=junk))[1] is None


def test_what_is_longer_than_a_line_is_cut_between_words() -> None:
    credit, caption = told(jpeg(artist="Marrow " * 200, description="quay " * 400))

    assert credit is not None
    assert caption is not None
    assert len(credit) <= MAX_LINE_LENGTH + 2
    assert len(caption) <= MAX_CAPTION_LENGTH + 2
    assert credit.endswith("Marrow …")


@pytest.mark.parametrize(
    "packet",
    [
        "<x:xmpmeta",
        '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><x>&c;</x>',
        "<a>" * 2_000,
        "<a/>" * 50_000,
    ],
)
def test_hostile_xmp_costs_the_image_nothing_but_its_credit(packet: str) -> None:
    assert told(jpeg(xmp=packet[:60_000])) == (None, None)


@given(st.binary(max_size=120))
def test_no_data_sets_break_an_image(data: bytes) -> None:
    whole = jpeg()
    segment = photoshop((CREDIT, data)).replace(b"8BIM", data[:4].ljust(4, b"x"))

    assert told(whole[:2] + segment + whole[2:])[1] is None
