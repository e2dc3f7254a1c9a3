"""A reply as an endpoint would have given it whole: what is stored of it besides its parts, and put together again.

A streamed reply never existed in one piece; this is what the same reply looks like when it is not streamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .events import PartKind
from .outcome import Outcome, Part
from .raw_message import build_message


def response_outline(outcome: Outcome) -> dict[str, Any]:
    """What the parts do not tell: unknown members, `created`, and for each choice how it ended and where its reasoning
    came from. JSON values.
    """
    return {
        **outcome.extra,
        "created": outcome.created,
        "service_tier": outcome.service_tier,
        "finish_reasons": {str(choice.index): choice.finish_reason for choice in outcome.choices},
        "reasoning_in": {
            str(choice.index): choice.reasoning_in for choice in outcome.choices if choice.reasoning_in
        },
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
    known = {"created", "service_tier", "finish_reasons", "reasoning_in"}
    reply = {"id": "", "object": "chat.completion", "created": outline.get("created"), **members}
    reply["service_tier"] = outline.get("service_tier")
    reply = {name: value for name, value in reply.items() if value not in (None, "")}
    reply["choices"] = [
        {
            "index": index,
            "message": _message(parts, dict(extra), outline.get("reasoning_in", {}).get(str(index), "")),
            "finish_reason": outline.get("finish_reasons", {}).get(str(index)),
        }
        for index, (parts, extra) in sorted(choices.items())
    ]
    return reply | {name: value for name, value in outline.items() if name not in known}


def _message(parts: Sequence[Part], extra: dict[str, Any], origin: str) -> dict[str, Any]:
    details = extra.pop("reasoning_details", [])
    return build_message(
        list(parts),
        origin=origin,
        content_was_text=any(part.kind is PartKind.TEXT for part in parts),
        reasoning_details=details,
        members=extra,
    )
