"""The checkpoint clock: once a second, whatever arrived in any run of this process is kept, in one write for all.

A failed write loses nothing: what it held is offered again a second later. A run whose rows are gone is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from contextvars import Context

import structlog
from django.db import Error as DatabaseFault

from conversations.generation.database import in_database
from conversations.generation.run import Run
from conversations.generation.spoken_segments import remove_segments, save_segments
from conversations.generation.workshop import with_storage
from conversations.services.generations import save_checkpoints

CHECKPOINT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Recorder:
    """Keeps the runs in `runs`, a live view of those going on. Its task lives while there are any."""

    def __init__(self, runs: Collection[Run]) -> None:
        self._runs = runs
        self._task: asyncio.Task[None] | None = None
        self._sound: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There is something to keep; begin the clock if it stands still."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._keep(), context=Context())

    async def close(self) -> None:
        for task in (self._task, self._sound):
            if task:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, OSError):
                    await task

    async def _keep(self) -> None:
        while self._runs:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            await self._checkpoint()

    async def _keep_sound(self, runs: list[Run]) -> None:
        due = [new for run in runs for new in run.unkept_sound()]
        if not due:
            return
        parts = {segment.name: part for segment, part in due}
        for segment in await with_storage(save_segments, [segment for segment, _ in due]):
            parts[segment.name].kept_bytes = segment.start + len(segment.content)
        # Of a run that has ended meanwhile nothing is to stay.
        alive = {run.generation_id for run in self._runs}
        for gone in {segment.generation_id for segment, _ in due} - alive:
            await with_storage(remove_segments, gone)

    async def _checkpoint(self) -> None:
        runs = list(self._runs)
        if self._sound is None or self._sound.done():
            # Beside the heartbeat, which must not wait for a storage that is slow or away.
            self._sound = asyncio.get_running_loop().create_task(self._keep_sound(runs), context=Context())
        due = [new for run in runs if (new := run.unkept())]
        try:
            gone = await in_database(
                save_checkpoints, [record for record, _ in due], [run.generation_id for run in runs]
            )
        except DatabaseFault:
            log.exception("checkpoint_failed", runs=len(runs))
            return
        for _, mark in due:
            mark()
        for run in runs:
            if run.generation_id in gone:
                run.stop()
