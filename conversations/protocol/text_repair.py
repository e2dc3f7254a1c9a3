"""Repair of text from outside: halves of surrogate pairs are joined, strays replaced, U+0000 removed.

What leaves this module can be encoded as UTF-8 and stored in PostgreSQL.
"""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 64  # of values from outside: no reader may run out of stack


def clean_text(text: str) -> str:
    """The whole text repaired at once."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean_value(value: Any, *, depth: int = MAX_DEPTH) -> Any:
    """A JSON value with every text in it repaired, names of members included; null where it nests too deep."""
    if isinstance(value, str):
        return clean_text(value)
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return None
    if isinstance(value, list):
        return [clean_value(item, depth=depth - 1) for item in value]
    return {clean_text(name): clean_value(member, depth=depth - 1) for name, member in value.items()}


class TextRepair:
    """Repairs a text that arrives in pieces; holds back at most one high surrogate."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The text that is certain now; a trailing high surrogate waits for its other half."""
        if not self._held and "\0" not in piece:
            try:
                piece.encode()
            except UnicodeEncodeError:
                pass
            else:
                return piece
        piece = self._held + piece.replace("\0", "")
        self._held = ""
        if piece and "\ud800" <= piece[-1] <= "\udbff":
            self._held = piece[-1]
            piece = piece[:-1]
        return clean_text(piece)

    def close(self) -> str:
        """What was held back, replaced by U+FFFD as its other half never came."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""
