"""Two processes on one PostgreSQL and one Redis: what one begins, the other shows and can stop."""

import asyncio
import re
from uuid import uuid4

import aiohttp
import psycopg
import pytest

from tests.frames import decoded

pytestmark = pytest.mark.services

CONVERSATION = re.compile(r"/c/([0-9a-f-]{36})/")


@pytest.fixture
def database_url(postgres_url):
    """A database of the test's own on the suite's server."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    address, question_mark, options = postgres_url.partition("?")
    return f"{address.rsplit('/', 1)[0]}/{name}{question_mark}{options}"


@pytest.fixture
def two_sites(make_site, database_url, redis_url, replay_server):
    settings = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "one secret for both of the two processes",
        "OPENAI_BASE_URL": f"{replay_server}/v1",
        "CHATSITE_DEFAULT_MODEL": "001;loop=4000;delay=20",
    }
    first = make_site(**settings)
    first.make_user("alice")
    return first, make_site(**settings)


class Socket:
    """A page's socket at one of the sites."""

    def __init__(self, websocket):
        self._websocket = websocket

    async def received(self, kind, seconds=20):
        async with asyncio.timeout(seconds):
            while True:
                message = decoded((await self._websocket.receive()).data)
                if message["t"] == kind:
                    return message


@pytest.fixture
async def open_socket():
    sessions = []

    async def opened(site, client, conversation, revision):
        session = aiohttp.ClientSession(cookies=dict(client.cookies))
        sessions.append(session)
        url = f"{site.url.replace('http', 'ws')}/ws/c/{conversation}/?rev={revision}"
        return Socket(await session.ws_connect(url, origin=site.url))

    yield opened
    for session in sessions:
        await session.close()


@pytest.fixture
def two_clients(two_sites):
    """Alice, signed in at both."""
    with two_sites[0].signed_in("alice") as here, two_sites[1].signed_in("alice") as there:
        yield here, there


def post(client, path, **data):
    form = data | {"csrfmiddlewaretoken": client.cookies["chatsite_csrf"]}
    return client.post(path, data=form, headers={"HX-Request": "true"})


async def test_an_answer_is_watched_and_stopped_from_another_process(two_sites, two_clients, open_socket):
    here, there = two_sites
    client_here, client_there = two_clients
    conversation = CONVERSATION.search(post(client_here, "/", text="Hello").headers["HX-Push-Url"]).group(1)
    socket_here = await open_socket(here, client_here, conversation, 1)
    socket_there = await open_socket(there, client_there, conversation, 1)

    shown_there = await socket_there.received("snapshot")
    frames = [await socket_there.received("frame") for _ in range(5)]
    assert [frame["seq"] for frame in frames] == list(range(shown_there["seq"] + 1, shown_there["seq"] + 6))
    assert (await socket_here.received("frame"))["run"] == shown_there["run"]

    assert post(client_there, f"/c/{conversation}/stop/").status_code == 204
    for socket in (socket_here, socket_there):
        ended = await socket.received("rev")
        assert (ended["rev"], ended["run"], ended["ops"][0][2:]) == (
            2,
            shown_there["run"],
            ["data-status", "stopped"],
        )


async def test_an_answer_whose_process_was_killed_is_ended_by_another(two_sites, two_clients, open_socket):
    here, there = two_sites
    client_here, client_there = two_clients
    conversation = CONVERSATION.search(post(client_here, "/", text="Hello").headers["HX-Push-Url"]).group(1)
    socket = await open_socket(there, client_there, conversation, 1)
    await socket.received("frame")
    here.kill()
    ended = await socket.received("rev", seconds=60)
    assert 'data-status="interrupted"' in ended["ops"][0][2]
