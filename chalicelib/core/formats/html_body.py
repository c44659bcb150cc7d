"""Which of a page's runs are the article.

Four ways, and the first that holds is taken. An editor's own page keeps everything but page
furniture, because no machine put anything on it. A saved page keeps what trafilatura selects,
found again in the page's own tree so that its markup survives, then mended where such a
selection errs. Where that leaves next to nothing, the box with most prose; and then every line
that is not a link. Rules look at structure, at the words in names of classes and at links,
never at single sites.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from chalicelib.core.formats.html_marks import (
    ALL_LINKS,
    MOSTLY_LINKS,
    SOME_LINKS,
    is_comments,
    is_credit,
    is_furniture,
    is_lede,
    is_named_furniture,
    is_player,
    is_prose,
    points_elsewhere,
)
from chalicelib.core.formats.html_tree import HEADINGS, Box, Run, is_picture, words_only

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Trafilatura looks at all ancestors of everything: larger pages get the plain rules. Of 170 saved
# pages the largest has 2,300 elements and depths of its boxes that sum up to 31,000.
MAX_SELECTED_ELEMENTS = 10_000
MAX_SELECTED_DEPTHS = 200_000
MIN_LONG_WORDS = (
    30  # letters; a run this long is found by its text alone, a shorter one by its place
)
MAX_SKIPPED = 150  # letters of the selection passed over to find a short run
MAX_LEDE_DISTANCE = 8  # runs before the first paragraph found
MAX_NAMED_BOXES, MAX_NAMED_SHARE = 3, 0.2  # with a class or an id, in markup written by hand
MIN_SCOPE_SHARE = 0.5  # of the page's prose that the one article or main must hold
MIN_ALIKE = 3  # paragraphs in boxes of one class, before boxes like them are the article's too
CLEARLY_MORE = 1.5
# Below this share of the page's prose a selection has probably missed the article.
THIN = 1 / 3


@dataclass
class Page:
    """A laid-out page on which runs are being chosen.

    `headlines` and `bylines` are `words_only` forms: lines equal to one of them above the text
    are shown elsewhere on the article's page and are left out.
    """

    root: Box
    tree: HtmlElement
    headlines: frozenset[str] = frozenset()
    bylines: frozenset[str] = frozenset()
    _furniture: dict[Box, Box | None] = field(default_factory=dict)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        return tuple(self.root.runs())

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """Every box, outer before inner."""
        return tuple(_boxes(self.root))

    @property
    def kept(self) -> list[Run]:
        return [run for run in self.runs if run.kept]

    @property
    def kept_words(self) -> int:
        return sum(len(run.words) for run in self.runs if run.kept)

    def block_quotes(self) -> int:
        """Count the block quotes with words that stand in the box of the article, kept or not."""
        container = self.container()
        return sum(
            1
            for box in _boxes(container)
            if box.tag == "blockquote"
            and not any(is_comments(outer) for outer in box.ancestors())
            and any(run.words and self.is_clean(run, container) for run in box.runs())
        )

    @cached_property
    def prose_words(self) -> int:
        """How much of the page reads like paragraphs of an article."""
        return sum(len(r.words) for r in self.runs if is_prose(r) and self.is_clean(r, self.root))

    def container(self, share: float = 0.9) -> Box:
        """The deepest box that holds *share* of the kept words."""
        weight: Counter[Box] = Counter()
        for run in self.kept:
            weight[run.box] += len(run.words)
        for box in reversed(self.boxes):  # inner before outer
            if box.parent is not None:
                weight[box.parent] += weight[box]
        box = self.root
        while True:
            inner = [
                child
                for child in box.children
                if isinstance(child, Box) and weight[child] >= share * weight[self.root]
            ]
            if not inner or not weight[self.root]:
                return box
            box = inner[0]

    def choose(self) -> str:
        """Set `kept` on the article's runs and return the way that found them."""
        if self._choose_whole():
            return "whole"
        way = "selected"
        if (
            sum(1 for _ in self.tree.iter()) <= MAX_SELECTED_ELEMENTS
            and sum(box.depth for box in self.boxes) <= MAX_SELECTED_DEPTHS
        ):
            self._match(_selection(self.tree))
            self._mend()
        found = self.kept_words
        if found < THIN * self.prose_words or not found:
            selected = self.kept
            self._choose_largest()
            if self.kept_words > CLEARLY_MORE * found:
                way = "largest"
            else:
                self._keep(selected)
        if not self.kept_words:
            self._keep([run for run in self.runs if run.link_share < MOSTLY_LINKS])
            self._drop_lines_above()
            way = "lines"
        return way

    def _keep(self, runs: list[Run]) -> None:
        for run in self.runs:
            run.kept = False
        for run in runs:
            run.kept = True

    def is_clean(self, run: Run, container: Box) -> bool:
        """Whether no box around *run* and below *container* is furniture."""
        furniture = self._furniture_around(run.box)
        return furniture is None or furniture.depth <= container.depth

    def _furniture_around(self, box: Box) -> Box | None:
        if box not in self._furniture:
            outer = self._furniture_around(box.parent) if box.parent is not None else None
            self._furniture[box] = box if is_furniture(box) else outer
        return self._furniture[box]

    # --- an editor's own page ---

    def _choose_whole(self) -> bool:
        articles = [box for box in self.boxes if box.tag == "article"]
        mains = [box for box in self.boxes if box.tag == "main"]
        scope = next((found[0] for found in (articles, mains) if len(found) == 1), self.root)
        if len(articles) > 1 or not _is_hand_made(scope):
            return False
        runs = [run for run in scope.runs() if self._is_editors_text(run, scope)]
        words = sum(len(run.words) for run in runs)
        linked = sum(len(run.words) * run.link_share for run in runs)
        everywhere = sum(
            len(run.words)
            for run in self.runs
            if is_prose(run) and self._is_editors_text(run, self.root)
        )
        if not words or linked > MOSTLY_LINKS * words or words < MIN_SCOPE_SHARE * everywhere:
            return False
        self._keep(runs)
        self._drop_lines_above()
        return bool(self.kept_words)

    def _is_editors_text(self, run: Run, scope: Box) -> bool:
        """Whether *run* is neither in furniture nor a short line of the page's head or foot."""
        if not self.is_clean(run, scope):
            return False
        edge = run.inside("header", "footer")
        if edge is None or edge.parent is None or edge.parent.tag not in {"body", "div"}:
            return True
        return is_prose(run) or edge.depth <= scope.depth

    # --- the box with most prose ---

    def _choose_largest(self) -> None:
        weight: Counter[Box] = Counter()
        prose = [run for run in self.runs if is_prose(run) and self.is_clean(run, self.root)]
        for run in prose:
            for box, share in zip(islice(run.box.ancestors(), 1, 4), (1.0, 0.7, 0.4), strict=False):
                weight[box] += int(len(run.words) * share)
        if not weight:
            self._keep([])
            return
        best = max(weight, key=lambda box: weight[box])
        inside = [
            run for run in best.runs() if run.link_share < MOSTLY_LINKS and self.is_clean(run, best)
        ]
        self._keep(inside)
        self._drop_lines_above()
        self._drop_appeals()

    # --- a selection, found again ---

    def _match(self, pieces: list[tuple[str, bool]]) -> None:
        """Keep the runs whose words are in *pieces*; each stretch of them is spent once.

        A page may hold a line twice, in a ticker or a list of the latest. So the first round
        only finds out where the article stands, and the second begins there.
        """
        selection = _Pieces(pieces)
        selection.match(self.runs)
        article = self.container(share=0.7)
        inside = list(article.runs())
        here = set(inside)
        self._keep([])
        selection = _Pieces(pieces)
        selection.match(inside)
        selection.match([run for run in self.runs if run not in here])

    # --- mending a selection ---

    def _mend(self) -> None:
        container = self.container()
        self._drop_foreign(container)
        self._add_chunks()
        container = self.container()
        self._fill_gaps(container)
        self._drop_lines_above()
        self._drop_appeals()
        self._trim_tail()
        self._add_lede()
        self._add_pictures(container)

    def _drop_foreign(self, container: Box) -> None:
        """Leave out readers' comments and the buttons of players."""
        for run in self.kept:
            for box in run.box.ancestors():
                if box is container:
                    break
                if is_comments(box) or is_player(box):
                    run.kept = False

    def _add_chunks(self) -> None:
        """Keep the paragraphs of boxes that look like those already kept.

        Advertisements cut an article into several boxes of one class, and a selection may stop
        at the end of the first.
        """
        held: Counter[tuple[Box, str, str]] = Counter()
        for run in self.kept:
            key = _chunk(run)
            if key is not None:
                held[key] += 1
        for run in self.runs:
            key = None if run.kept else _chunk(run)
            if key is not None and held[key] >= MIN_ALIKE:
                run.kept = True

    def _fill_gaps(self, container: Box) -> None:
        """Keep headings, list lines, cells, quotes and prose that stand amid kept text."""
        runs = list(container.runs())
        at = [index for index, run in enumerate(runs) if run.kept]
        if not at:
            return
        last, follows = at[-1], False
        for index in range(last, at[0], -1):
            run = runs[index]
            if not run.kept and run.words and self.is_clean(run, container):
                run.kept = (
                    follows and run.link_share < ALL_LINKS
                    if run.box.tag in HEADINGS
                    else _belongs(run)
                )
            follows = run.kept or (follows and not run.words)
        # The lines around the first and last kept line of a list or table are of one piece.
        for run in (runs[at[0]], runs[last]):
            whole = run.inside("table", "ul", "ol", "blockquote", "dl")
            for other in whole.runs() if whole is not None else ():
                if (
                    other.words
                    and other.link_share < MOSTLY_LINKS
                    and self.is_clean(other, container)
                ):
                    other.kept = True

    def _drop_lines_above(self) -> None:
        """Leave out the headline, and byline and time line above the first paragraph."""
        above = True
        for run in self.kept:
            if run.words in self.headlines and (above or run.box.tag in HEADINGS):
                run.kept = False
            elif above and run.words and not run.inside("figure"):
                above = not is_prose(run) or run.box.tag in HEADINGS
                run.kept = not (above and is_credit(run, self.bylines))

    def _add_lede(self) -> None:
        """Keep the first paragraph where it stands before the box of the others."""
        first = next((at for at, run in enumerate(self.runs) if run.kept), 0)
        for run in self.runs[max(0, first - MAX_LEDE_DISTANCE) : first]:
            run.kept = is_lede(run) and self.is_clean(run, self.root)

    def _drop_appeals(self) -> None:
        for run in self.kept:
            if run.words and points_elsewhere(run):
                run.kept = False

    def _trim_tail(self) -> None:
        for run in reversed(self.kept):
            if run.box.tag not in HEADINGS:
                break
            run.kept = False

    def _add_pictures(self, container: Box) -> None:
        """Keep pictures with their captions from the first to the last kept line."""
        runs = list(container.runs())
        at = [index for index, run in enumerate(runs) if run.kept]
        for run in runs[: at[-1] + 1] if at else ():
            if run.kept or not self.is_clean(run, container):
                continue
            figure = run.inside("figure")
            if run.box.tag == "figcaption" and figure is None:
                run.kept = run.link_share < ALL_LINKS
            elif figure is None:
                run.kept = not run.words and any(map(is_picture, run.images)) and bool(at[0])
            elif any(is_picture(image) for image in figure.element.iter("img")):
                run.kept = run.link_share < ALL_LINKS or not run.words


def _belongs(run: Run) -> bool:
    """Whether *run*, amid kept text, is of the article too."""
    if run.inside("figure"):
        return False  # pictures and their captions are a step of their own
    if run.inside("table", "blockquote", "pre", "dl", "li", "ul", "ol"):
        return run.link_share < MOSTLY_LINKS
    return is_prose(run) and run.link_share < SOME_LINKS


def _chunk(run: Run) -> tuple[Box, str, str] | None:
    """What the boxes of one article's chunks have in common, for a paragraph of prose."""
    parent = run.box.parent
    scope = run.inside("article", "main")
    if run.box.tag != "p" or parent is None or scope is None or not is_prose(run):
        return None
    look = parent.element.get("class")
    return (scope, parent.tag, look) if look else None


def _boxes(box: Box) -> Iterator[Box]:
    waiting = [box]
    while waiting:
        box = waiting.pop()
        yield box
        waiting += (child for child in reversed(box.children) if isinstance(child, Box))


def _is_hand_made(scope: Box) -> bool:
    """Whether the markup is an editor's: next to no classes, and no box named as furniture."""
    inner = [box for box in _boxes(scope) if box is not scope]
    named = [box for box in inner if box.element.get("class") or box.element.get("id")]
    few = max(MAX_NAMED_BOXES, MAX_NAMED_SHARE * len(inner))
    return len(named) <= few and not any(map(is_named_furniture, named))


def _selection(tree: HtmlElement) -> list[tuple[str, bool]]:
    """What trafilatura takes for the article: (words_only, is a heading), in its order."""
    from trafilatura import bare_extraction

    document = bare_extraction(tree, fast=True, include_comments=False, include_links=True)
    body = getattr(document, "body", None)
    if body is None:
        return []
    pieces = ((words_only("".join(part.itertext())), part.tag == "head") for part in body)
    return [(words, is_heading) for words, is_heading in pieces if words]


class _Pieces:
    """The selected text as one string of letters, and how much of it has been found."""

    def __init__(self, pieces: list[tuple[str, bool]]) -> None:
        self.text = "".join(words for words, _ in pieces)
        self.spent = bytearray(len(self.text))
        self.starts: set[int] = set()
        self.heading_ends: dict[int, int] = {}  # by where the heading begins
        at = 0
        for words, is_heading in pieces:
            self.starts.add(at)
            if is_heading:
                self.heading_ends[at] = at + len(words)
            at += len(words)

    def match(self, runs: Sequence[Run]) -> None:
        cursor, at_end = 0, len(self.text)
        for run in runs:
            size = len(run.words)
            found = self._find(run.words, cursor) if size else -1
            # A teaser runs on from its headline, an article does not.
            end = self.heading_ends.get(found, at_end)
            if found < 0 or self.spent[found] or found + size > end:
                continue
            run.kept = True
            self.spent[found : found + size] = b"\x01" * size
            cursor = found + size

    def _find(self, words: str, cursor: int) -> int:
        if self.text.startswith(words, cursor):
            return cursor
        if len(words) >= MIN_LONG_WORDS:
            found = self.text.find(words, cursor)
            return found if found >= 0 else self.text.find(words)
        near = self.text.find(words, cursor, cursor + MAX_SKIPPED)
        return near if near in self.starts else -1
