"""How everything that goes wrong on the way to an endpoint is told, and what is tried again."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web

from conversations.endpoints import EndpointConfig, RetryWait, exchange
from conversations.endpoints.faults import endpoint_error
from conversations.endpoints.retry import seconds_before_retry
from conversations.protocol import EndpointError, ErrorKind, Retry
from tests.endpoints.wire import DONE, config_for, event, message, read_items, start_event_stream, text_of

KEY = "secret-words-7"


def failing(*answers: web.Response) -> tuple[Callable[[web.Request], Any], list[str]]:
    """A handler that gives these answers in turn, then a good one; and the paths it was asked for."""
    waiting = list(answers)
    asked: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return waiting.pop(0) if waiting else web.Response(body=event("at last", "stop") + DONE)

    return handler, asked


def refusal(
    status: int, message: str = "No.", headers: dict[str, str] | None = None, **more: Any
) -> web.Response:
    return web.json_response({"error": {"message": message, **more}}, status=status, headers=headers)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
async def test_passing_trouble_is_tried_again(serve, make_client, status):
    handler, asked = failing(refusal(status), refusal(status))
    client = make_client(await serve(handler))
    async with client.stream(message()) as stream:
        assert stream.attempts == 3
        assert text_of([item async for items in stream for item in items]) == "at last"
    assert len(asked) == 3


async def test_retries_end(serve, make_client):
    handler, asked = failing(*[refusal(503, "Overloaded.") for _ in range(9)])
    with pytest.raises(EndpointError, match=r"Overloaded\.") as caught:
        await read_items(make_client(await serve(handler), retries=2), message())
    assert (len(asked), caught.value.status, caught.value.attempts) == (3, 503, 3)


@pytest.mark.parametrize(
    ("status", "more", "kind"),
    [
        (400, {"code": "context_length_exceeded"}, ErrorKind.CONTEXT_LENGTH),
        (401, {"code": "invalid_api_key"}, ErrorKind.AUTH),
        (404, {"code": "model_not_found"}, ErrorKind.MODEL_NOT_FOUND),
        (413, {}, ErrorKind.TOO_LARGE),
        (429, {"code": "insufficient_quota"}, ErrorKind.QUOTA),
    ],
)
async def test_what_no_repetition_helps_is_raised_at_once(serve, make_client, status, more, kind):
    handler, asked = failing(refusal(status, **more))
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(await serve(handler)), message())
    assert (caught.value.kind, len(asked)) == (kind, 1)


async def test_endpoint_may_forbid_the_repetition(serve, make_client):
    handler, asked = failing(refusal(500, headers={"x-should-retry": "false"}))
    with pytest.raises(EndpointError):
        await read_items(make_client(await serve(handler)), message())
    assert len(asked) == 1


async def test_waiting_is_told_and_obeys_the_endpoint(serve, make_client):
    handler, _ = failing(refusal(429, headers={"retry-after-ms": "30", "retry-after": "9"}))
    waits: list[RetryWait] = []
    async with make_client(await serve(handler)).stream(message(), on_wait=waits.append) as stream:
        assert stream.attempts == 2
    assert [(wait.seconds, wait.failed_attempts, wait.error.status) for wait in waits] == [(0.03, 1, 429)]


async def test_wait_longer_than_two_minutes_is_refused(serve, make_client):
    handler, asked = failing(refusal(429, headers={"retry-after": "121"}))
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(await serve(handler)), message())
    assert (caught.value.retry_after, len(asked)) == (121, 1)


def failure(kind: ErrorKind = ErrorKind.SERVER_ERROR, **more: Any) -> EndpointError:
    return EndpointError(kind, "No.", **{"retry": Retry.YES, **more})


@pytest.mark.parametrize(
    ("error", "failed_attempts", "chance", "expected"),
    [
        (failure(), 1, 0.0, 0.5),
        (failure(), 2, 0.0, 1.0),
        (failure(), 3, 1.0, 1.5),
        (failure(), 8, 0.0, 8.0),
        (failure(), 10, 0.0, None),
        (failure(retry=Retry.USER), 1, 0.0, None),
        (failure(retry=Retry.NO), 1, 0.0, None),
        (failure(retry_after=3.0), 1, 0.7, 3.0),
        (failure(retry_after=0.0), 1, 0.0, 0.5),
        (failure(retry_after=120.0), 1, 0.7, 120.0),
        (failure(retry_after=120.5), 1, 0.7, None),
        (failure(ErrorKind.UNREACHABLE), 1, 0.0, 0.5),
        (failure(ErrorKind.UNREACHABLE), 2, 0.0, None),
    ],
)
def test_back_off(error, failed_attempts, chance, expected):
    config = EndpointConfig(name="x", base_url="http://x/v1", retries=9)
    assert seconds_before_retry(error, failed_attempts, config, chance=chance) == expected


async def test_nothing_is_repeated_after_the_first_byte(serve, make_client):
    asked = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        response = await start_event_stream(request)
        await response.write(event("begun"))
        request.transport.abort()
        return response

    items = await read_items(make_client(await serve(handler)), message())
    assert text_of(items) == "begun"
    assert isinstance(items[-1], EndpointError)
    assert (items[-1].kind, len(asked)) == (ErrorKind.INCOMPLETE_STREAM, 1)


FIRST_ERROR = b'data: {"error": {"message": "Overloaded.", "type": "overloaded_error"}}\n\n'


async def test_passing_trouble_that_a_good_reply_begins_with_is_tried_again(serve, make_client):
    handler, asked = failing(
        web.Response(body=FIRST_ERROR),
        web.Response(body=b": processing\n\n" + FIRST_ERROR, content_type="text/event-stream"),
    )
    async with make_client(await serve(handler)).stream(message()) as stream:
        assert stream.attempts == 3
        assert text_of([item async for items in stream for item in items]) == "at last"
    assert len(asked) == 3


async def test_a_role_alone_is_nothing_of_an_answer(serve, make_client):
    role = b'data: {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}\n\n'
    handler, asked = failing(web.Response(body=role + FIRST_ERROR))
    items = await read_items(make_client(await serve(handler)), message())
    assert (text_of(items), len(asked)) == ("at last", 2)
    handler, asked = failing(web.Response(body=role + event("begun") + FIRST_ERROR))
    items = await read_items(make_client(await serve(handler)), message())
    assert (text_of(items), items[-1].message, len(asked)) == ("begun", "Overloaded.", 1)


async def test_trouble_after_the_beginning_is_not_tried_again(serve, make_client):
    handler, asked = failing(web.Response(body=event("begun") + FIRST_ERROR))
    items = await read_items(make_client(await serve(handler)), message())
    assert (text_of(items), items[-1].message, len(asked)) == ("begun", "Overloaded.", 1)


async def test_other_trouble_that_a_good_reply_begins_with_is_not_tried_again(serve, make_client):
    handler, asked = failing(web.json_response({"error": {"message": "No.", "code": "insufficient_quota"}}))
    items = await read_items(make_client(await serve(handler)), message())
    assert (items[-1].kind, len(asked)) == (ErrorKind.QUOTA, 1)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ERROR_BODY_SECONDS", 0.1)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("then", ["cut", "silence"])
@pytest.mark.parametrize(
    ("said", "told"), [(b"", "401 Unauthorized"), (b"No such ke", "401 Unauthorized: No such ke")]
)
async def test_status_is_told_though_its_words_do_not_come(serve, make_client, said, told, then):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=401)
        await response.prepare(request)
        if said:
            await response.write(said)
        if then == "silence":
            await asyncio.sleep(60)
        request.transport.close()
        return response

    client = make_client(await serve(handler), first_byte_timeout_seconds=30, list_timeout_seconds=30)
    for work in (read_items(client, message()), client.list_models()):
        with pytest.raises(EndpointError) as caught:
            await work
        assert (caught.value.kind, caught.value.status) == (ErrorKind.AUTH, 401)
        assert caught.value.message == told


async def test_endless_words_of_a_refusal_are_not_all_read(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=403)
        await response.prepare(request)
        while True:
            await response.write(b"no " * 20_000)

    async with asyncio.timeout(5):
        with pytest.raises(EndpointError, match="403 Forbidden: no no"):
            await read_items(make_client(await serve(handler)), message())


async def test_connection_lost_before_the_first_byte_is_repeated_once(serve, make_client):
    asked = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        request.transport.abort()
        return web.Response()

    with pytest.raises(EndpointError, match="closed the connection before it answered") as caught:
        await read_items(make_client(await serve(handler), retries=5), message())
    assert (caught.value.kind, len(asked)) == (ErrorKind.UNREACHABLE, 2)


async def test_nobody_listens(make_client, unused_tcp_port):
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(f"http://127.0.0.1:{unused_tcp_port}/v1"), message())
    assert caught.value.kind is ErrorKind.UNREACHABLE
    assert (
        str(caught.value)
        == f"127.0.0.1:{unused_tcp_port} refused the connection: nothing seems to listen there."
    )


async def test_unknown_host(make_client):
    with pytest.raises(EndpointError, match=r"no address for the name no-such-host\.invalid"):
        await read_items(make_client("http://no-such-host.invalid/v1", retries=0), message())


async def test_tls_to_a_plain_port(serve, make_client):
    handler, _ = failing()
    base_url = (await serve(handler)).replace("http://", "https://")
    with pytest.raises(EndpointError, match="does not speak TLS on this port"):
        await read_items(make_client(base_url), message())


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.com/v1",
        "http://[::1",
        "",
        "http:///v1",
        "http://x:99999/v1",
        f"http://{'a' * 64}.example/v1",
        "http://a..example/v1",
        "http://xn--a/v1",
        "http://x/\ud800",
        "http://us\ud800er:word@x/v1",
    ],
)
async def test_unusable_addresses(make_client, address):
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(address), message())
    assert (caught.value.kind, caught.value.retry) == (ErrorKind.UNREACHABLE, Retry.NO)


async def test_port_that_speaks_another_protocol(make_client):
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP ready\r\n")
        await writer.drain()
        await reader.read(100)
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(EndpointError, match="did not answer in HTTP") as caught:
            await read_items(make_client(f"http://127.0.0.1:{port}/v1"), message())
    assert caught.value.kind is ErrorKind.BAD_RESPONSE


async def test_redirect_is_not_followed(serve, make_client):
    asked = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(status=308, headers={"location": "http://127.0.0.1:1/v1/chat/completions"})

    with pytest.raises(EndpointError, match="redirects to another address"):
        await read_items(make_client(await serve(handler)), message())
    assert len(asked) == 1


async def test_key_is_never_told(serve, make_client):
    handler, _ = failing(refusal(401, f"Incorrect API key provided: {KEY}, header {KEY}"))
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(await serve(handler), api_key=KEY), message())
    assert KEY not in f"{caught.value} {caught.value!r} {caught.value.to_json()}"
    assert KEY not in repr(config_for("http://user:secret@x/v1", api_key=KEY))


async def test_key_is_never_told_inside_a_stream(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=event("x") + b'data: {"error": {"message": "bad key ' + KEY.encode() + b'"}}\n\n'
        )

    items = await read_items(make_client(await serve(handler), api_key=KEY), message())
    assert isinstance(items[-1], EndpointError)
    assert items[-1].message == "bad key ***"


SECRETS = {
    "api_key": "sk-first.second/third+x",
    "headers": {"X-Proxy-Auth": "Basic c2VjcmV0LXdvcmRz"},
}


@pytest.mark.parametrize(
    "said", ["sk-first.second/third+x", "sk-first.second%2Fthird%2Bx", "c2VjcmV0LXdvcmRz", "open-sesame"]
)
@pytest.mark.parametrize("member", ["message", "code", "type", "param"])
async def test_no_secret_is_told_in_any_member_or_form(serve, make_client, said, member):
    handler, _ = failing(refusal(401, **{"message": "No.", member: f"got {said} here"}))
    base_url = f"{await serve(handler)}?subscription=open-sesame"
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(base_url, **SECRETS), message())
    assert getattr(caught.value, member) == "got *** here"


async def test_what_is_no_secret_is_told(serve, make_client):
    said = "Only ollama knows 2024-10-21, application/json and Chatsite."
    handler, _ = failing(refusal(401, said))
    base_url = f"{await serve(handler)}?api-version=2024-10-21"
    headers = {"Accept": "application/json", "X-Title": "Chatsite"}
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(base_url, api_key="ollama", headers=headers), message())
    assert caught.value.message == said


async def test_no_part_of_a_key_is_left_where_a_long_message_is_cut(serve, make_client):
    handler, _ = failing(refusal(401, "x" * 490 + f" {KEY}"))
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(await serve(handler), api_key=KEY), message())
    assert KEY[:6] not in str(caught.value)


@pytest.mark.parametrize("status", [200, 401])
async def test_key_is_never_told_when_the_models_are_not_listed(serve, make_client, status):
    async def handler(request: web.Request) -> web.StreamResponse:
        said = request.headers["authorization"].removeprefix("Bearer ")
        return web.json_response({"success": False, "message": f"no such token: {said}"}, status=status)

    with pytest.raises(EndpointError, match=r"no such token: \*\*\*") as caught:
        await make_client(await serve(handler), api_key=KEY).list_models()
    assert KEY not in f"{caught.value} {caught.value!r} {caught.value.to_json()}"


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "schlüssel"},
        {"headers": {"X-A": "a\r\nX-B: b"}},
        {"headers": {"Schlüssel": "x"}},
        {"headers": {"X-A\r\nX-B": "b"}},
        {"headers": {"": "b"}},
    ],
)
async def test_key_or_header_that_cannot_be_sent(make_client, settings):
    with pytest.raises(EndpointError, match="characters that cannot be sent"):
        await read_items(make_client("http://127.0.0.1:1/v1", **settings), message())


async def test_request_that_is_no_json(make_client):
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(EndpointError, match="cannot be sent as JSON") as caught:
        await read_items(make_client("http://127.0.0.1:1/v1"), message(metadata=deep))
    assert caught.value.kind is ErrorKind.INVALID_REQUEST


async def test_web_page_in_place_of_a_reply(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text="<!doctype html><title>Welcome</title>", content_type="text/html")

    items = await read_items(make_client(await serve(handler)), message())
    assert isinstance(items[-1], EndpointError)
    assert (items[-1].kind, "Welcome" in items[-1].message) == (ErrorKind.BAD_RESPONSE, True)


async def test_broken_compression(serve, make_client):
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"this is not gzip", headers={"content-encoding": "gzip"})

    with pytest.raises(EndpointError, match="compressed in a way that cannot be read"):
        await read_items(make_client(await serve(handler)), message())


CERTIFICATE_ERROR = ssl.SSLCertVerificationError(1, "certificate verify failed")
CERTIFICATE_ERROR.verify_message = "self-signed certificate"


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


# What httpx's own transport raises where aiohttp is missing, and what only certain networks provoke.
@pytest.mark.parametrize(
    ("error", "kind", "retry", "words"),
    [
        (caused(httpx.ConnectError("x"), CERTIFICATE_ERROR), ErrorKind.UNREACHABLE, Retry.NO, "self-signed"),
        (caused(httpx.ConnectError("x"), ConnectionRefusedError()), ErrorKind.UNREACHABLE, Retry.YES, "refused"),
        (httpx.ConnectTimeout("x"), ErrorKind.UNREACHABLE, Retry.YES, "did not accept a connection in time"),
        (httpx.PoolTimeout("x"), ErrorKind.UNREACHABLE, Retry.YES, "did not accept a connection in time"),
        (httpx.RemoteProtocolError("Server disconnected"), ErrorKind.UNREACHABLE, Retry.YES, "closed the connection"),
        (httpx.RemoteProtocolError("illegal status line"), ErrorKind.BAD_RESPONSE, Retry.NO, "answer in HTTP"),
        (httpx.ReadError("reset"), ErrorKind.UNREACHABLE, Retry.YES, "closed the connection"),
        (httpx.ProxyError("503"), ErrorKind.UNREACHABLE, Retry.YES, "proxy"),
        (caused(httpx.ConnectTimeout("x"), aiohttp.ServerDisconnectedError()), ErrorKind.UNREACHABLE, Retry.YES,
         "closed the connection"),
        (ValueError("odd"), ErrorKind.UNREACHABLE, Retry.NO, "not one that can be used"),
        (OSError(113, "No route to host"), ErrorKind.UNREACHABLE, Retry.YES, "cannot be reached"),
    ],
)  # fmt: skip
def test_errors_in_plain_words(error, kind, retry, words):
    told = endpoint_error(error, config_for("https://models.example.com/v1"))
    assert (told.kind, told.retry) == (kind, retry)
    assert words in told.message
    assert "models.example.com" in told.message


class Stumbling(httpx.AsyncByteStream):
    """A body that cannot even be closed."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data

    async def aclose(self) -> None:
        raise httpx.CloseError("gone")


async def test_connection_that_cannot_be_closed_hides_no_error(make_client):
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": "http://y"}, stream=Stumbling(b""))

    client = make_client("http://x/v1", httpx.MockTransport(answer))
    with pytest.raises(EndpointError, match="redirects to another address"):
        await client.list_models()
