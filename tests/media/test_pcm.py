"""PCM in the server: headers and peaks."""

import io
import tracemalloc
import wave

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.media import peaks_of_pcm16, wav_header
from tests.media.samples import RATE, tone


@given(st.binary(max_size=300).filter(lambda pcm: len(pcm) % 4 == 0), st.sampled_from([1, 2]))
def test_a_header_makes_pcm_a_wav_file(pcm, channels):
    header = wav_header(len(pcm), rate=16_000, channels=channels)
    assert len(header) == 44
    with wave.open(io.BytesIO(header + pcm)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, channels, 2)
        assert file.readframes(1000) == pcm


@pytest.mark.parametrize("size", [None, 1 << 40])
def test_sound_of_unknown_length_can_be_played_to_its_end(size):
    header = wav_header(size)
    assert (header[4:8], header[40:44]) == (b"\xff" * 4, b"\xff" * 4)
    with av.open(io.BytesIO(header + tone(2)), format="wav") as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == 2 * RATE


@given(st.binary(max_size=2000))
def test_peaks_are_percentages(pcm):
    peaks = peaks_of_pcm16(pcm)
    assert len(peaks) == min(64, len(pcm) // 2)
    assert all(0 <= peak <= 100 for peak in peaks)


def test_peaks_follow_the_loudness():
    peaks = peaks_of_pcm16(bytes(RATE * 2) + tone(volume=0.3) + tone(volume=1.0) + b"\0\x80" * RATE)
    assert [peaks[8], peaks[24], peaks[40], peaks[56]] == pytest.approx([0, 30, 100, 100], abs=2)


def test_peaks_of_an_hour_take_no_memory_of_their_own():
    pcm = tone(1) * 3600
    tracemalloc.start()
    try:
        assert peaks_of_pcm16(pcm) == pytest.approx((50,) * 64, abs=2)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
