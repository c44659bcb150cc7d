"""What an image file says of itself: who made it, and what it shows.

Three places may tell it: XMP, IPTC IIM and Exif. XMP is believed first, since it is Unicode and of
any length, where IIM cuts a name at 32 bytes; Exif last, since cameras fill it with their own name.
Nothing here is needed to show an image, so what cannot be read is passed over.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.core.clean import one_line, unescaped
from chalicelib.core.errors import UploadRejected
from chalicelib.core.limits import MAX_CAPTION_LENGTH, MAX_LINE_LENGTH

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
    from PIL.ImageFile import ImageFile

_DC = "{http://purl.org/dc/elements/1.1/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# IPTC IIM, record and data set.
_CHARSET, _BYLINE, _CREDIT, _CAPTION = (1, 90), (2, 80), (2, 110), (2, 120)
_UTF_8 = b"\x1b%G"
_ARTIST, _DESCRIPTION = 0x013B, 0x010E  # Exif
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error)
# What cameras and programs write where nobody wrote anything.
_NO_CAPTION = re.compile(
    r".*\bdigital camera\b.*|sony dsc|dcim.*|dsc_?\d+|img_?\d+|exif_jpeg_picture|"
    r"samsung camera pictures|created with .*|default|untitled|screenshot",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """Who made an image and what it shows, each on one line, None where the file is silent."""

    credit: str | None = None
    caption: str | None = None


def read(image: ImageFile) -> Imprint:
    """Return what the file of *image*, decoded, says: a PNG may tell it after its pixels."""
    told = [_from_xmp(image), _from_iptc(image), _from_exif(image)]
    return Imprint(
        credit=next((one.credit for one in told if one.credit), None),
        caption=next((one.caption for one in told if one.caption), None),
    )


def _imprint(*, makers: Iterable[str], publisher: str = "", caption: str = "") -> Imprint:
    """Set the makers' names and the agency's as pages print them: Ilse Marrow / Courier."""
    names = ", ".join(dict.fromkeys(filter(None, map(_line, makers))))
    agency = _line(publisher)
    if agency.casefold() in names.casefold():
        agency = ""
    said = _line(caption)
    return Imprint(
        credit=_cut(" / ".join(filter(None, (names, agency))), MAX_LINE_LENGTH) or None,
        caption=None if _NO_CAPTION.fullmatch(said) else _cut(said, MAX_CAPTION_LENGTH) or None,
    )


def _line(text: str) -> str:
    return one_line(unescaped(text))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest].rpartition(" ")[0] + " …"


def _from_xmp(image: ImageFile) -> Imprint:
    from chalicelib.core.formats import xml

    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    packet = packet.encode("utf-8", "replace") if isinstance(packet, str) else bytes(packet)
    try:
        root = xml.parse(packet.strip(b"\0 \r\n\t"))
    except UploadRejected:
        return Imprint()
    credit = _PHOTOSHOP + "Credit"  # an attribute or an element, as the program liked
    publisher = next(
        (d.get(credit, "") for d in root.iter(_RDF + "Description") if d.get(credit)), ""
    )
    return _imprint(
        makers=[li.text or "" for li in _listed(root, _DC + "creator")],
        publisher=publisher or next((e.text or "" for e in root.iter(credit)), ""),
        caption=_in_default_language(_listed(root, _DC + "description")),
    )


def _listed(root: Element, name: str) -> list[Element]:
    return [li for found in root.iter(name) for li in found.iter(_RDF + "li")]


def _in_default_language(alternatives: list[Element]) -> str:
    marked = [li for li in alternatives if li.get(_LANG) == "x-default"]
    return next((li.text for li in (*marked, *alternatives) if li.text), "")


def _from_iptc(image: ImageFile) -> Imprint:
    from PIL import IptcImagePlugin

    try:
        told = IptcImagePlugin.getiptcinfo(image) or {}
    except _BROKEN:
        return Imprint()
    is_utf_8 = told.get(_CHARSET) == _UTF_8

    def texts(name: tuple[int, int]) -> list[str]:
        found = told.get(name, [])
        return [_decoded(one, is_utf_8=is_utf_8) for one in _several(found)]

    return _imprint(
        makers=texts(_BYLINE), publisher=" ".join(texts(_CREDIT)), caption=" ".join(texts(_CAPTION))
    )


def _several(found: bytes | list[bytes]) -> list[bytes]:
    return found if isinstance(found, list) else [found]


def _decoded(data: bytes, *, is_utf_8: bool) -> str:
    """Read text whose encoding may not be declared: UTF-8 where it is that, else Windows' own."""
    try:
        return data.decode("utf-8", "replace" if is_utf_8 else "strict")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _from_exif(image: ImageFile) -> Imprint:
    try:
        exif = image.getexif()
        artist, description = (
            # Pillow reads ASCII fields as Latin-1, which loses nothing of what was written.
            _decoded(str(exif.get(tag) or "").encode("latin-1", "replace"), is_utf_8=False)
            for tag in (_ARTIST, _DESCRIPTION)
        )
    except _BROKEN:
        return Imprint()
    return _imprint(makers=[artist], caption=description)
