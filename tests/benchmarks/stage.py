"""What every measurement stands on: the fast endpoint, and a real site in front of it with data of its own.

Invariant: all that is written goes into a temporary directory, which is gone when the stage is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.meter import Meter
from tests.servers.site import LiveSite

FAST_ENDPOINT = Path(__file__).with_name("fast_endpoint.py")
# Chunks with no members but the protocol's own, as most endpoints send them.
COMMON_CHUNKS = ";plain=1"
SEED = "from tests.benchmarks.seeding import main; main()"


@dataclass(frozen=True, slots=True)
class FastEndpoint:
    """The benchmark's endpoint in a process of its own."""

    base_url: str

    def stats(self) -> dict[str, int]:
        """active, peak, started, finished, disconnected, tokens, received, last_sent_ns."""
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + "/stats", timeout=10) as answer:
            return dict(json.load(answer))


@dataclass(frozen=True, slots=True)
class Stage:
    """A running site and the endpoint that it asks."""

    endpoint: FastEndpoint
    site: LiveSite

    @property
    def server(self) -> Meter:
        assert self.site.process is not None
        return Meter.of(self.site.process.pid)

    def seed(self, command: str, **arguments: Any) -> Any:
        """Run a command of the seeding module on the site's data; returns what it returns."""
        written = self.site.manage("shell", "-v0", "-c", SEED, stdin=json.dumps([command, arguments]))
        return json.loads(written)

    def visitors(self, count: int, model: str) -> list[dict[str, str]]:
        """New users, signed in, each with an empty conversation that asks the fast endpoint's `model`."""
        return list(self.seed("visitors", count=count, model=model + COMMON_CHUNKS))


@contextmanager
def running_endpoint() -> Iterator[FastEndpoint]:
    command = [sys.executable, str(FAST_ENDPOINT), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield FastEndpoint(process.stdout.readline().split()[-1])
    finally:
        process.kill()
        process.wait()


@contextmanager
def running_stage(endpoint: FastEndpoint) -> Iterator[Stage]:
    """A site on fresh data, started and asked once, so that nothing measured pays for a first time."""
    with tempfile.TemporaryDirectory(prefix="chatsite-bench-") as folder:
        data_dir = Path(folder) / "data"
        data_dir.mkdir()
        site = LiveSite(data_dir, {"OPENAI_BASE_URL": endpoint.base_url}).start()
        try:
            yield Stage(endpoint, site)
        finally:
            site.kill()


def cpu_per_1000_tokens(endpoint: FastEndpoint, meter: Meter, seconds: float) -> float:
    """CPU seconds that the process uses while the endpoint sends 1,000 tokens, over the next `seconds`."""
    tokens, used = endpoint.stats()["tokens"], meter.cpu_seconds
    time.sleep(seconds)
    used, tokens = meter.cpu_seconds - used, endpoint.stats()["tokens"] - tokens
    return used / tokens * 1000
