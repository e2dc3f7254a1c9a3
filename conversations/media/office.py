"""Office documents: the text inside them.

Invariant: a package is opened only after it is known what it is and how large it is unpacked.
"""

from __future__ import annotations

from pathlib import Path

from .inspection import Inspection, Kind, Limits
from .packages import Package, package_in
from .parsing import parsing
from .results import write_result
from .wording import Wording


def inspect_zip(path: Path, out: Path, limits: Limits) -> Inspection:
    package = package_in(path, limits)
    wording = Wording(limits.text_characters)
    with parsing("document"):
        pages = _read(package, path, wording, limits)
    return Inspection(
        kind=Kind.DOCUMENT,
        media_type=package,
        extension=package.extension,
        pages=pages,
        words=wording.words,
        is_cut=wording.is_cut,
        text=write_result(out, "text.txt", "text/plain; charset=utf-8", wording.encoded()),
    )


def _read(package: Package, path: Path, wording: Wording, limits: Limits) -> int | None:
    """The number of slides or sheets; a docx does not know its pages. Each parser is slow to import."""
    match package:
        case Package.DOCX:
            from .wordprocessing import read_docx

            read_docx(path, wording)
            return None
        case Package.XLSX:
            from .spreadsheets import read_xlsx

            return read_xlsx(path, wording, limits)
        case Package.PPTX:
            from .presentations import read_pptx

            return read_pptx(path, wording, limits)
