"""The end of a run, written: whole if the database takes it, else as much of it as it takes.

Invariant: `keep` returns when the run has its final state in the database, or when there is no such run any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.db import InterfaceError, OperationalError

from conversations.generation.database import in_database
from conversations.generation.exchange import Exchange, error_fields
from conversations.generation.reaper import reap
from conversations.generation.run import Run
from conversations.models import Generation
from conversations.protocol.errors import EndpointError
from conversations.protocol.text_repair import clean_text
from conversations.services.generations import MessageRecord, PartRecord, finish_generation

LONGEST_WAIT_SECONDS = 15.0
# Members of an endpoint's message that are stored as parts already.
STORED_AS_PARTS = {
    "role",
    "content",
    "refusal",
    "reasoning",
    "reasoning_content",
    "tool_calls",
    "audio",
    "images",
}

log = structlog.get_logger(__name__)


class Ending(msgspec.Struct, frozen=True):
    """What is written of a run that is over. `exchange` holds the Completion's fields.

    `last_frame` is that of the run, if its pages were shown all of `messages`.
    """

    status: str
    messages: Sequence[MessageRecord]
    exchange: dict[str, Any]
    last_frame: tuple[str, int] | None = None

    def ever_plainer(self) -> Iterator[Ending]:
        """This; then only what was said; then only its words."""
        yield self
        said = [
            MessageRecord(message.choice_index, message.message_id, message.status, message.parts)
            for message in self.messages
        ]
        yield msgspec.structs.replace(self, messages=said, exchange={})
        words = [
            msgspec.structs.replace(
                message,
                parts=[PartRecord(kind=part.kind, text=clean_text(part.text)) for part in message.parts],
            )
            for message in said
        ]
        yield msgspec.structs.replace(self, messages=words, exchange={})


def ending_of(run: Run, status: str, exchange: Exchange | None, error: EndpointError | None = None) -> Ending:
    """`error` is what kept the run from having an exchange at all."""
    outcome = exchange.outcome if exchange else None
    choices = {choice.index: choice for choice in outcome.choices} if outcome else {}
    messages = [
        MessageRecord(
            choice_index=index,
            message_id=message.message_id,
            status=status,
            parts=message.records(),
            finish_reason=message.finish_reason,
            model=outcome.model if outcome else "",
            extra=_extra(choices[index].message) if index in choices else {},
        )
        for index, message in sorted(run.messages.items())
    ]
    record = exchange.record() if exchange else error_fields(error)
    return Ending(status, messages, record, run.last_frame)


async def keep(generation_id: UUID, ending: Ending | None) -> None:
    """Write the end of a run. A database that is away is waited for; one that refuses gets something plainer.

    None when no end could be drawn up.
    """
    for plain in ending.ever_plainer() if ending else ():
        try:
            await _write(generation_id, plain)
            return
        except Generation.DoesNotExist:
            log.info("ended_without_a_row", generation=str(generation_id))
            return
        except Exception:
            log.exception("end_refused", generation=str(generation_id), with_exchange=bool(plain.exchange))
    # What the checkpoints hold was taken once already.
    await in_database(reap, await in_database(Generation.objects.get, pk=generation_id))


async def _write(generation_id: UUID, ending: Ending) -> None:
    wait = 0.2
    while True:
        try:
            await in_database(
                finish_generation,
                generation_id,
                status=ending.status,
                messages=ending.messages,
                exchange=ending.exchange,
                last_frame=ending.last_frame,
            )
            return
        except (OperationalError, InterfaceError):
            log.exception("database_away", generation=str(generation_id), retry_seconds=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)


def _extra(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in STORED_AS_PARTS}
