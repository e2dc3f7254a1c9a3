"""Messages on their way into conversations: those that many people send at the same moment are stored at once.

A transaction costs about as much as all that it holds, so hundreds of answers that begin within a second would wait
for one another if each had one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from conversations.models import Conversation, Generation, Message
from conversations.services import endpoints
from conversations.services.conversations import choose_model
from conversations.services.errors import AnswerInProgress, NoConversation, ServiceError, SignedOut
from conversations.services.sessions import going_on
from conversations.services.transactions import writing
from conversations.services.transcripts import lock_conversations
from conversations.services.turn_rows import Turn, TurnRows
from conversations.services.turns import checked_text


class Outgoing(msgspec.Struct, frozen=True):
    """What somebody says in a conversation of theirs, and in which language they read.

    `key` names the act of sending it: sent again, for want of an answer, it is stored once. `model_key` is what a page
    calls the model to ask from now on; empty for the one that the conversation asks. `session_key` is of a session that
    must still be going on; empty if that is known.
    """

    sender_id: int
    conversation_id: UUID
    text: str
    key: UUID
    language: str
    model_key: str = ""
    session_key: str = ""


Sent = Turn | None


def send_messages(outgoing: Sequence[Outgoing], *, process: str = "") -> list[Sent | Exception]:
    """Store each under the answer shown last, and the answer that is due; returns for each, in its place, its turn.

    None stands for what was stored when it was sent before, a ServiceError for what is refused, of which nothing is
    stored. Raises what the database refuses; then nothing of any of them is stored.
    """
    with writing():
        return _send(outgoing, process)


def _send(outgoing: Sequence[Outgoing], process: str) -> list[Sent | Exception]:
    there = lock_conversations(each.conversation_id for each in outgoing)
    before = Message.objects.filter(sent_as__in=[each.key for each in outgoing], conversation__in=there)
    stored = set(before.values_list("conversation_id", "sent_as"))
    running = set(
        Generation.objects.running().filter(conversation__in=there).values_list("conversation_id", flat=True)
    )
    sessions = going_on(each.session_key for each in outgoing if each.session_key)
    rows = TurnRows()
    results: list[Sent | Exception] = []
    for each in outgoing:
        conversation = there.get(each.conversation_id)
        try:
            if each.session_key and each.session_key not in sessions:
                raise SignedOut
            if conversation is None or not conversation.is_visible_to(each.sender_id):
                raise NoConversation
            if (conversation.pk, each.key) in stored:
                results.append(None)
                continue
            text = checked_text(each.text)
            if conversation.pk in running:
                raise AnswerInProgress
            _choose(conversation, each.model_key)
            asked_id = rows.ask(conversation, text, parent_id=conversation.head_id, sent_as=each.key)
            results.append(
                rows.answer(conversation, asked_id, process=process, language=each.language, is_added=True)
            )
            running.add(conversation.pk)
        except ServiceError as refused:
            results.append(refused)
    rows.store()
    return results


def _choose(conversation: Conversation, model_key: str) -> None:
    if not model_key or model_key == endpoints.model_key(conversation.endpoint, conversation.model):
        return
    choice = endpoints.choose(model_key, at=conversation.endpoint)
    if choice:
        choose_model(conversation, endpoint=choice.endpoint, model=choice.name)
