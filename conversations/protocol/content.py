"""Content parts of a client's messages, strictly read; members that the protocol does not name are kept."""

from __future__ import annotations

from typing import Any

from .strict import (
    Extended,
    Reader,
    choice,
    join,
    missing,
    read_base64,
    read_members,
    read_name,
    read_object,
    read_string,
    wrong_value,
)


class ImageURL(Extended, kw_only=True):
    """An address of a picture, https: or data:, and how closely to look at it."""

    url: str
    detail: str | None = None


class InputAudio(Extended, kw_only=True):
    """Recorded sound: `data` is base64 without a prefix, `format` wav or mp3."""

    data: str
    format: str


class File(Extended, kw_only=True):
    """A document, by its content (a data: URL or base64) or by an id the endpoint knows."""

    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None


class VideoURL(Extended, kw_only=True):
    url: str


class TextPart(Extended, kw_only=True):
    type: str = "text"
    text: str


class ImagePart(Extended, kw_only=True):
    type: str = "image_url"
    image_url: ImageURL


class AudioPart(Extended, kw_only=True):
    type: str = "input_audio"
    input_audio: InputAudio


class FilePart(Extended, kw_only=True):
    type: str = "file"
    file: File


class VideoPart(Extended, kw_only=True):
    type: str = "video_url"
    video_url: VideoURL


class RefusalPart(Extended, kw_only=True):
    type: str = "refusal"
    refusal: str


ContentPart = TextPart | ImagePart | AudioPart | FilePart | VideoPart | RefusalPart


def read_image_url(value: Any, path: str) -> ImageURL:
    readers: dict[str, Reader] = {"url": read_name, "detail": choice("low", "high", "auto")}
    return ImageURL(**read_members(value, path, readers, required=["url"]))


def read_input_audio(value: Any, path: str) -> InputAudio:
    readers: dict[str, Reader] = {"data": read_base64, "format": choice("wav", "mp3")}
    return InputAudio(**read_members(value, path, readers, required=readers))


def read_file(value: Any, path: str) -> File:
    readers: dict[str, Reader] = {"filename": read_string, "file_data": read_string, "file_id": read_string}
    file = File(**read_members(value, path, readers))
    return file if file.file_data or file.file_id else missing(join(path, "file_data"))


def read_video_url(value: Any, path: str) -> VideoURL:
    return VideoURL(**read_members(value, path, {"url": read_name}, required=["url"]))


_PARTS: dict[str, tuple[type[Any], Reader]] = {
    "text": (TextPart, read_string),
    "image_url": (ImagePart, read_image_url),
    "input_audio": (AudioPart, read_input_audio),
    "file": (FilePart, read_file),
    "video_url": (VideoPart, read_video_url),
    "refusal": (RefusalPart, read_string),
}


def read_content_part(value: Any, path: str) -> ContentPart:
    """One part of a message's content; the member named as its type is the one that it must have."""
    members = read_object(value, path)
    type_path = join(path, "type")
    if members.get("type") is None:
        missing(type_path)
    kind = read_string(members["type"], type_path)
    if kind not in _PARTS:
        wrong_value(kind, type_path, _PARTS)
    part, reader = _PARTS[kind]
    read: ContentPart = part(
        **read_members(value, path, {"type": read_string, kind: reader}, required=[kind])
    )
    return read
