"""An httpx transport that keeps to a network policy: for every client that dials out on a user's behalf.

Invariant: the connection goes to an address that the policy gave out for this very request, while the Host header, the
name that TLS asks for and the certificate that it checks are those of the host in the URL. No proxy is used: what a
proxy makes of a name cannot be checked.
"""

from __future__ import annotations

import functools
import ssl

import httpx

from .address import host_of, port_of
from .policy import NetworkPolicy
from .public import Address


class PolicyTransport(httpx.AsyncBaseTransport):
    """Raises AddressRefused besides httpx's own errors; URLs must be http or https.

    A client that follows redirects passes each of them through here.
    """

    def __init__(self, policy: NetworkPolicy, *, context: ssl.SSLContext | None = None) -> None:
        self._policy = policy
        # A connection is known by its address alone: one that is kept would be taken for another host's too, whose
        # certificate has never been seen.
        self._direct = httpx.AsyncHTTPTransport(
            verify=context or tls_context(),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = host_of(request.url)
        try:
            addresses = await self._policy.resolve(host, port_of(request.url))
        except OSError as error:
            raise httpx.ConnectError(f"There is no address for the name {host}.", request=request) from error
        *others, last = addresses
        for address in others:
            try:
                return await self._direct.handle_async_request(_dialled_at(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                # Nothing has been sent yet: the next address may do better.
                continue
        return await self._direct.handle_async_request(_dialled_at(last, request))

    async def aclose(self) -> None:
        await self._direct.aclose()


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Shared, because reading the certificates costs more than a request."""
    return httpx.create_ssl_context()


def _dialled_at(address: Address, request: httpx.Request) -> httpx.Request:
    """The same request to the address itself; its Host header was written for the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host_of(request.url).rstrip(".")},
    )
