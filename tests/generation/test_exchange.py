"""An exchange reads one reply into its run, and no longer than there is something to take."""

import asyncio
import json
from uuid import uuid4

import httpx
import pytest

from conversations.endpoints import EndpointClient, EndpointConfig
from conversations.generation.display import LiveMessage
from conversations.generation.exchange import Exchange
from conversations.generation.plan import Plan
from conversations.generation.run import Run
from conversations.protocol.errors import ErrorKind

NEVER = 3600


async def read(*events, endless=False, in_pieces_of=0, pace=0):
    """The exchange, with a reply of these events, and its run; it may rest for `pace` seconds."""

    async def body():
        if in_pieces_of:
            whole = (
                b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events) + b"data: [DONE]\n\n"
            )
            for start in range(0, len(whole), in_pieces_of):
                yield whole[start : start + in_pieces_of]
            return
        for event in events:
            yield f"data: {json.dumps(event)}\n\n".encode()
        while endless:
            yield f"data: {json.dumps(events[-1])}\n\n".encode()
            await asyncio.sleep(0)

    def answer(request):
        return httpx.Response(200, content=body())

    client = EndpointClient(
        EndpointConfig(name="x", base_url="http://x/v1", retries=0), httpx.MockTransport(answer)
    )
    run = Run(uuid4(), uuid4(), pace=lambda: pace)
    run.messages[0] = LiveMessage(0, uuid4())
    plan = Plan(
        generation_id=run.generation_id,
        conversation_id=run.conversation_id,
        message_id=uuid4(),
        endpoint=None,
        nobody_chose=False,
        body={"model": "m"},
        outline=[],
        base=[],
        wants_title=False,
    )
    exchange = Exchange(run, plan)
    async with asyncio.timeout(20):
        await exchange.read(client)
    await client.aclose()
    return exchange, run


def chunk(finish_reason=None, **delta):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


async def test_a_reply_with_too_many_parts_is_left_and_what_came_is_kept():
    calls = [{"index": number, "id": f"c{number}", "function": {"name": "f"}} for number in range(2000)]
    exchange, run = await read(chunk(content="begun"), chunk(tool_calls=calls), endless=True)
    assert exchange.error.kind is ErrorKind.BAD_RESPONSE
    assert run.main.has_content


async def test_an_end_that_says_what_failed_is_told_also_when_nothing_came():
    exchange, _ = await read(chunk("error"))
    assert (exchange.error.kind, exchange.error.message) == (ErrorKind.SERVER_ERROR, "Ended with “error”.")


async def test_an_answer_ends_with_its_last_byte_and_not_a_frame_later():
    exchange, run = await read(chunk(content="Short."), chunk("stop"), in_pieces_of=16_384, pace=NEVER)
    assert (exchange.error, run.main.live[0].text) == (None, "Short.")


@pytest.mark.parametrize("length", [10, 1_000, 3_000])
async def test_whoever_sends_much_at_once_is_read_without_rests(length):
    words = [chunk(content="x" * length)] * (100_000 // (length + 80))
    exchange, run = await read(*words, chunk("stop"), in_pieces_of=16_384, pace=NEVER)
    assert exchange.error is None
    assert len(run.main.live[0].text) == len(words) * length
