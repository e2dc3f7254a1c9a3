"""Speaks an answer in tones: one for each syllable, at the pace of a person who reads aloud.

Invariant: what is heard is as long as its transcript would be spoken, and never longer than LONGEST_SECONDS; the
transcript ends where the sound does.
"""

import math
import re
import zlib
from array import array
from collections.abc import Iterator, Sequence
from functools import cache

from .plan import ChoicePlan, Sound, Step, Token

RATE = 24_000
BYTES_PER_SECOND = RATE * 2
PIECE_BYTES = BYTES_PER_SECOND // 10
LONGEST_SECONDS = 60.0
# An English word has 1.4 syllables: together, some 150 words a minute.
SYLLABLE_SECONDS = 0.24
GAP_SECONDS = 0.06
EXPIRES_AFTER_SECONDS = 3600
# A scale without half tones, in hertz: whatever is said sounds well enough.
PITCHES = (196.0, 220.0, 261.6, 293.7, 329.6, 392.0, 440.0)
LOUDEST = 7000
# What is written but not said.
MARKUP = re.compile(r"```\S*|[*_`#>|~]+|\[\^?\w+\]:?|-{3,}")
VOWELS = re.compile(r"[aeiouyäöüáéíóúàèìòùâêîôûаеёиоуыэюя]+", re.I)
# Scripts in which each character is a syllable.
CHARACTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def spoken(plan: ChoicePlan, *, identifier: str, now: float) -> ChoicePlan:
    """The same choice with its visible text spoken instead of written; `now` is Unix time in seconds."""
    words = list(_words(_plain(plan.text)))
    aloud: list[Step] = [Sound(id=identifier), *_sounds(words)]
    if plan.finish_reason is not None:
        aloud.append(Sound(expires_at=int(now) + EXPIRES_AFTER_SECONDS))
    steps: list[Step] = []
    for step in plan.steps:
        if not isinstance(step, Token) or step.reasoning:
            steps.append(step)
        elif aloud:
            steps.extend(aloud)
            aloud = []
    return ChoicePlan(steps, plan.finish_reason, plan.is_aloud)


def transcript_of(text: str) -> str:
    """What is said of a text."""
    return "".join(_words(_plain(text)))


def _plain(text: str) -> str:
    return " ".join(MARKUP.sub(" ", text).split())


def _words(text: str) -> Iterator[str]:
    """The words with the spaces before them, as many as can be said in time."""
    seconds = 0.0
    for word in re.findall(r"\s*\S+", text):
        seconds += _syllables(word) * SYLLABLE_SECONDS + GAP_SECONDS
        if seconds > LONGEST_SECONDS:
            return
        yield word


def _syllables(word: str) -> int:
    # A word without end is spelled no further than the sound lasts.
    word = word[:1000]
    return len(CHARACTER.findall(word)) or max(1, len(VOWELS.findall(word)))


def _sounds(words: Sequence[str]) -> Iterator[Sound]:
    """Words and their sound, in pieces of a tenth of a second; each word a little before it is heard."""
    pending = bytearray()
    for word in words:
        yield Sound(transcript=word)
        pending += _pcm(word)
        while len(pending) >= PIECE_BYTES:
            yield Sound(pcm=bytes(pending[:PIECE_BYTES]))
            del pending[:PIECE_BYTES]
    if pending:
        yield Sound(pcm=bytes(pending))


def _pcm(word: str) -> bytes:
    first = zlib.crc32(word.strip().lower().encode())
    tones = (_tone(PITCHES[(first + 3 * number) % len(PITCHES)]) for number in range(_syllables(word)))
    return b"".join(tones) + bytes(2 * int(GAP_SECONDS * RATE))


@cache
def _tone(pitch: float) -> bytes:
    """A soft tone of one syllable: it swells and fades, and has an octave in it."""
    samples = int(SYLLABLE_SECONDS * RATE)
    tone = array("h")
    for index in range(samples):
        angle = math.tau * pitch * index / RATE
        swell = math.sin(math.pi * index / samples) ** 0.7
        tone.append(int(LOUDEST * swell * (math.sin(angle) + 0.3 * math.sin(2 * angle)) / 1.3))
    return tone.tobytes()
