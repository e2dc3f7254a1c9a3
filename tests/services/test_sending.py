"""Messages that many people send at the same moment: stored together, refused one by one."""

from uuid import uuid4

import msgspec
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, connection

from conversations.models import Generation, Message
from conversations.services import notify
from conversations.services.conversations import delete_conversation
from conversations.services.errors import (
    AnswerInProgress,
    MessageTooLong,
    NoConversation,
    NothingToSend,
    NotPossible,
)
from conversations.services.sending import Outgoing, send_messages
from conversations.services.sessions import SocketSession
from conversations.services.turn_rows import Turn
from conversations.services.turns import MESSAGE_LIMIT
from tests.factories import make_conversation, make_endpoint, make_exchange, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(db):
    return make_user("alice")


def outgoing(conversation, text="Hello", **fields):
    given = {
        "sender_id": conversation.owner_id,
        "conversation_id": conversation.pk,
        "text": text,
        "key": uuid4(),
        "language": "en",
    }
    return Outgoing(**given | fields)


def said_in(conversation):
    conversation.refresh_from_db()
    return [
        message.text for message in Message.objects.in_order(Message.objects.path_ids(conversation.head_id))
    ]


def test_each_is_stored_under_what_was_shown_last_with_the_answer_that_is_due(alice):
    fresh, older = make_conversation(alice), make_conversation(make_user("bob"))
    make_exchange(older, "Before", "Indeed")
    turns = send_messages([outgoing(fresh, " One\r\n"), outgoing(older, "Two")], process="here")
    assert [said_in(fresh), said_in(older)] == [[" One\n", ""], ["Before", "Indeed", "Two", ""]]
    for turn, conversation in zip(turns, (fresh, older), strict=True):
        generation = Generation.objects.get(pk=turn.generation_id)
        assert (generation.conversation_id, generation.status, generation.process) == (
            conversation.pk,
            "running",
            "here",
        )
        assert (conversation.head_id, conversation.revision) == (turn.answer_id, turn.revision)


def test_what_is_sent_again_is_stored_once_and_due_until_it_has_been_answered(alice):
    message = outgoing(make_conversation(alice))
    (turn,) = send_messages([message], process="here")
    (again,) = send_messages([message], process="here")
    assert (again.generation_id, again.message_ids) == (turn.generation_id, turn.message_ids)
    assert send_messages([message], process="elsewhere") == [None]
    Generation.objects.filter(pk=turn.generation_id).update(status="complete")
    assert send_messages([message], process="here") == [None]
    assert Message.objects.filter(role="user").count() == 1


def test_what_comes_twice_at_the_same_moment_is_stored_once(alice):
    one = outgoing(make_conversation(alice))
    turn, again = send_messages([one, msgspec.structs.replace(one, model_key="another way")])
    assert (turn.conversation_id, again) == (one.conversation_id, None)
    assert Message.objects.filter(role="user").count() == 1


def test_a_refusal_of_one_is_none_of_the_others_business(alice):
    bob, deleted = make_user("bob"), make_conversation(alice)
    delete_conversation(deleted)
    busy = make_conversation(alice)
    wanted = [
        (outgoing(busy, "First"), None),
        (outgoing(busy, "Second"), AnswerInProgress),
        (outgoing(make_conversation(alice), "  "), NothingToSend),
        (outgoing(make_conversation(alice), "x" * (MESSAGE_LIMIT + 1)), MessageTooLong),
        (outgoing(make_conversation(alice), sender_id=bob.pk), NoConversation),
        (outgoing(deleted), NoConversation),
        (outgoing(make_conversation(alice), conversation_id=uuid4()), NoConversation),
        (outgoing(make_conversation(bob), "Last"), None),
    ]
    results = send_messages([message for message, _ in wanted])
    assert [type(result) for result in results] == [error or Turn for _, error in wanted]
    stored = Message.objects.filter(role="user").prefetch_related("parts")
    assert {message.text for message in stored} == {"First", "Last"}
    assert Generation.objects.count() == 2


def test_a_key_that_another_conversation_has_used_is_refused(alice):
    """No page makes it, somebody might."""
    used = outgoing(make_conversation(alice))
    send_messages([used])
    stored, refused = send_messages(
        [outgoing(make_conversation(alice)), outgoing(make_conversation(alice), key=used.key)]
    )
    assert (type(stored), type(refused)) == (Turn, NotPossible)
    assert Generation.objects.count() == 2


def test_when_the_database_refuses_one_nothing_of_the_others_is_stored_either(alice):
    too_long = outgoing(make_conversation(alice), model_key="m" * 300)
    with connection.execute_wrapper(refusing_inserts), pytest.raises(IntegrityError):
        send_messages([outgoing(make_conversation(alice)), too_long])
    assert not Message.objects.exists()


def refusing_inserts(execute, sql, *arguments):
    if "INSERT INTO" in sql and "completion" in sql:
        raise IntegrityError
    return execute(sql, *arguments)


@pytest.mark.parametrize("text", ["a \ud800 b", "a \x00 b"])
def test_characters_that_no_database_takes_are_replaced(alice, text):
    conversation = make_conversation(alice)
    send_messages([outgoing(conversation, text, model_key=text)])
    assert said_in(conversation)[0] in {"a \ufffd b", "a  b"}


def test_a_session_sends_while_it_goes_on(alice):
    conversation = make_conversation(alice)
    store = SessionStore()
    store.create()
    session = SocketSession.of(alice, store.session_key)

    def sends():
        (result,) = send_messages([outgoing(conversation, session=session)])
        Generation.objects.update(status="complete")
        return isinstance(result, Turn)

    assert sends()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not sends()
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert sends()
    User.objects.filter(pk=alice.pk).update(password="another")
    assert not sends()
    User.objects.filter(pk=alice.pk).update(password=alice.password)
    assert sends()
    store.delete()
    assert not sends()


def test_with_another_model_it_is_asked_from_now_on(alice):
    endpoint = make_endpoint("http://127.0.0.1:9/v1", slug="there")
    conversation = make_conversation(alice, endpoint=endpoint, model="first")
    (turn,) = send_messages([outgoing(conversation, model_key="there::second")])
    conversation.refresh_from_db()
    assert conversation.model == "second"
    assert Message.objects.get(pk=turn.answer_id).model == "second"


@pytest.mark.django_db(transaction=True)
def test_open_pages_are_told_once_everything_is_stored(transactional_db, monkeypatch):
    alice = make_user("alice")
    conversations = [make_conversation(alice), make_conversation(alice)]
    told = []

    def listener(event):
        if isinstance(event, notify.TranscriptChanged):
            told.append((event.conversation_id, Message.objects.filter(role="user").count()))

    monkeypatch.setattr(notify, "_listeners", [listener])
    send_messages([outgoing(conversation) for conversation in conversations])
    assert told == [(conversation.pk, 2) for conversation in conversations]
