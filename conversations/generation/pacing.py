"""How often frames leave: often enough to read along, seldom enough that many answers at once stay affordable."""

from __future__ import annotations

SHORTEST_SECONDS = 0.06
LONGEST_SECONDS = 0.25
SECONDS_PER_RUN = 0.00035


def frame_interval(runs: int) -> float:
    """Seconds between two frames of one run while `runs` of them go on: the interval stretches, never the queue."""
    return min(max(SHORTEST_SECONDS, runs * SECONDS_PER_RUN), LONGEST_SECONDS)
