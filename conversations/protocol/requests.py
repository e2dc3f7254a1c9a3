"""A client's Chat Completions request, strictly read: the first offence raises, unknown fields are kept.

The ranges are the seed's; what goes beyond it but is within OpenAI's protocol is accepted too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .errors import InvalidRequest
from .messages import Message, read_messages
from .offered_tools import (
    Function,
    Tool,
    check_tool_choice,
    read_function,
    read_function_choice,
    read_tool,
    read_tool_choice,
)
from .strict import (
    Extended,
    Reader,
    array,
    choice,
    integer,
    missing,
    number,
    read_boolean,
    read_members,
    read_object,
    read_string,
    wrong_type,
)
from .strict_json import is_deeper_than, loads_strictly
from .text_repair import MAX_DEPTH, clean_value

REASONING_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


class ChatCompletionRequest(Extended, kw_only=True):
    """The body of POST /v1/chat/completions. None means that the field was not given.

    `extra` holds the fields that the protocol does not name, to be passed on.
    """

    model: str
    messages: list[Message]
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    stop: str | list[str] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    user: str | None = None
    tools: list[Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    modalities: list[str] | None = None
    audio: dict[str, Any] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    parallel_tool_calls: bool | None = None
    metadata: dict[str, Any] | None = None
    store: bool | None = None
    service_tier: str | None = None
    prediction: dict[str, Any] | None = None
    verbosity: str | None = None
    web_search_options: dict[str, Any] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    moderation: dict[str, Any] | None = None
    functions: list[Function] | None = None
    function_call: str | dict[str, Any] | None = None

    @property
    def token_limit(self) -> int | None:
        """The most tokens the answer may have: max_completion_tokens wins over max_tokens."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.get("include_usage"))


def parse_request(body: bytes) -> ChatCompletionRequest:
    """Read the bytes of a request. Raises InvalidRequest, and nothing else, at the first offence."""
    value = _decode(body)
    if not isinstance(value, dict):
        raise InvalidRequest("We could not parse the JSON body of your request: it is not an object.")
    return read_request(value)


def read_request(value: dict[str, Any]) -> ChatCompletionRequest:
    """Read a request that is JSON values already. Raises InvalidRequest at the first offence."""
    _check_model(value.get("model"))
    request = _read(value)
    check_tool_choice(request.tool_choice, request.tools or [])
    return request


def check_parameters(value: Mapping[str, Any]) -> None:
    """Check what a request will hold beside model, messages and tools. Raises InvalidRequest at the first offence."""
    request = _read({**value, "model": "any", "messages": [{"role": "user", "content": ""}]})
    if request.stream_options and request.stream is False:
        raise InvalidRequest(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )


def _read(value: dict[str, Any]) -> ChatCompletionRequest:
    request = ChatCompletionRequest(**read_members(value, "", _READERS, required=["messages"]))
    _check_audio(request)
    _check_logprobs(request)
    return request


def _decode(body: bytes) -> Any:
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        value = _decode_surrogates(body)
    if is_deeper_than(value, MAX_DEPTH):
        raise InvalidRequest("We could not parse the JSON body of your request: it is nested too deeply.")
    return clean_value(value)


def _decode_surrogates(body: bytes) -> Any:
    """Lone halves of surrogate pairs are valid JSON, which only Python's own decoder reads."""
    try:
        return loads_strictly(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InvalidRequest("We could not parse the JSON body of your request.") from None


def _check_model(model: Any) -> None:
    if model is None or model == "":
        raise InvalidRequest(
            "you must provide a model parameter", param="model", code="missing_required_parameter"
        )
    read_string(model, "model")


def _check_audio(request: ChatCompletionRequest) -> None:
    if "audio" not in (request.modalities or ()):
        return
    given = request.audio or {}
    lacking = next((name for name in ("voice", "format") if not given.get(name)), None)
    if lacking is not None:
        raise InvalidRequest(
            f"Missing required parameter: 'audio.{lacking}'. Spoken answers need 'audio' with 'voice' and "
            "'format'.",
            param="audio",
            code="missing_required_parameter",
        )


def _check_logprobs(request: ChatCompletionRequest) -> None:
    if request.top_logprobs and not request.logprobs:
        raise InvalidRequest(
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
            param="top_logprobs",
            code="invalid_value",
        )


def _read_stream_options(value: Any, path: str) -> dict[str, Any]:
    read_members(value, path, {"include_usage": read_boolean, "include_obfuscation": read_boolean})
    return read_object(value, path)


def _read_stop(value: Any, path: str) -> str | list[str]:
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        wrong_type(value, path, "a string or an array of strings")
    stops: list[str] = array(read_string)(value, path)
    return stops


def _read_logit_bias(value: Any, path: str) -> dict[str, float]:
    read = number(-100, 100)
    return {token: read(bias, f"{path}.{token[:50]}") for token, bias in read_object(value, path).items()}


def _read_response_format(value: Any, path: str) -> dict[str, Any]:
    readers: dict[str, Reader] = {
        "type": choice("text", "json_object", "json_schema"),
        "json_schema": read_object,
    }
    members = read_members(value, path, readers, required=["type"])
    if members["type"] == "json_schema":
        schema = members.get("json_schema", {}).get("schema")
        if schema is None:
            raise InvalidRequest(
                f"Missing required parameter: '{path}.json_schema.schema'.",
                param=f"{path}.json_schema",
                code="missing_required_parameter",
            )
        read_object(schema, f"{path}.json_schema.schema")
    return read_object(value, path)


def _read_audio(value: Any, path: str) -> dict[str, Any]:
    voice = read_members(value, path, {"format": read_string})["extra"].get("voice")
    if voice is not None and not isinstance(voice, str):
        read_members(voice, f"{path}.voice", {"id": read_string})
    return read_object(value, path)


def _read_prediction(value: Any, path: str) -> dict[str, Any]:
    members = read_members(value, path, {"type": read_string}, required=["type"])
    if members["extra"].get("content") is None:
        missing(f"{path}.content")
    return read_object(value, path)


_READERS: dict[str, Reader] = {
    "model": read_string,
    "messages": read_messages,
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "n": integer(1),
    "stream": read_boolean,
    "stream_options": _read_stream_options,
    "stop": _read_stop,
    "max_tokens": integer(1),
    "max_completion_tokens": integer(1),
    "presence_penalty": number(-2, 2),
    "frequency_penalty": number(-2, 2),
    "logit_bias": _read_logit_bias,
    "user": read_string,
    "tools": array(read_tool),
    "tool_choice": read_tool_choice,
    "response_format": _read_response_format,
    "seed": integer(),
    "reasoning_effort": choice(*REASONING_EFFORTS),
    "modalities": array(choice("text", "audio", "image")),
    "audio": _read_audio,
    "logprobs": read_boolean,
    "top_logprobs": integer(0, 20),
    "parallel_tool_calls": read_boolean,
    "metadata": read_object,
    "store": read_boolean,
    "service_tier": choice("auto", "default", "flex", "scale", "priority", "fast"),
    "prediction": _read_prediction,
    "verbosity": choice("low", "medium", "high"),
    "web_search_options": read_object,
    "safety_identifier": read_string,
    "prompt_cache_key": read_string,
    "prompt_cache_retention": read_string,
    "prompt_cache_options": read_object,
    "moderation": read_object,
    "functions": array(read_function),
    "function_call": read_function_choice,
}
