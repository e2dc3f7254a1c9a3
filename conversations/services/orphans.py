"""Files that nothing refers to any more, and rows whose file is gone: found, and removed if that is wished.

Invariant: what may be on its way is left alone: only what is older than `SPARED_FOR` counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID

import msgspec
from django.core.files.storage import Storage, default_storage
from django.utils import timezone

from conversations.models import Attachment, Generation
from conversations.models.attachment import FOLDER, GROWING
from conversations.services.attachments import remove_if

SPARED_FOR = timedelta(days=1)
# What somebody put beside a message and never sent.
FORGOTTEN_AFTER = timedelta(days=30)


class Orphans(msgspec.Struct, frozen=True):
    """`files` are names in the storage without a row; `forgotten` attachments that no message refers to; `lost` those
    of which a file is gone, which stay, since messages may show them.
    """

    files: list[str]
    forgotten: list[UUID]
    lost: list[UUID]


def find_orphans() -> Orphans:
    """Looks at every stored file once. Raises OSError."""
    now = timezone.now()
    # Before the rows are read, since a file is stored before its row is: what comes meanwhile is no file without one.
    stored = set(_stored_files(default_storage))
    folders: set[str] = set()
    lost: list[UUID] = []
    for attachment in Attachment.objects.light().iterator():
        names = {file.name or "" for file in attachment.files}
        folders.add(attachment.folder)
        # One that came meanwhile was not listed, and is there.
        if not all(default_storage.exists(name) for name in names - stored):
            lost.append(attachment.pk)
    running = {pk.hex for pk in Generation.objects.running().values_list("pk", flat=True)}
    growing = {name for name in _stored_files(default_storage, GROWING) if name.split("/")[1] not in running}
    files = sorted(name for name in _outside(stored, folders) | growing if _is_old(name, now))
    unused = Attachment.objects.filter(parts=None)
    forgotten = unused.filter(is_waiting=True, created_at__lt=now - FORGOTTEN_AFTER) | unused.filter(
        is_waiting=False, created_at__lt=now - SPARED_FOR
    )
    return Orphans(files, list(forgotten.values_list("pk", flat=True)), lost)


def remove_orphans(found: Orphans) -> None:
    """Raises OSError."""
    for name in found.files:
        default_storage.delete(name)
    for pk in found.forgotten:
        remove_if(Attachment.objects.filter(pk=pk))


def _outside(names: set[str], folders: set[str]) -> set[str]:
    return {name for name in names if str(PurePosixPath(name).parent) not in folders}


def _is_old(name: str, now: datetime) -> bool:
    """Not so of one that has gone meanwhile, or whose storage keeps no times."""
    try:
        return default_storage.exists(name) and default_storage.get_modified_time(name) < now - SPARED_FOR
    except (FileNotFoundError, NotImplementedError):
        return False


def _stored_files(storage: Storage, folder: str = FOLDER) -> Iterator[str]:
    """All names below a folder, which need not be there: on disk that is an error, in a bucket it is just empty."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield str(PurePosixPath(folder, name))
    for inner in folders:
        yield from _stored_files(storage, str(PurePosixPath(folder, inner)))
