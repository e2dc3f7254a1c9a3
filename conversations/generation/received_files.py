"""Pictures and sounds of an answer become files: while it goes on where they are whole, the rest at its end.

Invariant: what came is kept, readable or not; whoever waits in settle() waits until that is done.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from conversations.generation.database import in_database
from conversations.generation.intake import take_in
from conversations.generation.live_part import LivePart
from conversations.generation.run import Run
from conversations.generation.workshop import with_storage
from conversations.media import wav_header
from conversations.models import Attachment, Part
from conversations.services.attachments import keep, store_unread
from conversations.services.errors import ServiceError

SPOKEN_RATE = 24_000  # of "pcm16", which says nothing about itself
# How sound that says what it is begins.
KNOWN_SOUNDS = {
    b"RIFF": "audio/wav",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"\xff\xf2": "audio/mpeg",
    b"OggS": "audio/ogg",
    b"fLaC": "audio/flac",
    b"\xff\xf1": "audio/aac",
}
NAMES = {Part.Kind.IMAGE: "picture", Part.Kind.AUDIO: "answer"}

log = structlog.get_logger(__name__)


class ReceivedFiles:
    """The files of one run. Used from the event loop only."""

    def __init__(self, run: Run, owner_id: int) -> None:
        self._run = run
        self._owner_id = owner_id
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def keep(self, part: LivePart) -> None:
        """Begin to keep a part that is whole."""
        if part.is_to_be_kept and id(part) not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._keep(part), context=Context())
            self._tasks[id(part)] = task

    async def settle(self) -> None:
        """Until everything that came is kept."""
        for message in self._run.messages.values():
            for part in message.live.values():
                self.keep(part)
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    async def _keep(self, part: LivePart) -> None:
        try:
            attachment = await self._attachment(part)
        except Exception:
            # The answer goes on without it; where neither storage nor database takes anything there is nowhere to keep.
            log.exception("file_not_kept", generation=str(self._run.generation_id))
            part.give_up_file()
        else:
            part.become_file(attachment)
        self._run.show_file(part)

    async def _attachment(self, part: LivePart) -> Attachment:
        with TemporaryDirectory(prefix="chatsite-") as folder:
            path = Path(folder) / "received"
            await asyncio.to_thread(_write, path, part.kind, part.content)
            name = NAMES.get(part.kind, "file")  # type: ignore[call-overload]
            try:
                return await take_in(path, name, owner_id=self._owner_id, is_waiting=False)
            except (ServiceError, OSError) as refused:
                log.info("file_not_readable", generation=str(self._run.generation_id), reason=repr(refused))
            stored = await with_storage(store_unread, self._owner_id, path, name)
            await in_database(keep, stored)
            return stored


def keep_speech(content: bytes, owner_id: int) -> Attachment:
    """The same of speech whose run was abandoned, without an event loop, and without looking into it."""
    with TemporaryDirectory(prefix="chatsite-") as folder:
        path = Path(folder) / "received"
        _write(path, Part.Kind.AUDIO, content)
        told = _type_of_sound(content)
        seconds = None if told else len(content) / SPOKEN_RATE / 2
        media_type = told or "audio/wav"
        stored = store_unread(owner_id, path, NAMES[Part.Kind.AUDIO], media_type=media_type, seconds=seconds)
        keep(stored)
        return stored


def is_raw_sound(content: bytes | bytearray) -> bool:
    """Whether it is samples and nothing else."""
    return not _type_of_sound(content)


def _type_of_sound(content: bytes | bytearray) -> str:
    """As its beginning tells it; empty for samples and nothing else."""
    return next((name for mark, name in KNOWN_SOUNDS.items() if content.startswith(mark)), "")


def _write(path: Path, kind: str, content: bytes | bytearray) -> None:
    with path.open("wb") as file:
        if kind == Part.Kind.AUDIO and is_raw_sound(content):
            file.write(wav_header(len(content), rate=SPOKEN_RATE))
        file.write(content)
