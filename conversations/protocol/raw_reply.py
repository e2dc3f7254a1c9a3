"""A reply as an endpoint would have given it whole: what is stored of it besides its parts, and put together again.

A streamed reply never existed in one piece; this is what the same reply looks like when it is not streamed.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from .events import PartKind
from .outcome import Outcome, Part
from .raw_message import build_message

OF_THE_OUTLINE = frozenset({"created", "service_tier", "finish_reasons", "reasoning_in", "logprobs"})


def response_outline(outcome: Outcome) -> dict[str, Any]:
    """What the parts do not tell: unknown members, `created`, and for each choice how it ended, where its reasoning
    came from and how likely its tokens were. JSON values.
    """
    return {
        **outcome.extra,
        "created": outcome.created,
        "service_tier": outcome.service_tier,
        "finish_reasons": {str(choice.index): choice.finish_reason for choice in outcome.choices},
        "reasoning_in": {
            str(choice.index): choice.reasoning_in for choice in outcome.choices if choice.reasoning_in
        },
        "logprobs": {str(choice.index): choice.logprobs for choice in outcome.choices if choice.logprobs},
    }


def raw_reply(
    outline: Mapping[str, Any],
    choices: Mapping[int, tuple[Sequence[Part], Mapping[str, Any]]],
    *,
    members: Mapping[str, Any],
) -> dict[str, Any]:
    """The reply as JSON values. `choices` holds each choice's parts and the members of its message that are no parts;
    `members` are those of the reply that are stored by themselves (`id`, `model`, `usage`, …), left out where empty.
    """
    reply = {"id": "", "object": "chat.completion", "created": outline.get("created"), **members}
    reply["service_tier"] = outline.get("service_tier")
    reply = {name: value for name, value in reply.items() if value not in (None, "")}
    reply["choices"] = [
        _choice(index, _message(parts, dict(extra), _of(outline, "reasoning_in", index) or ""), outline)
        for index, (parts, extra) in sorted(choices.items())
    ]
    return reply | {name: value for name, value in outline.items() if name not in OF_THE_OUTLINE}


def _choice(index: int, message: dict[str, Any], outline: Mapping[str, Any]) -> dict[str, Any]:
    choice = {
        "index": index,
        "message": message,
        "logprobs": _of(outline, "logprobs", index),
        "finish_reason": _of(outline, "finish_reasons", index),
    }
    if choice["logprobs"] is None:
        del choice["logprobs"]
    return choice


def _of(outline: Mapping[str, Any], member: str, index: int) -> Any:
    return outline.get(member, {}).get(str(index))


def _message(parts: Sequence[Part], extra: dict[str, Any], origin: str) -> dict[str, Any]:
    details = extra.pop("reasoning_details", [])
    message = build_message(
        list(parts),
        origin=origin,
        content_was_text=any(part.kind is PartKind.TEXT for part in parts),
        reasoning_details=details,
        members=extra,
    )
    for part in parts:
        if part.kind is PartKind.IMAGE:
            image = {"type": "image_url", "image_url": {"url": part.data.get("url", "")}}
            message.setdefault("images", []).append(image)
        elif part.kind is PartKind.ANNOTATION:
            message.setdefault("annotations", []).append(part.data)
        elif part.kind is PartKind.AUDIO and part.data.get("audio_bytes"):
            message["audio"]["data"] = _base64(part.data["audio_bytes"])
    return message


def _base64(sound: bytes | bytearray | str) -> str:
    """Rows hold it as base64 already."""
    return sound if isinstance(sound, str) else base64.b64encode(sound).decode()
