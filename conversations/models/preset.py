"""Request settings that people keep: presets, which have a name, and what their new conversations begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.request_settings import WithRequestSettings

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

# A slug, the separator and a model's name.
MODEL_KEY_LENGTH = 320


class PresetQuerySet(models.QuerySet["Preset"]):
    def usable_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """One's own, and those that others share."""
        return self.filter(models.Q(owner_id=user.pk) | models.Q(shared=True))


class Preset(WithRequestSettings):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="presets"
    )
    name = models.CharField(_("name"), max_length=80)
    shared = models.BooleanField(
        _("shared"),
        default=False,
        help_text=_("Everybody on this site may use it; only its owner changes it."),
    )
    model_key = models.CharField(
        _("model"),
        max_length=MODEL_KEY_LENGTH,
        blank=True,
        help_text=_("The model that it is meant for, as endpoint::model; empty for any."),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = PresetQuerySet.as_manager()

    class Meta:
        verbose_name = _("preset")
        verbose_name_plural = _("presets")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="preset_named_once"),
        ]

    def __str__(self) -> str:
        return self.name


class RequestDefaults(WithRequestSettings):
    """What a user's new conversations begin with: with any model (`model_key` empty), or with one."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="request_defaults"
    )
    model_key = models.CharField(_("model"), max_length=MODEL_KEY_LENGTH, blank=True)

    class Meta:
        verbose_name = _("request defaults")
        verbose_name_plural = _("request defaults")
        constraints = [
            models.UniqueConstraint(fields=["user", "model_key"], name="request_defaults_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.model_key or '*'}"
