"""What operators type."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from conversations.models import Conversation, Endpoint, Generation
from tests.factories import ask, make_conversation, make_endpoint

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


@pytest.mark.django_db(transaction=True)
def test_the_doctor_tells_what_a_model_can_do_and_keeps_it(replay_server):
    endpoint = make_endpoint(f"{replay_server.url}/v1", name="Replay")
    told = printed("probe_endpoint", "replay", "--model", "live-echo")
    assert re.search(r"Streamed answers +yes", told)
    assert re.search(r"Log probabilities +no +none came", told)
    kept = endpoint.models.get(name="live-echo")
    assert kept.profile["stream"] == {"state": "yes", "detail": ""}
    assert kept.probed_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_doctor_needs_an_endpoint_and_a_model():
    with pytest.raises(CommandError, match="no endpoint"):
        printed("probe_endpoint", "Nobody")
    make_endpoint("http://127.0.0.1:9/v1", name="Gone")
    with pytest.raises(CommandError, match="no such model"):
        printed("probe_endpoint", "Gone")
