"""Changing a password, and getting back in without one."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

NEW = "another long one 7"


def test_a_password_can_be_changed(alice: User, alice_client: Client, password: str) -> None:
    form = {"oldpassword": password, "password1": NEW, "password2": NEW}
    assert alice_client.post("/accounts/password/change/", form).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert "_auth_user_id" in alice_client.session


def test_not_without_the_old_one(alice: User, alice_client: Client) -> None:
    alice_client.post(
        "/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    )
    alice.refresh_from_db()
    assert not alice.check_password(NEW)


def test_other_sessions_end_when_the_password_changes(
    alice: User, alice_client: Client, password: str
) -> None:
    elsewhere = Client()
    elsewhere.post("/accounts/login/", {"login": "alice", "password": password})
    alice_client.post(
        "/accounts/password/change/", {"oldpassword": password, "password1": NEW, "password2": NEW}
    )
    assert elsewhere.get("/accounts/password/change/").status_code == 302


def test_a_forgotten_password_is_set_anew_through_a_link(alice: User) -> None:
    client = Client()
    answer = client.post("/accounts/password/reset/", {"email": "alice@example.com"}, follow=True)
    assert "Look into your mailbox" in answer.text
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[0].body)
    assert link
    form = client.get(link[0], follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert "This link no longer works" in Client().get(link[0], follow=True).text


def test_an_unknown_address_gets_the_same_page(alice: User) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": "nobody@example.com"}, follow=True)
    assert "Look into your mailbox" in answer.text


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/password/change/", "/accounts/logout/"])
def test_the_account_pages_have_the_site_s_own_frame(alice_client: Client, path: str) -> None:
    answer = alice_client.get(path)
    assert answer.status_code == 200
    assert 'class="auth-card"' in answer.text
