"""Database work on behalf of runs and sockets: off the event loop, in the one thread that they all share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections

Parameters = ParamSpec("Parameters")
Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")


async def in_database(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call a synchronous `function` where it may use the ORM; a connection that broke before is replaced first."""

    def call() -> Result:
        close_old_connections()
        return function(*args, **kwargs)

    return await sync_to_async(call)()


class Together(Generic[Item, Result]):
    """Work that many may ask for at the same moment, each for an item of their own: awaited, it gives one's result.

    `work` takes all items that came while it did the last ones, at once, and returns for each, in its place, the result
    or the error to raise. When it fails as a whole it is called again with each alone, unless the database is away: it
    must bear to be asked twice. Whoever asks for an item that is waited for already waits with the others. An item that
    was taken in is worked on though nobody waits for it any more.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result | Exception]]) -> None:
        self._work = work
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line[Item, Result]] = WeakKeyDictionary()

    async def __call__(self, item: Item) -> Result:
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = _Line(self._work)
        return await asyncio.shield(line.join(item, loop))

    async def rest(self) -> None:
        """Until nobody waits."""
        line = self._lines.get(asyncio.get_running_loop())
        while line and line.task:
            await asyncio.wait([line.task])


class _Line(Generic[Item, Result]):
    """Those of one event loop who wait."""

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result | Exception]]) -> None:
        self._work = work
        self._waiting: dict[Item, asyncio.Future[Result]] = {}
        self.task: asyncio.Task[None] | None = None

    def join(self, item: Item, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Result]:
        result = self._waiting.get(item)
        if result is None:
            result = self._waiting[item] = loop.create_future()
        if self.task is None:
            # An empty context: the work is not part of the request or the language of whoever came first.
            self.task = loop.create_task(self._serve(), context=Context())
        return result

    async def _serve(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting, {}
                await self._work_on(taken)
        finally:
            self.task = None
            _give_up(self._waiting)

    async def _work_on(self, taken: dict[Item, asyncio.Future[Result]]) -> None:
        try:
            outcomes = await self._outcomes(list(taken))
            for result, outcome in zip(taken.values(), outcomes, strict=True):
                if result.done():
                    continue
                if isinstance(outcome, Exception):
                    result.set_exception(outcome)
                else:
                    result.set_result(outcome)
        finally:
            _give_up(taken)

    async def _outcomes(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        try:
            return await in_database(self._work, items)
        except (OperationalError, InterfaceError) as away:
            return [away] * len(items)
        except Exception as error:
            if len(items) == 1:
                return [error]
        return [outcome for item in items for outcome in await self._outcomes([item])]


def _give_up(waiting: dict[Item, asyncio.Future[Result]]) -> None:
    """Nobody works on these any more: whoever still waits for one hears so."""
    for result in waiting.values():
        result.cancel()
    waiting.clear()
