"""The bytes of a page as text that is safe to parse.

The encoding is found as the HTML standard's sniffing algorithm does (byte order mark, then the
declaration, then what is usual for the page's language), with one difference: bytes that are
valid UTF-8 and not plain ASCII are UTF-8, whatever the page says, because no other encoding
produces such bytes by chance. The guards take away what makes parsers slow (giant tags, tens of
thousands of attributes) and refuse what is no page at all.
"""

from __future__ import annotations

import codecs
import re

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.limits import MAX_ELEMENTS, MAX_TAG_ATTRIBUTES, MAX_TAG_LENGTH

MIN_WIDE_SHARE = 0.2  # of NUL bytes, from which on a text is UTF-16 or no text
MAX_CONTROL_SHARE = 0.05  # of control bytes in a text
MAX_BROKEN_SHARE = 0.05  # of wrong bytes in a text that is UTF-8 for the rest
MANY_ATTRIBUTES = 20_000  # of a whole page, by its equals signs
PRESCAN_BYTES = 8_192  # the standard reads 1,024; real pages declare later

_META = re.compile(
    rb"<meta[^>]{0,400}?charset\s*=\s*(?:[\"']\s*)?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE
)
_LANGUAGE = re.compile(rb"<html[^>]{0,400}?\blang\s*=\s*[\"']?([A-Za-z]{2,3})", re.IGNORECASE)
_START_TAG = re.compile(r"<[A-Za-z]")
_TAG_NAME = re.compile(r"<(?:!--|([A-Za-z][A-Za-z0-9:-]{0,40}))")
_TAG_STOP = re.compile(r"=\s*([\"'])|>")  # a quote elsewhere is part of a broken name
_LONG_TAG = re.compile(rf"<[A-Za-z][^>]{{{MAX_TAG_LENGTH - 2}}}")
_DATA_ADDRESS = re.compile(r"data:[^\"'\s>]{200,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LEAD_BYTES = re.compile(rb"[\xc2-\xf4]")  # the first of a letter's bytes in UTF-8
_RAW_TEXT = ("script", "style", "textarea", "title", "xmp", "noscript", "iframe")

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SIGNATURES = (
    b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"%PDF", b"\x1f\x8b", b"RIFF",
    b"\x7fELF", b"MZ\x90", b"\xd0\xcf\x11\xe0", b"wOF2", b"ID3", b"BZh", b"7z\xbc\xaf",
)  # fmt: skip

# What browsers read under a name, where it is not what Python reads (WHATWG Encoding).
_LABELS = {
    "ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252",
    "latin1": "cp1252", "latin-1": "cp1252", "l1": "cp1252", "iso_8859-1": "cp1252",
    "iso-8859-9": "cp1254", "latin5": "cp1254", "tis-620": "cp874", "iso-8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030",
    "big5": "big5hkscs", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "utf-16": "utf-8", "utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "cp1252",
    "unicode": "utf-8", "utf8": "utf-8", "x-mac-roman": "mac-roman", "macintosh": "mac-roman",
}  # fmt: skip
# What pages of a language without any declaration are usually in (HTML standard, 13.2.3.2).
_USUAL = {
    "ar": "cp1256", "fa": "cp1256", "ur": "cp1256", "az": "cp1254", "tr": "cp1254",
    "ku": "cp1254", "be": "cp1251", "bg": "cp1251", "ky": "cp1251", "mk": "cp1251",
    "ru": "cp1251", "sr": "cp1251", "tg": "cp1251", "uk": "cp1251", "tt": "cp1251",
    "bs": "cp1250", "cs": "cp1250", "hr": "cp1250", "hu": "iso8859-2", "pl": "iso8859-2",
    "sk": "cp1250", "sl": "iso8859-2", "el": "iso8859-7", "et": "cp1257", "lt": "cp1257",
    "lv": "cp1257", "he": "cp1255", "ja": "cp932", "ko": "cp949", "th": "cp874", "vi": "cp1258",
    "zh": "gb18030",
}  # fmt: skip


def text_of(data: bytes) -> tuple[str, tuple[Finding, ...]]:
    """Return the page's text and a warning where its encoding was guessed.

    Raises UploadRejected "binary" for bytes that are no text, "no-text" for text without a
    single tag, and "too-complex" for more elements than an article can have.
    """
    encoding, is_certain = _encoding(data)
    if encoding is None:
        raise UploadRejected(
            Finding(
                code="binary",
                message="The file is not a web page: its bytes are no text.",
                fix="Upload the page's HTML; images go under media/.",
                line=1,
            )
        )
    text = _CONTROL.sub("", data.decode(encoding, "replace").lstrip("\ufeff"))
    elements = sum(1 for _ in _START_TAG.finditer(text))
    if not elements:
        raise UploadRejected(
            Finding(
                code="no-text",
                message="The file holds no HTML: there is not a single element in it.",
                fix="Name plain text .txt and Markdown .md, or upload the page's HTML.",
                line=1,
            )
        )
    if elements > MAX_ELEMENTS:
        raise UploadRejected(
            Finding(
                code="too-complex",
                message=f"The page has {elements:,} elements; at most {MAX_ELEMENTS:,} are read.",
                fix="Upload the article's own HTML, without the page around it.",
            )
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if is_certain:
        return shorten_tags(text), ()
    guessed = Finding(
        code="encoding-guessed",
        message=f"The page does not say truly how its text is encoded; read as {encoding}.",
        fix='Save it as UTF-8 with <meta charset="utf-8"> where letters look wrong.',
        line=1,
    )
    return shorten_tags(text), (guessed,)


def _encoding(data: bytes) -> tuple[str | None, bool]:
    """The Python codec of *data* (None for binary) and whether it is certain."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, True
    head = data[:PRESCAN_BYTES]
    if data.startswith(_SIGNATURES):
        return None, True
    if head.count(0) > MIN_WIDE_SHARE * len(head):
        return _wide(head), False
    if len(_CONTROL_BYTES.findall(head)) > MAX_CONTROL_SHARE * len(head):
        return None, True
    declared = _declared(head)
    if data.isascii():
        # ISO-2022-JP alone writes other letters in ASCII bytes, after an escape.
        is_escaped = declared == "iso2022_jp" and b"\x1b" in data
        return ("iso2022_jp" if is_escaped else "utf-8"), True
    broken = data.decode("utf-8", "replace").count("\ufffd")
    if not broken:
        return "utf-8", declared in {None, "utf-8"}
    if declared not in {None, "utf-8"}:
        return declared, True
    if broken < MAX_BROKEN_SHARE * len(_LEAD_BYTES.findall(data)):
        return "utf-8", False  # a page cut in the middle of a letter, a comment in another code
    language = _LANGUAGE.search(head)
    usual = _USUAL.get(language[1].decode("ascii").lower(), "cp1252") if language else "cp1252"
    return usual, False


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: of "<html" every other byte is NUL."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.6 * len(head) / 2 and even < 0.1 * len(head):
        return "utf-16-le"
    if even > 0.6 * len(head) / 2 and odd < 0.1 * len(head):
        return "utf-16-be"
    return None


def _declared(head: bytes) -> str | None:
    """The codec of the first declaration that names one."""
    for match in _META.finditer(head):
        label = match[1].decode("ascii").lower()
        try:
            return codecs.lookup(_LABELS.get(label, label)).name
        except LookupError:
            continue
    return None


def shorten_tags(text: str) -> str:
    """Take the content out of data: addresses and the attributes off giant tags.

    Ordinary pages are searched once and left alone. Linear in the length of *text*.
    """
    text = _DATA_ADDRESS.sub("data:,", text) if "data:" in text else text
    if text.count("=") < MANY_ATTRIBUTES and not _LONG_TAG.search(text):
        return text
    pieces: list[str] = []
    lower = text.lower()
    at = done = 0
    while match := _TAG_NAME.search(text, at):
        name = (match[1] or "").lower()
        if not name:
            at = _after(text, "-->", match.end())
            continue
        at = end = _tag_end(text, match.end())
        is_giant = end - match.start() > MAX_TAG_LENGTH
        if is_giant or text.count("=", match.end(), end) > MAX_TAG_ATTRIBUTES:
            pieces += (text[done : match.end()], ">")
            done = end
        if name in _RAW_TEXT:
            at = _after(lower, f"</{name}", end)
    return "".join((*pieces, text[done:]))


def _after(text: str, mark: str, at: int) -> int:
    found = text.find(mark, at)
    return found + len(mark) if found >= 0 else at


def _tag_end(text: str, at: int) -> int:
    """The position after the ">" that closes the tag in which *at* is."""
    while match := _TAG_STOP.search(text, at):
        at = match.end()
        if match[1] is not None:
            closing = text.find(match[1], at)
            if closing < 0:
                break
            at = closing + 1
        else:
            return at
    return len(text)
