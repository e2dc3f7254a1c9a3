"""Sample files, made anew: each function returns the bytes of one file."""

from __future__ import annotations

import array
import io
import math
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import av
from PIL import Image, ImageDraw

RATE = 24_000
Edit = Callable[[str, bytes], bytes | None]


def picture(size: tuple[int, int] = (300, 200), mode: str = "RGB") -> Image.Image:
    """A drawing with a red left half and a blue right one."""
    made = Image.new("RGB", size, (200, 30, 30))
    ImageDraw.Draw(made).rectangle((size[0] // 2, 0, size[0], size[1]), fill=(20, 40, 180))
    return made.convert(mode)


def photograph(size: tuple[int, int] = (300, 200)) -> Image.Image:
    """Many colours without a pattern."""
    return Image.merge("RGB", [Image.effect_noise(size, sigma) for sigma in (40, 60, 80)])


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def animation(format: str, frames: int = 3, size: tuple[int, int] = (60, 40)) -> bytes:
    images = [Image.new("RGB", size, (255 - 40 * index, 40 * index, 0)) for index in range(frames)]
    return encoded(images[0], format, save_all=True, append_images=images[1:], duration=100)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of_size(width: int, height: int, *chunks: bytes, rows: bytes = b"") -> bytes:
    """A PNG that declares a size, one bit for each pixel."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    data = png_chunk(b"IDAT", zlib.compress(rows, 1))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + data + png_chunk(b"IEND", b"")


def tone(seconds: float = 1.0, *, volume: float = 0.5, rate: int = RATE) -> bytes:
    """16-bit mono PCM."""
    one = array.array(
        "h", (int(32767 * volume * math.sin(index * 440 * math.tau / rate)) for index in range(rate))
    )
    samples = one * math.ceil(seconds)
    return samples[: int(seconds * rate)].tobytes()


def wav(pcm: bytes, *, rate: int = RATE, channels: int = 1) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return buffer.getvalue()


def sound(
    format: str,
    codec: str,
    pcm: bytes | None = None,
    *,
    cover: bytes = b"",
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> bytes:
    """Mono sound (a tone of a second) in a format of FFmpeg, with a picture of its cover if there is one."""
    source = wav(tone(rate=48_000) if pcm is None else pcm, rate=48_000)
    buffer = io.BytesIO()
    with (
        av.open(io.BytesIO(source), "r", format="wav") as reader,
        av.open(buffer, "w", format=format, options=options or {}) as writer,
    ):
        writer.metadata.update(metadata or {})
        stream: Any = writer.add_stream(codec, rate=48_000, layout="mono")
        if cover:
            _add_cover(writer, cover)
        resampler = av.AudioResampler(format=stream.codec_context.format or "s16", layout="mono", rate=48_000)
        for frame in reader.decode(audio=0):
            for piece in resampler.resample(frame):
                writer.mux(stream.encode(piece))
        writer.mux(stream.encode(None))
    return buffer.getvalue()


def _add_cover(writer: Any, cover: bytes) -> None:
    stream = writer.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = 60, 40, "yuvj420p"
    stream.disposition = av.stream.Disposition.attached_pic
    packet = av.Packet(cover)
    packet.stream, packet.pts, packet.dts, packet.is_keyframe = stream, 0, 0, True
    writer.mux(packet)


def film(format: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=format) as writer:
        stream: Any = writer.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(5):
            writer.mux(stream.encode(av.VideoFrame.from_image(picture((64, 48)))))
        writer.mux(stream.encode(None))
    return buffer.getvalue()


def pdf(
    *pages: str, objects: tuple[bytes, ...] = (), kids: bytes = b"", size: tuple[int, int] = (595, 842)
) -> bytes:
    """A PDF of one line of ASCII text to a page; "" is a page without text. `kids` replaces the list of pages."""
    made = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    listed = []
    for text in pages:
        content = f"BT /F 24 Tf 50 700 Td ({text}) Tj ET".encode() if text else b"0 1 0 rg 50 50 200 200 re f"
        made.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        made.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>"
            % (*size, len(made))
        )
        listed.append(b"%d 0 R" % len(made))
    made[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids or b" ".join(listed))
    made.extend(objects)
    body, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(made, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(made) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(made) + 1) + table + trailer


def saved(document: Any) -> bytes:
    """Of anything that can save itself into a file."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def edited(archive: bytes, edit: Edit) -> bytes:
    """A zip file whose parts went through `edit`, which takes name and content; None drops a part."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.namelist():
            if (content := edit(part, source.read(part))) is not None:
                target.writestr(part, content)
    return buffer.getvalue()


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()
