"""Who may see what: every lookup on somebody's behalf goes through here, and what is not theirs does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from conversations.models import Attachment, Conversation, Message, Part, Preset

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    User = AbstractBaseUser | AnonymousUser


def conversation_for(user: User, conversation_id: UUID) -> Conversation:
    """The conversation, if `user` may open it; raises Http404 for a stranger's, a deleted and an unknown one alike."""
    try:
        return Conversation.objects.visible_to(user).select_related("endpoint").get(pk=conversation_id)
    except Conversation.DoesNotExist as missing:
        raise Http404 from missing


def deleted_conversation_for(user: User, conversation_id: UUID) -> Conversation:
    """A conversation that `user` deleted and that is not purged yet, to bring it back."""
    try:
        return Conversation.objects.exclude(deleted_at=None).get(pk=conversation_id, owner_id=user.pk)
    except Conversation.DoesNotExist as missing:
        raise Http404 from missing


def message_for(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    """The message, if `user` may open its conversation (which comes loaded with it); raises Http404 otherwise."""
    try:
        return (
            Message.objects.select_related("conversation", "completion")
            .defer("completion__request", "completion__response")
            .filter(conversation__in=Conversation.objects.visible_to(user))
            .get(pk=message_id, conversation_id=conversation_id)
        )
    except Message.DoesNotExist as missing:
        raise Http404 from missing


def attachment_for(user: User, attachment_id: UUID) -> Attachment:
    """A file that `user` may see, without its text: one in a conversation that they may open, or one of theirs that no
    message shows yet, because it waits to be sent or its answer is still being given; raises Http404 otherwise.
    """
    shown = Part.objects.filter(attachment=OuterRef("pk"))
    visible = shown.filter(message__conversation__in=Conversation.objects.visible_to(user))
    rows = Attachment.objects.light().filter((Q(owner_id=user.pk) & ~Exists(shown)) | Exists(visible))
    try:
        return rows.get(pk=attachment_id)
    except Attachment.DoesNotExist as missing:
        raise Http404 from missing


def waiting_attachment_for(user: User, attachment_id: UUID) -> Attachment:
    """A file that `user` has put beside what they write, and may still change."""
    try:
        return Attachment.objects.waiting(user.pk or 0).get(pk=attachment_id)
    except Attachment.DoesNotExist as missing:
        raise Http404 from missing


def preset_for(user: User, preset_id: str) -> Preset:
    """A preset that `user` may use, by the number in a request: their own, or one that is shared; raises Http404
    otherwise.
    """
    try:
        return Preset.objects.usable_by(user).get(pk=preset_id)
    except (Preset.DoesNotExist, ValueError, OverflowError) as missing:
        raise Http404 from missing


def own_preset_for(user: User, preset_id: int) -> Preset:
    """A preset that `user` may change."""
    try:
        return Preset.objects.get(pk=preset_id, owner_id=user.pk)
    except Preset.DoesNotExist as missing:
        raise Http404 from missing


def id_in(text: str | None) -> UUID | None:
    """The id that a request names; None for none, and for what is no id."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
