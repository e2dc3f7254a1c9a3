"""Spoken replies: pieces of base64 decoded one by one, since joining their text breaks on the padding."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from .events import PartKind
from .parts import MessageParts
from .text_repair import TextRepair, clean_text


def decode_base64(text: str) -> bytes:
    """The bytes in a piece of base64; padding may be missing, and what cannot be read is left out."""
    digits = text.translate(_URL_SAFE_DIGITS).rstrip("=")
    whole = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4))
    except (binascii.Error, ValueError):
        return b""


_URL_SAFE_DIGITS = str.maketrans("-_", "+/", " \t\r\n")


class AudioMerger:
    """The audio part of one message: id and expiry are set, bytes and transcript appended."""

    def __init__(self, parts: MessageParts) -> None:
        self._parts = parts
        self._position: int | None = None
        self._repair = TextRepair()

    def feed(self, audio: dict[str, Any]) -> None:
        """Take an audio object of a delta or of a message."""
        changes = _changes(audio)
        transcript = audio.get("transcript")
        if not changes and not transcript:
            return
        if self._position is None:
            self._parts.end_flow()
            self._position = self._parts.start(PartKind.AUDIO, {})
        if changes:
            self._parts.set_data(self._position, changes)
        if isinstance(transcript, str):
            self._parts.append(self._position, self._repair.feed(transcript))

    def flush(self) -> None:
        """Give out what text repair holds back."""
        if self._position is not None:
            self._parts.append(self._position, self._repair.close())


def _changes(audio: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    identifier, data, expires_at = audio.get("id"), audio.get("data"), audio.get("expires_at")
    if isinstance(identifier, str) and identifier:
        changes["id"] = clean_text(identifier)
    if isinstance(data, str) and (piece := decode_base64(data)):
        changes["audio_bytes"] = piece
    if isinstance(expires_at, int | float) and not isinstance(expires_at, bool) and 0 < expires_at < 2**53:
        changes["expires_at"] = int(expires_at)
    return changes
