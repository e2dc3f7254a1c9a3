"""Speech that is still coming, kept second by second beside the checkpoints, so that a killed server loses none of it.

Invariant: of each spoken part the segments follow one another without a gap; they go when its run has ended.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath
from uuid import UUID

import msgspec
import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from conversations.models.attachment import GROWING, remove_empty_folder

# Choice, place, start.
NAME = re.compile(r"\d+-\d+-\d{12}")

log = structlog.get_logger(__name__)


class Segment(msgspec.Struct, frozen=True):
    """The bytes of the part at `place` of a choice from `start` on."""

    generation_id: UUID
    choice: int
    place: int
    start: int
    content: bytes

    @property
    def name(self) -> str:
        return str(_folder(self.generation_id) / f"{self.choice}-{self.place}-{self.start:012d}")


def save_segments(segments: Sequence[Segment]) -> list[Segment]:
    """Those that are kept now; the storage may have trouble with others, which are to be offered again."""
    saved = []
    for segment in segments:
        try:
            if default_storage.exists(segment.name):
                default_storage.delete(segment.name)
            default_storage.save(segment.name, ContentFile(segment.content))
        except OSError:
            log.exception("sound_not_kept", generation=str(segment.generation_id))
        else:
            saved.append(segment)
    return saved


def read_segment_at(generation_id: UUID, choice: int, place: int, start: int) -> bytes:
    """The segment that begins at `start`; empty if it is not there, or not any more."""
    name = Segment(generation_id, choice, place, start, b"").name
    try:
        with default_storage.open(name, "rb") as file:
            content: bytes = file.read()
            return content
    except OSError:
        return b""


def read_segments(generation_id: UUID) -> dict[tuple[int, int], bytes]:
    """What was kept of a run: (choice, place) -> sound. A part ends where a segment is missing."""
    sounds: dict[tuple[int, int], bytearray] = defaultdict(bytearray)
    for name in sorted(_names(generation_id)):
        choice, place, start = (int(number) for number in name.split("-"))
        sound = sounds[choice, place]
        if start == len(sound):
            with default_storage.open(str(_folder(generation_id) / name), "rb") as file:
                sound += file.read()
    return {key: bytes(sound) for key, sound in sounds.items()}


def remove_segments(generation_id: UUID) -> None:
    for name in _names(generation_id):
        default_storage.delete(str(_folder(generation_id) / name))
    remove_empty_folder(default_storage, str(_folder(generation_id)))


def _folder(generation_id: UUID) -> PurePosixPath:
    return PurePosixPath(GROWING, generation_id.hex)


def _names(generation_id: UUID) -> list[str]:
    try:
        names = default_storage.listdir(str(_folder(generation_id)))[1]
    except FileNotFoundError:
        return []
    return [name for name in names if NAME.fullmatch(name)]
