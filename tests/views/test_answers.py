"""What a page shows of an answer besides its words: probabilities, versions, sources, refusals, what it cost."""

import html
import re

import pytest
from asgiref.sync import sync_to_async

from conversations.models import Completion, Conversation, Generation, Message, Part
from tests.factories import ask, make_answer, make_conversation, make_endpoint, make_exchange

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def asked(signed_in, process, replay_server):
    """Ask a model of the replay server; the client, the conversation and its answers, oldest first."""

    async def asked(model, text="Hello", **fields):
        user, client = await signed_in()
        endpoint = await sync_to_async(make_endpoint)(f"{replay_server.url}/v1", name="Replay")
        conversation = await sync_to_async(make_conversation)(
            user, endpoint=endpoint, model=model, title_source="user", **fields
        )
        run = process.begin(await sync_to_async(ask)(conversation, text, process=process.address))
        await process.runner.wait(run.generation_id)
        answers = [answer async for answer in conversation.messages.filter(role="assistant").order_by("id")]
        return client, conversation, answers

    return asked


def url(message, name):
    return f"/c/{message.conversation_id}/messages/{message.pk}/{name}/"


async def test_the_tokens_of_an_answer_are_coloured_by_how_likely_they_were(asked):
    client, conversation, (answer,) = await asked("009-llamacpp-logprobs")
    assert url(answer, "probabilities") in (await client.get(f"/c/{conversation.pk}/")).text
    heat = (await client.get(url(answer, "probabilities"), headers=HTMX)).text
    tokens = re.findall(
        r'class="token token--(\d)" tabindex="0">(.*?)<span class="token__about"><b>(.*?)</b>', heat
    )
    logprobs = (await Completion.objects.aget()).response["logprobs"]["0"]["content"]
    assert [html.unescape(text) for _, text, _ in tokens] == [entry["token"] for entry in logprobs]
    assert all(percent.endswith(" %") for _, _, percent in tokens)
    assert heat.count("<q>") > 0
    assert "token" not in (await client.get(url(answer, "probabilities") + "?off", headers=HTMX)).text


async def test_an_answer_without_probabilities_offers_none(asked):
    client, conversation, (answer,) = await asked("live-echo")
    assert url(answer, "probabilities") not in (await client.get(f"/c/{conversation.pk}/")).text
    assert "token" not in (await client.get(url(answer, "probabilities"), headers=HTMX)).text


async def test_probabilities_of_any_shape_are_shown_or_left_out(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    answer = await made(make_exchange, conversation)
    generation = await Generation.objects.acreate(conversation=conversation, answers_id=answer.parent_id)
    entries = [
        {"token": "sure", "logprob": 0},
        {"token": "<b>", "logprob": -9999, "top_logprobs": None},
        {"token": None, "logprob": "x", "top_logprobs": ["y", {"token": 5}]},
        "nonsense",
    ]
    answer.completion = await Completion.objects.acreate(
        generation=generation,
        has_logprobs=True,
        response={"logprobs": {"0": {"content": entries, "refusal": None}}},
    )
    await answer.asave()
    heat = (await client.get(url(answer, "probabilities"), headers=HTMX)).text
    assert heat.count('class="token token--0"') == 1
    assert heat.count('class="token token--4"') == 2
    assert "&lt;b&gt;" in heat


async def test_choices_are_shown_side_by_side(asked):
    client, conversation, answers = await asked("008-llamacpp-n2")
    assert len(answers) == 2
    page = (await client.get(f"/c/{conversation.pk}/")).text
    assert url(answers[0], "versions") in page
    beside = (await client.get(url(answers[0], "versions"))).text
    parts = [part async for part in Part.objects.filter(message__in=answers, kind="text")]
    assert len({part.html for part in parts}) == 2
    assert all(part.html in beside for part in parts)
    assert (beside.count("Shown in the conversation"), beside.count("Show this one")) == (1, 1)
    answer = await client.post(url(answers[1], "select"))
    assert (answer.status_code, answer.url) == (302, f"/c/{conversation.pk}/")
    await conversation.arefresh_from_db()
    assert conversation.head_id == answers[1].pk


async def test_what_an_answer_refers_to_stands_under_it(asked):
    client, conversation, _ = await asked("058-annotations")
    page = (await client.get(f"/c/{conversation.pk}/")).text
    (sources,) = re.findall(r'<ol class="sources".*?</ol>', page)
    assert re.findall(r'<a href="(https?://[^"]+)"', sources)


async def test_sources_are_addresses_of_the_web_and_each_stands_once(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    answer = await made(make_exchange, conversation)
    told = [
        ("citation", {"url": "https://a.example/"}),
        ("annotation", {"type": "url_citation", "url_citation": {"url": "https://a.example/", "title": "A"}}),
        (
            "annotation",
            {"type": "url_citation", "url_citation": {"url": "https://b.example/", "title": "B <b>"}},
        ),
        ("citation", {"url": "javascript:alert(1)"}),
        ("annotation", {"type": "file_citation", "file_citation": "none"}),
    ]
    for index, (kind, data) in enumerate(told, start=1):
        await Part.objects.acreate(message=answer, index=index, kind=kind, data=data)
    page = (await client.get(f"/c/{conversation.pk}/")).text
    (sources,) = re.findall(r'<ol class="sources".*?</ol>', page)
    assert re.findall(r">([^<]+)</a>", sources) == ["https://a.example/", "B &lt;b&gt;"]
    assert "javascript:" not in page


async def test_a_refusal_is_marked_as_one(asked):
    client, conversation, _ = await asked("057-refusal")
    page = (await client.get(f"/c/{conversation.pk}/")).text
    assert 'data-said="The model refused:"' in page


@pytest.mark.parametrize(
    ("pricing", "usage", "cost"),
    [
        ({"prompt": "0.000001", "completion": "0.000002"}, {}, "$0.002000"),
        ({"prompt": "0.001", "completion": "0.002"}, {}, "$2.0000"),
        ({"prompt": "0.001", "completion": "0.002"}, {"cost": 0.5}, "$0.5000"),
        ({"prompt": "free"}, {}, None),
        (None, {}, None),
    ],
)
async def test_what_an_answer_cost_is_told_where_prices_are_known(signed_in, made, pricing, usage, cost):
    alice, client = await signed_in()
    endpoint = await made(make_endpoint, "http://127.0.0.1:9/v1")
    await endpoint.models.acreate(name="m", data={"pricing": pricing} if pricing else {})
    conversation = await made(make_conversation, alice)
    answer = await made(make_exchange, conversation)
    generation = await Generation.objects.acreate(conversation=conversation, answers_id=answer.parent_id)
    answer.completion = await Completion.objects.acreate(
        generation=generation,
        endpoint=endpoint,
        model="m",
        prompt_tokens=1000,
        completion_tokens=500,
        usage=usage,
    )
    await answer.asave()
    details = (await client.get(url(answer, "details"), headers=HTMX)).text
    assert re.findall(r"\$[\d.]+", details) == ([cost] if cost else [])


async def test_a_refused_parameter_is_named_and_left_out_when_asked_again(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice, parameters={"top_k": 5, "temperature": 1})
    question = (await made(make_exchange, conversation)).parent
    generation = await Generation.objects.acreate(conversation=conversation, answers=question)
    completion = await Completion.objects.acreate(
        generation=generation,
        error_kind="invalid_request",
        refused="top_k",
        error_message="top_k is unknown",
    )
    failed = await made(make_answer, conversation, question, status="failed", completion=completion)
    page = (await client.get(f"/c/{conversation.pk}/")).text
    assert "Send without top_k" in page
    assert 'name="without" value="top_k"' in page
    await client.post(url(failed, "retry"), {"without": "top_k"}, headers=HTMX)
    await conversation.arefresh_from_db()
    assert conversation.parameters == {"temperature": 1}
    assert await Message.objects.filter(parent=question, role="assistant").acount() == 3


async def test_an_answer_that_does_not_stream_is_the_same_answer(asked):
    _, _, (answer,) = await asked("live-dump", parameters={"stream": False, "max_tokens": 500})
    completion = await Completion.objects.aget()
    assert completion.request["stream"] is False
    assert "stream_options" not in completion.request
    said = (await Part.objects.aget(message=answer, kind="text")).text
    assert '"stream": false' in said or '"stream":false' in said
    assert answer.status == "complete"
    assert completion.completion_tokens
    assert (await Conversation.objects.aget()).head_id == answer.pk
