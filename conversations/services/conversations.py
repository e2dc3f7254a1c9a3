"""What an owner does with whole conversations: make, name, pin, archive, delete and bring back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from django.utils import timezone

from conversations.models import (
    Checkpoint,
    Completion,
    Conversation,
    Endpoint,
    Generation,
    Message,
    Part,
    RequestSettings,
)
from conversations.services.attachments import remove_unused
from conversations.services.notify import ConversationDeleted, SidebarChange, SidebarChanged, notify
from conversations.services.request_settings import NOTHING_SET
from conversations.services.transactions import writing

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

TITLE_LENGTH = 80
UNDO_FOR = timedelta(days=30)


def create_conversation(
    owner: AbstractBaseUser,
    *,
    endpoint: Endpoint | None,
    model: str,
    first_text: str,
    settings: RequestSettings = NOTHING_SET,
) -> Conversation:
    """A new conversation, titled by its first words until the model has written a title."""
    with writing():
        return Conversation.objects.create(
            owner_id=owner.pk,
            endpoint=endpoint,
            model=model,
            title=title_from_words(first_text),
            **msgspec.structs.asdict(settings),
        )


def title_from_words(text: str) -> str:
    """The first words of `text` on one line, cut at a word's end."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[: TITLE_LENGTH - 1].rsplit(" ", 1)[0]
    return (cut if len(cut) > TITLE_LENGTH // 2 else line[: TITLE_LENGTH - 1]) + "…"


def rename_conversation(conversation: Conversation, title: str) -> None:
    """Give it the owner's title; an empty one is ignored. From then on the model's title is not taken."""
    wanted = " ".join(title.split())[:200]
    if wanted:
        _update(conversation, "in_place", title=wanted, title_source=Conversation.TitleSource.USER)


def accept_model_title(conversation: Conversation, title: str) -> None:
    """Take the title that the model wrote, unless the owner was faster."""
    with writing():
        changed = Conversation.objects.filter(
            pk=conversation.pk, title_source=Conversation.TitleSource.WORDS
        ).update(title=title[:200], title_source=Conversation.TitleSource.MODEL)
        if changed:
            _ring(conversation, "in_place")


def set_pinned(conversation: Conversation, *, pinned: bool) -> None:
    _update(conversation, "reordered", pinned=pinned)


def set_archived(conversation: Conversation, *, archived: bool) -> None:
    _update(conversation, "reordered", archived=archived)


def choose_model(conversation: Conversation, *, endpoint: Endpoint | None, model: str) -> None:
    """Ask `model` from the next message on."""
    with writing():
        # What another model refused may be welcome to this one.
        values: dict[str, Any] = {"endpoint": endpoint, "model": model, "withheld": []}
        Conversation.objects.filter(pk=conversation.pk).update(**values)
    conversation.endpoint, conversation.model, conversation.withheld = endpoint, model, []


def delete_conversation(conversation: Conversation) -> None:
    """Take it out of sight. It can be brought back until it is purged."""
    with writing():
        _update(conversation, "reordered", deleted_at=timezone.now())
        notify(ConversationDeleted(conversation_id=conversation.pk))


def restore_conversation(conversation: Conversation) -> None:
    """Undo a deletion."""
    _update(conversation, "reordered", deleted_at=None)


def purge_deleted() -> int:
    """Remove for good what was deleted longer ago than `UNDO_FOR`; returns how many conversations went."""
    doomed = list(
        Conversation.objects.filter(deleted_at__lt=timezone.now() - UNDO_FOR).values_list("pk", flat=True)
    )
    for conversation_id in doomed:
        # One at a time: people who write wait for this.
        remove_for_good(conversation_id)
    return len(doomed)


def remove_for_good(conversation_id: UUID) -> None:
    """Remove a conversation with all that was said in it."""
    with writing():
        Conversation.objects.filter(pk=conversation_id).update(head=None)
        generations = Generation.objects.filter(conversation=conversation_id)
        messages = Message.objects.filter(conversation=conversation_id)
        parts = Part.objects.filter(message__conversation=conversation_id)
        files = list(parts.exclude(attachment=None).values_list("attachment", flat=True).distinct())
        parts.delete()
        messages.update(generation=None, completion=None, parent=None)
        Completion.objects.filter(generation__in=generations).delete()
        Checkpoint.objects.filter(generation__in=generations).delete()
        generations.delete()
        messages.delete()
        remove_unused(conversation_id, files)
        Conversation.objects.filter(pk=conversation_id).delete()


def _update(conversation: Conversation, change: SidebarChange, **values: object) -> None:
    with writing():
        for name, value in values.items():
            setattr(conversation, name, value)
        conversation.save(update_fields=list(values))
        _ring(conversation, change)


def _ring(conversation: Conversation, change: SidebarChange) -> None:
    notify(SidebarChanged(user_id=conversation.owner_id, conversation_id=conversation.pk, change=change))
