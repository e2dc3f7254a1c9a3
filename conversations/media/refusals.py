"""Why a file is not taken.

Invariant: FileRefused is all that looking into a file may raise, and its message is for logs, never for a page.
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """TOO_MUCH_WORK: time or memory ran out, or the process that looked into the file died of it."""

    EMPTY = "empty"
    UNKNOWN_TYPE = "unknown_type"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_LONG = "too_long"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_LARGE_UNPACKED = "too_large_unpacked"
    ENCRYPTED = "encrypted"
    VIDEO = "video"
    ARCHIVE = "archive"
    PROGRAM = "program"
    TOO_MUCH_WORK = "too_much_work"


class FileRefused(Exception):
    """The file is not taken; the message says in English what was found."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
