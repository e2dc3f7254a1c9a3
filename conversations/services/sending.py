"""Messages on their way into conversations: those that many people send at the same moment are stored at once.

A transaction costs about as much as all that it holds, so hundreds of answers that begin within a second would wait
for one another if each had one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from conversations.models import Conversation, Generation, Message
from conversations.protocol.text_repair import clean_text
from conversations.services import attachments, endpoints
from conversations.services.conversations import choose_model
from conversations.services.errors import (
    AnswerInProgress,
    NoConversation,
    NotPossible,
    ServiceError,
    SignedOut,
)
from conversations.services.sessions import SocketSession, going_on
from conversations.services.transactions import writing
from conversations.services.transcripts import lock_conversations
from conversations.services.turn_rows import Turn, TurnRows
from conversations.services.turns import checked_text


class Outgoing(msgspec.Struct, frozen=True):
    """What somebody says in a conversation of theirs, and in which language they read.

    `files` are ids of attachments that wait to be sent, in their order. `key` names the act of sending it: sent again,
    for want of an answer, it is stored once. `model_key` is what a page calls the model to ask from now on; empty for
    the one that the conversation asks. `session` must still be going on; None for a request, which has shown that.
    """

    sender_id: int
    conversation_id: UUID
    text: str
    key: UUID
    language: str
    model_key: str = ""
    files: tuple[UUID, ...] = ()
    session: SocketSession | None = None


Sent = Turn | None


def send_messages(outgoing: Sequence[Outgoing], *, process: str = "") -> list[Sent | Exception]:
    """Store each under the answer shown last, and the answer that is due; returns for each, in its place, its turn.

    What was stored when it was sent before has its turn again while `process` is to run it, and after that None. A
    ServiceError stands for what is refused, of which nothing is stored. Raises what the database refuses; then nothing
    of any of them is stored.
    """
    with writing():
        return _send(outgoing, process)


def _send(outgoing: Sequence[Outgoing], process: str) -> list[Sent | Exception]:
    there = lock_conversations(each.conversation_id for each in outgoing)
    stored = {
        message.sent_as: message
        for message in Message.objects.filter(sent_as__in=[each.key for each in outgoing])
    }
    running = set(
        Generation.objects.running().filter(conversation__in=there).values_list("conversation_id", flat=True)
    )
    sessions = going_on(each.session for each in outgoing if each.session)
    there_are = attachments.outgoing([(each.sender_id, pk) for each in outgoing for pk in each.files])
    rows = TurnRows()
    results: list[Sent | Exception] = []
    # Whatever is refused is refused before anything is changed for it.
    for each in outgoing:
        conversation = there.get(each.conversation_id)
        try:
            if each.session and each.session not in sessions:
                raise SignedOut
            if conversation is None or not conversation.is_visible_to(each.sender_id):
                raise NoConversation
            if each.key in stored:
                results.append(_sent_before(stored[each.key], conversation, each, process))
                continue
            text = checked_text(each.text, may_be_empty=bool(each.files))
            files = attachments.checked_files(each.files, there_are)
            if conversation.pk in running:
                raise AnswerInProgress
            _choose(conversation, clean_text(each.model_key))
            asked = rows.ask(
                conversation, text, parent_id=conversation.head_id, sent_as=each.key, files=files
            )
            for file in files:
                del there_are[file.pk]
            turn = rows.answer(conversation, asked.pk, process=process, language=each.language, is_added=True)
            results.append(turn)
            running.add(conversation.pk)
            stored[each.key] = asked
        except ServiceError as refused:
            results.append(refused)
    rows.store()
    return results


def _sent_before(asked: Message, conversation: Conversation, again: Outgoing, process: str) -> Sent:
    if asked.conversation_id != conversation.pk:
        raise NotPossible
    # Nobody may have begun it: the connection to the database can break when everything is stored already.
    due = Generation.objects.running().filter(answers=asked, process=process).first()
    if due is None:
        return None
    return Turn(
        conversation=conversation,
        generation_id=due.pk,
        answers_id=asked.pk,
        message_ids=(asked.pk, due.messages.get().pk),
        revision=conversation.revision,
        language=again.language,
    )


def _choose(conversation: Conversation, model_key: str) -> None:
    if not model_key or model_key == endpoints.model_key(conversation.endpoint, conversation.model):
        return
    choice = endpoints.choose(model_key, at=conversation.endpoint)
    if choice:
        choose_model(conversation, endpoint=choice.endpoint, model=choice.name)
