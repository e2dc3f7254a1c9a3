"""A whole reply as the protocol writes it, for clients that did not ask for a stream."""

from __future__ import annotations

from typing import Any

import msgspec

from .events import PartKind
from .outcome import ChoiceOutcome, Outcome
from .usage import Usage


class ChatCompletion(msgspec.Struct, frozen=True):
    """The body of a 200 answer; every member is always present.

    `created` is Unix seconds. `choices` and `usage` are JSON values in the protocol's shape.
    """

    id: str
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any]
    system_fingerprint: str | None = None
    object: str = "chat.completion"

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": self.object,
            "created": self.created,
            "model": self.model,
            "choices": self.choices,
            "usage": self.usage,
            "system_fingerprint": self.system_fingerprint,
        }


def completion_of(outcome: Outcome, *, response_id: str, created: int, model: str) -> ChatCompletion:
    """The reply that says what an outcome holds, under the given identity."""
    return ChatCompletion(
        id=response_id,
        created=created,
        model=model,
        choices=[_choice(choice) for choice in outcome.choices],
        usage=usage_json(outcome.usage),
        system_fingerprint=outcome.system_fingerprint,
    )


def usage_json(usage: Usage | None) -> dict[str, Any]:
    """Usage in the protocol's shape; clients compute with the three numbers, so unknown ones are 0."""
    if usage is None:
        return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    total = prompt + completion if usage.total_tokens is None else usage.total_tokens
    return {**usage.raw, "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def _choice(choice: ChoiceOutcome) -> dict[str, Any]:
    return {
        "index": choice.index,
        "message": _message(choice),
        "logprobs": choice.logprobs,
        "finish_reason": choice.finish_reason or ("tool_calls" if choice.tool_calls else "stop"),
    }


def _message(choice: ChoiceOutcome) -> dict[str, Any]:
    """The message with its reasoning under the seed's name, its content always text or null."""
    message = {**choice.message, "content": choice.text or None, "refusal": choice.refusal or None}
    message.pop("reasoning", None)
    if choice.text or not (choice.tool_calls or choice.refusal or "audio" in message):
        message["content"] = choice.text
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    audio = next((part for part in choice.parts if part.kind is PartKind.AUDIO), None)
    if audio is not None:
        message["audio"] = {**message["audio"], "data": _base64(audio.data.get("audio_bytes", b""))}
    annotations = [part.data for part in choice.parts if part.kind is PartKind.ANNOTATION]
    if annotations:
        message["annotations"] = annotations
    images = [part.data["url"] for part in choice.parts if part.kind is PartKind.IMAGE]
    if images:
        message["images"] = [{"type": "image_url", "image_url": {"url": url}} for url in images]
    return message


def _base64(data: bytes) -> str:
    encoded: str = msgspec.to_builtins(data)
    return encoded
