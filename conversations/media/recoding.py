"""Sound in a form that models take: WAV while it is short, MP3 when it is long.

Invariant: holds at most LONGEST_WAV_SECONDS of sound before it is coded, however long the sound is.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import msgspec

from .pcm import wav_header

RATE = 24_000
LONGEST_WAV_SECONDS = 120
BITS_PER_SECOND = 64_000
SAMPLES_PER_FRAME = 1 << 14
# How hard the encoder thinks: in half the time it usually takes, speech sounds the same.
FAST = {"compression_level": "7"}


class Recoded(msgspec.Struct, frozen=True):
    extension: str
    media_type: str
    content: bytes


class Recoder:
    """Takes 16-bit mono PCM at RATE in pieces."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self._encoder: _Mp3 | None = None

    def feed(self, pcm: bytes) -> None:
        self._pcm += pcm
        if self._encoder is None and len(self._pcm) > LONGEST_WAV_SECONDS * RATE * 2:
            self._encoder = _Mp3()
        if self._encoder is not None and len(self._pcm) >= SAMPLES_PER_FRAME * 2:
            self._encode_all()

    def finish(self) -> Recoded:
        if self._encoder is None:
            return Recoded("wav", "audio/wav", wav_header(len(self._pcm), rate=RATE) + self._pcm)
        self._encode_all()
        return Recoded("mp3", "audio/mpeg", self._encoder.finish())

    def _encode_all(self) -> None:
        assert self._encoder is not None
        for start in range(0, len(self._pcm), SAMPLES_PER_FRAME * 2):
            self._encoder.feed(bytes(self._pcm[start : start + SAMPLES_PER_FRAME * 2]))
        self._pcm.clear()


class _Mp3:
    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._container = av.open(self._buffer, "w", format="mp3")
        self._stream: Any = self._container.add_stream(
            "libmp3lame", rate=RATE, layout="mono", format="s16p", options=FAST
        )
        self._stream.bit_rate = BITS_PER_SECOND
        self._samples = 0

    def feed(self, pcm: bytes) -> None:
        frame = av.AudioFrame(format="s16p", layout="mono", samples=len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = RATE
        frame.time_base = Fraction(1, RATE)
        frame.pts = self._samples
        self._samples += frame.samples
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._buffer.getvalue()
