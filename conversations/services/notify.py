"""Doorbells: what changed is told to whoever listens, once it has committed and never before.

Services know nothing of sockets; the generation package subscribes and carries the news to the pages that are open.
Rows are the truth: an event that gets lost costs a page its freshness until it asks again, never a word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

import msgspec
from django.db import transaction

TranscriptChange = Literal["added", "changed", "head"]
SidebarChange = Literal["in_place", "first", "reordered"]


class TranscriptChanged(msgspec.Struct, frozen=True, tag="transcript"):
    """The shown transcript moved on to `revision`.

    `added`: `message_ids` follow the last message. `changed`: they look different now. `head`: another branch is shown.
    `last_frame` is the name of the run that wrote an answer, and the number of its last frame: a page that has had that
    one shows the answer's words already.
    """

    conversation_id: UUID
    revision: int
    change: TranscriptChange
    message_ids: tuple[UUID, ...] = ()
    last_frame: tuple[str, int] | None = None


class SidebarChanged(msgspec.Struct, frozen=True, tag="sidebar"):
    """A conversation's entry in its owner's sidebar changed, or went away.

    `in_place`: it stands where it stood. Otherwise it came first, or the list has to be made anew (`reordered`).
    """

    user_id: int
    conversation_id: UUID
    change: SidebarChange


class ConversationDeleted(msgspec.Struct, frozen=True, tag="deleted"):
    """A conversation is out of sight: pages that show it say so."""

    conversation_id: UUID


class SessionEnded(msgspec.Struct, frozen=True, tag="session"):
    """A browser signed out: the sockets of its session close."""

    session_key: str


class AccountChanged(msgspec.Struct, frozen=True, tag="account"):
    """An account has another password, was disabled or went away: its sockets must show again whose they are."""

    user_id: int


Event = TranscriptChanged | SidebarChanged | ConversationDeleted | SessionEnded | AccountChanged
Listener = Callable[[Event], None]

_listeners: list[Listener] = []


def subscribe(listener: Listener) -> None:
    """From now on `listener` is called with every event, in the thread that committed it; it must return at once."""
    if listener not in _listeners:
        _listeners.append(listener)


def notify(event: Event) -> None:
    """Tell the listeners when the transaction that is open now has committed."""
    transaction.on_commit(lambda: _tell(event))


def _tell(event: Event) -> None:
    for listener in _listeners:
        listener(event)
