"""Rows to request: what an endpoint is sent, so that it knows everything that was said on the shown branch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from conversations.models import Conversation, Message, Part

CONTINUE_PROMPT = "Continue your last message exactly where it broke off, without repeating or commenting."


def request_messages(conversation: Conversation, leaf_id: UUID, *, so_far: str = "") -> list[dict[str, Any]]:
    """The `messages` of a request that asks for an answer to the message `leaf_id`.

    `so_far` is an answer that broke off and is to be continued. Answers without text are left out, and neighbours of
    one role are joined: many chat templates refuse two messages of the same role in a row.
    """
    messages: list[dict[str, Any]] = []
    if conversation.system_prompt:
        messages.append({"role": "system", "content": conversation.system_prompt})
    for message in Message.objects.in_order(Message.objects.path_ids(leaf_id)):
        text = _text(message)
        if not text:
            continue
        if messages and messages[-1]["role"] == message.role:
            messages[-1]["content"] += "\n\n" + text
        else:
            messages.append({"role": message.role, "content": text})
    if so_far:
        messages.append({"role": "assistant", "content": so_far})
        messages.append({"role": "user", "content": CONTINUE_PROMPT})
    return messages


def _text(message: Message) -> str:
    kinds = {Part.Kind.TEXT, Part.Kind.REFUSAL, Part.Kind.AUDIO}
    return "\n\n".join(part.text for part in message.parts.all() if part.kind in kinds and part.text)
