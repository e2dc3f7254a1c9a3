"""A file on its way in: looked at in a process of its own, and only then stored.

Invariant: whatever the file is, it ends as an Attachment or as a ServiceError that says why not.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy

from conversations.generation.database import in_database
from conversations.generation.workshop import inspected, inspected_for_answer, to_its_end, with_storage
from conversations.media import FileRefused, Inspection, Kind, Limits, Refusal, inspect_isolated
from conversations.models import Attachment
from conversations.services.attachments import Incoming, keep, refuse_beyond_quota, store
from conversations.services.errors import FileNotTaken, FileTooLarge

NO_PICTURE = gettext_lazy("There is no picture at this address.")
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


async def take_in(
    path: Path,
    name: str,
    *,
    owner_id: int,
    waits_in: UUID | None = None,
    is_waiting: bool = True,
    only: Kind | None = None,
) -> Attachment:
    """Keep the file at `path`, which may be named `name`, for its owner; see Incoming. `only`: no other kind is wanted.

    Raises FileNotTaken, FileTooLarge or NoSpaceLeft, and OSError if the storage does.
    """
    if is_waiting:
        # What there is no space for is not looked at.
        await in_database(refuse_beyond_quota, owner_id, await asyncio.to_thread(_size, path))
    made = TemporaryDirectory(prefix="chatsite-")
    folder = Path(made.name)
    try:
        # An upload's own file goes with its request.
        own = await asyncio.to_thread(_own, path, folder / "received")
        inspection = await look_at(own, name, folder, person_id=owner_id, is_upload=is_waiting)
        if only and inspection.kind is not only:
            raise FileNotTaken(str(NO_PICTURE))
        incoming = Incoming(
            owner_id=owner_id,
            path=own,
            name=name,
            inspection=inspection,
            sha256=await asyncio.to_thread(_sha256, own),
            folder=folder,
            waits_in=waits_in,
            is_waiting=is_waiting,
        )
    except BaseException:
        made.cleanup()
        raise
    return await to_its_end(_store_and_keep(incoming, made))


async def _store_and_keep(incoming: Incoming, made: TemporaryDirectory[str]) -> Attachment:
    with made:
        stored = await with_storage(store, incoming)
        await in_database(keep, stored)
        return stored


async def look_at(
    path: Path, name: str, folder: Path, *, person_id: int, is_upload: bool = True
) -> Inspection:
    """What the file is; what can be made of it is then in `folder`. Raises FileNotTaken or FileTooLarge."""
    if await asyncio.to_thread(_size, path) > settings.MAX_FILE_BYTES:
        raise FileTooLarge(limit=settings.MAX_FILE_BYTES)
    # An hour of sound takes most of a minute where others work too; an answer waits for its files.
    limits = Limits(image_side=settings.IMAGE_SIDE, seconds=180 if is_upload else 30)
    try:
        if is_upload:
            return await inspected(person_id, inspect_isolated, path, name, folder, limits)
        return await inspected_for_answer(inspect_isolated, path, name, folder, limits)
    except FileRefused as refused:
        raise FileNotTaken(str(WORDS[refused.refusal])) from refused


def _own(path: Path, link: Path) -> Path:
    """The same file under another name, of which nobody else knows."""
    try:
        os.link(path, link)
    except OSError:
        shutil.copyfile(path, link)
    return link


def _size(path: Path) -> int:
    return path.stat().st_size


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
