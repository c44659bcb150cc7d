"""What pages say about themselves, and what of them is the article: many small ones, whole.

Each is held to the one in `tests/approved/drafts`, which somebody has read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import html
from chalicelib.core.formats.jsonld import article, body_html, parse, unread
from tests.core.formats.test_whole import finding

Approved = Callable[[str, str], None]

ONE = (
    "The ferry Skerrin returned to service on the Callport line on Monday after four weeks in the "
    "Garrow yard, where her rudder was made anew, the harbour board said in the evening."
)
TWO = (
    "Some 214 passengers were on the first crossing, among them Marek Sollis, a piano tuner, who "
    "had waited since the end of February and had missed two weddings and a funeral on the island."
)
THREE = (
    "A second ferry will go to the yard in January for the same work, and the council will vote "
    "next month on a timetable with four crossings a day, as it has promised for ten years by now."
)
TEXT = f"<p>{ONE}</p><p>{TWO}</p><p>{THREE}</p>"

PAGES = Path(__file__).with_name("pages")  # one page, or what a page has, on each line
# Many classes tell that no editor wrote a page.
CLASSES = "".join(f"<div class='c{n}'><i class='d{n}'></i></div>" for n in range(6))

# Bytes, and what they are read as.
PAGE = f"<p>Été à Vell: {ONE}</p>"
MUCH = f"<p {'a=1 ' * 9_000}>{ONE}</p><!-- <p {'b=1 ' * 9_000} --><script>x<p c=1></script>"
LONG = f"<p title=\"{'g' * 70_000}\">{ONE}</p><img src='data:image/png;base64,{'A' * 300}'>"
BYTES = (
    *(PAGE.encode(code) for code in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")),
    PAGE.encode("latin-1"),
    b"<meta charset=latin1>" + PAGE.encode("latin-1"),
    b"<meta charset=nonsense><meta charset='windows-1250'>" + PAGE.encode("latin-1"),
    b"<meta charset=iso-2022-jp><p>\x1b$B9A$N0Q0w2q$O\x1b(B</p>",
    b"<meta charset=iso-2022-jp><p>plain, but long</p>",
    b"<html lang=ru>" + "<p>Паром вернулся на линию после ремонта.</p>".encode("cp1251"),
    b"<meta charset=utf-8>" + f"<p>{'é' * 60}</p>".encode() + b"\xff<p>x</p>",
    b"<meta charset=latin1>" + PAGE.encode(),
    b"\x00<\x00",
    b"<p>\x01\x02\x03\x04</p>",
    b"%PDF <p>x</p>",
    b"no tag at all",
    b"<p>a\r\nb\rc</p><p>long enough</p>",
    f"<p data-x='{'=' * 300}'>{ONE}</p>".encode(),
    f"{MUCH}<p d='>{'e' * 40}'>{TWO}</p><p {'f=1 ' * 3_000}".encode(),
    f"{LONG}<p>{TWO}</p>".encode(),
)


def lines_of(name: str) -> list[str]:
    return (PAGES / name).read_text(encoding="utf-8").splitlines()


def told(data: str | bytes) -> list[str]:
    """What a page comes to, as lines."""
    try:
        reading = html.read(data if isinstance(data, bytes) else data.encode())
    except UploadRejected as error:
        return [f"    refused {finding(one)}" for one in error.findings]
    lines = [f"    {key}: {one.value!r}, line {one.line}" for key, one in reading.metadata.items()]
    lines += [f"    dropped {d.count} {d.what}, line {d.line}: {d.why}" for d in reading.dropped]
    lines += [f"    warning {finding(one)}" for one in reading.warnings]
    held = reading.inventory
    lines.append(f"    from line {reading.first_line}: {held}")
    shown = reading.html
    for words, name in ((ONE, "ONE"), (TWO, "TWO"), (THREE, "THREE")):
        shown = shown.replace(words, name)
    return [*lines, f"    {shown!r}"]


def short(text: str) -> str:
    for words, name in ((ONE, "ONE"), (TWO, "TWO"), (THREE, "THREE")):
        text = text.replace(words, name)
    return text if len(text) < 500 else f"{text[:250]}… {len(text)} …{text[-50:]}"


def test_pages_say_of_themselves_what_was_approved(approved: Approved) -> None:
    lines = []
    for line in lines_of("heads.txt"):
        head, _, above = line.partition(" ¦ ")
        page = f"<html><head>{head}</head><body class=s>{CLASSES}\n{above}\n{TEXT}</body></html>"
        lines += [line, *told(page)]

    approved("drafts/heads.txt", "\n".join([*lines, ""]))


def test_of_pages_is_taken_what_was_approved(approved: Approved) -> None:
    lines = []
    for line in lines_of("bodies.txt"):
        body = line.format(ONE=ONE, TWO=TWO, THREE=THREE, TEXT=TEXT)
        lines.append(line)
        for shown in (body, body.replace("<p>", "<p class=p>")):  # by hand, and by a system
            head = "<html><head><title>Ferry</title></head>"
            lines += told(f"{head}<body>\n{shown}\n</body></html>")

    approved("drafts/bodies.txt", "\n".join([*lines, ""]))


def test_bytes_are_read_as_was_approved(approved: Approved) -> None:
    lines = []
    for data in BYTES:
        lines += [short(repr(data)), *map(short, told(data))]

    approved("drafts/bytes.txt", "\n".join([*lines, ""]))


def test_what_machines_are_told_is_read_as_was_approved(approved: Approved) -> None:
    lines = []
    for text in lines_of("linked.txt"):
        document = parse(text)
        fields = article(document) or {}
        lines += [text, *(f"    {k}: {f.value!r} {f.pointer}" for k, f in fields.items())]
        lines += [f"    unread {sorted(unread(document))}, body {body_html(document)!r}"]

    approved("drafts/linked.txt", "\n".join([*lines, ""]))
