"""What operators type."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from conversations.models import Conversation, Endpoint, Generation
from tests.factories import ask, make_conversation

pytestmark = pytest.mark.django_db


def printed(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_an_endpoint_is_added_with_its_key():
    assert "Added Mine" in printed("add_endpoint", "Mine", "http://127.0.0.1:9/v1", "--key", "sk-1")
    endpoint = Endpoint.objects.get()
    assert (endpoint.slug, endpoint.api_key, endpoint.enabled) == ("mine", "sk-1", True)


@pytest.mark.parametrize(("name", "url"), [("Mine", "http://127.0.0.1:9/v1"), ("Other", "127.0.0.1:9")])
def test_an_endpoint_that_cannot_be_is_refused_in_words(name, url):
    printed("add_endpoint", "Mine", "http://127.0.0.1:9/v1")
    with pytest.raises(CommandError, match=r"already|must begin"):
        printed("add_endpoint", name, url)


def test_abandoned_answers_are_ended(alice):
    turn = ask(make_conversation(alice), process="dead")
    Generation.objects.filter(pk=turn.generation_id).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert "Ended 1 " in printed("reap_generations")
    assert Generation.objects.get().status == "interrupted"


def test_old_deletions_are_purged(alice):
    make_conversation(alice, deleted_at=timezone.now() - timedelta(days=31))
    make_conversation(alice, deleted_at=timezone.now())
    assert "Removed 1 " in printed("purge")
    assert Conversation.objects.count() == 1
