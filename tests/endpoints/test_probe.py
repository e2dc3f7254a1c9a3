"""The endpoint doctor, on endpoints that do all, little, or nothing of what they are asked for."""

import json

import httpx
import pytest

from conversations.endpoints import DEMO_BASE_URL, DemoTransport, EndpointConfig
from conversations.endpoints.probe import ABILITIES, probe_model


async def states(answer, **fields):
    config = EndpointConfig(name="x", base_url="http://x/v1", **fields)
    findings = await probe_model(config, "m", transport=httpx.MockTransport(answer))
    assert [finding.ability for finding in findings] == list(ABILITIES)
    return {finding.ability: finding.state for finding in findings}, {
        finding.ability: finding.detail for finding in findings
    }


def replied(request, whole):
    """As a stream of one chunk, if that is what was asked for."""
    if not json.loads(request.content)["stream"]:
        return httpx.Response(200, json=whole)
    events = f"data: {json.dumps(whole)}\n\ndata: [DONE]\n\n"
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=events)


def capable(request):
    """An endpoint that does everything."""
    body = json.loads(request.content)
    message = {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}
    if "response_format" in body:
        message["content"] = '{"yes": true}'
    if "tools" in body:
        function = {"name": "weather", "arguments": '{"city": "Oslo"}'}
        message |= {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    if "audio" in body:
        message["audio"] = {"id": "a", "data": "AAAA", "transcript": "Yes."}
    told = {"content": [{"token": "Yes", "logprob": 0, "top_logprobs": []}]} if body.get("logprobs") else None
    choices = [
        {"index": index, "message": message, "logprobs": told, "finish_reason": "stop"}
        for index in range(body.get("n", 1))
    ]
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return replied(request, {"id": "1", "choices": choices, "usage": usage})


async def test_an_endpoint_that_does_everything():
    found, details = await states(capable)
    assert set(found.values()) == {"yes"}
    assert details["reasoning"] == "reasoning_content"


async def test_the_demo_says_what_it_is():
    quick = DemoTransport(tokens_per_second=10_000, first_token_seconds=0)
    config = EndpointConfig(name="demo", base_url=DEMO_BASE_URL)
    findings = await probe_model(config, "demo", transport=quick)
    found = {finding.ability: finding.state for finding in findings}
    assert found["stream"] == found["n"] == found["json_schema"] == found["reasoning"] == "yes"
    assert found["tools"] == "no"
    assert found["speech"] == "yes"


async def test_an_endpoint_that_takes_everything_and_does_nothing_of_it():
    def answer(request):
        message = {"role": "assistant", "content": "Yes."}
        return httpx.Response(200, json={"choices": [{"index": 0, "message": message}]})

    found, details = await states(answer)
    done = {name for name, state in found.items() if state == "yes"}
    assert done == {"whole", "max_tokens", "max_completion_tokens", "developer", "images", "audio"}
    assert details["stream"] == "came whole"
    assert details["n"] == "1 of 2 came"
    assert details["json_schema"] == "came: Yes."


async def test_a_refusal_is_told_in_the_endpoints_words():
    def answer(request):
        body = json.loads(request.content)
        if "max_tokens" in body:
            message = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'."
            return httpx.Response(400, json={"error": {"message": message, "param": "max_tokens"}})
        if body.get("n"):
            return httpx.Response(400, json={"error": {"message": "n must be 1"}})
        return capable(request)

    found, details = await states(answer)
    assert (found["max_tokens"], details["max_tokens"]) == ("no", "takes max_completion_tokens")
    assert found["max_completion_tokens"] == "yes"
    assert (found["n"], details["n"]) == ("no", "n must be 1")
    assert found["tools"] == "yes"


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_an_endpoint_that_does_not_answer_is_asked_for_nothing_else(status):
    asked = []

    def answer(request):
        asked.append(request)
        return httpx.Response(status, json={"error": {"message": "No."}})

    found, details = await states(answer)
    assert len(asked) == 2
    assert set(found.values()) <= {"no", "unclear"}
    assert details["n"] == "not asked"


async def test_what_is_busy_for_a_moment_is_unclear_and_not_a_no():
    def answer(request):
        body = json.loads(request.content)
        if body.get("logprobs"):
            return httpx.Response(429, json={"error": {"message": "Slow down."}})
        return capable(request)

    found, _ = await states(answer)
    assert found["logprobs"] == "unclear"
    assert found["json_schema"] == "yes"


async def test_both_ways_of_answering_are_asked_for():
    asked = []

    def answer(request):
        asked.append(json.loads(request.content)["stream"])
        return capable(request)

    await states(answer)
    assert asked[:2] == [False, True]


@pytest.mark.parametrize(
    ("status", "state"), [(400, "no"), (500, "no"), (503, "unclear"), (502, "unclear"), (401, "unclear")]
)
async def test_only_a_refusal_of_the_request_is_a_no(status, state):
    def answer(request):
        if "tools" in json.loads(request.content):
            return httpx.Response(status, json={"error": {"message": "Not that."}})
        return capable(request)

    found, _ = await states(answer)
    assert found["tools"] == state


async def test_a_model_that_thinks_in_secret_answers_and_what_was_cut_off_is_unclear():
    def answer(request):
        message = {"role": "assistant", "content": ""}
        usage = {"prompt_tokens": 1, "completion_tokens": 512, "total_tokens": 513}
        choice = {"index": 0, "message": message, "finish_reason": "length"}
        return httpx.Response(200, json={"choices": [choice], "usage": usage})

    found, details = await states(answer)
    assert (found["whole"], details["whole"]) == ("yes", "thinks in secret")
    assert found["json_schema"] == found["tools"] == "unclear"


async def test_what_a_model_says_is_kept_without_the_key_and_never_ends_the_trial():
    said = iter([*["Yes."] * 8, "Bearer sk-secretsecret-123", *["[" * 200_000] * 9])

    def answer(request):
        message = {"role": "assistant", "content": next(said)}
        return httpx.Response(200, json={"choices": [{"index": 0, "message": message}]})

    found, details = await states(answer, api_key="sk-secretsecret-123")
    assert found["json_schema"] == "no"
    assert details["json_schema"].startswith("came: ")
    assert "secretsecret" not in str(details)


async def test_an_answer_without_end_is_broken_off():
    async def forever():
        chunk = {"choices": [{"index": 0, "delta": {"content": "x"}}]}
        while True:
            yield f"data: {json.dumps(chunk)}\n\n".encode() * 100

    def answer(request):
        if json.loads(request.content)["stream"]:
            return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=forever())
        return capable(request)

    found, _ = await states(answer)
    assert found["stream"] == "yes"


async def test_json_that_is_nested_without_end_is_no_json():
    def answer(request):
        content = "[" * 200_000 if "response_format" in json.loads(request.content) else "Yes."
        return httpx.Response(
            200, json={"choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}
        )

    found, _ = await states(answer)
    assert found["json_schema"] == "no"
