"""A generation: one run that makes an assistant's turn, and the checkpoints that outlive the process running it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

# A running process writes its heartbeat every second; after this long without one, it is gone.
HEARTBEAT_EXPIRES_AFTER = timedelta(seconds=20)


class GenerationQuerySet(models.QuerySet["Generation"]):
    def running(self) -> Self:
        return self.filter(status=Generation.Status.RUNNING)

    def abandoned(self, now: datetime) -> Self:
        """Those whose process has stopped answering."""
        return self.running().filter(heartbeat_at__lt=now - HEARTBEAT_EXPIRES_AFTER)


class Generation(models.Model):
    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        COMPLETE = "complete", _("complete")
        STOPPED = "stopped", _("stopped by the reader")
        FAILED = "failed", _("failed")
        INTERRUPTED = "interrupted", _("interrupted")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        "Conversation", models.CASCADE, verbose_name=_("conversation"), related_name="generations"
    )
    answers = models.ForeignKey(
        "Message",
        models.CASCADE,
        verbose_name=_("answers"),
        related_name="generations_answering",
        help_text=_("The message replied to."),
    )
    status = models.CharField(_("status"), max_length=11, choices=Status, default=Status.RUNNING)
    # The channel on which the owning process listens, so that others can ask it to stop or to be shown the run.
    process = models.CharField(_("process"), max_length=128, blank=True)
    heartbeat_at = models.DateTimeField(_("heartbeat at"), default=timezone.now)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        indexes = [
            models.Index(
                fields=["heartbeat_at"], name="generation_running", condition=models.Q(status="running")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], name="one_generation_at_a_time", condition=models.Q(status="running")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.pk}"


class Checkpoint(models.Model):
    """What one second of a running generation added; removed when its parts are written whole.

    `data` is a list of `[choice, part, kind, text, data]`: text to append to that part of that choice, and the
    part's structured data where it changed. Appending keeps the cost of a second the same however long the answer is.
    """

    generation = models.ForeignKey(
        "Generation", models.CASCADE, verbose_name=_("generation"), related_name="checkpoints"
    )
    sequence = models.PositiveIntegerField(_("sequence"))
    data = models.JSONField(_("data"))

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["generation", "sequence"], name="checkpoint_sequence")]

    def __str__(self) -> str:
        return f"{self.generation_id} {self.sequence}"
