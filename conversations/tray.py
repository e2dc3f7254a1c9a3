"""The files that wait to be sent, as the page shows them beside what is being written: also how each will be sent."""

from __future__ import annotations

import msgspec
from django.utils.translation import gettext as _

from conversations.attachment_cards import AttachmentCard, attachment_card
from conversations.generation.receivers import Receiver, receiver_for
from conversations.models import Attachment, Conversation
from conversations.services import attachments, endpoints


class TrayCard(AttachmentCard, frozen=True):
    """`how` says how the model will get it, in words; empty where that goes without saying."""

    how: str = ""
    is_taken: bool = True


def waiting_cards(owner_id: int, conversation: Conversation | None, *, model_key: str = "") -> list[TrayCard]:
    """What waits in a conversation, or in the one that is yet to begin; one query if nothing does."""
    waiting = attachments.in_conversation(conversation, owner_id)
    if not waiting:
        return []
    receiver = receiver_of(conversation, model_key)
    return [tray_card(attachment, receiver) for attachment in waiting]


def receiver_of(conversation: Conversation | None, model_key: str) -> Receiver:
    """Whoever a page would ask: `model_key` is what it calls the model, empty for the conversation's own."""
    if conversation and model_key in {"", endpoints.model_key(conversation.endpoint, conversation.model)}:
        return receiver_for(conversation.endpoint, conversation.model, withheld=conversation.withheld)
    choice = endpoints.choose(model_key, at=conversation.endpoint if conversation else None)
    return receiver_for(choice.endpoint, choice.name) if choice else Receiver()


def tray_card(attachment: Attachment, receiver: Receiver) -> TrayCard:
    how, is_taken = _how(attachment, receiver)
    return TrayCard(**msgspec.structs.asdict(attachment_card(attachment)), how=how, is_taken=is_taken)


def _how(attachment: Attachment, receiver: Receiver) -> tuple[str, bool]:
    if attachment.kind == Attachment.Kind.IMAGE:
        return ("", True) if receiver.reads_pictures else (_("Not sent: this model takes no pictures"), False)
    if attachment.kind == Attachment.Kind.AUDIO:
        return ("", True) if receiver.hears_sound else (_("Not sent: this model takes no sound"), False)
    if receiver.reads_itself(attachment):
        return _("Sent as the file"), True
    if not attachment.facts.get("words"):
        return _("Not sent: no text could be read out of it"), False
    return _("Sent as text"), True
