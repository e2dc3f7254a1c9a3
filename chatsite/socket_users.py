"""Who opens a socket: the person whose session the browser's cookie names.

Channels' own stack does the same in several visits to a thread, and looks at the session again for every frame sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from conversations.generation.database import in_database

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class SocketUsers:
    """Adds `user` and `session` to the scope, which must have `cookies`."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.session_store = import_module(settings.SESSION_ENGINE).SessionStore

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        session = self.session_store(scope["cookies"].get(settings.SESSION_COOKIE_NAME))
        # What Django does when SECRET_KEY has been replaced: a socket has no way to tell the browser the new name.
        session.cycle_key = lambda: None
        user = await in_database(_user_of, session)
        await self.application({**scope, "user": user, "session": session}, receive, send)


def _user_of(session: SessionBase) -> AbstractBaseUser | AnonymousUser:
    request = HttpRequest()
    request.session = session
    return get_user(request)
