"""The parts of one message while they grow; only this module changes a part, and each change is an event."""

from __future__ import annotations

from typing import Any

from .events import (
    PartData,
    PartDelta,
    PartEvent,
    PartFinished,
    PartKind,
    PartKindChanged,
    PartStarted,
)
from .outcome import Part

# More are no answer, and each costs far more than its bytes: as an object, as a row, on the page.
MOST_PARTS = 1000


class TooManyParts(Exception):
    """The message would have more parts than any answer has."""


class _GrowingPart:
    __slots__ = ("audio", "data", "is_open", "kind", "pieces")

    def __init__(self, kind: PartKind, data: dict[str, Any]) -> None:
        self.kind = kind
        self.data = data
        self.pieces: list[str] = []
        self.audio: list[bytes] = []
        self.is_open = True


class MessageParts:
    """Parts of one choice's message. Each change appends its event to `events`, which the owner empties."""

    def __init__(self, choice: int, events: list[PartEvent]) -> None:
        self._choice = choice
        self._parts: list[_GrowingPart] = []
        self._events = events
        self._flow: int | None = None
        self._is_closing = False

    def start(self, kind: PartKind, data: dict[str, Any]) -> int:
        """Start a part and return its position. Raises TooManyParts, and leaves everything as it was."""
        position = len(self._parts)
        if position >= MOST_PARTS and not self._is_closing:
            raise TooManyParts
        self._parts.append(_GrowingPart(kind, dict(data)))
        self._events.append(PartStarted(self._choice, position, kind, data))
        return position

    def append(self, position: int, text: str) -> None:
        if text:
            self._parts[position].pieces.append(text)
            self._events.append(PartDelta(self._choice, position, text))

    def set_data(self, position: int, data: dict[str, Any]) -> None:
        """Set members of the part's data; "audio_bytes" is appended to what is there."""
        part = self._parts[position]
        for name, value in data.items():
            if name == "audio_bytes":
                part.audio.append(value)
            else:
                part.data[name] = value
        self._events.append(PartData(self._choice, position, data))

    def finish(self, position: int) -> None:
        part = self._parts[position]
        if part.is_open:
            part.is_open = False
            self._events.append(PartFinished(self._choice, position))

    def add(self, kind: PartKind, data: dict[str, Any]) -> None:
        """A part that is whole at once, such as an image."""
        self.finish(self.start(kind, data))

    def flow(self, kind: PartKind, text: str) -> None:
        """Append to the running text; another kind of text ends it and starts a new part."""
        position = self._flow
        if position is None or self._parts[position].kind is not kind:
            self.end_flow()
            position = self._flow = self.start(kind, {})
        self._parts[position].pieces.append(text)
        self._events.append(PartDelta(self._choice, position, text))

    def end_flow(self) -> None:
        """End the running text: what follows is a new part."""
        if self._flow is not None:
            self.finish(self._flow)
            self._flow = None

    def text_becomes_reasoning(self) -> None:
        """All text so far was the model's thinking."""
        self.end_flow()
        for position, part in enumerate(self._parts):
            if part.kind is PartKind.TEXT:
                part.kind = PartKind.REASONING
                self._events.append(PartKindChanged(self._choice, position, PartKind.REASONING))

    def admit_rest(self) -> None:
        """What was held back may still come: its owners keep it short."""
        self._is_closing = True

    def finish_all(self) -> None:
        self._flow = None
        for position in range(len(self._parts)):
            self.finish(position)

    def text_of(self, position: int) -> str:
        return "".join(self._parts[position].pieces)

    @property
    def is_empty(self) -> bool:
        return not self._parts

    def snapshot(self) -> list[Part]:
        """The parts as values; they do not change afterwards."""
        return [
            Part(
                part.kind,
                "".join(part.pieces),
                {**part.data, "audio_bytes": b"".join(part.audio)} if part.audio else dict(part.data),
            )
            for part in self._parts
        ]
