"""A conversation as a page shows it: the newest messages of the shown branch, and older ones page by page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.urls import reverse

from conversations.generation.reaper import unfinished_cards
from conversations.models import Conversation, Generation, Message, readable_name
from conversations.presenters import MessageCard, message_cards
from conversations.services.endpoints import model_key

PAGE_SIZE = 20


class ConversationHead(msgspec.Struct, frozen=True):
    """What the page around the messages needs to know of a conversation."""

    id: UUID
    title: str
    revision: int
    url: str
    pinned: bool
    archived: bool
    model_key: str
    model_label: str
    is_streaming: bool
    # The answer that is being written is not among the messages shown: another branch is, or an older page.
    is_writing_elsewhere: bool


def conversation_head(conversation: Conversation, messages: list[MessageCard]) -> ConversationHead:
    shown = any(message.status == Message.Status.STREAMING for message in messages)
    elsewhere = not shown and Generation.objects.running().filter(conversation=conversation).exists()
    return ConversationHead(
        id=conversation.pk,
        title=conversation.title,
        revision=conversation.revision,
        url=conversation.get_absolute_url(),
        pinned=conversation.pinned,
        archived=conversation.archived,
        model_key=model_key(conversation.endpoint, conversation.model),
        model_label=readable_name(conversation.model),
        is_streaming=shown or elsewhere,
        is_writing_elsewhere=elsewhere,
    )


def transcript_page(conversation: Conversation, *, before: UUID | None = None) -> dict[str, Any]:
    """The last messages of the shown branch, or the last ones before the message `before`.

    Keys: `messages`, oldest first, and `older_url`, empty when nothing is older. Costs the same wherever in a
    conversation it is, and however long that is.
    """
    leaf_id = conversation.head_id if before is None else _parent_of(conversation, before)
    if leaf_id is None:
        return {"messages": [], "older_url": ""}
    ids = Message.objects.path_ids(leaf_id, PAGE_SIZE + 1)
    shown = ids[-PAGE_SIZE:]
    messages = Message.objects.in_order(shown)
    older = f"{reverse('messages', args=[conversation.pk])}?before={shown[0]}" if len(ids) > PAGE_SIZE else ""
    return {"messages": message_cards(messages, unfinished_cards(messages)), "older_url": older}


def _parent_of(conversation: Conversation, message_id: UUID) -> UUID | None:
    return (
        Message.objects.filter(pk=message_id, conversation=conversation)
        .values_list("parent_id", flat=True)
        .first()
    )


def versions_of(message: Message) -> list[Message]:
    """The message and all others that answer the same one, or begin the conversation like it; oldest first."""
    family = Message.objects.filter(conversation_id=message.conversation_id, parent_id=message.parent_id)
    return Message.objects.in_order(family.order_by("id").values_list("id", flat=True))


def shown_ids(conversation: Conversation) -> list[UUID]:
    """The ids of all messages of the shown branch."""
    return Message.objects.path_ids(conversation.head_id) if conversation.head_id else []
