"""Repair of text from outside: halves of surrogate pairs are joined, strays replaced, U+0000 removed.

What leaves this module can be encoded as UTF-8 and stored in PostgreSQL.
"""

from __future__ import annotations

from typing import Any


def clean_text(text: str) -> str:
    """The whole text repaired at once."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean_value(value: Any) -> Any:
    """A JSON value with every text in it repaired, names of members included."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean_value(item) for item in value]
    if isinstance(value, dict):
        return {clean_value(name): clean_value(member) for name, member in value.items()}
    return value


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
