"""The demo endpoint, read through the real client: what it says, and that it keeps the protocol."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from conversations.endpoints import DEMO_BASE_URL, DemoTransport, EndpointClient
from conversations.endpoints.demo.scenarios import SCENARIOS
from conversations.protocol import ChunkAccumulator, EndpointError, ErrorKind, Outcome
from tests.endpoints.wire import config_for, message


async def ask(client: EndpointClient, text: str = "Hello", **members: Any) -> Outcome:
    accumulator = ChunkAccumulator()
    async with client.stream(message(text, **members)) as stream:
        async for items in stream:
            for item in items:
                accumulator.feed(item)
    accumulator.close()
    return accumulator.outcome


async def say(client: EndpointClient, text: str = "Hello", **members: Any) -> str:
    outcome = await ask(client, text, **members)
    assert outcome.complete
    return outcome.choices[0].text


async def raw(body: Any, path: str = "/chat/completions", method: str = "POST") -> httpx.Response:
    """The HTTP reply, for what the client does not show."""
    async with httpx.AsyncClient(transport=DemoTransport(tokens_per_second=0)) as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await client.request(method, f"{DEMO_BASE_URL}{path}", content=content)


async def test_greeting_says_plainly_what_it_is(demo_client):
    reply = await say(demo_client, "Hi there!")
    assert "without a language model" in reply
    assert "`help`" in reply
    assert len(reply) < 500


async def test_help_lists_every_scenario_that_has_an_example(demo_client):
    reply = await say(demo_client, "help")
    examples = [scenario.example for scenario in SCENARIOS if scenario.example]
    assert len(examples) > 12
    assert all(f"| `{example}` |" in reply for example in examples)


@pytest.mark.parametrize(
    "scenario", [item for item in SCENARIOS if item.example], ids=lambda item: item.example
)
def test_every_example_leads_to_its_own_scenario(scenario):
    first = next(other for other in SCENARIOS if other.pattern.search(scenario.example))
    assert first is scenario


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "show me a long Markdown tour",
            ["# A tour of Markdown", "- [x]", "[^first]:", "$$", "```python", "> [!NOTE]"],
        ),
        ("table, please", ["|:----"]),
        ("Write some code", ["```python", "```go", "```sh"]),
        ("math", ["$$", "\\sqrt"]),
        ("Count to 12", ["1 2 3 4 5 6 7 8 9 10 11 12"]),
        ("How do I connect a real model?", ["OPENAI_BASE_URL=", "OPENAI_API_KEY="]),
    ],
)
async def test_samples_on_request(demo_client, text, words):
    reply = await say(demo_client, text)
    assert [word for word in words if word not in reply] == []


@pytest.mark.parametrize(
    "text",
    [
        "The exam has two answers for each question.",
        "There are 3 choices in the menu; which one do you like?",
        "Write a chat app with a title bar for me.",
        "Why do I get an error when I open the page?",
        "This is a rather slow and long road, is it not?",
        "My connection was cut off yesterday, what can be done about it?",
        "What is the meaning of rate limit in the documents of this service, and of 500, and of 429?",
    ],
)
async def test_ordinary_sentences_cause_no_faults(demo_client, text):
    assert "I am the built-in demo" in await say(demo_client, text)


async def test_it_describes_what_it_was_sent(demo_client):
    history = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "The *first* one"},
        {"role": "assistant", "content": "Yes?"},
    ]
    text = "Wie geht es dir, und was ist das?\n\n```rust\nfn main() {}\n```\nKennst du die Antwort?"
    parts = [
        {"type": "text", "text": text},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    body = {"messages": [*history, {"role": "user", "content": parts}], "temperature": 0.5}
    reply = await say(demo_client, **body)
    for words in (
        "**17 words**",
        "German",
        "1 image",
        "2 questions",
        "Kennst du die Antwort?",
        "1 block of code (rust)",
        "1 earlier message",
        "1 system message",
        "> The \\*first\\* one",
        "`temperature`: `0.5`",
        "OPENAI_BASE_URL",
    ):
        assert words in reply


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What do you think of the weather in the city today, when it rains so often?", "English"),
        ("Qu'est-ce que vous pensez de la ville et de son histoire pour les enfants?", "French"),
        ("你能不能告诉我今天天气怎么样，还有明天会不会下雨？", "Chinese"),
        ("今日はとても良い天気ですね。明日も晴れるでしょうか。", "Japanese"),
    ],
)
async def test_it_guesses_the_language(demo_client, text, language):
    assert f"in what looks like {language}" in await say(demo_client, text)


@pytest.mark.parametrize("model_and_text", [("demo", "think about primes"), ("demo-reasoning", "Hello")])
async def test_reasoning_comes_apart_and_first(demo_client, model_and_text):
    model, text = model_and_text
    outcome = await ask(demo_client, text, model=model)
    assert [part.kind for part in outcome.choices[0].parts] == ["reasoning", "text"]
    assert outcome.usage.reasoning_tokens > 20


async def test_long_text_has_about_the_length_asked_for(demo_client):
    outcome = await ask(demo_client, "long 5000")
    assert 5000 <= outcome.usage.completion_tokens <= 5200


async def test_others_are_served_while_a_long_answer_is_planned():
    turns = 0

    async def be_served():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(be_served())
    body = json.dumps(message("long 20000", n=4)).encode()
    request = httpx.Request("POST", f"{DEMO_BASE_URL}/chat/completions", content=body)
    await DemoTransport().handle_async_request(request)
    other.cancel()
    assert turns > 10


@pytest.mark.parametrize(
    ("text", "members", "count"),
    [
        ("3 choices", {}, 3),
        ("Please give me two different answers to my question.", {}, 2),
        ("Hello", {"n": 2}, 2),
        ("Hello", {"n": 8}, 8),
    ],
)
async def test_several_choices(demo_client, text, members, count):
    outcome = await ask(demo_client, text, **members)
    assert [choice.index for choice in outcome.choices] == list(range(count))
    assert all(choice.text and choice.finish_reason == "stop" for choice in outcome.choices)


async def test_same_seed_same_words(demo_client):
    replies = {await say(demo_client, "long 300", seed=5) for _ in range(4)}
    others = {await say(demo_client, "long 300", seed=seed) for seed in range(4)}
    assert (len(replies), len(others)) == (1, 4)


async def test_token_limit_ends_with_length(demo_client):
    outcome = await ask(demo_client, "tour", max_tokens=7)
    assert (outcome.choices[0].finish_reason, outcome.usage.completion_tokens) == ("length", 7)
    assert outcome.complete


async def test_stop_ends_before_the_word(demo_client):
    assert await say(demo_client, "count to 9", stop=["7", "5 6"]) == "1 2 3 4 "


async def test_error_is_refused_once(demo_client):
    waits: list[Any] = []
    with pytest.raises(EndpointError) as caught:
        async with demo_client.stream(message("error"), on_wait=waits.append):
            pass
    assert (caught.value.kind, caught.value.status, waits) == (ErrorKind.SERVER_ERROR, 500, [])


async def test_rate_limit_asks_for_two_seconds():
    client = EndpointClient(config_for(DEMO_BASE_URL, retries=0), DemoTransport())
    with pytest.raises(EndpointError) as caught:
        await ask(client, "rate limit")
    assert (caught.value.kind, caught.value.retry, caught.value.retry_after) == (
        ErrorKind.RATE_LIMIT,
        "yes",
        2,
    )


@pytest.mark.parametrize(
    ("text", "kind"), [("error halfway", ErrorKind.SERVER_ERROR), ("cut off", ErrorKind.INCOMPLETE_STREAM)]
)
async def test_faults_after_some_text(demo_client, text, kind):
    outcome = await ask(demo_client, text)
    assert outcome.choices[0].text.startswith("This answer begins well.")
    assert (outcome.error.kind, outcome.error.retry, outcome.complete) == (kind, "user", False)


async def test_whole_reply_equals_the_stream(demo_client):
    streamed = await ask(demo_client, "tour", model="demo-reasoning")
    whole = await demo_client.complete(message("tour", model="demo-reasoning"))
    assert whole.choices[0].parts == streamed.choices[0].parts
    assert whole.usage == streamed.usage


@pytest.mark.parametrize(("asked", "has_usage"), [(True, True), (False, False)])
async def test_usage_comes_only_when_asked_for(asked, has_usage):
    options = {"stream_options": {"include_usage": asked}}
    events = (await raw(message(stream=True, **options))).text.split("\n\n")
    assert events[-2] == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    assert (chunks[-1]["choices"] == []) is has_usage
    assert all(("usage" in chunk) is has_usage for chunk in chunks)
    assert all(chunk["usage"] is None for chunk in chunks[:-1] if has_usage)


async def test_role_comes_once_for_each_choice_first_and_in_order():
    reply = await raw(message("count to 5", stream=True, n=3))
    chunks = [json.loads(event[6:]) for event in reply.text.split("\n\n")[:-2]]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert [choice["index"] for choice in choices[:3]] == [0, 1, 2]
    assert [choice["delta"].get("role") for choice in choices].count("assistant") == 3
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        (b"not json", 400, None, None),
        ({"messages": [{"role": "user", "content": "x"}]}, 400, "missing_required_parameter", "model"),
        ({"model": "demo", "messages": []}, 400, "empty_array", "messages"),
        (
            {"model": "demo", "n": 9, "messages": [{"role": "user", "content": "x"}]},
            400,
            "integer_above_max_value",
            "n",
        ),
        ({"model": "gpt-4", "messages": [{"role": "user", "content": "x"}]}, 404, "model_not_found", "model"),
    ],
)
async def test_bad_requests_are_refused_by_the_protocol(body, status, code, param):
    reply = await raw(body)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (status, code, param)
    assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/chat/completions", 405), ("POST", "/completions", 404)]
)
async def test_other_routes(method, path, status):
    reply = await raw(b"", path, method)
    assert (reply.status_code, reply.json()["error"]["type"]) == (status, "invalid_request_error")


async def test_models(demo_client):
    assert [model.id for model in await demo_client.list_models()] == ["demo", "demo-reasoning"]


async def test_demo_address_needs_no_transport(make_client):
    models = await make_client(DEMO_BASE_URL).list_models()
    assert models[0].id == "demo"


async def test_tokens_come_at_their_rate(make_client):
    clock = asyncio.get_running_loop().time
    client = make_client(DEMO_BASE_URL, DemoTransport(tokens_per_second=200, first_token_seconds=0.1))
    started = clock()
    moments = []
    async with client.stream(message("count to 60")) as stream:
        async for _ in stream:
            moments.append(clock() - started)
    assert 0.1 <= moments[0] < 0.35
    assert 0.35 <= moments[-1] < 3
    assert len(moments) > 5


SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "level": {"enum": ["low", "high"]},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}},
        "age": {"type": ["integer", "null"], "minimum": 3},
    },
    "$defs": {"tag": {"anyOf": [{"const": "a"}, {"type": "null"}]}},
}


async def test_json_when_asked_for(demo_client):
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    value = json.loads(await say(demo_client, response_format=schema))
    assert value == {"name": "demo", "level": "low", "tags": ["a"], "age": 3}
    value = json.loads(await say(demo_client, "one two", response_format={"type": "json_object"}))
    assert value["words"] == 2


SELF = {"$ref": "#"}
SCHEMAS = {
    "anything": ({"properties": {"a": True, "b": {}, "c": False}}, {"a": "demo", "b": "demo"}),
    "one of what is possible": ({"anyOf": [False, {"type": "boolean"}]}, True),
    "all of several": (
        {
            "allOf": [{"$ref": "#/$defs/a"}, {"properties": {"b": {"type": "null"}}}],
            "$defs": {"a": {"properties": {"a": {"const": 1}}}},
        },
        {"a": 1, "b": None},
    ),
    "a name with a slash": ({"$defs": {"a/b": {"type": "integer"}}, "$ref": "#/$defs/a~1b"}, 0),
    "lists": ({"type": "array", "items": [{"const": 1}, True]}, [1, "demo"]),
    "an empty list": ({"type": "array", "items": False}, []),
}


async def _json_for(client, schema):
    return await say(
        client, response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    )


@pytest.mark.parametrize("name", SCHEMAS)
async def test_json_follows_the_schema(demo_client, name):
    schema, value = SCHEMAS[name]
    assert json.loads(await _json_for(demo_client, schema)) == value


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": dict.fromkeys("abcdefgh", SELF)},
        {"allOf": [SELF] * 8},
        {"type": "array", "items": [SELF] * 8},
        {"properties": {"x" * 10_000 + str(n): SELF for n in range(8)}},
        {
            "properties": {str(n): {"$ref": "#/$defs/big"} for n in range(300)},
            "$defs": {"big": {"const": "x" * 10_000}},
        },
    ],
)
async def test_json_is_never_much_longer_than_the_schema(demo_client, schema):
    assert len(await _json_for(demo_client, schema)) < 300_000


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": [1]},
        {"properties": {"a": 5}},
        {"enum": 5},
        {"enum": []},
        {"anyOf": {"a": 1}},
        {"oneOf": [False]},
        {"allOf": [False]},
        {"type": 5},
        {"type": "text"},
        {"type": [{}]},
        {"type": "number", "minimum": "x"},
        {"type": "integer", "minimum": {}, "maximum": 3},
        {"$ref": 1},
        {"$ref": "other.json"},
        {"$ref": "#/$defs/none"},
    ],
)
async def test_a_schema_without_sense_is_refused(schema):
    body = {"model": "demo", "messages": [{"role": "user", "content": "x"}]}
    reply = await raw(
        {**body, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}
    )
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "response_format"


@pytest.mark.parametrize(
    "asking",
    [
        [{"role": "user", "content": "Generate a concise, 3-5 word title summarizing the chat history."}],
        [{"role": "user", "content": "Write a short title for this conversation, in at most five words."}],
        [{"role": "system", "content": "Suggest a title for the chat. Answer with the title only."}],
    ],
)
async def test_title_from_the_first_message(demo_client, asking):
    history = [
        {"role": "user", "content": "Hello, can you please explain **how tides work**? I live by the sea."},
        {"role": "assistant", "content": "Certainly."},
    ]
    assert await say(demo_client, messages=[*history, *asking]) == "Explain how tides work"


async def test_title_of_a_conversation_that_is_quoted(demo_client):
    text = "Give this conversation a title.\n\nUser: What is the capital of France?\nAssistant: Paris."
    assert await say(demo_client, text) == "What is the capital of France"
