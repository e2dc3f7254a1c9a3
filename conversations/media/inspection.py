"""What is found out about a file, and within which limits.

Invariant: plain values only; this module imports no parser, so the server may use it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec


class Kind(StrEnum):
    """DOCUMENT: pdf, docx, xlsx, pptx. TEXT: everything that is text, SVG and HTML included."""

    IMAGE = "image"
    AUDIO = "audio"
    DOCUMENT = "document"
    TEXT = "text"


class Limits(msgspec.Struct, frozen=True):
    """How much one file may ask for; what goes beyond is refused, but text, which is cut."""

    image_side: int = 2048
    """Longest side of the picture that is sent, in pixels."""
    image_pixels: int = 64_000_000
    """A picture that has more is refused before it is decoded."""
    sound_seconds: float = 3600
    pages: int = 2000
    """Pages, slides or sheets."""
    unpacked_bytes: int = 200_000_000
    """Of all that is inside a zip-based document."""
    text_characters: int = 1_000_000
    memory_bytes: int = 1_500_000_000
    """Address space of the child process, shared libraries included."""
    seconds: float = 60
    """Wall clock and processor time of the child process, each."""


class Made(msgspec.Struct, frozen=True):
    """A file that was written into the folder for results; `size` in bytes, sides in pixels for pictures."""

    name: Annotated[str, msgspec.Meta(pattern=r"\A[a-z]+(-[0-9]+)?\.[a-z0-9]+\Z")]
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is, by its content; what does not apply to its kind is None, empty or False.

    extension: fits the content, without a dot. width, height: as seen, after turning upright. seconds: measured by
    decoding. peaks: see peaks_of_pcm16(). sample_rate: of the original, in hertz. loudness: RMS of the whole in dB
    below full scale, None for silence. pages: of a PDF, slides of pptx, sheets of xlsx. words, is_cut: of the text.
    language: Pygments lexer alias of TEXT. sendable: what models get in place of the original, None where the
    original itself is fine. thumbnail: webp, of pictures and of a PDF's first page. text: UTF-8, of TEXT and DOCUMENT.
    """

    kind: Kind
    media_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    peaks: tuple[int, ...] = ()
    sample_rate: int | None = None
    channels: int | None = None
    loudness: float | None = None
    pages: int | None = None
    words: int | None = None
    is_cut: bool = False
    language: str = ""
    sendable: Made | None = None
    thumbnail: Made | None = None
    text: Made | None = None
