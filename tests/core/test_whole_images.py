"""What images of every kind come to, whole: sizes, kinds, colours, refusals.

Each table is held to the one in `tests/approved/images`, which somebody has read.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from chalicelib.core import pictures, svg
from chalicelib.core.errors import UploadRejected
from tests.core.formats.test_whole import finding
from tests.core.test_svg import RED
from tests.core.test_svg import svg as drawing

Approved = Callable[[str, str], None]

TEAL, CLEAR = (0, 128, 128), (0, 128, 128, 0)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def upright(turned: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010E] = "The quay"
    exif[0x013B] = "Ada Lowe"
    return exif


def plain(mode: str, colour: Any, size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.new(mode, size, colour)


def palette(**options: Any) -> bytes:
    return saved(plain("RGB", TEAL).quantize(8), **options)


IMAGES: dict[str, Callable[[], bytes]] = {
    "1": lambda: saved(plain("1", 1)),
    "L": lambda: saved(plain("L", 128)),
    "L with a clear grey": lambda: saved(plain("L", 128), transparency=128),
    "LA": lambda: saved(plain("LA", (128, 0))),
    "I;16": lambda: saved(plain("I;16", 32_768)),
    "P": palette,
    "P with a clear colour": lambda: palette(transparency=0),
    "RGB": lambda: saved(plain("RGB", TEAL)),
    "RGBA": lambda: saved(plain("RGBA", CLEAR)),
    "RGBA, opaque": lambda: saved(plain("RGBA", (*TEAL, 255))),
    "CMYK": lambda: saved(plain("CMYK", (0, 0, 0, 0)), "JPEG"),
    "turned": lambda: saved(plain("RGB", TEAL), "JPEG", exif=upright(6)),
    "wide": lambda: saved(plain("RGB", TEAL, (641, 30))),
    "narrow": lambda: saved(plain("RGB", TEAL, (640, 30))),
    "tall": lambda: saved(plain("RGB", TEAL, (30, 4_000))),
    "very wide": lambda: saved(plain("RGB", TEAL, (3_200, 2))),
    "WebP": lambda: saved(plain("RGB", TEAL), "WEBP"),
    "a wrong profile": lambda: saved(plain("RGB", TEAL), icc_profile=b"none"),
    "too long": lambda: saved(plain("1", 1, (30_000, 1))),
    "cut off": lambda: saved(plain("RGB", TEAL, (400, 300)), "JPEG")[:500],
    "no image": lambda: b"no image",
    "BMP": lambda: saved(plain("RGB", TEAL), "BMP"),
}


def shown(file: pictures.PreparedFile) -> str:
    image = Image.open(BytesIO(file.data))
    pixel = image.convert("RGBA").getpixel((0, 0))
    assert isinstance(pixel, tuple)
    colour = [round(part / 16) * 16 for part in pixel]  # JPEG's are not exact
    return f"{image.format} {image.mode} {image.size} {colour}"


def test_images_come_to_what_was_approved(approved: Approved) -> None:
    lines = []
    for name, make in IMAGES.items():
        try:
            prepared = pictures.prepare(make())
        except UploadRejected as error:
            lines += [f"{name}: {one.code}" for one in error.findings]
            continue
        picture = prepared.picture
        lines.append(f"{name}: {picture.credit}, {picture.caption}, {prepared.dropped}")
        lines += [f"    {shown(file)}" for file in prepared.files]

    approved("images/images.txt", "\n".join([*lines, ""]))


@pytest.mark.parametrize(
    "crop",
    [(0.0, 0.0, 0.0, 0.0), (0.5, 0.0, 0.25, 0.0), (0.0, 0.9, 0.0, 0.9), (1.0, 1.0, 1.0, 1.0)],
)
def test_what_is_cut_off_an_embedded_image_is_what_was_approved(
    crop: pictures.Crop, approved: Approved
) -> None:
    data = saved(plain("RGB", TEAL, (40, 30)))

    prepared = pictures.prepare_embedded(data, crop=crop)

    lines = [shown(file) for file in prepared.files]
    approved(f"images/crop-{'-'.join(map(str, crop))}.txt", "\n".join([*lines, ""]))


BOX = 'viewBox="0 0 8 4"'
USED = '<defs><g id="a"><rect width="1"/></g></defs>' + '<use href="#a"/>' * 3
DRAWINGS = {
    "box": drawing(size=BOX),
    "commas": drawing(size='viewBox="0,0,8,4"'),
    "sides": drawing(size='width="8" height="2"'),
    "sides and box": drawing(size='width="8mm" height="8.5pt" viewBox="0 0 1 1"'),
    "no size": drawing(size=""),
    "no number": drawing(size='viewBox="0 0 a b"'),
    "half a box": drawing(size='viewBox="0 0 8"'),
    "nothing": drawing(size='width="0" height="0"'),
    "line": drawing(size='viewBox="0 0 1000 1"'),
    "line down": drawing(size='viewBox="0 0 1 1000"'),
    "long": drawing(size='viewBox="0 0 100 1"'),
    "tall": drawing(size='viewBox="0 0 1 100"'),
    "text": drawing("<text>Ferry</text>", size=BOX),
    "image": drawing('<image href="x.png"/>', size=BOX),
    "script": drawing(f"<script>x</script><foo/>{RED}", size=BOX),
    "reference": drawing('<use xlink:href="https://x.example/#a"/>' + RED, size=BOX),
    "used": drawing(USED, size=BOX),
    "used by a style": drawing(f"<style>rect {{ fill: url(#a) }}</style>{USED}", size=BOX),
    "itself": drawing('<g id="a"><use href="#a"/></g>', size=BOX),
    "dashes": drawing('<line stroke-dasharray="1" x2="8"/>' * 40, size=BOX),
    "dashes by a style": drawing(f"<style>* {{stroke-dasharray: 1}}</style>{RED * 9}", size=BOX),
    "outline": drawing(f'<path d="{"M0 0" * 900}"/>', size=BOX),
    "many": drawing(RED * 30_000, size=BOX),
    "rather many": drawing(RED * 3_000, size=BOX),
    "doubled": drawing(
        "".join(f'<g id="a{n}">{f"""<use href="#a{n - 1}"/>""" * 4}</g>' for n in range(1, 12)),
        size=BOX,
    ),
    "deep": drawing("<g>" * 99 + "</g>" * 99, size=BOX),
    "other": b'<html xmlns="http://www.w3.org/1999/xhtml">svg</html>',
}


def test_drawings_come_to_what_was_approved(approved: Approved) -> None:
    lines = []
    for name, data in DRAWINGS.items():
        try:
            lines.append(f"{name}: {Image.open(BytesIO(svg.png(data))).size}")
        except UploadRejected as error:
            lines += [f"{name}: {finding(one)}" for one in error.findings]

    approved("images/drawings.txt", "\n".join([*lines, ""]))
