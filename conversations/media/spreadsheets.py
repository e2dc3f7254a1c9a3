"""xlsx: the values of a workbook, each sheet as CSV.

Invariant: values, not formulas; rows are read one by one, and reading ends where the text is cut.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from .inspection import Limits
from .refusals import FileRefused, Refusal
from .wording import Wording


def read_xlsx(path: Path, wording: Wording, limits: Limits) -> int:
    """The number of sheets. Raises whatever its parsers raise."""
    with path.open("rb") as file:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = workbook.worksheets
        if len(sheets) > limits.pages:
            raise FileRefused(Refusal.TOO_MANY_PAGES, f"The workbook has {len(sheets)} sheets.")
        for sheet in sheets:
            wording.mark(f"[Sheet: {' '.join(sheet.title.split())}]\n")
            # The size that a sheet states may be wrong either way.
            sheet.reset_dimensions()
            for line in _lines(sheet.iter_rows(values_only=True)):
                if wording.is_cut:
                    break
                wording.add(line)
            wording.mark("\n")
        return len(sheets)


def _lines(rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    """Rows as CSV; empty rows at the end are dropped, and others become one empty line."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    is_after_gap = has_begun = False
    for row in rows:
        cells = [_shown(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            is_after_gap = has_begun
            continue
        writer.writerow(cells)
        yield ("\n" if is_after_gap else "") + buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        is_after_gap, has_begun = False, True


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float():
            # As a spreadsheet shows it: not every digit that the computer has.
            return f"{value:.15g}"
        case datetime.datetime():
            return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
        case datetime.date() | datetime.time():
            return value.isoformat()
    return str(value)
