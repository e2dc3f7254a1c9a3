"""Pictures: what they are, and copies of them that are upright, small enough and nothing but a picture.

Invariant: a size is checked before a pixel is decoded, and only the first frame of an animation ever is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from .colours import in_srgb, plain_mode
from .containers import is_bare, webp_size
from .formats import Format
from .inspection import Inspection, Kind, Limits, Made
from .parsing import parsing
from .refusals import FileRefused, Refusal
from .results import write_result

THUMBNAIL_SIDE = 480
THUMBNAIL_QUALITY = 80
JPEG_QUALITY = 88
# What keeps every pixel may take this much, in bytes; drawings and screenshots seldom take more.
LARGEST_LOSSLESS = 1_500_000
LARGEST_FRAME = 5_000_000
LARGEST_ORIGINAL = 10_000_000
MODES_AS_THEY_ARE = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "JPEG": ("L", "RGB"),
    "WEBP": ("RGB", "RGBA"),
}
LOSSLESS = frozenset({"PNG", "GIF", "BMP", "TIFF"})
ORIENTATION = 0x0112
SIDEWAYS = (5, 6, 7, 8)
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class _Encoded(msgspec.Struct, frozen=True):
    extension: str
    media_type: str
    content: bytes


class _Decoded(msgspec.Struct, frozen=True):
    """`size`: as seen, in the original; `picture`: upright, in RGB or RGBA, maybe already smaller."""

    picture: Image.Image
    size: tuple[int, int]
    is_animated: bool
    is_sendable: bool


def inspect_image(path: Path, found: Format, out: Path, limits: Limits) -> Inspection:
    with parsing("picture"), _pixels_limited(limits):
        decoded = _decode(path, found, limits)
        sendable = None
        if not decoded.is_sendable:
            fitted = shrunk(decoded.picture, limits.image_side)
            sendable = fitted.size, _encode(fitted, found, is_frame=decoded.is_animated)
        thumbnail = shrunk(decoded.picture, THUMBNAIL_SIDE)
        thumbnail_content = encode_webp(thumbnail)
    made = None
    if sendable:
        size, encoded = sendable
        name = f"sendable.{encoded.extension}"
        made = write_result(out, name, encoded.media_type, encoded.content, size=size)
    return Inspection(
        kind=Kind.IMAGE,
        media_type=found.media_type,
        extension=found.extension,
        width=decoded.size[0],
        height=decoded.size[1],
        sendable=made,
        thumbnail=write_thumbnail(out, thumbnail_content, thumbnail.size),
    )


def write_thumbnail(out: Path, content: bytes, size: tuple[int, int]) -> Made:
    return write_result(out, "thumbnail.webp", "image/webp", content, size=size)


def encode_webp(picture: Image.Image) -> bytes:
    return _saved(picture, "WEBP", quality=THUMBNAIL_QUALITY, method=4)


def shrunk(picture: Image.Image, side: int) -> Image.Image:
    """The picture with at most `side` pixels at its longest side and at least one at the other."""
    longest = max(picture.size)
    if longest <= side:
        return picture
    width, height = (max(1, round(length * side / longest)) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)


def refuse_many_pixels(size: tuple[int, int], limits: Limits) -> None:
    """Raises FileRefused for a size with more pixels than the limits allow, or without any."""
    width, height = size
    if width < 1 or height < 1:
        raise FileRefused(Refusal.DAMAGED, "The picture has no pixels.")
    if width * height > limits.image_pixels:
        raise FileRefused(Refusal.TOO_MANY_PIXELS, f"The picture has {width} x {height} pixels.")


@contextmanager
def _pixels_limited(limits: Limits) -> Iterator[None]:
    """For sizes that come up while a parser decodes; what it states at first is checked here."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = limits.image_pixels
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _decode(path: Path, found: Format, limits: Limits) -> _Decoded:
    if found.parser == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False)
    with path.open("rb") as file:
        if found.parser == "WEBP":
            # Opening one takes the memory for all of its pixels already.
            refuse_many_pixels(webp_size(file.read(64)), limits)
            file.seek(0)
        try:
            picture: Any = Image.open(file, formats=(found.parser,))
        except Image.DecompressionBombError as error:
            raise FileRefused(Refusal.TOO_MANY_PIXELS, str(error)) from error
        refuse_many_pixels(picture.size, limits)
        is_animated = found.parser in ("PNG", "GIF", "WEBP") and bool(picture.is_animated)
        return _loaded(picture, found, limits, path, is_animated=is_animated)


def _loaded(picture: Any, found: Format, limits: Limits, path: Path, *, is_animated: bool) -> _Decoded:
    size, mode = picture.size, picture.mode
    if found.parser == "JPEG" and mode in ("L", "RGB"):
        # The decoder itself can halve a photograph while it reads it, which is much faster.
        picture.draft(mode, (limits.image_side, limits.image_side))
    picture.load()
    refuse_many_pixels(picture.size, limits)
    orientation = _orientation(picture)
    is_sendable = (
        mode in MODES_AS_THEY_ARE.get(found.parser, ())
        and not is_animated
        and orientation == 1
        and max(size) <= limits.image_side
        and _is_bare_file(path, found)
    )
    if orientation in SIDEWAYS:
        size = size[1], size[0]
    elif found.parser == "TIFF":
        # This parser turns it upright by itself.
        size = picture.size
    smaller = shrunk(plain_mode(picture), max(limits.image_side, THUMBNAIL_SIDE))
    smaller = in_srgb(smaller, picture.info.get("icc_profile"))
    if orientation != 1:
        smaller = smaller.transpose(UPRIGHT[orientation])
    return _Decoded(smaller, size, is_animated, is_sendable)


def _orientation(picture: Any) -> int:
    """1 to 8 as in EXIF; 1 where none can be read."""
    try:
        orientation = picture.getexif().get(ORIENTATION, 1)
    except (SyntaxError, ValueError, OSError, KeyError, TypeError, IndexError, ArithmeticError):
        return 1
    return orientation if orientation in range(1, 9) else 1


def _is_bare_file(path: Path, found: Format) -> bool:
    if path.stat().st_size > LARGEST_ORIGINAL:
        return False
    return is_bare(found.parser, path.read_bytes())


def _encode(picture: Image.Image, found: Format, *, is_frame: bool) -> _Encoded:
    """PNG for what is transparent or drawn, JPEG for photographs."""
    if picture.mode == "RGBA":
        return _Encoded("png", "image/png", _saved(picture, "PNG"))
    is_drawn = found.parser in LOSSLESS or is_frame or picture.getcolors(256) is not None
    if is_drawn:
        content = _saved(picture, "PNG")
        if len(content) <= (LARGEST_FRAME if is_frame else LARGEST_LOSSLESS):
            return _Encoded("png", "image/png", content)
    return _Encoded("jpg", "image/jpeg", _saved(picture, "JPEG", quality=JPEG_QUALITY, optimize=True))


def _saved(picture: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    # What the original had to say beside its pixels would be written into the copy.
    picture.info = {}
    picture.save(buffer, format, **options)
    return buffer.getvalue()
