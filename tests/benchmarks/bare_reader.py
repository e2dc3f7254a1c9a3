"""`python -m tests.benchmarks.bare_reader BASE_URL TRANSPORT STREAMS MODEL`: the least that a relay must do.

Reads so many streams at once with httpx, over its own transport ("httpx") or aiohttp's ("aiohttp"), and decodes the
JSON of every event. No rendering, no viewers, no database: the floor that the site's cost is compared with.
"""

from __future__ import annotations

import asyncio
import json
import sys

import httpx
import httpx_aiohttp
import uvloop

LIMITS = httpx.Limits(max_connections=1000)
TRANSPORTS = {"httpx": httpx.AsyncHTTPTransport, "aiohttp": httpx_aiohttp.AiohttpTransport}


async def read(client: httpx.AsyncClient, model: str) -> None:
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Go on"}]}
    rest = b""
    async with client.stream("POST", "/chat/completions", json=body) as response:
        async for data in response.aiter_bytes():
            *events, rest = (rest + data).split(b"\n\n")
            for event in events:
                if event != b"data: [DONE]":
                    json.loads(event[6:])


async def main(base_url: str, transport: str, streams: int, model: str) -> None:
    async with httpx.AsyncClient(
        base_url=base_url, transport=TRANSPORTS[transport](limits=LIMITS), timeout=None
    ) as client:
        await asyncio.gather(*(read(client, model) for _ in range(streams)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
