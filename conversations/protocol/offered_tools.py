"""Tools that a client offers and how the model is to choose among them, strictly read."""

from __future__ import annotations

import re
from typing import Any

from .errors import InvalidRequest
from .strict import (
    Extended,
    Reader,
    anything,
    array,
    choice,
    join,
    missing,
    read_boolean,
    read_members,
    read_name,
    read_object,
    read_string,
    wrong_type,
)

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Function(Extended, kw_only=True):
    """A function's description; `parameters` is a JSON Schema."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class CustomTool(Extended, kw_only=True):
    """A tool that takes free text; `format` may restrict it by a grammar."""

    name: str
    description: str | None = None
    format: dict[str, Any] | None = None


class Tool(Extended, kw_only=True):
    """An offered tool: `function` for type "function", `custom` for type "custom"."""

    type: str
    function: Function | None = None
    custom: CustomTool | None = None

    @property
    def name(self) -> str:
        offered = self.custom if self.custom is not None else self.function
        return "" if offered is None else offered.name


def read_tool_name(value: Any, path: str) -> str:
    name = read_name(value, path)
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]{1,64}$'.",
            param=path,
            code="invalid_value",
        )
    return name


def read_function(value: Any, path: str) -> Function:
    readers: dict[str, Reader] = {
        "name": read_tool_name,
        "description": read_string,
        "parameters": read_object,
        "strict": read_boolean,
    }
    return Function(**read_members(value, path, readers, required=["name"]))


def _read_custom(value: Any, path: str) -> CustomTool:
    readers: dict[str, Reader] = {"name": read_tool_name, "description": read_string, "format": read_object}
    return CustomTool(**read_members(value, path, readers, required=["name"]))


def read_tool(value: Any, path: str) -> Tool:
    kind = read_object(value, path).get("type")
    readers: dict[str, Reader] = {"type": choice("function", "custom")}
    if kind == "custom":
        readers["custom"] = _read_custom
    else:
        readers["function"] = read_function
    return Tool(**read_members(value, path, readers, required=readers))


def read_tool_choice(value: Any, path: str) -> str | dict[str, Any]:
    """A word, or an object that names a tool; check_tool_choice() compares it with the tools offered."""
    if isinstance(value, str):
        word: str = choice("none", "auto", "required")(value, path)
        return word
    if not isinstance(value, dict):
        wrong_type(value, path, "a string or an object")
    readers: dict[str, Reader] = {"type": choice("function", "custom", "allowed_tools")}
    kind = read_members(value, path, readers, required=["type"])["type"]
    if kind == "allowed_tools":
        allowed: dict[str, Reader] = {"mode": choice("auto", "required"), "tools": array(read_object)}
        read_members(value, path, {kind: _members(allowed)}, required=[kind])
    else:
        read_members(value, path, {kind: _members({"name": read_name})}, required=[kind])
    return value


def _members(readers: dict[str, Reader]) -> Reader:
    def read(value: Any, path: str) -> dict[str, Any]:
        return read_members(value, path, readers, required=readers)

    return read


def read_function_choice(value: Any, path: str) -> str | dict[str, Any]:
    """The old function_call member: "none", "auto" or {name}."""
    if isinstance(value, str):
        word: str = choice("none", "auto")(value, path)
        return word
    read_members(value, path, {"name": read_name, "arguments": anything}, required=["name"])
    return read_object(value, path)


def check_tool_choice(tool_choice: str | dict[str, Any] | None, tools: list[Tool]) -> None:
    """A choice needs tools, and the tool it names must be among them."""
    if tool_choice is None:
        return
    if not tools:
        raise InvalidRequest(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            param="tool_choice",
            code="invalid_value",
        )
    if isinstance(tool_choice, str):
        return
    names = {tool.name for tool in tools}
    for name in _named_tools(tool_choice):
        if name not in names:
            raise InvalidRequest(
                f"Invalid value for 'tool_choice': the tool '{name[:100]}' is not among 'tools'.",
                param="tool_choice",
                code="invalid_value",
            )


def _named_tools(tool_choice: dict[str, Any]) -> list[str]:
    kind = tool_choice["type"]
    chosen = tool_choice[kind]["tools"] if kind == "allowed_tools" else [tool_choice]
    names = []
    for position, entry in enumerate(chosen):
        body = entry.get(entry["type"]) if isinstance(entry.get("type"), str) else None
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            missing(join("tool_choice", f"allowed_tools.tools[{position}].function.name"))
        names.append(body["name"])
    return names
