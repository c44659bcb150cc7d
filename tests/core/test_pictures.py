"""Images: what pages get of them, whatever they were, and what is refused with its mend."""

from __future__ import annotations

import zlib
from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from chalicelib.core import pictures
from chalicelib.core.article import Rendition
from chalicelib.core.errors import UploadRejected
from chalicelib.core.limits import (
    MAX_IMAGE_HEIGHT,
    MAX_IMAGE_SIDE,
    MAX_IMAGE_WIDTH,
    NARROW_WIDTH,
    SHARED_WIDTH,
)
from chalicelib.core.pictures import AVATAR_WIDTH, MAX_SHARED_BYTES, Prepared
from tests import builders

CAMERA = "a secret place"


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """What no compression can make small: the hardest photograph."""
    return Image.merge("RGB", [Image.effect_noise((width, height), 90) for _ in "RGB"])


def photograph(width: int, height: int) -> Image.Image:
    return Image.merge("RGB", [Image.linear_gradient("L").resize((width, height))] * 3)


def served(prepared: Prepared, rendition: Rendition | None) -> Image.Image:
    assert rendition is not None
    data = next(f.data for f in prepared.files if rendition.path == f"media/{f.name}")
    image = Image.open(BytesIO(data))
    assert image.size == (rendition.width, rendition.height)
    return image


def wide(data: bytes) -> Image.Image:
    prepared = pictures.prepare(data)
    return served(prepared, prepared.picture.wide)


def code(data: bytes) -> str:
    with pytest.raises(UploadRejected) as raised:
        pictures.prepare(data)
    return raised.value.findings[0].code


def is_near(pixel: object, expected: tuple[int, ...], *, within: int = 6) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= within for a, b in zip(pixel, expected, strict=True))


# What pages get


def test_an_image_is_written_anew_without_what_it_carried() -> None:
    exif = Image.Exif()
    exif[0x8298] = CAMERA
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{CAMERA}</x:xmpmeta>".encode()
    image = photograph(2_000, 1_000)
    data = encoded(image, "JPEG", exif=exif, xmp=xmp, icc_profile=profile, comment=CAMERA)

    prepared = pictures.prepare(data + b"<script>trailing</script>")

    assert len(prepared.files) == 4
    for file in prepared.files:
        assert CAMERA.encode() not in file.data
        assert b"script" not in file.data
        assert not {"exif", "xmp", "icc_profile"} & Image.open(BytesIO(file.data)).info.keys()


def test_a_large_image_is_served_in_two_widths_and_as_a_square() -> None:
    prepared = pictures.prepare(encoded(photograph(2_000, 1_000), "JPEG"))

    assert served(prepared, prepared.picture.wide).size == (MAX_IMAGE_WIDTH, MAX_IMAGE_WIDTH // 2)
    assert served(prepared, prepared.picture.narrow).size == (NARROW_WIDTH, NARROW_WIDTH // 2)
    avatar = next(f for f in prepared.files if prepared.picture.avatar_path == f"media/{f.name}")
    assert Image.open(BytesIO(avatar.data)).size == (AVATAR_WIDTH, AVATAR_WIDTH)
    assert [file.content_type for file in prepared.files] == [
        "image/webp",
        "image/webp",
        "image/jpeg",
        "image/png",
    ]


def test_who_previews_a_link_gets_a_jpeg_that_is_small_enough() -> None:
    photo, hardest = photograph(2_000, 1_000), noise(1_600, 1_600)

    for image in (photo, hardest):
        prepared = pictures.prepare(encoded(image, "JPEG"))
        shown = served(prepared, prepared.picture.shared)
        assert shown.format == "JPEG"
        assert shown.width == SHARED_WIDTH
    assert prepared.picture.shared is not None
    (data,) = [f.data for f in pictures.prepare(encoded(photo, "JPEG")).files
               if f.content_type == "image/jpeg"]  # fmt: skip
    assert len(data) <= MAX_SHARED_BYTES


def test_a_preview_shows_what_is_clear_in_an_image_as_white() -> None:
    prepared = pictures.prepare(encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 0))))

    pixel = served(prepared, prepared.picture.shared).getpixel((20, 20))
    assert is_near(pixel, (255, 255, 255))


def test_an_image_inside_a_document_is_not_prepared_for_previews() -> None:
    prepared = pictures.prepare_embedded(encoded(photograph(2_000, 1_000), "JPEG"))

    assert prepared.picture.shared is None
    assert {file.content_type for file in prepared.files} == {"image/webp"}


@given(width=st.integers(1, 2_400), height=st.integers(1, 400))
@example(width=NARROW_WIDTH, height=9)
@example(width=NARROW_WIDTH + 1, height=9)
@example(width=2, height=20_000)
def test_no_image_is_enlarged_or_served_twice(width: int, height: int) -> None:
    picture = pictures.prepare(encoded(Image.new("1", (width, height)))).picture

    assert picture.wide.width <= min(width, MAX_IMAGE_WIDTH)
    assert picture.wide.height <= min(height, MAX_IMAGE_HEIGHT)
    assert (picture.narrow is not None) == (picture.wide.width > NARROW_WIDTH)
    scale = min(1.0, MAX_IMAGE_WIDTH / width, MAX_IMAGE_HEIGHT / height)
    assert picture.wide.width == pytest.approx(width * scale, abs=1)
    assert picture.wide.height == pytest.approx(height * scale, abs=1)
    if picture.narrow is not None:
        assert picture.narrow.width == NARROW_WIDTH
        assert picture.narrow.height == pytest.approx(NARROW_WIDTH * height / width, abs=1)


def test_the_same_image_has_the_same_name_and_another_has_another() -> None:
    one, same, other = (
        pictures.prepare(builders.picture(colour=colour)).picture
        for colour in ("teal", "teal", "red")
    )

    assert one == same
    assert one.wide.path != other.wide.path


def test_a_drawing_loses_nothing_and_keeps_what_shows_through() -> None:
    drawing = Image.new("RGBA", (500, 300), (0, 0, 0, 0))
    ImageDraw.Draw(drawing).text((20, 20), "Callport", fill="crimson", font_size=60)

    shown = wide(encoded(drawing))

    assert shown.mode == "RGBA"
    opaque = drawing.getchannel("A").point(lambda alpha: 255 if alpha else 0)
    both = [Image.composite(i, Image.new("RGBA", i.size), opaque) for i in (drawing, shown)]
    assert both[0].tobytes() == both[1].tobytes()


def test_a_photograph_saved_as_a_drawing_is_served_as_a_photograph() -> None:
    data = encoded(noise(500, 400), "PNG")

    assert len(pictures.prepare(data).files[0].data) < len(data) / 3


def test_alpha_that_hides_nothing_is_not_kept() -> None:
    assert wide(encoded(Image.new("RGBA", (8, 8), (9, 9, 9, 255)))).mode == "RGB"


# What images come as


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_an_animation_the_first_frame_is_shown_and_the_rest_told(kind: str) -> None:
    first, second = Image.new("RGB", (9, 9), "navy"), Image.new("RGB", (9, 9), "gold")
    data = encoded(first, kind, save_all=True, append_images=[second], lossless=True)

    prepared = pictures.prepare(data)

    shown = served(prepared, prepared.picture.wide).convert("RGB")
    assert is_near(shown.getpixel((4, 4)), (0, 0, 128))
    assert [part.what for part in prepared.dropped] == ["animation"]
    assert not pictures.prepare(encoded(first, kind)).dropped


def test_an_image_is_turned_as_its_camera_was() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of what was seen is at the right
    image = photograph(80, 40)

    assert wide(encoded(image, "JPEG", exif=exif)).size == (40, 80)


def test_the_inks_of_a_printers_image_become_light() -> None:
    white, ink = (
        Image.new("CMYK", (9, 9), (0, 0, 0, 0)),
        Image.new("CMYK", (9, 9), (0, 255, 255, 0)),
    )

    assert is_near(wide(encoded(white, "JPEG")).getpixel((4, 4)), (255, 255, 255))
    assert is_near(wide(encoded(ink, "JPEG")).getpixel((4, 4)), (255, 0, 0), within=12)


def test_sixteen_bits_of_grey_become_eight_and_not_white() -> None:
    grey = Image.new("I;16", (9, 9), 0x8000)

    assert is_near(wide(encoded(grey)).getpixel((4, 4)), (128, 128, 128))


def swapped_profile() -> bytes:
    """sRGB whose red and green stand in each other's place: what ignores it is seen at once."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_are_those_that_the_images_profile_means(mode: str) -> None:
    red = Image.new(mode, (9, 9), (255, 0, 0, 128)[: len(mode)])

    shown = wide(encoded(red, icc_profile=swapped_profile()))

    assert is_near(shown.convert("RGB").getpixel((4, 4)), (0, 255, 0))
    assert shown.mode == mode


@pytest.mark.parametrize("profile", [b"no profile", swapped_profile()[:200]])
def test_a_profile_that_is_none_changes_nothing(profile: bytes) -> None:
    red = Image.new("RGB", (9, 9), "red")

    assert is_near(wide(encoded(red, icc_profile=profile)).getpixel((4, 4)), (255, 0, 0))


def test_a_profile_for_another_kind_of_image_changes_nothing() -> None:
    grey = Image.new("L", (9, 9), 90)

    shown = wide(encoded(grey, icc_profile=swapped_profile()))

    assert is_near(shown.getpixel((4, 4)), (90, 90, 90))


def test_what_was_cut_off_in_a_document_is_not_published() -> None:
    image = Image.new("RGB", (400, 100), "navy")
    image.paste("gold", (0, 0, 300, 100))

    prepared = pictures.prepare_embedded(encoded(image), crop=(0.75, 0.0, 0.0, 0.5))

    shown = served(prepared, prepared.picture.wide)
    assert shown.size == (100, 50)
    assert shown.convert("RGB").getcolors() == [(5_000, (0, 0, 128))]
    assert prepared.picture.avatar_path is None


@given(crop=st.tuples(*[st.floats(0, 1)] * 4))
def test_whatever_is_cut_off_something_is_left(crop: tuple[float, float, float, float]) -> None:
    wide_one = pictures.prepare_embedded(builders.picture(30, 20), crop=crop).picture.wide

    assert 1 <= wide_one.width <= 30
    assert 1 <= wide_one.height <= 20


# What is refused


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    assert code(encoded(Image.new("1", (10_000, 6_000)))) == "too-many-pixels"


def chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + name + data + checksum


def test_a_small_image_that_inflates_without_end_costs_no_more_than_its_pixels() -> None:
    header = chunk(b"IHDR", (8).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0]))
    bomb = chunk(b"IDAT", zlib.compress(bytes(50_000_000), 9))
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9))
    png = b"\x89PNG\r\n\x1a\n" + header

    assert wide(png + bomb + chunk(b"IEND", b"")).size == (8, 8)
    assert code(png + text + bomb + chunk(b"IEND", b"")) == "image-broken"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_half_an_image_is_refused(kind: str) -> None:
    assert code(encoded(noise(200, 200), kind)[:900]) == "image-broken"


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "ICO", "PPM", "TGA"])
def test_other_formats_are_refused_whatever_their_name(kind: str) -> None:
    assert code(encoded(Image.new("RGB", (32, 32)), kind)) == "image-format"


def test_an_image_that_is_a_page_too_is_served_as_an_image_alone() -> None:
    polyglot = builders.picture() + b"<html><script>alert(1)</script></html>PK\x03\x04"

    for file in pictures.prepare(polyglot).files:
        assert b"html" not in file.data
        assert b"PK\x03\x04" not in file.data


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_a_rejection(data: bytes) -> None:
    for prefix in (
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"GIF89a",
    ):
        with pytest.raises(UploadRejected):
            pictures.prepare(prefix + data)


WHOLE = {
    kind: encoded(photograph(40, 30).convert("P" if kind == "GIF" else "RGB"), kind)
    for kind in ("PNG", "JPEG", "WEBP", "GIF")
}


@given(
    kind=st.sampled_from(sorted(WHOLE)),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_damaged_image_is_a_picture_or_a_rejection(
    kind: str, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(WHOLE[kind])
    for place, value in changes:
        data[int(place * len(data))] = value

    try:
        prepared = pictures.prepare(bytes(data))
    except UploadRejected as error:
        assert error.findings[0].code.startswith(("image-", "too-many"))
    else:
        assert prepared.files


@pytest.mark.parametrize("size", [(MAX_IMAGE_SIDE + 1, 1), (1, MAX_IMAGE_SIDE + 1)])
def test_an_image_that_is_a_line_of_millions_of_pixels_is_refused(size):
    with pytest.raises(UploadRejected) as raised:
        pictures.prepare(builders.picture(*size))

    assert raised.value.findings[0].code == "too-many-pixels"
    assert pictures.prepare(builders.picture(*(min(side, MAX_IMAGE_SIDE) for side in size))).files
