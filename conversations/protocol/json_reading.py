"""JSON from endpoints, read as leniently as Python can; what comes out can always be written again.

Invalid UTF-8 is replaced, control characters inside texts are allowed, NaN and infinities become null, and
lone halves of surrogate pairs stay in the texts for text_repair.py, which may find their other halves.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import msgspec

NOT_JSON: Final = msgspec.UNSET

_BOM = b"\xef\xbb\xbf"
_BLANKS = " \t\r\n"


def read_json(data: bytes) -> Any:
    """The value in these bytes, or NOT_JSON."""
    data = data.removeprefix(_BOM)
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):
        pass
    try:
        return _decoder.decode(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return NOT_JSON


def read_json_values(data: bytes) -> tuple[list[Any], str]:
    """The JSON values at the beginning of a body, one after another, and what follows that is none.

    Covers newline-delimited JSON, and a whole reply followed by "data: [DONE]".
    """
    whole = read_json(data)
    if whole is not NOT_JSON:
        return [whole], ""
    text = data.removeprefix(_BOM).decode("utf-8", "replace")
    values: list[Any] = []
    position = 0
    while True:
        position = _skip(text, position)
        try:
            value, position = _decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return values, text[position:]
        values.append(value)


def _skip(text: str, position: int) -> int:
    """The position of the next value: behind blanks and a "data:" in front of it."""
    while True:
        while position < len(text) and text[position] in _BLANKS:
            position += 1
        if not text.startswith("data:", position):
            return position
        position += 5


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _no_constant(_: str) -> None:
    return None


_decoder = json.JSONDecoder(strict=False, parse_float=_finite, parse_constant=_no_constant)
