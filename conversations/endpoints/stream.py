"""One reply while it is read: bytes in, lists of chunks out.

Invariant: the iteration always ends, with a fault as its last item if there was one; what is buffered when it
wakes up comes as one list; closing it closes the connection unless the reply was read to its end.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

import httpx

from conversations.protocol.chunks import ChatCompletionChunk
from conversations.protocol.errors import EndpointError
from conversations.protocol.key_masking import Mask
from conversations.protocol.reply import ReplyDecoder

from .config import EndpointConfig
from .faults import TRANSPORT_ERRORS, interrupted, went_silent

# After "[DONE]" only the end of the body should follow; waiting a moment for it keeps the connection usable.
DRAIN_SECONDS = 0.1

ReplyItem = ChatCompletionChunk | EndpointError


class CompletionStream:
    """A reply whose first bytes have come. Iterate it once; each item is a non-empty list.

    `attempts` counts the requests that were needed; `request_id` is the endpoint's name for this exchange.
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
        self._is_done = False  # "[DONE]" has come
        self._is_over = False  # "[DONE]" or an error has come: nothing more is read

    async def read_first(self) -> None:
        """Wait for the first bytes of the body. Raises what the transport raises."""
        self._first = await anext(self._body, b"")

    async def __aiter__(self) -> AsyncIterator[list[ReplyItem]]:
        data = self._first
        while data:
            if items := self._seen(self._decoder.feed(data)):
                yield items
            if self._is_over:
                return
            try:
                async with asyncio.timeout(self._config.idle_timeout_seconds):
                    data = await anext(self._body, b"")
            except TRANSPORT_ERRORS as error:
                yield self._last_items(error)
                return
        if items := self._seen(self._decoder.close()):
            yield items

    async def aclose(self) -> None:
        """Give the connection back if the reply is at its end, else close it at once."""
        with contextlib.suppress(*TRANSPORT_ERRORS):
            if self._is_done and not self._response.is_closed:
                async with asyncio.timeout(DRAIN_SECONDS):
                    await anext(self._body, b"")
        with contextlib.suppress(*TRANSPORT_ERRORS):
            await self._response.aclose()

    def _seen(self, items: list[ReplyItem]) -> list[ReplyItem]:
        """These items; notes whether the reply ends with them."""
        for item in items:
            if isinstance(item, EndpointError):
                self._is_over = True
            elif item.done:
                self._is_over = self._is_done = True
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
