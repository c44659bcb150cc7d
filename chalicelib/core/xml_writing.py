"""XML written element by element, so that no text becomes markup or breaks a reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# XML 1.0, production 2; what is not listed there cannot be written in any form.
_FORBIDDEN = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # 3 ms to compile


def added(
    parent: Element, tag: str, text: str | None = None, attributes: Mapping[str, str] | None = None
) -> Element:
    """Add an element to *parent* and return it; characters that XML cannot hold are left out."""
    from xml.etree import ElementTree as ET

    legible = {name: re.sub(_FORBIDDEN, "", value) for name, value in (attributes or {}).items()}
    element = ET.SubElement(parent, tag, legible)
    element.text = re.sub(_FORBIDDEN, "", text) if text is not None else None
    return element


def can_hold(text: str) -> bool:
    """Tell whether XML can hold every character of *text*."""
    return re.search(_FORBIDDEN, text) is None


def document(root: Element) -> bytes:
    """Return the document of *root* in UTF-8."""
    from xml.etree import ElementTree as ET

    # Its own declaration would name the encoding in single quotes, and "us-ascii" without one.
    markup = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{markup}\n'.encode()
