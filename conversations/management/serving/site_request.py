"""An HTTP request as Daphne's server takes it in: without a second reading of forms, and never without end.

Invariant: of a body that is larger than the site takes, nothing reaches the application, and hardly more than is taken
is ever written to disk.
"""

from typing import Any

from daphne.http_protocol import WebRequest
from django.conf import settings

# So many times what is taken is read after it was refused, and thrown away.
PATIENCE = 2
MARGIN = 1 << 20  # what a form says around its file
REFUSAL = (
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\n"
    b"Content too large\n"
)


def largest_body() -> int:
    """In bytes."""
    return max(settings.MAX_FILE_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE) + MARGIN


class SiteRequest(WebRequest):
    """Refuses by its length, or while it comes, what is too large."""

    received = 0
    is_refused = False

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if length is not None and length > largest_body():
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        self.received += len(data)
        if self.is_refused and self.received > PATIENCE * largest_body():
            self.channel.transport.loseConnection()
        if not self.is_refused and self.received > largest_body():
            self._refuse()
        if not self.is_refused:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Without Twisted's own reading of forms, which Django reads: for a file of 20 MB it would take 250."""
        if self.is_refused:
            self.channel.transport.loseConnection()
            return
        self.method, self.uri, self.clientproto = command, path, version
        self.path, self.args = path.partition(b"?")[0], dict[bytes, Any]()
        self.process()

    def _refuse(self) -> None:
        self.is_refused = True
        # Closed at once, it would be reset, and whoever still sends would not read why.
        self.channel.transport.write(REFUSAL)
