"""Unpacks gzip as it comes, in pieces of a bounded size: a few bytes that stand for gigabytes never become them.

Invariant: at most PIECE bytes are unpacked before whoever reads has seen them and may stop.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PIECE = 1 << 16
GZIP = 16 + zlib.MAX_WBITS


class Gunzip:
    """feed() bytes until there are no more; `is_complete` says whether they ended where a file ends.

    Both raise zlib.error for what is not gzip.
    """

    def __init__(self) -> None:
        self._member = zlib.decompressobj(GZIP)
        self._has_begun = False

    @property
    def is_complete(self) -> bool:
        return self._member.eof or not self._has_begun

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof:
                # A file may consist of several, one after the other.
                self._member = zlib.decompressobj(GZIP)
            self._has_begun = True
            yield from self._unpacked(data)
            data = self._member.unused_data

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        """All that `data` holds of the present member, even what zlib keeps back after a full piece."""
        while True:
            piece = self._member.decompress(data, PIECE)
            data = self._member.unconsumed_tail
            if piece:
                yield piece
            if self._member.eof or (len(piece) < PIECE and not data):
                return
