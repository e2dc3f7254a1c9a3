"""Tables of documents as Markdown.

Invariant: a cell stays in its row and column, whatever characters are in it.
"""

from __future__ import annotations

from collections.abc import Sequence

# A table of more columns is no table that can be read.
MOST_COLUMNS = 1000


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as a Markdown table, whose first row is its head; "" for none."""
    width = min(max(map(len, rows), default=0), MOST_COLUMNS)
    if not width:
        return ""
    lines = [_row(row[:width], width) for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _row(row: Sequence[str], width: int) -> str:
    cells = [" ".join(cell.replace("|", "\\|").split()) for cell in row]
    return "| " + " | ".join(cells + [""] * (width - len(cells))) + " |"
