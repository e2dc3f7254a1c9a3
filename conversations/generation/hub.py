"""Who looks at what: the pages that this process serves, and the news of changed rows that reaches them.

Rows are the truth and this is the doorbell: an event names what changed, and each page decides what to show.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Protocol, TypeVar
from uuid import UUID

from conversations.services.notify import (
    AccountChanged,
    ConversationDeleted,
    Event,
    SessionEnded,
    SidebarChanged,
    TranscriptChanged,
)

Key = TypeVar("Key", int, UUID)


class Viewer(Protocol):
    """A page's socket, which also watches runs. `ring` returns at once; what it does about the event is its affair."""

    user_id: int
    session_key: str
    conversation_id: UUID | None

    def ring(self, event: Event) -> None: ...

    def deliver(self, frame: str) -> None: ...


class Hub:
    """The viewers of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._by_conversation: dict[UUID, set[Viewer]] = defaultdict(set)
        self._by_user: dict[int, set[Viewer]] = defaultdict(set)

    def join(self, viewer: Viewer) -> None:
        self._by_user[viewer.user_id].add(viewer)
        if viewer.conversation_id is not None:
            self._by_conversation[viewer.conversation_id].add(viewer)

    def leave(self, viewer: Viewer) -> None:
        _discard(self._by_user, viewer.user_id, viewer)
        if viewer.conversation_id is not None:
            _discard(self._by_conversation, viewer.conversation_id, viewer)

    def viewers_of(self, conversation_id: UUID) -> list[Viewer]:
        return list(self._by_conversation.get(conversation_id, ()))

    def everyone(self) -> list[Viewer]:
        return [viewer for viewers in self._by_user.values() for viewer in viewers]

    def post(self, event: Event) -> None:
        """Ring for `event`, from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.ring, event)

    def ring(self, event: Event) -> None:
        """Ring for `event`, from the event loop."""
        for viewer in self._concerned(event):
            viewer.ring(event)

    def _concerned(self, event: Event) -> list[Viewer]:
        if isinstance(event, TranscriptChanged | ConversationDeleted):
            return self.viewers_of(event.conversation_id)
        if isinstance(event, SidebarChanged | AccountChanged):
            return list(self._by_user.get(event.user_id, ()))
        assert isinstance(event, SessionEnded)
        return [viewer for viewer in self.everyone() if viewer.session_key == event.session_key]


def _discard(table: dict[Key, set[Viewer]], key: Key, viewer: Viewer) -> None:
    table[key].discard(viewer)
    if not table[key]:
        del table[key]
