"""Tool calls as values: what a model asks to run, and what of it may go back to the endpoint."""

from __future__ import annotations

import json

import msgspec

from .json_reading import read_json
from .text_repair import clean_text, clean_value


class ToolCall(msgspec.Struct, frozen=True):
    """A call a model asks for. `arguments` is JSON text for functions, free text for custom tools."""

    id: str
    name: str
    arguments: str
    type: str = "function"


def arguments_are_complete(call: ToolCall) -> bool:
    """Whether the call may run: it has a name and whole arguments; "" counts as an empty object."""
    if not call.name:
        return False
    return call.type == "custom" or not call.arguments.strip() or is_json_object(call.arguments)


def is_json_object(text: str) -> bool:
    """Whether the text is one whole JSON object, as the arguments of a function must be."""
    return json_object(text) is not None


def json_object(text: str) -> str | None:
    """The text of one whole JSON object; None when it is none.

    Models write NaN, or line breaks inside a text: such an object is written anew, in JSON that all can read.
    """
    try:
        return text if isinstance(_strict.decode(text), dict) else None
    except (ValueError, RecursionError):
        pass
    value = read_json(clean_text(text).encode())
    return msgspec.json.encode(clean_value(value)).decode() if isinstance(value, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_strict = json.JSONDecoder(parse_constant=_refuse)
