"""Writes what was made of a file into the folder for results.

Invariant: file names are ours; nothing of them comes from the upload.
"""

from __future__ import annotations

from pathlib import Path

from .inspection import Made


def write_result(
    out: Path, name: str, media_type: str, content: bytes, *, size: tuple[int, int] | None = None
) -> Made:
    """`size`: width and height of a picture. Raises OSError when it cannot be written."""
    (out / name).write_bytes(content)
    width, height = size or (None, None)
    return Made(name, media_type, len(content), width, height)
