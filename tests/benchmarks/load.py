"""The process of tests/benchmarks/viewers.py, as seen from a measurement."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.servers.site import PROJECT_DIR

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Viewers:
    """People with open pages. A process of their own: what they cost is not what the server costs."""

    process: subprocess.Popen[str]

    def open(self, visitors: Sequence[dict[str, str]]) -> None:
        """Open every visitor's page and its socket."""
        assert self._tell("open", visitors=visitors) == len(visitors)

    def ask(self, *, within: float) -> int:
        """Each asks for an answer, spread over `within` seconds; how many were not refused."""
        return int(self._tell("ask", within=within))

    def latencies(self) -> list[float]:
        """How late each stamped token was, in milliseconds, of those seen since this was last asked."""
        return list(self._tell("latencies"))

    def finish(self) -> list[Report]:
        """Once all answers are complete, what each saw: see Seen.report in viewers.py."""
        return list(self._tell("finish"))

    def _tell(self, command: str, **arguments: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([command, arguments]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def running_viewers(site_url: str) -> Iterator[Viewers]:
    command = [sys.executable, "-m", "tests.benchmarks.viewers", site_url]
    process = subprocess.Popen(
        command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Viewers(process)
    finally:
        process.kill()
        process.wait()
