"""The rows that an answer needs before anybody is asked for it: those of many answers are stored at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.utils import timezone

from conversations.models import Attachment, Completion, Conversation, Generation, Message, Part
from conversations.services.attachments import mark_sent
from conversations.services.transcripts import advance

SEEN_AND_HEARD = {Attachment.Kind.IMAGE, Attachment.Kind.AUDIO}


class Turn(msgspec.Struct, frozen=True):
    """An answer that is due to the message `answers_id`: `generation_id` is to be run.

    `conversation` is the row as it was then, which says whom to ask. `message_ids` are the rows made for it, the
    answer's own last. One that `continues` another has its parts already. What is said around the answer is said in
    `language`.
    """

    conversation: Conversation
    generation_id: UUID
    answers_id: UUID
    message_ids: tuple[UUID, ...]
    revision: int
    language: str
    continues: bool = False

    @property
    def conversation_id(self) -> UUID:
        return self.conversation.pk

    @property
    def answer_id(self) -> UUID:
        return self.message_ids[-1]


class TurnRows:
    """Rows that are collected, naming one another by their ids, and then stored."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.parts: list[Part] = []
        self.generations: list[Generation] = []
        self.completions: list[Completion] = []
        self.files: list[Attachment] = []

    def store(self) -> None:
        Message.objects.bulk_create(self.messages)
        Part.objects.bulk_create(self.parts)
        Generation.objects.bulk_create(self.generations)
        Completion.objects.bulk_create(self.completions)
        if self.files:
            mark_sent(self.files)

    def ask(
        self,
        conversation: Conversation,
        text: str,
        *,
        parent_id: UUID | None,
        sent_as: UUID | None = None,
        files: Sequence[Attachment] = (),
    ) -> Message:
        """What somebody says, with the files that they show: these come first, as on the page."""
        asked = Message(
            conversation_id=conversation.pk, parent_id=parent_id, role=Message.Role.USER, sent_as=sent_as
        )
        self.messages.append(asked)
        for index, file in enumerate(files):
            kind = file.kind if file.kind in SEEN_AND_HEARD else Part.Kind.FILE
            self.parts.append(Part(message_id=asked.pk, index=index, kind=kind, attachment=file))
        self.files += files
        if text or not files:
            self.parts.append(Part(message_id=asked.pk, index=len(files), kind=Part.Kind.TEXT, text=text))
        return asked

    def answer(
        self,
        conversation: Conversation,
        asked_id: UUID,
        *,
        process: str,
        language: str,
        is_added: bool = False,
    ) -> Turn:
        """The answer to a message, now the head of its locked conversation.

        When both `is_added` to the end, an open page only grows by them.
        """
        now = timezone.now()
        generation = Generation(
            conversation_id=conversation.pk, answers_id=asked_id, process=process, heartbeat_at=now
        )
        completion = Completion(
            generation_id=generation.pk,
            endpoint_id=conversation.endpoint_id,
            model=conversation.model,
            started_at=now,
        )
        answer = Message(
            conversation_id=conversation.pk,
            parent_id=asked_id,
            role=Message.Role.ASSISTANT,
            status=Message.Status.STREAMING,
            model=conversation.model,
            generation_id=generation.pk,
            completion_id=completion.pk,
        )
        self.generations.append(generation)
        self.completions.append(completion)
        self.messages.append(answer)
        ids = (asked_id, answer.pk) if is_added else (answer.pk,)
        revision = advance(
            conversation, "added" if is_added else "head", ids, head_id=answer.pk, active_at=now
        )
        return Turn(
            conversation=conversation,
            generation_id=generation.pk,
            answers_id=asked_id,
            message_ids=ids,
            revision=revision,
            language=language,
        )
