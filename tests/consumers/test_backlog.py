"""A page that cannot keep up gets a snapshot, not a backlog."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from conversations import backlog
from conversations.backlog import Backlog
from tests.factories import ask, make_conversation, make_endpoint
from tests.frames import decoded


def test_a_page_is_behind_while_too_many_marks_are_on_their_way():
    page = Backlog()
    marks = [
        mark for _ in range(backlog.MARKS_AHEAD + 1) if (mark := page.mark_after("x" * backlog.MARK_EVERY))
    ]
    assert marks == list(range(1, backlog.MARKS_AHEAD + 2))
    assert page.is_too_long
    page.seen(1)
    assert (page.is_too_long, page.is_worked_off) == (False, False)
    page.seen(marks[-1])
    assert page.is_worked_off


def test_small_frames_share_a_mark():
    page = Backlog()
    marks = [page.mark_after("x" * 1000) for _ in range(backlog.MARK_EVERY // 1000)]
    assert marks.count(None) == len(marks) - 1


@pytest.mark.parametrize("nonsense", [None, "1", 99, -1, 1.5])
def test_a_mark_that_was_never_sent_is_ignored(nonsense):
    page = Backlog()
    page.mark_after("x" * backlog.MARK_EVERY)
    page.seen(nonsense)
    assert not page.is_worked_off


@pytest.mark.django_db(transaction=True)
async def test_frames_stop_until_the_page_has_caught_up(
    connect, process, transactional_db, replay_server, monkeypatch
):
    from tests.factories import make_user

    monkeypatch.setattr(backlog, "MARK_EVERY", 50)
    monkeypatch.setattr(backlog, "MARKS_AHEAD", 2)
    alice = await sync_to_async(make_user)("alice")
    endpoint = await sync_to_async(make_endpoint)(f"{replay_server}/v1")
    conversation = await sync_to_async(make_conversation)(
        alice, endpoint=endpoint, model="001;loop=5000;delay=5"
    )
    socket, *_ = await connect(f"/ws/c/{conversation.pk}/?rev=0", alice)
    turn = await sync_to_async(ask)(conversation, process=process.address)
    run = process.begin(turn)
    marks = []
    async with asyncio.timeout(20):
        while len(marks) < 3:
            message = decoded(await socket.receive_from(timeout=20))
            marks += [message["n"]] if message["t"] == "mark" else []
        while run.is_watched:
            await asyncio.sleep(0.01)
    sequence = run.sequence
    await socket.send_json_to({"t": "mark", "n": marks[-1]})
    async with asyncio.timeout(20):
        while True:
            message = decoded(await socket.receive_from(timeout=20))
            if message["t"] == "mark":
                await socket.send_json_to(message)
            elif message["t"] == "snapshot" and message["seq"] >= sequence:
                break
