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
from django.utils import translation

from conversations.generation import interpreter
from conversations.generation.catalog import Catalog
from conversations.generation.display import LiveMessage
from conversations.generation.ending import Ending, ending_of, keep
from conversations.generation.exchange import Exchange
from conversations.generation.pacing import LONGEST_SECONDS, frame_interval
from conversations.generation.plan import Plan, plan_for
from conversations.generation.recorder import Recorder
from conversations.generation.run import Run
from conversations.generation.titles import write_title
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
        error: EndpointError | None = None
        status = "failed"
        try:
            with translation.override(turn.language):
                try:
                    plan = await plan_for(turn)
                finally:
                    self._beginnings -= 1
                run.response_format = plan.body.get("response_format")
                run.messages[0] = LiveMessage(
                    0,
                    plan.message_id,
                    base=plan.base,
                    language=turn.language,
                    response_format=run.response_format,
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
        await self._end(run, status, exchange, error)
        if status == "complete" and plan and plan.wants_title:
            self._chore(write_title(self._catalog, plan))

    async def _end(
        self, run: Run, status: str, exchange: Exchange | None, error: EndpointError | None
    ) -> None:
        """Write the run whole. Cancellation does not reach this: it is what remains to be done whatever happened."""
        try:
            ending = _ending(run, status, exchange, error)
            writing = asyncio.ensure_future(keep(run.generation_id, ending))
            while not writing.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.shield(writing)
        finally:
            self._runs.pop(run.generation_id, None)
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


def _ending(run: Run, status: str, exchange: Exchange | None, error: EndpointError | None) -> Ending | None:
    try:
        if exchange:
            exchange.close(error)
        run.finish()
        return ending_of(run, status, exchange, error)
    except Exception:
        log.exception("end_not_drawn_up", generation=str(run.generation_id))
        run.leave()
        return None
