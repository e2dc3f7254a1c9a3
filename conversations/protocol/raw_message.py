"""The assistant message as an endpoint would have given it whole, ready to store.

Reasoning stands where it came from, unknown members are kept, sound and pictures are left to the parts.
"""

from __future__ import annotations

from typing import Any

from .events import PartKind
from .outcome import Part
from .reasoning import merge_reasoning_details


def build_message(
    parts: list[Part],
    *,
    origin: str,
    content_was_text: bool,
    reasoning_details: list[Any],
    members: dict[str, Any],
) -> dict[str, Any]:
    """The message as JSON values; its content is null when no text ever came.

    `origin` says where reasoning came from: the name of a member, "tags", "parts", or "" for nowhere.
    """
    text = _joined(parts, PartKind.TEXT)
    reasoning = _joined(parts, PartKind.REASONING)
    message: dict[str, Any] = {
        "role": "assistant",
        "content": _content(text, reasoning, origin) if text or content_was_text else None,
    }
    if reasoning and origin in ("reasoning_content", "reasoning"):
        message[origin] = reasoning
    if reasoning_details:
        message["reasoning_details"] = merge_reasoning_details(reasoning_details)
    refusal = _joined(parts, PartKind.REFUSAL)
    if refusal:
        message["refusal"] = refusal
    tool_calls = [_tool_call(part) for part in parts if part.kind is PartKind.TOOL_CALL]
    if tool_calls:
        message["tool_calls"] = tool_calls
    audio = next((part for part in parts if part.kind is PartKind.AUDIO), None)
    if audio is not None:
        known = {name: value for name, value in audio.data.items() if name != "audio_bytes"}
        message["audio"] = {**known, "transcript": audio.text}
    return {**members, **message}


def _content(text: str, reasoning: str, origin: str) -> str | list[dict[str, Any]]:
    if reasoning and origin == "tags":
        return f"<think>\n{reasoning}</think>\n\n{text}"
    if reasoning and origin == "parts":
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": reasoning}]}
        return [thinking, *([{"type": "text", "text": text}] if text else [])]
    return text


def _tool_call(part: Part) -> dict[str, Any]:
    known = {"id", "name", "type"}
    kind, name = part.data.get("type", "function"), part.data.get("name", "")
    body = {"name": name, "input": part.text} if kind == "custom" else {"name": name, "arguments": part.text}
    extra = {member: value for member, value in part.data.items() if member not in known}
    return {"id": part.data.get("id", ""), "type": kind, kind: body, **extra}


def _joined(parts: list[Part], kind: PartKind) -> str:
    return "".join(part.text for part in parts if part.kind is kind)
