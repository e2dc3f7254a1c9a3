"""Messages of a client's request, strictly read, and the order they must keep among each other."""

from __future__ import annotations

from typing import Any

from .content import ContentPart, read_content_part
from .errors import InvalidRequest
from .strict import (
    Extended,
    Reader,
    array,
    choice,
    join,
    missing,
    read_members,
    read_name,
    read_object,
    read_string,
    wrong_type,
    wrong_value,
)

ROLES = ("system", "assistant", "user", "tool", "developer")

_UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. The following tool_call_ids did not have response messages: {}"
)
_ORPHAN = "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'."


class CalledFunction(Extended, kw_only=True):
    """What a model called: `arguments` is JSON text, as the model wrote it."""

    name: str
    arguments: str


class CalledCustomTool(Extended, kw_only=True):
    name: str
    input: str


class MessageToolCall(Extended, kw_only=True):
    """A tool call in an assistant message of the history."""

    id: str
    type: str | None = None
    function: CalledFunction | None = None
    custom: CalledCustomTool | None = None


class Message(Extended, kw_only=True):
    """One message. content is text, an array of parts, or None beside tool calls, sound or a refusal."""

    role: str
    content: str | list[ContentPart] | None = None
    name: str | None = None
    tool_calls: list[MessageToolCall] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None
    audio: dict[str, Any] | None = None
    function_call: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON object; content is written even as null, since endpoints miss it beside tool calls."""
        known = super().to_json()
        if self.content is None and self.audio is None:
            known["content"] = None
        return known

    @property
    def text(self) -> str:
        """The texts of the content, joined."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "".join(getattr(part, "text", "") for part in self.content)


def read_message(value: Any, path: str) -> Message:
    """One message of the request, without regard to its neighbours."""
    role = read_object(value, path).get("role")
    role_path = join(path, "role")
    if role is None:
        raise InvalidRequest(
            f"Missing required parameter: '{role_path}'.", param=role_path, code="invalid_value"
        )
    if read_string(role, role_path) not in ROLES:
        wrong_value(role, role_path, ROLES)
    message = Message(**read_members(value, path, _READERS))
    if message.content is None and not _may_lack_content(message):
        wrong_type(None, join(path, "content"), "a string or an array of parts")
    if message.role == "tool" and not message.tool_call_id:
        raise InvalidRequest(
            f"Missing required parameter: '{path}.tool_call_id'. {_ORPHAN}", param=f"{path}.tool_call_id"
        )
    return message


def read_messages(value: Any, path: str) -> list[Message]:
    """All messages of the request: at least one, and each tool call answered at once."""
    messages: list[Message] = array(read_message, is_filled=True)(value, path)
    open_calls: list[str] = []
    caller = 0
    for position, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                raise InvalidRequest(_ORPHAN, param=f"{path}[{position}].tool_call_id")
            open_calls.remove(message.tool_call_id)
            continue
        _check_answered(open_calls, path, caller)
        if message.role == "assistant":
            open_calls, caller = [call.id for call in message.tool_calls or ()], position
    _check_answered(open_calls, path, caller)
    return messages


def _check_answered(open_calls: list[str], path: str, caller: int) -> None:
    if open_calls:
        names = ", ".join(call[:100] for call in open_calls[:5])
        raise InvalidRequest(_UNANSWERED.format(names), param=f"{path}[{caller}].tool_calls")


def _may_lack_content(message: Message) -> bool:
    return message.role == "assistant" and bool(
        message.tool_calls or message.audio or message.refusal or message.function_call
    )


def _read_content(value: Any, path: str) -> str | list[ContentPart]:
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        wrong_type(value, path, "a string or an array of parts")
    parts: list[ContentPart] = array(read_content_part, is_filled=True)(value, path)
    return parts


def _read_called_function(value: Any, path: str) -> CalledFunction:
    readers: dict[str, Reader] = {"name": read_name, "arguments": read_string}
    return CalledFunction(**read_members(value, path, readers, required=readers))


def _read_called_custom_tool(value: Any, path: str) -> CalledCustomTool:
    readers: dict[str, Reader] = {"name": read_name, "input": read_string}
    return CalledCustomTool(**read_members(value, path, readers, required=readers))


def _read_tool_call(value: Any, path: str) -> MessageToolCall:
    readers: dict[str, Reader] = {
        "id": read_name,
        "type": choice("function", "custom"),
        "function": _read_called_function,
        "custom": _read_called_custom_tool,
    }
    call = MessageToolCall(**read_members(value, path, readers, required=["id"]))
    needed = call.type or "function"
    return call if getattr(call, needed) is not None else missing(join(path, needed))


def _read_audio(value: Any, path: str) -> dict[str, Any]:
    read_members(value, path, {"id": read_name}, required=["id"])
    return read_object(value, path)


def _read_function_call(value: Any, path: str) -> dict[str, Any]:
    _read_called_function(value, path)
    return read_object(value, path)


_READERS: dict[str, Reader] = {
    "role": read_string,
    "content": _read_content,
    "name": read_string,
    "tool_calls": array(_read_tool_call),
    "tool_call_id": read_string,
    "reasoning_content": read_string,
    "refusal": read_string,
    "audio": _read_audio,
    "function_call": _read_function_call,
}
