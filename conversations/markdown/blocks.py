"""Places in a source at which parsing may start afresh, and the lines that re-open the blocks around them.

Containers are re-opened by their own first lines, cut after the marker and closed with an empty heading, which
the writer leaves out: `3. > text` becomes `3. > #`, so the lines that follow belong to the same containers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

_ITEM = re.compile(rb" {0,3}(?:[-+*]|\d{1,9}[.)])")
_QUOTE = re.compile(rb" {0,3}>")

_UNDECIDED = re.compile(r"[-=*+_#~`|: \t]{1,60}|\d{1,9}[.)]?")
MAX_UNDECIDED = 200


class OpenBlock(Protocol):
    """A block that is still open. start: byte offset of its marker."""

    kind: str
    start: int


def line_start(source: bytes, position: int) -> int:
    return source.rfind(b"\n", 0, position) + 1


def line_end(source: bytes, position: int) -> int:
    """Offset after the line end at or after `position`."""
    end = source.find(b"\n", position)
    return len(source) if end < 0 else end + 1


def follows_blank(source: bytes, position: int) -> bool:
    """True when the line before that of `position` is blank, apart from quote marks."""
    end = line_start(source, position) - 1
    return end >= 0 and not source[line_start(source, end) : end].strip(b" \t>")


def reopening(source: bytes, blocks: Sequence[OpenBlock]) -> bytes | None:
    """Lines that open `blocks` (outermost first) again, or None when that cannot be done safely."""
    lines: list[bytes] = []
    for index, block in enumerate(blocks):
        following = next((other for other in blocks[index + 1 :] if other.kind != "list"), None)
        start = line_start(source, block.start)
        if block.kind == "list":
            continue
        if block.kind == "details":
            lines.append(b"<details>\n\n")
            continue
        if following is not None and line_start(source, following.start) == start:
            continue
        opening = _opening(source, block, start)
        if opening is None or b"\t" in opening:
            return None
        lines.append(opening)
    return b"".join(lines)


def _opening(source: bytes, block: OpenBlock, start: int) -> bytes | None:
    if block.kind == "quote":
        marker = _QUOTE.match(source, block.start)
        return source[start : marker.end()] + b" #\n" if marker else None
    if block.kind == "item":
        marker = _ITEM.match(source, block.start)
        return source[start : marker.end()] + _padding(source, marker.end()) + b"#\n" if marker else None
    if block.kind == "table":
        return source[start : line_end(source, line_end(source, block.start))]
    if block.kind == "code":
        return source[start : line_end(source, block.start)]
    return None


def _padding(source: bytes, position: int) -> bytes:
    """The white space between a list marker and the column at which its content is indented."""
    end = position
    while source[end : end + 1] == b" ":
        end += 1
    width = end - position
    if source[end : end + 1] == b"\t":
        return b"\t"
    blank = source[end : end + 1] in (b"", b"\n")
    return b" " if blank or not 1 <= width <= 4 else b" " * width


def undecided_line(source: str, fresh: str) -> int:
    """How much of the end of `fresh`, which follows `source`, is the bare beginning of a line.

    Marks alone may become a list, a heading, a table or a rule; shown at once they would make the page flicker.
    """
    start = fresh.rfind("\n") + 1
    at_line_start = start > 0 or not source or source.endswith("\n")
    line = fresh[start:]
    if not line or not at_line_start or len(line) > MAX_UNDECIDED:
        return 0
    marks = line.lstrip(" \t>").rstrip(" \t")
    undecided = _UNDECIDED.fullmatch(marks) is not None if marks else line[-1] != ">"
    return len(line) if undecided else 0
