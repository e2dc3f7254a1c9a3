"""HTTP with one endpoint: builds requests, sends them, and lets only replies with a good status through.

Invariant: whatever it raises is an EndpointError without secrets (or TimeoutError, for a limit that the caller
has set), and no response stays open behind an error.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeVar

import httpx

from conversations.protocol.error_reading import read_error
from conversations.protocol.errors import EndpointError, ErrorKind

from .config import EndpointConfig
from .faults import TRANSPORT_ERRORS, endpoint_error, redirected
from .masking import basic_authorization, mask_for
from .request_body import RequestBody
from .transports import transport_for

T = TypeVar("T")

USER_AGENT = "Chatsite"
LONGEST_ERROR_BODY = 1 << 18
ERROR_BODY_SECONDS = 10.0
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# These say where a request ends: a configured one would tear it apart.
OWN_HEADERS = ("content-length", "transfer-encoding", "connection")


class Exchange:
    """The HTTP side of an EndpointClient; its connections are opened when they are first needed."""

    def __init__(self, config: EndpointConfig, transport: httpx.AsyncBaseTransport | None) -> None:
        self._config = config
        self._transport = transport
        self._http: httpx.AsyncClient | None = None
        self._addresses: dict[str, httpx.URL] = {}
        self.mask = mask_for(config)

    async def open(
        self, method: str, path: str, body: RequestBody | None = None, *, until: float
    ) -> httpx.Response:
        """A response with status 2xx whose body is still to be read, and which the caller must close.

        `until` is the loop's time by which it must have begun. What a refusal says has a limit of its own: a
        status that has come is told, however slow the words are.
        """
        async with asyncio.timeout_at(until):
            response = await self.mapped(self._send(method, path, body))
        if response.is_success:
            return response
        try:
            if response.is_redirect:
                raise redirected(response.status_code, self._config)
            said = await _body_of_refusal(response)
            raise read_error(response.status_code, response.headers, said, mask=self.mask)
        finally:
            await close(response)

    async def mapped(self, work: Awaitable[T]) -> T:
        """The result of something that uses the connection, its errors in the protocol's terms."""
        try:
            return await work
        except TRANSPORT_ERRORS as error:
            raise endpoint_error(error, self._config) from error

    async def aclose(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _send(self, method: str, path: str, body: RequestBody | None) -> httpx.Response:
        if self._http is None:
            # Proxies and cookies are the transport's business; httpx's own clock would hold back slow models.
            transport = self._transport or transport_for(self._config)
            seconds = self._config.connect_timeout_seconds
            timeout = httpx.Timeout(None, connect=seconds, pool=seconds)
            no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            self._http = httpx.AsyncClient(
                transport=transport, timeout=timeout, cookies=no_cookies, trust_env=False
            )
        if path not in self._addresses:
            self._addresses[path] = self._config.address(path)
        request = self._http.build_request(
            method,
            self._addresses[path],
            headers=self._headers(body),
            content=body.content if body else None,
        )
        return await self._http.send(request, stream=True)

    def _headers(self, body: RequestBody | None) -> dict[str, str]:
        if body is None:
            return self._own_headers
        # What is configured has the last word, but on the length.
        headers = {"content-type": "application/json", **self._own_headers}
        headers["content-length"] = str(body.size)
        return headers

    @cached_property
    def _own_headers(self) -> dict[str, str]:
        """The headers of every request to this endpoint. Raises EndpointError for what no request can carry."""
        headers = {"user-agent": USER_AGENT, "accept": "application/json, text/event-stream"}
        key, credentials = self._config.api_key.strip(), self._config.credentials
        if credentials:
            headers["authorization"] = basic_authorization(*credentials)
        elif key:
            headers["authorization"] = f"Bearer {key}"
        headers |= {name.lower(): value for name, value in self._config.headers.items()}
        for name in OWN_HEADERS:
            headers.pop(name, None)
        for name, value in headers.items():
            if not (HEADER_NAME.fullmatch(name) and value.isascii() and value.isprintable()):
                message = f"The key or a header for {self._config.host} holds characters that cannot be sent."
                raise EndpointError(ErrorKind.AUTH, message)
        return headers


async def read_at_most(response: httpx.Response, limit: int, into: bytearray | None = None) -> bytes:
    """The beginning of a body, at most `limit` bytes; `into` holds what came if reading fails."""
    body = bytearray() if into is None else into
    async for data in response.aiter_bytes():
        body += data[: limit - len(body)]
        if len(body) >= limit:
            break
    return bytes(body)


async def close(response: httpx.Response) -> None:
    """Close it at once; a connection that is gone already is no news."""
    with contextlib.suppress(*TRANSPORT_ERRORS):
        await response.aclose()


async def _body_of_refusal(response: httpx.Response) -> bytes:
    """What came of it in time."""
    body = bytearray()
    with contextlib.suppress(*TRANSPORT_ERRORS):
        async with asyncio.timeout(ERROR_BODY_SECONDS):
            await read_at_most(response, LONGEST_ERROR_BODY, body)
    return bytes(body)
