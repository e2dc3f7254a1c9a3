"""The benchmark server speaks the protocol and does what its model names say."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from conversations.endpoints import EndpointClient
from conversations.protocol import ChatCompletionChunk, ChunkAccumulator, EndpointError, Outcome
from tests.endpoints.wire import message

SERVER = Path(__file__).parent.parent / "benchmarks" / "fast_endpoint.py"


@pytest.fixture(scope="module")
def fast_url():
    process = subprocess.Popen(
        [sys.executable, str(SERVER), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


async def read(client: EndpointClient, model: str) -> tuple[Outcome, list[ChatCompletionChunk]]:
    accumulator = ChunkAccumulator()
    chunks = []
    async with client.stream(message(model=model)) as stream:
        async for items in stream:
            for item in items:
                accumulator.feed(item)
                chunks += [item] if isinstance(item, ChatCompletionChunk) else []
    accumulator.close()
    return accumulator.outcome, chunks


@pytest.mark.parametrize("shape", ["prose", "code", "table", "list", "math", "mixed"])
async def test_shapes_have_their_length(make_client, fast_url, shape):
    outcome, _ = await read(make_client(fast_url), f"{shape}-400")
    assert outcome.complete
    assert outcome.usage.completion_tokens == 400
    whole = await make_client(fast_url).complete(message(model=f"{shape}-400"))
    assert whole.choices[0].text == outcome.choices[0].text


async def test_chunks_tell_when_they_were_sent(make_client, fast_url):
    before = time.monotonic_ns()
    _, chunks = await read(make_client(fast_url), "prose-10;rate=100;stamp=1")
    sent = [chunk.extra["x_sent_ns"] for chunk in chunks if "x_sent_ns" in chunk.extra]
    assert len(sent) == 10
    assert before < sent[0] < sent[-1] < time.monotonic_ns()
    assert 0.08 < (sent[-1] - sent[0]) / 1e9 < 0.5
    texts = [chunk.choices[0].delta.content for chunk in chunks if "x_sent_ns" in chunk.extra]
    assert [str(stamp) in text for stamp, text in zip(sent, texts, strict=True)] == [True] * 10


async def test_plain_chunks_carry_nothing_else(make_client, fast_url):
    _, chunks = await read(make_client(fast_url), "prose-10;plain=1")
    assert all(not chunk.extra for chunk in chunks)


async def test_faults_on_request(make_client, fast_url):
    client = make_client(fast_url, retries=0, idle_timeout_seconds=0.1)
    outcome, _ = await read(client, "prose-50;cut=20")
    assert (outcome.complete, outcome.error.kind) == (False, "incomplete_stream")
    outcome, _ = await read(client, "prose-50;hang=20")
    assert (outcome.complete, outcome.error.kind) == (False, "timeout")
    outcome, _ = await read(client, "prose-50;reasoning=20")
    assert [part.kind for part in outcome.choices[0].parts] == ["reasoning", "text"]
    with pytest.raises(EndpointError) as caught:
        await read(client, "prose-50;status=503")
    assert caught.value.status == 503


async def test_stats_count_the_streams(make_client, fast_url):
    async with httpx.AsyncClient() as http:
        stats_url = fast_url.removesuffix("/v1") + "/stats"
        before = (await http.get(stats_url)).json()
        async with make_client(fast_url).stream(message(model="prose-500;rate=10")):
            assert (await http.get(stats_url)).json()["active"] == before["active"] + 1
        async with asyncio.timeout(1):
            now = before
            while now["disconnected"] == before["disconnected"]:
                now = (await http.get(stats_url)).json()
    assert (now["active"], now["disconnected"]) == (before["active"], before["disconnected"] + 1)
