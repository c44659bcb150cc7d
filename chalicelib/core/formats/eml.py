"""E-mail (RFC 5322, MIME): newsletters, and copy that writers send.

The HTML part is the text, kept whole: nobody selects from a mail. Who sends is the byline, but
for newsletters, which have a list's headers and whose sender is the source. Headers that begin
with `Broadsheet-` are metadata: `Broadsheet-Section: world`. What a mail program adds (prefixes
of the subject, a signature, the head of a forwarded mail) is taken off, and told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from email import policy
from email.header import decode_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from html import escape
from urllib.parse import unquote

from chalicelib.core.article import EMBEDDED
from chalicelib.core.clean import one_line, unescaped
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import html as html_reader
from chalicelib.core.formats import text as text_reader
from chalicelib.core.formats.reading import Embedded, Field, Inventory, Reading, letters
from chalicelib.core.limits import MAX_MAIL_GROUPS, MAX_MAIL_HEADER_BYTES, MAX_MAIL_PARTS
from chalicelib.core.receipt import Dropped

OURS = "broadsheet-"
_HEADER = re.compile(rb"^[!-9;-~]{1,76}:", re.MULTILINE)
_FIRST_HEADERS = re.compile(
    rb"^(?:from|to|cc|subject|date|received|return-path|delivered-to|message-id|mime-version|"
    rb"content-type|x-[a-z0-9-]+|reply-to|sender|dkim-signature|arc-seal|authentication-results)"
    rb"[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_STRUCTURE = re.compile(
    rb"^content-[a-z-]{1,40}:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE
)
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_PART = re.compile(rb"^--\S", re.MULTILINE)  # or a rule in a text; what a boundary is can be hidden
_ENCODED_WORD = re.compile(r"=\?([\w-]{1,40})\?[qQ]\?([^?]*)\?=", re.ASCII)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_PREFIX = re.compile(
    r"^(?:(?:re|fwd?|aw|wg|tr|rv|sv|vs|vb|antw|odp|ynt|enc|res|r|i)\s*(?:\[\d+\]\s*)?:\s*)+",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^\s*(?:-{2,}\s*(?:forwarded message|original message|weitergeleitete nachricht|"
    r"ursprüngliche nachricht|message transféré|mensaje reenviado)\s*-{2,}|"
    r"begin forwarded message:)\s*$",
    re.IGNORECASE,
)
_FORWARDED_LINE = re.compile(
    r"^[*>\s]*(?:from|to|cc|date|sent|subject|reply-to|von|an|datum|betreff|"
    r"gesendet|de|à|para|fecha|asunto|objet)\s*:\**\s",
    re.IGNORECASE,
)
_CID = re.compile(r"""(\bsrc\s{0,9}=\s{0,9})(["']?)cid:([^"'\s<>]{1,250})\2""", re.IGNORECASE)
_SIGNATURE = re.compile(r"^--[ \t]?$")
_SIGNATURE_BOX = re.compile(
    r"<div[^<>]{0,400}?\b(?:class|id)=[\"'][^\"'<>]{0,200}?"
    r"(?:gmail_signature|moz-signature|ms-outlook-mobile-signature)[^<>]*>",
    re.IGNORECASE,
)


def read(data: bytes) -> Reading:
    """Return the mail's text and what its head says.

    Raises UploadRejected "mail" for what is no mail, "encrypted", and "no-text".
    """
    message = _parsed(data)
    if message.get_content_type() in ("multipart/encrypted", "application/pkcs7-mime"):
        raise UploadRejected(
            Finding(
                code="encrypted",
                message="The mail is encrypted.",
                fix="Decrypt it and upload its text.",
            )
        )
    part, attached = _parts(message)
    if part is None:
        raise UploadRejected(
            Finding(
                code="no-text",
                message="The mail has no part in HTML or plain text.",
                fix="Send the text in the mail itself, not as an attachment.",
            )
        )
    warnings: list[Finding] = []
    said = _content(part, warnings)
    images = {f"{EMBEDDED}{n}": p for n, p in enumerate(filter(_is_image, attached), start=1)}
    dropped = list(_told(part for part in attached if not _is_image(part)))
    if part.get_content_type() == "text/html":
        html, counted, left_out = _from_html(_with_images(said, images))
    else:
        html, counted, left_out = _from_text(said)
    return Reading(
        format="mail",
        metadata=_metadata(message),
        html=html,
        warnings=tuple(warnings),
        dropped=(*dropped, *left_out),
        inventory=counted,
        embedded={name: Embedded(data=_payload(image)) for name, image in images.items()},
    )


def _parsed(data: bytes) -> EmailMessage:
    head = data.lstrip()
    first = re.split(rb"\r?\n\r?\n", head[:200_000], maxsplit=1)[0]
    if not _HEADER.match(first) or len(_FIRST_HEADERS.findall(first)) < 2:
        raise _no_mail("it does not begin with the lines of a mail's head")
    if any(len(header[0]) > MAX_MAIL_HEADER_BYTES for header in _STRUCTURE.finditer(data)):
        raise _no_mail("a line of its structure is longer than any mail program writes")
    if len(_BOUNDARY.findall(data)) > MAX_MAIL_GROUPS:
        raise _no_mail(f"it has more than {MAX_MAIL_GROUPS} levels or groups of parts")
    if len(_PART.findall(data)) > MAX_MAIL_PARTS:
        raise _no_mail(f"it has more than {MAX_MAIL_PARTS:,} parts")
    try:
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(head)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _no_mail(f"its structure is broken ({type(error).__name__})") from None
    assert isinstance(message, EmailMessage)  # noqa: S101
    return message


def _no_mail(problem: str) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="mail",
            message=f"The file is no e-mail that can be read: {problem}.",
            fix="Save the mail from the mail program as .eml, with all its headers.",
            line=1,
        )
    )


# The head


def _raw(message: EmailMessage, name: str) -> str:
    """A header's text, decoded; broken encodings keep what can be read."""
    value = next((str(v) for n, v in message.raw_items() if n.lower() == name.lower()), "")
    value = value[:MAX_MAIL_HEADER_BYTES]
    value = (
        value.encode("ascii", "surrogateescape").decode("utf-8", "replace")
        if any("\udc80" <= c <= "\udcff" for c in value)
        else value
    )
    if "=?" not in value:
        return one_line(value)
    value = _ENCODED_WORD.sub(_pure, value)
    try:
        parts = decode_header(re.sub(r"\r?\n[ \t]+", " ", value))
    except (ValueError, LookupError):
        return one_line(value)
    return one_line("".join(_decoded(part, charset) for part, charset in parts))


def _pure(match: re.Match[str]) -> str:
    """Encode what some programs leave as it is inside an encoded word."""
    charset, words = match[1], match[2]

    def encoded(found: re.Match[str]) -> str:
        try:
            data = found[0].encode(charset, "replace")
        except LookupError:
            data = b"?"
        return "".join(f"={byte:02X}" for byte in data)

    return f"=?{charset}?Q?{_NOT_ASCII.sub(encoded, words)}?="


def _decoded(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    try:
        return part.decode(charset or "utf-8", "replace")
    except LookupError:
        return part.decode("utf-8", "replace")


def _metadata(message: EmailMessage) -> dict[str, Field]:
    fields: dict[str, Field] = {}

    def put(key: str, value: object, header: str) -> None:
        if value and key not in fields:
            fields[key] = Field(value, f"/{header}")

    for name, _ in message.raw_items():
        if name.lower().startswith(OURS):
            key = name[len(OURS) :].lower().replace("-", "_")
            put(key, _raw(message, name), name)
    put("headline", _PREFIX.sub("", _raw(message, "Subject")).strip(), "Subject")
    name, address = _mailbox(_raw(message, "From"))
    name = "" if "@" in name else name
    list_name = _raw(message, "List-Id").partition("<")[0].strip('" ')
    if list_name or _raw(message, "List-Unsubscribe"):
        put("source", list_name or name or address.rpartition("@")[2], "From")
    else:
        put("byline", [name] if name else [], "From")
    put("published_at", _raw(message, "Date"), "Date")
    put("language", _raw(message, "Content-Language").partition(",")[0].strip(), "Content-Language")
    put("tags", _raw(message, "Keywords"), "Keywords")
    return fields


def _mailbox(header: str) -> tuple[str, str]:
    """The name and the address in a header; comments within comments are nobody's name."""
    try:
        name, address = parseaddr(header)
    except RecursionError:
        return "", ""
    return one_line(name).strip("\"'"), address


# The parts


def _parts(message: EmailMessage) -> tuple[EmailMessage | None, list[EmailMessage]]:
    """Return the part that is the text, and what is attached."""
    found: dict[str, EmailMessage] = {}
    attached: list[EmailMessage] = []
    for part in _leaves(message, 0):
        kind = part.get_content_type()
        disposition = str(part.get("Content-Disposition", "")).strip().lower()
        is_text = kind in ("text/html", "text/plain") and not disposition.startswith("attachment")
        if is_text and kind not in found and _has_words(part):
            found[kind] = part
        elif not is_text or _has_words(part):
            attached.append(part)
    text_part = found.get("text/html") or found.get("text/plain")
    return text_part, attached


def _leaves(part: EmailMessage, depth: int) -> Iterator[EmailMessage]:
    if part.get_content_maintype() != "multipart" or depth > MAX_MAIL_GROUPS:
        yield part
        return
    inner = part.get_payload()
    for child in inner if isinstance(inner, list) else []:
        if isinstance(child, EmailMessage):
            yield from _leaves(child, depth + 1)


def _has_words(part: EmailMessage) -> bool:
    return bool(letters(re.sub(r"<[^<>]*>", " ", _content(part, []))))


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _is_image(part: EmailMessage) -> bool:
    """By its type; what has none and an id, by which the text may show it, is tried."""
    is_untyped = part.get_content_type() == "application/octet-stream"
    return part.get_content_maintype() == "image" or (is_untyped and "Content-ID" in part)


def _with_images(said: str, images: Mapping[str, EmailMessage]) -> str:
    """Give the images in the mail's HTML (RFC 2392: cid: and a part's id) our names for them."""
    names = {_raw(part, "Content-ID").strip("<> "): name for name, part in images.items()}

    def ours(match: re.Match[str]) -> str:
        name = names.get(unquote(unescaped(match[3])).strip())
        return f'{match[1]}"{name}"' if name else match[0]

    return _CID.sub(ours, said)


def _content(part: EmailMessage, warnings: list[Finding]) -> str:
    data = _payload(part)
    charset = (part.get_content_charset() or "").strip("\"' ") or "utf-8"
    charset = {"iso-8859-1": "cp1252", "us-ascii": "utf-8", "gb2312": "gb18030"}.get(
        charset, charset
    )
    for name in (charset, "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, ValueError):
            continue
    guessed = "cp1252"
    warnings.append(
        Finding(
            code="encoding-guessed",
            message=f"The mail does not say truly how its text is encoded; read as {guessed}.",
            fix="Look for wrong letters in the preview; send the mail as UTF-8.",
        )
    )
    return data.decode(guessed, "replace")


def _told(attached: Iterable[EmailMessage]) -> Iterator[Dropped]:
    counts: dict[str, int] = {}
    for part in attached:
        kind = one_line(part.get_content_type())[:60]
        counts[kind] = counts.get(kind, 0) + 1
    for kind, count in sorted(counts.items()):
        yield Dropped(
            what=f"attachment ({kind})", count=count, why="upload it as a file of its own"
        )


# The text


def _from_html(said: str) -> tuple[str, Inventory, list[Dropped]]:
    dropped = []
    signature = _SIGNATURE_BOX.search(said)
    if signature is not None and not letters(re.sub(r"<[^<>]*>", "", said[: signature.start()])):
        signature = None  # a mail that is nothing but a signature is kept as it is
    if signature is not None:
        said, signed = said[: signature.start()], said[signature.start() :]
        lines = max(1, signed.lower().count("<br") + signed.lower().count("<div"))
        dropped.append(_signature(lines))
    html, inventory, told = html_reader.whole(said)
    return html, inventory, [*told, *dropped]


def _signature(lines: int) -> Dropped:
    return Dropped(
        what="line of a signature", count=lines, why="it is the sender's, not the text's"
    )


def _from_text(said: str) -> tuple[str, Inventory, list[Dropped]]:
    lines = [line.rstrip("\r") for line in said.replace("\r\n", "\n").split("\n")]
    dropped = []
    for place, line in enumerate(lines):
        if _SIGNATURE.match(line) and any(part.strip() for part in lines[:place]):
            signed = [part for part in lines[place + 1 :] if part.strip()]
            if signed:
                dropped.append(_signature(len(signed)))
            lines = lines[:place]
            break
    lines, cut = _without_forwarding(lines)
    if cut:
        why = "it is of the mail, not of the text"
        dropped.append(Dropped(what="line of a forwarded mail's head", count=cut, why=why))
    html, quotes = _html_of(lines)
    counted = sum(letters(line) for line in lines)
    return html, Inventory(letters=counted, block_quotes=quotes), dropped


def _without_forwarding(lines: list[str]) -> tuple[list[str], int]:
    for place, line in enumerate(lines[:200]):
        if not _FORWARDED.match(line):
            continue
        end = place + 1
        while end < len(lines) and (not lines[end].strip() or _FORWARDED_LINE.match(lines[end])):
            end += 1
        return [*lines[:place], *lines[end:]], sum(bool(cut.strip()) for cut in lines[place:end])
    return lines, 0


def _html_of(lines: list[str]) -> tuple[str, int]:
    """Paragraphs, and block quotes of the lines that are marked as quoted."""
    pieces: list[str] = []
    quotes = 0
    group: list[str] = []
    is_quoted = False

    def close() -> None:
        nonlocal group, quotes
        said = "".join(f"<p>{escape(p, quote=False)}</p>" for p in text_reader.paragraphs(group))
        if said and is_quoted:
            quotes += 1
            said = f"<blockquote>{said}</blockquote>"
        pieces.append(said)
        group = []

    for line in lines:
        quoted = line.startswith(">")
        if quoted != is_quoted and (line.strip() or quoted):
            close()
            is_quoted = quoted
        group.append(line.lstrip("> ").strip() if quoted else line.strip())
    close()
    return "".join(pieces), quotes
