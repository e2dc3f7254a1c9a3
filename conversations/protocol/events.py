"""What happens to the parts of a message while it streams; replaying the events rebuilds the parts exactly.

`choice` is choices[].index. `part` is the position of the part in that choice's message: 0, 1, 2, …
A part is started once, then changed, then finished; several parts (tool calls, audio) may be open at once.
Audio and pieces of tool calls may still arrive after ChoiceFinished: these parts are finished, and the ids of
tool calls are final, only when the reply has ended.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class PartKind(StrEnum):
    """What a part of an assistant message is; see Part in outcome.py for each kind's text and data."""

    TEXT = "text"
    REASONING = "reasoning"
    REFUSAL = "refusal"
    TOOL_CALL = "tool_call"
    IMAGE = "image"
    AUDIO = "audio"
    ANNOTATION = "annotation"
    CITATION = "citation"


class PartStarted(msgspec.Struct, frozen=True):
    """A new part, with no text yet; `data` is the part's data so far."""

    choice: int
    part: int
    kind: PartKind
    data: dict[str, Any]


class PartDelta(msgspec.Struct, frozen=True):
    """Text to append: text, reasoning, refusal, arguments of a tool call, transcript of audio."""

    choice: int
    part: int
    text: str


class PartData(msgspec.Struct, frozen=True):
    """Members to set in the part's data; "audio_bytes" alone is appended to what is there."""

    choice: int
    part: int
    data: dict[str, Any]


class PartKindChanged(msgspec.Struct, frozen=True):
    """A part turns out to be of another kind: "</think>" without an opening makes text reasoning."""

    choice: int
    part: int
    kind: PartKind


class PartFinished(msgspec.Struct, frozen=True):
    """Nothing more will be added to this part, although its kind may still change."""

    choice: int
    part: int


class ChoiceFinished(msgspec.Struct, frozen=True):
    """The endpoint gave the choice's finish_reason; sent once for each choice."""

    choice: int
    finish_reason: str


PartEvent = PartStarted | PartDelta | PartData | PartKindChanged | PartFinished | ChoiceFinished
