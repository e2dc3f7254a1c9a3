"""A completion: one exchange with an endpoint, as it was sent and as it came back, with what it used and took."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class Completion(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    generation = models.ForeignKey(
        "Generation", models.CASCADE, verbose_name=_("generation"), related_name="completions"
    )
    endpoint = models.ForeignKey(
        "Endpoint",
        models.SET_NULL,
        verbose_name=_("endpoint"),
        null=True,
        blank=True,
        related_name="completions",
    )
    model = models.CharField(_("model"), max_length=255, blank=True, help_text=_("As asked for."))
    # Messages never change, so those that were said are named in a request's `messages` by the one that they lead to,
    # as {"said_until": id}: a long conversation is not stored again with every turn.
    request = models.JSONField(
        _("request"), default=dict, blank=True, help_text=_("As sent; what was said before is only named.")
    )
    response = models.JSONField(
        _("response"), default=dict, blank=True, help_text=_("As received, without its texts.")
    )

    has_logprobs = models.BooleanField(
        _("has log probabilities"),
        default=False,
        help_text=_("The response tells how likely its tokens were."),
    )
    response_id = models.CharField(_("response id"), max_length=255, blank=True)
    response_model = models.CharField(_("response model"), max_length=255, blank=True)
    system_fingerprint = models.CharField(_("system fingerprint"), max_length=255, blank=True)

    usage = models.JSONField(
        _("usage"), null=True, blank=True, help_text=_("Every number that the endpoint gave.")
    )
    prompt_tokens = models.PositiveIntegerField(_("prompt tokens"), null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(_("completion tokens"), null=True, blank=True)
    total_tokens = models.PositiveIntegerField(_("total tokens"), null=True, blank=True)

    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    first_token_seconds = models.FloatField(_("first token seconds"), null=True, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)

    error_kind = models.CharField(_("error kind"), max_length=32, blank=True)
    error_message = models.TextField(_("error message"), blank=True)
    error_status = models.PositiveSmallIntegerField(_("error status"), null=True, blank=True)
    error_code = models.CharField(_("error code"), max_length=128, blank=True)
    error_param = models.CharField(_("error param"), max_length=255, blank=True)

    refused = models.CharField(
        _("refused parameter"),
        max_length=255,
        blank=True,
        help_text=_("What the endpoint refused of what was set, and could do without."),
    )

    left_out = models.JSONField(
        _("left out"),
        default=list,
        blank=True,
        help_text=_("Files of the conversation that the request did not carry, and why."),
    )

    class Meta:
        verbose_name = _("completion")
        verbose_name_plural = _("completions")

    def __str__(self) -> str:
        return f"{self.model} {self.pk}"
