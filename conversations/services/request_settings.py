"""What goes into requests beside the messages: set for a conversation, kept as a preset, or begun with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from conversations.models import Conversation, Preset, RequestDefaults, RequestSettings
from conversations.protocol.errors import InvalidRequest
from conversations.protocol.requests import check_parameters
from conversations.protocol.text_repair import clean_text
from conversations.services.errors import ChangedElsewhere, NothingToName
from conversations.services.transactions import writing
from conversations.services.transcripts import lock_conversation

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

NOTHING_SET = RequestSettings()


def set_request_settings(
    conversation: Conversation, settings: RequestSettings, *, instead_of: str | None = None
) -> Conversation:
    """They hold from the next answer on; returns the row as it is then.

    `instead_of` is the fingerprint of those that whoever sets them has seen. Raises ChangedElsewhere when there are
    others by now, which would be lost.
    """
    with writing():
        locked = lock_conversation(conversation.pk)
        there = fingerprint(locked.request_settings)
        # What is there already may well have come from whoever sends it again, for want of an answer.
        if instead_of not in (None, there) and there != fingerprint(settings):
            raise ChangedElsewhere
        locked.request_settings = settings
        locked.save(update_fields=RequestSettings.__struct_fields__)
        return locked


def fingerprint(settings: RequestSettings) -> str:
    """Differs for settings that differ."""
    told = msgspec.json.encode(_as_any_database_has_it(msgspec.to_builtins(settings)), order="deterministic")
    return hashlib.sha256(told).hexdigest()[:16]


def _as_any_database_has_it(value: Any) -> Any:
    """PostgreSQL gives a whole number back as one, however it was written."""
    if isinstance(value, dict):
        return {name: _as_any_database_has_it(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_as_any_database_has_it(member) for member in value]
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    return str(int(value)) if is_whole else value


def settings_to_begin_with(user_id: int, model_key: str) -> RequestSettings:
    """What a user has set for all new conversations, and over it what they have set for those with this model."""
    kept = RequestDefaults.objects.filter(user_id=user_id, model_key__in=["", model_key]).order_by(
        "model_key"
    )
    begun = NOTHING_SET
    for each in kept:
        begun = _over(each.request_settings, begun)
    return begun


def _over(settings: RequestSettings, general: RequestSettings) -> RequestSettings:
    """Both; where they do not go together, `settings` alone."""
    parameters = {**general.parameters, **settings.parameters}
    try:
        check_parameters(parameters)
    except InvalidRequest:
        parameters = settings.parameters
    speaks = settings.system_prompt or settings.system_role != NOTHING_SET.system_role
    return RequestSettings(
        system_prompt=settings.system_prompt or general.system_prompt,
        system_role=settings.system_role if speaks else general.system_role,
        parameters=parameters,
    )


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
    name = " ".join(clean_text(name).split())[:80]
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
