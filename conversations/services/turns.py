"""What a reader asks for: a message sent, an answer again, an answer continued, a message edited, a version shown.

Each stores everything that the turn needs in one transaction before any endpoint is called, and returns the
generation to run. Nothing here calls an endpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from django.db import IntegrityError
from django.utils.translation import get_language

from conversations.models import Attachment, Conversation, Generation, Message, Part, RequestSettings
from conversations.protocol.refusals import UNREADABLE, without_parameter
from conversations.protocol.text_repair import clean_text
from conversations.services import attachments
from conversations.services.conversations import create_conversation
from conversations.services.endpoints import ModelChoice
from conversations.services.errors import AnswerInProgress, MessageTooLong, NothingToSend, NotPossible
from conversations.services.generations import PartRecord
from conversations.services.request_settings import settings_to_begin_with
from conversations.services.transactions import writing
from conversations.services.transcripts import advance, lock_conversation
from conversations.services.turn_rows import Turn, TurnRows

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

MESSAGE_LIMIT = 1_000_000


def checked_text(text: str, *, may_be_empty: bool = False) -> str:
    """`text` as it may be stored; raises NothingToSend or MessageTooLong."""
    text = clean_text(text.replace("\r\n", "\n"))
    if not text.strip():
        if not may_be_empty:
            raise NothingToSend
        return ""
    if len(text) > MESSAGE_LIMIT:
        raise MessageTooLong(length=len(text), limit=MESSAGE_LIMIT)
    return text


def send_first_message(
    owner: AbstractBaseUser,
    text: str,
    *,
    choice: ModelChoice | None,
    settings: RequestSettings | None = None,
    process: str = "",
    sent_as: UUID | None = None,
    files: Sequence[UUID] = (),
) -> tuple[Conversation, Turn | None]:
    """Store a new conversation with what the reader wrote, and the answer that is due: both, or nothing.

    `files` are the attachments that go with it, in their order. Without `settings` it begins with those that its owner
    has set for new conversations. Sent again under the same name, it is the conversation that there is, and no further
    answer is due.
    """
    text = checked_text(text, may_be_empty=bool(files))
    try:
        with writing():
            if before := _begun_as(sent_as, owner):
                return before, None
            there = attachments.outgoing([(owner.pk, pk) for pk in files])
            chosen = attachments.checked_files(files, there)
            made = create_conversation(
                owner,
                endpoint=choice.endpoint if choice else None,
                model=choice.name if choice else "",
                first_text=text or ", ".join(file.name for file in chosen),
                settings=settings or settings_to_begin_with(owner.pk, choice.key if choice else ""),
            )
            turn = _ask(
                made, text, parent_id=None, process=process, is_added=True, sent_as=sent_as, files=chosen
            )
            return made, turn
    except IntegrityError:
        # The same request at the same moment was faster, or the conversation that it made was deleted since.
        if before := _begun_as(sent_as, owner):
            return before, None
        if sent_as is None:
            raise
        return send_first_message(owner, text, choice=choice, settings=settings, process=process, files=files)


def _begun_as(sent_as: UUID | None, owner: AbstractBaseUser) -> Conversation | None:
    if sent_as is None:
        return None
    return Conversation.objects.visible_to(owner).filter(messages__sent_as=sent_as).first()


def edit_message(message: Message, text: str, *, process: str = "") -> Turn:
    """Say it differently: a version beside the old message, with the same files and an answer of its own."""
    files = [part.attachment for part in message.parts.select_related("attachment") if part.attachment]
    text = checked_text(text, may_be_empty=bool(files))
    if message.role != Message.Role.USER:
        raise NotPossible
    with writing():
        locked = lock_conversation(message.conversation_id)
        _refuse_if_running(locked)
        return _ask(locked, text, parent_id=message.parent_id, process=process, is_added=False, files=files)


def regenerate(message: Message, *, process: str = "", without: str = "") -> Turn:
    """Another version of an answer, beside the one there is; from now on, in this conversation, `without` a parameter
    or a kind of part that the model has refused.
    """
    if message.role != Message.Role.ASSISTANT or message.parent_id is None:
        raise NotPossible
    with writing():
        locked = lock_conversation(message.conversation_id)
        _refuse_if_running(locked)
        if without in locked.parameters:
            locked.parameters = without_parameter(locked.parameters, without)
            locked.save(update_fields=["parameters"])
        if without in UNREADABLE and without not in locked.withheld:
            locked.withheld = [*locked.withheld, without]
            locked.save(update_fields=["withheld"])
        return _answer(locked, message.parent_id, process=process)


def continue_answer(message: Message, *, process: str = "") -> Turn:
    """Go on where an answer broke off: a version that starts with everything it said so far."""
    unfinished = message.status != Message.Status.COMPLETE or message.finish_reason == "length"
    if message.role != Message.Role.ASSISTANT or message.parent_id is None or not unfinished:
        raise NotPossible
    with writing():
        locked = lock_conversation(message.conversation_id)
        _refuse_if_running(locked)
        turn = _answer(locked, message.parent_id, process=process)
        Part.objects.bulk_create(
            PartRecord.of(part).row(turn.answer_id, index) for index, part in enumerate(message.parts.all())
        )
        return msgspec.structs.replace(turn, continues=True)


def select_version(message: Message) -> int:
    """Show the branch that `message` is on, down to what was said last there; returns the new revision."""
    with writing():
        locked = lock_conversation(message.conversation_id)
        leaf_id = Message.objects.newest_descendant_id(message.pk)
        if leaf_id == locked.head_id:
            return locked.revision
        return advance(locked, "head", head_id=leaf_id)


def _refuse_if_running(conversation: Conversation) -> None:
    if Generation.objects.running().filter(conversation=conversation).exists():
        raise AnswerInProgress


def _ask(
    conversation: Conversation,
    text: str,
    *,
    parent_id: UUID | None,
    process: str,
    is_added: bool,
    sent_as: UUID | None = None,
    files: Sequence[Attachment] = (),
) -> Turn:
    rows = TurnRows()
    asked = rows.ask(conversation, text, parent_id=parent_id, sent_as=sent_as, files=files)
    turn = rows.answer(
        conversation, asked.pk, process=process, language=get_language() or "en", is_added=is_added
    )
    rows.store()
    return turn


def _answer(conversation: Conversation, asked_id: UUID, *, process: str) -> Turn:
    rows = TurnRows()
    turn = rows.answer(conversation, asked_id, process=process, language=get_language() or "en")
    rows.store()
    return turn
