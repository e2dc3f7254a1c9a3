"""Pictures at other hosts, fetched on a reader's behalf: what the reader's browser would tell their host stays here."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy

from conversations.generation.intake import look_at
from conversations.media import Kind
from conversations.network import DownloadFailed, Reason, download
from conversations.services.errors import FileNotTaken, FileTooLarge

WORDS = {
    Reason.BAD_ADDRESS: gettext_lazy("This is not an address of a picture: it begins with https:// or http://."),
    Reason.REFUSED_ADDRESS: gettext_lazy("This address belongs to a private network, and is not called."),
    Reason.NOT_FOUND: gettext_lazy("There is no picture at this address."),
    Reason.TOO_SLOW: gettext_lazy("The picture took too long to come."),
    Reason.UNREACHABLE: gettext_lazy("The host of this picture cannot be reached."),
    Reason.TOO_MANY_REDIRECTS: gettext_lazy("This address only ever leads to another."),
    Reason.BAD_RESPONSE: gettext_lazy("The picture did not come whole."),
}  # fmt: skip


async def fetch_picture(address: str, folder: Path) -> tuple[Path, str]:
    """Where in `folder` the file at `address` is now, and its name. Raises FileNotTaken or FileTooLarge."""
    path = folder / "fetched"
    try:
        with path.open("wb") as file:
            found = await download(
                address, file, policy=settings.NETWORK_POLICY, limit_bytes=settings.MAX_FILE_BYTES
            )
    except DownloadFailed as failed:
        if failed.reason is Reason.TOO_LARGE:
            raise FileTooLarge(limit=settings.MAX_FILE_BYTES) from failed
        raise FileNotTaken(str(WORDS[failed.reason])) from failed
    return path, unquote(urlsplit(found.url).path.rpartition("/")[2])


async def picture_elsewhere(address: str, *, person_id: int) -> tuple[bytes, str]:
    """The picture at `address`, as a browser may show it, and its media type. Raises like fetch_picture()."""
    with TemporaryDirectory(prefix="chatsite-") as made:
        folder = Path(made)
        path, name = await fetch_picture(address, folder)
        found = await look_at(path, name, folder, person_id=person_id)
        if found.kind is not Kind.IMAGE:
            raise FileNotTaken(str(WORDS[Reason.NOT_FOUND]))
        if found.sendable:
            path = folder / found.sendable.name
        content = await asyncio.to_thread(path.read_bytes)
        return content, found.sendable.media_type if found.sendable else found.media_type
