"""Runs whose process is gone: what their checkpoints hold becomes the answer, marked as interrupted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone

from conversations import markdown
from conversations.generation.display import MARKDOWN_KINDS
from conversations.models import Checkpoint, Generation, Message
from conversations.presenters import PartCard, part_card
from conversations.services.generations import MessageRecord, PartRecord, finish_generation

INTERRUPTED = "interrupted"


def reap_abandoned(conversation_id: UUID | None = None, *, sparing: str = "") -> int:
    """End every run (of one conversation, or of all) whose process stopped answering; returns how many ended.

    The process `sparing`, which asks, knows that it lives: a machine that slept wakes up with old heartbeats.
    """
    abandoned = Generation.objects.abandoned(timezone.now())
    if sparing:
        abandoned = abandoned.exclude(process=sparing)
    if conversation_id is not None:
        abandoned = abandoned.filter(conversation_id=conversation_id)
    return sum(reap(generation) for generation in abandoned)


def reap_other_processes(address: str) -> int:
    """End every run that `address` does not own: for a process that is the only one, they all died with another."""
    return sum(reap(generation) for generation in Generation.objects.running().exclude(process=address))


def reap(generation: Generation) -> bool:
    """End one run with what its checkpoints hold; False if it had ended in the meantime."""
    choices = parts_so_far(generation.pk)
    rows = {message.choice_index: message for message in generation.messages.prefetch_related("parts")}
    records = []
    for choice in sorted({*choices, *rows}):
        message = rows.get(choice)
        base = [PartRecord.of(part) for part in message.parts.all()] if message else []
        received = choices.get(choice, {})
        records.append(
            MessageRecord(
                choice_index=choice,
                message_id=message.pk if message else None,
                status=INTERRUPTED,
                parts=_together(base, received),
            )
        )
    return finish_generation(
        generation.pk,
        status=INTERRUPTED,
        messages=records,
        exchange={},
        silent_since=generation.heartbeat_at,
    )


def parts_so_far(generation_id: UUID) -> dict[int, dict[int, tuple[str, str, dict[str, Any]]]]:
    """What the checkpoints of a run hold: choice -> part index -> (kind, text, data)."""
    choices: dict[int, dict[int, tuple[str, str, dict[str, Any]]]] = {}
    rows = Checkpoint.objects.filter(generation_id=generation_id).order_by("sequence")
    for data in rows.values_list("data", flat=True):
        for choice, index, kind, text, changed in data:
            parts = choices.setdefault(choice, {})
            _, before, known = parts.get(index, (kind, "", {}))
            parts[index] = (kind, before + text, known if changed is None else changed)
    return choices


def unfinished_cards(messages: Iterable[Message]) -> dict[UUID, list[PartCard]]:
    """How messages that are being written look as of their last checkpoint, for a page without a socket."""
    cards: dict[UUID, list[PartCard]] = {}
    for message in messages:
        if message.status == Message.Status.STREAMING and message.generation_id:
            received = parts_so_far(message.generation_id).get(message.choice_index, {})
            base = [PartRecord.of(part) for part in message.parts.all()]
            cards[message.pk] = [
                part_card(record.row(message.pk, index))
                for index, record in enumerate(_together(base, received))
            ]
    return cards


def _together(
    base: list[PartRecord], received: dict[int, tuple[str, str, dict[str, Any]]]
) -> list[PartRecord]:
    """The parts that an answer began with and those received, which may go on with one of the former."""
    parts = dict(enumerate(base))
    for index in sorted(received):
        kind, text, data = received[index]
        before = parts.get(index)
        parts[index] = (
            _rendered(kind, before.text + text, data or before.data)
            if before
            else _rendered(kind, text, data)
        )
    return [parts[index] for index in sorted(parts)]


def _rendered(kind: str, text: str, data: dict[str, Any]) -> PartRecord:
    renders = kind in MARKDOWN_KINDS
    return PartRecord(
        kind=kind,
        text=text,
        data=data,
        html=markdown.render(text) if renders else "",
        html_version=markdown.RENDERER_VERSION if renders else 0,
    )
