"""The icons that launchers and old feed readers want as pixels, drawn from the site's own drawing.

`python -m desk.icons` writes them into `chalicelib/static`; a test holds them to the drawing.
"""

from __future__ import annotations

import struct
from pathlib import Path

STATIC = Path(__file__).parents[1] / "chalicelib" / "static"
FAVICON_PX = 32


def drawn() -> dict[str, bytes]:
    """Return each icon by its file's name. Loads resvg."""
    drawing = (STATIC / "icon.svg").read_text(encoding="utf-8")
    # Who cuts an icon to a shape of his own wants colour up to the edge, and no corner of ours.
    whole = drawing.replace(" rx='6'", "")
    return {
        "apple-touch-icon.png": _png(whole, 180),
        "icon-192.png": _png(drawing, 192),
        "icon-512.png": _png(drawing, 512),
        "icon-maskable.png": _png(whole, 512),
        "favicon.ico": _ico(_png(drawing, FAVICON_PX)),
    }


def _png(drawing: str, width: int) -> bytes:
    from resvg_py import svg_to_bytes

    return bytes(svg_to_bytes(svg_string=drawing, width=width, height=width))


def _ico(png: bytes) -> bytes:
    """Return a PNG as the one image of an ICO file, which may hold one since Windows Vista."""
    header = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", FAVICON_PX, FAVICON_PX, 0, 0, 1, 32, len(png), 22)
    return header + entry + png


if __name__ == "__main__":
    for name, data in drawn().items():
        (STATIC / name).write_bytes(data)
