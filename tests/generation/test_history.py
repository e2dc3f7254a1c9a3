"""What an endpoint is sent of a conversation."""

import pytest

from conversations.generation.history import CONTINUE_PROMPT, request_outline, said_before, written_out
from conversations.models import Message, Part
from tests.factories import make_answer, make_conversation, make_exchange, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(db):
    return make_conversation(make_user())


def asked(conversation, text):
    message = Message.objects.create(conversation=conversation, parent_id=conversation.head_id, role="user")
    Part.objects.create(message=message, index=0, kind="text", text=text)
    return message


def sent(conversation, leaf, **options):
    outline = request_outline(conversation.request_settings, leaf.pk, **options)
    return [(m["role"], m["content"]) for m in written_out(outline, said_before([leaf.pk]))]


def test_the_branch_is_sent_from_its_root_with_the_instructions_first(conversation):
    conversation.system_prompt = "Be brief."
    make_exchange(conversation, "One", "Two")
    assert sent(conversation, asked(conversation, "Three")) == [
        ("system", "Be brief."),
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "Three"),
    ]


def test_other_versions_are_not_sent(conversation):
    first = make_exchange(conversation, "Question", "Old answer")
    make_answer(conversation, first.parent, "New answer")
    assert ("assistant", "Old answer") not in sent(conversation, asked(conversation, "And?"))


def test_reasoning_is_not_sent_back(conversation):
    answer = make_exchange(conversation)
    Part.objects.create(message=answer, index=1, kind="reasoning", text="Secret thoughts")
    assert sent(conversation, asked(conversation, "And?"))[1] == ("assistant", "Hi **there**")


def test_an_answer_that_failed_empty_leaves_no_gap_in_the_order_of_roles(conversation):
    make_exchange(conversation, "One", "")
    assert sent(conversation, asked(conversation, "Two")) == [("user", "One\n\nTwo")]


def test_an_answer_to_be_continued_is_sent_with_the_request_to_go_on(conversation):
    leaf = asked(conversation, "Tell me")
    assert sent(conversation, leaf, so_far="Once upon") == [
        ("user", "Tell me"),
        ("assistant", "Once upon"),
        ("user", CONTINUE_PROMPT),
    ]


def test_histories_that_are_read_together_do_not_mix(conversation):
    other = make_conversation(conversation.owner)
    make_exchange(conversation, "One", "Two")
    make_exchange(other, "Uno", "Due")
    leaves = [
        asked(conversation, "Three"),
        asked(other, "Tre"),
        asked(make_conversation(other.owner), "Alone"),
    ]
    said = said_before([leaf.pk for leaf in leaves])
    assert [[text for _, text in said[leaf.pk]] for leaf in leaves] == [
        ["One", "Two", "Three"],
        ["Uno", "Due", "Tre"],
        ["Alone"],
    ]
