"""Sound as 16-bit PCM: the header that makes a WAV file of it, and how loud it is over time.

Invariant: no parser is needed, and memory does not grow with the sound, so the server may use it.
"""

from __future__ import annotations

import struct
from itertools import pairwise

PEAKS = 64
FULL_SCALE = 32768
UNKNOWN_SIZE = 0xFFFFFFFF
HEADER_SIZE = 44
# Enough to see where it is loud, and few enough to look at in no time.
SAMPLES_LOOKED_AT = 1 << 17


def wav_header(data_bytes: int | None, *, rate: int = 24_000, channels: int = 1, bits: int = 16) -> bytes:
    """The 44 bytes before `data_bytes` of PCM; None: the length is not known yet, players go on to the end.

    More than the format can state counts as not known.
    """
    frame = channels * bits // 8
    known = data_bytes is not None and data_bytes <= UNKNOWN_SIZE - HEADER_SIZE
    data_size = data_bytes if known and data_bytes is not None else UNKNOWN_SIZE
    riff_size = data_size + HEADER_SIZE - 8 if known else UNKNOWN_SIZE
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        riff_size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        rate,
        rate * frame,
        frame,
        bits,
        b"data",
        data_size,
    )


def peaks_of_pcm16(pcm: bytes) -> tuple[int, ...]:
    """The highest amplitude in each of 64 equal spans, in percent of full scale; mono, native byte order.

    Fewer for less than 64 samples. Of a long sound not every sample is looked at.
    """
    samples = memoryview(pcm)[: len(pcm) // 2 * 2].cast("h")
    step = max(1, len(samples) // SAMPLES_LOOKED_AT)
    return tuple(
        percent(amplitude(samples[start : max(stop, start + 1) : step]))
        for start, stop in spans(len(samples))
    )


def spans(length: int, count: int = PEAKS) -> list[tuple[int, int]]:
    """`count` spans of nearly the same length that make up `length`; fewer where there is not one for each."""
    count = min(count, length)
    bounds = [length * index // count for index in range(count + 1)] if count else []
    return list(pairwise(bounds))


def amplitude(samples: memoryview[int]) -> int:
    """0 to 32768."""
    if not samples:
        return 0
    highest, lowest = max(samples), min(samples)
    return max(highest, -lowest)


def percent(amplitude: int) -> int:
    return min(100, round(100 * amplitude / FULL_SCALE))
