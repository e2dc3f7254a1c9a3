"""Making an account by oneself."""

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

FORM = {"username": "carol", "email": "", "password1": "long enough 42", "password2": "long enough 42"}


def sign_up(**change: str) -> Client:
    client = Client()
    client.post("/accounts/signup/", FORM | change)
    return client


def test_signing_up_makes_an_ordinary_user_and_signs_them_in(alice: User) -> None:
    client = sign_up()
    carol = User.objects.get(username="carol")
    assert not carol.is_staff
    assert not carol.is_superuser
    assert client.session["_auth_user_id"] == str(carol.pk)


def test_no_mail_is_needed_by_default(alice: User) -> None:
    sign_up(email="carol@example.com")
    assert mail.outbox == []


@pytest.mark.parametrize(
    "change",
    [
        {"username": "alice"},
        {"username": "ALICE"},
        {"email": "alice@example.com"},
        {"password2": "another 42 words"},
        {"password1": "password", "password2": "password"},
        {"username": ""},
    ],
)
def test_a_form_with_mistakes_makes_no_account(alice: User, change: dict[str, str]) -> None:
    sign_up(**change)
    assert User.objects.count() == 1


def test_it_can_be_turned_off(alice: User, settings: Settings) -> None:
    settings.CHATSITE_SIGNUP = False
    assert "Sign-up is closed" in Client().get("/accounts/signup/").text
    sign_up()
    assert not User.objects.filter(username="carol").exists()
    assert "/accounts/signup/" not in Client().get("/accounts/login/").text


def test_it_is_closed_until_the_first_account_is_made(db: None) -> None:
    """Else a passer-by would take the place of the administrator."""
    sign_up()
    assert not User.objects.exists()


def test_the_sign_in_page_offers_it(alice: User) -> None:
    assert "/accounts/signup/" in Client().get("/accounts/login/").text


def test_confirming_the_address_can_be_demanded(alice: User, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client = sign_up(email="carol@example.com")
    assert "_auth_user_id" not in client.session
    assert [message.to for message in mail.outbox] == [["carol@example.com"]]
