"""Database work on behalf of runs and sockets: off the event loop, in the one thread that they all share."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


async def in_database(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call a synchronous `function` where it may use the ORM; a connection that broke before is replaced first."""

    def call() -> Result:
        close_old_connections()
        return function(*args, **kwargs)

    return await sync_to_async(call)()
