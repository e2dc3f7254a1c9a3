"""A running process and an endpoint that replays recorded replies."""

import pytest
from asgiref.sync import sync_to_async

from conversations.generation.process import here
from conversations.models import Conversation, Message
from tests.factories import ask, make_conversation, make_endpoint, make_user


@pytest.fixture
async def process(settings):
    settings.CHATSITE_DISCOVER_LOCAL = False
    settings.CHATSITE_ENDPOINT_RETRIES = 0
    running = here()
    yield running
    await running.shutdown()


@pytest.fixture
def start(process, replay_server):
    """Ask `model` of the replay server; returns the run that answers."""

    async def started(model, text="Hello", title_source="user", **fields):
        conversation = await make(model, title_source=title_source, **fields)
        turn = await sync_to_async(ask)(conversation, text, process=process.address)
        return process.begin(turn)

    @sync_to_async
    def make(model, **fields):
        owner = make_user()
        endpoint = make_endpoint(f"{replay_server}/v1")
        return make_conversation(owner, endpoint=endpoint, model=model, **fields)

    return started


@pytest.fixture
def answers():
    """The answers of a conversation as they are stored: a list of messages with their parts."""

    @sync_to_async
    def read(run):
        conversation = Conversation.objects.get(pk=run.conversation_id)
        ids = conversation.messages.filter(role="assistant").order_by("id").values_list("id", flat=True)
        return Message.objects.in_order(ids)

    return read


class Page:
    """What a page shows of a run: a Watcher that applies nothing and remembers everything."""

    def __init__(self):
        self.frames = []

    def deliver(self, frame):
        self.frames.append(frame)


@pytest.fixture
def page():
    return Page()
