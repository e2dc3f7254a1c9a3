"""Every field of the protocol's tables is within reach of the page: what is asked for, and what came back."""

import html
import json
import re
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from conversations.models import Conversation
from tests.conformance.cases import FOLDER
from tests.factories import ask, make_conversation, make_endpoint

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
TABLES = (Path(__file__).parent.parent / "conformance" / "tables.md").read_text(encoding="utf-8")
TOOL = {"type": "function", "function": {"name": "f", "description": "", "parameters": {}}}
SCHEMA = {"name": "x", "schema": {"type": "object"}}
# For every field what is typed into the panel, and what the endpoint is sent.
REQUEST = {
    "temperature": ({"temperature": "0"}, 0),
    "top_p": ({"top_p": "0.5"}, 0.5),
    "n": ({"n": "129"}, 129),
    "stream": ({"stream": "false"}, False),
    "stream_options": ({"stream_options.include_usage": "false"}, {"include_usage": False}),
    "stop": ({"stop": "a\n\\n\nc\nd\ne"}, ["a", "\n", "c", "d", "e"]),
    "max_tokens": ({"max_tokens": "1"}, 1),
    "max_completion_tokens": ({"max_completion_tokens": "7"}, 7),
    "presence_penalty": ({"presence_penalty": "-2"}, -2),
    "frequency_penalty": ({"frequency_penalty": "1.5"}, 1.5),
    "logit_bias": ({"logit_bias": "50256 = -100\n7=0.5"}, {"50256": -100, "7": 0.5}),
    "user": ({"user": "ada"}, "ada"),
    "tools": ({"extra": json.dumps({"tools": [TOOL]})}, [TOOL]),
    "tool_choice": ({"tool_choice": "none", "extra": json.dumps({"tools": [TOOL]})}, "none"),
    "response_format": (
        {"response_format.type": "json_schema", "response_format.json_schema": json.dumps(SCHEMA)},
        {"type": "json_schema", "json_schema": SCHEMA},
    ),
    "seed": ({"seed": "0"}, 0),
    "reasoning_effort": ({"reasoning_effort": "low"}, "low"),
    "modalities": ({"modalities": ["text"]}, ["text"]),
    "audio": ({"audio.voice": "alloy", "audio.format": "mp3"}, {"voice": "alloy", "format": "mp3"}),
}
BEYOND_THE_TABLE = {
    "logprobs": ({"logprobs": "true"}, True),
    "top_logprobs": ({"logprobs": "true", "top_logprobs": "0"}, 0),
    "parallel_tool_calls": ({"parallel_tool_calls": "false"}, False),
    "verbosity": ({"verbosity": "low"}, "low"),
    "service_tier": ({"service_tier": "flex"}, "flex"),
    "metadata": ({"extra": '{"metadata": {"a": "b"}}'}, {"a": "b"}),
    "top_k": ({"extra": '{"top_k": 40}'}, 40),
}
# For every field where it stands in the raw view; a number of `usage` also stands among an answer's details.
RESPONSE = {
    "id, object, created, model": ["id", "object", "created", "model"],
    "choices[].index": ["choices.0.index"],
    "choices[].message": ["choices.0.message.content"],
    "choices[].message.reasoning_content": ["choices.0.message.reasoning_content"],
    "choices[].finish_reason": ["choices.0.finish_reason"],
    "usage.prompt_tokens, completion_tokens, total_tokens": [
        "usage.prompt_tokens",
        "usage.completion_tokens",
        "usage.total_tokens",
    ],
    "usage.prompt_tokens_details": [
        "usage.prompt_tokens_details.text_tokens",
        "usage.prompt_tokens_details.image_tokens",
        "usage.prompt_tokens_details.cached_tokens",
        "usage.prompt_tokens_details.audio_tokens",
    ],
    "usage.completion_tokens_details": [
        "usage.completion_tokens_details.text_tokens",
        "usage.completion_tokens_details.audio_tokens",
        "usage.completion_tokens_details.reasoning_tokens",
    ],
    "system_fingerprint": ["system_fingerprint"],
}


def rows(heading):
    """The fields in the first column of a table, without what stands behind them in brackets."""
    table = TABLES.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    firsts = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)
    return [re.sub(r" \([^)]*\)", "", first) for first in firsts if first != "field"]


def test_every_field_of_a_request_is_covered():
    assert {*REQUEST, "model", "messages"} == set(rows("Request"))


def test_every_field_of_a_response_is_covered():
    assert list(RESPONSE) == rows("Response 200")


@pytest.fixture
def answered(signed_in, process, replay_server):
    """A conversation of one answer, with what was typed into the panel before; its client and its answer."""

    async def answered(model, typed):
        user, client = await signed_in()
        endpoint = await sync_to_async(make_endpoint)(f"{replay_server.url}/v1", name="Replay")
        conversation = await sync_to_async(make_conversation)(
            user, endpoint=endpoint, model=model, title_source="user"
        )
        posted = {f"p-{name}": value for name, value in typed.items()}
        told = await client.post(f"/c/{conversation.pk}/parameters/", posted, headers=HTMX)
        assert "Kept" in told.text, told.text
        conversation = await Conversation.objects.select_related("endpoint").aget(pk=conversation.pk)
        run = process.begin(await sync_to_async(ask)(conversation, "Hello", process=process.address))
        await process.runner.wait(run.generation_id)
        return client, await conversation.messages.aget(role="assistant")

    return answered


def code(page, heading):
    """The JSON in the block of code under a heading of the raw view."""
    section = page.partition(f">{heading}<")[2]
    (pre, *_) = re.findall(r"<pre[^>]*>(.*?)</pre>", section, re.DOTALL)
    return json.loads(html.unescape(re.sub(r"<[^>]+>", "", pre)))


@pytest.mark.parametrize("name", [*REQUEST, *BEYOND_THE_TABLE])
async def test_a_field_that_is_set_is_sent_as_it_is(name, answered, replay_server):
    typed, wanted = {**REQUEST, **BEYOND_THE_TABLE}[name]
    await answered("live-echo", typed)
    sent = (await sync_to_async(replay_server.requests)())[-1]["body"]
    assert sent[name] == wanted
    assert type(sent[name]) is type(wanted)
    assert sent["model"] == "live-echo"
    assert sent["messages"] == [{"role": "user", "content": "Hello"}]


async def test_every_field_of_a_response_is_shown(answered):
    client, answer = await answered("004-nonstream-seed-shape", {"stream": "false"})
    whole = json.loads((FOLDER / "004-nonstream-seed-shape.body.json").read_text(encoding="utf-8"))
    # The recording says nothing here, and what says nothing is not kept.
    whole["system_fingerprint"] = None
    url = f"/c/{answer.conversation_id}/messages/{answer.pk}/"
    raw = code((await client.get(f"{url}raw/")).text, "Response")
    details = (await client.get(f"{url}details/", headers=HTMX)).text
    for path in (path for paths in RESPONSE.values() for path in paths):
        assert value_at(raw, path) == value_at(whole, path), path
        if path.startswith("usage.") and value_at(whole, path) and path != "usage.total_tokens":
            assert f"<dd>{value_at(whole, path)}</dd>" in details, path
    assert "Stopped" not in details
    assert "<dd>stop</dd>" in details


def value_at(value, path):
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
    return value
