"""Daphne in this process: on uvloop, announced when it listens, stopped without leaving anything half done.

Importing this module makes the event loop that Daphne will run on.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

if sys.platform != "win32":
    import uvloop

    # Daphne makes its loop when it is imported, so the policy comes first.
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.defer import Deferred

from conversations.management.serving.site_request import SiteRequest

PROCESS_MODULE = "conversations.generation.process"
ANSWERS_MAY_TAKE_SECONDS = 5
APPLICATIONS_MAY_TAKE_SECONDS = 3

log = structlog.get_logger(__name__)


class SiteWebSocket(WebSocketProtocol):
    """Limits what browsers send, not what they are sent: Autobahn has one number for both."""

    maxMessagePayloadSize: int
    send_queue: deque[Any]

    def sendMessage(self, *args: Any, **options: Any) -> None:
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **options)
        finally:
            self.maxMessagePayloadSize = limit

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Without the sentence that Autobahn composes about each frame, which costs half as much as sending it."""
        if sync or chopsize or self.send_queue or self.state != self.STATE_OPEN:
            super().sendData(data, sync, chopsize)
        else:
            self.transport.write(data)
            self.trafficStats.outgoingOctetsWireLevel += len(data)


class SiteServer(Server):
    def __init__(self, application: Any, *, host: str, port: int, announce: Callable[[int], None]) -> None:
        self.announce = announce
        self.listen_problem: str | None = None
        super().__init__(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            http_timeout=None,
            websocket_timeout=-1,
            websocket_handshake_timeout=10,
            ping_interval=20,
            ping_timeout=30,
            # What browsers send over their socket are a few words; long messages and files come by POST.
            websocket_max_message_size=64 * 1024,
            websocket_max_frame_size=64 * 1024,
            application_close_timeout=30,
            server_name="",
        )

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ws_factory.protocol = SiteWebSocket
        self._take_in_requests_our_way()
        self.announce(port.getHost().port)

    def _take_in_requests_our_way(self) -> None:
        build = self.http_factory.buildProtocol

        def build_ours(address: Any) -> Any:
            protocol = build(address)
            protocol.requestFactory = SiteRequest
            return protocol

        self.http_factory.buildProtocol = build_ours

    def listen_error(self, failure: Any) -> None:
        self.listen_problem = failure.getErrorMessage()
        super().listen_error(failure)

    def kill_all_applications(self) -> "Deferred[None]":
        """Called when the reactor is about to stop, which then waits for the result."""
        return Deferred.fromFuture(asyncio.ensure_future(self._close()))

    async def _close(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        await _within(ANSWERS_MAY_TAKE_SECONDS, end_running_answers(), "answers")
        applications = [
            application
            for details in self.connections.values()
            if (application := details.get("application_instance")) and not application.done()
        ]
        for application in applications:
            application.cancel()
        ended = asyncio.gather(*applications, return_exceptions=True)
        await _within(APPLICATIONS_MAY_TAKE_SECONDS, ended, "connections")


async def end_running_answers() -> None:
    """Let running answers store what they have; where the module was never loaded, none was ever begun."""
    process = sys.modules.get(PROCESS_MODULE)
    if process is not None:
        await process.shutdown()


async def _within(seconds: float, work: Awaitable[Any], name: str) -> None:
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        log.warning("stopped before everything was closed", waiting_for=name, seconds=seconds)
