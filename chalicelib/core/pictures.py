"""Images: an upload, or an image inside a document, becomes small, clean files that pages show.

Every image is decoded and written anew in sRGB, so that no metadata (a camera's position, a hidden
payload) and no trailing bytes survive; who made it and what it shows is read before (`imprint`).
The names of the results are the hashes of their bytes: they can be cached for ever.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

from chalicelib.core import imprint, svg
from chalicelib.core.article import Picture, Rendition
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.limits import (
    MAX_IMAGE_BYTES,
    MAX_IMAGE_HEIGHT,
    MAX_IMAGE_PIXELS,
    MAX_IMAGE_SIDE,
    MAX_IMAGE_WIDTH,
    NARROW_WIDTH,
    SHARED_WIDTH,
)
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from PIL import Image as PillowImage

_READ = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 80  # of WebP: no loss a reader sees, half of a JPEG's bytes
AVATAR_WIDTH = 96  # pixels served for an avatar of 40 CSS pixels on a dense screen
MAX_SHARED_BYTES = 300_000  # of a preview: WhatsApp shows none that is larger
_DRAWING_COLOURS = 4_096  # at most, of what may be kept without loss; a photograph has far more
_SHARED_QUALITIES = (80, 60, 40)  # of the JPEG, the first that MAX_SHARED_BYTES hold
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    struct.error,
)
_ANIMATION = Dropped(what="animation", count=1, why="pages show its first frame alone")

Crop = tuple[float, float, float, float]  # shares cut off: left, top, right, bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFile:
    """A file to be served under its name, which is the hash of its bytes."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The picture that an image makes, the files it is served from, and what is not in them."""

    picture: Picture
    files: tuple[PreparedFile, ...]
    dropped: tuple[Dropped, ...] = ()


def prepare(data: bytes) -> Prepared:
    """Return what an upload under media/ makes: also an avatar, and what previews of links show.

    Raises UploadRejected for what is no image we read, and over the limits of bytes and pixels.
    Cost: decodes the image, up to half a gigabyte and some seconds at the limit; an SVG drawing
    as `svg` says. Loads Pillow.
    """
    from PIL import Image, ImageOps

    opened = _opened(svg.png(data) if svg.is_svg(data) else data)
    prepared = _prepared(opened)
    square = ImageOps.fit(opened.image, (AVATAR_WIDTH, AVATAR_WIDTH), Image.Resampling.LANCZOS)
    avatar = _png(square)
    shared, shared_file = _shared(opened.image)
    return Prepared(
        picture=replace(prepared.picture, shared=shared, avatar_path=_path(avatar)),
        files=(*prepared.files, shared_file, avatar),
        dropped=prepared.dropped,
    )


def prepare_embedded(data: bytes, *, crop: Crop | None = None) -> Prepared:
    """Return what an image inside a document makes, without what *crop* cuts off it.

    Raises and costs as `prepare` does. What an editor has cut off must not be published: Word keeps
    it in the file.
    """
    return _prepared(_opened(data, crop=crop))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """An image in sRGB, upright, no larger than is served."""

    image: PillowImage.Image  # RGB or RGBA
    is_drawing: bool
    is_animated: bool
    imprint: imprint.Imprint


def _opened(data: bytes, *, crop: Crop | None = None) -> _Opened:
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(data) > MAX_IMAGE_BYTES:
        raise too_large(len(data))
    try:
        file = Image.open(BytesIO(data), formats=_READ)
        if file.width * file.height > MAX_IMAGE_PIXELS:
            raise _rejected(
                "too-many-pixels",
                f"The image has {file.width * file.height:,} pixels; "
                f"{MAX_IMAGE_PIXELS:,} are allowed.",
                "Export it smaller; 1,600 pixels of width are enough.",
            )
        if max(file.size) > MAX_IMAGE_SIDE:
            raise _rejected(
                "too-many-pixels",
                f"The image is {max(file.size):,} pixels long; {MAX_IMAGE_SIDE:,} are allowed.",
                "Cut out what it shows and export that.",
            )
        if crop is None:
            # A JPEG several times as large as what is served need not be decoded whole.
            file.draft(None, (MAX_IMAGE_WIDTH, MAX_IMAGE_WIDTH))
        file.load()
        is_animated = getattr(file, "is_animated", False)
        told = imprint.read(file)
        profile = file.info.get("icc_profile")
        image = file if crop is None else file.crop(_box(file.size, crop))
        ImageOps.exif_transpose(image, in_place=True)  # a copy takes 200 MB at the limit
    except UnidentifiedImageError:
        raise _rejected(
            "image-format",
            "The file is no JPEG, PNG, WebP or GIF image.",
            "Export the image as JPEG or PNG and upload that.",
        ) from None
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise _rejected(
            "image-broken",
            f"The image cannot be decoded: {error}.",
            "Open it in an image program and export it again.",
        ) from None
    image = _in_plain_mode(image)
    is_drawing = image.getcolors(_DRAWING_COLOURS) is not None
    image = _in_srgb(_scaled(image, MAX_IMAGE_WIDTH, MAX_IMAGE_HEIGHT), profile)
    return _Opened(image=image, is_drawing=is_drawing, is_animated=is_animated, imprint=told)


def _box(size: tuple[int, int], crop: Crop) -> tuple[int, int, int, int]:
    """Return the pixels that are left, at least one."""
    (width, height), (left, top, right, bottom) = size, crop
    x, y = min(int(width * left), width - 1), min(int(height * top), height - 1)
    return x, y, max(x + 1, round(width * (1 - right))), max(y + 1, round(height * (1 - bottom)))


def _in_plain_mode(image: PillowImage.Image) -> PillowImage.Image:
    """Return the image in a mode that can be scaled: palettes resolved, 16 bits made 8."""
    if image.mode.startswith("I"):
        # Pillow cuts off what is over 255 instead of scaling it, which leaves white.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    return image.convert("RGBA" if image.mode.endswith(("A", "a")) else "RGB")


def _scaled(image: PillowImage.Image, width: int, height: int) -> PillowImage.Image:
    """Return the image so that it fits into *width* by *height*; it is never enlarged."""
    from PIL import Image

    scale = min(1.0, width / image.width, height / image.height)
    if scale == 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _in_srgb(image: PillowImage.Image, profile: bytes | None) -> PillowImage.Image:
    """Return the image in sRGB without any metadata; alpha only where something shows through.

    A profile that cannot be read, or is one for another kind of image, is passed over.
    """
    from PIL import ImageCms

    alpha = image.getchannel("A") if "A" in image.getbands() else None
    colours = image.convert(image.mode.removesuffix("A")) if alpha else image
    if profile:
        try:
            own, srgb = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            colours = ImageCms.profileToProfile(colours, own, srgb, outputMode="RGB") or colours
        except (ImageCms.PyCMSError, *_BROKEN):
            pass
    plain = colours.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        plain.putalpha(alpha)
    plain.info.clear()
    return plain


def _prepared(opened: _Opened) -> Prepared:
    image = opened.image
    wide, wide_file = _rendition(image, opened)
    files, narrow = [wide_file], None
    if image.width > NARROW_WIDTH:
        narrow, narrow_file = _rendition(_scaled(image, NARROW_WIDTH, image.height), opened)
        files.append(narrow_file)
    picture = Picture(
        wide=wide, narrow=narrow, credit=opened.imprint.credit, caption=opened.imprint.caption
    )
    dropped = (_ANIMATION,) if opened.is_animated else ()
    return Prepared(picture=picture, files=tuple(files), dropped=dropped)


def _rendition(image: PillowImage.Image, opened: _Opened) -> tuple[Rendition, PreparedFile]:
    """Return the image as WebP: a drawing without loss, where that takes no more bytes."""
    data = _encoded(image, "WEBP", quality=_QUALITY)
    if opened.is_drawing:
        data = min(_encoded(image, "WEBP", lossless=True), data, key=len)
    file = _file(data, "webp")
    return Rendition(path=_path(file), width=image.width, height=image.height), file


def _shared(image: PillowImage.Image) -> tuple[Rendition, PreparedFile]:
    """Return the image as JPEG, on white where something would show through."""
    from PIL import Image

    scaled = _scaled(image, SHARED_WIDTH, image.height)
    if scaled.mode == "RGBA":
        white = Image.new("RGBA", scaled.size, "white")
        scaled = Image.alpha_composite(white, scaled).convert("RGB")
    for quality in _SHARED_QUALITIES:
        data = _encoded(scaled, "JPEG", quality=quality, optimize=True, progressive=True)
        if len(data) <= MAX_SHARED_BYTES:
            break
    file = _file(data, "jpeg")
    return Rendition(path=_path(file), width=scaled.width, height=scaled.height), file


def _png(image: PillowImage.Image) -> PreparedFile:
    return _file(_encoded(image, "PNG", optimize=True), "png")


def _encoded(image: PillowImage.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _file(data: bytes, extension: str) -> PreparedFile:
    name = f"{hashlib.blake2b(data, digest_size=16).hexdigest()}.{extension}"
    return PreparedFile(name=name, content_type=f"image/{extension}", data=data)


def _path(file: PreparedFile) -> str:
    return f"media/{file.name}"


def too_large(size: int) -> UploadRejected:
    """The rejection of an image of *size* bytes, which need not be read to be refused."""
    return _rejected(
        "too-large",
        f"The image has {size:,} bytes; {MAX_IMAGE_BYTES:,} are allowed.",
        f"Export it smaller; {MAX_IMAGE_WIDTH:,} pixels of width are enough.",
    )


def _rejected(code: str, message: str, fix: str) -> UploadRejected:
    return UploadRejected(Finding(code=code, message=message, fix=fix))
