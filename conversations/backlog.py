"""How far a page is behind: sockets never refuse bytes, so pages are asked from time to time what they have handled.

Every so many characters a mark is sent along, which the page sends back once it has handled what came before.
"""

from __future__ import annotations

MARK_EVERY = 64_000
MARKS_AHEAD = 8


class Backlog:
    """The marks between one socket and its page."""

    def __init__(self) -> None:
        self._sent = 0
        self._seen = 0
        self._since_mark = 0

    @property
    def is_too_long(self) -> bool:
        """The page cannot keep up: half a million characters are on their way to it."""
        return self._sent - self._seen > MARKS_AHEAD

    @property
    def is_worked_off(self) -> bool:
        return self._sent == self._seen

    def mark_after(self, frame: str) -> int | None:
        """The number of the mark that is due after `frame`, or None."""
        self._since_mark += len(frame)
        if self._since_mark < MARK_EVERY:
            return None
        self._since_mark = 0
        self._sent += 1
        return self._sent

    def seen(self, number: object) -> None:
        """The page sent a mark back."""
        if isinstance(number, int) and self._seen < number <= self._sent:
            self._seen = number
