"""An attachment: a file that somebody put beside a message, or that came with an answer, and what was made of it.

Invariant: the bytes are in Django's storage, under names that no user chose; rows hold only their names. Once a message
refers to it an attachment never changes, and its files go when its row goes.
"""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Self

from django.conf import settings
from django.core.files.storage import Storage
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

FOLDER = "attachments"
# Speech of answers that are still being given, by their generations.
GROWING = "growing"


def _place(attachment: Attachment, name: str) -> str:
    """Where a file of the attachment is stored; the last digits of the id spread the folders evenly."""
    key = attachment.pk.hex
    return str(PurePosixPath(FOLDER, key[-2:], key, name))


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def light(self) -> Self:
        """Without the text, which may be long, and which pages do not show."""
        return self.defer("text")

    def waiting(self, owner_id: int) -> Self:
        """Those that no message refers to yet, in the order in which they are to be sent."""
        return self.light().filter(owner_id=owner_id, is_waiting=True).order_by("position", "id")


class Attachment(models.Model):
    class Kind(models.TextChoices):
        IMAGE = "image", _("picture")
        AUDIO = "audio", _("sound")
        DOCUMENT = "document", _("document")
        TEXT = "text", _("text")
        OTHER = "other", _("file")

    class Detail(models.TextChoices):
        UNSET = "", _("as the endpoint thinks best")
        AUTO = "auto", _("automatic")
        LOW = "low", _("low")
        HIGH = "high", _("high")

    class Form(models.TextChoices):
        """How a document reaches the model."""

        UNSET = "", _("as the model takes it")
        FILE = "file", _("as the file itself")
        TEXT = "text", _("as text")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="attachments"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    name = models.CharField(_("name"), max_length=160)
    media_type = models.CharField(
        _("media type"), max_length=100, help_text=_("As found out from the content.")
    )
    size = models.PositiveBigIntegerField(_("size"), help_text=_("In bytes."))
    stored_bytes = models.PositiveBigIntegerField(
        _("takes"), default=0, help_text=_("All that is stored of it, in bytes.")
    )
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    file = models.FileField(_("file"), upload_to=_place, max_length=160)
    sendable = models.FileField(
        _("sent instead"),
        upload_to=_place,
        max_length=160,
        blank=True,
        help_text=_("What models are sent in place of the file: smaller, upright, without metadata."),
    )
    thumbnail = models.FileField(_("thumbnail"), upload_to=_place, max_length=160, blank=True)
    text = models.TextField(
        _("text"), blank=True, help_text=_("What the file says, as extracted or as its owner changed it.")
    )
    facts = models.JSONField(
        _("facts"),
        default=dict,
        blank=True,
        help_text=_("Size in pixels, length in seconds, pages, words: as far as it has them."),
    )
    alt = models.CharField(_("description"), max_length=1000, blank=True)
    detail = models.CharField(_("detail"), max_length=4, choices=Detail, blank=True)
    form = models.CharField(_("sent as"), max_length=4, choices=Form, blank=True)
    is_waiting = models.BooleanField(_("waiting"), default=True, help_text=_("No message refers to it yet."))
    waits_in = models.ForeignKey(
        "Conversation",
        models.SET_NULL,
        verbose_name=_("waits in"),
        null=True,
        blank=True,
        related_name="waiting_attachments",
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [
            models.Index(
                fields=["owner", "position"],
                name="attachment_waiting",
                condition=models.Q(is_waiting=True),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        return reverse("attachment", args=[self.pk])

    @property
    def folder(self) -> str:
        """The folder in the storage that everything of it is in, and nothing else."""
        return _place(self, "").rstrip("/")

    @property
    def files(self) -> list[FieldFile]:
        """Everything that is stored of it."""
        return [stored for stored in (self.file, self.sendable, self.thumbnail) if stored]

    @property
    def sent_file(self) -> FieldFile:
        """What models are sent."""
        return self.sendable or self.file

    @property
    def sent_media_type(self) -> str:
        return str(self._sendable.get("media_type", self.media_type)) if self.sendable else self.media_type

    @property
    def sent_size(self) -> int:
        return int(self._sendable.get("size", self.size)) if self.sendable else self.size

    @property
    def _sendable(self) -> dict[str, Any]:
        found = self.facts.get("sendable")
        return found if isinstance(found, dict) else {}


def remove_empty_folder(storage: Storage, name: str) -> None:
    """On disk folders stay when their files go; in a bucket there are none."""
    with contextlib.suppress(NotImplementedError, OSError):
        Path(storage.path(name)).rmdir()


def _remove_folder(storage: Storage, folder: str) -> None:
    """Everything that was ever stored of an attachment, pictures of its pages included."""
    for name in storage.listdir(folder)[1]:
        storage.delete(str(PurePosixPath(folder, name)))
    remove_empty_folder(storage, folder)


@receiver(models.signals.post_delete, sender=Attachment)
def _remove_files(sender: type[Attachment], instance: Attachment, **_kwargs: object) -> None:
    """Whatever removes the row: an account, a conversation, its owner. Files go once that is certain."""
    transaction.on_commit(partial(_remove_folder, instance.file.storage, instance.folder), robust=True)
