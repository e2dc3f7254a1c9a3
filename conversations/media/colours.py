"""Brings pictures of any colour mode to plain sRGB.

Invariant: the result is RGB, or RGBA if a pixel of it is not opaque, and carries no profile.
"""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageCms

# For a mode with more bits per colour than a screen shows.
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def plain_mode(picture: Any) -> Image.Image:
    """The picture in RGB, RGBA, or CMYK, whose profile may know better how to convert it."""
    mode = picture.mode
    if mode in ("RGB", "RGBA", "CMYK") and "transparency" not in picture.info:
        plain: Image.Image = picture
    elif mode in SIXTEEN_BITS or mode in ("I", "F"):
        plain = _eight_bits(picture).convert("RGB")
    elif mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        plain = ImageCms.applyTransform(picture, ImageCms.buildTransform(lab, srgb, "LAB", "RGB")) or picture
    elif mode in WITH_ALPHA or "transparency" in picture.info:
        plain = picture.convert("RGBA")
    else:
        plain = picture.convert("RGB")
    return plain


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """A picture in a plain mode in RGB or RGBA, its colours converted by the profile, if there is one that works."""
    converted = _by_profile(picture, profile) if profile else picture
    if converted.mode == "RGB" or (
        converted.mode == "RGBA" and converted.getchannel("A").getextrema() != (255, 255)
    ):
        return converted
    return converted.convert("RGB")


def _eight_bits(picture: Any) -> Image.Image:
    """Greys of more than eight bits, scaled from the range of 16 bits, or else from the values that occur."""
    wide = picture.convert("F")
    low, high = wide.getextrema()
    if picture.mode != "F" and low >= 0 and high <= 65_535:
        low, high = 0.0, 65_535.0 if high > 255 else 255.0
    scale = 255 / (high - low) if high > low else 0.0
    grey: Image.Image = wide.point(lambda value: value * scale - low * scale).convert("L")
    return grey


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    """Converted to sRGB; the same where the profile is broken or is for other colours."""
    target = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode=target
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return converted or picture
