"""This process's part in the site: its viewers, its running answers, its endpoint clients, its link to the others.

One Process for each event loop (a server has one loop). Services in any thread reach it through `notify`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from asgiref.sync import async_to_sync
from django.db import Error as DatabaseFault

from conversations.generation import interpreter
from conversations.generation.catalog import Catalog
from conversations.generation.database import Together, in_database
from conversations.generation.hub import Hub
from conversations.generation.reaper import reap, reap_abandoned, reap_other_processes
from conversations.generation.relay import EVERYBODY, Relay, shared_layer
from conversations.generation.run import Run, Watcher
from conversations.generation.runner import Runner
from conversations.models import Generation
from conversations.models.generation import HEARTBEAT_EXPIRES_AFTER
from conversations.services import notify
from conversations.services.errors import SiteCloses
from conversations.services.sending import Outgoing, Sent, send_messages
from conversations.services.turn_rows import Turn

log = structlog.get_logger(__name__)


class Process:
    """What one event loop shares."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.hub = Hub(loop)
        self.catalog = Catalog()
        self.runner = Runner(self.catalog)
        self.relay = Relay(on_event=self.hub.ring, find_run=self.runner.find, goes_on=self._goes_on)
        self._sending = Together(self._send)
        self._closes = False
        self._ready: asyncio.Task[None] | None = None
        self._rounds: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        return self.relay.address

    async def ready(self) -> None:
        """Once: listen to the other processes, end what died with an earlier one, and see which endpoints there are."""
        if self._ready is None or (self._ready.done() and self._ready.exception()):
            self._ready = self.loop.create_task(self._make_ready())
        await asyncio.shield(self._ready)

    async def send(self, outgoing: Outgoing) -> None:
        """Store what somebody says and begin the answer; raises the ServiceError that refuses it."""
        if self._closes:
            raise SiteCloses
        await self._sending(outgoing)

    def begin(self, turn: Turn) -> Run:
        """Run the answer that a service has made due, before the eyes of whoever has its conversation open."""
        run = self.runner.find(turn.generation_id) or self.runner.start(turn)
        for viewer in self.hub.viewers_of(turn.conversation_id):
            run.attach(viewer)
        return run

    def begin_soon(self, turn: Turn) -> None:
        """The same from the thread that made the answer due: it begins though nobody may wait for it any more."""
        self.loop.call_soon_threadsafe(self.begin, turn)

    async def stop(self, conversation_id: UUID) -> None:
        """Stop the answer being written in a conversation, wherever it runs; one whose process is gone just ends."""
        for generation in await in_database(_running, conversation_id):
            if self.runner.stop(generation.pk):
                continue
            if generation.process == self.address:
                await in_database(reap, generation)
            else:
                self.relay.ask_stop(generation.process, generation.pk)
        await in_database(reap_abandoned, conversation_id, sparing=self.address)

    async def watch(self, conversation_id: UUID, watcher: Watcher) -> None:
        """Show `watcher` every answer being written in a conversation, from now on and with what there is so far."""
        runs = self.runner.of_conversation(conversation_id)
        for run in runs:
            run.attach(watcher)
        if runs or not self.relay.is_shared:
            return
        for generation in await in_database(_running, conversation_id):
            if generation.process != self.address:
                self.relay.watch(generation.process, generation.pk, watcher)

    def unwatch(self, conversation_id: UUID, watcher: Watcher) -> None:
        for run in self.runner.of_conversation(conversation_id):
            run.detach(watcher)
        self.relay.unwatch(watcher)

    async def shutdown(self) -> None:
        """End everything that runs, keeping what came; nothing more is taken."""
        self._closes = True
        await self._sending.rest()
        if self._rounds:
            self._rounds.cancel()
        await self.runner.shutdown()
        await self.relay.close()

    def _send(self, outgoing: Sequence[Outgoing]) -> list[Sent | Exception]:
        results = send_messages(outgoing, process=self.address)
        for sent in results:
            if isinstance(sent, Turn):
                self.begin_soon(sent)
        return results

    async def _goes_on(self, generation_id: UUID) -> bool:
        return await in_database(_is_running, generation_id, self.address)

    async def _make_ready(self) -> None:
        await self.relay.open()
        if self.relay.is_shared:
            self._rounds = self.loop.create_task(self._go_rounds(), context=Context())
        else:
            await in_database(reap_other_processes, self.address)
        await self.catalog.prepare()
        interpreter.prepare()

    async def _go_rounds(self) -> None:
        """End what died with other processes: any of those left does it, and now and then."""
        while True:
            try:
                await in_database(reap_abandoned, sparing=self.address)
            except DatabaseFault:
                log.exception("rounds_failed")
            await asyncio.sleep(HEARTBEAT_EXPIRES_AFTER.total_seconds())


_processes: WeakKeyDictionary[asyncio.AbstractEventLoop, Process] = WeakKeyDictionary()


def here() -> Process:
    """The Process of the running event loop."""
    loop = asyncio.get_running_loop()
    process = _processes.get(loop)
    if process is None:
        process = _processes[loop] = Process(loop)
    return process


async def shutdown() -> None:
    """What a server calls before it stops."""
    await here().shutdown()


def _tell(event: notify.Event) -> None:
    """Carry an event from the thread that committed it to every loop of this process, and to the other processes."""
    running = [process for process in list(_processes.values()) if process.loop.is_running()]
    for process in running:
        process.hub.post(event)
        if process.relay.is_shared:
            process.loop.call_soon_threadsafe(process.relay.publish, event)
    layer = shared_layer()
    if not running and layer is not None:
        async_to_sync(layer.group_send)(EVERYBODY, Relay.body(event, sender=""))


def _is_running(generation_id: UUID, address: str) -> bool:
    generation = Generation.objects.running().filter(pk=generation_id).first()
    if generation is None:
        return False
    return not reap_abandoned(generation.conversation_id, sparing=address)


def _running(conversation_id: UUID) -> list[Generation]:
    return list(Generation.objects.running().filter(conversation_id=conversation_id))


notify.subscribe(_tell)
