"""Chunks of a streamed reply, and whole replies seen as one chunk; reading them never raises.

`decode_chunk` first decodes into the types below, which name what endpoints are known to send. Anything
else (an unknown member, a value of another type) goes through `read_chunk`, which coerces what it can and
keeps unknown members in `extra`. Both give equal chunks for input that both accept.
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


def read_chunk(value: dict[str, Any]) -> ChatCompletionChunk:
    """Read any JSON object as a chunk: members of a wrong type are coerced or dropped, unknown ones kept."""
    known = {name: reader(value[name]) for name, reader in _CHUNK_READERS.items() if name in value}
    return ChatCompletionChunk(**known, extra=_unknown(value, _CHUNK_READERS))


def _unknown(value: dict[str, Any], readers: dict[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in value.items() if name not in readers}


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        return None
    return json_text(value)


def json_text(value: Any) -> str:
    """A JSON value as text; what JSON cannot express becomes null."""
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, TypeError, OverflowError, RecursionError):
        return "null"


def _argument_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json_text(value)


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, float) and abs(value) < 2**53:
        return int(value)
    return value if isinstance(value, int) and abs(value) < 2**63 else None


def _created(value: Any) -> int | float | None:
    return value if isinstance(value, float) else _integer(value)


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _array(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


def _content(value: Any) -> str | list[Any] | None:
    return [value] if isinstance(value, dict) else value if isinstance(value, list) else _text(value)


def _any(value: Any) -> Any:
    return value


def _function(value: Any) -> FunctionDelta | None:
    if not isinstance(value, dict):
        return None
    known = {name: reader(value[name]) for name, reader in _FUNCTION_READERS.items() if name in value}
    return FunctionDelta(**known, extra=_unknown(value, _FUNCTION_READERS))


def _custom(value: Any) -> CustomDelta | None:
    if not isinstance(value, dict):
        return None
    known = {name: reader(value[name]) for name, reader in _CUSTOM_READERS.items() if name in value}
    return CustomDelta(**known, extra=_unknown(value, _CUSTOM_READERS))


def _tool_calls(value: Any) -> list[ToolCallDelta] | None:
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return None
    return [_tool_call(item) for item in value if isinstance(item, dict)]


def _tool_call(value: dict[str, Any]) -> ToolCallDelta:
    known = {name: reader(value[name]) for name, reader in _TOOL_CALL_READERS.items() if name in value}
    return ToolCallDelta(**known, extra=_unknown(value, _TOOL_CALL_READERS))


def _delta(value: Any) -> Delta | None:
    if isinstance(value, str):
        return Delta(content=value)
    if not isinstance(value, dict):
        return None
    known = {name: reader(value[name]) for name, reader in _DELTA_READERS.items() if name in value}
    return Delta(**known, extra=_unknown(value, _DELTA_READERS))


def _choices(value: Any) -> list[Choice] | None:
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return None
    return [_choice(item) for item in value if isinstance(item, dict)]


def _choice(value: dict[str, Any]) -> Choice:
    known = {name: reader(value[name]) for name, reader in _CHOICE_READERS.items() if name in value}
    return Choice(**known, extra=_unknown(value, _CHOICE_READERS))


_FUNCTION_READERS = {"name": _text, "arguments": _argument_text}
_CUSTOM_READERS = {"name": _text, "input": _argument_text}
_TOOL_CALL_READERS = {
    "index": _integer,
    "id": _text,
    "type": _text,
    "function": _function,
    "custom": _custom,
}
_DELTA_READERS = {
    "role": _text,
    "content": _content,
    "reasoning_content": _text,
    "reasoning": _text,
    "refusal": _text,
    "tool_calls": _tool_calls,
    "function_call": _function,
    "audio": _object,
    "images": _array,
    "annotations": _array,
    "reasoning_details": _array,
}
_CHOICE_READERS = {
    "index": _integer,
    "delta": _delta,
    "message": _delta,
    "finish_reason": _text,
    "logprobs": _object,
    "usage": _object,
    "native_finish_reason": _text,
    "stop_reason": _any,
    "matched_stop": _any,
    "token_ids": _any,
    "content_filter_results": _any,
    "content_filter_offsets": _any,
}
_CHUNK_READERS = {
    "id": _text,
    "object": _text,
    "created": _created,
    "model": _text,
    "choices": _choices,
    "usage": _object,
    "system_fingerprint": _text,
    "service_tier": _text,
    "obfuscation": _text,
    "provider": _text,
    "citations": _array,
    "x_groq": _object,
    "timings": _object,
    "prompt_filter_results": _any,
    "prompt_token_ids": _any,
}
