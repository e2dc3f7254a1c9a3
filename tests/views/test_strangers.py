"""Whatever is somebody else's does not exist: every address of a conversation answers a stranger with 404."""

import pytest
from django.test import AsyncClient
from django.urls import URLPattern, URLResolver, get_resolver

from conversations import urls
from tests.factories import make_conversation, make_exchange

pytestmark = pytest.mark.django_db(transaction=True)


def addresses(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


OF_A_CONVERSATION = sorted(route for route in addresses(urls.urlpatterns) if "conversation_id" in route)


def filled(route, conversation, message):
    path = route.replace("<uuid:conversation_id>", str(conversation.pk))
    return "/" + path.replace("<uuid:message_id>", str(message.pk)).replace("<int:place>", "0")


def test_there_are_addresses_to_test():
    assert len(OF_A_CONVERSATION) > 15
    assert get_resolver().resolve("/c/00000000-0000-0000-0000-000000000000/")


@pytest.mark.parametrize("route", OF_A_CONVERSATION)
async def test_a_stranger_gets_404(route, signed_in, made):
    alice, _ = await signed_in("alice")
    _, bobs_client = await signed_in("bob")
    conversation = await made(make_conversation, alice)
    message = await made(make_exchange, conversation)
    path = filled(route, conversation, message)
    statuses = {(await bobs_client.get(path)).status_code, (await bobs_client.post(path)).status_code}
    assert statuses <= {404, 405}
    assert 404 in statuses


@pytest.mark.parametrize("route", OF_A_CONVERSATION)
async def test_nobody_gets_in_without_signing_in(route, signed_in, made):
    alice, _ = await signed_in("alice")
    conversation = await made(make_conversation, alice)
    message = await made(make_exchange, conversation)
    path = filled(route, conversation, message)
    for answer in (await AsyncClient().get(path), await AsyncClient().post(path)):
        assert answer.status_code in {302, 405}
        if answer.status_code == 302:
            assert answer.url.startswith("/accounts/login/")


async def test_a_message_is_not_found_under_another_conversation(signed_in, made):
    alice, client = await signed_in("alice")
    message = await made(make_exchange, await made(make_conversation, alice))
    other = await made(make_conversation, alice)
    assert (await client.get(f"/c/{other.pk}/messages/{message.pk}/text/")).status_code == 404
