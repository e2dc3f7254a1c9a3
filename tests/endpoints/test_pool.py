"""Clients are shared while their configuration is the same, and closed gently when it is not."""

import asyncio

import pytest
from aiohttp import web

from conversations.endpoints import DEMO_BASE_URL, EndpointPool
from tests.endpoints.wire import DONE, config_for, event, message, start_event_stream, text_of


@pytest.fixture
async def pool():
    pool = EndpointPool(most_clients=2)
    yield pool
    await pool.aclose()


async def test_equal_configurations_share_a_client(pool):
    first = pool.client_for(config_for(DEMO_BASE_URL, headers={"a": "1", "b": "2"}))
    assert pool.client_for(config_for(DEMO_BASE_URL, headers={"b": "2", "a": "1"})) is first
    assert pool.client_for(config_for(DEMO_BASE_URL, api_key="other")) is not first


async def test_replaced_client_finishes_what_it_does(pool, serve):
    go_on = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        await response.write(event("before "))
        await go_on.wait()
        await response.write(event("and after", "stop") + DONE)
        return response

    base_url = await serve(handler)
    old = pool.client_for(config_for(base_url, id="7"))
    async with old.stream(message()) as stream:
        new = pool.client_for(config_for(base_url, id="7", api_key="changed"))
        assert new is not old
        await asyncio.sleep(0.02)
        go_on.set()
        assert text_of([item async for items in stream for item in items]) == "before and after"
    # One that was handed out just before the change still works.
    async with old.stream(message()) as stream:
        assert stream.status == 200


async def test_least_used_client_leaves(pool):
    configs = [config_for(DEMO_BASE_URL, api_key=f"key-{number}") for number in range(3)]
    first, second, _ = [pool.client_for(config) for config in configs]
    assert pool.client_for(configs[1]) is second
    assert pool.client_for(configs[0]) is not first


async def test_closing_ends_what_still_runs(serve):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        await response.write(event("x"))
        await asyncio.sleep(60)
        return response

    pool = EndpointPool()
    async with pool.client_for(config_for(await serve(handler))).stream(message()) as stream:
        lists = aiter(stream)
        await anext(lists)
        await pool.aclose()
        async with asyncio.timeout(1):
            rest = [items async for items in lists]
    assert rest


async def test_pool_belongs_to_one_event_loop(pool):
    pool.client_for(config_for(DEMO_BASE_URL))

    async def elsewhere() -> None:
        pool.client_for(config_for(DEMO_BASE_URL))

    with pytest.raises(RuntimeError, match="one event loop"):
        await asyncio.to_thread(asyncio.run, elsewhere())
