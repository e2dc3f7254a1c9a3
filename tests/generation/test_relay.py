"""What goes from process to process goes on after the channel layer was away."""

import asyncio
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers

from conversations.generation.relay import Relay
from conversations.services.notify import ConversationDeleted
from tests.servers.environment import free_port
from tests.servers.redis import running_redis

pytestmark = pytest.mark.services


@pytest.fixture
def layer_port(settings):
    """Where the channel layer's Redis is to be started."""
    port = free_port()
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [f"redis://127.0.0.1:{port}/0"]},
        }
    }
    channel_layers.backends.clear()
    yield port
    channel_layers.backends.clear()


async def test_a_process_hears_the_others_again_after_the_layer_was_restarted(layer_port):
    heard = asyncio.Queue()

    async def goes_on(generation_id):
        return True

    def relay(on_event):
        return Relay(on_event=on_event, find_run=lambda generation_id: None, goes_on=goes_on)

    ear, voice = relay(heard.put_nowait), relay(lambda event: None)
    redis = running_redis(layer_port)
    await sync_to_async(redis.__enter__)()
    await ear.open()
    await voice.open()
    event = ConversationDeleted(conversation_id=uuid4())
    voice.publish(event)
    assert await asyncio.wait_for(heard.get(), 20) == event
    await sync_to_async(redis.__exit__)(None, None, None)
    voice.publish(event)
    redis = running_redis(layer_port)
    await sync_to_async(redis.__enter__)()
    async with asyncio.timeout(30):
        while heard.empty():
            voice.publish(event)
            await asyncio.sleep(0.2)
    await ear.close()
    await voice.close()
    await sync_to_async(redis.__exit__)(None, None, None)
