"""Downloads keep to the policy on every hop and to every limit, and tell what went wrong in one of a few words."""

import asyncio
import gzip
import io
from typing import Any

import pytest
from aiohttp import web

from conversations.network import Downloaded, DownloadFailed, NetworkPolicy, Reason, download

PICTURE = b"\x89PNG" + bytes(range(256)) * 300
LOOPBACK = NetworkPolicy(allowed=("127.0.0.1",))


async def attempt(url: str, **options: Any) -> tuple[Downloaded, bytes]:
    into = io.BytesIO()
    settings: dict[str, Any] = {"policy": LOOPBACK, "limit_bytes": 1 << 20, **options}
    return await download(url, into, **settings), into.getvalue()


async def failure(url: str, **options: Any) -> DownloadFailed:
    with pytest.raises(DownloadFailed) as failed:
        await attempt(url, **options)
    return failed.value


async def picture(request: web.Request) -> web.StreamResponse:
    return web.Response(body=PICTURE, content_type="image/png")


async def test_a_file_arrives_whole(serve: Any) -> None:
    url = f"http://{await serve(picture)}/a.png?size=l#top"
    got, body = await attempt(url)
    assert got == Downloaded(url=url.removesuffix("#top"), media_type="image/png", size=len(PICTURE))
    assert body == PICTURE


async def test_a_request_tells_nothing_but_what_it_wants(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request)
        if request.path == "/first":
            return web.Response(status=302, headers={"location": "/second", "set-cookie": "a=b; Path=/"})
        return web.Response(body=b"x", headers={"content-type": "Image/WebP; charset=x"})

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    host = await serve(handler)
    got, _ = await attempt(f"http://{host}/first", accept="image/png")
    assert (got.url, got.media_type) == (f"http://{host}/second", "image/webp")
    assert [(request.method, request.path) for request in seen] == [("GET", "/first"), ("GET", "/second")]
    assert {name.lower(): value for name, value in seen[1].headers.items()} == {
        "host": host,
        "user-agent": "Chatsite",
        "accept": "image/png",
        "accept-encoding": "identity",
    }


async def test_the_host_header_is_the_name_and_the_name_is_looked_up_once(serve: Any, names: Any) -> None:
    hosts: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        hosts.append(request.host)
        return web.Response(body=b"x")

    port = (await serve(handler)).partition(":")[2]
    # A name whose owner answers differently the second time.
    names.answers = {"rebind.example": [["127.0.0.1"], ["10.0.0.1"]]}
    await attempt(f"http://rebind.example:{port}/")
    assert hosts == [f"rebind.example:{port}"]
    assert names.asked == ["rebind.example"]


async def test_the_next_address_is_tried_when_one_does_not_answer(serve: Any, names: Any) -> None:
    port = (await serve(picture)).partition(":")[2]
    names.answers = {"two.example": [["10.0.0.1", "127.0.0.2", "127.0.0.1"]]}
    _, body = await attempt(
        f"http://two.example:{port}/", policy=NetworkPolicy(allowed=("127.0.0.2", "127.0.0.1"))
    )
    assert body == PICTURE


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]", "localhost", "0"])
async def test_this_machine_is_not_reached_unless_allowed(serve: Any, host: str) -> None:
    calls: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        calls.append(request.host)
        return web.Response(body=b"x")

    port = (await serve(handler)).partition(":")[2]
    failed = await failure(f"http://{host}:{port}/", policy=NetworkPolicy())
    assert failed.reason is Reason.REFUSED_ADDRESS
    assert failed.detail == f"The address of {host.strip('[]')} is not a public one."
    assert calls == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://u:p@127.0.0.1/", "nonsense", "http://a..b/"])
async def test_what_is_no_address_is_not_dialled(url: str) -> None:
    assert (await failure(url)).reason is Reason.BAD_ADDRESS


async def test_a_redirect_to_an_address_that_is_not_allowed_is_refused(serve: Any) -> None:
    calls: list[str] = []

    async def inner(request: web.Request) -> web.StreamResponse:
        calls.append(request.path)
        return web.Response(body=b"secret")

    async def outer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"location": f"http://{inside}/latest/meta-data"})

    inside, outside = await serve(inner), await serve(outer)
    failed = await failure(f"http://{outside}/", policy=NetworkPolicy(allowed=(outside,)))
    assert failed.reason is Reason.REFUSED_ADDRESS
    assert calls == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://u:p@h/", "http://[::1", "http://xn--/"])
async def test_a_redirect_to_what_is_no_address_is_refused(serve: Any, location: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=301, headers={"location": location})

    assert (await failure(f"http://{await serve(handler)}/")).reason is Reason.BAD_ADDRESS


async def test_redirects_are_followed_only_so_far(serve: Any) -> None:
    paths: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        paths.append(request.path)
        left = int(request.path.strip("/"))
        if left == 0:
            return web.Response(body=b"x")
        return web.Response(status=303, headers={"location": str(left - 1)})

    host = await serve(handler)
    got, _ = await attempt(f"http://{host}/5")
    assert got.url == f"http://{host}/0"
    assert (await failure(f"http://{host}/6")).reason is Reason.TOO_MANY_REDIRECTS
    assert paths == [*("/5", "/4", "/3", "/2", "/1", "/0"), *("/6", "/5", "/4", "/3", "/2", "/1")]
    assert (await failure(f"http://{host}/1", most_redirects=0)).reason is Reason.TOO_MANY_REDIRECTS


async def test_a_redirect_loop_ends(serve: Any) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"location": request.path})

    assert (await failure(f"http://{await serve(handler)}/x")).reason is Reason.TOO_MANY_REDIRECTS


@pytest.mark.parametrize("status", [304, 400, 403, 404, 410, 500, 503])
async def test_a_status_that_is_no_success_is_told(serve: Any, status: int) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    failed = await failure(f"http://{await serve(handler)}/")
    assert (failed.reason, failed.status) == (Reason.NOT_FOUND, status)
    assert failed.detail == f"127.0.0.1 answered with status {status}."


async def test_a_file_of_just_the_limit_passes_and_one_byte_more_does_not(serve: Any) -> None:
    host = await serve(picture)
    assert (await attempt(f"http://{host}/", limit_bytes=len(PICTURE)))[1] == PICTURE
    assert (await failure(f"http://{host}/", limit_bytes=len(PICTURE) - 1)).reason is Reason.TOO_LARGE


async def test_a_declared_length_over_the_limit_is_believed_at_once(serve_bytes: Any) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
        await writer.drain()
        await reader.read()

    assert (await failure(f"http://{await serve_bytes(talk)}/")).reason is Reason.TOO_LARGE


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_an_endless_body_ends_at_the_limit(serve: Any, coding: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-encoding": coding})
        await response.prepare(request)
        piece = bytes(1 << 14) if coding == "identity" else gzip.compress(bytes(1 << 14))
        while True:
            await response.write(piece)

    into = io.BytesIO()
    with pytest.raises(DownloadFailed) as failed:
        await download(f"http://{await serve(handler)}/", into, policy=LOOPBACK, limit_bytes=300_000)
    assert failed.value.reason is Reason.TOO_LARGE
    assert len(into.getvalue()) <= 300_000


async def test_a_bomb_is_not_unpacked_beyond_the_limit(serve: Any) -> None:
    bomb = gzip.compress(bytes(200 << 20), compresslevel=1)

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=bomb, headers={"content-encoding": "gzip"})

    into = io.BytesIO()
    with pytest.raises(DownloadFailed) as failed:
        await download(f"http://{await serve(handler)}/", into, policy=LOOPBACK, limit_bytes=1 << 20)
    assert failed.value.reason is Reason.TOO_LARGE
    assert len(into.getvalue()) <= 1 << 20


@pytest.mark.parametrize("parts", [1, 3])
async def test_a_file_that_is_kept_packed_is_unpacked(serve: Any, parts: int) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.headers["accept-encoding"] == "identity"
        return web.Response(body=gzip.compress(PICTURE) * parts, headers={"content-encoding": "GZip"})

    got, body = await attempt(f"http://{await serve(handler)}/")
    assert body == PICTURE * parts
    assert got.size == len(body)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"not gzip at all"),
        ("gzip", gzip.compress(PICTURE)[:-9]),
        ("gzip", gzip.compress(PICTURE) + b"tail"),
        ("br", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(PICTURE))),
    ],
)
async def test_what_cannot_be_unpacked_is_a_bad_response(serve: Any, coding: str, body: bytes) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"content-encoding": coding})

    assert (await failure(f"http://{await serve(handler)}/")).reason is Reason.BAD_RESPONSE


@pytest.mark.parametrize(
    "begins", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"]
)
async def test_the_time_is_limited_wherever_a_server_stops(serve_bytes: Any, begins: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begins)
        await writer.drain()
        await reader.read()

    failed = await failure(f"http://{await serve_bytes(talk)}/", seconds=0.2)
    assert (failed.reason, failed.detail) == (Reason.TOO_SLOW, "The download took more than 0.2 seconds.")


async def test_a_body_that_trickles_does_not_win_time(serve_bytes: Any) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    assert (await failure(f"http://{await serve_bytes(talk)}/", seconds=0.2)).reason is Reason.TOO_SLOW


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000,
    ],
)
async def test_what_is_not_http_or_breaks_off_is_told(serve_bytes: Any, sent: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)

    assert (await failure(f"http://{await serve_bytes(talk)}/")).reason is Reason.BAD_RESPONSE


async def test_nothing_that_listens_and_no_such_name_are_unreachable(names: Any, serve: Any) -> None:
    port = (await serve(picture)).partition(":")[2]
    failed = await failure(f"http://127.0.0.2:{port}/", policy=NetworkPolicy(allowed=("127.0.0.0/8",)))
    assert failed.reason is Reason.UNREACHABLE
    failed = await failure("http://nowhere.example/")
    assert (failed.reason, failed.detail) == (Reason.UNREACHABLE, "nowhere.example cannot be reached.")


async def test_a_server_without_a_trusted_certificate_is_unreachable(serve: Any) -> None:
    failed = await failure(f"https://{await serve(picture)}/")
    assert failed.reason is Reason.UNREACHABLE


async def test_a_file_that_cannot_be_written_is_no_matter_of_the_network(serve: Any) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        await download(f"http://{await serve(picture)}/", Full(), policy=LOOPBACK, limit_bytes=1 << 20)
