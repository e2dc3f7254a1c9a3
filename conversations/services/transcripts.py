"""Where a conversation's revision moves on, so that every open page can tell whether it missed something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from conversations.models import Conversation
from conversations.services.notify import SidebarChanged, TranscriptChange, TranscriptChanged, notify


def lock_conversation(conversation_id: UUID) -> Conversation:
    """The conversation's row, held until the transaction ends: changes of one transcript happen one after another."""
    try:
        return lock_conversations([conversation_id])[conversation_id]
    except KeyError as missing:
        raise Conversation.DoesNotExist from missing


def lock_conversations(conversation_ids: Iterable[UUID]) -> dict[UUID, Conversation]:
    """The rows that there are, each with its endpoint, held likewise; always in one order, so that nobody waits for
    somebody who waits for them.
    """
    held = Conversation.objects.select_for_update(of=("self",)).select_related("endpoint")
    return {row.pk: row for row in held.filter(pk__in=set(conversation_ids)).order_by("pk")}


def advance(
    conversation: Conversation,
    change: TranscriptChange,
    message_ids: tuple[UUID, ...] = (),
    *,
    last_frame: tuple[str, int] | None = None,
    **values: Any,
) -> int:
    """Move a locked conversation to its next revision, store `values` with it and ring the doorbells."""
    conversation.revision += 1
    for name, value in values.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=["revision", *values])
    notify(
        TranscriptChanged(
            conversation_id=conversation.pk,
            revision=conversation.revision,
            change=change,
            message_ids=message_ids,
            last_frame=last_frame,
        )
    )
    notify(
        SidebarChanged(
            user_id=conversation.owner_id,
            conversation_id=conversation.pk,
            change="first" if "active_at" in values else "in_place",
        )
    )
    return conversation.revision
