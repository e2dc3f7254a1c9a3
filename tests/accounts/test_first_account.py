"""The first account: whoever holds the one-time link becomes the administrator, once."""

import threading
import time
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from conversations.accounts.first_account import TOKEN_LIFETIME_SECONDS, setup_path

FORM = {
    "username": "ada",
    "email": "ada@example.com",
    "password1": "long enough 42",
    "password2": "long enough 42",
}


@pytest.mark.django_db
def test_the_link_shows_a_form() -> None:
    answer = Client().get(setup_path())
    assert answer.status_code == 200
    assert 'name="password1"' in answer.text


@pytest.mark.django_db
def test_the_form_makes_an_administrator_and_signs_them_in() -> None:
    client = Client()
    answer = client.post(setup_path(), FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    ada = User.objects.get()
    assert (ada.username, ada.email, ada.is_superuser, ada.is_staff) == ("ada", "ada@example.com", True, True)
    assert ada.check_password(FORM["password1"])
    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"password2": "another 42 words"}, {"password1": "123", "password2": "123"}, {"username": ""}]
)
def test_a_form_with_mistakes_makes_nothing(change: dict[str, str]) -> None:
    answer = Client().post(setup_path(), FORM | change)
    assert answer.status_code == 422
    assert "form-error" in answer.text
    assert not User.objects.exists()


@pytest.mark.django_db
def test_where_addresses_must_be_confirmed_the_administrator_has_one_and_can_sign_in_again(
    settings: Any, mailoutbox: list[Any]
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client = Client()
    assert client.post(setup_path(), FORM | {"email": ""}).status_code == 422
    assert client.post(setup_path(), FORM).status_code == 302
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "ada", "password": FORM["password1"]})
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    assert not mailoutbox


@pytest.mark.django_db
def test_the_link_is_worth_nothing_a_second_time() -> None:
    path = setup_path()
    Client().post(path, FORM)
    stranger = Client()
    for answer in (stranger.get(path), stranger.post(path, FORM | {"username": "eve"})):
        assert answer.status_code == 410
        assert "This site is set up" in answer.text
    assert User.objects.count() == 1
    assert "_auth_user_id" not in stranger.session


@pytest.mark.django_db
def test_a_made_up_link_does_not_work() -> None:
    path = setup_path()
    for wrong in (path[:-2] + "x/", "/accounts/setup/first/"):
        answer = Client().post(wrong, FORM)
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_link_grows_too_old() -> None:
    path = setup_path()
    with patch("time.time", return_value=time.time() + TOKEN_LIFETIME_SECONDS + 60):
        assert Client().get(path).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_wins() -> None:
    path = setup_path()
    together = threading.Barrier(4)
    answers: list[int] = []

    def claim(number: int) -> None:
        client = Client()
        together.wait()
        answers.append(client.post(path, FORM | {"username": f"user{number}"}).status_code)
        connection.close()

    threads = [threading.Thread(target=claim, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 410, 410, 410]
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_the_form_needs_its_csrf_token() -> None:
    answer = Client(enforce_csrf_checks=True).post(setup_path(), FORM)
    assert answer.status_code == 403
    assert "Please try again" in answer.text
    assert not User.objects.exists()
