"""SVG drawings: shapes become pixels, and nothing that a browser would obey gets further."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chalicelib.core import pictures
from chalicelib.core.errors import UploadRejected
from chalicelib.core.limits import MAX_IMAGE_HEIGHT, MAX_IMAGE_WIDTH, MAX_SVG_BYTES

SQUARE = 'viewBox="0 0 10 10"'
RED = '<rect width="10" height="10" fill="#f00"/>'


def svg(body: str = RED, *, size: str = SQUARE, before: str = "") -> bytes:
    return (
        f'{before}<svg xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" {size}>{body}</svg>'
    ).encode()


def drawn(data: bytes) -> Image.Image:
    return Image.open(BytesIO(pictures.prepare(data).files[0].data)).convert("RGBA")


def refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(UploadRejected) as raised:
        pictures.prepare(data)
    return raised.value.findings[0].code, raised.value.findings[0].message


@pytest.mark.parametrize(
    "before",
    ["", "\ufeff", '<?xml version="1.0"?>\n<!-- Sextant -->\n', "<!DOCTYPE svg PUBLIC 'a' 'b'>"],
)
def test_a_drawing_becomes_a_picture_and_an_avatar(before: str) -> None:
    prepared = pictures.prepare(svg(before=before))

    assert prepared.picture.avatar_path is not None
    assert all(file.name.endswith((".webp", ".jpeg", ".png")) for file in prepared.files)
    assert drawn(svg(before=before)).getpixel((5, 5)) == (255, 0, 0, 255)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (SQUARE, (MAX_IMAGE_WIDTH, MAX_IMAGE_WIDTH)),
        ('width="20" height="10"', (MAX_IMAGE_WIDTH, MAX_IMAGE_WIDTH // 2)),
        ('width="24px" height="6pt" viewBox="0,0,1,1"', (MAX_IMAGE_WIDTH, MAX_IMAGE_WIDTH // 4)),
        ('width="100%" height="100%" viewBox="0 0 4 1"', (MAX_IMAGE_WIDTH, MAX_IMAGE_WIDTH // 4)),
        ('viewBox="0 0 10 100"', (MAX_IMAGE_HEIGHT // 10, MAX_IMAGE_HEIGHT)),
        ('width="9e9" height="9e9"', (MAX_IMAGE_WIDTH, MAX_IMAGE_WIDTH)),
    ],
)
def test_a_drawing_is_as_large_as_is_served_in_its_own_proportions(
    size: str, expected: tuple[int, int]
) -> None:
    assert drawn(svg(size=size)).size == expected


@pytest.mark.parametrize(
    "size",
    [
        "",
        'viewBox="0 0 0 10"',
        'viewBox="0 0 NaN 1"',
        'width="1" height="9999999"',
        f'width="{"1" * 900_000}" height="1"',
    ],
)
def test_a_drawing_without_a_size_is_refused(size: str) -> None:
    assert refusal(svg(size=size))[0] == "image-format"


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<title>Logo</title><desc>x</desc><metadata><a/></metadata>",
        '<rect onclick="alert(1)" width="0" height="0"/>',
        '<use href="file:///etc/passwd"/><use xlink:href="https://e.example/a.svg#b"/>',
        '<style>@import "https://e.example/a.css"; rect { fill: #f00 }</style>',
        '<animate attributeName="x" to="9"/>',
    ],
)
def test_what_is_no_drawing_is_left_out(body: str) -> None:
    assert drawn(svg(RED + body)).getpixel((9, 9)) == (255, 0, 0, 255)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("<text>Callport</text>", "text"),
        ('<image href="/etc/passwd" width="9" height="9"/>', "image"),
        ('<defs><filter id="a"><feTurbulence numOctaves="999"/></filter></defs>', "filter"),
        ('<pattern id="a" width="0.0001" height="0.0001"/>', "pattern"),
        ("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>", "foreign"),
    ],
)
def test_what_would_change_the_drawing_is_refused_with_its_name(body: str, name: str) -> None:
    code, message = refusal(svg(body))

    assert code == "image-format"
    assert name in message


def laughs(levels: int, *, element: str) -> str:
    """A drawing that doubles at each level."""
    groups = "".join(
        f'<g id="l{level}">' + element.format(level - 1) * 2 + "</g>" for level in range(1, levels)
    )
    return f'<defs><g id="l0">{RED}</g>{groups}</defs>' + element.format(levels - 1)


@pytest.mark.parametrize(
    "body",
    [
        laughs(60, element='<use href="#l{}"/>'),
        laughs(60, element='<use xlink:href="#l{}"/>'),
        laughs(60, element='<g style="clip-path:url(#l{})"/>'),
        RED * 5_000,
        '<rect width="9" height="9" stroke-dasharray="0.00001"/>' * 40,
        f'<style>rect {{ mask: url(#m) }}</style><mask id="m">{RED * 40}</mask>' + RED * 40,
        "<style>rect { stroke-dasharray: 0.00001 }</style>" + RED * 40,
    ],
)
def test_a_drawing_that_would_take_minutes_is_refused_at_once(body: str) -> None:
    assert refusal(svg(body))[0] == "too-complex"


@pytest.mark.parametrize(
    "body",
    [
        '<g id="a"><use href="#a"/></g>',
        '<clipPath id="a" clip-path="url(#a)"/>',
        "<g>" * 150 + "</g>" * 150,
        "".join(f'<g id="a{n}"><use href="#a{n + 1}"/></g>' for n in range(150)),
    ],
)
def test_a_drawing_that_never_ends_is_refused(body: str) -> None:
    assert refusal(svg(body))[0] == "image-format"


def test_a_drawing_with_many_elements_is_made_smaller_and_not_refused() -> None:
    assert 640 <= drawn(svg(RED * 300)).width < MAX_IMAGE_WIDTH


@pytest.mark.parametrize(
    "data",
    [
        b"<svg",
        b"<svg xmlns='http://www.w3.org/1999/xhtml'/>",
        b"<html><svg/></html>",
        b'<!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>' + svg("<g>&b;</g>"),
        svg('<path d="M0 0 ' + "L9 9 " * (MAX_SVG_BYTES // 5) + '"/>'),
    ],
)
def test_what_is_no_drawing_at_all_is_refused(data: bytes) -> None:
    assert refusal(data)[0] in ("image-format", "too-complex")


@given(
    name=st.sampled_from(["rect", "path", "g", "use", "linearGradient", "mask", "stop", "style"]),
    attribute=st.sampled_from(["d", "transform", "width", "style", "fill", "r", "offset", "href"]),
    said=st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters='<&"')),
)
def test_whatever_an_attribute_says_there_is_a_picture_or_a_rejection(
    name: str, attribute: str, said: str
) -> None:
    body = f'<{name} {attribute}="{said}"><rect {attribute}="{said}"/></{name}>'
    data = svg(body, size='viewBox="0 0 100 1"')

    try:
        prepared = pictures.prepare(data)
    except UploadRejected as error:
        assert error.findings[0].code in ("image-format", "too-complex")
    else:
        assert prepared.files


def test_a_path_that_crosses_the_drawing_a_hundred_thousand_times_is_refused():
    path = "L9 9L1600 3000" * 60_000  # two minutes of drawing

    code, _ = refusal(
        svg(f'<path stroke="red" d="M0 0{path}"/>', size='width="1600" height="3000"')
    )

    assert code == "too-complex"
