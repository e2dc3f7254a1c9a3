"""Rows to request: what an endpoint is sent, so that it knows everything that was said on the shown branch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from conversations.models import Message, Part

SAID = (Part.Kind.TEXT, Part.Kind.REFUSAL, Part.Kind.AUDIO)
# Role and text of every part that says something, in order. Plain values: a history may be thousands of rows.
Said = list[tuple[str, str]]
CONTINUE_PROMPT = (
    "Continue your last message exactly where it broke off, without repeating or commenting. "
    "What you write is put directly after it: begin with a space if it broke off between two words."
)


def request_messages(system_prompt: str, said: Said, *, so_far: str = "") -> list[dict[str, Any]]:
    """The `messages` of a request that asks for an answer to what was `said`.

    `so_far` is an answer that broke off and is to be continued. Answers without text are left out, and neighbours of
    one role are joined: many chat templates refuse two messages of the same role in a row.
    """
    messages: list[dict[str, Any]] = []
    if system_prompt:
        messages.append({"role": "system", "content": system_prompt})
    for role, text in said:
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += "\n\n" + text
        else:
            messages.append({"role": role, "content": text})
    if so_far:
        messages.append({"role": "assistant", "content": so_far})
        messages.append({"role": "user", "content": CONTINUE_PROMPT})
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
