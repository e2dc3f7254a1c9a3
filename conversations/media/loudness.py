"""How loud a sound is over time, when its length is known only at its end.

Invariant: memory grows by one number for each hundredth of a second, and by nothing else.
"""

from __future__ import annotations

import math
from array import array
from operator import mul

from .pcm import FULL_SCALE, amplitude, percent, spans
from .recoding import RATE

SAMPLES_PER_VALUE = RATE // 100
# Peaks are as high in every third sample, as far as a drawing shows.
STEP = 3


class Loudness:
    """Takes 16-bit mono PCM at RATE; `samples` is how many came."""

    def __init__(self) -> None:
        self.samples = 0
        self._values = array("H")
        self._rest = bytearray()
        self._squares = 0
        self._squared = 0

    def feed(self, pcm: bytes) -> None:
        self.samples += len(pcm) // 2
        self._rest += pcm
        size = SAMPLES_PER_VALUE * 2
        whole = len(self._rest) // size * size
        with memoryview(self._rest) as view, view[:whole].cast("h") as samples:
            for start in range(0, whole // 2, SAMPLES_PER_VALUE):
                self._take(samples[start : start + SAMPLES_PER_VALUE : STEP])
        del self._rest[:whole]

    def peaks(self) -> tuple[int, ...]:
        """The highest amplitude in each of at most 64 equal spans, in percent of full scale."""
        self._take_rest()
        return tuple(percent(max(self._values[start:stop])) for start, stop in spans(len(self._values)))

    def decibels(self) -> float | None:
        """The RMS of all that came, in dB below full scale; None for silence."""
        self._take_rest()
        if not self._squares:
            return None
        return round(10 * math.log10(self._squares / self._squared / FULL_SCALE**2), 1)

    def _take_rest(self) -> None:
        """Sound that is shorter than one value is one nevertheless."""
        if not self._values and self._rest:
            self._take(memoryview(bytes(self._rest)).cast("h"))

    def _take(self, samples: memoryview[int]) -> None:
        self._values.append(amplitude(samples))
        self._squares += sum(map(mul, samples, samples))
        self._squared += len(samples)
