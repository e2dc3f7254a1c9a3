"""Sockets as the site routes and authenticates them."""

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings
from django.test import Client

from chatsite.asgi import application
from conversations.generation.process import here


@pytest.fixture
async def process(settings):
    settings.CHATSITE_DISCOVER_LOCAL = False
    running = here()
    yield running
    await running.shutdown()


@pytest.fixture
async def connect(process):
    """Open a socket to `path` as `user` (or as nobody); closes them all in the end."""
    opened = []

    async def connected(path, user=None):
        cookie = await sync_to_async(_session_cookie)(user) if user else ""
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost"), (b"cookie", cookie.encode())]
        communicator = WebsocketCommunicator(application, path, headers=headers)
        accepted, code = await communicator.connect(timeout=10)
        if accepted:
            opened.append(communicator)
        return communicator, accepted, code

    yield connected
    for communicator in opened:
        if not communicator.future.done():
            await communicator.disconnect()


def _session_cookie(user):
    """The session of a client that is signed in, or of a user who signs in for this."""
    client = user
    if not isinstance(user, Client):
        client = Client()
        client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"
