"""One's own email addresses: listed with what can be done about each."""

import re
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.test import Client

PAGE = "/accounts/email/"


def buttons(page: str) -> list[str]:
    return re.findall(r'name="(action_\w+)"', page)


def test_an_address_is_added_made_primary_and_removed(
    alice: User, alice_client: Client, mailoutbox: list[Any]
) -> None:
    alice_client.post(PAGE, {"email": "second@example.org", "action_add": ""})
    assert mailoutbox[-1].to == ["second@example.org"]
    page = alice_client.get(PAGE).text
    assert "second@example.org" in page
    assert "Not confirmed yet" in page
    assert "action_send" in buttons(page)
    EmailAddress.objects.filter(email="second@example.org").update(verified=True)
    alice_client.post(PAGE, {"email": "second@example.org", "action_primary": ""})
    alice.refresh_from_db()
    assert alice.email == "second@example.org"
    alice_client.post(PAGE, {"email": "alice@example.com", "action_remove": ""})
    assert "alice@example.com" not in alice_client.get(PAGE).text.split("auth-message")[0]
    assert set(alice.emailaddress_set.values_list("email", flat=True)) == {"second@example.org"}


def test_the_page_leads_back(alice_client: Client) -> None:
    assert 'href="/settings/"' in alice_client.get(PAGE).text
