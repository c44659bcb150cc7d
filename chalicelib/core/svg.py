"""SVG drawings become an image of pixels, if they are drawings alone.

Browsers would obey what an SVG file may hold (scripts, links, fonts, files elsewhere), so none is
served. What is drawn here is a plain subset: shapes, gradients, clips and masks. Whatever else
would change the picture is refused, with its name; what would not is left out. resvg draws it, and
would read files that an image names, which is one more reason for the subset.

Its time grows with elements times pixels and has no limit of its own. Both are counted before, as
often as they are drawn, and the drawing is made as large as MAX_SVG_WORK allows.
"""

from __future__ import annotations

import re
from math import sqrt
from typing import TYPE_CHECKING

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.limits import (
    MAX_IMAGE_HEIGHT,
    MAX_IMAGE_WIDTH,
    MAX_NESTING,
    MAX_SVG_BYTES,
    MAX_SVG_WORK,
    NARROW_WIDTH,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_SVG = "{http://www.w3.org/2000/svg}"
_DRAWN = frozenset(
    {
        "svg", "g", "a", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line",
        "polyline", "polygon", "linearGradient", "radialGradient", "stop", "clipPath", "mask",
        "style", "switch",
    }
)  # fmt: skip
_CHANGING = frozenset({"text", "image", "filter", "pattern", "foreignObject", "marker"})
_REFERENCE = re.compile(r"url\(\s*[\"']?#([^\"')\s]+)")
_LENGTH = re.compile(
    r"\s*((?:\d{1,9}(?:\.\d{0,20})?|\.\d{1,20})(?:e\d{1,2})?)\s*(?:(?:px|pt|pc|mm|cm|in)\s*)?"
)
_OUTLINE = 1_000  # characters of an element's outline that cost as much as an element drawn
_DASHES = 50  # elements drawn: what a line of a million dashes costs


def is_svg(data: bytes) -> bool:
    head = data[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"<") and b"svg" in head


def png(data: bytes) -> bytes:
    """Return the drawing as PNG, NARROW_WIDTH to MAX_IMAGE_WIDTH wide.

    Raises UploadRejected "image-format" for what is no plain drawing, and "too-complex".
    Cost: up to half a minute at the limit. Loads resvg.
    """
    from lxml import etree
    from resvg_py import svg_to_bytes

    root = _plain(_parsed(data))
    width, height = _size(root, work=_Work(root).total())
    root.set("width", str(width))
    root.set("height", str(height))
    try:
        return svg_to_bytes(
            svg_string=etree.tostring(root, encoding="unicode"), skip_system_fonts=True
        )
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _refused(f"it is broken ({str(error)[:120]})") from None
        raise  # an interrupt is not the drawing's


def _parsed(data: bytes) -> Element:
    from chalicelib.core.formats import xml

    if len(data) > MAX_SVG_BYTES:
        raise _too_complex()
    try:
        root = xml.parse(data)
    except UploadRejected as error:
        raise _refused(error.findings[0].message.rstrip(".")) from None
    if root.tag != _SVG + "svg":
        raise _refused("its elements are not SVG's")
    return root


def _plain(root: Element) -> Element:
    """Leave out what is not drawn; refuse what is drawn and not in the subset."""
    for element in list(root.iter("*")):
        name = element.tag.removeprefix(_SVG)
        if name in _CHANGING:
            raise _refused(f"it has an element {name}, which is not drawn here")
        if name not in _DRAWN and element.getparent() is not None:
            element.getparent().remove(element)
            continue
        for key, said in element.attrib.items():
            if key.rpartition("}")[2] == "href" and not said.startswith("#"):
                del element.attrib[key]
    return root


def _size(root: Element, *, work: int) -> tuple[int, int]:
    """Return the size in pixels to draw at, in the drawing's own proportions."""
    box = root.get("viewBox", "").replace(",", " ").split()
    sides = [_LENGTH.fullmatch(said) for said in (root.get("width", ""), root.get("height", ""))]
    if sides[0] and sides[1]:
        across, down = float(sides[0][1]), float(sides[1][1])
        if not box:
            root.set("viewBox", f"0 0 {across:g} {down:g}")
    else:
        numbers = [_LENGTH.fullmatch(said) for said in box[2:]]
        if len(numbers) != 2 or not numbers[0] or not numbers[1]:
            raise _refused("it states no size")
        across, down = float(numbers[0][1]), float(numbers[1][1])
    if not 0.01 <= across / max(down, 1e-9) <= 100 or across <= 0:
        raise _refused("it is a line, by its size")
    width = min(
        MAX_IMAGE_WIDTH, sqrt(MAX_SVG_WORK / work * across / down), MAX_IMAGE_HEIGHT * across / down
    )
    if width < min(NARROW_WIDTH, MAX_IMAGE_HEIGHT * across / down):
        raise _too_complex()
    return max(1, int(width)), max(1, int(width * down / across))


class _Work:
    """How many elements are drawn, each as often as it is referred to."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._by_id = {e.get("id"): e for e in root.iter("*") if e.get("id")}
        self._known: dict[Element, int] = {}
        # A rule of a style sheet may hold for every element.
        styles = " ".join(e.text or "" for e in root.iter(_SVG + "style"))
        self._for_each = 1 + _DASHES * ("dasharray" in styles)
        self._for_each += sum(
            self._of(self._by_id[id_], ()) for id_ in self._named(styles) if id_ in self._by_id
        )
        self._known.clear()

    def total(self) -> int:
        return self._of(self._root, ())

    def _named(self, said: str) -> set[str]:
        return set(_REFERENCE.findall(said))

    def _of(self, element: Element, within: tuple[Element, ...]) -> int:
        if element in self._known:
            return self._known[element]
        if element in within or len(within) > MAX_NESTING:
            raise _refused("it refers to itself, or is nested too deeply")
        within = (*within, element)
        said = " ".join(element.attrib.values())
        named = self._named(said)
        named |= {v[1:] for key, v in element.attrib.items() if key.rpartition("}")[2] == "href"}
        work = self._for_each + len(said) // _OUTLINE
        work += _DASHES * ("dasharray" in said or "stroke-dasharray" in element.attrib)
        work += sum(self._of(child, within) for child in element.iterchildren("*"))
        work += sum(self._of(self._by_id[id_], within) for id_ in named if id_ in self._by_id)
        if work > MAX_SVG_WORK:
            raise _too_complex()
        self._known[element] = work
        return work


def _too_complex() -> UploadRejected:
    return _rejected("too-complex", "The drawing has more elements than can be drawn.")


def _refused(why: str) -> UploadRejected:
    return _rejected("image-format", f"The drawing cannot be shown: {why}.")


def _rejected(code: str, message: str) -> UploadRejected:
    fix = "Export it as PNG and upload that, or as plain SVG with its texts made paths."
    return UploadRejected(Finding(code=code, message=message, fix=fix))
