"""What an open page is told, and who is told anything at all."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from django.utils import timezone, translation

from conversations import consumers
from conversations.models import Generation, Message
from conversations.services import conversations, sending, turns
from conversations.services.errors import NothingToSend
from conversations.services.transactions import writing
from tests.factories import ask, make_conversation, make_endpoint, make_exchange
from tests.frames import decoded

pytestmark = pytest.mark.django_db(transaction=True)


async def made(function, *args, **kwargs):
    return await sync_to_async(function)(*args, **kwargs)


async def received(communicator, kind, **members):
    """The next message of a kind with these members; what comes before it is passed over."""
    async with asyncio.timeout(20):
        while True:
            message = decoded(await communicator.receive_from(timeout=20))
            if message["t"] == kind and all(message.get(name) == value for name, value in members.items()):
                return message


async def test_a_stranger_is_turned_away_like_from_a_conversation_that_does_not_exist(connect, alice, bob):
    conversation = await made(make_conversation, alice)
    for path in (f"/ws/c/{conversation.pk}/", "/ws/c/00000000-0000-0000-0000-000000000000/"):
        _, accepted, code = await connect(path, bob)
        assert (accepted, code) == (False, 4404)


async def test_nobody_is_let_in_without_signing_in(connect, alice):
    conversation = await made(make_conversation, alice)
    for path in (f"/ws/c/{conversation.pk}/", "/ws/"):
        _, accepted, code = await connect(path)
        assert (accepted, code) == (False, 4401)


async def test_a_socket_leaves_a_session_alone_that_an_older_secret_key_signed(connect, alice, settings):
    browser = Client()
    await made(browser.force_login, alice)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-" * 5
    assert (await connect("/ws/", browser))[1]
    assert (await made(browser.get, "/")).status_code == 200


async def test_a_deleted_conversation_is_not_there(connect, alice):
    conversation = await made(make_conversation, alice)
    await made(conversations.delete_conversation, conversation)
    assert (await connect(f"/ws/c/{conversation.pk}/", alice))[1] is False


@pytest.mark.parametrize("text", ["[", "[" * 60_000, "null", "7", '{"t": ["x"]}', '{"t": "mark", "n": "x"}'])
async def test_what_no_page_sends_does_no_harm(connect, alice, text):
    socket, *_ = await connect("/ws/", alice)
    await received(socket, "hello")
    await socket.send_to(text_data=text)
    await socket.send_to(text_data='{"t": "ping"}')
    assert (await received(socket, "pong"))["t"] == "pong"


async def test_a_page_is_told_that_its_conversation_was_deleted(connect, alice):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    elsewhere, *_ = await connect("/ws/", alice)
    await made(conversations.delete_conversation, conversation)
    assert (await received(socket, "bye"))["code"] == "gone"
    assert (await socket.receive_output(timeout=10))["code"] == 4404
    assert (await received(elsewhere, "side"))["ops"]


async def test_a_new_password_or_a_disabled_account_closes_the_sockets_of_the_account(connect, alice, bob):
    for members in ({"password": "changed"}, {"is_active": False}):
        alice.is_active = True
        await made(alice.save)
        (socket, *_), (other, *_) = await connect("/ws/", alice), await connect("/ws/", bob)
        for name, value in members.items():
            setattr(alice, name, value)
        await made(alice.save)
        await received(socket, "hello")
        assert await socket.receive_output(timeout=10) == {"type": "websocket.close", "code": 4400}
        await received(other, "hello")
        assert await other.receive_nothing()
    assert (await connect("/ws/", alice))[1] is False


async def test_signing_in_on_another_device_closes_nothing(connect, alice):
    socket, *_ = await connect("/ws/", alice)
    await received(socket, "hello")
    await connect("/ws/", alice)
    assert await socket.receive_nothing()


async def test_a_page_that_is_up_to_date_is_only_greeted(connect, alice):
    conversation = await made(make_conversation, alice, revision=3)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=3", alice)
    title = ["title", str(conversation.pk), conversation.title]
    assert await socket.receive_json_from() == {"t": "hello", "rev": 3, "ops": [title]}
    assert await socket.receive_nothing()


async def test_a_page_that_missed_something_is_told_to_look_again(connect, alice):
    conversation = await made(make_conversation, alice, revision=3)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=2", alice)
    await socket.receive_json_from()
    assert await socket.receive_json_from() == {"t": "refresh", "rev": 3}


async def test_a_message_sent_elsewhere_appears_with_its_answer(connect, alice):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    await made(ask, conversation, "From my <b>phone</b>")
    revised = await received(socket, "rev")
    (operation, target, html), *_ = revised["ops"]
    assert (revised["rev"], operation, target) == (1, "append", "messages")
    assert "From my &lt;b&gt;phone&lt;/b&gt;" in html
    assert 'data-status="streaming"' in html


async def test_another_branch_makes_the_page_look_again(connect, alice):
    conversation = await made(make_conversation, alice)
    answer = await made(make_exchange, conversation)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    await made(turns.regenerate, answer)
    assert await received(socket, "refresh") == {"t": "refresh", "rev": 1}


async def test_an_answer_is_streamed_and_then_only_what_stands_around_it_is_replaced(
    connect, alice, process, replay_server
):
    endpoint = await made(make_endpoint, f"{replay_server}/v1")
    conversation = await made(
        make_conversation, alice, endpoint=endpoint, model="001;delay=20", title_source="user"
    )
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    process.begin(await made(ask, conversation, process=process.address))
    await received(socket, "rev", rev=1)
    snapshot = await received(socket, "snapshot")
    seen = []
    while (message := decoded(await socket.receive_from(timeout=20)))["t"] != "rev":
        seen += [message] if message["t"] == "frame" else []
    assert [frame["seq"] for frame in seen] == list(
        range(snapshot["seq"] + 1, snapshot["seq"] + 1 + len(seen))
    )
    assert (message["run"], message["seq"]) == (seen[-1]["run"], seen[-1]["seq"])
    status, footer = message["ops"]
    assert (status[0], status[2:]) == ("set", ["data-status", "complete"])
    assert (footer[0], footer[1]) == ("replace", f"{status[1]}-footer")
    assert message["rev"] == 2


async def test_whoever_joins_late_sees_all_of_it_at_once(connect, alice, process, replay_server):
    endpoint = await made(make_endpoint, f"{replay_server}/v1")
    conversation = await made(make_conversation, alice, endpoint=endpoint, model="001;loop=500;delay=5")
    run = process.begin(await made(ask, conversation, process=process.address))
    async with asyncio.timeout(20):
        while not (run.main and run.main.live and len(run.main.live[0].text) > 200):
            await asyncio.sleep(0.01)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=1", alice)
    snapshot = await received(socket, "snapshot")
    assert len(snapshot["ops"][1][2]) > 200
    await socket.send_json_to({"t": "resync", "run": snapshot["run"]})
    again = await received(socket, "snapshot")
    assert again["seq"] >= snapshot["seq"]


async def test_the_sidebar_follows_in_every_tab(connect, alice, bob):
    conversation = await made(make_conversation, alice)
    other_tab, *_ = await connect("/ws/", alice)
    stranger, *_ = await connect("/ws/", bob)
    await other_tab.receive_json_from()
    await stranger.receive_json_from()
    await made(conversations.rename_conversation, conversation, "New & better")
    ops = (await received(other_tab, "side"))["ops"]
    assert ops[0][:2] == ["replace", f"conversation-{conversation.pk}"]
    assert "New &amp; better" in ops[0][2]
    assert await stranger.receive_nothing()


async def test_the_sidebar_hears_of_a_burst_of_changes_once_each_and_in_the_right_place(
    connect, alice, monkeypatch
):
    monkeypatch.setattr(consumers, "ASIDE_SECONDS", 1.5)
    first, second = await made(make_conversation, alice), await made(make_conversation, alice)
    other_tab, *_ = await connect("/ws/", alice)
    await received(other_tab, "hello")
    await made(conversations.set_pinned, first, pinned=True)
    await made(conversations.rename_conversation, first, "Named since")
    await made(conversations.rename_conversation, second, "Another")
    frames = [await received(other_tab, "side"), await received(other_tab, "side")]
    assert [frame["ops"][0][:2] for frame in frames] == [
        ["inner", "sidebar-list"],
        ["replace", f"conversation-{second.pk}"],
    ]
    assert "Named since" in frames[0]["ops"][0][2]
    assert await other_tab.receive_nothing()


async def test_signing_out_closes_the_sockets_of_that_browser(connect, alice):
    client, other = Client(), Client()
    await made(client.force_login, alice)
    await made(other.force_login, alice)
    socket, *_ = await connect("/ws/", client)
    on_another_device, *_ = await connect("/ws/", other)
    await socket.receive_json_from()
    await on_another_device.receive_json_from()
    await made(client.post, "/accounts/logout/")
    assert (await received(socket, "bye"))["code"] == "signed_out"
    assert (await socket.receive_output())["code"] == 4401
    assert await on_another_device.receive_nothing()


async def test_a_ping_is_answered_and_nonsense_is_not(connect, alice):
    socket, *_ = await connect("/ws/", alice)
    await socket.receive_json_from()
    await socket.send_to(text_data="{not json")
    await socket.send_to(text_data='{"t":"ping"}')
    assert await socket.receive_json_from() == {"t": "pong"}


KEY = "00112233-4455-6677-8899-aabbccddeeff"


def message(text="Hello", key=KEY, **members):
    return {"t": "send", "key": key, "text": text, "model": "", **members}


async def said_in(conversation):
    rows = Message.objects.filter(conversation=conversation, role="user").prefetch_related("parts")
    return [row.text async for row in rows]


async def test_a_message_is_stored_and_answered_through_the_socket(connect, alice, replay_server):
    endpoint = await made(make_endpoint, f"{replay_server}/v1")
    conversation = await made(make_conversation, alice, endpoint=endpoint, model="live-echo")
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    await socket.send_json_to(message("Say it back"))
    seen = {}
    async with asyncio.timeout(20):
        while not {"sent", "rev", "frame"} <= seen.keys():
            told = decoded(await socket.receive_from(timeout=20))
            seen.setdefault(told["t"], told)
    assert seen["sent"] == {"t": "sent", "key": KEY}
    assert "Say it back" in seen["rev"]["ops"][0][2]
    assert await said_in(conversation) == ["Say it back"]


async def test_a_message_that_is_sent_again_is_stored_once(connect, alice):
    conversation = await made(make_conversation, alice)
    for _ in range(2):
        socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
        await socket.send_json_to(message())
        assert (await received(socket, "sent"))["key"] == KEY
    assert await said_in(conversation) == ["Hello"]


async def test_a_refusal_says_why_in_the_language_of_the_page(connect, alice):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0&lang=zh-hans", alice)
    await socket.send_json_to(message("   "))
    with translation.override("zh-hans"):
        assert await received(socket, "refused") == {
            "t": "refused",
            "key": KEY,
            "status": 422,
            "text": str(NothingToSend()),
        }
    assert await said_in(conversation) == []


async def test_a_session_that_has_expired_sends_nothing_more(connect, alice):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    await Session.objects.aupdate(expire_date=timezone.now() - timedelta(seconds=1))
    await socket.send_json_to(message())
    assert (await received(socket, "refused"))["status"] == 401
    assert await said_in(conversation) == []


async def test_a_socket_whose_session_has_ended_shows_itself_again(connect, alice):
    """Somebody may have signed in anew, which only another handshake can tell."""
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    await Session.objects.all().adelete()
    await socket.send_json_to(message())
    await received(socket, "refused")
    assert await socket.receive_output(timeout=10) == {"type": "websocket.close", "code": 4400}


async def test_what_cannot_be_stored_is_refused_and_the_socket_goes_on(connect, alice, monkeypatch):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    with monkeypatch.context() as away:
        away.setattr(sending, "writing", failing_after_commit(of=0))
        await socket.send_json_to(message())
        assert (await received(socket, "refused"))["status"] == 500
    await socket.send_json_to(message())
    assert (await received(socket, "sent"))["key"] == KEY
    assert await said_in(conversation) == ["Hello"]


def failing_after_commit(*, of):
    """A database whose connection breaks after `of` transactions: the last has been committed, if there was one."""
    committed = []

    @contextmanager
    def broken():
        if len(committed) < of:
            committed.append(True)
            with writing():
                yield
        if len(committed) == of:
            committed.append(False)
            raise OperationalError("the connection was closed")

    return broken


async def test_an_answer_is_begun_though_the_database_went_away_when_everything_was_stored(
    connect, alice, replay_server, monkeypatch
):
    endpoint = await made(make_endpoint, f"{replay_server}/v1")
    conversation = await made(make_conversation, alice, endpoint=endpoint, model="live-echo")
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    with monkeypatch.context() as away:
        away.setattr(sending, "writing", failing_after_commit(of=1))
        await socket.send_json_to(message())
        assert (await received(socket, "refused"))["status"] == 500
    await socket.send_json_to(message())
    await received(socket, "sent")
    answer = Message.objects.filter(conversation=conversation, role="assistant")
    async with asyncio.timeout(20):
        while (await answer.aget()).status != "complete":
            await asyncio.sleep(0.02)


async def test_an_answer_that_nobody_began_can_be_stopped(connect, alice, process):
    conversation = await made(make_conversation, alice)
    await process.ready()
    turn = await made(ask, conversation, process=process.address)
    await process.stop(conversation.pk)
    assert (await Generation.objects.aget(pk=turn.generation_id)).status == "interrupted"


async def test_who_waits_for_the_database_does_not_look_dead(connect, alice, monkeypatch):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    away = threading.Event()

    @contextmanager
    def waiting():
        assert away.wait(20)
        with writing():
            yield

    monkeypatch.setattr(sending, "writing", waiting)
    await socket.send_json_to(message())
    await socket.send_json_to({"t": "ping"})
    await received(socket, "pong")
    away.set()
    await received(socket, "sent")


async def test_a_socket_that_is_cut_off_while_it_waits_leaves_nothing_behind(
    connect, alice, process, monkeypatch
):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    assert len(process.hub.viewers_of(conversation.pk)) == 1
    socket.future.cancel()
    async with asyncio.timeout(20):
        while process.hub.viewers_of(conversation.pk):
            await asyncio.sleep(0.01)


async def test_a_site_that_closes_takes_no_more_messages(connect, alice, process):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    await process.shutdown()
    await socket.send_json_to(message())
    assert (await received(socket, "refused"))["status"] == 503
    assert await said_in(conversation) == []


@pytest.mark.parametrize("key", ["", "no key", None, 7, ["x"], {}])
async def test_a_message_without_a_key_is_no_message(connect, alice, key):
    conversation = await made(make_conversation, alice)
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    await socket.send_json_to(message(key=key))
    await socket.send_json_to({"t": "ping"})
    await received(socket, "pong")
    assert await said_in(conversation) == []


async def test_a_page_without_a_conversation_sends_no_message(connect, alice):
    socket, *_ = await connect("/ws/", alice)
    await socket.send_json_to(message())
    await socket.send_json_to({"t": "ping"})
    await received(socket, "pong")
    assert not await Message.objects.aexists()
