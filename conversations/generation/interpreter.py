"""How Python runs where one event loop and a few threads share it: tokens must not wait for its housekeeping."""

from __future__ import annotations

import gc
import sys
from functools import cache

# A thread that does database work and the loop take turns this often; by default either waits 5 ms for the other, at
# every statement.
TURN_SECONDS = 0.0005
# Allocations between two looks for garbage. Reading a chunk makes a handful of objects, none of them in a cycle.
ALLOCATIONS = 10_000
# What has survived two looks is looked at again when so many of the second have been, or soon after nobody waits for
# an answer: with hundreds of answers going on it takes a tenth of a second, and hardly anything of it is garbage.
LOOKS_AT_OLD = 1_000
LOOKS_AT_OLD_WHEN_QUIET = 20


@cache
def prepare() -> None:
    """Once, when what lasts as long as the process has been loaded: it is not looked at for garbage again."""
    sys.setswitchinterval(TURN_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 20, LOOKS_AT_OLD)


def tidy() -> None:
    """Nobody waits: look at what has grown old, if much has."""
    if gc.get_count()[2] >= LOOKS_AT_OLD_WHEN_QUIET:
        gc.collect()
