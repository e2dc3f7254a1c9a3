"""Looks for model servers on this machine.

Invariant: only what answers with a list of models, as the protocol has it, counts as a model server.
"""

import asyncio
from collections.abc import Iterable

import httpx
import msgspec

from conversations.protocol.errors import EndpointError
from conversations.protocol.model_list import ModelInfo

from .client import EndpointClient
from .config import EndpointConfig


class LocalCandidate(msgspec.Struct, frozen=True):
    """A place where a model server usually listens."""

    name: str
    port: int
    host: str = "127.0.0.1"

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}/v1"


class DiscoveredServer(msgspec.Struct, frozen=True):
    """A model server that answered; `name` is what it calls itself, or else what usually listens there."""

    name: str
    base_url: str
    models: list[ModelInfo]


LOCAL_CANDIDATES = (
    LocalCandidate("Ollama", 11434),
    LocalCandidate("llama.cpp", 8080),
    LocalCandidate("LM Studio", 1234),
    LocalCandidate("vLLM", 8000),
)
NAMES_BY_OWNER = {
    "library": "Ollama",
    "llamacpp": "llama.cpp",
    "organization_owner": "LM Studio",
    "vllm": "vLLM",
}
# Chatsite lists its own models to people with a key; it is not a model server to itself.
OWN_NAME = "chatsite"


async def find_local_servers(
    candidates: Iterable[LocalCandidate] = LOCAL_CANDIDATES,
    *,
    own_port: int | None = None,
    timeout_seconds: float = 1.0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> list[DiscoveredServer]:
    """Ask all candidates at once; the servers that answered, in the order of the candidates.

    own_port: where Chatsite itself listens, to be left out.
    """
    asked = [candidate for candidate in candidates if candidate.port != own_port]
    found = await asyncio.gather(*(_probe(candidate, timeout_seconds, transport) for candidate in asked))
    return [server for server in found if server is not None]


async def _probe(
    candidate: LocalCandidate, timeout_seconds: float, transport: httpx.AsyncBaseTransport | None
) -> DiscoveredServer | None:
    config = EndpointConfig(
        name=candidate.name,
        base_url=candidate.base_url,
        connect_timeout_seconds=timeout_seconds,
        list_timeout_seconds=timeout_seconds,
        retries=0,
        max_connections=1,
    )
    client = EndpointClient(config, transport)
    try:
        models = await client.list_models()
    except EndpointError:
        return None
    finally:
        await client.aclose()
    # All of these servers name an owner; other JSON that happens to hold names or ids does not.
    owners = {model.owned_by for model in models} - {""}
    if not owners or OWN_NAME in owners:
        return None
    name = next((NAMES_BY_OWNER[owner] for owner in owners if owner in NAMES_BY_OWNER), candidate.name)
    return DiscoveredServer(name, candidate.base_url, models)
