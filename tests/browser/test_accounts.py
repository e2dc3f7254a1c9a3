"""From the printed link to the first message; signing in, out and up; strangers."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.pages import ChatPage, body
from tests.servers.site import PASSWORD, LiveSite


def fill_sign_up(page: Page, username: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label(re.compile(r"Password (confirmation|\(again\))")).fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()


def test_the_set_up_link_leads_to_a_first_answered_message_and_closed_sign_up_stays_closed(
    make_site: Callable[..., LiveSite], open_page: Callable[..., Page]
) -> None:
    site = make_site(CHATSITE_SIGNUP="off")
    page = open_page(site.url)
    page.goto(site.setup_url)
    assert_accessible(page)
    fill_sign_up(page, "ada")
    chat = ChatPage(page)
    expect(page.get_by_text("You are talking to the built-in demo")).to_be_visible()
    answer = chat.ask("Good morning")
    expect(body(answer)).to_contain_text("I am the demo that is built into Chatsite")
    expect(chat.rows).to_have_count(1)

    stranger = open_page(site.url)
    stranger.goto("/accounts/login/")
    expect(stranger.get_by_role("button", name="Sign in")).to_be_visible()
    expect(stranger.get_by_role("link", name="Create an account")).to_have_count(0)
    stranger.goto("/accounts/signup/")
    expect(stranger.get_by_role("heading", name="Sign-up is closed")).to_be_visible()
    expect(stranger.get_by_role("textbox")).to_have_count(0)
    assert_accessible(stranger)


@pytest.mark.usefixtures("library")
def test_signing_up_out_and_in_again_finds_the_conversations(
    shared_site: LiveSite, open_page: Callable[..., Page]
) -> None:
    page = open_page(shared_site.url)
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="Create an account").click()
    fill_sign_up(page, "grace")
    chat = ChatPage(page)
    chat.ask("Remember me")
    path = chat.path
    chat.sidebar.get_by_role("button", name="grace").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(path)
    page.get_by_label("Username or email").fill("grace")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("not correct")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    assert chat.path == path
    expect(body(chat.answer())).to_have_text("Remember me")


@pytest.mark.usefixtures("requests_may_fail")
def test_a_strangers_conversation_is_not_found(chat: ChatPage, visit: Callable[..., ChatPage]) -> None:
    owner, stranger = chat.new(), visit().new()
    owner.ask("My secret")
    answer = stranger.page.goto(owner.path)
    assert answer is not None
    assert answer.status == 404
    expect(stranger.page.get_by_role("heading", name="Page not found")).to_be_visible()
    expect(stranger.page.get_by_text("My secret")).to_have_count(0)
    stranger.page.get_by_role("link", name="Back to your conversations").click()
    expect(stranger.composer).to_be_editable()
