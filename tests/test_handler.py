"""Requests share a few lasting threads, and with them their database connections."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core import signals
from django.db import connection, connections
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.urls import path
from pytest_django import Settings

from chatsite.handler import PooledHandler

seen_threads: list[int] = []
seen_connections: list[int] = []
late: list[asyncio.Task[int]] = []


def work(request: HttpRequest) -> HttpResponse:
    connection.ensure_connection()
    seen_threads.append(threading.get_ident())
    seen_connections.append(id(connection.connection))
    return HttpResponse("done")


async def leave_a_task_behind(request: HttpRequest) -> HttpResponse:
    async def later() -> int:
        await asyncio.sleep(0.05)
        return await sync_to_async(threading.get_ident)()

    late.append(asyncio.create_task(later()))
    return HttpResponse("done")


urlpatterns = [path("work/", work), path("late/", leave_a_task_behind)]


def close_connections(all_threads: threading.Barrier) -> None:
    all_threads.wait()
    connections.close_all()


@pytest.fixture
def handler(settings: Settings) -> Iterator[PooledHandler]:
    settings.ROOT_URLCONF = "tests.test_handler"
    settings.REQUEST_THREADS = 3
    connected: list[tuple[Signal, Any]] = [
        (signal, list(signal.receivers)) for signal in (signals.request_started, signals.request_finished)
    ]
    handler = PooledHandler()
    for seen in (seen_threads, seen_connections, late):
        seen.clear()
    yield handler
    all_threads = threading.Barrier(3)
    for closing in [handler.threads.submit(close_connections, all_threads) for _ in range(3)]:
        closing.result()
    handler.threads.shutdown()
    for signal, receivers in connected:
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


async def get(handler: PooledHandler, address: str) -> int:
    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "scheme": "http",
    }
    request = ApplicationCommunicator(handler, scope)
    await request.send_input({"type": "http.request", "body": b""})
    start = await request.receive_output(5)
    await request.receive_output(5)
    await request.wait(5)
    return int(start["status"])


@pytest.mark.django_db(transaction=True)
async def test_one_request_after_another_uses_one_connection(handler: PooledHandler) -> None:
    for _ in range(5):
        assert await get(handler, "/work/") == 200
    assert len(set(seen_threads)) <= 3
    assert len(set(seen_connections)) <= 3
    assert threading.get_ident() not in seen_threads


@pytest.mark.django_db(transaction=True)
async def test_many_at_once_wait_for_a_thread(handler: PooledHandler) -> None:
    assert await asyncio.gather(*(get(handler, "/work/") for _ in range(12))) == [200] * 12
    assert len(set(seen_threads)) <= 3


async def test_a_task_that_outlives_its_request_can_still_use_the_threads(handler: PooledHandler) -> None:
    assert await get(handler, "/late/") == 200
    assert await late[0] != threading.get_ident()
