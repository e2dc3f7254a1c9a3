"""Threads for work on files, apart from those that answers and requests wait for.

Invariant: however many files come and however slow they are, nothing else waits for them; and of those who look into
files at the same moment nobody has more than their share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from asgiref.sync import sync_to_async

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Each is a process that may take a core and a good deal of memory: whoever gives up waiting does not end it.
INSPECTIONS_AT_ONCE = 2
OF_ONE_PERSON = 1
# Storage elsewhere takes its time, and mostly waits.
READERS = 8

_inspectors = ThreadPoolExecutor(INSPECTIONS_AT_ONCE, "inspector")
_storekeepers = ThreadPoolExecutor(READERS, "storekeeper")
_queues: WeakValueDictionary[tuple[int, int], asyncio.Semaphore] = WeakValueDictionary()


async def inspected(
    person_id: int,
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """Call something that looks into a file in a process of its own; people's files take turns."""
    key = (id(asyncio.get_running_loop()), person_id)
    turns = _queues.get(key)
    if turns is None:
        turns = _queues[key] = asyncio.Semaphore(OF_ONE_PERSON)
    async with turns:
        return await _in(_inspectors, function, *args, **kwargs)


async def with_storage(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call something that reads or writes stored files, and asks no database."""
    return await _in(_storekeepers, function, *args, **kwargs)


async def _in(
    pool: ThreadPoolExecutor,
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    return await sync_to_async(function, thread_sensitive=False, executor=pool)(*args, **kwargs)
