"""Model servers on this machine are found, and nothing else is taken for one."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from conversations.endpoints import LOCAL_CANDIDATES, LocalCandidate, find_local_servers


def listing(owned_by: str, *names: str) -> Any:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path != "/v1/models":
            raise web.HTTPNotFound
        models = [{"id": name, "object": "model", "created": 1, "owned_by": owned_by} for name in names]
        return web.json_response({"object": "list", "data": models})

    return handler


def candidate(base_url: str, name: str = "vLLM") -> LocalCandidate:
    return LocalCandidate(name, urlsplit(base_url).port)


def test_the_usual_places():
    assert [(place.name, place.port) for place in LOCAL_CANDIDATES] == [
        ("Ollama", 11434),
        ("llama.cpp", 8080),
        ("LM Studio", 1234),
        ("vLLM", 8000),
    ]


async def test_servers_are_found_with_their_models_and_names(serve, unused_tcp_port):
    ollama = await serve(listing("library", "llama3:8b", "qwen3:4b"))
    other = await serve(listing("somebody", "model-x"))
    places = [candidate(ollama), LocalCandidate("llama.cpp", unused_tcp_port), candidate(other, "LM Studio")]
    found = await find_local_servers(places)
    assert [(server.name, server.base_url) for server in found] == [("Ollama", ollama), ("LM Studio", other)]
    assert [model.id for model in found[0].models] == ["llama3:8b", "qwen3:4b"]


@pytest.mark.parametrize(
    "response",
    [
        {"text": "<!doctype html><title>My page</title>", "content_type": "text/html"},
        {"text": '{"status": "ok"}', "content_type": "application/json"},
        {"text": '{"data": [{"id": 1, "name": "Ada"}]}', "content_type": "application/json"},
        {"text": '{"error": {"message": "no key"}}', "content_type": "application/json", "status": 401},
        {"text": "", "status": 302, "headers": {"location": "/login"}},
        {"text": "[]", "content_type": "application/json"},
    ],
    ids=["page", "status", "names", "locked", "redirect", "empty"],
)
async def test_other_web_servers_are_not_model_servers(serve, response):
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(**response)

    assert await find_local_servers([candidate(await serve(handler))]) == []


async def test_chatsite_does_not_find_itself(serve):
    by_port = await serve(listing("vllm", "m"))
    by_owner = await serve(listing("chatsite", "demo"))
    own_port = urlsplit(by_port).port
    assert await find_local_servers([candidate(by_port), candidate(by_owner)], own_port=own_port) == []


async def test_silent_server_costs_only_the_timeout(serve):
    async def handler(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    silent, good = await serve(handler), await serve(listing("vllm", "m"))
    async with asyncio.timeout(1):
        found = await find_local_servers([candidate(silent), candidate(good)], timeout_seconds=0.1)
    assert [server.base_url for server in found] == [good]
