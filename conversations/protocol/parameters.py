"""The parameters of a request that a page offers one by one: names on the wire, kinds, ranges, defaults.

Source: OpenAI's specification, and where it is silent what its followers do. `default` is what an endpoint that is not
told otherwise goes by; it is empty where that is the endpoint's own affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from .requests import REASONING_EFFORTS

Kind = Literal["number", "integer", "boolean", "choice", "text", "lines", "biases", "names"]


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is a member of the request, or with a dot a member of a member.

    lines: an array of strings, one to a line. biases: numbers by token. names: an array of `choices`.
    """

    name: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    default: str = ""
    choices: tuple[str, ...] = ()


PARAMETERS = (
    Parameter(name="temperature", kind="number", low=0, high=2, default="1"),
    Parameter(name="top_p", kind="number", low=0, high=1, default="1"),
    Parameter(name="max_tokens", kind="integer", low=1),
    Parameter(name="max_completion_tokens", kind="integer", low=1),
    Parameter(name="reasoning_effort", kind="choice", choices=REASONING_EFFORTS),
    Parameter(name="verbosity", kind="choice", choices=("low", "medium", "high"), default="medium"),
    Parameter(name="n", kind="integer", low=1, default="1"),
    Parameter(name="stop", kind="lines"),
    Parameter(name="seed", kind="integer", low=-(2**63), high=2**63 - 1),
    Parameter(name="presence_penalty", kind="number", low=-2, high=2, default="0"),
    Parameter(name="frequency_penalty", kind="number", low=-2, high=2, default="0"),
    Parameter(name="logit_bias", kind="biases", low=-100, high=100),
    Parameter(name="logprobs", kind="boolean", default="false"),
    Parameter(name="top_logprobs", kind="integer", low=0, high=20, default="0"),
    Parameter(
        name="response_format.type",
        kind="choice",
        choices=("text", "json_object", "json_schema"),
        default="text",
    ),
    Parameter(name="tool_choice", kind="choice", choices=("none", "auto", "required"), default="auto"),
    Parameter(name="parallel_tool_calls", kind="boolean", default="true"),
    Parameter(name="modalities", kind="names", choices=("text", "audio", "image"), default="text"),
    Parameter(name="audio.voice", kind="text"),
    Parameter(name="audio.format", kind="choice", choices=("wav", "mp3", "flac", "opus", "aac", "pcm16")),
    Parameter(name="stream", kind="boolean", default="true"),
    Parameter(name="stream_options.include_usage", kind="boolean", default="true"),
    Parameter(
        name="service_tier", kind="choice", choices=("auto", "default", "flex", "priority"), default="auto"
    ),
    Parameter(name="user", kind="text"),
)
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


def taken_apart(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The members of a request that are among PARAMETERS, by their dotted names, and the rest of it.

    A value that is not of the parameter's kind counts as rest.
    """
    values: dict[str, Any] = {}
    rest = dict(body)
    for parameter in PARAMETERS:
        outer, dot, inner = parameter.name.partition(".")
        holder = rest.get(outer) if dot else rest
        name = inner or outer
        if not isinstance(holder, dict) or name not in holder or not is_of_kind(parameter, holder[name]):
            continue
        values[parameter.name] = holder[name]
        remaining = {key: value for key, value in holder.items() if key != name}
        if not dot:
            rest = remaining
        elif remaining:
            rest[outer] = remaining
        else:
            del rest[outer]
    return values, rest


def put_together(values: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """What taken_apart() took apart; in conflict `values` win."""
    body = dict(rest)
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        if dot:
            held = body.get(outer)
            body[outer] = {**(held if isinstance(held, dict) else {}), inner: value}
        else:
            body[outer] = value
    return body


def is_of_kind(parameter: Parameter, value: Any) -> bool:
    """Whether a control can show the value as it is."""
    match parameter.kind:
        case "number":
            return _is_number(value) and _is_within(parameter, value)
        case "integer":
            return _is_number(value) and isinstance(value, int) and _is_within(parameter, value)
        case "boolean":
            return isinstance(value, bool)
        case "choice":
            return value in parameter.choices
        case "text":
            return isinstance(value, str) and value == value.strip() != ""
        case "lines":
            return _is_array(value) and all(value)
        case "names":
            return _is_array(value) and set(value) <= set(parameter.choices)
        case "biases":
            return isinstance(value, dict) and all(
                token and _is_number(bias) and _is_within(parameter, bias) for token, bias in value.items()
            )


def _is_array(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_within(parameter: Parameter, value: float) -> bool:
    return (parameter.low is None or value >= parameter.low) and (
        parameter.high is None or value <= parameter.high
    )
