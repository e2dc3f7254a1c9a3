"""Signing in and out."""

import re

import pytest
from allauth.account import app_settings
from django.contrib.auth.models import User
from django.test import Client


def sign_in(client: Client, login: str, password: str) -> int:
    return int(client.post("/accounts/login/", {"login": login, "password": password}).status_code)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("login", ["alice", "Alice", "alice@example.com", "ALICE@example.com"])
def test_username_or_email_signs_in(alice: User, password: str, login: str) -> None:
    client = Client()
    assert sign_in(client, login, password) == 302
    assert is_signed_in(client)


def test_a_wrong_password_does_not(alice: User) -> None:
    client = Client()
    answer = client.post("/accounts/login/", {"login": "alice", "password": "wrong"})
    assert "form-error" in answer.text
    assert not is_signed_in(client)


def test_an_unknown_name_gets_the_same_answer_as_a_wrong_password(alice: User) -> None:
    def error(login: str) -> str:
        answer = Client().post("/accounts/login/", {"login": login, "password": "wrong"})
        return "".join(re.findall(r'class="form-error".*?</p>', answer.text, re.S))

    assert error("nobody") == error("alice") != ""


def test_signing_in_leads_back_to_the_page_that_asked(alice: User, password: str) -> None:
    form = {"login": "alice", "password": password, "next": "/c/some/"}
    assert Client().post("/accounts/login/", form)["Location"] == "/c/some/"


def test_signing_in_leads_to_no_other_site(alice: User, password: str) -> None:
    form = {"login": "alice", "password": password, "next": "https://evil.example/"}
    assert Client().post("/accounts/login/", form)["Location"] == "/"


def test_an_inactive_user_stays_out(alice: User, password: str) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    client = Client()
    sign_in(client, "alice", password)
    assert not is_signed_in(client)


def test_guessing_a_password_is_limited(alice: User, password: str) -> None:
    client = Client()
    attempts = app_settings.RATE_LIMITS["login_failed"]
    assert "5/300s/key" in attempts
    for _ in range(5):
        sign_in(client, "alice", "wrong")
    sign_in(client, "alice", password)
    assert not is_signed_in(client)


def test_signing_out_takes_a_post(alice_client: Client) -> None:
    assert alice_client.get("/accounts/logout/").status_code == 200
    assert is_signed_in(alice_client)
    answer = alice_client.post("/accounts/logout/")
    assert answer["Location"] == "/accounts/login/"
    assert not is_signed_in(alice_client)


def test_the_admin_sends_people_to_the_same_sign_in_page(db: None) -> None:
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_user_without_the_right_does_not_enter_the_admin(alice_client: Client) -> None:
    assert alice_client.get("/admin/", follow=True).status_code == 403


def test_before_the_first_account_the_page_says_where_to_find_the_link(db: None) -> None:
    assert "The server prints a link" in Client().get("/accounts/login/").text


def test_afterwards_it_does_not(alice: User) -> None:
    assert "The server prints a link" not in Client().get("/accounts/login/").text


def test_pages_speak_chinese_to_those_who_ask_for_it(db: None) -> None:
    answer = Client().get("/accounts/login/", headers={"Accept-Language": "zh-CN"})
    assert answer["Content-Language"] == "zh-hans"
    assert '<html lang="zh-hans"' in answer.text
