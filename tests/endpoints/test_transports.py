"""Which way the bytes go: proxies from the environment, the demo, httpx's own transport."""

import httpx
import pytest
from aiohttp import web

from conversations.endpoints import transports
from conversations.endpoints.transports import environment_proxy, transport_for
from conversations.protocol import EndpointError
from tests.endpoints.wire import DONE, config_for, event, message, read_items, text_of


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://models.example.com/v1", "http://proxy.example.com:3128"),
        ("http://models.example.com/v1", None),
        ("https://inside.example.org/v1", None),
        ("https://localhost:11434/v1", None),
        ("https://127.0.0.9/v1", None),
        ("https://[::1]:8080/v1", None),
        ("https://models.localhost/v1", None),
    ],
)
def test_proxy_from_the_environment(monkeypatch, address, expected):
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "example.org")
    proxy = environment_proxy(config_for(address))
    assert (str(proxy.url) if proxy else None) == expected


async def test_requests_go_through_the_proxy(monkeypatch, serve, make_client):
    asked = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(str(request.url))
        return web.Response(body=event("by proxy", "stop") + DONE)

    monkeypatch.setenv("http_proxy", (await serve(handler)).removesuffix("/v1"))
    items = await read_items(make_client("http://models.example.com/v1"), message())
    assert (text_of(items), asked) == ("by proxy", ["http://models.example.com/v1/chat/completions"])


async def test_proxy_that_cannot_be_used_is_told(monkeypatch, make_client):
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(EndpointError, match="a proxy of the kind socks5"):
        await read_items(make_client("https://models.example.com/v1"), message())


async def test_httpx_transport_where_aiohttp_is_missing(monkeypatch, replay_url, make_client):
    monkeypatch.setattr(transports, "aiohttp", None)
    config = config_for(replay_url)
    transport = transport_for(config)
    assert isinstance(transport, httpx.AsyncHTTPTransport)
    client = make_client(config, transport)
    assert (
        text_of(await read_items(client, message(model="live-echo", messages=message("a b c")["messages"])))
        == "a b c"
    )


async def test_cookies_are_not_kept(serve, make_client):
    cookies = []

    async def handler(request: web.Request) -> web.StreamResponse:
        cookies.append(request.headers.get("cookie"))
        response = web.Response(body=event("x", "stop") + DONE)
        response.set_cookie("session", "1")
        return response

    client = make_client(await serve(handler))
    for _ in range(2):
        await read_items(client, message())
    assert cookies == [None, None]
