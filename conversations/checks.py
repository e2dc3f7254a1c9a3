"""System checks: settings that are each fine and together cannot work."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


@register()
def check_mail_can_leave(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ACCOUNT_EMAIL_VERIFICATION == "none" or "console" not in settings.EMAIL_BACKEND:
        return []
    return [
        Warning(
            "CHATSITE_EMAIL_VERIFICATION asks people to confirm their address, and no mail server is set.",
            hint="Set EMAIL_URL: without it, mail is only printed on the server's console.",
            id="conversations.W001",
        )
    ]


@register(deploy=True)
def check_sign_up_is_meant(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.CHATSITE_SIGNUP or LOCAL_HOSTS.issuperset(settings.ALLOWED_HOSTS):
        return []
    return [
        Warning(
            "Anyone who reaches this site may make an account and use its endpoints.",
            hint="Set CHATSITE_SIGNUP=off to make accounts in the admin only.",
            id="conversations.W002",
        )
    ]
