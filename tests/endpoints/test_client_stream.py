"""What the client sends and receives over real connections."""

import asyncio
import json
from typing import Any

import pytest
import uvloop
from aiohttp import web
from structlog.testing import capture_logs

from conversations.endpoints import EndpointClient
from conversations.protocol import ChatCompletionChunk, EndpointError, ErrorKind
from tests.endpoints.wire import (
    DONE,
    config_for,
    event,
    eventually,
    message,
    read_items,
    start_event_stream,
    text_of,
)


async def test_text_arrives_in_order(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        for word in ("one ", "two ", "three"):
            await response.write(event(word))
        await response.write(event("", "stop") + DONE)
        return response

    items = await read_items(make_client(await serve(handler)), message())
    assert text_of(items) == "one two three"
    assert items[-1].done


@pytest.mark.parametrize("suffix", ["/v1", "/v1/", "/v1/chat/completions"])
async def test_base_url_may_end_in_any_way(serve, make_client, suffix):
    paths = []

    async def handler(request: web.Request) -> web.StreamResponse:
        paths.append(request.path_qs)
        return web.json_response(
            {"choices": [{"index": 0, "message": {"content": "ok"}, "finish_reason": "stop"}]}
        )

    base_url = (await serve(handler)).removesuffix("/v1")
    assert text_is((await make_client(f"{base_url}{suffix}").complete(message())), "ok")
    await make_client(f"{base_url}/v1?api-version=3").complete(message())
    await make_client(base_url).complete(message())
    assert paths == ["/v1/chat/completions", "/v1/chat/completions?api-version=3", "/chat/completions"]


async def test_name_and_password_in_the_address_are_sent_in_place_of_the_key(serve, make_client):
    seen = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers.get("authorization"), request.path_qs))
        return web.Response(body=event("ok", "stop") + DONE)

    base_url = (await serve(handler)).replace("http://", "http://me:p%40ss@")
    client = make_client(base_url, api_key="sk-test-1")
    await read_items(client, message())
    assert seen == [("Basic bWU6cEBzcw==", "/v1/chat/completions")]
    assert "p@ss" not in f"{client.config!r} {client.config.host} {client.config.url}"


async def test_slash_inside_a_name_of_the_path_stays(serve, make_client):
    paths = []

    async def handler(request: web.Request) -> web.StreamResponse:
        paths.append(request.raw_path)
        return web.Response(body=event("ok", "stop") + DONE)

    base_url = (await serve(handler)).removesuffix("/v1")
    await read_items(make_client(f"{base_url}/team%2Fblue/v1/?a=%2F"), message())
    assert paths[0].startswith("/team%2Fblue/v1/chat/completions?a=")


async def test_halves_of_characters_are_replaced_in_what_is_sent(serve, make_client):
    bodies = []

    async def handler(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        return web.Response(body=event("ok", "stop") + DONE)

    await read_items(make_client(await serve(handler)), message("a\ud83d b \ud83d\ude00"))
    assert bodies[0]["messages"][0]["content"] == "a\ufffd b \U0001f600"


async def test_configured_headers_do_not_tear_the_request_apart(serve, make_client):
    bodies = []

    async def handler(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        return web.Response(body=event("ok", "stop") + DONE)

    headers = {"Content-Length": "3", "Transfer-Encoding": "chunked"}
    await read_items(make_client(await serve(handler), headers=headers), message())
    assert bodies[0]["model"] == "demo"


def text_is(outcome: Any, text: str) -> bool:
    return outcome.choices[0].text == text and outcome.complete


async def test_request_carries_key_headers_and_body(serve, make_client):
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.update(headers=request.headers.copy(), body=await request.json())
        return web.json_response(
            {"choices": [{"index": 0, "message": {"content": "ok"}, "finish_reason": "stop"}]}
        )

    settings = {
        "api_key": " sk-test-1 ",
        "headers": {"X-Team": "blue"},
        "extra_body": {"top_k": 4, "seed": 1},
    }
    client = make_client(await serve(handler), **settings)
    await read_items(client, message(seed=7))
    assert seen["headers"]["authorization"] == "Bearer sk-test-1"
    assert seen["headers"]["x-team"] == "blue"
    assert "cookie" not in seen["headers"]
    assert seen["body"] == {
        **message(seed=7),
        "stream": True,
        "stream_options": {"include_usage": True},
        "top_k": 4,
    }


@pytest.mark.parametrize(
    ("settings", "body", "expected"),
    [
        ({}, {}, {"include_usage": True}),
        ({}, {"stream_options": {"include_usage": False}}, {"include_usage": False}),
        ({"include_usage": False}, {}, None),
        ({"removed_parameters": ("stream_options",)}, {}, None),
    ],
)
async def test_usage_is_asked_for_unless_refused(serve, make_client, settings, body, expected):
    sent = []

    async def handler(request: web.Request) -> web.StreamResponse:
        sent.append(await request.json())
        return web.Response(body=event("x", "stop") + DONE, content_type="text/event-stream")

    await read_items(make_client(await serve(handler), **settings), message(**body))
    assert sent[0].get("stream_options") == expected


async def test_large_bodies_are_sent_whole_with_their_length(serve, make_client):
    seen = {}

    async def handler(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        seen.update(length=request.headers.get("content-length"), size=len(body), body=json.loads(body))
        return web.Response(body=event("ok", "stop") + DONE)

    picture = "A" * (3 << 20)
    await read_items(make_client(await serve(handler)), message(picture))
    assert seen["length"] == str(seen["size"])
    assert seen["body"]["messages"][0]["content"] == picture


async def test_what_is_buffered_comes_as_one_list(serve, make_client):
    written = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        await response.write(event("first"))
        for number in range(20):
            await response.write(event(f" {number}"))
        await response.write(event("", "stop") + DONE)
        await response.write_eof()
        written.set()
        return response

    lists = []
    async with make_client(await serve(handler)).stream(message()) as stream:
        async for items in stream:
            lists.append(len(items))
            await written.wait()
            await asyncio.sleep(0.02)  # lets the loop read what has been written
    assert len(lists) <= 3
    assert sum(lists) == 23


async def test_comments_count_as_life(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        for _ in range(14):
            await response.write(b": keep-alive\n\n")
            await asyncio.sleep(0.04)
        await response.write(event("late", "stop") + DONE)
        return response

    client = make_client(await serve(handler), idle_timeout_seconds=0.4, first_byte_timeout_seconds=0.4)
    assert text_of(await read_items(client, message())) == "late"


async def test_no_first_byte_is_a_timeout_that_a_person_decides_about(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        await asyncio.sleep(60)
        return response

    client = make_client(await serve(handler), first_byte_timeout_seconds=0.1)
    with pytest.raises(EndpointError, match="did not begin to answer within") as caught:
        await read_items(client, message())
    assert (caught.value.kind, caught.value.retry) == (ErrorKind.TIMEOUT, "user")


async def test_silence_ends_the_stream_with_a_timeout_and_keeps_the_text(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        await response.write(event("begun"))
        await asyncio.sleep(60)
        return response

    items = await read_items(make_client(await serve(handler), idle_timeout_seconds=0.1), message())
    assert text_of(items) == "begun"
    assert isinstance(items[-1], EndpointError)
    assert items[-1].kind is ErrorKind.TIMEOUT


class Watched:
    """A handler that streams for ever and notes when its client has gone."""

    def __init__(self) -> None:
        self.started = self.gone = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.started = True
        try:
            if request.headers.get("x-silent"):
                await asyncio.sleep(60)
            response = await start_event_stream(request)
            while True:
                await response.write(event("word "))
                await asyncio.sleep(0.01)
        except (asyncio.CancelledError, ConnectionError):
            self.gone = True
            raise


async def test_leaving_the_context_closes_the_connection(serve, make_client):
    watched = Watched()
    async with make_client(await serve(watched.answer)).stream(message()) as stream:
        await anext(aiter(stream))
    await eventually(lambda: watched.gone)


@pytest.mark.parametrize("headers", [{}, {"X-Silent": "1"}], ids=["while reading", "before the first byte"])
@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_cancelling_the_task_closes_the_connection(new_loop, headers):
    async def run() -> None:
        watched = Watched()
        runner = web.AppRunner(application(watched.answer), handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        client = EndpointClient(config_for(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", headers=headers))
        task = asyncio.ensure_future(read_items(client, message()))
        await eventually(lambda: watched.started)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: watched.gone)
        await client.aclose()
        await runner.cleanup()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())


def application(handler: Any) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    return app


async def test_connection_is_used_again_after_a_whole_reply(serve, make_client):
    peers = set()

    async def handler(request: web.Request) -> web.StreamResponse:
        peers.add(request.transport.get_extra_info("peername"))
        response = await start_event_stream(request)
        await response.write(event("x", "stop") + DONE)
        return response

    client = make_client(await serve(handler))
    for _ in range(3):
        await read_items(client, message())
    assert len(peers) == 1


async def test_bytes_after_done_are_not_waited_for(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        await response.write(event("x", "stop") + DONE)
        await asyncio.sleep(60)
        return response

    async with asyncio.timeout(1):
        items = await read_items(make_client(await serve(handler)), message())
    assert text_of(items) == "x"


async def test_cancelling_while_the_end_is_awaited_closes_the_connection(serve, make_client):
    watched = asyncio.Event()
    read_to_done = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        await response.write(event("x", "stop") + DONE)
        try:
            await asyncio.sleep(60)
        finally:
            watched.set()
        return response

    async def read() -> None:
        async with client.stream(message()) as stream:
            async for _ in stream:
                pass
            held.append(stream)
            read_to_done.set()

    held: list[Any] = []  # so that no garbage collector does the work
    client = make_client(await serve(handler))
    task = asyncio.ensure_future(read())
    await read_to_done.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(2):
        await watched.wait()


async def test_three_hundred_streams_at_once(serve, make_client):
    everyone = asyncio.Event()
    waiting = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal waiting
        response = await start_event_stream(request)
        await response.write(event("a"))
        waiting += 1
        if waiting == 300:
            everyone.set()
        await everyone.wait()
        await response.write(event("b", "stop") + DONE)
        return response

    client = make_client(await serve(handler))
    async with asyncio.timeout(20):
        replies = await asyncio.gather(*(read_items(client, message()) for _ in range(300)))
    assert {text_of(items) for items in replies} == {"ab"}


async def test_whole_reply_becomes_an_outcome(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert body["stream"] is False
        assert "stream_options" not in body
        choice = {"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}
        return web.json_response(
            {"id": "c1", "model": "m", "choices": [choice], "usage": {"total_tokens": 3}}
        )

    outcome = await make_client(await serve(handler)).complete(
        message(stream_options={"include_usage": True})
    )
    assert outcome.choices[0].text == "Yes."
    assert outcome.usage.total_tokens == 3
    assert outcome.complete


async def test_stream_tells_status_headers_and_request_id(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=event("x", "stop") + DONE, headers={"x-request-id": "req_1", "x-more": "y"})

    async with make_client(await serve(handler)).stream(message()) as stream:
        assert (stream.status, stream.request_id, stream.headers["x-more"], stream.attempts) == (
            200,
            "req_1",
            "y",
            1,
        )
        chunks = [item async for items in stream for item in items]
    assert isinstance(chunks[0], ChatCompletionChunk)


async def test_lines_that_cannot_be_read_are_logged_once_with_their_number(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"data: {\n\n" * 7 + event("x", "stop") + b"oops\n\n" + DONE)

    with capture_logs() as logs:
        items = await read_items(make_client(await serve(handler)), message())
    assert text_of(items) == "x"
    assert [(entry["event"], entry["count"]) for entry in logs] == [("lines_skipped", 8)]


async def test_whole_reply_with_parts_without_end_is_left(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start_event_stream(request)
        number = 0
        while True:
            number += 1
            delta = {"tool_calls": [{"index": number, "id": f"c{number}", "function": {"name": "f"}}]}
            await response.write(b"data: " + json.dumps({"choices": [{"delta": delta}]}).encode() + b"\n\n")

    async with asyncio.timeout(10):
        outcome = await make_client(await serve(handler)).complete(message())
    assert outcome.error is not None
    assert outcome.error.kind is ErrorKind.BAD_RESPONSE
