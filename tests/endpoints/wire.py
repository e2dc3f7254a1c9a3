"""Words of the wire that the tests share: configurations, requests, events, and reading a reply to its end."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from conversations.endpoints import EndpointClient, EndpointConfig
from conversations.protocol import ChatCompletionChunk, EndpointError

TRANSCRIPTS = Path(__file__).parent.parent / "conformance" / "transcripts"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def config_for(base_url: str, **settings: Any) -> EndpointConfig:
    """Impatient, so that waiting is tested in milliseconds."""
    quick = {"name": "test", "retry_wait_seconds": 0.01, "connect_timeout_seconds": 2.0}
    return EndpointConfig(base_url=base_url, **{**quick, **settings})


async def start_event_stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    return response


def event(content: str, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}
    return (
        b"data: "
        + json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice]}).encode()
        + b"\n\n"
    )


DONE = b"data: [DONE]\n\n"


def message(text: str = "Hello", **members: Any) -> dict[str, Any]:
    """The body of a request."""
    return {"model": "demo", "messages": [{"role": "user", "content": text}], **members}


async def read_items(
    client: EndpointClient, body: dict[str, Any]
) -> list[ChatCompletionChunk | EndpointError]:
    async with client.stream(body) as stream:
        return [item async for items in stream for item in items]


def text_of(items: list[ChatCompletionChunk | EndpointError]) -> str:
    """The text of all choices, joined."""
    chunks = [item for item in items if isinstance(item, ChatCompletionChunk)]
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices or ()]
    return "".join(str(delta.content) for delta in deltas if delta is not None and delta.content)


async def eventually(condition: Callable[[], bool], seconds: float = 1.0) -> None:
    """Wait until the condition holds; fails after so many seconds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
