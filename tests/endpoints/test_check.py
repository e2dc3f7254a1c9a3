"""What the "Test connection" button finds out, and the words it finds for it."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from conversations.endpoints import DEMO_BASE_URL, DemoTransport, check, check_endpoint
from conversations.protocol import ErrorKind
from tests.endpoints.wire import DONE, config_for, event, start_event_stream

USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}\n\n'


class Endpoint:
    """A small endpoint under `prefix` that can be told to misbehave."""

    def __init__(
        self, *, prefix: str = "/v1", key: str = "", lists: Any = ("embed-small", "chat-large")
    ) -> None:
        self.prefix = prefix
        self.key = key
        self.lists = lists
        self.usage = USAGE
        self.bodies: list[Any] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            error = {"message": "Incorrect API key provided.", "code": "invalid_api_key"}
            return web.json_response({"error": error}, status=401)
        if request.path == f"{self.prefix}/models" and self.lists is not None:
            return web.json_response({"object": "list", "data": [{"id": name} for name in self.lists]})
        if request.path == f"{self.prefix}/chat/completions":
            self.bodies.append(await request.json())
            return web.Response(body=event("Yes", "stop") + self.usage + DONE)
        return web.Response(text="<title>Not here</title>", content_type="text/html", status=404)


async def test_all_is_well(serve):
    endpoint = Endpoint()
    report = await check_endpoint(config_for(await serve(endpoint.answer)))
    assert (report.reachable, report.answered, report.usage_in_stream, report.error) == (
        True,
        True,
        True,
        None,
    )
    assert report.models == ["embed-small", "chat-large"]
    assert report.tested_model == "chat-large"
    assert 0 <= report.first_token_seconds < 1
    assert report.diagnosis.startswith("The endpoint offers 2 models. chat-large began to answer after ")
    assert [body["max_tokens"] for body in endpoint.bodies] == [5]


async def test_missing_usage_is_noticed(serve):
    endpoint = Endpoint()
    endpoint.usage = b""
    report = await check_endpoint(config_for(await serve(endpoint.answer)))
    assert (report.answered, report.usage_in_stream) == (True, False)


async def test_endpoint_that_lists_no_models_is_tested_by_name(serve):
    endpoint = Endpoint(lists=None)
    report = await check_endpoint(config_for(await serve(endpoint.answer)), model="typed-name")
    assert (report.models, report.answered, report.tested_model) == (None, True, "typed-name")
    assert "does not list its models" in report.diagnosis


async def test_endpoint_without_any_model(serve):
    report = await check_endpoint(config_for(await serve(Endpoint(lists=()).answer)))
    assert (report.reachable, report.models, report.answered) == (True, [], False)
    assert "offers no models yet" in report.diagnosis


async def test_wrong_key(serve):
    endpoint = Endpoint(key="right-key")
    config = config_for(await serve(endpoint.answer), api_key="wrong-key")
    report = await check_endpoint(config, model="chat-large")
    assert (report.reachable, report.answered, report.error.kind) == (True, False, ErrorKind.AUTH)
    assert "Check the API key." in report.diagnosis
    assert endpoint.bodies == []


@pytest.mark.parametrize(
    ("prefix", "given", "suggested"),
    [("/v1", "", "/v1"), ("/api/v1", "/api", "/api/v1"), ("/api", "/api/v1", "/api")],
)
@pytest.mark.parametrize("model", ["", "chat-large"])
async def test_wrong_path_gets_a_suggestion(serve, prefix, given, suggested, model):
    root = (await serve(Endpoint(prefix=prefix).answer)).removesuffix("/v1")
    report = await check_endpoint(config_for(f"{root}{given}"), model=model)
    assert (report.answered, report.suggested_base_url) == (False, f"{root}{suggested}")
    assert f"Try {root}{suggested}" in report.diagnosis


async def test_suggestion_shows_no_password_and_no_key(serve):
    root = (await serve(Endpoint().answer)).removesuffix("/v1")
    given = root.replace("http://", "http://me:password@") + "?key=open-sesame"
    report = await check_endpoint(config_for(given))
    assert report.suggested_base_url == f"{root}/v1?key=***"


async def test_web_page_in_place_of_an_endpoint(serve):
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text="<title>Sign in</title>", content_type="text/html")

    report = await check_endpoint(config_for(await serve(handler)), model="m")
    assert (report.reachable, report.answered, report.error.kind) == (True, False, ErrorKind.BAD_RESPONSE)
    assert "web page (Sign in)" in report.diagnosis


async def test_nobody_there(unused_tcp_port):
    report = await check_endpoint(config_for(f"http://127.0.0.1:{unused_tcp_port}/v1"), model="m")
    assert (report.reachable, report.models, report.error.kind) == (False, None, ErrorKind.UNREACHABLE)
    assert "nothing seems to listen there" in report.diagnosis


async def test_demo_passes():
    report = await check_endpoint(config_for(DEMO_BASE_URL), transport=DemoTransport(tokens_per_second=0))
    assert (report.answered, report.tested_model, report.usage_in_stream) == (True, "demo", True)


async def test_key_that_may_not_list_models_may_still_chat(serve):
    endpoint = Endpoint()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/models"):
            return web.json_response({"error": {"message": "Missing scope."}}, status=403)
        return await endpoint.answer(request)

    report = await check_endpoint(config_for(await serve(handler)), model="chat-large")
    assert (report.answered, report.models) == (True, None)


async def test_key_that_may_not_is_told_from_one_that_is_wrong(serve):
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"message": "Missing scope."}}, status=403)

    report = await check_endpoint(config_for(await serve(handler)), model="chat-large")
    assert "Missing scope." in report.diagnosis
    assert "Check the API key." not in report.diagnosis


async def test_endpoint_that_answers_a_wrong_path_with_an_error_in_a_good_reply(serve):
    endpoint = Endpoint()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/v1/"):
            return await endpoint.answer(request)
        error = f"Unexpected endpoint or method. ({request.method} {request.path})"
        return web.json_response({"error": error})

    root = (await serve(handler)).removesuffix("/v1")
    report = await check_endpoint(config_for(root), model="chat-large")
    assert (report.error.kind, report.suggested_base_url) == (ErrorKind.BAD_RESPONSE, f"{root}/v1")


@pytest.mark.parametrize("said", [b": wait\n\n", event("word ")], ids=["comments", "text"])
async def test_answer_without_end_does_not_hold_up_the_test(serve, monkeypatch, said):
    monkeypatch.setattr(check, "TEST_TIMEOUT_SECONDS", 0.3)

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/models"):
            return web.Response(status=404)
        response = await start_event_stream(request)
        while True:
            await response.write(said)
            await asyncio.sleep(0.01)

    async with asyncio.timeout(10):
        report = await check_endpoint(config_for(await serve(handler)), model="chat-large")
    assert (report.answered, report.error.kind) == (False, ErrorKind.TIMEOUT)
