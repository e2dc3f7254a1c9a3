"""Bytes that travel inside a request as base64 without being held in memory: it names them until it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO


class Blob:
    """Stands in a request's JSON where a string belongs: `prefix` and the base64 of `size` bytes that `open` reads.

    `open` may be called several times, since a request may be sent again, and may raise OSError. `label` is what people
    are shown in its place. A plain class: msgspec would write out a struct by itself.
    """

    __slots__ = ("label", "open", "prefix", "size")

    def __init__(self, open: Callable[[], BinaryIO], size: int, label: str, prefix: str = "") -> None:
        self.open = open
        self.size = size
        self.label = label
        self.prefix = prefix

    @property
    def encoded_size(self) -> int:
        """How many characters of JSON it becomes, without the quotation marks."""
        return len(self.prefix) + (self.size + 2) // 3 * 4

    def __str__(self) -> str:
        """In place of the bytes, for people."""
        return f"{self.prefix}<{self.label}>"


def named(value: Any) -> Any:
    """The same JSON with what people are shown in place of bytes."""
    if isinstance(value, Blob):
        return str(value)
    if isinstance(value, Mapping):
        return {name: named(member) for name, member in value.items()}
    return [named(member) for member in value] if isinstance(value, list | tuple) else value
