"""Recorded replies, read by the real client over real connections, cut in every way."""

import asyncio
import json
from typing import Any

import pytest

from conversations.endpoints import EndpointClient
from conversations.protocol import ChunkAccumulator, EndpointError, ErrorKind, Outcome, ReplyDecoder
from tests.endpoints.wire import TRANSCRIPTS, message

SIDECARS = sorted(path for path in TRANSCRIPTS.glob("*.json") if not path.name.endswith(".body.json"))
ENDS_BY_ITSELF = [
    path.stem for path in SIDECARS if json.loads(path.read_bytes())["response"].get("end") != "hang"
]
STREAM = "001-text-openai"


@pytest.fixture
def replay(make_client, replay_url) -> EndpointClient:
    return make_client(replay_url, idle_timeout_seconds=2, retries=0)


async def outcome_of(client: EndpointClient, model: str, **members: Any) -> Outcome:
    """What the client makes of a reply; the fault that is raised before the first byte counts as its error."""
    accumulator = ChunkAccumulator(new_call_id=lambda: "call")
    try:
        async with client.stream(message(**{"model": model, **members})) as stream:
            async for items in stream:
                assert items
                for item in items:
                    accumulator.feed(item)
    except EndpointError as error:
        accumulator.feed(error)
    accumulator.close()
    return accumulator.outcome


def expected_outcome(name: str) -> Outcome:
    """What the decoder makes of the whole body at once."""
    response = json.loads((TRANSCRIPTS / f"{name}.json").read_bytes())["response"]
    is_cut = response.get("end") == "abort"
    decoder = ReplyDecoder(status=response.get("status", 200), headers=response.get("headers") or {})
    accumulator = ChunkAccumulator(new_call_id=lambda: "call")
    items = decoder.feed((TRANSCRIPTS / response["body"]).read_bytes())
    for item in [*items, *decoder.close(cut=is_cut)]:
        accumulator.feed(item)
    accumulator.close(cut=is_cut)
    return accumulator.outcome


def told(outcome: Outcome) -> dict[str, Any]:
    """An outcome as values that compare, without the wording of errors."""
    return {
        "choices": [(choice.index, choice.parts, choice.finish_reason) for choice in outcome.choices],
        "usage": outcome.usage,
        "error": outcome.error and (outcome.error.kind, outcome.error.retry, outcome.error.status),
        "complete": outcome.complete,
    }


@pytest.mark.parametrize("name", ENDS_BY_ITSELF)
async def test_reply_over_the_network_equals_the_reply_as_bytes(replay, name):
    assert told(await outcome_of(replay, name)) == told(expected_outcome(name))


@pytest.mark.parametrize(
    "options", ["chunk=1", "chunk=utf8", "gzip=1", "gzip=1;chunk=7", "te=close", "te=length"]
)
@pytest.mark.parametrize("name", [STREAM, "018-utf8-multibyte"])
async def test_cuts_and_framings_change_nothing(replay, name, options):
    assert told(await outcome_of(replay, f"{name};{options}")) == told(expected_outcome(name))


@pytest.mark.parametrize("cutmode", ["fin", "rst", "clean"])
async def test_cut_in_the_middle_keeps_the_text_and_says_so(replay, cutmode):
    outcome = await outcome_of(replay, f"{STREAM};cut=50%;cutmode={cutmode}")
    whole = expected_outcome(STREAM).choices[0].text
    assert 0 < len(outcome.choices[0].text) < len(whole)
    assert whole.startswith(outcome.choices[0].text)
    assert not outcome.complete
    assert outcome.error.kind is ErrorKind.INCOMPLETE_STREAM


@pytest.mark.parametrize("cutmode", ["fin", "rst"])
async def test_cut_before_the_first_byte_is_unreachable(replay, cutmode):
    outcome = await outcome_of(replay, f"{STREAM};cut=0;cutmode={cutmode}")
    assert (outcome.choices, outcome.error.kind) == ([], ErrorKind.UNREACHABLE)


async def test_json_to_a_stream_request(replay):
    outcome = await outcome_of(replay, "003-nonstream-openai")
    assert outcome.complete
    assert outcome.choices[0].text


async def test_event_stream_to_a_request_for_a_whole_reply(replay):
    outcome = await replay.complete(message(model=STREAM))
    assert told(outcome) == told(expected_outcome(STREAM))


async def test_hanging_after_the_end_does_not_hold_the_reader(replay):
    async with asyncio.timeout(1):
        assert (await outcome_of(replay, f"{STREAM};hang=1")).complete


async def test_retry_reaches_the_reply(make_client, replay_url):
    client = make_client(replay_url, retries=2)
    async with client.stream(message(model=f"{STREAM};fail=2:503;x=retry")) as stream:
        assert stream.attempts == 3


async def test_fifty_streams_side_by_side(replay):
    async with asyncio.timeout(15):
        outcomes = await asyncio.gather(
            *(outcome_of(replay, f"{STREAM};delay=2;chunk=40") for _ in range(50))
        )
    assert all(told(outcome) == told(expected_outcome(STREAM)) for outcome in outcomes)


@pytest.mark.parametrize(
    "shape", ["openai", "newapi", "llamacpp", "ollama", "openrouter", "gemini", "array", "models"]
)
async def test_models_in_every_shape(make_client, replay_url, shape):
    models = await make_client(f"{replay_url}?shape={shape}").list_models()
    assert any(model.id.endswith(STREAM) for model in models)


@pytest.mark.parametrize("shape", ["null", "empty"])
async def test_no_models_is_an_empty_list(make_client, replay_url, shape):
    assert await make_client(f"{replay_url}?shape={shape}").list_models() == []


@pytest.mark.parametrize("shape", ["html", "error"])
async def test_what_is_no_list_of_models_raises(make_client, replay_url, shape):
    with pytest.raises(EndpointError) as caught:
        await make_client(f"{replay_url}?shape={shape}").list_models()
    assert caught.value.kind is ErrorKind.BAD_RESPONSE
