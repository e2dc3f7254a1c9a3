"""What follows from signing out: the sockets of that browser close."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from conversations.services.notify import SessionEnded, notify


# Django and allauth sign out in several places, and this signal is what they have in common.
@receiver(user_logged_out)
def close_sockets(request: HttpRequest | None, **kwargs: Any) -> None:
    session_key = request.session.session_key if request is not None else None
    if session_key:
        notify(SessionEnded(session_key=session_key))
