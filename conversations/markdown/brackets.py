r"""The formulas that models write as \( \) and \[ \], which Markdown reads as escaped brackets.

Before parsing, the marks become code spans with a control character inside, byte for byte as long, so that ranges
stay right and the formula is left alone; control characters never occur in a normalized text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

INLINE = "\x01"
DISPLAY = "\x02"
_MARK = re.compile(rb"\\[()\[\]\\]")
_CLOSING = {b"\\(": b"\\)", b"\\[": b"\\]"}
_SENTINELS = {b"\\(": b"\x01", b"\\[": b"\x02"}
_BLANK_LINE = re.compile(rb"\n[ \t>]*\n")
_LITERAL = ("Code", "InlineMath", "DisplayMath", "Html", "InlineHtml")


def has_brackets(source: str) -> bool:
    return ("\\(" in source and "\\)" in source) or ("\\[" in source and "\\]" in source)


def convert(source: bytes, events: Iterable[tuple[Any, Any]]) -> bytes:
    """`source` with its bracketed formulas marked; `events` tell where code and raw HTML are."""
    literal = [
        (span["start"], span["end"])
        for event, span in events
        if type(event) is not str and _is_literal(*next(iter(event.items())))
    ]
    result = bytearray(source)
    for start, end in _regions(source):
        while literal and literal[0][1] <= start:
            literal.pop(0)
        if literal and literal[0][0] <= start:
            continue
        sentinel = _SENTINELS[source[start : start + 2]]
        result[start : start + 2] = b"`" + sentinel
        result[end - 2 : end] = sentinel + b"`"
    return bytes(result)


def restore(text: str) -> str:
    """Marks that did not become a formula, as they were written."""
    for sentinel, opening, closing in ((INLINE, "\\(", "\\)"), (DISPLAY, "\\[", "\\]")):
        text = text.replace("`" + sentinel, opening).replace(sentinel + "`", closing).replace(sentinel, "")
    return text


def _is_literal(name: str, value: Any) -> bool:
    return name in _LITERAL or (name == "Start" and type(value) is dict and "CodeBlock" in value)


def _regions(source: bytes) -> list[tuple[int, int]]:
    """(start, end) of everything between matching marks in one paragraph without back quotes."""
    found = []
    opening: tuple[bytes, int] | None = None
    for match in _MARK.finditer(source):
        mark = match.group()
        if mark in _CLOSING:
            opening = mark, match.start()
        elif opening is not None and mark == _CLOSING[opening[0]]:
            start, end = opening[1], match.end()
            inside = source[start + 2 : end - 2]
            around = source[max(start - 1, 0) : start] + source[end : end + 1]
            if inside.strip() and b"`" not in inside + around and not _BLANK_LINE.search(inside):
                found.append((start, end))
            opening = None
    return found
