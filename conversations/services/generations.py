"""How a run is kept: checkpoints while it goes on, its messages whole when it ends, exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from conversations.models import Checkpoint, Completion, Generation, Message, Part
from conversations.services.transactions import writing
from conversations.services.transcripts import advance, lock_conversation


class PartRecord(msgspec.Struct, frozen=True):
    """A part as it is to be stored."""

    kind: str
    text: str = ""
    data: dict[str, Any] = {}
    html: str = ""
    html_version: int = 0
    seconds: float | None = None
    attachment_id: UUID | None = None

    @classmethod
    def of(cls, part: Part) -> PartRecord:
        return cls(
            kind=part.kind,
            text=part.text,
            data=part.data,
            html=part.html,
            html_version=part.html_version,
            seconds=part.seconds,
            attachment_id=part.attachment_id,
        )

    def row(self, message_id: UUID, index: int) -> Part:
        return Part(
            message_id=message_id,
            index=index,
            kind=self.kind,
            text=self.text,
            data=self.data,
            html=self.html,
            html_version=self.html_version,
            seconds=self.seconds,
            attachment_id=self.attachment_id,
        )


class MessageRecord(msgspec.Struct, frozen=True):
    """One choice of a finished run. `message_id` is None for a choice that has no row yet."""

    choice_index: int
    message_id: UUID | None
    status: str
    parts: list[PartRecord]
    finish_reason: str = ""
    model: str = ""
    extra: dict[str, Any] = {}


class CheckpointRecord(msgspec.Struct, frozen=True):
    """What one run received since its last checkpoint; see Checkpoint.data for the shape of `data`."""

    generation_id: UUID
    sequence: int
    data: list[list[Any]]


def save_checkpoints(records: Sequence[CheckpointRecord], running: Sequence[UUID]) -> set[UUID]:
    """Keep what came in the last second for all runs of this process, and say that they are alive.

    Three statements, however many runs there are. What has ended in the meantime is passed over; returns those that are
    gone, with the account or the conversation that they were for.
    """
    with writing():
        statuses = dict(Generation.objects.filter(pk__in=running).values_list("pk", "status"))
        alive = {pk for pk, status in statuses.items() if status == Generation.Status.RUNNING}
        Checkpoint.objects.bulk_create(
            Checkpoint(generation_id=record.generation_id, sequence=record.sequence, data=record.data)
            for record in records
            if record.generation_id in alive
        )
        Generation.objects.filter(pk__in=alive).update(heartbeat_at=timezone.now())
    return set(running) - statuses.keys()


def finish_generation(
    generation_id: UUID,
    *,
    status: str,
    messages: Sequence[MessageRecord],
    exchange: dict[str, Any],
    last_frame: tuple[str, int] | None = None,
    silent_since: datetime | None = None,
) -> bool:
    """Write the run's messages whole and end it. `exchange` holds the Completion's fields; for `last_frame` see
    TranscriptChanged.

    Returns False, and changes nothing, if the run had ended already. The process that owned the run knows more than
    one that took it for abandoned, which gives the last heartbeat it saw as `silent_since`: what that one wrote is
    replaced, and it writes nothing if there was another heartbeat since. Raises Generation.DoesNotExist.
    """
    with writing():
        generation = Generation.objects.get(pk=generation_id)
        conversation = lock_conversation(generation.conversation_id)
        now = timezone.now()
        unfinished = Generation.objects.filter(pk=generation_id)
        if silent_since is None:
            unfinished = unfinished.filter(
                status__in=[Generation.Status.RUNNING, Generation.Status.INTERRUPTED]
            )
        else:
            unfinished = unfinished.running().filter(heartbeat_at=silent_since)
        if not unfinished.update(status=status, finished_at=now):
            return False
        completion = Completion.objects.filter(generation_id=generation_id).order_by("-id").first()
        if completion and exchange:
            Completion.objects.filter(pk=completion.pk).update(**exchange)
        shown = tuple(record.message_id for record in messages if record.message_id) or tuple(
            generation.messages.values_list("pk", flat=True)
        )
        for record in messages:
            _write_message(generation, completion, record)
        generation.messages.filter(status=Message.Status.STREAMING).update(status=status, finished_at=now)
        Checkpoint.objects.filter(generation_id=generation_id).delete()
        if not conversation.model and exchange.get("endpoint"):
            # Nobody had chosen: from now on it is the one that answered.
            conversation.endpoint, conversation.model = exchange["endpoint"], exchange["model"]
            conversation.save(update_fields=["endpoint", "model"])
        if generation.status != Generation.Status.RUNNING:
            last_frame = None  # pages were shown what another process took for the end
        advance(conversation, "changed", shown, last_frame=last_frame, active_at=now)
    return True


def _write_message(generation: Generation, completion: Completion | None, record: MessageRecord) -> None:
    fields = {
        "status": record.status,
        "finish_reason": record.finish_reason[:64],
        "extra": record.extra,
        "finished_at": timezone.now(),
    }
    if record.model:
        fields["model"] = record.model[:255]
    if record.message_id is None:
        message_id = Message.objects.create(
            conversation_id=generation.conversation_id,
            parent_id=generation.answers_id,
            role=Message.Role.ASSISTANT,
            generation=generation,
            completion=completion,
            choice_index=record.choice_index,
            **fields,
        ).pk
    else:
        message_id = record.message_id
        Message.objects.filter(pk=message_id).update(**fields)
        Part.objects.filter(message_id=message_id).delete()
    Part.objects.bulk_create(part.row(message_id, index) for index, part in enumerate(record.parts))
