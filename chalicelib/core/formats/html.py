"""HTML: an editor's own page, or a page saved from a news site.

Reads the bytes, the metadata and the article's own text; never the network. Whatever the bytes,
`read` returns a Reading or raises UploadRejected. The body keeps the page's markup and is
untrusted: `clean` decides what is safe. Parsing and extraction load their libraries on first
use, so importing this module costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from chalicelib.core.clean import plain
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import html_bytes
from chalicelib.core.formats.reading import Inventory, Reading, letters
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from chalicelib.core.formats.html_body import Page

MIN_LETTERS = 3  # of the text; a sentence in Chinese may have no more
MIN_PROSE = 40  # characters outside links in one line: navigation has no such line
NAVIGATION_SHARE = 0.7  # of the letters kept, those in links
HIDDEN_SHARE = 0.7  # hidden text beyond that is the article, which a script would have shown
MIN_CARD_LINKS = 2
MAX_CARD_PARTS = 60  # elements
MIN_LINKED_BODY = 500  # letters of a body from JSON-LD that may stand in for the page's

_WRAPPERS = re.compile(
    r"</?(?:div|span|font|b|i|u|em|strong|small|big|section|article|main|center|table|tbody|tr|td|"
    r"ul|ol|li|blockquote|form|fieldset|dl|dd|dt|a|details|bdo|q|s|code|sub|sup)\b[^<>]{0,4000}>",
    re.IGNORECASE,
)
_FRAMES = ("iframe", "frame", "frameset", "embed", "object", "applet")
_PLAYERS = ("video", "audio")
_CONTROLS = ("input", "button", "select", "textarea", "datalist")
_SILENT = ("style", "noscript", "template", "canvas", "svg", "map")


def read(data: bytes) -> Reading:
    """Read a page; metadata is chosen from what it says about itself in several places.

    Raises UploadRejected "binary", "no-text" or "too-complex".
    """
    from chalicelib.core.formats import html_body, html_metadata, html_tree

    text, warnings = html_bytes.text_of(data)
    tree, was_flattened = _parse(text)
    about = html_metadata.found_in(tree)
    dropped = _strip(tree)
    body = tree.find("body")
    if body is None:
        raise _no_text("The page has no body.")
    page = html_body.Page(
        html_tree.boxes(body), tree, headlines=about.headlines, bylines=about.bylines
    )
    page.choose()
    html = html_tree.markup(page.root, base=about.base)
    if about.body_html and _outweighs(about.body_html, page):
        html = about.body_html
        held = inventory(html)
        warnings += (_FROM_JSON_LD,)
    else:
        _refuse_without_text(page)
        held = Inventory(letters=page.kept_words, block_quotes=page.block_quotes())
        warnings += _thin(page)
    if was_flattened:
        warnings += (_FLATTENED,)
    return Reading(
        format="html",
        metadata=about.metadata,
        html=html,
        first_line=next((run.line or 1 for run in page.kept if run.words), 1),
        warnings=(*warnings, *about.warnings),
        dropped=(*dropped, *_left_out(page)),
        inventory=held,
    )


def whole(text: str) -> tuple[str, Inventory, tuple[Dropped, ...]]:
    """Return all that a reader of *text* sees, as markup: of a mail nothing is selected.

    With it, what it held, and what was taken out. Raises as `read` does.
    """
    from chalicelib.core.formats import html_tree

    text, _ = html_bytes.text_of(text.encode("utf-8", "replace"))
    tree, _ = _parse(text)
    dropped = _strip(tree)
    body = tree.find("body")
    if body is None:
        raise _no_text("The mail's HTML has no body.")
    root = html_tree.boxes(body)
    for run in root.runs():
        run.kept = True
    # Of lists and tables a mail's layout is made: those are not counted.
    inventory = Inventory(
        letters=letters(body.text_content()),
        headings=_filled(body, *html_tree.HEADINGS),
        block_quotes=_filled(body, "blockquote"),
    )
    return html_tree.markup(root), inventory, dropped


def inventory(markup: str) -> Inventory:
    """Count what *markup* holds, the body of an article in another format, as readers see it.

    What no reader sees is left out; what the cleaner will not keep, such as the words on a
    button, is counted all the same.
    """
    from lxml import etree

    from chalicelib.core.formats.html_tree import HEADINGS

    tree, _ = _parse(f"<body><div>{plain(markup)}</div>")
    etree.strip_elements(tree, *_FRAMES, *_PLAYERS, *_SILENT, "script", "title", with_tail=False)
    return Inventory(
        letters=letters(tree.text_content()),
        headings=_filled(tree, *HEADINGS),
        block_quotes=_filled(tree, "blockquote"),
        tables=_filled(tree, "table"),
        lists=_filled(tree, "ul", "ol", "dl"),
    )


def _filled(tree: HtmlElement, *tags: str) -> int:
    return sum(1 for part in tree.iter(*tags) if letters(part.text_content()))


_FROM_JSON_LD = Finding(
    code="body-from-json-ld",
    message="The page shows little text; the article was taken from its JSON-LD, without markup.",
    fix="Save the page with its whole text, where links and headings matter.",
)
_FLATTENED = Finding(
    code="nested-too-deeply",
    message="The page nests elements deeper than can be read; its structure was flattened.",
    fix="Upload simpler HTML, where lists, tables and links matter.",
)


def _parse(text: str) -> tuple[HtmlElement, bool]:
    """Parse *text* and say whether its nesting had to be flattened to reach all of it."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    def parse(source: str) -> tuple[HtmlElement, bool]:
        # A declaration inside the page may lie: bytes with a named encoding leave the parser
        # no choice.
        parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        tree = document_fromstring(source.encode("utf-8", "replace"), parser=parser)
        return tree, any("depth" in entry.message for entry in parser.error_log)

    try:
        tree, is_cut = parse(text)
        if is_cut:
            # What stands deeper than 256 levels would be lost without a word.
            tree, _ = parse(_WRAPPERS.sub(" ", text))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise _no_text("The file holds no page: nothing in it could be parsed.") from None
    return tree, is_cut


def _strip(tree: HtmlElement) -> tuple[Dropped, ...]:
    """Take out what is no text of the page; tell what an editor would miss."""
    from lxml import etree

    told = [
        *_counted(tree, "embedded frame", "nothing from other sites is shown", _FRAMES),
        *_counted(tree, "video or audio player", "not allowed", _PLAYERS),
        *_counted(tree, "form field", "not allowed", _CONTROLS),
        *_counted(tree, "script element", "not allowed", ("script",)),
    ]
    unwanted = (*_FRAMES, *_PLAYERS, *_CONTROLS, *_SILENT, "script")
    etree.strip_elements(
        tree, *unwanted, etree.Comment, etree.ProcessingInstruction, with_tail=False
    )
    return (*told, *_strip_hidden(tree), *_strip_cards(tree))


def _counted(tree: HtmlElement, what: str, why: str, tags: tuple[str, ...]) -> Iterator[Dropped]:
    found = [
        element
        for element in tree.iter(*tags)
        if element.get("type") not in {"application/ld+json", "hidden"}
    ]
    if found:
        yield Dropped(what=what, count=len(found), why=why, line=found[0].sourceline)


def _strip_hidden(tree: HtmlElement) -> Iterator[Dropped]:
    """Hidden text stays hidden, unless it is most of the page and waits for a script."""
    from chalicelib.core.formats.html_marks import is_hidden

    body = tree.find("body")
    if body is None:
        return
    outermost: list[HtmlElement] = []
    inside: set[HtmlElement] = set()
    for element in body.iterdescendants():
        if element.getparent() in inside:
            inside.add(element)
        elif is_hidden(element):
            inside.add(element)
            outermost.append(element)
    size = len(body.text_content())
    hidden = [
        e for e in outermost if (e.text_content() or "").strip() or e.find(".//img") is not None
    ]
    if sum(len(e.text_content()) for e in hidden) > HIDDEN_SHARE * size:
        return
    for element in outermost:
        element.drop_tree()
    if hidden:
        line = hidden[0].sourceline
        yield Dropped(
            what="hidden element", count=len(hidden), why="readers did not see it", line=line
        )


def _strip_cards(tree: HtmlElement) -> Iterator[Dropped]:
    """Take out what shows only on hovering: pictures with links amid a sentence."""
    found = []
    for span in reversed(list(tree.iter("span"))):
        parts = list(islice(span.iter(), MAX_CARD_PARTS + 1))
        tags = [part.tag for part in parts]
        is_card = (
            len(parts) <= MAX_CARD_PARTS
            and "img" in tags
            and tags.count("a") >= MIN_CARD_LINKS
            and next(span.iterancestors("p"), None) is not None
        )
        if is_card:
            found.append(span)
            span.drop_tree()
    if found:
        line = found[-1].sourceline
        yield Dropped(what="hover card", count=len(found), why="page furniture", line=line)


def _refuse_without_text(page: Page) -> None:
    kept = [run for run in page.kept if run.words]
    words = sum(len(run.words) for run in kept)
    if words < MIN_LETTERS:
        raise _no_text("No text of an article was found in the page.")
    linked = sum(len(run.words) * run.link_share for run in kept)
    longest = max(len(run.text) * (1 - run.link_share) for run in kept)
    if linked > NAVIGATION_SHARE * words and longest < MIN_PROSE:
        raise _no_text("The page holds links to other pages, but no text of an article.")


def _outweighs(body_html: str, page: Page) -> bool:
    from chalicelib.core.formats.html_tree import words_only

    linked = len(words_only(re.sub(r"<[^<>]*>", " ", body_html)))
    return linked >= MIN_LINKED_BODY and linked > 2 * page.kept_words


def _thin(page: Page) -> tuple[Finding, ...]:
    from chalicelib.core.formats.html_body import THIN

    if page.kept_words >= THIN * page.prose_words:
        return ()
    percent = round(100 * page.kept_words / page.prose_words)
    return (
        Finding(
            code="extraction-thin",
            message=f"Only {percent} % of the page's running text was taken for the article.",
            fix="Read the preview; where text is missing, upload the article's own HTML alone.",
        ),
    )


def _left_out(page: Page) -> Iterator[Dropped]:
    """Tell what of the page's text is not in the article, by what it seems to be."""
    from chalicelib.core.formats.html_marks import is_comments, is_credit, is_prose

    comments, prose, furniture = [], [], []
    for run in page.runs:
        if run.kept or not run.words or run.words in page.headlines:
            continue
        if is_credit(run, page.bylines):
            continue  # told on the article's page, above the text
        if any(is_comments(box) for box in run.box.ancestors()):
            comments.append(run)
        elif is_prose(run) and page.is_clean(run, page.root):
            prose.append(run)
        else:
            furniture.append(run)
    for what, why, runs in (
        ("paragraph outside the article", "not part of the main text", prose),
        ("line of readers' comments", "not part of the article", comments),
        ("line of navigation and page furniture", "not part of the article", furniture),
    ):
        if runs:
            yield Dropped(what=what, count=len(runs), why=why, line=runs[0].line)


def _no_text(message: str) -> UploadRejected:
    fix = "Upload the page of one article; its text must be in the HTML, not loaded by a script."
    return UploadRejected(Finding(code="no-text", message=message, fix=fix))
