"""Long answers of every shape: neither the cost of a token nor the bytes on the wire may grow with the answer."""

from __future__ import annotations

from dataclasses import dataclass

from tests.benchmarks.load import running_viewers
from tests.benchmarks.report import Row, Section, progress
from tests.benchmarks.stage import FastEndpoint, Stage, running_stage

SHAPES = ("prose", "code", "table")
SHORT, LONG = 1000, 16000
RATE = 200
# Short answers are asked for several times over, so that the clock's grain does not show.
REPEATS = {1: 20, SHORT: 8, LONG: 1}


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer cost, on average: CPU seconds of the server, bytes sent to its viewer and of its final HTML."""

    cpu: float
    sent: float
    html: float


def growth(endpoint: FastEndpoint, *, quick: bool) -> Section:
    """As fast as the endpoint sends, and at a steady pace; what an answer of one token costs is taken off."""
    rows: list[Row] = []
    with running_stage(endpoint) as stage:
        measured(stage, "mixed-500", 2)
        edge = measured(stage, "prose-1", REPEATS[1])
        rows.append(Row("CPU to start and end an answer", edge.cpu * 1000, "ms"))
        for options in ("",) if quick else ("", f";rate={RATE}"):
            for shape in SHAPES:
                rows += compared(stage, shape, options, edge)
    return Section(f"Growth: answers of {SHORT:,} and {LONG:,} tokens", rows)


def compared(stage: Stage, shape: str, options: str, edge: Cost) -> list[Row]:
    short, long = (measured(stage, f"{shape}-{tokens}{options}", REPEATS[tokens]) for tokens in (SHORT, LONG))
    short_token, long_token = (
        (cost.cpu - edge.cpu) / tokens * 1e6 for cost, tokens in ((short, SHORT), (long, LONG))
    )
    name = f"{shape}, {f'{RATE} tokens/s' if options else 'full speed'}"
    return [
        Row(f"{name}: CPU per token at {SHORT:,}", short_token, "µs"),
        Row(f"{name}: CPU per token at {LONG:,}", long_token, "µs"),
        Row(f"{name}: ratio of the two", long_token / short_token, "x", 1.2),
        Row(f"{name}: bytes sent ÷ final HTML at {SHORT:,}", short.sent / short.html, "x", 3),
        Row(f"{name}: bytes sent ÷ final HTML at {LONG:,}", long.sent / long.html, "x", 3),
    ]


def measured(stage: Stage, model: str, repeats: int) -> Cost:
    """The average of so many answers, one after another, each with its page open."""
    progress(f"growth: {model}")
    visitors = stage.visitors(repeats, model)
    used, sent = 0.0, 0
    with running_viewers(stage.site.url) as viewers:
        for visitor in visitors:
            viewers.open([visitor])
            before = stage.server.cpu_seconds
            viewers.ask(within=0)
            (seen,) = viewers.finish()
            used += stage.server.cpu_seconds - before
            sent += seen["bytes"]
            assert seen["complete"], f"{model} did not come to its end"
    kept = stage.seed("outcomes", conversations=[visitor["conversation"] for visitor in visitors])
    html = sum(outcome["html_bytes"] for outcome in kept)
    return Cost(cpu=used / repeats, sent=sent / repeats, html=html / repeats)
