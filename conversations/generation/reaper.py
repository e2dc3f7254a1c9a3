"""Runs whose process is gone: what their checkpoints hold becomes the answer, marked as interrupted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from django.utils import timezone

from conversations import markdown
from conversations.generation.live_part import FILE_KINDS, MARKDOWN_KINDS
from conversations.generation.received_files import keep_speech
from conversations.generation.spoken_segments import read_segments, remove_segments
from conversations.models import Attachment, Checkpoint, Generation, Message, Part
from conversations.presenters import PartCard, part_card
from conversations.services.generations import MessageRecord, PartRecord, finish_generation

INTERRUPTED = "interrupted"

log = structlog.get_logger(__name__)


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
    kept = _keep_speech(generation, choices)
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
    has_ended = finish_generation(
        generation.pk,
        status=INTERRUPTED,
        messages=records,
        exchange={},
        silent_since=generation.heartbeat_at,
    )
    if has_ended:
        with contextlib.suppress(OSError):
            remove_segments(generation.pk)
    else:
        # Somebody was faster, and has kept it too.
        Attachment.objects.filter(pk__in=kept).delete()
    return has_ended


def _keep_speech(
    generation: Generation, choices: dict[int, dict[int, tuple[str, str, dict[str, Any]]]]
) -> list[UUID]:
    """What came of speech becomes a file, named in the data of its part; the ids of these files."""
    spoken = {
        (choice, place): part
        for choice, parts in choices.items()
        for place, part in parts.items()
        if part[0] == Part.Kind.AUDIO and not part[2].get("attachment")
    }
    kept: list[UUID] = []
    if not spoken:
        return kept
    owner_id = generation.conversation.owner_id
    try:
        for key, sound in read_segments(generation.pk).items():
            if key in spoken and sound:
                kind, text, data = spoken[key]
                kept.append(keep_speech(sound, owner_id).pk)
                choices[key[0]][key[1]] = (kind, text, {**data, "attachment": str(kept[-1])})
    except OSError:
        # The words are worth more than the sound of them.
        log.exception("speech_not_kept", generation=str(generation.pk))
    return kept


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
    attachment = data.get("attachment") if kind in FILE_KINDS else None
    return PartRecord(
        kind=kind,
        text=text,
        data={name: value for name, value in data.items() if name != "attachment"} if attachment else data,
        attachment_id=UUID(attachment) if attachment else None,
        html=markdown.render(text) if renders else "",
        html_version=markdown.RENDERER_VERSION if renders else 0,
    )
