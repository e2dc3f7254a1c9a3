"""Two hundred people ask within one second: is anybody refused, is anything lost, how long does each wait?"""

from __future__ import annotations

from itertools import islice

from tests.benchmarks.fast_endpoint import prose
from tests.benchmarks.load import running_viewers
from tests.benchmarks.report import Row, Section, percentile, progress
from tests.benchmarks.stage import FastEndpoint, running_stage

PEOPLE = 200
TOKENS = 100


def storm(endpoint: FastEndpoint, *, quick: bool) -> Section:
    """On SQLite. The endpoint answers at once, so all the time before the first token is the site's."""
    progress(f"start storm: {PEOPLE} answers within one second")
    with running_stage(endpoint) as stage:
        # Slow enough that no answer ends while others begin.
        warm_up = stage.visitors(5, "prose-5")
        visitors = stage.visitors(PEOPLE, f"prose-{TOKENS};rate=20")
        with running_viewers(stage.site.url) as viewers:
            viewers.open(warm_up)
            viewers.ask(within=0.1)
            viewers.finish()
            viewers.open(visitors)
            before = stage.server.cpu_seconds
            accepted = viewers.ask(within=1.0)
            used = stage.server.cpu_seconds - before
            seen = viewers.finish()
        kept = stage.seed("outcomes", conversations=[visitor["conversation"] for visitor in visitors])
    expected = "".join(islice(prose(), TOKENS))
    whole = sum(outcome["runs"] == ["complete"] and outcome["text"] == expected for outcome in kept)
    first_tokens = [viewer["first_token_ms"] for viewer in seen if viewer["first_token_ms"] is not None]
    rows = [
        Row("refused", PEOPLE - accepted, "", 0),
        Row("lost: not complete on the page", sum(not viewer["complete"] for viewer in seen), "", 0),
        Row("lost: not whole in the database", PEOPLE - whole, "", 0),
        Row("added time to first token, p50", percentile(first_tokens, 0.5), "ms"),
        Row("added time to first token, p99", percentile(first_tokens, 0.99), "ms", 300),
        Row("CPU per start, with what streams meanwhile", used / PEOPLE * 1000, "ms"),
    ]
    return Section(f"Start storm: {PEOPLE} answers begun within one second, by as many people", rows)
