"""pptx: the text of the slides, slide by slide.

Invariant: the shapes of a slide are read in their order, those inside groups too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pptx

from .inspection import Limits
from .refusals import FileRefused, Refusal
from .tables import markdown_table
from .wording import Wording


def read_pptx(path: Path, wording: Wording, limits: Limits) -> int:
    """The number of slides. Raises whatever its parsers raise."""
    with path.open("rb") as file:
        slides = pptx.Presentation(file).slides
    if len(slides) > limits.pages:
        raise FileRefused(Refusal.TOO_MANY_PAGES, f"The presentation has {len(slides)} slides.")
    for number, slide in enumerate(slides, start=1):
        if wording.is_cut:
            break
        wording.mark(f"[Slide {number}]\n")
        for text in filter(None, _texts(slide.shapes)):
            wording.add(f"{text}\n")
        if notes := _notes(slide):
            wording.mark("Notes: ")
            wording.add(f"{notes}\n")
        wording.mark("\n")
    return len(slides)


def _texts(shapes: Any) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _texts(shape.shapes)
        elif shape.has_text_frame:
            yield _lines(shape.text_frame.text)
        elif getattr(shape, "has_table", False):
            yield markdown_table([[cell.text for cell in row.cells] for row in shape.table.rows])


def _notes(slide: Any) -> str:
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    return _lines(frame.text) if frame is not None else ""


def _lines(text: str) -> str:
    """A line break inside a paragraph comes as a vertical tab."""
    return text.replace("\v", "\n").strip()
