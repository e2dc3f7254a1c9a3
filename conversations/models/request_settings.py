"""What goes into every request of a conversation beside its messages, wherever it is kept."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import models
from django.utils.translation import gettext_lazy as _


class RequestSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`parameters` are members of the request that differ from the endpoint's defaults."""

    system_prompt: str = ""
    system_role: str = "system"
    parameters: dict[str, Any] = {}


class WithRequestSettings(models.Model):
    """Keeps request settings; read and written as a whole through `request_settings`."""

    class SystemRole(models.TextChoices):
        SYSTEM = "system", _("system")
        DEVELOPER = "developer", _("developer")

    system_prompt = models.TextField(_("system prompt"), blank=True)
    system_role = models.CharField(
        _("role of the system prompt"), max_length=9, choices=SystemRole, default=SystemRole.SYSTEM
    )
    parameters = models.JSONField(
        _("parameters"),
        default=dict,
        blank=True,
        help_text=_("Request fields that differ from the endpoint's defaults."),
    )

    class Meta:
        abstract = True

    @property
    def request_settings(self) -> RequestSettings:
        return RequestSettings(
            system_prompt=self.system_prompt, system_role=self.system_role, parameters=self.parameters
        )

    @request_settings.setter
    def request_settings(self, settings: RequestSettings) -> None:
        for name, value in msgspec.structs.asdict(settings).items():
            setattr(self, name, value)


SETTINGS_FIELDS = RequestSettings.__struct_fields__
