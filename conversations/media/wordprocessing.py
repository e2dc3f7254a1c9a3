"""docx: the text of a document as Markdown, in the order of the document.

Invariant: what a reader sees is there once: text in tracked insertions, text boxes and content controls too, deleted
text not. Headers, footers and notes are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn

from .tables import markdown_table
from .wording import Wording

PARAGRAPH, TABLE, ROW, CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
# Holders of paragraphs and tables: content controls, and what was tagged or inserted.
HOLDERS = frozenset({qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins"), qn("w:smartTag")})
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
NOT_SHOWN = frozenset({qn("w:del"), qn("w:moveFrom"), qn("w:pPr"), qn("w:rPr"), FALLBACK})
CHARACTERS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
    PARAGRAPH: "\n",
}
TEXT = qn("w:t")
HEADING = re.compile(r"heading ([1-9])", re.I)
DEEPEST_HEADING = 6


def read_docx(path: Path, wording: Wording) -> None:
    """Raises whatever its parsers raise."""
    with path.open("rb") as file:
        document = docx.Document(file)
    styles = {style.style_id: style.name or "" for style in document.styles}
    was_item = False
    for block in _blocks(document.element.body):
        if wording.is_cut:
            return
        if block.tag == TABLE:
            text, is_item = markdown_table(_rows(block)), False
        else:
            text, is_item = _paragraph(block, styles)
        if text:
            # The items of a list stay together.
            tight = was_item and is_item
            wording.add(f"{text}\n" if tight else f"\n{text}\n" if wording.words else f"{text}\n")
            was_item = is_item


def _blocks(holder: Any) -> Iterator[Any]:
    for element in holder:
        if element.tag in (PARAGRAPH, TABLE):
            yield element
        elif element.tag in HOLDERS:
            yield from _blocks(element)


def _paragraph(paragraph: Any, styles: dict[str, str]) -> tuple[str, bool]:
    """Its text as Markdown, and whether it is an item of a list."""
    text = "".join(_texts(paragraph)).strip()
    if not text:
        return "", False
    properties = paragraph.pPr
    style = styles.get(paragraph.style or "", "")
    if style.lower() == "title":
        return f"# {_one_line(text)}", False
    if heading := HEADING.fullmatch(style):
        return f"{'#' * min(int(heading[1]), DEEPEST_HEADING)} {_one_line(text)}", False
    numbering = properties.numPr if properties is not None else None
    if numbering is None and not style.startswith("List "):
        return text, False
    level = numbering.ilvl.val if numbering is not None and numbering.ilvl is not None else 0
    return "  " * min(int(level), 8) + f"- {text}", True


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _texts(element: Any) -> Iterator[str]:
    """What can be read in an element, in order."""
    for child in element:
        if child.tag == TEXT:
            yield child.text or ""
        elif child.tag not in NOT_SHOWN:
            yield from _texts(child)
            yield CHARACTERS.get(child.tag, "")


def _rows(table: Any) -> list[list[str]]:
    return [["".join(_texts(cell)).strip() for cell in _cells(row)] for row in _inside(table, ROW)]


def _cells(row: Any) -> Iterator[Any]:
    """The cells of a row, each as often as there are columns that it spans."""
    for cell in _inside(row, CELL):
        yield cell
        yield from [()] * (min(cell.grid_span, 100) - 1)


def _inside(element: Any, tag: str) -> Iterator[Any]:
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in HOLDERS:
            yield from _inside(child, tag)
