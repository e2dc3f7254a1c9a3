"""Threads for work on files, apart from those that answers and requests wait for.

Invariant: however many files are uploaded and however slow they are, no answer and no page waits for them; and of
those whose files are looked into nobody has more than their share.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Each is a process that may take a core and a good deal of memory: whoever gives up waiting does not end it.
INSPECTIONS_AT_ONCE = 2
OF_ONE_PERSON = 1
# Storage elsewhere takes its time, and mostly waits.
READERS = 8

_inspectors = ThreadPoolExecutor(INSPECTIONS_AT_ONCE, "inspector")
_answer_inspectors = ThreadPoolExecutor(INSPECTIONS_AT_ONCE, "answer-inspector")
_storekeepers = ThreadPoolExecutor(READERS, "storekeeper")
_queues: WeakValueDictionary[tuple[int, int], asyncio.Semaphore] = WeakValueDictionary()
_going_on: set[asyncio.Task[Any]] = set()


async def inspected(
    person_id: int,
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """Call something that looks into a file in a process of its own; people's files take turns.

    A turn lasts as long as the work, also if nobody waits for it any more.
    """
    loop = asyncio.get_running_loop()
    key = (id(loop), person_id)
    turns = _queues.get(key)
    if turns is None:
        turns = _queues[key] = asyncio.Semaphore(OF_ONE_PERSON)
    await turns.acquire()
    work = _inspectors.submit(function, *args, **kwargs)

    def give_back(_: Future[Result]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(turns.release)

    work.add_done_callback(give_back)
    return await asyncio.wrap_future(work)


async def inspected_for_answer(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """The same of what came with an answer, which waits for no uploads."""
    return await asyncio.wrap_future(_answer_inspectors.submit(function, *args, **kwargs))


async def with_storage(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call something that reads or writes stored files, and asks no database."""
    return await asyncio.wrap_future(_storekeepers.submit(function, *args, **kwargs))


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Do what must not be left half done, whoever gives up waiting for it."""
    task = asyncio.get_running_loop().create_task(work)
    _going_on.add(task)
    task.add_done_callback(_settled)
    return await asyncio.shield(task)


def _settled(task: asyncio.Task[Any]) -> None:
    _going_on.discard(task)
    if not task.cancelled():
        task.exception()  # whoever still waits is told; nobody else wants to know
