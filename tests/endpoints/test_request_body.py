"""Files inside a request: put in while it is sent, exactly as if they had been encoded with the rest."""

import asyncio
import base64
import io
import json

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.endpoints import EndpointClient, EndpointConfig
from conversations.endpoints.request_body import FILE_PIECE, encode_body
from conversations.protocol.blobs import Blob, named
from conversations.protocol.errors import EndpointError, ErrorKind


def blob(content, *, prefix="", size=None):
    return Blob(lambda: io.BytesIO(content), len(content) if size is None else size, "a file", prefix)


async def sent(body):
    content = encode_body(body).content
    if isinstance(content, bytes):
        return content
    return b"".join([piece async for piece in content])


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.binary(max_size=50),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=12,
    )
)
def test_a_body_with_files_is_the_json_with_their_base64(value):
    """Bytes stand for files."""

    def with_blobs(item):
        if isinstance(item, bytes):
            return blob(item, prefix="data:x;base64,")
        if isinstance(item, dict):
            return {name: with_blobs(member) for name, member in item.items()}
        return [with_blobs(member) for member in item] if isinstance(item, list) else item

    def with_strings(item):
        if isinstance(item, bytes):
            return "data:x;base64," + base64.b64encode(item).decode()
        if isinstance(item, dict):
            return {name: with_strings(member) for name, member in item.items()}
        return [with_strings(member) for member in item] if isinstance(item, list) else item

    body = encode_body({"value": with_blobs(value)})
    pieces = []

    async def read():
        content = body.content
        pieces.extend([content] if isinstance(content, bytes) else [piece async for piece in content])

    asyncio.run(read())
    whole = b"".join(pieces)
    assert len(whole) == body.size
    assert msgspec.json.decode(whole) == msgspec.json.decode(
        msgspec.json.encode({"value": with_strings(value)})
    )


async def test_a_large_file_is_sent_in_pieces_and_again_from_its_beginning():
    content = bytes(range(256)) * 4000
    body = encode_body({"a": blob(content), "b": "x" * 300_000})
    first = [piece async for piece in body.content]
    assert max(map(len, first)) <= FILE_PIECE // 3 * 4
    assert b"".join(first) == b"".join([piece async for piece in body.content])
    assert base64.b64decode(json.loads(b"".join(first))["a"]) == content


@pytest.mark.parametrize("size", [11, 1_000_000])
async def test_a_file_that_has_shrunk_or_gone_is_told_and_nothing_is_asked(size):
    def gone():
        raise FileNotFoundError

    for file in (blob(b"0123456789", size=size), Blob(gone, 10, "a file")):
        received = []

        async def answer(request, received=received):
            received.append(await request.aread())
            return httpx.Response(200, json={"choices": []})

        client = EndpointClient(
            EndpointConfig(name="x", base_url="http://x/v1", retries=0), httpx.MockTransport(answer)
        )
        with pytest.raises(EndpointError) as raised:
            await client.complete({"model": "m", "messages": [{"role": "user", "content": [file]}]})
        assert raised.value.kind is ErrorKind.INVALID_REQUEST
        assert "a file" in raised.value.message
        assert received == []
        await client.aclose()


async def test_half_characters_beside_a_file_are_replaced():
    assert json.loads(await sent({"a": "x\ud800", "b": blob(b"abc")})) == {"a": "x\ufffd", "b": "YWJj"}


def test_people_see_what_a_file_is_in_place_of_its_bytes():
    shown = named({"url": blob(b"abc", prefix="data:image/png;base64,"), "n": [1, blob(b"")]})
    assert shown == {"url": "data:image/png;base64,<a file>", "n": [1, "<a file>"]}


async def test_something_that_is_no_json_is_refused():
    with pytest.raises(EndpointError):
        encode_body({"a": object()})
