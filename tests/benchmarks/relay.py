"""Many answers at once, each with its reader: what a token costs, how late it arrives, how much memory it takes."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

from tests.benchmarks.load import running_viewers
from tests.benchmarks.meter import Meter
from tests.benchmarks.report import Row, Section, percentile, progress
from tests.benchmarks.stage import COMMON_CHUNKS, FastEndpoint, Stage, cpu_per_1000_tokens, running_stage
from tests.servers.site import PROJECT_DIR
from tests.servers.waiting import wait_until

RATE = 40
# Slowly, and with time to settle: beginnings are not what is measured here.
STARTING_SECONDS = 5
SETTLING_SECONDS = 3
# Enough tokens that all answers still go on when the window of the measurement ends.
SPARE_SECONDS = 4


@dataclass(frozen=True, slots=True)
class Pass:
    """The figures of one set of answers; memory in KiB for each page or answer."""

    cpu: float
    latencies_ms: list[float]
    page_memory: float
    answer_memory: float


def relay(endpoint: FastEndpoint, *, quick: bool) -> Section:
    """1, 50 and 200 answers of 40 tokens a second."""
    window = 4.0 if quick else 10.0
    rows: list[Row] = []
    with running_stage(endpoint) as stage:
        relayed(stage, 5, stamped=False, window=1)
        rows.append(Row("memory, idle after first use", stage.server.memory_kib / 1024, "MiB", 120))
        for answers in (200,) if quick else (200, 50, 1):
            rows += level(stage, answers, window)
    return Section(f"Relay: answers of {RATE} tokens/s, each watched on its own page", rows)


def level(stage: Stage, answers: int, window: float) -> list[Row]:
    """So many answers at once: plain for what they cost, then some with time stamps in them for how late they are."""
    busy = answers == 200
    plain = relayed(stage, answers, stamped=False, window=window)
    stamped = relayed(stage, answers, stamped=True, window=window)
    floors = {name: floor(stage.endpoint, name, answers, window / 2) for name in ("aiohttp", "httpx")}
    rows = [Row(f"{answers:>3} answers: CPU-s per 1,000 tokens", plain.cpu, "", 0.10 if busy else None)]
    rows += [
        Row(f"{answers:>3} answers: ratio to bare {name} + JSON ({cpu:.3f})", plain.cpu / cpu, "x")
        for name, cpu in floors.items()
    ]
    rows += [
        Row(
            f"{answers:>3} answers: added latency, p{share * 100:.0f}",
            percentile(stamped.latencies_ms, share),
            "ms",
            100 if busy and share > 0.9 else None,
        )
        for share in (0.5, 0.99)
    ]
    if busy:
        rows.append(Row("memory per open page", plain.page_memory, "KiB"))
        rows.append(Row("memory per running answer", plain.answer_memory, "KiB"))
    return rows


def relayed(stage: Stage, answers: int, *, stamped: bool, window: float) -> Pass:
    """Measured over `window` seconds in which all answers go on. One answer in ten is stamped: stamps cost time too."""
    progress(f"relay: {answers} answers{', stamped' if stamped else ''}")
    tokens = int((STARTING_SECONDS + SETTLING_SECONDS + window + SPARE_SECONDS) * RATE)
    model = f"prose-{tokens};rate={RATE}"
    marked = max(answers // 10, 1) if stamped else 0
    visitors = stage.visitors(marked, f"{model};stamp=1") if marked else []
    visitors += stage.visitors(answers - marked, model) if answers > marked else []
    with running_viewers(stage.site.url) as viewers:
        before = stage.server.memory_kib
        viewers.open(visitors)
        opened = stage.server.memory_kib
        assert viewers.ask(within=STARTING_SECONDS) == answers
        time.sleep(SETTLING_SECONDS)
        # What beginnings and ends cost is the start storm's to tell.
        viewers.latencies()
        cpu = cpu_per_1000_tokens(stage.endpoint, stage.server, window)
        latencies = viewers.latencies()
        running = stage.server.memory_kib
        seen = viewers.finish()
    assert all(viewer["complete"] for viewer in seen), f"not all of {answers} answers came to their end"
    return Pass(
        cpu=cpu,
        latencies_ms=latencies,
        page_memory=(opened - before) / answers,
        answer_memory=(running - opened) / answers,
    )


def floor(endpoint: FastEndpoint, transport: str, answers: int, window: float) -> float:
    """CPU seconds per 1,000 tokens of a process that only reads and decodes."""
    progress(f"floor: {answers} streams, {transport}")
    tokens = int((SETTLING_SECONDS + window + SPARE_SECONDS) * RATE)
    model = f"prose-{tokens};rate={RATE}{COMMON_CHUNKS}"
    arguments = [endpoint.base_url, transport, str(answers), model]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bare_reader", *arguments], cwd=PROJECT_DIR
    )
    try:
        wait_until(lambda: endpoint.stats()["active"] == answers, "all streams are open")
        time.sleep(SETTLING_SECONDS)
        return cpu_per_1000_tokens(endpoint, Meter.of(process.pid), window)
    finally:
        process.kill()
        process.wait()
