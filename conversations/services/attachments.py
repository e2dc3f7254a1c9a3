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
from django.contrib.auth import get_user_model
from django.core.files import File
from django.db.models import Exists, Max, OuterRef, QuerySet, Sum
from uuid_utils.compat import uuid7

from conversations.media import Inspection, Made, safe_name
from conversations.models import Attachment, Conversation, Part
from conversations.protocol.text_repair import clean_text
from conversations.services.errors import FileGone, MessageTooLong, NoSpaceLeft, TooManyFiles
from conversations.services.transactions import writing

MOST_FILES = 20
ALT_LENGTH = 1000
TEXT_LIMIT = 1_000_000  # characters, as much as is read out of a file
UNKNOWN = "application/octet-stream"
SOUND_EXTENSIONS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/aac": "aac",
}
# Of what a person has and what they have deleted together: the latter can be brought back for a while.
QUOTAS_WITH_DELETED = 2


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


def store(incoming: Incoming) -> Attachment:
    """Store a file that has been looked at, with what was made of it; the row is not written yet. Asks no database.

    Raises what the storage does.
    """
    found = incoming.inspection
    attachment = Attachment(
        pk=uuid7(),
        owner_id=incoming.owner_id,
        kind=found.kind,
        name=safe_name(incoming.name, found.extension),
        media_type=found.media_type,
        size=incoming.path.stat().st_size,
        sha256=incoming.sha256,
        facts=_facts(found),
        waits_in_id=incoming.waits_in,
        is_waiting=incoming.is_waiting,
    )
    if found.text:
        attachment.text = clean_text((incoming.folder / found.text.name).read_text(encoding="utf-8"))
    made = [part.size for part in (found.sendable, found.thumbnail) if part]
    attachment.stored_bytes = attachment.size + sum(made) + len(attachment.text.encode())
    try:
        _store(attachment, "file", incoming.path, f"original.{found.extension}")
        _store_made(attachment, "sendable", incoming.folder, found.sendable)
        _store_made(attachment, "thumbnail", incoming.folder, found.thumbnail)
    except BaseException:
        _remove_stored(attachment)
        raise
    return attachment


def store_unread(
    owner_id: int, path: Path, name: str, *, media_type: str = UNKNOWN, seconds: float | None = None
) -> Attachment:
    """The same of what came with an answer and was not looked into: sound that says what it is, or just a file."""
    size = path.stat().st_size
    extension = SOUND_EXTENSIONS.get(media_type, "bin")
    attachment = Attachment(
        pk=uuid7(),
        owner_id=owner_id,
        kind=Attachment.Kind.AUDIO if media_type in SOUND_EXTENSIONS else Attachment.Kind.OTHER,
        name=safe_name(name, extension),
        media_type=media_type,
        size=size,
        stored_bytes=size,
        facts={} if seconds is None else {"seconds": round(seconds, 1)},
        is_waiting=False,
    )
    _store(attachment, "file", path, f"original.{extension}")
    return attachment


def keep(attachment: Attachment) -> None:
    """Write the row of what has been stored; where it is refused, what was stored goes again. Raises NoSpaceLeft."""
    try:
        with writing():
            if attachment.is_waiting:
                # One at a time for each person, or two files would both find the last space free.
                people = get_user_model().objects.select_for_update(no_key=True)
                people.filter(pk=attachment.owner_id).first()
                refuse_beyond_quota(attachment.owner_id, attachment.stored_bytes)
                attachment.position = _next_position(attachment.owner_id)
            attachment.save(force_insert=True)
    except BaseException:
        _remove_stored(attachment)
        raise


def refuse_beyond_quota(owner_id: int, size: int) -> None:
    """Raises NoSpaceLeft where `size` more bytes are more than a person has. What they have deleted hardly counts."""
    quota = settings.FILE_QUOTA_BYTES
    if not quota:
        return
    own = Attachment.objects.filter(owner_id=owner_id)
    shown = Part.objects.filter(attachment=OuterRef("pk"))
    counted = own.filter(~Exists(shown) | Exists(shown.filter(message__conversation__deleted_at=None)))
    for rows, most in ((counted, quota), (own, QUOTAS_WITH_DELETED * quota)):
        if (rows.aggregate(used=Sum("stored_bytes"))["used"] or 0) + size > most:
            raise NoSpaceLeft(quota=quota)


def describe(attachment: Attachment, *, alt: str, detail: str, form: str, text: str | None) -> None:
    """How it is to be sent. Raises MessageTooLong, or FileGone for one that was sent meanwhile: what was said does not
    change.

    Whoever changes the text wants it sent, so it no longer goes as the file.
    """
    values: dict[str, Any] = {
        "alt": " ".join(clean_text(alt).split())[:ALT_LENGTH],
        "detail": detail if detail in Attachment.Detail.values else "",
        "form": form if form in Attachment.Form.values else "",
    }
    if text is not None and attachment.kind in {Attachment.Kind.TEXT, Attachment.Kind.DOCUMENT}:
        values |= _changed_text(attachment, clean_text(text.replace("\r\n", "\n")), values["form"])
    with writing():
        if not Attachment.objects.filter(pk=attachment.pk, is_waiting=True).update(**values):
            raise FileGone
    for name, value in values.items():
        setattr(attachment, name, value)


def _changed_text(attachment: Attachment, text: str, form: str) -> dict[str, Any]:
    """What follows from another text; nothing if it is the same."""
    if text.strip() == attachment.text.strip():
        return {}
    if len(text) > TEXT_LIMIT:
        raise MessageTooLong(length=len(text), limit=TEXT_LIMIT)
    facts = {name: value for name, value in attachment.facts.items() if name != "is_cut"}
    return {
        "text": text,
        "facts": {**facts, "words": len(text.split()), "is_changed": True},
        "form": Attachment.Form.TEXT if form == Attachment.Form.FILE else form,
        "stored_bytes": max(0, attachment.stored_bytes - len(attachment.text.encode())) + len(text.encode()),
    }


def arrange(owner_id: int, wanted: Sequence[UUID]) -> None:
    """Send them in this order."""
    places = {pk: position for position, pk in enumerate(wanted)}
    with writing():
        rows = Attachment.objects.waiting(owner_id).filter(pk__in=places)
        waiting = list(rows.order_by("pk").select_for_update())
        for attachment in waiting:
            attachment.position = places[attachment.pk]
        Attachment.objects.bulk_update(waiting, ["position"])


def discard(attachment: Attachment) -> None:
    """Take it out before it is sent. Raises FileGone for one that was sent meanwhile."""
    with writing():
        # Held, since a row is deleted by its id alone: somebody may be sending it in this very moment.
        held = Attachment.objects.select_for_update().filter(pk=attachment.pk, is_waiting=True).first()
        if held is None:
            raise FileGone
        held.delete()


def outgoing(wanted: Sequence[tuple[int, UUID]]) -> dict[UUID, Attachment]:
    """Of the files that people want to send, (owner, id), those that are theirs and wait to be sent; held until the
    transaction ends.
    """
    owners = {pk: owner_id for owner_id, pk in wanted}
    if not owners:
        return {}
    rows = (
        Attachment.objects.light().filter(pk__in=owners, is_waiting=True).order_by("pk").select_for_update()
    )
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
    remove_if(Attachment.objects.filter(pk__in=candidates, is_waiting=False))
    remove_if(Attachment.objects.filter(waits_in=conversation_id, is_waiting=True))


def remove_if(rows: QuerySet[Attachment]) -> None:
    """Remove those of them that no message refers to. They are held first, since rows are deleted by their ids."""
    unused = rows.filter(~Exists(Part.objects.filter(attachment=OuterRef("pk"))))
    with writing():
        held = list(unused.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        Attachment.objects.filter(pk__in=held).delete()


def in_conversation(conversation: Conversation | None, owner_id: int) -> list[Attachment]:
    """The files that wait in this conversation, or in the one that is yet to begin."""
    return list(
        Attachment.objects.waiting(owner_id).filter(waits_in=conversation.pk if conversation else None)
    )


def _remove_stored(attachment: Attachment) -> None:
    """Where there will be no row."""
    for stored in attachment.files:
        stored.storage.delete(stored.name or "")


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
