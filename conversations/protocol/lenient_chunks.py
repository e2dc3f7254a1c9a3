"""Any JSON object as a chunk: what endpoints send beside the protocol is coerced, or kept as it came.

Nothing here raises, and no unknown member is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .chunks import ChatCompletionChunk, Choice, CustomDelta, Delta, FunctionDelta, ToolCallDelta

_Readers = dict[str, Callable[[Any], Any]]


def read_chunk(value: dict[str, Any]) -> ChatCompletionChunk:
    """Read any JSON object as a chunk: members of a wrong type are coerced or dropped, unknown ones kept."""
    return ChatCompletionChunk(**_known(value, _CHUNK_READERS), extra=_unknown(value, _CHUNK_READERS))


def _known(value: dict[str, Any], readers: _Readers) -> dict[str, Any]:
    return {name: reader(value[name]) for name, reader in readers.items() if name in value}


def _unknown(value: dict[str, Any], readers: _Readers) -> dict[str, Any]:
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
    return value if isinstance(value, int) else None


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
    return FunctionDelta(**_known(value, _FUNCTION_READERS), extra=_unknown(value, _FUNCTION_READERS))


def _custom(value: Any) -> CustomDelta | None:
    if not isinstance(value, dict):
        return None
    return CustomDelta(**_known(value, _CUSTOM_READERS), extra=_unknown(value, _CUSTOM_READERS))


def _tool_calls(value: Any) -> list[ToolCallDelta] | None:
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return None
    return [_tool_call(item) for item in value if isinstance(item, dict)]


def _tool_call(value: dict[str, Any]) -> ToolCallDelta:
    return ToolCallDelta(**_known(value, _TOOL_CALL_READERS), extra=_unknown(value, _TOOL_CALL_READERS))


def _delta(value: Any) -> Delta | None:
    if isinstance(value, str):
        return Delta(content=value)
    if not isinstance(value, dict):
        return None
    return Delta(**_known(value, _DELTA_READERS), extra=_unknown(value, _DELTA_READERS))


def _choices(value: Any) -> list[Choice] | None:
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return None
    return [_choice(item) for item in value if isinstance(item, dict)]


def _choice(value: dict[str, Any]) -> Choice:
    return Choice(**_known(value, _CHOICE_READERS), extra=_unknown(value, _CHOICE_READERS))


_FUNCTION_READERS: _Readers = {"name": _text, "arguments": _argument_text}
_CUSTOM_READERS: _Readers = {"name": _text, "input": _argument_text}
_TOOL_CALL_READERS: _Readers = {
    "index": _integer,
    "id": _text,
    "type": _text,
    "function": _function,
    "custom": _custom,
}
_DELTA_READERS: _Readers = {
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
_CHOICE_READERS: _Readers = {
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
_CHUNK_READERS: _Readers = {
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
