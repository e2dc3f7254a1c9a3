"""Between processes: events for everybody, a stop for whoever runs an answer, its frames for whoever watches it.

Everything here may be lost: channel layers drop silently when full. Events are doorbells, frames are numbered, and a
watcher that misses one asks for a snapshot again; nothing exists only here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any
from uuid import UUID, uuid4

import msgspec
import structlog
from channels.layers import InMemoryChannelLayer, get_channel_layer

from conversations.generation.run import Run, Watcher
from conversations.services.notify import Event

EVERYBODY = "chatsite.processes"
LEASE_SECONDS = 15.0
RENEW_SECONDS = 5.0
STAY_SECONDS = 600.0

log = structlog.get_logger(__name__)


def shared_layer() -> Any | None:
    """The channel layer, if it reaches other processes."""
    layer = get_channel_layer()
    return None if layer is None or isinstance(layer, InMemoryChannelLayer) else layer


class Relay:
    """This process's ear and voice. Without a shared channel layer it is silent and there are no other processes."""

    def __init__(
        self,
        *,
        on_event: Callable[[Event], None],
        find_run: Callable[[UUID], Run | None],
        goes_on: Callable[[UUID], Awaitable[bool]],
    ) -> None:
        """`goes_on` tells whether a run still has a living owner, and ends it if that owner is gone."""
        self._layer = shared_layer()
        self._on_event = on_event
        self._find_run = find_run
        self._goes_on = goes_on
        self._listening: asyncio.Task[None] | None = None
        self._staying: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._remote: dict[UUID, RemoteRun] = {}
        self.address = f"local.{uuid4().hex}"

    @property
    def is_shared(self) -> bool:
        return self._layer is not None

    async def open(self) -> None:
        """Begin to listen; `address` is how others reach this process from then on."""
        if self._layer is not None and self._listening is None:
            self.address = await self._layer.new_channel("chatsite")
            await self._layer.group_add(EVERYBODY, self.address)
            loop = asyncio.get_running_loop()
            self._listening = loop.create_task(self._listen(), context=Context())
            self._staying = loop.create_task(self._stay(), context=Context())

    async def close(self) -> None:
        for remote in list(self._remote.values()):
            remote.close()
        tasks = [task for task in (self._listening, self._staying) if task]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
            await _quietly(self._layer.group_discard(EVERYBODY, self.address))  # type: ignore[union-attr]

    def publish(self, event: Event) -> None:
        """Tell the other processes."""
        if self._layer is not None:
            self._begin(self._layer.group_send(EVERYBODY, self.body(event, sender=self.address)))

    @staticmethod
    def body(event: Event, *, sender: str) -> dict[str, Any]:
        """An event as the channel layer carries it."""
        return {"type": "event", "from": sender, "event": msgspec.json.encode(event).decode()}

    def send(self, address: str, body: dict[str, Any]) -> None:
        """Send to one process; whether it arrives is not known."""
        if self._layer is not None:
            self._begin(self._layer.send(address, body))

    def ask_stop(self, address: str, generation_id: UUID) -> None:
        self.send(address, {"type": "stop", "generation": str(generation_id)})

    def watch(self, address: str, generation_id: UUID, watcher: Watcher) -> None:
        """Show a run of another process to `watcher`, as Run.attach does for one of this process."""
        remote = self._remote.get(generation_id)
        if remote is None:
            remote = self._remote[generation_id] = RemoteRun(self, address, generation_id)
        remote.attach(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        for remote in list(self._remote.values()):
            remote.detach(watcher)

    def forget(self, generation_id: UUID) -> None:
        self._remote.pop(generation_id, None)

    async def _listen(self) -> None:
        assert self._layer is not None
        while True:
            # Whatever goes wrong, a process that stops listening is deaf to all others until it is restarted: a layer
            # that is away has errors of its own, and a newer process may send what this one does not know.
            try:
                self._take(await self._layer.receive(self.address))
            except Exception:
                log.exception("channel_layer_failed")
                await asyncio.sleep(1)
                await _quietly(self._layer.group_add(EVERYBODY, self.address))

    async def _stay(self) -> None:
        """Channel layers forget a member after a day, and everything when they are restarted."""
        assert self._layer is not None
        while True:
            await asyncio.sleep(STAY_SECONDS)
            await _quietly(self._layer.group_add(EVERYBODY, self.address))

    def _take(self, body: dict[str, Any]) -> None:
        kind = body["type"]
        if kind == "event":
            if body["from"] != self.address:
                self._on_event(msgspec.json.decode(body["event"], type=Event))
            return
        generation_id = UUID(body["generation"])
        if kind == "frame":
            remote = self._remote.get(generation_id)
            if remote:
                remote.deliver(body["frame"])
            return
        run = self._find_run(generation_id)
        if run is None:
            return
        if kind == "stop":
            run.stop()
        elif kind == "watch":
            self._forward(run, body["reply_to"], again=body["again"])

    def _forward(self, run: Run, address: str, *, again: bool) -> None:
        there = [each for each in run.watchers if isinstance(each, Forwarder) and each.address == address]
        forwarder = there[0] if there else Forwarder(self, run, address)
        forwarder.renew()
        if again or not there:
            run.attach(forwarder)

    def look_after(self, remote: RemoteRun) -> None:
        """Keep watching while somebody there writes; a run whose process died has nobody else to say so."""
        self._begin(self._renew(remote))

    async def _renew(self, remote: RemoteRun) -> None:
        if await self._goes_on(remote.generation_id):
            remote.renew()
        else:
            remote.close()

    def _begin(self, work: Awaitable[Any]) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(work), context=Context())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)


class Forwarder:
    """Watches a run on behalf of another process, for as long as that process renews its lease."""

    def __init__(self, relay: Relay, run: Run, address: str) -> None:
        self.generation_id = run.generation_id
        self.address = address
        self._relay = relay
        self._run = run
        self._expires = 0.0

    def renew(self) -> None:
        self._expires = time.monotonic() + LEASE_SECONDS

    def deliver(self, frame: str) -> None:
        if time.monotonic() > self._expires:
            self._run.detach(self)
            return
        self._relay.send(
            self.address, {"type": "frame", "generation": str(self.generation_id), "frame": frame}
        )


class RemoteRun:
    """A run of another process, for those who watch it from here."""

    def __init__(self, relay: Relay, address: str, generation_id: UUID) -> None:
        self._relay = relay
        self.generation_id = generation_id
        self._address = address
        self._watchers: list[Watcher] = []
        self._renewing: asyncio.TimerHandle | None = None

    def attach(self, watcher: Watcher) -> None:
        if watcher not in self._watchers:
            self._watchers.append(watcher)
        self._ask(again=True)
        if self._renewing is None:
            self._schedule()

    def detach(self, watcher: Watcher) -> None:
        if watcher in self._watchers:
            self._watchers.remove(watcher)
        if not self._watchers:
            self.close()

    def deliver(self, frame: str) -> None:
        for watcher in list(self._watchers):
            watcher.deliver(frame)

    def renew(self) -> None:
        """Ask for frames for another while."""
        if self._watchers:
            self._ask(again=False)
            self._schedule()

    def close(self) -> None:
        self._watchers.clear()
        if self._renewing:
            self._renewing.cancel()
            self._renewing = None
        self._relay.forget(self.generation_id)

    def _ask(self, *, again: bool) -> None:
        body = {
            "type": "watch",
            "generation": str(self.generation_id),
            "reply_to": self._relay.address,
            "again": again,
        }
        self._relay.send(self._address, body)

    def _schedule(self) -> None:
        later = asyncio.get_running_loop().call_later
        self._renewing = later(RENEW_SECONDS, self._relay.look_after, self)


async def _quietly(work: Awaitable[Any]) -> None:
    try:
        await work
    except Exception:
        log.exception("relay_failed")
