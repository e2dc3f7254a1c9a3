"""Staff see everything there is, and change only what is theirs to change."""

import pytest
from django.apps import apps
from django.urls import reverse

from conversations.models import Completion, Endpoint, Generation, Message
from tests.factories import ask, make_conversation, make_endpoint, make_exchange

pytestmark = pytest.mark.django_db
MODELS = ["conversation", "message", "generation", "completion", "endpoint", "offeredmodel"]


@pytest.fixture
def history(alice):
    conversation = make_conversation(
        alice, title="About bees", endpoint=make_endpoint("http://127.0.0.1:9/v1")
    )
    make_exchange(conversation, "How do bees fly?", "With wings")
    ask(conversation, "Really?")
    conversation.endpoint.models.create(name="bee-1")
    return conversation


@pytest.mark.parametrize("name", MODELS)
def test_staff_can_list_search_and_open(name, history, staff_client):
    listing = reverse(f"admin:conversations_{name}_changelist")
    assert staff_client.get(listing, {"q": "bee"}).status_code == 200
    row = apps.get_model("conversations", name).objects.first()
    assert staff_client.get(reverse(f"admin:conversations_{name}_change", args=[row.pk])).status_code == 200


def test_users_are_there_too(staff_client, alice):
    assert alice.username in staff_client.get(reverse("admin:auth_user_changelist")).content.decode()


def test_messages_are_found_by_what_they_say(history, staff_client):
    page = staff_client.get(
        reverse("admin:conversations_message_changelist"), {"q": "wings"}
    ).content.decode()
    assert "With wings" in page
    assert "Really?" not in page


@pytest.mark.parametrize("model", [Message, Generation, Completion])
def test_history_cannot_be_changed_or_deleted(model, history, staff_client):
    name = model._meta.model_name
    row = model.objects.first()
    for action in ("change", "delete"):
        assert (
            staff_client.post(reverse(f"admin:conversations_{name}_{action}", args=[row.pk])).status_code
            == 403
        )
    assert staff_client.get(reverse(f"admin:conversations_{name}_add")).status_code == 403


def test_others_have_no_admin(history, alice_client):
    assert alice_client.get(reverse("admin:conversations_message_changelist")).status_code == 302


def test_an_endpoint_is_added_and_its_key_never_shown_again(staff_client):
    form = {
        "name": "Mine",
        "slug": "mine",
        "base_url": "http://127.0.0.1:9/v1",
        "api_key": "sk-private",
        "position": 5,
    }
    staff_client.post(reverse("admin:conversations_endpoint_add"), form | {"enabled": "on"})
    endpoint = Endpoint.objects.get(slug="mine")
    change = reverse("admin:conversations_endpoint_change", args=[endpoint.pk])
    assert "sk-private" not in staff_client.get(change).content.decode()
    staff_client.post(change, form | {"api_key": "", "name": "Renamed", "enabled": "on"})
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.api_key) == ("Renamed", "sk-private")


@pytest.mark.django_db(transaction=True)
def test_a_connection_can_be_tried_out(staff_client, replay_server):
    endpoint = make_endpoint(f"{replay_server}/v1")
    page = staff_client.post(
        reverse("admin:conversations_endpoint_test", args=[endpoint.pk])
    ).content.decode()
    assert "001-text-openai" in page


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_is_not_there_is_explained(staff_client):
    endpoint = make_endpoint("http://127.0.0.1:9/v1")
    page = staff_client.post(
        reverse("admin:conversations_endpoint_test", args=[endpoint.pk])
    ).content.decode()
    assert "127.0.0.1:9" in page
