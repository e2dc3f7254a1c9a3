"""Which endpoint and model a key, a typed name or nothing at all stands for."""

import pytest

from conversations.models import Endpoint
from conversations.services import endpoints
from conversations.services.endpoints import Offer
from tests.factories import make_endpoint

pytestmark = pytest.mark.django_db


def offer(endpoint, *names):
    endpoints.save_offers(endpoint, [Offer(name) for name in names])


@pytest.fixture
def site(settings):
    settings.OPENAI_BASE_URL = ""
    settings.CHATSITE_DEFAULT_MODEL = ""
    settings.CHATSITE_DISCOVER_LOCAL = True
    return settings


def test_with_nothing_configured_there_is_the_demo(site):
    endpoints.configure_endpoints()
    assert endpoints.choose("").endpoint.source == Endpoint.Source.DEMO


def test_the_demo_steps_back_for_a_real_endpoint(site):
    endpoints.configure_endpoints()
    real = make_endpoint("http://127.0.0.1:9/v1")
    assert endpoints.usable_endpoints() == [real]


def test_the_environments_endpoint_comes_first_and_its_key_is_not_stored(site):
    make_endpoint("http://127.0.0.1:9/v1")
    site.OPENAI_BASE_URL, site.OPENAI_API_KEY = "http://models.example.org:8000/v1", "sk-secret"
    endpoints.configure_endpoints()
    first = endpoints.usable_endpoints()[0]
    assert (first.name, first.base_url, first.api_key) == (
        "models.example.org:8000",
        site.OPENAI_BASE_URL,
        "",
    )


def test_the_environments_endpoint_is_named_without_the_password_in_its_address(site):
    site.OPENAI_BASE_URL = "https://me:pass@models.example.org/v1?key=open-sesame"
    endpoints.configure_endpoints()
    endpoint = Endpoint.objects.get(source="environment")
    assert (endpoint.name, endpoint.shown_url) == (
        "models.example.org",
        "https://***@models.example.org/v1?key=***",
    )


def test_the_environments_endpoint_goes_when_the_variable_does(site):
    site.OPENAI_BASE_URL = "http://models.example.org/v1"
    endpoints.configure_endpoints()
    site.OPENAI_BASE_URL = ""
    endpoints.configure_endpoints()
    assert [endpoint.source for endpoint in endpoints.usable_endpoints()] == ["demo"]


def test_configuring_twice_changes_nothing(site):
    site.OPENAI_BASE_URL = "http://models.example.org/v1"
    endpoints.configure_endpoints()
    before = list(Endpoint.objects.values())
    endpoints.configure_endpoints()
    assert list(Endpoint.objects.values()) == before


def test_what_staff_decided_about_an_endpoint_outlives_a_start(site):
    site.OPENAI_BASE_URL = "http://models.example.org/v1"
    local = [("llama.cpp", "http://127.0.0.1:8080/v1")]
    endpoints.configure_endpoints()
    endpoints.save_discovered(local)
    Endpoint.objects.update(enabled=False, position=7)
    endpoints.configure_endpoints()
    endpoints.save_discovered(local)
    assert not endpoints.usable_endpoints()
    assert set(Endpoint.objects.values_list("position", flat=True)) == {7}


def test_a_local_server_is_offered_while_it_is_found(site):
    endpoints.save_discovered([("llama.cpp", "http://127.0.0.1:8080/v1")])
    assert [endpoint.name for endpoint in endpoints.usable_endpoints()] == ["llama.cpp"]
    endpoints.save_discovered([])
    assert endpoints.usable_endpoints() == []
    endpoints.save_discovered([("llama.cpp", "http://127.0.0.1:8080/v1")])
    assert Endpoint.objects.get().present


def test_a_name_typed_by_hand_goes_to_the_endpoint_that_lists_it_else_to_the_first(site):
    first = make_endpoint("http://127.0.0.1:9/v1", "First", position=1)
    second = make_endpoint("http://127.0.0.1:10/v1", "Second", position=2)
    endpoints.save_offers(second, [Offer("vendor/model:free")])
    assert endpoints.choose("vendor/model:free").endpoint == second
    unlisted = endpoints.choose("gpt-99")
    assert (unlisted.endpoint, unlisted.name) == (first, "gpt-99")


def test_the_configured_default_model_is_used_though_nobody_lists_it(site):
    site.CHATSITE_DEFAULT_MODEL = "house-model"
    make_endpoint("http://127.0.0.1:9/v1")
    assert endpoints.choose("").name == "house-model"


def test_a_new_list_replaces_the_old_one(site):
    endpoint = make_endpoint("http://127.0.0.1:9/v1")
    endpoints.save_offers(endpoint, [Offer("a"), Offer("b")])
    endpoints.save_offers(endpoint, [Offer("b", label="Better"), Offer("c")])
    assert sorted(endpoint.models.values_list("name", "label")) == [("b", "Better"), ("c", "")]


def test_keys_are_encrypted_in_the_database(site, django_db_blocker):
    from django.db import connection

    endpoint = make_endpoint("http://127.0.0.1:9/v1", api_key="sk-very-secret")
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM conversations_endpoint")
        stored = cursor.fetchone()[0]
    assert "secret" not in stored
    assert Endpoint.objects.get(pk=endpoint.pk).api_key == "sk-very-secret"


def test_a_key_survives_a_new_secret_while_the_old_one_is_a_fallback(site):
    endpoint = make_endpoint("http://127.0.0.1:9/v1", api_key="sk-very-secret")
    site.SECRET_KEY_FALLBACKS = [site.SECRET_KEY]
    site.SECRET_KEY = "another secret that is long enough to be one"
    assert Endpoint.objects.get(pk=endpoint.pk).api_key == "sk-very-secret"
    site.SECRET_KEY_FALLBACKS = []
    assert Endpoint.objects.get(pk=endpoint.pk).api_key == ""


def test_a_typed_name_that_nobody_lists_is_asked_where_the_conversation_is(site):
    first, second = make_endpoint("http://127.0.0.1:9/v1"), make_endpoint("http://127.0.0.1:8/v1", "Second")
    offer(first, "both")
    offer(second, "both")
    assert endpoints.choose("new", at=second).endpoint == second
    assert endpoints.choose("both", at=second).endpoint == second
    assert endpoints.choose("new").endpoint == first


def test_a_list_that_did_not_change_is_not_written_again(site, django_assert_max_num_queries):
    endpoint = make_endpoint("http://127.0.0.1:9/v1")
    names = [f"model-{number}" for number in range(50)]
    offer(endpoint, *names)
    with django_assert_max_num_queries(6):
        offer(endpoint, *names)
    offer(endpoint, "model-1", "new")
    assert [model.name for model in endpoint.models.order_by("name")] == ["model-1", "new"]
    endpoints.save_offers(endpoint, [Offer("new", label="New", context_length=8)])
    assert [(model.label, model.context_length) for model in endpoint.models.all()] == [("New", 8)]
