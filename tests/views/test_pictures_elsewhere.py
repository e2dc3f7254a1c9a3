"""Pictures at other hosts: taken by their address, and shown to readers whom their host never sees."""

import http.server
import io
import threading
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlencode, urlsplit

import msgspec
import pytest
from PIL import Image, PngImagePlugin

from conversations.models import Attachment
from conversations.network import NetworkPolicy
from tests.factories import make_conversation, make_exchange
from tests.media import samples

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}
PNG = samples.encoded(samples.picture())
PAGE = b"<!doctype html><html><title>A page</title><p>No picture.</p></html>"
DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="9" height="9"/></svg>'
)


class Host(msgspec.Struct, frozen=True):
    """A web server that has the given `files` by path, each with its media type. `asked` has what it was asked for,
    as (path, header lines in lower case).
    """

    url: str
    files: dict[str, tuple[str, bytes]]
    asked: list[tuple[str, str]]


class Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, files, asked, *arguments):
        self.files, self.asked = files, asked
        super().__init__(*arguments)

    def do_GET(self):
        self.asked.append((self.path, str(self.headers).lower()))
        media_type, content = self.files.get(urlsplit(self.path).path, ("", b""))
        self.send_response(200 if media_type else 404)
        self.send_header("Content-Type", media_type or "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def host() -> Iterator[Host]:
    files, asked = {"/cat.png": ("image/png", PNG)}, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, files, asked))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Host(f"http://127.0.0.1:{server.server_port}", files, asked)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _surroundings(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.NETWORK_POLICY = NetworkPolicy(allowed=("127.0.0.1",))


async def take(client, address):
    return await client.post("/attachments/", {"url": address}, headers=SCRIPT)


@pytest.fixture
def shown(made, signed_in):
    """Alice's client, and the address of the picture `url` in an answer of hers that says `text`."""

    async def make(text, url):
        alice, client = await signed_in()
        answer = await made(make_exchange, await made(make_conversation, alice), answered=text)
        return client, picture_address(answer, url)

    return make


def picture_address(message, url):
    query = urlencode({"url": url})
    return f"/c/{message.conversation_id}/messages/{message.pk}/picture/?{query}"


# --- Taken by their address ---


async def test_a_picture_is_taken_by_its_address(signed_in, host):
    alice, client = await signed_in()
    response = await take(client, f" {host.url}/cat.png?size=full ")
    assert response.status_code == 201
    attachment = await Attachment.objects.aget()
    assert (attachment.kind, attachment.media_type, attachment.size) == ("image", "image/png", len(PNG))
    assert (attachment.name, attachment.owner_id) == ("cat.png", alice.pk)
    assert f'value="{attachment.pk}"' in response.text
    assert [path for path, _ in host.asked] == ["/cat.png?size=full"]


async def test_a_picture_waits_in_the_conversation_that_the_form_names(signed_in, made, host):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    data = {"url": f"{host.url}/cat.png", "conversation": str(conversation.pk)}
    response = await client.post("/attachments/", data)
    assert "cat.png" in response.text
    assert (await Attachment.objects.aget()).waits_in_id == conversation.pk


async def test_a_picture_is_what_its_bytes_say_and_not_its_host(signed_in, host):
    host.files["/cat"] = ("text/html", PNG)
    _alice, client = await signed_in()
    assert (await take(client, f"{host.url}/cat")).status_code == 201
    assert (await Attachment.objects.aget()).name == "cat.png"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1", "http://localhost", "http://[::1]", "http://[::ffff:7f00:1]"]
)
async def test_a_private_address_is_refused_in_words_and_never_called(signed_in, settings, host, address):
    settings.NETWORK_POLICY = NetworkPolicy()
    _alice, client = await signed_in()
    response = await take(client, f"{address}:{urlsplit(host.url).port}/cat.png")
    assert (response.status_code, "private network" in response.text) == (422, True)
    assert host.asked == []
    assert not await Attachment.objects.aexists()


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/cat.png", "cat.png", "http://"])
async def test_what_is_no_address_of_the_web_is_refused_in_words(signed_in, address):
    _alice, client = await signed_in()
    response = await take(client, address)
    assert (response.status_code, "not an address of a picture" in response.text) == (422, True)


@pytest.mark.parametrize(
    ("media_type", "content", "words"),
    [
        ("", b"", "no picture at this address"),
        ("image/png", b"", "This file is empty"),
        ("image/png", PNG[: len(PNG) // 2], "damaged"),
    ],
    ids=["status-404", "empty", "cut"],
)
async def test_what_the_host_has_not_is_refused_in_words(signed_in, host, media_type, content, words):
    host.files["/cat.png"] = (media_type, content)
    _alice, client = await signed_in()
    response = await take(client, f"{host.url}/cat.png")
    assert (response.status_code, words in response.text) == (422, True)
    assert not await Attachment.objects.aexists()


async def test_a_host_that_is_not_there_is_refused_in_words(signed_in, unused_tcp_port):
    _alice, client = await signed_in()
    response = await take(client, f"http://127.0.0.1:{unused_tcp_port}/cat.png")
    assert (response.status_code, "cannot be reached" in response.text) == (422, True)


async def test_a_file_that_is_too_large_is_refused_in_words(signed_in, host, settings):
    settings.MAX_FILE_BYTES = len(PNG) - 1
    _alice, client = await signed_in()
    response = await take(client, f"{host.url}/cat.png")
    assert (response.status_code, "too large" in response.text) == (413, True)
    assert not await Attachment.objects.aexists()


async def test_whoever_is_signed_out_has_nothing_fetched(async_client, host):
    response = await take(async_client, f"{host.url}/cat.png")
    assert response.status_code in (302, 401)
    assert host.asked == []


# --- Shown on a page ---


@pytest.mark.parametrize("name", ["cat.png", "cat.png?a=1&b=2", "caf%C3%A9.png", "café.png", "a(b).png"])
async def test_a_picture_that_a_message_shows_is_fetched_for_its_reader(shown, host, name):
    host.files["/caf%C3%A9.png"] = host.files["/a(b).png"] = host.files["/cat.png"]
    url = f"{host.url}/{name}"
    client, address = await shown(f"Look: ![A cat]({url})", url)
    response = await client.get(
        address, headers={"User-Agent": "Reader/1.0", "Referer": "http://testserver/c/"}
    )
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(response.content)).size == (300, 200)
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "private" in response["Cache-Control"]


async def test_the_host_learns_nothing_of_the_reader(shown, host):
    url = f"{host.url}/cat.png"
    client, address = await shown(f"![A cat]({url})", url)
    headers = {"User-Agent": "Reader/1.0", "Referer": "http://testserver/c/1/", "Accept-Language": "eo"}
    assert (await client.get(address, headers=headers)).status_code == 200
    ((_path, told),) = host.asked
    for secret in ("reader", "testserver", "cookie", "referer", "accept-language", "forwarded"):
        assert secret not in told


@pytest.mark.parametrize(
    "text",
    [
        "Look: ![A cat]({host}/other.png)",
        "Look: [a cat]({host}/cat.png)",
        "Look: {host}/cat.png",
        "Look: `![A cat]({host}/cat.png)`",
        "Look: ![A cat]({host}/cat.png?size=full)",
    ],
)
async def test_a_picture_that_the_message_does_not_show_is_not_fetched(shown, host, text):
    client, address = await shown(text.format(host=host.url), f"{host.url}/cat.png")
    assert (await client.get(address)).status_code == 404
    assert host.asked == []


@pytest.mark.parametrize("query", ["", "?url="])
async def test_no_address_is_no_picture(shown, host, query):
    client, address = await shown(f"![A cat]({host.url}/cat.png)", "")
    assert (await client.get(address.partition("?")[0] + query)).status_code == 404


async def test_strangers_have_nothing_fetched(shown, signed_in, async_client, host):
    url = f"{host.url}/cat.png"
    client, address = await shown(f"![A cat]({url})", url)
    _bob, bobs_client = await signed_in("bob")
    assert (await bobs_client.get(address)).status_code == 404
    assert (await async_client.get(address)).status_code in (302, 401)
    assert host.asked == []
    assert (await client.get(address)).status_code == 200


async def test_a_private_address_in_a_message_is_refused_in_words(shown, settings, host):
    settings.NETWORK_POLICY = NetworkPolicy()
    url = f"{host.url}/cat.png"
    client, address = await shown(f"![A cat]({url})", url)
    response = await client.get(address)
    assert (response.status_code, "private network" in response.text) == (422, True)
    assert host.asked == []


def described_png():
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "Taken at home")
    return samples.encoded(samples.picture(), pnginfo=told)


def described_photograph():
    picture = samples.photograph()
    exif = picture.getexif()
    exif[0x010E] = "Taken at home"
    return samples.encoded(picture, "JPEG", exif=exif)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", described_png()),
        ("image/jpeg", described_photograph()),
        ("image/gif", samples.encoded(samples.picture(), "GIF", comment=b"Taken at home")),
    ],
    ids=["png", "jpeg", "gif"],
)
async def test_readers_get_a_picture_without_what_it_tells_besides(shown, host, media_type, content):
    assert b"Taken at home" in content
    host.files["/cat.png"] = (media_type, content)
    url = f"{host.url}/cat.png"
    client, address = await shown(f"![A cat]({url})", url)
    response = await client.get(address)
    assert response.status_code == 200
    assert b"Taken at home" not in response.content
    assert Image.open(io.BytesIO(response.content)).size == (300, 200)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", PAGE),
        ("text/html", PAGE),
        ("image/svg+xml", DRAWING),
        ("image/png", DRAWING),
        ("image/png", samples.pdf("No picture")),
        ("image/png", samples.wav(samples.tone(0.1))),
    ],
    ids=["page-as-png", "page", "svg", "svg-as-png", "pdf-as-png", "sound-as-png"],
)
async def test_what_is_no_picture_is_not_shown(shown, host, media_type, content):
    host.files["/cat.png"] = (media_type, content)
    url = f"{host.url}/cat.png"
    client, address = await shown(f"![A cat]({url})", url)
    response = await client.get(address)
    assert (response.status_code, "no picture at this address" in response.text) == (422, True)


async def test_a_picture_that_is_too_large_is_not_shown(shown, host, settings):
    settings.MAX_FILE_BYTES = len(PNG) - 1
    url = f"{host.url}/cat.png"
    client, address = await shown(f"![A cat]({url})", url)
    response = await client.get(address)
    assert (response.status_code, "too large" in response.text) == (413, True)
