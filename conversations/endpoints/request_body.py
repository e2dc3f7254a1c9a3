"""The body of a request as bytes: JSON, in which files are put while it is being sent.

Invariant: of a file no more is in memory than a piece, and of a body without files there is one copy.
"""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, TypeVar

import msgspec

from conversations.protocol.blobs import Blob
from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.protocol.text_repair import clean_value

# Larger bodies are sent in pieces, so that one request does not hold up the other streams.
LARGE_BODY = 1 << 18
PIECE = 1 << 16
# Of a file, read in a thread: each piece costs a visit to one. Three bytes make four characters.
FILE_PIECE = 3 << 16

# Threads of their own: whatever else is done in threads must not hold up what is being sent.
_readers = ThreadPoolExecutor(8, "file-reader")
Result = TypeVar("Result")


class RequestBody:
    """A body that can be sent, and sent again: each iteration gives its bytes from the beginning."""

    def __init__(self, pieces: list[bytes | Blob]) -> None:
        self._pieces = pieces
        self.error: EndpointError | None = None  # why it could not be sent
        self.size = sum(piece.encoded_size if isinstance(piece, Blob) else len(piece) for piece in pieces)

    @property
    def content(self) -> bytes | AsyncIterator[bytes]:
        """As httpx takes it."""
        first = self._pieces[0]
        if len(self._pieces) == 1 and isinstance(first, bytes) and self.size <= LARGE_BODY:
            return first
        return self._bytes()

    async def _bytes(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Blob):
                try:
                    async for part in _base64_of(piece):
                        yield part
                except EndpointError as error:
                    self.error = error
                    raise
            else:
                for start in range(0, len(piece), PIECE):
                    yield piece[start : start + PIECE]


def encode_body(body: Mapping[str, Any]) -> RequestBody:
    """The body as JSON; halves of characters, which no endpoint can read, are replaced. Raises EndpointError."""
    blobs: list[Blob] = []
    # Nobody can write it into a message: it is new for every body.
    mark = secrets.token_hex(16)

    def put_aside(value: Any) -> str:
        if not isinstance(value, Blob):
            raise TypeError(f"{type(value).__name__} is not JSON")
        blobs.append(value)
        return mark

    try:
        try:
            encoded = msgspec.json.encode(body, enc_hook=put_aside)
        except UnicodeEncodeError:
            blobs.clear()
            encoded = msgspec.json.encode(clean_value(dict(body)), enc_hook=put_aside)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        message = "The request holds something that cannot be sent as JSON."
        raise EndpointError(ErrorKind.INVALID_REQUEST, message) from error
    if not blobs:
        return RequestBody([encoded])
    between = encoded.split(mark.encode())
    pieces: list[bytes | Blob] = [between[0]]
    for blob, text in zip(blobs, between[1:], strict=True):
        pieces += [blob, text]
    return RequestBody(pieces)


async def _base64_of(blob: Blob) -> AsyncIterator[bytes]:
    """Raises EndpointError for a file that is gone or has changed: the rest of the body would not fit its length."""
    if blob.prefix:
        yield blob.prefix.encode()
    try:
        file = await _opened(blob)
        try:
            left = blob.size
            while left:
                read = await _in_thread(_read, file, min(FILE_PIECE, left))
                left -= len(read)
                yield base64.b64encode(read)
        finally:
            await _in_thread(file.close)
    except (OSError, EOFError) as error:
        message = f"The file {blob.label} cannot be read any more."
        raise EndpointError(ErrorKind.INVALID_REQUEST, message) from error


async def _opened(blob: Blob) -> BinaryIO:
    """Whoever gives up waiting leaves no file open."""
    opening = asyncio.get_running_loop().run_in_executor(_readers, blob.open)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unused)
        raise


def _close_unused(opening: asyncio.Future[BinaryIO]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


async def _in_thread(function: Callable[..., Result], *args: Any) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_readers, function, *args)


def _read(file: BinaryIO, size: int) -> bytes:
    """Exactly `size` bytes: anything less would break the base64."""
    read = file.read(size)
    while len(read) < size:
        more = file.read(size - len(read))
        if not more:
            raise EOFError
        read += more
    return read
