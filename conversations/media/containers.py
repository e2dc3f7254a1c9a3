"""The structure of PNG, JPEG and WebP files, read without decoding them.

Invariant: is_bare() is True only if the file holds one picture and nothing else: no metadata, no colour profile, no
second picture, and nothing behind its end.
"""

from __future__ import annotations

import re
import struct

PNG_CHUNKS = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"pHYs"}
)
WEBP_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
# Start of frame, tables, restart interval, JFIF and Adobe (which tell how the colours are meant),
# each with the size that it may have: JFIF could hold a thumbnail.
ANY_SIZE = 0xFFFF
JPEG_SEGMENTS = {
    **dict.fromkeys((0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD), ANY_SIZE),
    0xE0: 16,
    0xEE: 14,
}
START_OF_SCAN = 0xDA
END_OF_IMAGE = b"\xff\xd9"
# A marker that ends the data of a scan: neither a stuffed FF nor a restart.
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def is_bare(parser: str, content: bytes) -> bool:
    """`parser`: PNG, JPEG or WEBP; other formats are never bare."""
    match parser:
        case "PNG":
            return _is_bare_png(content)
        case "JPEG":
            return _is_bare_jpeg(content)
        case "WEBP":
            return _is_bare_webp(content)
    return False


def webp_size(head: bytes) -> tuple[int, int]:
    """Width and height that a WebP file declares. Raises ValueError or struct.error if it declares none."""
    kind, payload = head[12:16], head[20:]
    if kind == b"VP8X":
        wide, high = (int.from_bytes(payload[start : start + 3], "little") for start in (4, 7))
        return wide + 1, high + 1
    if kind == b"VP8 ":
        wide, high = struct.unpack("<HH", payload[6:10])
        return wide & 0x3FFF, high & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", payload[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise ValueError("a WebP file without a picture")


def _is_bare_png(content: bytes) -> bool:
    position, kind = 8, b""
    while kind != b"IEND":
        if len(content) < position + 12:
            return False
        size, kind = struct.unpack(">I4s", content[position : position + 8])
        if kind not in PNG_CHUNKS:
            return False
        position += size + 12
    return position == len(content)


def _is_bare_webp(content: bytes) -> bool:
    if len(content) != 8 + struct.unpack("<I", content[4:8])[0]:
        return False
    position = 12
    while position + 8 <= len(content):
        kind, size = struct.unpack("<4sI", content[position : position + 8])
        if kind not in WEBP_CHUNKS:
            return False
        position += 8 + size + size % 2
    return position == len(content)


def _is_bare_jpeg(content: bytes) -> bool:
    position = 2
    while content[position : position + 2] != END_OF_IMAGE:
        if position + 4 > len(content) or content[position] != 0xFF:
            return False
        marker, size = struct.unpack(">BH", content[position + 1 : position + 4])
        if marker == START_OF_SCAN:
            found = MARKER.search(content, position + 2 + size)
            if found is None:
                return False
            position = found.start()
        elif size <= JPEG_SEGMENTS.get(marker, 0):
            position += 2 + size
        else:
            return False
    return position + len(END_OF_IMAGE) == len(content)
