"""What went over the wire, shown as it was and ready to be sent again."""

import html
import json
import os
import re
import subprocess
import sys

import pytest
from asgiref.sync import sync_to_async

from conversations.models import Completion, Conversation, Message
from conversations.raw_exchange import raw_exchange
from tests.factories import ask, make_conversation, make_endpoint, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def code(block):
    """The code of a block, as its button copies it."""
    (pre,) = re.findall(r"<pre[^>]*>(.*?)</pre>", block, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", pre))


@pytest.fixture
async def answered(process, replay_server):
    """answered(model, text, …): the answer's row once it is whole."""

    async def answered(model, *texts, **fields):
        key = fields.pop("api_key", "sk-very-secret-0123456789")
        endpoint = await sync_to_async(make_endpoint)(f"{replay_server.url}/v1", api_key=key)
        conversation = await sync_to_async(make_conversation)(
            await sync_to_async(make_user)(), endpoint=endpoint, model=model, title_source="user", **fields
        )
        for text in texts:
            run = process.begin(await sync_to_async(ask)(conversation, text, process=process.address))
            await process.runner.wait(run.generation_id)
        conversation = await Conversation.objects.aget(pk=conversation.pk)
        answer = Message.objects.select_related("completion__generation", "completion__endpoint")
        return await answer.aget(pk=conversation.head_id)

    return answered


async def shown(answer):
    return await sync_to_async(raw_exchange)(answer)


def last_asked(replay_server):
    return replay_server.requests()[-1]["body"]


async def test_the_request_is_the_one_that_the_endpoint_got(answered, replay_server):
    answer = await answered(
        "live-echo", "One", "Two ```` `three`", system_prompt="Be brief.", parameters={"temperature": 0.5}
    )
    exchange = await shown(answer)
    request = json.loads(code(exchange.request))
    assert request == await sync_to_async(last_asked)(replay_server)
    assert [message["role"] for message in request["messages"]] == ["system", "user", "assistant", "user"]
    assert exchange.was_streamed


async def test_instructions_that_were_changed_since_are_shown_as_they_were(answered):
    answer = await answered("live-echo", "One", system_prompt="Be brief.")
    await Conversation.objects.aupdate(system_prompt="Be long.")
    assert "Be brief." in code((await shown(answer)).request)


async def test_a_key_is_never_shown(answered):
    exchange = await shown(await answered("live-echo", "One"))
    assert "sk-very" not in str(exchange)
    assert "$OPENAI_API_KEY" in code(exchange.curl)


@pytest.mark.parametrize("which", ["curl", "python"])
async def test_what_is_copied_asks_the_same_again(answered, replay_server, which):
    answer = await answered(
        "live-echo", 'It\'s "quoted"\n\\ and $HOME `too`', parameters={"seed": 7, "stop": ["x"]}
    )
    before = await sync_to_async(last_asked)(replay_server)
    copied = code(getattr(await shown(answer), which))
    command = ["bash", "-c", copied] if which == "curl" else [sys.executable, "-c", copied]
    done = await sync_to_async(subprocess.run)(
        command, env={**os.environ, "OPENAI_API_KEY": "any"}, capture_output=True, timeout=60, check=True
    )
    assert b"[DONE]" in done.stdout
    assert await sync_to_async(last_asked)(replay_server) == before


async def test_the_response_is_what_the_same_reply_is_when_it_does_not_stream(answered):
    exchange = await shown(await answered("001", "One"))
    reply = json.loads(code(exchange.response))
    assert reply["object"] == "chat.completion"
    assert reply["id"]
    assert reply["usage"]["total_tokens"] > 0
    (choice,) = reply["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"]


@pytest.mark.parametrize(("model", "name"), [("066", "reasoning_content"), ("067", "reasoning")])
async def test_reasoning_stands_where_the_endpoint_put_it(answered, model, name):
    exchange = await shown(await answered(model, "One"))
    (choice,) = json.loads(code(exchange.response))["choices"]
    assert choice["message"][name]


async def test_all_choices_are_there(answered):
    exchange = await shown(await answered("064", "One"))
    assert [choice["index"] for choice in json.loads(code(exchange.response))["choices"]] == [0, 1]


async def test_of_an_answer_that_no_endpoint_was_asked_for_there_is_nothing(answered):
    answer = await answered("live-echo", "One")
    await Completion.objects.aupdate(request={})
    assert await shown(await Message.objects.select_related("completion").aget(pk=answer.pk)) is None
