"""Images: an upload under media/ becomes small, clean files that pages can show.

Every image is decoded and written anew, so that no metadata (a camera's position, a hidden
payload) and no trailing bytes survive. The names of the results are the hashes of their bytes:
they can be cached for ever.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.limits import (
    AVATAR_WIDTH,
    MAX_IMAGE_BYTES,
    MAX_IMAGE_HEIGHT,
    MAX_IMAGE_PIXELS,
    MAX_IMAGE_WIDTH,
    MAX_SERVED_BYTES,
)

if TYPE_CHECKING:
    from PIL import Image as PillowImage

CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_READ = ("JPEG", "PNG", "WEBP", "GIF")
_JPEG_QUALITY = 82  # no loss a reader sees, a third of a camera's bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image as pages show it. Paths are the site's, without a leading slash."""

    path: str
    width: int  # pixels
    height: int
    avatar_path: str  # the square middle of it, AVATAR_WIDTH wide


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFile:
    """A file to be served under its name, which is the hash of its bytes."""

    name: str
    content_type: str
    data: bytes


def prepare(data: bytes) -> tuple[Picture, tuple[PreparedFile, ...]]:
    """Return the picture that *data* makes and the files it is served from.

    Raises UploadRejected for what is no image we read, and over the limits of bytes and pixels.
    Cost: decodes the image, up to 0.2 GB and a second at the limit. Loads Pillow.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(data) > MAX_IMAGE_BYTES:
        raise too_large(len(data))
    try:
        image: PillowImage.Image = Image.open(BytesIO(data), formats=_READ)
        kind = image.format
        if image.width * image.height > MAX_IMAGE_PIXELS:
            raise _rejected(
                "too-many-pixels",
                f"The image has {image.width * image.height:,} pixels; "
                f"{MAX_IMAGE_PIXELS:,} are allowed.",
                "Export it smaller; 1,600 pixels of width are enough.",
            )
        image.load()
        image = ImageOps.exif_transpose(image)
    except UnidentifiedImageError:
        raise _rejected(
            "image-format",
            "The file is no JPEG, PNG, WebP or GIF image.",
            "Export the image as JPEG or PNG (an SVG drawing as PNG) and upload that.",
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _rejected(
            "image-broken",
            f"The image cannot be decoded: {error}.",
            "Open it in an image program and export it again.",
        ) from None
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    is_drawing = kind in ("PNG", "GIF")
    image = image.convert("RGBA" if has_alpha else "RGB")
    scale = min(1.0, MAX_IMAGE_WIDTH / image.width, MAX_IMAGE_HEIGHT / image.height)
    served = image
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        served = image.resize(size, Image.Resampling.LANCZOS)
    whole = _file(served, as_png=has_alpha or is_drawing)
    if len(whole.data) > MAX_SERVED_BYTES and not has_alpha:
        whole = _file(served, as_png=False)  # a photograph saved as PNG
    side = (AVATAR_WIDTH, AVATAR_WIDTH)
    avatar = _file(ImageOps.fit(image, side, Image.Resampling.LANCZOS), as_png=True)
    picture = Picture(
        path=f"media/{whole.name}",
        width=served.width,
        height=served.height,
        avatar_path=f"media/{avatar.name}",
    )
    return picture, tuple({file.name: file for file in (whole, avatar)}.values())


def too_large(size: int) -> UploadRejected:
    """The rejection of an image of *size* bytes, which need not be read to be refused."""
    return _rejected(
        "too-large",
        f"The image has {size:,} bytes; {MAX_IMAGE_BYTES:,} are allowed.",
        f"Export it smaller; {MAX_IMAGE_WIDTH:,} pixels of width are enough.",
    )


def _file(image: PillowImage.Image, *, as_png: bool) -> PreparedFile:
    out = BytesIO()
    if as_png:
        image.save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)
    extension = "png" if as_png else "jpg"
    data = out.getvalue()
    name = f"{hashlib.blake2b(data, digest_size=16).hexdigest()}.{extension}"
    return PreparedFile(name=name, content_type=CONTENT_TYPES[extension], data=data)


def _rejected(code: str, message: str, fix: str) -> UploadRejected:
    return UploadRejected(Finding(code=code, message=message, fix=fix))
