"""Chunks of a streamed reply, and whole replies seen as one chunk; reading them never raises.

`decode_chunk` first decodes into the types below, which name what endpoints are known to send. Anything
else (an unknown member, a value of another type) goes through `read_chunk` in lenient_chunks.py, which
coerces what it can and keeps unknown members in `extra`. Both give equal chunks for input that both accept.
"""

from __future__ import annotations

from typing import Any

import msgspec

_EXTRA = "(extra)"  # no endpoint names a member so: unknown members arrive through read_chunk only


class FunctionDelta(msgspec.Struct, forbid_unknown_fields=True):
    """Piece of a function call: `arguments` is JSON text to append."""

    name: str | None = None
    arguments: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict, name=_EXTRA)


class CustomDelta(msgspec.Struct, forbid_unknown_fields=True):
    """Piece of a custom tool's call: `input` is free text to append."""

    name: str | None = None
    input: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict, name=_EXTRA)


class ToolCallDelta(msgspec.Struct, forbid_unknown_fields=True):
    """Fragment of a tool call; which call it belongs to is decided by tool_calls.py."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionDelta | None = None
    custom: CustomDelta | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict, name=_EXTRA)


class Delta(msgspec.Struct, forbid_unknown_fields=True):
    """The change inside a chunk, or the whole message of a reply that is not streamed."""

    role: str | None = None
    content: str | list[Any] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    function_call: FunctionDelta | None = None
    audio: dict[str, Any] | None = None
    images: list[Any] | None = None
    annotations: list[Any] | None = None
    reasoning_details: list[Any] | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict, name=_EXTRA)


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """One choice of a chunk (`delta`) or of a whole reply (`message`)."""

    index: int | None = None
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None
    logprobs: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None
    native_finish_reason: str | None = None
    stop_reason: Any = None
    matched_stop: Any = None
    token_ids: Any = None
    content_filter_results: Any = None
    content_filter_offsets: Any = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict, name=_EXTRA)


class ChatCompletionChunk(msgspec.Struct, forbid_unknown_fields=True):
    """One event of a stream, or a whole reply.

    `done` marks the end of the stream: it stands for "[DONE]", or for the end of a body that held a whole
    reply. `extra` holds members that the protocol does not name.
    """

    id: str | None = None
    object: str | None = None
    created: int | float | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: dict[str, Any] | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    obfuscation: str | None = None
    provider: str | None = None
    citations: list[Any] | None = None
    x_groq: dict[str, Any] | None = None
    timings: dict[str, Any] | None = None
    prompt_filter_results: Any = None
    prompt_token_ids: Any = None
    done: bool = msgspec.field(default=False, name="(done)")
    extra: dict[str, Any] = msgspec.field(default_factory=dict, name=_EXTRA)


_decoder = msgspec.json.Decoder(ChatCompletionChunk)


def decode_chunk(data: bytes) -> ChatCompletionChunk | None:
    """Decode an ordinary chunk; None when the data is anything else, which read_chunk may still read."""
    try:
        chunk = _decoder.decode(data)
    except (ValueError, RecursionError):
        return None
    return None if chunk.done or chunk.extra else chunk


def says_something(delta: Delta) -> bool:
    """Whether a delta brings anything of an answer, and not only whose it is."""
    return bool(
        delta.content
        or delta.reasoning_content
        or delta.reasoning
        or delta.reasoning_details
        or delta.refusal
        or delta.tool_calls
        or delta.function_call
        or delta.audio
        or delta.images
    )


def is_silent(chunk: ChatCompletionChunk) -> bool:
    """Whether nothing of an answer has come with this chunk, as with the role that many replies begin with."""
    if chunk.done or chunk.usage:
        return False
    return not any(
        choice.finish_reason or choice.message or (choice.delta and says_something(choice.delta))
        for choice in chunk.choices or ()
    )
