"""The body of one HTTP reply, whatever it is, read into chunks and errors.

The first byte that is not blank decides between JSON, a web page and an event stream: neither what was asked
for nor the Content-Type can be trusted. The same bytes give the same items however they are cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .chunks import ChatCompletionChunk, decode_chunk
from .error_reading import bad_response, page_error, read_error, read_error_value, told_error
from .errors import EndpointError, ErrorKind, Retry
from .json_reading import NOT_JSON, read_json, read_json_values
from .key_masking import Mask, mask_keys
from .lenient_chunks import read_chunk
from .sse import ServerSentEvent, SSEDecoder

Item = ChatCompletionChunk | EndpointError

MAX_HELD_BYTES = 64 * 1024 * 1024
# Of a stream, of which nothing is held back: far more than any answer, and less than memory.
MAX_REPLY_BYTES = 256 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
_MAX_PAGE_BYTES = 64 * 1024
_MAX_SAMPLE_BYTES = 2000
_DONE = ("[DONE]", "DONE")
_EVENT_STREAM_LINES = (b":", b"data", b"event", b"id", b"retry", b"error")


class ReplyDecoder:
    """Reads one body. Feed it bytes as they come, then close() it once; it never raises.

    status, headers  of the reply; a status that is not 2xx makes the whole body one EndpointError
    mask             takes secrets out of what errors tell
    """

    def __init__(
        self, *, status: int = 200, headers: Mapping[str, str] | None = None, mask: Mask = mask_keys
    ) -> None:
        self._status = status
        self._headers = dict(headers or {})
        self._mask = mask
        self._is_good = 200 <= status < 300
        self._sse = SSEDecoder()
        self._take: Callable[[bytes], list[Item]] = self._look if self._is_good else self._collect
        self._finish: Callable[[bool], list[Item]] = (
            self._finish_nothing if self._is_good else self._finish_error
        )
        self._body: list[bytes] = []
        self._held_bytes = 0
        self._streamed_bytes = 0
        self._sample = b""
        self._has_items = False
        self._has_events = False
        self._unread = 0

    @property
    def came_as_events(self) -> bool:
        """Whether it was a stream, whatever was asked for."""
        return self._has_events

    @property
    def unread(self) -> int:
        """How many lines and events of a stream were skipped, as nothing could be made of them."""
        return self._unread + self._sse.unread_lines

    def feed(self, data: bytes) -> list[Item]:
        """The items completed by these bytes."""
        if not data:
            return []
        items = self._take(data)
        if items:
            self._has_items = True
        return items

    def close(self, *, cut: bool = False) -> list[Item]:
        """The last items. `cut` says that the connection broke, so that a half body is no surprise."""
        items = self._finish(cut)
        self._take = _ignore
        self._finish = _finished
        return items

    def _look(self, data: bytes) -> list[Item]:
        """Wait for the first byte that is not blank."""
        start = (b"".join(self._body) + data).lstrip(_BLANKS)
        if len(start) < len(_BOM) and _BOM.startswith(start):
            self._body = [start]
            return []
        self._body = []
        start = start.removeprefix(_BOM).lstrip(_BLANKS)
        if not start:
            return []
        if start[:1] in (b"{", b"["):
            self._take, self._finish = self._collect, self._finish_json
        elif start[:1] == b"<":
            self._take, self._finish = self._collect_page, self._finish_page
        else:
            self._take, self._finish = self._stream, self._finish_stream
        return self._take(start)

    def _collect(self, data: bytes) -> list[Item]:
        self._body.append(data)
        self._held_bytes += len(data)
        return self._too_long() if self._held_bytes > MAX_HELD_BYTES else []

    def _collect_page(self, data: bytes) -> list[Item]:
        if self._held_bytes < _MAX_PAGE_BYTES:
            self._collect(data)
        return []

    def _too_long(self) -> list[Item]:
        self._body = []
        self._take = _ignore
        self._finish = _finished
        return [bad_response("The endpoint's reply is too long.", status=self._status)]

    def _stream(self, data: bytes) -> list[Item]:
        if len(self._sample) < _MAX_SAMPLE_BYTES and not self._has_items:
            self._sample += data[:_MAX_SAMPLE_BYTES]
        self._streamed_bytes += len(data)
        items = self._read_events(self._sse.feed(data))
        if self._finish is _finished:
            return items
        if self._sse.pending_bytes > MAX_HELD_BYTES or self._streamed_bytes > MAX_REPLY_BYTES:
            items += self._too_long()
        return items

    def _read_events(self, events: list[ServerSentEvent]) -> list[Item]:
        items: list[Item] = []
        for event in events:
            self._has_events = True
            if event.event != "error":
                chunk = decode_chunk(event.data)
                if chunk is not None:
                    if _carries_something(chunk):
                        items.append(chunk)
                    continue
            items.extend(self._read_unusual(event))
            if self._finish is _finished:
                break
        return items

    def _read_unusual(self, event: ServerSentEvent) -> list[Item]:
        """An event that is no ordinary chunk: an error, a chunk with surprises, or several chunks."""
        is_error = event.event == "error"
        if not is_error and _says_done(event.data[:_MAX_SAMPLE_BYTES].decode("utf-8", "replace")):
            return self._done()
        value = read_json(event.data)
        if value is not NOT_JSON:
            if not is_error and isinstance(value, str | int | float):
                self._unread += 1
            return self._read_value(value, is_error=is_error)
        if is_error:
            text = event.data.decode("utf-8", "replace")
            return self._read_value(text, is_error=True)
        if b"\n" not in event.data:
            return self._read_line(event.data)
        # A server that forgets the blank line between events.
        lines = [ServerSentEvent(line) for line in event.data.split(b"\n") if line.strip()]
        return self._read_events(lines)

    def _read_line(self, line: bytes) -> list[Item]:
        """A server that forgets the line's end as well: several values on one line."""
        values, rest = read_json_values(line)
        items = [item for value in values for item in self._read_value(value)]
        if _says_done(rest):
            return items + self._done()
        self._unread += bool(rest)
        return items

    def _done(self) -> list[Item]:
        self._take = _ignore
        self._finish = _finished
        return [ChatCompletionChunk(done=True)]

    def _read_value(self, value: Any, *, is_error: bool = False) -> list[Item]:
        if isinstance(value, list) and not is_error and self._error_in(value) is None:
            return [item for entry in value if isinstance(entry, dict) for item in self._read_value(entry)]
        items: list[Item] = []
        if isinstance(value, dict):
            chunk = read_chunk(value)
            error = self._error_in(value, is_error=is_error and not chunk.choices)
            if error is not None:
                chunk.extra = {}
            if _carries_something(chunk):
                items.append(chunk)
        else:
            error = self._error_in(value, is_error=is_error)
        return items if error is None else [*items, error]

    def _error_in(self, value: Any, *, is_error: bool = False) -> EndpointError | None:
        return read_error_value(value, status=self._status, is_error=is_error, mask=self._mask)

    def _finish_nothing(self, cut: bool) -> list[Item]:
        return [self._empty()]

    def _finish_error(self, cut: bool) -> list[Item]:
        return [read_error(self._status, self._headers, b"".join(self._body), mask=self._mask)]

    def _finish_page(self, cut: bool) -> list[Item]:
        return [page_error(b"".join(self._body), status=self._status, mask=self._mask)]

    def _finish_stream(self, cut: bool) -> list[Item]:
        items = self._read_events(self._sse.close())
        if items or self._has_items:
            return items
        lines = [line.strip() for line in self._sample.splitlines()]
        text = b" ".join(line for line in lines if line and not line.startswith(_EVENT_STREAM_LINES))
        if text and not self._has_events:
            said = text.decode("utf-8", "replace")
            message = f"The server answered, but not with a reply: {said}"
            return [bad_response(message, status=self._status, mask=self._mask)]
        return [self._empty()]

    def _finish_json(self, cut: bool) -> list[Item]:
        values, _ = read_json_values(b"".join(self._body))
        if not values:
            return [self._broken_json(cut)]
        items = [item for value in values for item in self._read_value(value)]
        chunks = [item for item in items if isinstance(item, ChatCompletionChunk)]
        if any(choice.message is not None for chunk in chunks for choice in chunk.choices or ()):
            chunks[-1].done = True
        if not items and not any(isinstance(value, dict) and "choices" in value for value in values):
            return [self._not_a_reply(values[0])]
        return items or [self._empty()]

    def _not_a_reply(self, value: Any) -> EndpointError:
        said = told_error(value, status=self._status, mask=self._mask)
        if said is not None:
            return said
        return bad_response("The server answered with JSON that is no chat completion.", status=self._status)

    def _broken_json(self, cut: bool) -> EndpointError:
        if not cut:
            return bad_response("The server's answer is not valid JSON.", status=self._status)
        return EndpointError(
            ErrorKind.INCOMPLETE_STREAM,
            "The answer was interrupted: the connection broke before its end.",
            retry=Retry.YES,
            status=self._status,
        )

    def _empty(self) -> EndpointError:
        return EndpointError(
            ErrorKind.EMPTY_RESPONSE,
            "The endpoint sent an empty reply.",
            retry=Retry.YES,
            status=self._status,
        )


def _carries_something(chunk: ChatCompletionChunk) -> bool:
    return bool(chunk.choices or chunk.usage or chunk.x_groq or chunk.citations)


def _says_done(text: str) -> bool:
    return text.strip(' \t\r\n"') in _DONE


def _ignore(data: bytes) -> list[Item]:
    return []


def _finished(cut: bool) -> list[Item]:
    return []
