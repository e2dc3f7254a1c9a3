"""What people do with their files: put one beside what they write, describe it, send it, take it out again.

Invariant: a file is stored before its row is, and removed after it, so that no row is without its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.core.files import File
from django.db.models import Max, Sum
from uuid_utils.compat import uuid7

from conversations.media import Inspection, Made, safe_name
from conversations.models import Attachment, Conversation
from conversations.protocol.text_repair import clean_text
from conversations.services.errors import FileGone, NoSpaceLeft, TooManyFiles
from conversations.services.transactions import writing

MOST_FILES = 20
ALT_LENGTH = 1000


class Incoming(msgspec.Struct, frozen=True):
    """A file that is to be kept. `folder` holds what was made of it.

    It waits to be sent, in the conversation `waits_in` (None: in one that is yet to begin); or `is_waiting` is False,
    and it is part of an answer already.
    """

    owner_id: int
    path: Path
    name: str
    sha256: str
    inspection: Inspection
    folder: Path
    waits_in: UUID | None = None
    is_waiting: bool = True


def keep(incoming: Incoming) -> Attachment:
    """Store a file that has been looked at. Raises NoSpaceLeft."""
    found = incoming.inspection
    size = incoming.path.stat().st_size
    if incoming.is_waiting:
        refuse_beyond_quota(incoming.owner_id, size)
    attachment = Attachment(
        pk=uuid7(),
        owner_id=incoming.owner_id,
        kind=found.kind,
        name=safe_name(incoming.name, found.extension),
        media_type=found.media_type,
        size=size,
        sha256=incoming.sha256,
        facts=_facts(found),
        waits_in_id=incoming.waits_in,
        is_waiting=incoming.is_waiting,
    )
    if found.text:
        attachment.text = clean_text((incoming.folder / found.text.name).read_text(encoding="utf-8"))
    try:
        _store(attachment, "file", incoming.path, f"original.{found.extension}")
        _store_made(attachment, "sendable", incoming.folder, found.sendable)
        _store_made(attachment, "thumbnail", incoming.folder, found.thumbnail)
        with writing():
            if incoming.is_waiting:
                attachment.position = _next_position(incoming.owner_id)
            attachment.save(force_insert=True)
    except BaseException:
        for stored in attachment.files:
            stored.storage.delete(stored.name or "")
        raise
    return attachment


def keep_unread(owner_id: int, path: Path, name: str) -> Attachment:
    """Store what came with an answer and could not be read: a file to download, of which nothing is known."""
    attachment = Attachment(
        pk=uuid7(),
        owner_id=owner_id,
        kind=Attachment.Kind.OTHER,
        name=safe_name(name, "bin"),
        media_type="application/octet-stream",
        size=path.stat().st_size,
        is_waiting=False,
    )
    _store(attachment, "file", path, "original.bin")
    attachment.save(force_insert=True)
    return attachment


def refuse_beyond_quota(owner_id: int, size: int) -> None:
    """Raises NoSpaceLeft where `size` more bytes are more than a person has."""
    quota = settings.FILE_QUOTA_BYTES
    if not quota:
        return
    used = Attachment.objects.filter(owner_id=owner_id).aggregate(used=Sum("size"))["used"] or 0
    if used + size > quota:
        raise NoSpaceLeft(quota=quota)


def describe(attachment: Attachment, *, alt: str, detail: str, form: str, text: str | None) -> None:
    """How it is to be sent. Raises FileGone for one that was sent meanwhile: what was said does not change."""
    values: dict[str, Any] = {
        "alt": " ".join(clean_text(alt).split())[:ALT_LENGTH],
        "detail": detail if detail in Attachment.Detail.values else "",
        "form": form if form in Attachment.Form.values else "",
    }
    if text is not None and attachment.kind in {Attachment.Kind.TEXT, Attachment.Kind.DOCUMENT}:
        values["text"] = clean_text(text.replace("\r\n", "\n"))
        values["facts"] = {**attachment.facts, "words": len(values["text"].split()), "is_changed": True}
    with writing():
        if not Attachment.objects.filter(pk=attachment.pk, is_waiting=True).update(**values):
            raise FileGone
    for name, value in values.items():
        setattr(attachment, name, value)


def arrange(owner_id: int, wanted: Sequence[UUID]) -> None:
    """Send them in this order."""
    places = {pk: position for position, pk in enumerate(wanted)}
    with writing():
        waiting = [row for row in Attachment.objects.waiting(owner_id) if row.pk in places]
        for attachment in waiting:
            attachment.position = places[attachment.pk]
        Attachment.objects.bulk_update(waiting, ["position"])


def discard(attachment: Attachment) -> None:
    """Take it out before it is sent. Raises FileGone for one that was sent meanwhile."""
    with writing():
        _count, removed = Attachment.objects.filter(pk=attachment.pk, is_waiting=True).delete()
        if not removed:
            raise FileGone


def outgoing(wanted: Sequence[tuple[int, UUID]]) -> dict[UUID, Attachment]:
    """Of the files that people want to send, (owner, id), those that are theirs and wait to be sent."""
    owners = {pk: owner_id for owner_id, pk in wanted}
    rows = Attachment.objects.light().filter(pk__in=owners, is_waiting=True) if owners else ()
    return {row.pk: row for row in rows if row.owner_id == owners[row.pk]}


def checked_files(wanted: Sequence[UUID], there: dict[UUID, Attachment]) -> list[Attachment]:
    """The files of one message, in their order. Raises TooManyFiles, or FileGone if one of them is not `there`."""
    chosen = list(dict.fromkeys(wanted))
    if len(chosen) > MOST_FILES:
        raise TooManyFiles(limit=MOST_FILES)
    if any(pk not in there for pk in chosen):
        raise FileGone
    return [there[pk] for pk in chosen]


def mark_sent(attachments: Sequence[Attachment]) -> None:
    Attachment.objects.filter(pk__in=[attachment.pk for attachment in attachments]).update(
        is_waiting=False, waits_in=None
    )


def remove_unused(conversation_id: UUID, candidates: Sequence[UUID]) -> None:
    """Remove those of a conversation that is going which no message of another refers to."""
    Attachment.objects.filter(pk__in=candidates, parts=None, is_waiting=False).delete()
    Attachment.objects.filter(waits_in=conversation_id, is_waiting=True).delete()


def in_conversation(conversation: Conversation | None, owner_id: int) -> list[Attachment]:
    """The files that wait in this conversation, or in the one that is yet to begin."""
    return list(
        Attachment.objects.waiting(owner_id).filter(waits_in=conversation.pk if conversation else None)
    )


def _next_position(owner_id: int) -> int:
    last = Attachment.objects.filter(owner_id=owner_id, is_waiting=True).aggregate(last=Max("position"))[
        "last"
    ]
    return 0 if last is None else last + 1


def _facts(found: Inspection) -> dict[str, Any]:
    members = ("width", "height", "seconds", "pages", "words", "language")
    facts = {name: value for name in members if (value := getattr(found, name)) not in (None, "")}
    facts |= {"peaks": list(found.peaks)} if found.peaks else {}
    facts |= {"is_cut": True} if found.is_cut else {}
    for name, made in (("sendable", found.sendable), ("thumbnail", found.thumbnail)):
        if made:
            facts[name] = {
                "media_type": made.media_type,
                "size": made.size,
                "width": made.width,
                "height": made.height,
            }
    return facts


def _store_made(attachment: Attachment, field: str, folder: Path, made: Made | None) -> None:
    if made:
        _store(attachment, field, folder / made.name, f"{field}{Path(made.name).suffix}")


def _store(attachment: Attachment, field: str, path: Path, name: str) -> None:
    with path.open("rb") as source:
        getattr(attachment, field).save(name, File(source), save=False)
