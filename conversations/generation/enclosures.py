"""Files in a request: each becomes the part that its receiver reads, its text, or a note that it was left out.

Invariant: nothing is left out in silence: the model reads a note in its place, and the caller is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import Any, BinaryIO

import msgspec
from django.conf import settings
from django.core import signing
from django.db.models.fields.files import FieldFile
from django.urls import reverse

from conversations.generation.receivers import Receiver
from conversations.models import Attachment
from conversations.protocol.blobs import Blob

LINK_SALT = "attachment"
MESSAGE_MEDIA = {Attachment.Kind.IMAGE: "picture", Attachment.Kind.AUDIO: "sound recording"}
LinkMaker = Callable[[Attachment], str]


class LeftOut(msgspec.Struct, frozen=True):
    """A file that a request does not carry: `reason` is "unreadable", "too_many", "too_large", "no_text" or "gone"."""

    name: str
    reason: str


class Enclosed(msgspec.Struct, frozen=True, eq=False):
    """A file at its place in what was said; `attachment` is None when it is gone."""

    attachment: Attachment | None


class Encloser:
    """Writes the files of one request. `left_out` names those that it does not carry."""

    def __init__(self, receiver: Receiver, link_to: LinkMaker) -> None:
        self._receiver = receiver
        self._link_to = link_to
        self._beyond: dict[int, str] = {}
        self.left_out: list[LeftOut] = []

    def look_through(self, enclosed: Sequence[Enclosed]) -> None:
        """See which are beyond the receiver's limits; `enclosed` are all, oldest first: the newest matter most."""
        pictures = total = 0
        for item in reversed(enclosed):
            attachment = item.attachment
            if attachment is None:
                continue
            takes = self._bytes_of(attachment)
            is_picture = attachment.kind == Attachment.Kind.IMAGE
            most_pictures, most_bytes = self._receiver.most_pictures, self._receiver.most_bytes
            if is_picture and takes and most_pictures is not None and pictures >= most_pictures:
                self._beyond[id(item)] = "too_many"
            elif most_bytes is not None and takes and total + takes > most_bytes:
                self._beyond[id(item)] = "too_large"
            else:
                pictures += is_picture and takes > 0
                total += takes

    def part(self, item: Enclosed) -> dict[str, Any]:
        """The content part that stands for the file."""
        attachment = item.attachment
        if attachment is None:
            return self._note("file", "?", "gone")
        kind = MESSAGE_MEDIA.get(attachment.kind, "file")  # type: ignore[call-overload]
        reason = self._beyond.get(id(item))
        if reason is None and not self._receiver.takes(attachment.kind):
            reason = "unreadable"
        if (
            reason is None
            and kind == "file"
            and not self._travels(attachment)
            and not attachment.text.strip()
        ):
            reason = "no_text"
        if reason:
            return self._note(kind, _described(attachment), reason, attachment.name)
        if attachment.kind == Attachment.Kind.IMAGE:
            detail = {"detail": attachment.detail} if attachment.detail else {}
            return {"type": "image_url", "image_url": {"url": self._address(attachment), **detail}}
        if attachment.kind == Attachment.Kind.AUDIO:
            form = "mp3" if attachment.sent_media_type == "audio/mpeg" else "wav"
            return {"type": "input_audio", "input_audio": {"data": blob_of(attachment), "format": form}}
        if self._receiver.reads_itself(attachment):
            file = {"filename": attachment.name, "file_data": blob_of(attachment, as_url=True)}
            return {"type": "file", "file": file}
        return {"type": "text", "text": text_block(attachment)}

    def _travels(self, attachment: Attachment) -> bool:
        """Whether its bytes are sent, or where to fetch them."""
        return (
            attachment.kind in MESSAGE_MEDIA and self._receiver.takes(attachment.kind)
        ) or self._receiver.reads_itself(attachment)

    def _bytes_of(self, attachment: Attachment) -> int:
        """How much longer the request is for it; a link counts as something, since a picture behind it does."""
        if self._travels(attachment):
            is_linked = self._receiver.gives_links and attachment.kind == Attachment.Kind.IMAGE
            return 1 if is_linked else blob_of(attachment).encoded_size
        return 0 if attachment.kind in MESSAGE_MEDIA else len(attachment.text)

    def _address(self, attachment: Attachment) -> Blob | str:
        return self._link_to(attachment) if self._receiver.gives_links else blob_of(attachment, as_url=True)

    def _note(self, kind: str, described: str, reason: str, name: str = "") -> dict[str, Any]:
        self.left_out.append(LeftOut(name or described, reason))
        words = {
            "unreadable": f"You cannot perceive it: {kind}s are not among what you take.",
            "no_text": "It holds no text that could be read out of it.",
            "gone": "It is no longer there.",
        }
        why = words.get(reason, "It was too much for one request.")
        return {"type": "text", "text": f"[A {kind} was shown here and left out: {described}. {why}]"}


def blob_of(attachment: Attachment, *, as_url: bool = False, as_it_came: bool = False) -> Blob:
    """The file as models are sent it (or as it came), read from its storage when the request goes out."""
    media_type = attachment.media_type if as_it_came else attachment.sent_media_type
    size = attachment.size if as_it_came else attachment.sent_size
    stored = attachment.file if as_it_came else attachment.sent_file
    return Blob(
        open=partial(_open, stored),
        size=size,
        label=f"{size:,} bytes of {attachment.name}",
        prefix=f"data:{media_type};base64," if as_url else "",
    )


def text_block(attachment: Attachment) -> str:
    """What a document says, in a block that names it."""
    pages = attachment.facts.get("pages")
    told = f' pages="{pages}"' if isinstance(pages, int) else ""
    cut = "\n[The rest of the file is left out.]" if attachment.facts.get("is_cut") else ""
    return f'<file name="{escape(attachment.name)}"{told}>\n{attachment.text.strip()}{cut}\n</file>'


def link_to(attachment: Attachment) -> str:
    """An address under which whoever has it can fetch the file for a while."""
    token = signing.dumps(str(attachment.pk), salt=LINK_SALT)
    return f"{settings.PUBLIC_URL}{reverse('shared_attachment', args=[token])}"


def link_in_words(attachment: Attachment) -> str:
    """The same for people who look at a request: no address that works."""
    return f"{settings.PUBLIC_URL}/<link to {attachment.name}, good for an hour>"


def _described(attachment: Attachment) -> str:
    return f"“{attachment.name}”, {attachment.alt}" if attachment.alt else f"“{attachment.name}”"


def _open(stored: FieldFile) -> BinaryIO:
    opened: BinaryIO = stored.storage.open(stored.name or "", "rb")  # type: ignore[assignment]
    return opened
