"""Staff see everything there is, and change only what is theirs to change."""

import re
import threading

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.urls import reverse

from conversations.models import (
    Attachment,
    Completion,
    Conversation,
    Endpoint,
    Generation,
    Message,
    Preset,
    RequestSettings,
)
from conversations.services.conversations import rename_conversation
from conversations.services.request_settings import begin_with, save_preset
from tests.factories import ask, make_conversation, make_endpoint, make_exchange

pytestmark = pytest.mark.django_db
MODELS = [
    "attachment",
    "conversation",
    "message",
    "generation",
    "completion",
    "endpoint",
    "offeredmodel",
    "preset",
    "requestdefaults",
]


@pytest.fixture
def history(alice):
    conversation = make_conversation(
        alice, title="About bees", endpoint=make_endpoint("http://127.0.0.1:9/v1")
    )
    make_exchange(conversation, "How do bees fly?", "With wings")
    ask(conversation, "Really?")
    conversation.endpoint.models.create(name="bee-1")
    settings = RequestSettings(system_prompt="You are a bee.")
    save_preset(alice, "Bee", settings)
    begin_with(alice, settings)
    Attachment.objects.create(owner=alice, kind="image", name="bee.png", size=1, file="attachments/x.png")
    return conversation


@pytest.mark.parametrize("name", MODELS)
def test_staff_can_list_search_and_open(name, history, staff_client):
    listing = reverse(f"admin:conversations_{name}_changelist")
    assert staff_client.get(listing, {"q": "bee"}).status_code == 200
    row = apps.get_model("conversations", name).objects.first()
    assert staff_client.get(reverse(f"admin:conversations_{name}_change", args=[row.pk])).status_code == 200


def test_presets_are_taken_away_by_staff_and_changed_by_their_owners_only(history, staff_client):
    row = Preset.objects.get()
    change = reverse("admin:conversations_preset_change", args=[row.pk])
    assert staff_client.post(change, {"name": "Wasp"}).status_code == 403
    staff_client.post(reverse("admin:conversations_preset_delete", args=[row.pk]), {"post": "yes"})
    assert not Preset.objects.exists()


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


def form_of(endpoint, **changes):
    values = {"name": endpoint.name, "slug": endpoint.slug, "base_url": endpoint.base_url, "enabled": "on"}
    return values | {"position": endpoint.position} | changes


def test_a_stored_key_can_be_removed(staff_client):
    endpoint = make_endpoint("http://127.0.0.1:9/v1", api_key="sk-private")
    change = reverse("admin:conversations_endpoint_change", args=[endpoint.pk])
    staff_client.post(change, form_of(endpoint, remove_key="on"))
    endpoint.refresh_from_db()
    assert endpoint.api_key == ""


def test_an_endpoint_with_a_name_in_any_script_gets_an_address_of_its_own(staff_client):
    for number, name in enumerate(["我的服务器", "本地模型"]):
        form = {"name": name, "slug": "", "base_url": f"http://127.0.0.1:{number + 9}/v1", "position": 1}
        assert staff_client.post(reverse("admin:conversations_endpoint_add"), form).status_code == 302
    assert list(Endpoint.objects.values_list("slug", flat=True)) == ["endpoint", "endpoint-2"]


@pytest.mark.parametrize(
    "address", ["localhost:8080/v1", "ftp://host/v1", "http://", "http://[::1/v1", "http://h:x"]
)
def test_an_address_that_is_none_is_refused(staff_client, address):
    form = {"name": "Mine", "slug": "mine", "base_url": address, "position": 1}
    page = staff_client.post(reverse("admin:conversations_endpoint_add"), form)
    assert "must begin with http://" in page.text
    assert not Endpoint.objects.exists()


def test_the_address_and_key_of_the_environments_endpoint_are_not_changed_here(staff_client):
    endpoint = make_endpoint("http://127.0.0.1:9/v1", source=Endpoint.Source.ENVIRONMENT)
    change = reverse("admin:conversations_endpoint_change", args=[endpoint.pk])
    page = staff_client.get(change).text
    assert "http://127.0.0.1:9/v1" in page
    assert 'name="base_url"' not in page
    assert 'name="api_key"' not in page
    staff_client.post(change, form_of(endpoint, base_url="http://elsewhere/v1", name="Renamed"))
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.base_url) == ("Renamed", "http://127.0.0.1:9/v1")


def test_an_account_is_removed_with_all_that_it_has(history, alice, bob, staff_client):
    kept = make_conversation(bob)
    make_exchange(kept)
    delete = reverse("admin:auth_user_delete", args=[alice.pk])
    assert "1 conversation" in staff_client.get(delete).text
    assert staff_client.post(delete, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert list(Conversation.objects.all()) == [kept]
    assert set(Message.objects.values_list("conversation", flat=True)) == {kept.pk}


def test_several_accounts_are_removed_at_once_but_never_ones_own(history, alice, bob, staff_client):
    staff = User.objects.get(is_staff=True)
    listing = reverse("admin:auth_user_changelist")
    action = {"action": "delete_selected", "post": "yes"}
    staff_client.post(listing, action | {"_selected_action": [alice.pk, staff.pk]})
    assert User.objects.count() == 3
    staff_client.post(listing, action | {"_selected_action": [alice.pk, bob.pk]})
    assert list(User.objects.all()) == [staff]
    assert staff_client.post(reverse("admin:auth_user_delete", args=[staff.pk])).status_code == 403


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


def test_a_conversation_leads_to_its_messages(history, staff_client):
    page = staff_client.get(reverse("admin:conversations_conversation_change", args=[history.pk])).text
    link = reverse("admin:conversations_message_changelist") + f"?conversation__id__exact={history.pk}"
    assert link in page
    listed = staff_client.get(link).text
    assert "With wings" in listed


def test_who_may_only_look_at_endpoints_sees_no_key(client, alice):
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_endpoint"))
    client.force_login(alice)
    endpoint = make_endpoint("http://bob:hunter22@127.0.0.1:9/v1", api_key="sk-verysecret1")
    page = client.get(reverse("admin:conversations_endpoint_change", args=[endpoint.pk])).text
    assert "127.0.0.1:9/v1" in page
    assert "sk-verysecret1" not in page
    assert "hunter22" not in page


@pytest.mark.django_db(transaction=True)
def test_others_go_on_writing_while_an_account_is_removed(alice, bob, staff_client):
    for number in range(20):
        make_exchange(make_conversation(alice), f"Question {number}")
    kept = make_conversation(bob)
    problems = []

    def write():
        try:
            for number in range(60):
                rename_conversation(kept, f"Title {number}")
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    others = [threading.Thread(target=write) for _ in range(2)]
    for thread in others:
        thread.start()
    delete = reverse("admin:auth_user_delete", args=[alice.pk])
    assert staff_client.post(delete, {"post": "yes"}).status_code == 302
    for thread in others:
        thread.join(30)
        assert not thread.is_alive()
    assert problems == []
    assert not User.objects.filter(pk=alice.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_doctor_shows_what_a_model_can_do_and_keeps_showing_it(staff_client, replay_server):
    endpoint = make_endpoint(f"{replay_server}/v1")
    url = reverse("admin:conversations_endpoint_probe", args=[endpoint.pk])
    assert url in staff_client.get(reverse("admin:conversations_endpoint_change", args=[endpoint.pk])).text
    assert "Streamed answers" not in staff_client.get(url).text
    for page in (staff_client.post(url, {"model": "live-echo"}).text, staff_client.get(url).text):
        rows = re.findall(r"<th[^>]*>([^<]+)</th>\s*<td>([^<]+)</td>", page)
        assert ("Streamed answers", "yes") in rows
        assert ("Several answers at once", "no") in rows


def test_the_doctor_is_for_those_who_may_change_endpoints(client, alice):
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_endpoint"))
    client.force_login(alice)
    url = reverse("admin:conversations_endpoint_probe", args=[make_endpoint("http://127.0.0.1:9/v1").pk])
    assert client.get(url).status_code == 404
    assert client.post(url, {"model": "m"}).status_code == 404
