"""What of an earlier assistant message the next request carries; the stored message is never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from .events import PartKind
from .reasoning import ThinkTags
from .tools import json_object

_REASONING_MEMBERS = ("reasoning_content", "reasoning", "reasoning_details")
_LEFT_OUT = frozenset({"annotations", "images", "citations", "function_call"})


class ReasoningPolicy(StrEnum):
    """When reasoning goes back: some endpoints demand it in tool loops, others refuse it."""

    NEVER = "never"
    TOOLS = "tools"
    ALWAYS = "always"


def history_message(
    message: Mapping[str, Any],
    *,
    reasoning: ReasoningPolicy | str = ReasoningPolicy.TOOLS,
    in_tool_loop: bool = False,
    answered: Collection[str] | None = None,
    empty_content: str | None = None,
    now: float | None = None,
) -> dict[str, Any]:
    """The assistant message to send back, from ChoiceOutcome.message. Unknown members are kept.

    in_tool_loop   an earlier message of the conversation called tools, so TOOLS sends reasoning
    answered       ids of the calls that a tool message answers; calls without one are left out, and without
                   this list those whose arguments are not whole
    empty_content  what stands for "no text" beside tool calls: None, or "" for servers that refuse null
    now            Unix seconds; spoken replies that have expired by then go back as their transcript
    """
    result = {name: value for name, value in message.items() if name not in _LEFT_OUT}
    calls = _calls(message.get("tool_calls"), answered)
    policy = ReasoningPolicy(reasoning)
    wanted = policy is ReasoningPolicy.ALWAYS or (
        policy is ReasoningPolicy.TOOLS and bool(calls or in_tool_loop)
    )
    if not wanted:
        for name in _REASONING_MEMBERS:
            result.pop(name, None)
        result["content"] = _without_reasoning(message.get("content"))
    result.pop("tool_calls", None)
    if calls:
        result["tool_calls"] = calls
        result["content"] = result.get("content") or _empty(message, empty_content)
    _put_audio(result, message.get("audio"), now)
    if result.get("content") is None and not calls and not {"audio", "refusal"} & result.keys():
        result["content"] = ""
    return result


def _empty(message: Mapping[str, Any], empty_content: str | None) -> str | None:
    """Text that came as "" goes back so; text that never came is what the endpoint accepts for none."""
    return "" if message.get("content") == "" else empty_content


def _calls(calls: Any, answered: Collection[str] | None) -> list[dict[str, Any]]:
    if not isinstance(calls, list):
        return []
    kept = []
    for call in calls:
        function = call.get("function") or {}
        arguments = function.get("arguments") or ""
        is_custom = call.get("type") == "custom"
        whole = arguments if is_custom else json_object(arguments)
        is_whole = whole is not None or not arguments.strip()
        if call.get("id") not in answered if answered is not None else not is_whole:
            continue
        whole = whole if whole and whole.strip() else "{}"
        kept.append({**call, "function": {**function, "arguments": whole}} if function else call)
    return kept


def _without_reasoning(content: Any) -> Any:
    if isinstance(content, list):
        texts = [part.get("text", "") for part in content if part.get("type") == "text"]
        return "".join(texts)
    if not isinstance(content, str):
        return content
    text = ""
    tags = ThinkTags()
    for kind, piece in [*tags.feed(content), *tags.flush()]:
        text = "" if kind is None else text + piece if kind is PartKind.TEXT else text
    return text


def _put_audio(result: dict[str, Any], audio: Any, now: float | None) -> None:
    if not isinstance(audio, dict):
        return
    result.pop("audio", None)
    expires_at = audio.get("expires_at")
    has_expired = now is not None and isinstance(expires_at, int | float) and expires_at <= now
    if audio.get("id") and not has_expired:
        result["audio"] = {"id": audio["id"]}
        if not result.get("content"):
            result.pop("content", None)
    elif not result.get("content"):
        result["content"] = audio.get("transcript") or ""
