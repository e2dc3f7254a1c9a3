"""Who opens a socket: the person whose session the browser's cookie names.

Channels' own stack does the same in several visits to a thread, and looks at the session again for every frame sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from conversations.generation.database import in_database

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class SocketUsers:
    """Adds `user` and `session` to the scope, which must have `cookies`."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        key = scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        request = await in_database(_request_with, key)
        await self.application({**scope, "user": request.user, "session": request.session}, receive, send)


def _request_with(session_key: str | None) -> HttpRequest:
    request = HttpRequest()
    request.session = _session(session_key)
    # What Django does when SECRET_KEY has been replaced: a socket has no way to tell the browser the new name.
    request.session.cycle_key = lambda: None  # type: ignore[method-assign]
    request.user = get_user(request)
    return request


def _session(key: str | None) -> SessionBase:
    session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return session
