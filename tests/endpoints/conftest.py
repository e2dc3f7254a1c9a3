"""Real servers on loopback for the client to talk to: scripted ones, and the replay of recorded replies."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from conversations.endpoints import DemoTransport, EndpointClient, EndpointConfig
from tests.endpoints.wire import TRANSCRIPTS, Handler, config_for

TESTS = Path(__file__).parent.parent
REPLAY = TESTS / "fakes" / "replay.py"
PATIENCE_SECONDS = 10


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
async def make_client() -> AsyncIterator[Callable[..., EndpointClient]]:
    clients: list[EndpointClient] = []

    def make(config: EndpointConfig | str, transport: Any = None, **settings: Any) -> EndpointClient:
        if isinstance(config, str):
            config = config_for(config, **settings)
        clients.append(EndpointClient(config, transport))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def demo_client(make_client: Callable[..., EndpointClient]) -> EndpointClient:
    return make_client("demo://test/v1", DemoTransport(tokens_per_second=0))


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """Starts a real server that gives every request to one handler; returns its base URL."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture(scope="session")
def replay_url() -> Iterator[str]:
    """The base URL of a replay server, which runs in a process of its own."""
    port = free_port()
    command = [sys.executable, str(REPLAY), "--root", str(TRANSCRIPTS), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the replay server did not open port {port}")
