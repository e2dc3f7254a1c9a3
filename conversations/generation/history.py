"""Rows to request: what an endpoint is sent, so that it knows everything that was said on the shown branch."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from conversations.models import Conversation, Message, Part

SAID = (Part.Kind.TEXT, Part.Kind.REFUSAL, Part.Kind.AUDIO)
CONTINUE_PROMPT = (
    "Continue your last message exactly where it broke off, without repeating or commenting. "
    "What you write is put directly after it: begin with a space if it broke off between two words."
)


def request_messages(conversation: Conversation, leaf_id: UUID, *, so_far: str = "") -> list[dict[str, Any]]:
    """The `messages` of a request that asks for an answer to the message `leaf_id`.

    `so_far` is an answer that broke off and is to be continued. Answers without text are left out, and neighbours of
    one role are joined: many chat templates refuse two messages of the same role in a row.
    """
    messages: list[dict[str, Any]] = []
    if conversation.system_prompt:
        messages.append({"role": "system", "content": conversation.system_prompt})
    for role, text in _said(leaf_id):
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += "\n\n" + text
        else:
            messages.append({"role": role, "content": text})
    if so_far:
        messages.append({"role": "assistant", "content": so_far})
        messages.append({"role": "user", "content": CONTINUE_PROMPT})
    return messages


def _said(leaf_id: UUID) -> list[tuple[str, str]]:
    """Role and text of every part that says something, in order. Plain values: a history may be thousands of rows."""
    path = Message.objects.path_ids(leaf_id)
    said: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    parts = Part.objects.filter(message__in=path, kind__in=SAID).exclude(text="").order_by("index")
    for message_id, role, text in parts.values_list("message_id", "message__role", "text"):
        said[message_id].append((role, text))
    return [part for message_id in path for part in said[message_id]]
