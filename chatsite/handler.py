"""Django's ASGI handler on a few lasting threads.

Django gives every request a thread, and with it a database connection, of its own. Here all requests share a
pool whose threads, and so whose connections, last. A unit of synchronous work (one sync_to_async call) runs
whole on one thread; a streamed answer holds none while it waits.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import django
from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.conf import settings
from django.core import signals
from django.core.cache import close_caches
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections, reset_queries

Result = TypeVar("Result")


class RequestThreads(ThreadPoolExecutor):
    """Starts every unit of work with connections that are known to be sound."""

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        return super().submit(_with_sound_connections, fn, *args, **kwargs)


def _with_sound_connections(work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    reset_queries()
    close_old_connections()
    return work(*args, **kwargs)


class PooledHandler(ASGIHandler):
    def __init__(self) -> None:
        super().__init__()
        self.threads = RequestThreads(settings.REQUEST_THREADS, thread_name_prefix="request")
        # Entered by hand and never left: a task that outlives the request it was started in keeps its threads.
        self.thread_context = ThreadSensitiveContext(executor=self.threads)
        SyncToAsync.context_to_thread_executor[self.thread_context] = self.threads
        # RequestThreads does the work of these receivers, each of which would cost a hop to a thread.
        for signal in (signals.request_started, signals.request_finished):
            for receiver in (reset_queries, close_old_connections, close_caches):
                signal.disconnect(receiver)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        token = SyncToAsync.thread_sensitive_context.set(self.thread_context)
        try:
            await self.handle(scope, receive, send)
        finally:
            SyncToAsync.thread_sensitive_context.reset(token)


def get_asgi_application() -> PooledHandler:
    django.setup(set_prefix=False)
    return PooledHandler()
