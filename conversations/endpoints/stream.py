"""One reply while it is read: bytes in, lists of chunks out.

Invariant: the iteration always ends, with a fault as its last item if there was one; what is buffered when it
wakes up comes as one list; closing it closes the connection unless the reply was read to its end.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

import httpx
import structlog

from conversations.protocol.chunks import ChatCompletionChunk, is_silent
from conversations.protocol.errors import EndpointError, ErrorKind, Retry
from conversations.protocol.key_masking import Mask
from conversations.protocol.reply import ReplyDecoder

from .config import EndpointConfig
from .exchange import close
from .faults import TRANSPORT_ERRORS, interrupted, went_silent

# After "[DONE]" only the end of the body should follow; waiting a moment for it keeps the connection usable.
DRAIN_SECONDS = 0.1
# What an endpoint may get over; other faults are told at once.
PASSING = frozenset({ErrorKind.RATE_LIMIT, ErrorKind.SERVER_ERROR, ErrorKind.TIMEOUT})
# A reply that begins with more of them is left to its reader.
MOST_SILENT_CHUNKS = 100

log = structlog.get_logger(__name__)

ReplyItem = ChatCompletionChunk | EndpointError


class CompletionStream:
    """A reply whose first bytes have come. Iterate it once; each item is a non-empty list.

    `attempts` counts the requests that were needed; `request_id` is the endpoint's name for this exchange;
    `last_read` is how many bytes came last; `is_over` tells that no item follows.
    """

    def __init__(self, response: httpx.Response, config: EndpointConfig, mask: Mask) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.request_id: str | None = response.headers.get("x-request-id")
        self.attempts = 1
        self._response = response
        self._config = config
        self._decoder = ReplyDecoder(status=response.status_code, headers=response.headers, mask=mask)
        self._body: AsyncGenerator[bytes, None] = _bytes_of(response)
        self._first = b""
        self._begun: list[ReplyItem] = []
        self._is_at_end = False  # there was not even a first byte
        self._is_done = False  # "[DONE]" has come
        self.is_over = False  # "[DONE]" or an error has come: nothing more is read
        self.last_read = 0

    @property
    def came_as_events(self) -> bool:
        """Whether the reply was a stream, whatever was asked for; known when it has been read."""
        return self._decoder.came_as_events

    async def read_first(self) -> None:
        """Wait for the first bytes of the body. Raises what the transport raises."""
        self._first = await anext(self._body, b"")
        self._is_at_end = not self._first

    async def begin(self) -> None:
        """Wait for the first of an answer. Raises an EndpointError that comes instead, if it is one that passes."""
        while len(self._begun) < MOST_SILENT_CHUNKS and (items := await self._next()):
            self._begun += items
            for item in items:
                if isinstance(item, EndpointError):
                    if item.retry is Retry.YES and item.kind in PASSING:
                        raise item
                    return
                if not is_silent(item):
                    return

    async def __aiter__(self) -> AsyncIterator[list[ReplyItem]]:
        items, self._begun = self._begun, []
        while items := items or await self._next():
            yield items
            items = []

    async def aclose(self) -> None:
        """Give the connection back if the reply is at its end, else close it at once."""
        try:
            if self._is_done and not self._response.is_closed:
                with contextlib.suppress(*TRANSPORT_ERRORS):
                    async with asyncio.timeout(DRAIN_SECONDS):
                        await anext(self._body, b"")
        finally:
            # Also when the wait is cancelled: an open response keeps its connection for good.
            await close(self._response)
            if self._decoder.unread:
                log.warning("lines_skipped", host=self._config.host, count=self._decoder.unread)

    async def _next(self) -> list[ReplyItem]:
        """The next items, waiting for as many bytes as that takes; none when the reply is over."""
        while not self.is_over:
            try:
                data = self._first or await self._next_bytes()
            except TRANSPORT_ERRORS as error:
                self.is_over = True
                return self._last_items(error)
            self._first = b""
            self.last_read = len(data)
            if not data:
                self.is_over = True
                return self._seen(self._decoder.close())
            if items := self._seen(self._decoder.feed(data)):
                return items
        return []

    async def _next_bytes(self) -> bytes:
        if self._is_at_end:
            return b""
        async with asyncio.timeout(self._config.idle_timeout_seconds):
            return await anext(self._body, b"")

    def _seen(self, items: list[ReplyItem]) -> list[ReplyItem]:
        """These items; notes whether the reply ends with them."""
        for item in items:
            if isinstance(item, EndpointError):
                self.is_over = True
            elif item.done:
                self.is_over = self._is_done = True
        return items

    def _last_items(self, error: BaseException) -> list[ReplyItem]:
        """What is left when the connection failed: the last whole items, and the fault."""
        items = self._seen(self._decoder.close(cut=True))
        if isinstance(error, TimeoutError):
            fault = went_silent(self._config)
            items = [item for item in items if not isinstance(item, EndpointError)]
        else:
            fault = interrupted(self._config, self.status)
        return items if self._is_done or _has_error(items) else [*items, fault]


def _has_error(items: list[ReplyItem]) -> bool:
    return any(isinstance(item, EndpointError) for item in items)


async def _bytes_of(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it comes, decompressed."""
    try:
        async for data in response.aiter_bytes():
            if data:
                yield data
    except RuntimeError as error:  # aiohttp's word for a connection that was closed on this side
        raise httpx.ReadError(str(error)) from error
