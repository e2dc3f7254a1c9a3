"""Naming, putting away, deleting and bringing back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations.models import Conversation, Message
from conversations.services import conversations
from tests.factories import ask, make_conversation, make_exchange, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(db):
    return make_conversation(make_user())


def test_the_first_words_are_the_title_until_there_is_a_better_one():
    assert conversations.title_from_words("  What is\n the   time? ") == "What is the time?"
    long = conversations.title_from_words("word " * 40)
    assert len(long) <= conversations.TITLE_LENGTH
    assert long.endswith("word…")
    assert conversations.title_from_words("x" * 200) == "x" * 79 + "…"


def test_the_models_title_is_taken_once_and_never_over_the_owners(conversation):
    conversations.accept_model_title(conversation, "By the model")
    conversation.refresh_from_db()
    assert conversation.title == "By the model"
    conversations.rename_conversation(conversation, "  By   me ")
    conversations.accept_model_title(conversation, "By the model again")
    conversation.refresh_from_db()
    assert conversation.title == "By me"


def test_an_empty_name_changes_nothing(conversation):
    conversations.rename_conversation(conversation, "   ")
    conversation.refresh_from_db()
    assert conversation.title == "A conversation"


def test_a_deleted_conversation_comes_back_whole(conversation):
    make_exchange(conversation)
    conversations.delete_conversation(conversation)
    assert not Conversation.objects.visible_to(conversation.owner).exists()
    conversations.restore_conversation(conversation)
    assert Conversation.objects.visible_to(conversation.owner).get().messages.count() == 2


def test_only_what_was_deleted_long_ago_is_purged(conversation):
    make_exchange(conversation)
    ask(conversation)
    recent = make_conversation(conversation.owner, deleted_at=timezone.now())
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    assert conversations.purge_deleted() == 1
    assert list(Conversation.objects.all()) == [recent]
    assert not Message.objects.exists()


def test_deleting_a_user_takes_their_conversations_along(conversation):
    for _ in range(3):
        make_exchange(conversation)
    conversation.owner.delete()
    assert not Message.objects.exists()
