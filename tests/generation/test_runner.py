"""A run ends in exactly one state, with everything that came kept."""

import asyncio
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError

from conversations.generation import ending, plan
from conversations.models import Checkpoint, Completion, Conversation, Endpoint, Generation
from conversations.services.conversations import remove_for_good
from conversations.services.turn_rows import Turn
from tests.factories import ask, make_conversation, make_endpoint, make_exchange, make_user
from tests.frames import decoded
from tests.generation.conftest import Page

pytestmark = pytest.mark.django_db(transaction=True)


async def finished(process, run):
    async with asyncio.timeout(20):
        await process.runner.wait(run.generation_id)


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def nothing_is_asked_any_more(replay_server):
    async with asyncio.timeout(2):
        while (await sync_to_async(replay_server.stats)())["active"]:
            await asyncio.sleep(0.02)


async def test_an_answer_is_stored_with_its_html_and_its_usage(process, start, answers):
    run = await start("001")
    await finished(process, run)
    (answer,) = await answers(run)
    completion = await Completion.objects.aget(generation=run.generation_id)
    generation = await Generation.objects.aget(pk=run.generation_id)
    assert (answer.status, answer.finish_reason, generation.status) == ("complete", "stop", "complete")
    assert answer.text
    assert answer.parts.all()[0].html.startswith("<p>")
    assert completion.total_tokens == completion.prompt_tokens + completion.completion_tokens
    assert completion.first_token_seconds <= completion.seconds
    assert completion.request["messages"] == [{"said_until": str(generation.answers_id)}]
    assert not await Checkpoint.objects.aexists()


async def test_reasoning_is_kept_apart_from_the_answer_with_its_duration(process, start, answers):
    run = await start("066;delay=30")
    await finished(process, run)
    (answer,) = await answers(run)
    reasoning, text = answer.parts.all()
    assert (reasoning.kind, text.kind) == ("reasoning", "text")
    assert reasoning.seconds is not None


async def test_further_choices_become_versions_beside_the_first(process, start, answers):
    run = await start("064")
    await finished(process, run)
    stored = await answers(run)
    assert [answer.choice_index for answer in stored] == [0, 1]
    assert len({answer.parent_id for answer in stored}) == 1
    assert all(answer.text and answer.status == "complete" for answer in stored)
    conversation = await Conversation.objects.aget(pk=run.conversation_id)
    assert conversation.head_id == stored[0].pk


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("104", "auth"),
        ("108", "server_error"),
        ("125", "server_error"),
        ("039", "incomplete_stream"),
        ("130", "server_error"),
        ("054", "server_error"),
    ],
)
async def test_a_failed_answer_keeps_what_came_and_says_why(process, start, answers, model, kind):
    run = await start(model)
    await finished(process, run)
    (answer,) = await answers(run)
    completion = await Completion.objects.aget(generation=run.generation_id)
    assert answer.status == "failed"
    assert completion.error_kind == kind
    assert bool(answer.text) == (model in {"125", "039", "054"})


async def test_an_endpoint_that_is_not_there_is_a_failure_in_words(process, start, answers):
    run = await start("001")
    await Conversation.objects.filter(pk=run.conversation_id).aupdate(model="001")
    await finished(process, run)
    failing = await sync_to_async(_unreachable)(run)
    run = process.begin(failing)
    await finished(process, run)
    completion = await Completion.objects.aget(generation=run.generation_id)
    assert (completion.error_kind, "127.0.0.1:9" in completion.error_message) == ("unreachable", True)


def _unreachable(run):
    conversation = Conversation.objects.select_related("endpoint").get(pk=run.conversation_id)
    conversation.endpoint.base_url = "http://127.0.0.1:9/v1"
    conversation.endpoint.save()
    return ask(conversation, "Again", process="here")


async def test_stopping_keeps_the_text_and_closes_the_connection(process, start, answers, replay_server):
    run = await start("001;loop=2000;delay=5")
    await until(lambda: run.main and run.main.has_content)
    await process.stop(run.conversation_id)
    await finished(process, run)
    (answer,) = await answers(run)
    assert answer.status == "stopped"
    assert answer.text
    await nothing_is_asked_any_more(replay_server)


async def test_shutting_down_marks_answers_as_interrupted_and_keeps_them(process, start, answers):
    run = await start("001;loop=2000;delay=5")
    await until(lambda: run.main and run.main.has_content)
    await process.shutdown()
    (answer,) = await answers(run)
    assert answer.status == "interrupted"
    assert answer.text


async def test_what_arrives_is_kept_every_second_while_it_goes_on(process, start, monkeypatch):
    monkeypatch.setattr("conversations.generation.recorder.CHECKPOINT_SECONDS", 0.05)
    run = await start("001;loop=2000;delay=5")
    async with asyncio.timeout(20):
        while await Checkpoint.objects.filter(generation=run.generation_id).acount() < 3:
            await asyncio.sleep(0.02)
    run.stop()
    await finished(process, run)


async def test_a_database_that_fails_for_a_moment_loses_nothing(process, start, answers, monkeypatch):
    from django.db import OperationalError

    finish, failures = ending.finish_generation, []

    def failing(*args, **kwargs):
        if len(failures) < 2:
            failures.append(1)
            raise OperationalError("database is locked")
        return finish(*args, **kwargs)

    monkeypatch.setattr(ending, "finish_generation", failing)
    run = await start("001")
    await finished(process, run)
    (answer,) = await answers(run)
    assert (answer.status, len(failures)) == ("complete", 2)


async def test_an_answer_whose_exchange_cannot_be_kept_is_kept_itself(process, start, answers, monkeypatch):
    finish, refused = ending.finish_generation, []

    def particular(*args, exchange, **kwargs):
        if exchange:
            refused.append(exchange)
            raise DataError("integer out of range")
        return finish(*args, exchange=exchange, **kwargs)

    monkeypatch.setattr(ending, "finish_generation", particular)
    run = await start("001")
    await finished(process, run)
    (answer,) = await answers(run)
    assert (answer.status, bool(answer.text), len(refused)) == ("complete", True, 1)
    assert process.runner.find(run.generation_id) is None


async def test_an_answer_that_cannot_be_kept_leaves_what_its_checkpoints_hold(
    process, start, answers, monkeypatch
):
    monkeypatch.setattr("conversations.generation.recorder.CHECKPOINT_SECONDS", 0.05)

    def refusing(*args, **kwargs):
        raise DataError("never")

    monkeypatch.setattr(ending, "finish_generation", refusing)
    run = await start("001;loop=2000;delay=5")
    async with asyncio.timeout(20):
        while not await Checkpoint.objects.filter(generation=run.generation_id).aexists():
            await asyncio.sleep(0.02)
    run.stop()
    await finished(process, run)
    (answer,) = await answers(run)
    assert (answer.status, bool(answer.text)) == ("interrupted", True)


async def test_an_answer_that_nobody_can_see_any_more_is_stopped(process, start, replay_server, monkeypatch):
    monkeypatch.setattr("conversations.generation.recorder.CHECKPOINT_SECONDS", 0.05)
    run = await start("001;loop=2000;delay=5")
    await until(lambda: run.main and run.main.has_content)
    await sync_to_async(remove_for_good)(run.conversation_id)
    await finished(process, run)
    assert process.runner.find(run.generation_id) is None
    await nothing_is_asked_any_more(replay_server)


async def test_an_answer_stopped_in_the_moment_of_its_start_ends(process, start, answers):
    run = await start("001;loop=2000;delay=5")
    run.stop()
    await finished(process, run)
    (answer,) = await answers(run)
    assert answer.status == "stopped"


async def test_whoever_has_the_page_open_sees_an_answer_from_its_start(process, start, monkeypatch):
    class Reader(Page):
        user_id, session_key = 1, "s"

        def __init__(self, conversation_id):
            super().__init__()
            self.conversation_id = conversation_id

        def ring(self, event):
            pass

    first = await start("001")
    await finished(process, first)
    reader = Reader(first.conversation_id)
    process.hub.join(reader)
    conversation = await Conversation.objects.aget(pk=first.conversation_id)
    turn = await sync_to_async(ask)(conversation, "Second", process=process.address)
    await finished(process, process.begin(turn))
    assert {decoded(frame)["t"] for frame in reader.frames} == {"snapshot", "frame"}


async def test_what_can_wait_waits_while_many_answers_begin(process):
    alice = await sync_to_async(make_user)()
    conversations = [await sync_to_async(make_conversation)(alice) for _ in range(3)]
    due = [await sync_to_async(ask)(conversation, process=process.address) for conversation in conversations]
    runs = []
    for turn in due:
        assert not process.runner.is_busy
        runs.append(process.begin(turn))
    assert process.runner.is_busy
    for run in runs:
        await finished(process, run)
    assert not process.runner.is_busy


async def test_a_turn_is_begun_once(process, start):
    run = await start("live-count;delay=30")
    turn = Turn(
        conversation=await Conversation.objects.aget(pk=run.conversation_id),
        generation_id=run.generation_id,
        answers_id=uuid4(),
        message_ids=(uuid4(), uuid4()),
        revision=1,
        language="en",
    )
    assert process.begin(turn) is run
    run.stop()
    await finished(process, run)


async def test_a_fault_of_our_own_says_so_and_can_be_tried_again(process, start, answers, monkeypatch):
    def failing(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(plan, "written_out", failing)
    run = await start("001")
    await finished(process, run)
    (answer,) = await answers(run)
    completion = await Completion.objects.aget(generation=run.generation_id)
    assert (answer.status, completion.error_kind) == ("failed", "internal")


async def test_the_model_chosen_when_a_message_was_sent_answers_it(process, start, answers):
    run = await start("live-echo", "First")
    await finished(process, run)
    conversation = await Conversation.objects.aget(pk=run.conversation_id)
    turn = await sync_to_async(ask)(conversation, "Second", process=process.address)
    await Conversation.objects.filter(pk=conversation.pk).aupdate(model="001")
    await finished(process, process.begin(turn))
    assert (await answers(run))[-1].text == "Second"


async def test_a_model_whose_endpoint_is_switched_off_is_asked_of_no_other(
    process, start, answers, replay_server
):
    run = await start("live-echo", "First")
    await finished(process, run)
    conversation = await Conversation.objects.select_related("endpoint").aget(pk=run.conversation_id)
    conversation.endpoint.enabled = False
    await conversation.endpoint.asave()
    await sync_to_async(make_endpoint)(f"{replay_server}/v1", name="Another")
    for _ in range(2):
        turn = await sync_to_async(ask)(conversation, "Second", process=process.address)
        await finished(process, process.begin(turn))
        completion = await Completion.objects.aget(generation=turn.generation_id)
        assert completion.error_kind == "no_endpoint"
        await Endpoint.objects.filter(slug="test-server").adelete()


async def test_a_watcher_gets_a_snapshot_and_then_every_frame_in_order(process, start, page):
    run = await start("001;loop=300;delay=5")
    await until(lambda: run.main and run.main.has_content)
    run.attach(page)
    await finished(process, run)
    first, *rest = [decoded(frame) for frame in page.frames]
    assert first["t"] == "snapshot"
    assert [frame["seq"] for frame in rest] == list(range(first["seq"] + 1, first["seq"] + 1 + len(rest)))
    assert rest


@pytest.mark.parametrize("somebody_looks_meanwhile", [False, True])
async def test_the_end_fits_no_page_that_missed_what_came_while_nobody_watched(
    process, start, page, somebody_looks_meanwhile
):
    run = await start("001;loop=2000;delay=5")
    await until(lambda: run.main and run.main.has_content)
    run.attach(page)
    run.detach(page)
    seen = decoded(page.frames[-1])["seq"]
    length = len(run.main.live[0].text)
    await until(lambda: len(run.main.live[0].text) > length)
    if somebody_looks_meanwhile:
        other = type(page)()
        run.attach(other)
        run.finish()
        assert run.last_frame[1] >= decoded(other.frames[-1])["seq"]
    run.stop()
    await finished(process, run)
    assert run.last_frame[1] > seen


async def test_the_model_writes_the_title_after_the_first_answer(process, start):
    run = await start("live-title", title_source="words")
    await finished(process, run)
    async with asyncio.timeout(20):
        while True:
            conversation = await Conversation.objects.aget(pk=run.conversation_id)
            if conversation.title_source == "model":
                break
            await asyncio.sleep(0.02)
    assert conversation.title != "A conversation"


async def test_the_endpoint_is_sent_the_whole_branch(process, start, replay_server):
    run = await start("live-echo", "First")
    await finished(process, run)
    conversation = await Conversation.objects.aget(pk=run.conversation_id)
    turn = await sync_to_async(ask)(conversation, "Second", process=process.address)
    await finished(process, process.begin(turn))
    sent = (await sync_to_async(replay_server.requests)())[-1]["body"]["messages"]
    assert [(message["role"], message["content"]) for message in sent] == [
        ("user", "First"),
        ("assistant", "First"),
        ("user", "Second"),
    ]


def test_a_conversation_has_one_run_at_a_time(db):
    from django.db import IntegrityError, transaction

    conversation = make_conversation(make_user())
    asked = make_exchange(conversation).parent
    Generation.objects.create(conversation=conversation, answers=asked)
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.create(conversation=conversation, answers=asked)
