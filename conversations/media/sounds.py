"""Sound: how long it is and how loud, measured by decoding it, and a copy that models understand.

Invariant: FFmpeg gets an open file and the name of the only format that it may be; it opens nothing by itself, and
nothing that a file says about its length is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import msgspec

from .formats import MP3, WAV, Format
from .inspection import Inspection, Kind, Limits
from .loudness import Loudness
from .parsing import parsing
from .recoding import RATE, Recoder
from .refusals import FileRefused, Refusal
from .results import write_result

LARGEST_ORIGINAL = 10_000_000
# FFmpeg knows hundreds of decoders, many of them for files of games that nobody has.
DECODERS = (
    "aac aac_latm alac flac mp3 mp3float opus libopus vorbis speex "
    "pcm_alaw pcm_mulaw pcm_s8 pcm_u8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be "
    "pcm_f32le pcm_f32be pcm_f64le pcm_f64be"
).split()
# A few bad packets are heard as clicks; a file that consists of them is not sound.
MOST_BAD_PACKETS = 50
OPTIONS = {
    "codec_whitelist": ",".join(DECODERS),
    "protocol_whitelist": "none",
    "enable_drefs": "0",
}


class _Heard(msgspec.Struct, frozen=True):
    seconds: float
    peaks: tuple[int, ...]
    sample_rate: int
    channels: int
    loudness: float | None
    is_sendable: bool
    recoder: Recoder | None


def inspect_sound(path: Path, found: Format, out: Path, limits: Limits) -> Inspection:
    with parsing("sound"):
        heard = _hear(path, found, limits)
        recoded = heard.recoder.finish() if heard.recoder else None
    sendable = None
    if recoded:
        sendable = write_result(out, f"sendable.{recoded.extension}", recoded.media_type, recoded.content)
    return Inspection(
        kind=Kind.AUDIO,
        media_type=found.media_type,
        extension=found.extension,
        seconds=heard.seconds,
        peaks=heard.peaks,
        sample_rate=heard.sample_rate,
        channels=heard.channels,
        loudness=heard.loudness,
        sendable=sendable,
    )


def _hear(path: Path, found: Format, limits: Limits) -> _Heard:
    options = OPTIONS if found.parser == "mov" else {k: v for k, v in OPTIONS.items() if k != "enable_drefs"}
    with (
        path.open("rb") as file,
        av.open(file, "r", format=found.parser, container_options=options) as container,
    ):
        stream = _only_sound(container)
        is_sendable = path.stat().st_size <= LARGEST_ORIGINAL and (
            found is MP3 or (found is WAV and stream.codec_context.name == "pcm_s16le")
        )
        sample_rate, channels = stream.rate, stream.channels
        recoder = None if is_sendable else Recoder()
        loudness = Loudness()
        for pcm in _pcm(container, stream):
            loudness.feed(pcm)
            if loudness.samples > limits.sound_seconds * RATE:
                raise FileRefused(Refusal.TOO_LONG, f"The sound is longer than {limits.sound_seconds:g} s.")
            if recoder:
                recoder.feed(pcm)
    if not loudness.samples:
        raise FileRefused(Refusal.DAMAGED, "There is no sound in it.")
    return _Heard(
        seconds=round(loudness.samples / RATE, 3),
        peaks=loudness.peaks(),
        sample_rate=sample_rate,
        channels=channels,
        loudness=loudness.decibels(),
        is_sendable=is_sendable,
        recoder=recoder,
    )


def _only_sound(container: Any) -> Any:
    """The first stream of sound. Raises FileRefused for films; the picture of a cover is none."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            raise FileRefused(Refusal.VIDEO, "There are moving pictures in it.")
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        raise FileRefused(Refusal.DAMAGED, "There is no stream of sound in it.")
    if stream.codec_context is None or stream.codec_context.name not in DECODERS:
        raise FileRefused(Refusal.UNKNOWN_TYPE, "The sound is in a coding that is not read.")
    return stream


def _pcm(container: Any, stream: Any) -> Iterator[bytes]:
    """The sound in pieces of 16-bit mono PCM at RATE."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    for frame in _frames(container, stream):
        for piece in resampler.resample(frame):
            yield bytes(piece.planes[0])[: piece.samples * 2]
    for piece in resampler.resample(None):
        yield bytes(piece.planes[0])[: piece.samples * 2]


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    bad = 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            bad += 1
            if bad > MOST_BAD_PACKETS:
                raise
            continue
        for frame in frames:
            # Times in files are often wrong, and the resampler would fill the gaps between them.
            frame.pts = None
            yield frame
