"""Rows to request: what an endpoint is sent, so that it knows everything that was said on the shown branch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from conversations.models import Message, Part, RequestSettings

SAID = (Part.Kind.TEXT, Part.Kind.REFUSAL, Part.Kind.AUDIO)
# Role and text of every part that says something, in order. Plain values: a history may be thousands of rows.
Said = list[tuple[str, str]]
SAID_UNTIL = "said_until"
CONTINUE_PROMPT = (
    "Continue your last message exactly where it broke off, without repeating or commenting. "
    "What you write is put directly after it: begin with a space if it broke off between two words."
)


def request_outline(settings: RequestSettings, leaf_id: UUID, *, so_far: str = "") -> list[dict[str, Any]]:
    """The `messages` of a request that asks for an answer to the message `leaf_id`, before they are written out.

    `so_far` is an answer that broke off and is to be continued. What was said is not repeated: see written_out().
    """
    outline: list[dict[str, Any]] = [{SAID_UNTIL: str(leaf_id)}]
    if settings.system_prompt:
        outline.insert(0, {"role": settings.system_role, "content": settings.system_prompt})
    if so_far:
        outline.append({"role": "assistant", "content": so_far})
        outline.append({"role": "user", "content": CONTINUE_PROMPT})
    return outline


def written_out(outline: Sequence[dict[str, Any]], said: Mapping[UUID, Said]) -> list[dict[str, Any]]:
    """The messages themselves; `said` holds what was said until each message that the outline names.

    Answers without text are left out, and neighbours of one role are joined: many chat templates refuse two messages of
    the same role in a row.
    """
    messages: list[dict[str, Any]] = []
    for item in outline:
        if SAID_UNTIL not in item:
            messages.append(dict(item))
            continue
        for role, text in said.get(UUID(item[SAID_UNTIL]), ()):
            if messages and messages[-1]["role"] == role:
                messages[-1]["content"] += "\n\n" + text
            else:
                messages.append({"role": role, "content": text})
    return messages


def said_before(leaf_ids: Sequence[UUID]) -> dict[UUID, Said]:
    """What was said from the beginning down to each of these messages: two queries, however many they are."""
    paths = Message.objects.paths(leaf_ids)
    said: dict[UUID, Said] = defaultdict(list)
    everybody = {message_id for path in paths.values() for message_id in path}
    parts = Part.objects.filter(message__in=everybody, kind__in=SAID).exclude(text="").order_by("index")
    for message_id, role, text in parts.values_list("message_id", "message__role", "text"):
        said[message_id].append((role, text))
    return {
        leaf_id: [part for message_id in path for part in said[message_id]] for leaf_id, path in paths.items()
    }
