"""The client of one endpoint: requests out, streams of chunks in.

Invariant: a request is repeated only while nothing of an answer has come; every error that leaves this module
is an EndpointError; leaving a stream, or cancelling the task that reads it, closes its connection.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx

from conversations.protocol.accumulator import ChunkAccumulator
from conversations.protocol.errors import EndpointError, ErrorKind, Retry
from conversations.protocol.model_list import ModelInfo, read_model_list
from conversations.protocol.outcome import Outcome

from .adaptation import RequestShape
from .config import CHAT_PATH, EndpointConfig
from .exchange import Exchange, close, read_at_most
from .faults import no_first_byte
from .request_body import encode_body
from .retry import OnWait, with_retries
from .stream import CompletionStream

LONGEST_MODEL_LIST = 32 << 20

OnSend = Callable[[Mapping[str, Any]], None]


class EndpointClient:
    """One pooled HTTP client for one endpoint; use it from one event loop.

    `transport` takes the place of the network.
    """

    def __init__(self, config: EndpointConfig, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.config = config
        self._exchange = Exchange(config, transport)
        self._shape = RequestShape(config)
        self._open_requests = 0
        self._retired = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def is_idle(self) -> bool:
        return self._idle.is_set()

    @contextlib.asynccontextmanager
    async def stream(
        self, body: Mapping[str, Any], *, on_wait: OnWait | None = None, on_send: OnSend | None = None
    ) -> AsyncIterator[CompletionStream]:
        """Send a request and read its reply as it comes.

        body: the JSON members of the request; "stream": true is added unless it says false: the reply then comes whole,
        and is read in the same way. `on_wait` hears of pauses before another
        attempt; `on_send` is given what is sent, each time something is. Raises EndpointError for what goes wrong
        before the first byte, and for a passing fault that the reply begins with; all others are the last item of the
        stream.
        """
        async with self._busy():
            as_it_comes = body.get("stream") is not False
            stream = await self._open(body, stream=as_it_comes, on_wait=on_wait, on_send=on_send)
            try:
                yield stream
            finally:
                await stream.aclose()

    async def complete(self, body: Mapping[str, Any], *, on_wait: OnWait | None = None) -> Outcome:
        """The whole reply to a request that is not streamed.

        Raises EndpointError like stream(); a fault inside the reply is in the outcome's `error`.
        """
        accumulator = ChunkAccumulator()
        async with self._busy():
            stream = await self._open(body, stream=False, on_wait=on_wait)
            try:
                async for items in stream:
                    for item in items:
                        accumulator.feed(item)
                    if accumulator.is_full:
                        break
            finally:
                await stream.aclose()
        accumulator.close()
        return accumulator.outcome

    async def list_models(self) -> list[ModelInfo]:
        """What GET /models offers. Raises EndpointError, also when the answer is no list of models."""
        async with self._busy():
            until = asyncio.get_running_loop().time() + self.config.list_timeout_seconds
            try:
                response = await self._exchange.open("GET", "/models", until=until)
                try:
                    async with asyncio.timeout_at(until):
                        body = await self._exchange.mapped(read_at_most(response, LONGEST_MODEL_LIST))
                finally:
                    await close(response)
            except TimeoutError as error:
                message = f"{self.config.host} did not list its models in time."
                raise EndpointError(ErrorKind.TIMEOUT, message, retry=Retry.YES) from error
        found = read_model_list(body, mask=self._exchange.mask)
        if found.problem:
            raise EndpointError(ErrorKind.BAD_RESPONSE, found.problem, status=response.status_code)
        return found.models

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        await self._exchange.aclose()

    async def aclose_when_idle(self) -> None:
        """Let the requests in progress come to their ends, then close; later requests close behind themselves."""
        self._retired = True
        await self._idle.wait()
        await self.aclose()

    @contextlib.asynccontextmanager
    async def _busy(self) -> AsyncIterator[None]:
        self._open_requests += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._open_requests -= 1
            if not self._open_requests:
                self._idle.set()
                if self._retired:
                    await self.aclose()

    async def _open(
        self,
        body: Mapping[str, Any],
        *,
        stream: bool,
        on_wait: OnWait | None,
        on_send: OnSend | None = None,
    ) -> CompletionStream:
        async def attempt() -> CompletionStream:
            return await self._open_fitted(body, stream=stream, on_send=on_send)

        opened, attempts = await with_retries(attempt, self.config, on_wait)
        opened.attempts = attempts
        return opened

    async def _open_fitted(
        self, body: Mapping[str, Any], *, stream: bool, on_send: OnSend | None
    ) -> CompletionStream:
        """One attempt; refusals that teach something about the endpoint are answered with another request."""
        tried: list[Mapping[str, Any]] = []
        while True:
            fitted = self._shape.fit(body, stream=stream)
            tried.append(fitted)
            if on_send:
                on_send(fitted)
            try:
                return await self._open_once(fitted)
            except EndpointError as error:
                learned = self._shape.learn(error, body, fitted)
                if not learned or self._shape.fit(body, stream=stream) in tried:
                    raise

    async def _open_once(self, fitted: Mapping[str, Any]) -> CompletionStream:
        until = asyncio.get_running_loop().time() + self.config.first_byte_timeout_seconds
        body = encode_body(fitted)
        try:
            response = await self._exchange.open("POST", CHAT_PATH, body, until=until)
            stream = CompletionStream(response, self.config, self._exchange.mask)
            try:
                async with asyncio.timeout_at(until):
                    await self._exchange.mapped(stream.read_first())
                await stream.begin()
            except BaseException:
                await stream.aclose()
                raise
            return stream
        except TimeoutError as error:
            raise no_first_byte(self.config) from error
        except EndpointError as error:
            # What kept the request from being sent says more than the connection that was given up for it.
            if body.error:
                raise body.error from error
            raise
