"""Prices that the parser takes for formulas: in `$5-$10` the second dollar begins a number and so ends nothing.

That is Pandoc's rule; the parser keeps its others (no space inside the marks). Before parsing, the dollar that would
begin such a formula becomes a control character, which the events that come of it do not show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

SENTINEL = "\x03"
_SUSPECT = re.compile(r"\$[^$]*[^\s$]\$\d")


def has_prices(source: str) -> bool:
    return "$" in source and _SUSPECT.search(source) is not None


def convert(source: bytes, events: Callable[[str], Iterable[tuple[Any, Any]]]) -> bytes:
    """`source` with the dollars of prices marked. Each round leaves at most half of those that began something."""
    result = bytearray(source)
    while True:
        starts = [
            span["start"]
            for event, span in events(result.decode())
            if type(event) is dict
            and "InlineMath" in event
            and result[span["end"] : span["end"] + 1].isdigit()
        ]
        if not starts:
            return bytes(result)
        for start in starts:
            result[start] = ord(SENTINEL)


def restored(events: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """The events with dollars in place of the marks."""
    return ((restore(event), span) for event, span in events)


def restore(value: Any) -> Any:
    """A text with its dollars, or whatever holds texts."""
    if type(value) is str:
        return value.replace(SENTINEL, "$")
    if type(value) is dict:
        return {name: restore(inner) for name, inner in value.items()}
    return value
