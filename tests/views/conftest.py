"""Requests as a signed-in page sends them."""

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from conversations.generation.process import here
from tests.factories import make_user


@pytest.fixture
async def process(settings):
    settings.CHATSITE_DISCOVER_LOCAL = False
    running = here()
    yield running
    await running.shutdown()


@pytest.fixture
def signed_in(process, transactional_db):
    """Awaited with a name: a new user and an asynchronous client of theirs."""

    async def make(name="alice"):
        user = await sync_to_async(make_user)(name)
        client = AsyncClient()
        await client.aforce_login(user)
        return user, client

    return make


@pytest.fixture
def made():
    """Call a factory or a service from an asynchronous test."""

    async def call(function, *args, **kwargs):
        return await sync_to_async(function)(*args, **kwargs)

    return call
