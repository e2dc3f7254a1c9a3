"""The clients of all endpoints in use, one for each configuration.

Invariant: equal configurations share one client and its connections; a client that was replaced, or not used
for long, is closed after its last request, never during one. All calls come from one event loop.
"""

import asyncio
from collections import OrderedDict

import httpx
import msgspec

from .client import EndpointClient
from .config import EndpointConfig

MOST_CLIENTS = 64

encode_key = msgspec.json.Encoder(order="sorted").encode


class EndpointPool:
    """Hands out clients. `transport` takes the place of the network for all of them."""

    def __init__(
        self, *, transport: httpx.AsyncBaseTransport | None = None, most_clients: int = MOST_CLIENTS
    ) -> None:
        self._transport = transport
        self._most_clients = most_clients
        self._clients: OrderedDict[bytes, EndpointClient] = OrderedDict()
        self._retired: dict[asyncio.Task[None], EndpointClient] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def client_for(self, config: EndpointConfig) -> EndpointClient:
        """The client of this configuration. One with the same `id` and another configuration is retired.

        Raises RuntimeError when called from another event loop than before.
        """
        loop = asyncio.get_running_loop()
        if self._loop not in (None, loop):
            raise RuntimeError("an EndpointPool belongs to one event loop")
        self._loop = loop
        key = config.id.encode() if config.id else encode_key(config)
        client = self._clients.get(key)
        if client is None or client.config != config:
            if client is not None:
                self._retire(client)
            client = self._clients[key] = EndpointClient(config, self._transport)
        self._clients.move_to_end(key)
        while len(self._clients) > self._most_clients:
            self._retire(self._clients.popitem(last=False)[1])
        return client

    async def aclose(self) -> None:
        """Close every client now, with whatever is still running on it."""
        clients = [*self._clients.values(), *self._retired.values()]
        waiting = list(self._retired)
        self._clients.clear()
        for client in clients:
            await client.aclose()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    def _retire(self, client: EndpointClient) -> None:
        task = asyncio.get_running_loop().create_task(client.aclose_when_idle())
        self._retired[task] = client
        task.add_done_callback(self._retired.pop)
