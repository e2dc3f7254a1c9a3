"""The socket of an open page: what changed in its conversation and its sidebar, and every frame of a running answer."""

from __future__ import annotations

import asyncio
import json
from contextvars import Context
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from autobahn.exception import Disconnected
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import Http404
from django.utils import translation

from conversations import live
from conversations.access import conversation_for, id_in
from conversations.backlog import Backlog
from conversations.generation.database import in_database
from conversations.generation.process import Process, here
from conversations.generation.reaper import reap_abandoned
from conversations.models import Conversation
from conversations.services.attachments import MOST_FILES
from conversations.services.errors import ServiceError, SignedOut
from conversations.services.notify import (
    AccountChanged,
    ConversationDeleted,
    Event,
    SessionEnded,
    SidebarChanged,
    TranscriptChanged,
)
from conversations.services.sending import Outgoing
from conversations.services.sessions import SocketSession

ACCOUNT_CHANGED = 4400
SIGNED_OUT = 4401
NOT_FOUND = 4404
# A server may not send every code that there is: 1011, which means just this, is one that Autobahn refuses.
INTERNAL_ERROR = 4500

# The sidebar can wait a moment, and the answer that made it change cannot; a little longer when many begin at once.
ASIDE_SECONDS = 0.3
ASIDE_SECONDS_WHEN_BUSY = 1.0

# A page sends one message at a time; after a lost connection it may send it again before the first is settled.
SENDING_AT_ONCE = 4

log = structlog.get_logger(__name__)


class Aside:
    """Changes of the sidebar that are not told yet, one for each conversation."""

    def __init__(self) -> None:
        self._changes: dict[UUID, SidebarChanged] = {}

    def add(self, event: SidebarChanged) -> bool:
        """Whether it is the first, and somebody must come and take them."""
        is_first = not self._changes
        before = self._changes.get(event.conversation_id)
        # A row that came first does not go back to its place because its title changed since.
        if before is None or event.change != "in_place":
            self._changes[event.conversation_id] = event
        return is_first

    def take(self) -> list[SidebarChanged]:
        changes, self._changes = list(self._changes.values()), {}
        return changes


class ConversationConsumer(AsyncWebsocketConsumer):
    """A Viewer of the hub and a Watcher of runs: both put what they bring in one queue, so that its order holds."""

    # The hub brings what a page needs; a channel of its own would cost every page a reader of the channel layer.
    channel_layer_alias = "none"

    conversation_id: UUID | None = None
    user_id: int
    session_key: str
    revision: int
    process: Process
    session: SocketSession
    has_joined = False
    writer: asyncio.Task[None] | None = None

    async def __call__(self, *connection: Any) -> None:
        try:
            await super().__call__(*connection)
        finally:
            # A server that is in a hurry cancels, and nobody is told of a disconnection then.
            self._leave()

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(SIGNED_OUT)
            return
        self.user_id = user.pk
        self.session_key = self.scope["session"].session_key or ""
        self.session = SocketSession.of(user, self.session_key)
        self.conversation_id = self.scope["url_route"]["kwargs"].get("conversation_id")
        self.process = here()
        self.queue: asyncio.Queue[str | Event | Aside] = asyncio.Queue()
        self.aside = Aside()
        self.backlog = Backlog()
        self.is_behind = False
        self.sending: set[asyncio.Task[None]] = set()
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        self.revision = _number(query.get("rev", ["-1"])[0])
        self.language = _language(query.get("lang", [""])[0])
        await self.process.ready()
        # Join first and read the rows after: a change in between is then seen twice, never missed.
        self.process.hub.join(self)
        self.has_joined = True
        try:
            await self._greet()
        except Http404:
            self._leave()
            await self.close(NOT_FOUND)

    async def _greet(self) -> None:
        conversation = await in_database(self._look) if self.conversation_id else None
        await self.accept()
        await self.send(live.hello(conversation, self.language))
        if conversation is not None:
            if conversation.revision != self.revision:
                await self.send(live.refresh(conversation.revision))
            await self._watch()
        self.writer = asyncio.get_running_loop().create_task(self._write(), context=Context())

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without Channels' look at database connections before each message: in_database() looks when it uses one."""
        await getattr(self, get_handler_name(message))(message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = json.loads(text_data or "")
            kind = message["t"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return
        try:
            await self._take(kind, message)
        except Exception:
            # Raised further it would end this consumer without disconnect(), and its place in the hub would stay.
            log.exception("socket_failed", conversation=str(self.conversation_id))
            await self.close(INTERNAL_ERROR)

    async def _take(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "ping":
            await self.send('{"t":"pong"}')
        elif kind == "send":
            self._begin_sending(message)
        elif kind == "resync":
            await self._watch()
        elif kind == "mark":
            self.backlog.seen(message.get("n"))
            if self.is_behind and self.backlog.is_worked_off:
                self.is_behind = False
                await self._watch()

    def _begin_sending(self, message: dict[str, Any]) -> None:
        """Beside what else the page says: whoever waits for the database must not look dead."""
        if len(self.sending) < SENDING_AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._send_message(message), context=Context())
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    async def _send_message(self, message: dict[str, Any]) -> None:
        key = str(message.get("key", ""))
        sent_as = id_in(key)
        if self.conversation_id is None or sent_as is None:
            return
        outgoing = Outgoing(
            sender_id=self.user_id,
            conversation_id=self.conversation_id,
            text=str(message.get("text", "")),
            key=sent_as,
            language=self.language,
            model_key=str(message.get("model", "")),
            files=_ids(message.get("files")),
            session=self.session,
        )
        try:
            await self.process.send(outgoing)
        except ServiceError as error:
            with translation.override(self.language):
                self.queue.put_nowait(live.refused(key, status=error.status, text=str(error)))
            if isinstance(error, SignedOut):
                self.queue.put_nowait(AccountChanged(self.user_id))
        except Exception:
            log.exception("message_not_stored", conversation=str(self.conversation_id))
            self.queue.put_nowait(live.refused(key, status=500, text=""))
        else:
            self.queue.put_nowait(live.sent(key))

    def ring(self, event: Event) -> None:
        """As the hub's Viewer."""
        if not isinstance(event, SidebarChanged):
            self.queue.put_nowait(event)
        elif self.aside.add(event):
            seconds = ASIDE_SECONDS_WHEN_BUSY if self.process.runner.is_busy else ASIDE_SECONDS
            asyncio.get_running_loop().call_later(seconds, self.queue.put_nowait, self.aside)

    def deliver(self, frame: str) -> None:
        """As a run's Watcher."""
        if self.backlog.is_too_long and self.conversation_id:
            # A page that cannot keep up gets a snapshot when it has caught up, not a backlog.
            self.is_behind = True
            self.process.unwatch(self.conversation_id, self)
        else:
            self.queue.put_nowait(frame)

    def _leave(self) -> None:
        if not self.has_joined:
            return
        if self.writer:
            self.writer.cancel()
        for task in self.sending:
            task.cancel()
        self.process.hub.leave(self)
        if self.conversation_id:
            self.process.unwatch(self.conversation_id, self)

    def _look(self) -> Conversation:
        assert self.conversation_id is not None
        reap_abandoned(self.conversation_id, sparing=self.process.address)
        return conversation_for(self.scope["user"], self.conversation_id)

    async def _watch(self) -> None:
        if self.conversation_id:
            await self.process.watch(self.conversation_id, self)

    async def _write(self) -> None:
        try:
            while True:
                await self._pass_on(await self.queue.get())
        except Disconnected:
            # The page went away between two frames; disconnect() follows.
            return
        except Exception:
            # The page comes back by itself and asks what it missed.
            log.exception("socket_failed", conversation=str(self.conversation_id))
            await self.close(INTERNAL_ERROR)

    async def _pass_on(self, item: str | Event | Aside) -> None:
        if isinstance(item, str):
            await self.send(item)
            mark = self.backlog.mark_after(item)
            if mark is not None:
                await self.send(live.mark(mark))
        elif isinstance(item, Aside):
            await self._pass_on_aside()
        elif isinstance(item, TranscriptChanged):
            await self.send(await live.transcript_frame((item, self.language)))
            if item.change != "changed" and self.process.relay.is_shared:
                # A run of this process has attached its viewers itself.
                await self._watch()
        elif isinstance(item, SessionEnded):
            await self.send(live.bye("signed_out"))
            await self.close(SIGNED_OUT)
        elif isinstance(item, ConversationDeleted):
            await self._pass_on_aside()
            await self.send(live.bye("gone"))
            await self.close(NOT_FOUND)
        elif isinstance(item, AccountChanged):
            # The page comes back by itself, and the handshake tells whether it may.
            await self.close(ACCOUNT_CHANGED)

    async def _pass_on_aside(self) -> None:
        for event in self.aside.take():
            await self.send(await live.sidebar_frame((event, self.language)))


def _ids(named: object) -> tuple[UUID, ...]:
    """The ids that a page names; the first of too many, of which the service says so."""
    listed = named[: MOST_FILES + 1] if isinstance(named, list) else []
    return tuple(pk for name in listed if isinstance(name, str) and (pk := id_in(name)))


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return -1


def _language(wanted: str) -> str:
    try:
        return translation.get_supported_language_variant(wanted)
    except LookupError:
        return translation.get_language() or "en"
