"""One running answer: what it received, who watches it, and the numbered frames that keep them up to date."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from conversations.generation import events
from conversations.generation.display import LiveMessage
from conversations.generation.live_part import LivePart
from conversations.generation.spoken_segments import Segment
from conversations.models import Part
from conversations.protocol.events import PartEvent, PartFinished
from conversations.services.generations import CheckpointRecord


class Watcher(Protocol):
    """Whoever wants to see a running answer. `deliver` takes a text frame and returns at once."""

    def deliver(self, frame: str) -> None: ...


class Run:
    """The state of a generation in the process that owns it. Used from the event loop only.

    Invariant: whoever watches has a snapshot with number S and then every frame S+1, S+2, … in order.
    """

    def __init__(self, generation_id: UUID, conversation_id: UUID, *, pace: Callable[[], float]) -> None:
        self.generation_id = generation_id
        self.conversation_id = conversation_id
        self.messages: dict[int, LiveMessage] = {}
        self.sequence = 0
        self.task: asyncio.Task[None] | None = None
        self.end_as = "stopped"
        self.on_file: Callable[[LivePart], None] | None = None  # told of each part that is a whole file
        self.response_format: Any = None  # what was asked for, as in the request
        self.first_token_seconds: float | None = None
        self.started = time.monotonic()
        self._pace = pace
        # Names the run on the wire: short, and different from the conversation's other runs.
        self._name = generation_id.hex[-8:]
        self._shorthand = events.Shorthand()
        self._watchers: list[Watcher] = []
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._checkpoint = 0

    @property
    def main(self) -> LiveMessage | None:
        """The choice that stands on the page."""
        return self.messages.get(0)

    @property
    def last_frame(self) -> tuple[str, int]:
        """The run's name on the wire, and the number of the frame that left last."""
        return self._name, self.sequence

    @property
    def has_content(self) -> bool:
        return any(message.has_content for message in self.messages.values())

    @property
    def has_files(self) -> bool:
        """Whether anything but words came."""
        parts = (part for message in self.messages.values() for part in message.live.values())
        return any(part.content or part.attachment for part in parts)

    def apply(self, part_event: PartEvent) -> None:
        """Take what arrived; `rest` or `show_soon` lets a frame leave."""
        message = self.messages.get(part_event.choice)
        if message is None:
            message = LiveMessage(part_event.choice, None, response_format=self.response_format)
            self.messages[part_event.choice] = message
        message.apply(part_event)
        if type(part_event) is PartFinished and self.on_file and (part := message.whole_file(part_event)):
            self.on_file(part)
        if self.first_token_seconds is None:
            self.first_token_seconds = time.monotonic() - self.started

    def show_file(self, part: LivePart) -> None:
        """A file of the answer is kept by now."""
        for message in self.messages.values():
            if part in message.live.values():
                message.show_file(part)
        self.show_soon()

    async def rest(self) -> None:
        """Send what came, and wait until the next frame may leave.

        Who reads at this pace is woken once for a frame instead of once for a token: what comes meanwhile is read
        together.
        """
        self.flush()
        await asyncio.sleep(self._pace())

    def show_soon(self) -> None:
        """Send what came as soon as the next frame may leave, for whoever has no time to rest."""
        if self._timer is None and self.is_watched:
            wait = self._flushed_at + self._pace() - time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(max(wait, 0), self._due)

    @property
    def is_watched(self) -> bool:
        return bool(self._watchers)

    def attach(self, watcher: Watcher) -> None:
        """Show `watcher` everything so far, and every frame from then on; one that missed a frame catches up so."""
        self._catch_up()
        self._shorthand.forget()
        watcher.deliver(self.snapshot())
        if watcher not in self._watchers:
            self._watchers.append(watcher)

    @property
    def watchers(self) -> list[Watcher]:
        return list(self._watchers)

    def detach(self, watcher: Watcher) -> None:
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def snapshot(self) -> str:
        return events.snapshot(self._name, self.sequence, self.main.snapshot() if self.main else [])

    def say(self, note: str) -> None:
        """Tell whoever watches why nothing comes at the moment."""
        if self.main:
            self.main.say(note)
            self.flush()

    def flush(self) -> None:
        """Send what changed since the last frame."""
        self._stop_timer()
        if self.main and self.is_watched:
            self._flushed_at = time.monotonic()
            self._send(self.main.flush())

    def unkept_sound(self) -> list[tuple[Segment, LivePart]]:
        """Speech that no segment holds yet."""
        return [
            (
                Segment(
                    self.generation_id, choice, place, part.kept_bytes, bytes(part.content[part.kept_bytes :])
                ),
                part,
            )
            for choice, message in self.messages.items()
            for place, part in message.live.items()
            if part.kind == Part.Kind.AUDIO and len(part.content) > part.kept_bytes
        ]

    def unkept(self) -> tuple[CheckpointRecord, Callable[[], None]] | None:
        """What no checkpoint holds yet, and what to call once one does; None if there is nothing."""
        rows: list[list[Any]] = []
        marks: list[Callable[[], None]] = []
        for choice, message in self.messages.items():
            for place, part in message.live.items():
                new = part.unkept()
                if new is not None:
                    rows.append([choice, place, part.kind, *new])
                    marks.append(partial(part.mark_kept, part.piece_count))
        if not rows:
            return None

        def mark() -> None:
            self._checkpoint += 1
            for done in marks:
                done()

        return CheckpointRecord(self.generation_id, self._checkpoint, rows), mark

    def stop(self) -> None:
        """End now, as the reader wishes, keeping what came."""
        self._cancel("stopped")

    def interrupt(self) -> None:
        """End now because the process goes away, keeping what came."""
        self._cancel("interrupted")

    def finish(self) -> None:
        """Nothing more arrives: the last frame leaves, and nobody watches any longer."""
        for message in self.messages.values():
            message.finish()
        self._catch_up()
        self.leave()

    def leave(self) -> None:
        """Nobody is shown any more of it."""
        self._stop_timer()
        self._watchers.clear()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _cancel(self, end_as: str) -> None:
        if self.task and not self.task.done():
            self.end_as = end_as
            # A task that is cancelled before its first step never runs, and so never ends the run: that step is in the
            # loop's queue already, and this comes after it.
            self.task.get_loop().call_soon(self.task.cancel)

    def _catch_up(self) -> None:
        """No page is taken to have seen what came while nobody watched: there was no frame of it."""
        if self.is_watched:
            self.flush()
        else:
            self.sequence += 1

    def _due(self) -> None:
        self._timer = None
        self.flush()

    def _send(self, ops: list[events.Op]) -> None:
        if not ops:
            return
        self.sequence += 1
        frame = events.frame(self._name, self.sequence, self._shorthand.of(ops))
        for watcher in list(self._watchers):
            watcher.deliver(frame)
