"""Looks into what came with a message: pictures, sounds and files, each in a process of its own.

Invariant: only what is inside the request is looked at; an address is named and never fetched. It is looked at once,
and only if somebody asks.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote_to_bytes

from conversations.media import FileRefused, Limits, inspect_isolated

from .looking import describe_file, describe_refusal, named
from .wording import as_code, count

MOST_LOOKED_AT = 8
LIMITS = Limits(seconds=20, sound_seconds=1800)


class Attachments:
    """The parts of one message that are no text, as they came in the request."""

    def __init__(self, parts: Sequence[Mapping[str, Any]]) -> None:
        self._parts = parts

    @cached_property
    def remarks(self) -> list[str]:
        """What can be said about each of them. Blocks: call it in a thread."""
        numbers: dict[str, int] = {}
        remarks = []
        for part in self._parts[:MOST_LOOKED_AT]:
            kind = str(part.get("type"))
            numbers[kind] = numbers.get(kind, 0) + 1
            remarks.append(_remark(part, numbers[kind]))
        if more := len(self._parts) - len(remarks):
            remarks.append(f"I did not look at the {count(more, 'part')} after that.")
        return remarks


def _remark(part: Mapping[str, Any], number: int) -> str:
    match part:
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            return _addressed(url, f"Image {number}")
        case {"type": "input_audio", "input_audio": {"data": str(data)}}:
            return _decoded(data, f"Recording {number}", "")
        case {"type": "file", "file": {"file_data": str(data), **file}} if data:
            name = str(file.get("filename") or "")
            subject = named(f"File {number}", name)
            return (
                _addressed(data, subject, name) if data.startswith("data:") else _decoded(data, subject, name)
            )
        case {"type": "file", "file": {"file_id": file_id}}:
            return f"File {number} is only named, as {as_code(file_id)}; I have no files to find it among."
        case {"type": "video_url", "video_url": {"url": str(url)}}:
            return f"Video {number} is at {_shown(url)}; I do not watch films."
    return f"There is a part of the type {as_code(part.get('type'))}, which I do not look at."


def _addressed(url: str, subject: str, name: str = "") -> str:
    """What is behind an address that holds its content itself."""
    if not url.startswith("data:"):
        return f"{subject} is at {_shown(url)}; I fetch nothing from addresses."
    head, comma, data = url.partition(",")
    if not comma:
        return f"{subject} has an address that begins with `data:` and holds no data."
    if head.endswith(";base64"):
        return _decoded(data, subject, name)
    return _looked_at(unquote_to_bytes(data), subject, name)


def _decoded(data: str, subject: str, name: str) -> str:
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return f"{subject} is not valid base64, so I cannot look at it."
    return _looked_at(content, subject, name)


def _looked_at(content: bytes, subject: str, name: str) -> str:
    with TemporaryDirectory(prefix="demo-") as folder:
        path, made = Path(folder) / "file", Path(folder) / "made"
        made.mkdir()
        path.write_bytes(content)
        try:
            found = inspect_isolated(path, name, made, LIMITS)
        except FileRefused as refused:
            return describe_refusal(refused.refusal, subject)
        return describe_file(found, made, subject)


def _shown(url: str) -> str:
    return as_code(url)
