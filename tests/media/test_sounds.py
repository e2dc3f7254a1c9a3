"""Sound is measured by decoding it, and brought into a form that models take."""

import io
import wave

import av
import pytest

from conversations.media import Kind, Refusal
from conversations.media.recoding import BITS_PER_SECOND, LONGEST_WAV_SECONDS
from tests.media.samples import RATE, encoded, film, picture, sound, tone, wav

SILENCE = bytes(RATE * 2)


class Pipe(io.RawIOBase):
    """Cannot be rewound, so that a length that is known at the end only is not written."""

    def __init__(self):
        self.content = b""

    def writable(self):
        return True

    def write(self, data):
        self.content += bytes(data)
        return len(data)


def recording(format, codec, **options):
    """As a browser records: into a pipe."""
    pipe = Pipe()
    with av.open(pipe, "w", format=format, options=options) as writer:
        stream = writer.add_stream(codec, rate=48_000, layout="mono")
        size = 1024 if codec == "aac" else 960
        frame = av.AudioFrame(format="fltp" if codec == "aac" else "s16", layout="mono", samples=size)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate = 48_000
        for index in range(100):
            frame.pts = index * size
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))
    return pipe.content


def heard(out, made):
    """Format, rate, channels, bits and seconds of a sound that was made."""
    with av.open(str(out / made.name)) as container:
        stream = container.streams.audio[0]
        samples = sum(frame.samples for frame in container.decode(stream))
        return container.format.name, stream.rate, stream.channels, round(samples / stream.rate, 1)


@pytest.mark.parametrize(
    ("format", "codec", "media_type", "extension"),
    [
        ("webm", "libopus", "audio/webm", "webm"),
        ("ogg", "libopus", "audio/ogg", "ogg"),
        ("ogg", "flac", "audio/ogg", "ogg"),
        ("mp4", "aac", "audio/mp4", "m4a"),
        ("mov", "aac", "audio/mp4", "m4a"),
        ("mp4", "alac", "audio/mp4", "m4a"),
        ("adts", "aac", "audio/aac", "aac"),
        ("flac", "flac", "audio/flac", "flac"),
        ("aiff", "pcm_s16be", "audio/aiff", "aiff"),
        ("wav", "pcm_s24le", "audio/wav", "wav"),
        ("wav", "pcm_f32le", "audio/wav", "wav"),
        ("wav", "pcm_mulaw", "audio/wav", "wav"),
    ],
)
def test_other_formats_become_wav(inspect, out, format, codec, media_type, extension):
    found = inspect(sound(format, codec), "letter.docx")
    assert (found.kind, found.media_type, found.extension) == (Kind.AUDIO, media_type, extension)
    assert found.seconds == pytest.approx(1, abs=0.06)
    assert found.sendable.media_type == "audio/wav"
    assert heard(out, found.sendable) == ("wav", RATE, 1, 1.0)
    assert len(found.peaks) == 64
    assert found.peaks[32] == pytest.approx(50, abs=4)


@pytest.mark.parametrize(
    "content", [wav(tone()), wav(tone(), rate=8_000), wav(tone() * 2, channels=2), sound("mp3", "libmp3lame")]
)
def test_wav_and_mp3_are_sent_as_they_are(inspect, content):
    assert inspect(content).sendable is None


@pytest.mark.parametrize(
    ("format", "codec", "options", "seconds"),
    [
        ("webm", "libopus", {"live": "1"}, 2),
        ("ogg", "libopus", {}, 2),
        ("mp4", "aac", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}, 2.13),
    ],
    ids=["Chromium", "Firefox", "Safari"],
)
def test_recordings_that_state_no_length_are_measured(inspect, format, codec, options, seconds):
    assert inspect(recording(format, codec, **options)).seconds == pytest.approx(seconds, abs=0.06)


def test_a_stated_length_is_not_believed(inspect):
    content = bytearray(wav(tone()))
    content[40:44] = (0xFFFFFFF0).to_bytes(4, "little")
    assert inspect(bytes(content)).seconds == 1


def test_large_files_are_coded_anew(inspect, out):
    found = inspect(wav(tone(rate=48_000) * 110, rate=48_000))
    assert found.seconds == 110
    assert heard(out, found.sendable) == ("wav", RATE, 1, 110.0)


def test_long_sound_becomes_mp3(inspect, out):
    seconds = LONGEST_WAV_SECONDS + 30
    found = inspect(sound("flac", "flac", bytes(48_000 * 2 * seconds)))
    assert found.sendable.media_type == "audio/mpeg"
    assert found.sendable.size == pytest.approx(seconds * BITS_PER_SECOND / 8, rel=0.05)
    assert heard(out, found.sendable)[:3] == ("mp3", RATE, 1)
    assert heard(out, found.sendable)[3] == pytest.approx(seconds, abs=0.2)


def test_peaks_show_where_it_is_loud(inspect):
    found = inspect(wav(SILENCE + tone(volume=0.25) + SILENCE + tone(volume=1.0)))
    quarters = [found.peaks[start + 2 : start + 14] for start in (0, 16, 32, 48)]
    assert [max(quarter) for quarter in quarters] == [0, 25, 0, 100]
    assert min(quarters[3]) > 95


def test_rate_channels_and_loudness_are_told(inspect):
    found = inspect(wav(tone(volume=1.0) * 2, channels=2, rate=RATE))
    assert (found.sample_rate, found.channels) == (RATE, 2)
    assert found.loudness == pytest.approx(-3, abs=0.2)
    assert inspect(wav(tone(volume=0.1))).loudness == pytest.approx(-23, abs=0.2)
    assert inspect(wav(SILENCE)).loudness is None


def test_very_short_sound_has_fewer_peaks(inspect):
    found = inspect(wav(tone()[: RATE * 2 // 10]))
    assert found.seconds == 0.1
    assert len(found.peaks) == 10
    assert len(inspect(wav(tone()[:20])).peaks) == 1


@pytest.mark.parametrize(("format", "codec"), [("mp3", "libmp3lame"), ("mp4", "aac"), ("flac", "flac")])
def test_the_picture_of_a_cover_is_no_film(inspect, format, codec):
    content = sound(format, codec, cover=encoded(picture((60, 40)), "JPEG"))
    assert inspect(content).seconds == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize(
    ("format", "codec"),
    [("mp4", "mpeg4"), ("webm", "libvpx-vp9"), ("avi", "mpeg4"), ("mpegts", "mpeg2video"), ("mov", "mpeg4")],
)
def test_films_are_refused(refusal_of, format, codec):
    assert refusal_of(film(format, codec), "song.mp3") == Refusal.VIDEO


def test_the_limit_of_seconds(refusal_of, inspect):
    assert refusal_of(wav(tone(3)), sound_seconds=2.5) == Refusal.TOO_LONG
    assert (
        refusal_of(sound("mp3", "libmp3lame", bytes(48_000 * 2 * 3)), sound_seconds=2.5) == Refusal.TOO_LONG
    )
    assert inspect(wav(tone(3)), sound_seconds=3).seconds == 3


def test_a_header_without_sound_is_damaged(refusal_of):
    assert refusal_of(wav(b"")) == Refusal.DAMAGED


def test_tags_may_come_before_the_sound(inspect):
    content = sound("mp3", "libmp3lame", metadata={"title": "x" * 100_000})
    assert content.startswith(b"ID3")
    assert inspect(content).extension == "mp3"
    without = content[content.index(b"\xff\xfb", 100_000) :]
    assert inspect(without).extension == "mp3"


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "[playlist]\nFile1=file:///etc/passwd\n",
    ],
)
def test_playlists_are_only_text(text_of, content):
    assert text_of(content.encode(), "list.m3u8") == content


def test_the_wave_module_reads_what_is_made(inspect, out):
    found = inspect(sound("flac", "flac"))
    with wave.open(str(out / found.sendable.name)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getnframes()) == (
            RATE,
            1,
            2,
            RATE,
        )
