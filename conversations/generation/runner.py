"""Runs: an answer belongs to the process, not to the request that asked for it nor to the page that shows it.

Invariant: every run ends in exactly one final state, with everything that it received kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from contextvars import Context
from typing import Any
from uuid import UUID

import structlog
from django.urls import reverse
from django.utils import translation

from conversations.generation import interpreter
from conversations.generation.catalog import Catalog
from conversations.generation.display import LiveMessage
from conversations.generation.ending import Ending, ending_of, keep
from conversations.generation.exchange import Exchange
from conversations.generation.live_part import LivePart
from conversations.generation.pacing import LONGEST_SECONDS, frame_interval
from conversations.generation.plan import Plan, plan_for
from conversations.generation.received_files import ReceivedFiles
from conversations.generation.recorder import Recorder
from conversations.generation.run import Run
from conversations.generation.spoken_segments import remove_segments
from conversations.generation.titles import write_title
from conversations.generation.workshop import with_storage
from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.services.turn_rows import Turn

# With so many about to ask an endpoint, those who are answered already wait for those who are not.
MANY_BEGINNINGS = 3
# So long after the last answer nobody is taken to wait for one.
QUIET_SECONDS = 2.0
# A site that is never quiet does its housekeeping all the same.
NEVER_QUIET_SECONDS = 60.0

log = structlog.get_logger(__name__)


class Runner:
    """The runs of one event loop."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._runs: dict[UUID, Run] = {}
        self._tidied = time.monotonic()
        self._beginnings = 0  # those of them that have no plan yet
        self._chores: set[asyncio.Task[None]] = set()
        self._recorder = Recorder(self._runs.values())

    def start(self, turn: Turn) -> Run:
        """Begin the answer that is due; returns at once."""
        run = Run(turn.generation_id, turn.conversation_id, pace=self._frame_interval)
        self._beginnings += 1
        self._runs[turn.generation_id] = run
        # An empty context: a task that inherits a request's keeps that request's thread for as long as it lives.
        run.task = asyncio.get_running_loop().create_task(self._run(run, turn), context=Context())
        self._recorder.wake()
        return run

    @property
    def is_busy(self) -> bool:
        """Many answers are about to begin: what can wait should."""
        return self._beginnings >= MANY_BEGINNINGS

    def find(self, generation_id: UUID) -> Run | None:
        return self._runs.get(generation_id)

    def part_of(self, generation_id: UUID, message_id: UUID, place: int) -> LivePart | None:
        """A part of an answer that is arriving here."""
        run = self._runs.get(generation_id)
        messages = run.messages.values() if run else ()
        return next((m.live.get(place) for m in messages if m.message_id == message_id), None)

    def of_conversation(self, conversation_id: UUID) -> list[Run]:
        return [run for run in self._runs.values() if run.conversation_id == conversation_id]

    def stop(self, generation_id: UUID) -> bool:
        """End the run now, keeping what came; False if it does not run here."""
        run = self._runs.get(generation_id)
        if run:
            run.stop()
        return run is not None

    async def wait(self, generation_id: UUID) -> None:
        """Until the run has ended and its rows are written."""
        run = self._runs.get(generation_id)
        if run and run.task:
            await asyncio.wait([run.task])

    async def shutdown(self) -> None:
        """The process goes away: end all runs as interrupted, keeping what came."""
        runs = list(self._runs.values())
        for run in runs:
            run.interrupt()
        tasks = [run.task for run in runs if run.task] + list(self._chores)
        for chore in self._chores:
            chore.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=10)
        await self._recorder.close()
        await self._catalog.aclose()

    def _frame_interval(self) -> float:
        return LONGEST_SECONDS if self.is_busy else frame_interval(len(self._runs))

    async def _run(self, run: Run, turn: Turn) -> None:
        exchange: Exchange | None = None
        plan: Plan | None = None
        files: ReceivedFiles | None = None
        error: EndpointError | None = None
        status = "failed"
        try:
            with translation.override(turn.language):
                try:
                    plan = await plan_for(turn)
                finally:
                    self._beginnings -= 1
                run.response_format = plan.body.get("response_format")
                files = ReceivedFiles(run, turn.conversation.owner_id)
                run.on_file = files.keep
                run.messages[0] = LiveMessage(
                    0,
                    plan.message_id,
                    base=plan.base,
                    language=turn.language,
                    response_format=run.response_format,
                    files=plan.base_files,
                    url=reverse("message", args=[turn.conversation_id, plan.message_id]),
                )
                client = await self._catalog.client_for(plan)
                exchange = Exchange(run, plan)
                await exchange.read(client)
                status = "failed" if exchange.error else "complete"
        except asyncio.CancelledError:
            status = run.end_as
        except EndpointError as refused:
            error = refused
        except Exception:
            log.exception("generation_failed", generation=str(run.generation_id))
            error = EndpointError(ErrorKind.INTERNAL, "")
        await self._end(run, status, exchange, error, files)
        if status == "complete" and plan and plan.wants_title:
            self._chore(write_title(self._catalog, plan))

    async def _end(
        self,
        run: Run,
        status: str,
        exchange: Exchange | None,
        error: EndpointError | None,
        files: ReceivedFiles | None,
    ) -> None:
        """Write the run whole. Cancellation does not reach this: it is what remains to be done whatever happened."""
        try:
            if exchange:
                exchange.close(error)
            if files and run.has_files:
                await _to_its_end(files.settle())
            await _to_its_end(keep(run.generation_id, _ending(run, status, exchange, error)))
        finally:
            self._runs.pop(run.generation_id, None)
            if run.has_files:
                self._chore(with_storage(remove_segments, run.generation_id))
            if not self._runs:
                asyncio.get_running_loop().call_later(QUIET_SECONDS, self._tidy)
            elif time.monotonic() - self._tidied > NEVER_QUIET_SECONDS:
                self._tidy(quiet=False)

    def _tidy(self, *, quiet: bool = True) -> None:
        if not self._runs or not quiet:
            self._tidied = time.monotonic()
            interpreter.tidy()

    def _chore(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Whoever is cancelled meanwhile waits all the same."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)


def _ending(run: Run, status: str, exchange: Exchange | None, error: EndpointError | None) -> Ending | None:
    try:
        run.finish()
        return ending_of(run, status, exchange, error)
    except Exception:
        log.exception("end_not_drawn_up", generation=str(run.generation_id))
        run.leave()
        return None
