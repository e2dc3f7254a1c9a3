"""What goes into requests beside the messages: set for a conversation, kept as a preset, or begun with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from conversations.models import Conversation, Preset, RequestDefaults, RequestSettings
from conversations.services.errors import NothingToName
from conversations.services.transactions import writing

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

NOTHING_SET = RequestSettings()


def set_request_settings(conversation: Conversation, settings: RequestSettings) -> None:
    """They hold from the next answer on."""
    with writing():
        conversation.request_settings = settings
        conversation.save(update_fields=RequestSettings.__struct_fields__)


def settings_to_begin_with(user_id: int, model_key: str) -> RequestSettings:
    """What a user has set for all new conversations, and over it what they have set for those with this model."""
    kept = RequestDefaults.objects.filter(user_id=user_id, model_key__in=["", model_key]).order_by(
        "model_key"
    )
    begun = NOTHING_SET
    for each in kept:
        settings = each.request_settings
        begun = msgspec.structs.replace(begun, parameters={**begun.parameters, **settings.parameters})
        if settings.system_prompt:
            begun = msgspec.structs.replace(
                begun, system_prompt=settings.system_prompt, system_role=settings.system_role
            )
    return begun


def begin_with(user: AbstractBaseUser, settings: RequestSettings, *, model_key: str = "") -> None:
    """Let the user's new conversations, or those with one model, begin with `settings`; nothing set forgets them."""
    with writing():
        if settings == NOTHING_SET:
            RequestDefaults.objects.filter(user_id=user.pk, model_key=model_key).delete()
        else:
            RequestDefaults.objects.update_or_create(
                user_id=user.pk, model_key=model_key, defaults=msgspec.structs.asdict(settings)
            )


def save_preset(
    owner: AbstractBaseUser,
    name: str,
    settings: RequestSettings,
    *,
    model_key: str = "",
    shared: bool = False,
) -> Preset:
    """Keep `settings` under a name; the owner's preset of that name is replaced. Raises NothingToName."""
    name = " ".join(name.split())[:80]
    if not name:
        raise NothingToName
    with writing():
        values = {**msgspec.structs.asdict(settings), "model_key": model_key, "shared": shared}
        return Preset.objects.update_or_create(owner_id=owner.pk, name=name, defaults=values)[0]


def share_preset(preset: Preset, *, shared: bool) -> None:
    preset.shared = shared
    preset.save(update_fields=["shared"])


def delete_preset(preset: Preset) -> None:
    """Conversations that began with it keep what it said."""
    preset.delete()
