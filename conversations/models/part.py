"""A part: one ordered piece of a message, of one kind, with the HTML that readers see stored beside its text."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Part(models.Model):
    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        REASONING = "reasoning", _("reasoning")
        REFUSAL = "refusal", _("refusal")
        TOOL_CALL = "tool_call", _("tool call")
        TOOL_RESULT = "tool_result", _("tool result")
        IMAGE = "image", _("image")
        AUDIO = "audio", _("audio")
        VIDEO = "video", _("video")
        FILE = "file", _("file")
        ANNOTATION = "annotation", _("annotation")
        CITATION = "citation", _("citation")

    message = models.ForeignKey("Message", models.CASCADE, verbose_name=_("message"), related_name="parts")
    index = models.PositiveSmallIntegerField(_("index"))
    # A part whose file is gone stays, and says so.
    attachment = models.ForeignKey(
        "Attachment",
        models.SET_NULL,
        verbose_name=_("attachment"),
        null=True,
        blank=True,
        related_name="parts",
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    text = models.TextField(_("text"), blank=True)
    data = models.JSONField(_("data"), default=dict, blank=True)
    html = models.TextField(_("HTML"), blank=True)
    # Zero: nothing is rendered. A number below the renderer's own: render again before showing.
    html_version = models.PositiveSmallIntegerField(_("HTML version"), default=0)
    seconds = models.FloatField(
        _("seconds"), null=True, blank=True, help_text=_("How long it took to arrive.")
    )

    class Meta:
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["message", "index"], name="part_position")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.index}"

    @property
    def element_id(self) -> str:
        """The id of the part's element on the page."""
        return f"part-{self.message_id}-{self.index}"
