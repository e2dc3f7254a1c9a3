"""Sessions, and what follows for the sockets opened in them: those close that may no longer be open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.models import Session
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from conversations.services.notify import AccountChanged, SessionEnded, notify


class SocketSession(msgspec.Struct, frozen=True):
    """What a socket was opened in: somebody's session, under the password of then."""

    user_id: int
    session_key: str
    auth_hash: str

    @classmethod
    def of(cls, user: AbstractBaseUser, session_key: str) -> SocketSession:
        return cls(user.pk, session_key, user.get_session_auth_hash())


def going_on(sessions: Iterable[SocketSession]) -> set[SocketSession]:
    """Those that have not ended, expired or been closed with their accounts: a socket may outlive its session."""
    asked = set(sessions)
    if not asked:
        return set()
    alive = Session.objects.filter(
        session_key__in={session.session_key for session in asked}, expire_date__gt=timezone.now()
    )
    keys = set(alive.values_list("session_key", flat=True))
    people = get_user_model().objects.filter(is_active=True).only("password")
    users = people.in_bulk({session.user_id for session in asked})
    return {
        session
        for session in asked
        if session.session_key in keys
        and session.user_id in users
        and users[session.user_id].get_session_auth_hash() == session.auth_hash
    }


# Django and allauth sign out in several places, and this signal is what they have in common.
@receiver(user_logged_out)
def close_sockets(request: HttpRequest | None, **kwargs: Any) -> None:
    session_key = request.session.session_key if request is not None else None
    if session_key:
        notify(SessionEnded(session_key=session_key))


# A new password ends the other sessions and gives this one a new key; a disabled account ends them all. Which are left
# is for the next handshake to say: a page whose browser is still signed in is back at once.
@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def have_sockets_shown_again(
    instance: AbstractBaseUser, created: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    # Signing in notes the time, which changes nothing about who may come in.
    if not created and update_fields != {"last_login"}:
        notify(AccountChanged(user_id=instance.pk))


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def close_sockets_of_deleted(instance: AbstractBaseUser, **kwargs: Any) -> None:
    notify(AccountChanged(user_id=instance.pk))
