"""Server-sent events from bytes and to bytes: any cut of the same bytes gives the same events.

The grammar is the WHATWG event stream, plus what endpoints do to it: lines that are JSON without "data:",
and "error: {json}" as a field. Cost is linear in the bytes fed, however they are cut.
"""

from __future__ import annotations

import msgspec

_BOM = b"\xef\xbb\xbf"
_IGNORED = (b"id", b"retry")


class ServerSentEvent(msgspec.Struct, frozen=True):
    """One dispatched event; `data` is the undecoded payload, its lines joined by "\\n", never empty."""

    data: bytes
    event: str = "message"


class SSEDecoder:
    """Feed it bytes as they come; it gives the events that are whole. Call close() at the end of the body.

    `pending_bytes` is how much it holds back, so that the caller can bound it. `unread_lines` counts what is no line
    of the grammar.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._data: list[bytes] = []
        self._event = ""
        self._first_line = True
        self._skip_line_feed = False
        self._line_bytes = 0
        self._data_bytes = 0
        self.unread_lines = 0

    @property
    def pending_bytes(self) -> int:
        return self._line_bytes + self._data_bytes

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events completed by these bytes."""
        if self._skip_line_feed and data:
            self._skip_line_feed = False
            if data[:1] == b"\n":
                data = data[1:]
        if b"\r" in data:
            self._skip_line_feed = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in data:
            if data:
                self._pieces.append(data)
                self._line_bytes += len(data)
            return []
        if self._pieces:
            self._pieces.append(data)
            data = b"".join(self._pieces)
        lines = data.split(b"\n")
        rest = lines.pop()
        self._pieces = [rest] if rest else []
        self._line_bytes = len(rest)
        return self._take(lines)

    def close(self) -> list[ServerSentEvent]:
        """The last event, when the body ended without the blank line that should follow it."""
        last = b"".join(self._pieces)
        self._pieces = []
        self._line_bytes = 0
        return self._take([last, b""])

    def _take(self, lines: list[bytes]) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        if self._first_line and lines:
            self._first_line = False
            lines[0] = lines[0].removeprefix(_BOM)
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
                self._data_bytes += len(line)
            elif not line:
                self._dispatch(events)
            elif not line.startswith(b":"):
                self._field(line)
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._event = value.decode("utf-8", "replace").strip()
        elif name == b"error" and value:
            self._event = "error"
            self._hold(value)
        elif line.startswith(b"{"):
            self._hold(line)
        elif name == b"data":
            self._hold(b"")
        elif name not in _IGNORED:
            self.unread_lines += 1

    def _hold(self, data: bytes) -> None:
        self._data.append(data)
        self._data_bytes += len(data) + 1

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        if self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            if data.strip():
                events.append(ServerSentEvent(data, self._event or "message"))
            self._data = []
            self._data_bytes = 0
        self._event = ""


def encode_event(data: bytes, *, event: str = "") -> bytes:
    """One event on the wire. `data` should be one line of JSON; line breaks in it are kept by the grammar."""
    head = f"event: {event}\n".encode() if event else b""
    if b"\n" not in data and b"\r" not in data:
        return head + b"data: " + data + b"\n\n"
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return head + b"".join(b"data: " + line + b"\n" for line in lines) + b"\n"


DONE_EVENT = b"data: [DONE]\n\n"
