"""The editors' guide cannot lag: its tables are held to the code, and every code is provoked."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from PIL import Image

from chalicelib import newsroom, wiring
from chalicelib.core import api, codec, fold, formats
from chalicelib.core.limits import (
    MAX_BYLINES,
    MAX_CORRECTIONS,
    MAX_FEEDS,
    MAX_FILE_BYTES,
    MAX_FINDINGS,
    MAX_FRONT_MATTER_BYTES,
    MAX_HEADLINE_LENGTH,
    MAX_IMAGE_BYTES,
    MAX_IMAGE_PIXELS,
    MAX_KEY_BYTES,
    MAX_LINE_LENGTH,
    MAX_PICTURES,
    MAX_STANDFIRST_LENGTH,
    MAX_SUBSCRIPTIONS,
    MAX_TAGS,
    MAX_TEXT_BYTES,
)
from chalicelib.core.metadata import ALIASES
from chalicelib.core.site import Site
from chalicelib.core.uploads import Version
from desk.__main__ import main
from tests import builders
from tests.conftest import NOW, ROOT
from tests.core.formats.documents import TEXTS, docx, mail, nitf, p, rss, zipped

GUIDE = ROOT / "docs" / "editors.md"
PROSE = "\n\n".join(TEXTS)


# The codes of the source


def codes_of_the_source() -> dict[str, str]:
    """Every code that a receipt may hold, and the module that writes it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "chalicelib" / "core").rglob("*.py")):
        if path.name == "parameters.py":
            continue  # what a request is told stands in no receipt
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = str(path.relative_to(ROOT))
        for code in codes_in(tree):
            found.setdefault(code, module)
    return found


def codes_in(tree: ast.Module) -> Iterator[str]:
    """The constants that become the code of a Finding, also through functions that pass it on."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    # Place and name of the code; a Field makes findings for every module.
    carriers: dict[str, tuple[int, str]] = {"Finding": (0, "code"), "finding": (0, "code")}
    while True:
        known = len(carriers)
        for function in functions:
            names = [argument.arg for argument in function.args.args if argument.arg != "self"]
            names += [argument.arg for argument in function.args.kwonlyargs]
            for call in calls(function):
                given = code_given(call, carriers)
                if isinstance(given, ast.Name) and given.id in names:
                    carriers[function.name] = (names.index(given.id), given.id)
        if len(carriers) == known:
            break
    for call in calls(tree):
        given = code_given(call, carriers)
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            yield given.value


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def code_given(call: ast.Call, carriers: dict[str, tuple[int, str]]) -> ast.expr | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in carriers:
        return None
    place, keyword = carriers[name]
    named = [given.value for given in call.keywords if given.arg == keyword]
    if named:
        return named[0]
    return call.args[place] if len(call.args) > place else None


# The guide


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the table below *heading*, by the words in backquotes in the first cell."""
    section = GUIDE.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found: dict[str, list[str]] = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        for word in re.findall(r"`([^`]+)`", cells[0]) if line.startswith("| `") else ():
            assert word not in found, f"{word} stands twice"
            found[word] = cells[1:]
    return found


def test_the_guide_names_every_code_and_no_other():
    assert set(rows("Receipt codes")) == set(codes_of_the_source())


def test_the_guide_tells_of_every_code_what_it_means_and_how_to_mend_it():
    for code, cells in rows("Receipt codes").items():
        assert len(cells) == 3, code
        assert cells[0] in ("rejected", "warning", "rejected or warning"), code
        assert all(cell.endswith(".") for cell in cells[1:]), code


def test_the_guide_names_every_key_with_its_aliases():
    told = {
        name: set(re.findall(r"`([^`]+)`", cells[0])) for name, cells in rows("Metadata").items()
    }

    assert told == {name: set(aliases) for name, aliases in ALIASES.items()}


def test_the_guide_names_the_commands_as_they_are(capsys: pytest.CaptureFixture[str]):
    guide = GUIDE.read_text(encoding="utf-8").partition("## Writing")[0]
    told = re.findall(r"^\| `(\w+) ([^`]+)`", guide, re.MULTILINE)

    assert [name for name, _ in told] == ["check", "publish", "status", "restore", "export"]
    for name, words in told:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        usage = capsys.readouterr().out
        for word in re.findall(r"--[a-z]+|[A-Z]{2,}", words):
            assert word in usage, f"{name} {word}"


def test_the_guide_names_every_extension():
    assert set(rows("Formats")) == set(formats.READERS)


def test_the_guide_states_the_limits_that_hold():
    text = GUIDE.read_text(encoding="utf-8")

    for limit in (
        f"{MAX_FILE_BYTES:,} bytes",
        f"{MAX_TEXT_BYTES:,} bytes",
        f"{MAX_IMAGE_BYTES:,} bytes",
        f"{MAX_KEY_BYTES:,} bytes",
        f"{MAX_TAGS} tags",
        f"{MAX_PICTURES} images",
        f"{MAX_FEEDS} a source",
        f"{MAX_SUBSCRIPTIONS} feeds",
    ):
        assert limit in text


def test_the_guide_shows_the_changes_of_a_receipt_as_they_are():
    (shown,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    record = None
    for number, (headline, count) in enumerate(
        (("Ferry returns", 214), ("Ferry returns on Monday", 221))
    ):
        text = f"The ferry carries {count} passengers.\n\nShe sails at six."
        data = markdown(text, headline=headline, slug="ferry")
        version = Version(id=str(number), received_at=NOW + timedelta(minutes=number))
        record = fold.fold("a.md", record, version, data, summarise=wiring.summarise).record

    told = api.receipt(record.receipt, site=Site(), ingested_at=NOW)

    assert json.loads(codec.encode(told["changes"])) == json.loads(shown)


# Every code, provoked


def markdown(text: str = PROSE, **metadata: str) -> bytes:
    given = {"headline": "Ferry returns", "published_at": "2026-03-24T09:00:00Z", **metadata}
    matter = "\n".join(f"{key}: {value}" for key, value in given.items() if value)
    return f"---\n{matter}\n---\n\n{text}\n".encode()


def many(limit: int) -> str:
    """A list of one more than *limit*."""
    return f"[{', '.join(f'a{number}' for number in range(limit + 1))}]"


def many_wrong_dates() -> str:
    return f"[{', '.join(['{at: never, text: x}'] * (MAX_FINDINGS + 2))}]"


def picture(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    return out.getvalue()


def saved_page(text: str) -> bytes:
    return f"<html><body>{text}</body></html>".encode()


WALL = "<p>" + "word " * 40 + "</p>"
BODY_IN_JSON = json.dumps({"@type": "NewsArticle", "headline": "x", "articleBody": PROSE * 4})
# Words that nothing can compress: half a byte a digit.
NOISE = [hashlib.blake2b(str(number).encode()).hexdigest() for number in range(6_500)]
PATHS = ["/".join(NOISE[start : start + 13]) for start in range(0, len(NOISE), 13)]
PROVOKED: dict[str, tuple[str, bytes]] = {
    "address": ("a.md", markdown(canonical_url="nowhere")),
    "binary": ("a.md", b"\x89PNG\x00\x00"),
    "body-from-json-ld": (
        "a.html",
        saved_page(f'<script type="application/ld+json">{BODY_IN_JSON}</script><p>Teaser.</p>'),
    ),
    "byline-cut": ("a.md", markdown(byline=many(MAX_BYLINES))),
    "date": ("a.md", markdown(published_at="31 Nov 2026")),
    "date-elsewhere": ("2026-03-24-ferry.md", markdown(published_at="")),
    "date-unread": ("a.rss", rss().replace(b"24 Mar", b"99 Foo")),
    "docx": ("a.docx", b"<html></html>"),
    "embargo-past": ("a.md", markdown(embargo_until="2020-01-01T00:00:00Z")),
    "embargo-without-end": ("a.xml", nitf(status="embargoed")),
    "empty": ("a.md", b" \n"),
    "encoding": ("a.md", b"caf\xe9"),
    "encoding-guessed": ("a.html", b"<h1>Ein Kai</h1><p>" + b"Ein Caf\xe9 am Kai. " * 9),
    "encrypted": ("a.eml", mail().replace(b"text/plain", b"multipart/encrypted; boundary=x", 1)),
    "extraction-thin": ("a.md", markdown(f"Short.\n\n<button>\n\n{TEXTS[1]}\n\n</button>")),
    "feed-password": (
        "sources/courier.yaml",
        builders.profile(feeds="https://reader:secret@e.example/").encode(),
    ),
    "feeds-cut": (
        "sources/courier.yaml",
        builders.profile(
            feeds=f"[{', '.join(f'https://e.example/{n}' for n in range(MAX_FEEDS + 1))}]"
        ).encode(),
    ),
    "flag": ("a.md", markdown(draft="perhaps")),
    "front-matter": ("a.md", b"---\ntitle: [a\n---\nText"),
    "front-matter-too-large": ("a.md", markdown(note="x" * MAX_FRONT_MATTER_BYTES)),
    "future-date": ("a.md", markdown(published_at="2030-01-01T00:00:00Z")),
    "headline-guessed": ("a.docx", docx(p("Ferry returns") + p(TEXTS[0]))),
    "headline-too-long": ("a.md", markdown(headline="x" * (MAX_HEADLINE_LENGTH + 1))),
    "ignored": (".DS_Store", b"x"),
    "image": ("a.md", markdown(image="https://elsewhere.example/a.jpg")),
    "image-alt-missing": ("a.md", markdown(image="media/a.jpg")),
    "image-broken": ("media/a.png", builders.picture(900, 900)[:-2_000]),
    "image-format": ("media/a.png", b"<svg/>"),
    "json": ("a.json", b"{"),
    "json-type": ("a.json", b'{"@type": "Recipe"}'),
    "key": ("a\x07.md", markdown()),
    "language": ("a.md", markdown(language="klingon!")),
    "mail": ("a.eml", b"No mail."),
    "more": ("a.md", markdown(corrections=many_wrong_dates())),
    "naive-time": ("a.md", markdown(published_at="2026-03-24 09:00")),
    "nested-too-deeply": ("a.html", saved_page("<h1>Ferry</h1>" + "<div>" * 400 + WALL * 3)),
    "nesting": ("a.md", markdown("> " * 300 + "x")),
    "ninjs-schema": ("a.json", b'{"uri": "x", "headline": "x", "body_text": "x", "urgency": 11}'),
    "no-article": ("a.rss", b"<rss><channel/></rss>"),
    "no-date": ("a.md", markdown(published_at="")),
    "no-headline": ("a.md", b"Words alone."),
    "no-text": ("a.md", markdown("<script>x</script>")),
    "one-section": ("a.md", markdown(categories="[world, sport]")),
    "quotes-lost": ("a.md", markdown(f"{TEXTS[0]}\n\n<button>\n\n> {TEXTS[1]}\n\n</button>")),
    "several-articles": (
        "a.rss",
        rss(f"<description>{TEXTS[0]}</description></item><item><title>Two</title>"),
    ),
    "opml": ("sources/feeds.opml", b"<opml><body/></opml>"),
    "outline": (
        "sources/feeds.opml",
        builders.opml({"text": "Courier", "xmlUrl": "https://e.example/"}, {"text": "None"}),
    ),
    "source-name": ("sources/Big Name.yaml", builders.profile().encode()),
    "source-without-name": ("sources/courier.yaml", b"kind: newspaper"),
    "standfirst-cut": ("a.md", markdown(standfirst="word " * MAX_STANDFIRST_LENGTH)),
    "status": ("a.md", markdown(status="gone")),
    "tags-cut": ("a.md", markdown(tags=many(MAX_TAGS))),
    "text-cut": ("a.md", markdown(image_credit="x" * (MAX_LINE_LENGTH + 1))),
    "text-too-large": ("a.md", markdown("word " * (MAX_TEXT_BYTES // 4))),
    "too-complex": ("a.html", b"<p>x" * 40_000),
    "too-large": ("a.md", b"x" * (MAX_FILE_BYTES + 1)),
    "too-large-to-store": (
        "a.json",
        json.dumps(
            {"headline": "x", "body_html": "".join(f"<a href=https://a.b/{n}>w</a>" for n in PATHS)}
        ).encode(),
    ),
    "too-many-corrections": ("a.md", markdown(corrections=many(MAX_CORRECTIONS))),
    "too-many-pixels": ("media/a.png", picture((MAX_IMAGE_PIXELS // 5_000 + 1, 5_000))),
    "tracked-changes": (
        "a.docx",
        docx(p("Ferry", "Title") + p(TEXTS[0]) + f'<w:p><w:ins>{p("x")[5:-6]}</w:ins></w:p>'),
    ),
    "unknown-extension": ("a.exe", b"x"),
    "unknown-keys": ("a.md", markdown(mood="good")),
    "unknown-source": ("a.md", markdown(source="courier")),
    "unpacked-size": ("a.docx", zipped({f"word/{n}.xml": "" for n in range(1_100)})),
    "xml": ("a.xml", b"<nitf>"),
    "xml-entities": ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"),
    "xml-kind": ("a.xml", b"<recipe/>"),
}  # fmt: skip


def receipt_codes(key: str, data: bytes) -> set[str]:
    told, _ = newsroom.check(
        key, data, received_at=NOW, now=NOW, sources={}, summarise=wiring.summarise, site=Site()
    )
    findings = [*told["errors"], *told["warnings"]]
    assert all(finding["message"] and finding["fix"] for finding in findings)
    return {finding["code"] for finding in findings}


def test_every_code_is_provoked_below():
    # No single file provokes them.
    in_a_past = {"already-public", "image-missing", "our-fault", "taken-down"}
    assert set(PROVOKED) | in_a_past == set(codes_of_the_source())


def test_a_date_that_would_hide_a_public_article_is_refused():
    record = None
    for number, key in enumerate(("", "embargo_until")):
        data = markdown(**({key: "2026-03-25T09:00:00Z"} if key else {}))
        version = Version(id=str(number), received_at=NOW + timedelta(minutes=number))
        record = fold.fold("a.md", record, version, data, summarise=wiring.summarise).record

    assert [error.code for error in record.receipt.errors] == ["already-public"]


def test_an_upload_under_the_key_of_a_takedown_is_refused():
    version = Version(id="1", received_at=NOW)

    folded = fold.fold("a.md", None, version, None, summarise=wiring.summarise, is_closed=True)

    assert [error.code for error in folded.record.receipt.errors] == ["taken-down"]


def test_a_fault_of_ours_is_told_as_ours():
    version = Version(id="1", received_at=NOW)

    receipt = fold.at_fault("a.md", None, version).record.receipt

    assert [error.code for error in receipt.errors] == ["our-fault"]


@pytest.mark.parametrize("code", sorted(PROVOKED))
def test_the_code_is_provoked(code: str):
    assert code in receipt_codes(*PROVOKED[code])
