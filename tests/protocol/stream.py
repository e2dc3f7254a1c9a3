"""Short ways to write streams and read them, so that tests state rules."""

from __future__ import annotations

import json
from typing import Any

from conversations.protocol import (
    ChatCompletionChunk,
    ChoiceOutcome,
    ChunkAccumulator,
    EndpointError,
    Outcome,
    PartEvent,
    ReplyDecoder,
    encode_event,
)

DONE = "[DONE]"


def delta(_finish: str | None = None, _choice: int = 0, **members: Any) -> dict[str, Any]:
    """A chunk with one choice."""
    return {
        "id": "c-1",
        "model": "m-1",
        "created": 5,
        "choices": [{"index": _choice, "delta": members, "finish_reason": _finish}],
    }


def whole(**members: Any) -> bytes:
    """The body of a reply that is not streamed."""
    message = {"role": "assistant", "content": None, **members}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"id": "c-1", "model": "m-1", "choices": [choice]}).encode()


def body_of(*events: Any) -> bytes:
    """An event stream of JSON values; text is sent as it is."""
    texts = (event if isinstance(event, str) else json.dumps(event) for event in events)
    return b"".join(encode_event(text.encode()) for text in texts)


def read(body: bytes, *, cut: bool = False, **reply: Any) -> tuple[Outcome, list[PartEvent]]:
    accumulator = ChunkAccumulator()
    events: list[PartEvent] = []
    for item in items_of(body, cut=cut, **reply):
        events += accumulator.feed(item)
    events += accumulator.close(cut=cut)
    return accumulator.outcome, events


def items_of(body: bytes, *, cut: bool = False, **reply: Any) -> list[ChatCompletionChunk | EndpointError]:
    decoder = ReplyDecoder(**reply)
    return decoder.feed(body) + decoder.close(cut=cut)


def outcome_of(*events: Any) -> Outcome:
    return read(body_of(*events, DONE))[0]


def choice_of(*events: Any) -> ChoiceOutcome:
    (choice,) = outcome_of(*events).choices
    return choice
