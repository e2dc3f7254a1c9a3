"""Looks into a file, in this process.

Invariant: only the parser that the file needs is imported. What a parser does with a hostile file can end the process,
so a server calls inspect_isolated() instead.
"""

from __future__ import annotations

from pathlib import Path

from .formats import HEAD_BYTES, Family, sniff
from .inspection import Inspection, Limits
from .refusals import FileRefused, Refusal


def inspect_file(path: Path, name: str, out: Path, limits: Limits = Limits()) -> Inspection:  # noqa: B008
    """What the file is; results are written into the folder `out`. `name`, as uploaded, tells kinds of text apart.

    Raises FileRefused for a file that is not taken, OSError when it cannot be opened or a result not be written.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise FileRefused(Refusal.EMPTY, "The file is empty.")
    found = sniff(head)
    # Each of these imports parsers that take their time and memory.
    match found.family:
        case Family.IMAGE:
            from .images import inspect_image

            return inspect_image(path, found, out, limits)
        case Family.SOUND:
            from .sounds import inspect_sound

            return inspect_sound(path, found, out, limits)
        case Family.PDF:
            from .pdfs import inspect_pdf

            return inspect_pdf(path, out, limits)
        case Family.ZIP:
            from .office import inspect_zip

            return inspect_zip(path, out, limits)
        case Family.TEXT:
            from .texts import inspect_text

            return inspect_text(path, name, out, limits)
