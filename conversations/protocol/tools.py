"""Tool calls as values: what a model asks to run, and what of it may go back to the endpoint."""

from __future__ import annotations

import json

import msgspec


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
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
