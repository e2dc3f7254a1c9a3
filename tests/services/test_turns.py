"""What a reader asks for is stored whole, before any endpoint is called."""

from uuid import uuid4

import pytest

from conversations.models import Conversation, Generation, Message
from conversations.services import notify, turns
from conversations.services.conversations import delete_conversation
from conversations.services.errors import AnswerInProgress, MessageTooLong, NothingToSend, NotPossible
from tests.factories import ask, make_answer, make_conversation, make_endpoint, make_exchange, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(db):
    return make_conversation(make_user())


def end(turn):
    Generation.objects.filter(pk=turn.generation_id).update(status="complete")
    Message.objects.filter(generation=turn.generation_id).update(status="complete")


def shown(conversation):
    conversation.refresh_from_db()
    return Message.objects.in_order(Message.objects.path_ids(conversation.head_id))


def test_a_message_is_stored_with_the_answer_that_is_due(conversation):
    turn = ask(conversation, "  Hello\r\nworld ")
    asked, answer = shown(conversation)
    assert (asked.role, asked.text, asked.status) == ("user", "  Hello\nworld ", "complete")
    assert (answer.role, answer.status, answer.parent_id) == ("assistant", "streaming", asked.pk)
    assert answer.generation_id == turn.generation_id
    assert turn.message_ids == (asked.pk, answer.pk)


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_message_is_refused(conversation, text):
    with pytest.raises(NothingToSend):
        ask(conversation, text)
    assert not Message.objects.exists()


def test_a_message_over_the_limit_is_refused_with_the_limit(conversation, monkeypatch):
    monkeypatch.setattr(turns, "MESSAGE_LIMIT", 10)
    with pytest.raises(MessageTooLong, match="11 characters; the limit is 10"):
        ask(conversation, "x" * 11)


def test_a_second_message_waits_for_the_first_answer(conversation):
    ask(conversation, "One")
    with pytest.raises(AnswerInProgress):
        ask(conversation, "Two")
    assert [message.text for message in shown(conversation) if message.role == "user"] == ["One"]


def test_regenerating_makes_a_sibling_and_keeps_the_old_answer(conversation):
    old = make_exchange(conversation)
    turns.regenerate(old)
    new = shown(conversation)[-1]
    assert new.parent_id == old.parent_id
    assert Message.objects.get(pk=old.pk).text == "Hi **there**"


def test_a_question_cannot_be_regenerated(conversation):
    asked = make_exchange(conversation).parent
    with pytest.raises(NotPossible):
        turns.regenerate(asked)


def test_editing_makes_a_version_beside_the_old_message(conversation):
    make_exchange(conversation, "First")
    old = make_exchange(conversation, "Second").parent
    turns.edit_message(old, "Second, better")
    texts = [message.text for message in shown(conversation)]
    assert texts == ["First", "Hi **there**", "Second, better", ""]
    assert Message.objects.get(pk=old.pk).text == "Second"


def test_continuing_starts_with_everything_said_so_far(conversation):
    old = make_exchange(conversation, answered="Once upon")
    Message.objects.filter(pk=old.pk).update(status="interrupted")
    old.refresh_from_db()
    turns.continue_answer(old)
    new = shown(conversation)[-1]
    assert (new.text, new.parent_id, new.status) == ("Once upon", old.parent_id, "streaming")


def test_a_complete_answer_cannot_be_continued(conversation):
    with pytest.raises(NotPossible):
        turns.continue_answer(make_exchange(conversation))


def test_an_answer_cut_at_the_length_limit_can_be_continued(conversation):
    old = make_exchange(conversation)
    Message.objects.filter(pk=old.pk).update(finish_reason="length")
    old.refresh_from_db()
    assert turns.continue_answer(old)


def test_a_message_that_is_refused_leaves_the_model_as_it_was(conversation):
    endpoint = make_endpoint("http://127.0.0.1:9/v1", slug="there")
    ask(conversation, "One", model_key="there::first")
    with pytest.raises(AnswerInProgress):
        ask(conversation, "Two", model_key="there::second")
    conversation.refresh_from_db()
    assert (conversation.endpoint, conversation.model) == (endpoint, "first")


def test_a_first_message_that_is_refused_leaves_no_conversation(conversation):
    with pytest.raises(NothingToSend):
        turns.send_first_message(conversation.owner, " ", choice=None)
    assert Conversation.objects.count() == 1


def test_selecting_a_version_shows_what_was_said_last_on_its_branch(conversation):
    first = make_exchange(conversation, "Question")
    follow_up = make_exchange(conversation, "Follow-up")
    second = make_answer(conversation, first.parent, "Another answer")
    assert shown(conversation)[-1] == second
    turns.select_version(first)
    assert shown(conversation)[-1] == follow_up


def test_every_change_moves_the_revision_and_rings_once_committed(
    conversation, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        turn = ask(conversation, "Hello")
        assert heard == []
    changed = [event for event in heard if isinstance(event, notify.TranscriptChanged)]
    assert [(event.revision, event.change, event.message_ids) for event in changed] == [
        (turn.revision, "added", turn.message_ids)
    ]
    assert any(isinstance(event, notify.SidebarChanged) and event.change == "first" for event in heard)


def test_a_path_is_read_from_its_end_whatever_its_length(conversation, django_assert_num_queries):
    for number in range(5):
        make_exchange(conversation, f"Question {number}", f"Answer {number}")
    with django_assert_num_queries(1):
        ids = Message.objects.path_ids(conversation.head_id, 3)
    assert [message.text for message in Message.objects.in_order(ids)] == [
        "Answer 3",
        "Question 4",
        "Answer 4",
    ]


def test_a_first_message_that_is_sent_again_makes_no_other_conversation(conversation):
    key = uuid4()
    made, turn = turns.send_first_message(conversation.owner, "Hello", choice=None, sent_as=key)
    assert turn is not None
    assert turns.send_first_message(conversation.owner, "Hello", choice=None, sent_as=key) == (made, None)


def test_a_first_message_whose_conversation_was_deleted_makes_another(conversation):
    key = uuid4()
    made, _ = turns.send_first_message(conversation.owner, "Hello", choice=None, sent_as=key)
    delete_conversation(made)
    again, turn = turns.send_first_message(conversation.owner, "Hello", choice=None, sent_as=key)
    assert again != made
    assert turn.conversation == again


def test_nobody_is_shown_a_conversation_for_knowing_what_its_message_was_sent_as(conversation):
    key = uuid4()
    made, _ = turns.send_first_message(conversation.owner, "Hello", choice=None, sent_as=key)
    theirs, turn = turns.send_first_message(make_user("bob"), "Hello", choice=None, sent_as=key)
    assert theirs != made
    assert turn is not None
