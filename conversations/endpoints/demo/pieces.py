"""What a demo answer is made of, before it becomes tokens and bytes.

Invariant: a scenario yields only these kinds; a new one (a tool call) is added here, in
`plan.py` (what it costs) and in `delivery.py` (how it looks on the wire), and nowhere else.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class Say(msgspec.Struct, frozen=True):
    """Visible Markdown text."""

    text: str


class Think(msgspec.Struct, frozen=True):
    """Reasoning, sent apart from the visible text (`reasoning_content`)."""

    text: str


class Show(msgspec.Struct, frozen=True):
    """A picture, in bytes of PNG, after the text."""

    png: bytes


class Aloud(msgspec.Struct, frozen=True):
    """The answer is spoken, also if the request did not ask for sound; comes before what is said."""


class Pause(msgspec.Struct, frozen=True):
    """Silence, in seconds at normal pace; the stream sends a comment so that nobody takes it for dead."""

    seconds: float


class Pace(msgspec.Struct, frozen=True):
    """From here on tokens come `factor` times as fast as usual (0.1 is slow)."""

    factor: float


class Fail(msgspec.Struct, frozen=True):
    """An error object inside the stream, after which nothing more comes."""

    message: str


class Cut(msgspec.Struct, frozen=True):
    """The connection breaks here, without a finish reason."""


class Refuse(msgspec.Struct, frozen=True):
    """An HTTP error in place of an answer; only as the first piece."""

    status: int
    message: str
    type: str
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = {}

    def to_json(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": error}


Piece = Say | Think | Show | Aloud | Pause | Pace | Fail | Cut | Refuse
