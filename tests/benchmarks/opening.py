"""Starting the site and opening conversations: neither may take longer the more there is in the database."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import httpx

from tests.benchmarks.report import Row, Section, percentile, progress
from tests.benchmarks.stage import FastEndpoint, Stage, running_stage
from tests.servers.site import LiveSite

SHORT, LONG = 20, 10_000


def opening(endpoint: FastEndpoint, *, quick: bool) -> Section:
    """Whole pages over HTTP, one request after another, by somebody who is signed in."""
    rows = starts(endpoint)
    with running_stage(endpoint) as stage:
        progress("opening: conversations of few and of many messages")
        visitors = stage.seed("long_conversations", lengths=[SHORT, LONG])
        requests = 20 if quick else 60
        for length, visitor in zip((SHORT, LONG), visitors, strict=True):
            rows += opened(stage, length, visitor, requests)
    return Section("Starting, and opening conversations", rows)


def starts(endpoint: FastEndpoint) -> list[Row]:
    """From the start of the process until the site answers: the first time, and on data that is there."""
    progress("opening: starts")
    with tempfile.TemporaryDirectory(prefix="chatsite-bench-") as folder:
        data_dir = Path(folder) / "data"
        data_dir.mkdir()
        site = LiveSite(data_dir, {"OPENAI_BASE_URL": endpoint.base_url})
        try:
            seconds = []
            for _ in range(2):
                begun = time.monotonic()
                site.start()
                seconds.append(time.monotonic() - begun)
                idle = Stage(endpoint, site).server.memory_kib / 1024
                site.stop()
        finally:
            site.kill()
    return [
        Row("start on an empty data directory, until it answers", seconds[0], "s"),
        Row("start on existing data, until it answers", seconds[1], "s", 3),
        Row("memory, idle after the start", idle, "MiB", 120),
    ]


def opened(stage: Stage, messages: int, visitor: dict[str, str], requests: int) -> list[Row]:
    taken: list[float] = []
    with httpx.Client(
        base_url=stage.site.url, cookies={"chatsite_session": visitor["session"]}, timeout=30
    ) as client:
        client.get(visitor["path"]).raise_for_status()
        used = stage.server.cpu_seconds
        for _ in range(requests):
            begun = time.monotonic()
            client.get(visitor["path"]).raise_for_status()
            taken.append((time.monotonic() - begun) * 1000)
        used = stage.server.cpu_seconds - used
    return [
        Row(f"open {messages:,} messages, p50", percentile(taken, 0.5), "ms"),
        Row(f"open {messages:,} messages, CPU", used / requests * 1000, "ms"),
    ]
