"""The replay server of recorded replies, in a process of its own, and what it saw."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.environment import free_port
from tests.servers.waiting import wait_until

TESTS = Path(__file__).parent.parent
SCRIPT = TESTS / "fakes" / "replay.py"
TRANSCRIPTS = TESTS / "conformance" / "transcripts"


class ReplayServer:
    """`url` is its address without /v1; a model's name says which transcript it replays, and how."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def __str__(self) -> str:
        return self.url

    def stats(self) -> dict[str, int]:
        """How many streams are active now, were at most, and ended how."""
        return self._get("/_stats")

    def requests(self) -> list[dict[str, Any]]:
        """The last requests as received, oldest first; `body` is their JSON."""
        log = self._get("/_log")
        return log["requests"] if isinstance(log, dict) else log

    def is_up(self) -> bool:
        try:
            self._get("/_stats")
        except OSError:
            return False
        return True

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)


@contextmanager
def running_replay_server() -> Iterator[ReplayServer]:
    port = free_port()
    command = [sys.executable, str(SCRIPT), "--root", str(TRANSCRIPTS), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = ReplayServer(port)
    try:
        wait_until(server.is_up, "the replay server answers")
        yield server
    finally:
        process.kill()
        process.wait()
