"""A file on its way in: looked at in a process of its own, and only then stored.

Invariant: whatever the file is, it ends as an Attachment or as a ServiceError that says why not.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.utils.translation import gettext_lazy

from conversations.generation.database import in_database
from conversations.media import FileRefused, Inspection, Limits, Refusal, inspect_isolated
from conversations.models import Attachment
from conversations.services.attachments import Incoming, keep
from conversations.services.errors import FileNotTaken, FileTooLarge

# Each is a process that may take a core and a good deal of memory.
INSPECTIONS_AT_ONCE = 2

WORDS = {
    Refusal.EMPTY: gettext_lazy("This file is empty."),
    Refusal.UNKNOWN_TYPE: gettext_lazy("This kind of file is not taken: pictures, sound, PDF, documents and text are."),
    Refusal.DAMAGED: gettext_lazy("This file is damaged: it cannot be read to its end."),
    Refusal.TOO_MANY_PIXELS: gettext_lazy("This picture has too many pixels. Make it smaller first."),
    Refusal.TOO_LONG: gettext_lazy("This sound is too long. Cut it first."),
    Refusal.TOO_MANY_PAGES: gettext_lazy("This document has too many pages. Split it first."),
    Refusal.TOO_LARGE_UNPACKED: gettext_lazy("This file holds far more than its size says, and was not opened."),
    Refusal.ENCRYPTED: gettext_lazy("This document asks for a password. Save it without one first."),
    Refusal.VIDEO: gettext_lazy("Films cannot be sent. Save the sound or a picture of it instead."),
    Refusal.ARCHIVE: gettext_lazy("This is an archive. Unpack it and send what is inside."),
    Refusal.PROGRAM: gettext_lazy("This is a program, and programs are not taken."),
    Refusal.TOO_MUCH_WORK: gettext_lazy("This file takes too much work to read, and was given up."),
}  # fmt: skip

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def take_in(
    path: Path, name: str, *, owner_id: int, waits_in: UUID | None = None, is_waiting: bool = True
) -> Attachment:
    """Keep the file at `path`, which may be named `name`, for its owner; see Incoming.

    Raises FileNotTaken, FileTooLarge or NoSpaceLeft.
    """
    with TemporaryDirectory(prefix="chatsite-") as made:
        folder = Path(made)
        incoming = Incoming(
            owner_id=owner_id,
            path=path,
            name=name,
            inspection=await look_at(path, name, folder),
            sha256=await asyncio.to_thread(_sha256, path),
            folder=folder,
            waits_in=waits_in,
            is_waiting=is_waiting,
        )
        return await in_database(keep, incoming)


async def look_at(path: Path, name: str, folder: Path) -> Inspection:
    """What the file is; what can be made of it is then in `folder`. Raises FileNotTaken or FileTooLarge."""
    if await asyncio.to_thread(_size, path) > settings.MAX_FILE_BYTES:
        raise FileTooLarge(limit=settings.MAX_FILE_BYTES)
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(INSPECTIONS_AT_ONCE)):
        try:
            return await asyncio.to_thread(inspect_isolated, path, name, folder, _limits())
        except FileRefused as refused:
            raise FileNotTaken(str(WORDS[refused.refusal])) from refused


def keep_now(path: Path, name: str, folder: Path, *, owner_id: int) -> Attachment:
    """Keep a file of an answer whose run is over, without an event loop. Raises FileNotTaken."""
    try:
        inspection = inspect_isolated(path, name, folder, _limits())
    except FileRefused as refused:
        raise FileNotTaken(str(WORDS[refused.refusal])) from refused
    return keep(
        Incoming(
            owner_id=owner_id,
            path=path,
            name=name,
            inspection=inspection,
            sha256=_sha256(path),
            folder=folder,
            is_waiting=False,
        )
    )


def _limits() -> Limits:
    # An hour of sound takes most of a minute where others work too.
    return Limits(image_side=settings.IMAGE_SIDE, seconds=180)


def _size(path: Path) -> int:
    return path.stat().st_size


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
