"""A network that goes away and a session that ends: the page says so, loses nothing, and comes back by itself."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.conftest import Library, Person
from tests.browser.pages import ChatPage, body, press
from tests.browser.scripted import ScriptedEndpoint
from tests.servers.site import PASSWORD, LiveSite

pytestmark = pytest.mark.usefixtures("requests_may_fail")


def test_a_lost_network_is_told_and_caught_up_with(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("offline")
    chat.new("scripted::offline").send("Go on without me")
    script.say("Before.")
    expect(body(chat.answer())).to_have_text("Before.")
    chat.path  # noqa: B018  (the page must have its address before the network goes)
    chat.go_offline()
    expect(chat.banner).to_be_visible()
    expect(chat.banner).to_contain_text("Connection lost. Trying again…")
    script.say(" Meanwhile.")
    chat.composer.fill("A draft typed meanwhile")
    chat.go_online()
    expect(body(chat.answer())).to_have_text("Before. Meanwhile.")
    expect(chat.banner).to_be_hidden()
    script.say(" After.")
    expect(body(chat.answer())).to_have_text("Before. Meanwhile. After.")
    expect(chat.composer).to_have_value("A draft typed meanwhile")
    script.finish()
    chat.wait_for(1, "complete")


def test_an_answer_that_ended_while_the_network_was_away_is_shown_whole(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("ended")
    chat.new("scripted::ended").send("Go on without me")
    script.say("Before.")
    expect(body(chat.answer())).to_have_text("Before.")
    path = chat.path
    chat.go_offline()
    script.say(" After.")
    script.finish()
    expect(chat.banner).to_be_visible()
    chat.go_online()
    chat.wait_for(1, "complete")
    expect(body(chat.answer())).to_have_text("Before. After.")
    expect(chat.send_button).to_be_visible()
    assert chat.path == path


def test_conversations_started_elsewhere_meanwhile_are_in_the_sidebar_afterwards(
    chat: ChatPage, visit: Callable[..., ChatPage], person: Person
) -> None:
    away, here = visit(person).new(), chat.new()
    away.go_offline()
    expect(away.banner).to_be_visible()
    here.ask("Started meanwhile")
    away.go_online()
    expect(away.row("Started meanwhile")).to_have_count(1)


def test_sending_without_a_network_keeps_the_text_and_says_so(chat: ChatPage) -> None:
    chat.new().ask("Online")
    chat.go_offline()
    chat.send("Offline")
    expect(chat.notice).to_contain_text("Your message could not be sent: there is no connection.")
    expect(chat.composer).to_have_value("Offline")
    expect(chat.questions).to_have_count(1)
    chat.go_online()
    chat.notice.get_by_role("button", name="Try again").click()
    expect(body(chat.question(2))).to_have_text("Offline")
    chat.wait_for(2, "complete")
    expect(chat.questions).to_have_count(2)
    expect(chat.notice).to_be_hidden()
    expect(chat.composer).to_have_value("")


def test_a_draft_survives_reloading_and_going_elsewhere(chat: ChatPage) -> None:
    chat.new().ask("Hello")
    chat.composer.fill("Half a thou")
    chat.reload()
    expect(chat.composer).to_have_value("Half a thou")
    chat.new_chat.click()
    expect(chat.composer).to_have_value("")
    chat.composer.fill("Another beginning")
    chat.row("Hello").get_by_role("link").click()
    expect(chat.composer).to_have_value("Half a thou")
    chat.send("Half a thought")
    chat.wait_for(2, "complete")
    chat.reload()
    expect(chat.composer).to_have_value("")


def test_a_long_draft_is_not_lost_when_the_page_goes_while_it_is_typed(chat: ChatPage) -> None:
    long = "word " * 10_000
    chat.new()
    empty = chat.another_tab()
    chat.composer.fill(long)
    chat.composer.press("End")
    chat.page.keyboard.type("the end")
    chat.reload()
    expect(chat.composer).to_have_value(long + "the end")
    empty.page.close()
    chat.reload()
    expect(chat.composer).to_have_value(long + "the end")


def test_a_draft_typed_offline_survives_a_reload(chat: ChatPage) -> None:
    chat.new().ask("Hello")
    chat.go_offline()
    expect(chat.banner).to_be_visible()
    chat.composer.fill("Typed in the tunnel")
    chat.go_online()
    chat.reload()
    expect(chat.composer).to_have_value("Typed in the tunnel")


def test_a_session_that_ended_keeps_the_text_and_asks_to_sign_in(chat: ChatPage) -> None:
    chat.new()
    chat.page.context.clear_cookies(name="chatsite_session")
    chat.send("Too late")
    expect(chat.notice).to_contain_text("You are signed out. Your message is kept here.")
    expect(chat.composer).to_have_value("Too late")
    link = chat.notice.get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", "/accounts/login/?next=/")


def test_a_session_that_expired_while_its_page_was_open_sends_nothing_more(
    chat: ChatPage, person: Person, shared_site: LiveSite
) -> None:
    chat.new().ask("Signed in")
    expire = f"from django.contrib.sessions.models import Session; Session.objects.get(pk='{person.session}').delete()"
    shared_site.manage("shell", "-v0", "-c", expire)
    chat.send("Too late")
    expect(chat.notice).to_contain_text("You are signed out. Your message is kept here.")
    expect(chat.composer).to_have_value("Too late")
    expect(chat.questions).to_have_count(1)
    link = chat.notice.get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", f"/accounts/login/?next={chat.path}")


def test_a_message_whose_receipt_is_lost_with_the_connection_is_sent_again_and_stored_once(
    visit: Callable[..., ChatPage], person: Person
) -> None:
    receipts: list[str] = []

    def pass_on(page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def from_server(text: str | bytes) -> None:
            if '"sent"' in str(text):
                receipts.append(str(text))
                if len(receipts) == 1:
                    page_side.close(code=4000)
                    return
            page_side.send(text)

        server_side.on_message(from_server)

    chat = visit(person).new()
    chat.ask("First")
    chat.page.route_web_socket(re.compile("/ws/c/"), pass_on)
    chat.reload()
    chat.send("Second")
    expect(body(chat.wait_for(2, "complete"))).to_have_text("Second")
    expect(chat.composer).to_have_value("")
    expect(chat.questions).to_have_count(2)
    assert len(receipts) == 2
    chat.reload()
    expect(chat.questions).to_have_count(2)
    expect(chat.composer).to_have_value("")


def test_a_first_message_whose_receipt_is_lost_makes_one_conversation_when_it_is_sent_again(
    chat: ChatPage,
) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().text())
            route.abort()
        else:
            route.continue_()

    chat.new()
    chat.page.route(re.compile("/$"), lose)
    chat.send("Only one of me")
    expect(chat.composer).to_have_value("Only one of me")
    expect(chat.row("Only one of me")).to_have_count(1)
    chat.page.unroute_all()
    chat.notice.get_by_role("button", name="Try again").click()
    chat.wait_for(1, "complete")
    expect(chat.questions).to_have_count(1)
    expect(chat.row("Only one of me")).to_have_count(1)
    expect(chat.composer).to_have_value("")


class Gate:
    """Stands between a page and the server in a conversation's socket, from the next loading on."""

    def __init__(self, chat: ChatPage) -> None:
        self.lets_out = self.lets_in = True
        self._page = chat.page
        chat.page.route_web_socket(re.compile("/ws/c/"), self._pass_on)
        chat.reload()

    def open(self) -> None:
        """Let everything pass; a page that somebody comes back to looks whether its socket lives."""
        self.lets_out = self.lets_in = True
        self._page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def _pass_on(self, page_side: WebSocketRoute) -> None:
        if not self.lets_out:
            return
        server_side = page_side.connect_to_server()
        server_side.on_message(lambda text: self.lets_in and page_side.send(text))
        page_side.on_message(lambda text: self.lets_out and server_side.send(text))


def test_a_message_that_never_leaves_is_handed_back_and_stays_there(
    visit: Callable[..., ChatPage], person: Person
) -> None:
    """A connection that takes everything and brings nothing: it is tried anew, and then the text is in the box."""
    chat = visit(person).new()
    chat.ask("ok")
    chat.ask("First")
    gate = Gate(chat)
    gate.lets_out = False
    chat.send("ok")
    expect(chat.notice).to_contain_text("Your message could not be sent: there is no connection.")
    expect(chat.composer).to_have_value("ok")
    gate.open()
    expect(chat.banner).to_be_hidden()
    press(chat.answer(2), "Regenerate")
    expect(chat.wait_for(2, "complete")).to_contain_text("2/2")
    expect(chat.composer).to_have_value("ok")
    chat.reload()
    expect(chat.composer).to_have_value("ok")
    expect(chat.questions).to_have_count(2)
    chat.composer.press("Enter")
    chat.wait_for(3, "complete")


def test_what_is_said_again_after_it_was_handed_back_and_had_arrived_is_said_again(
    visit: Callable[..., ChatPage], person: Person
) -> None:
    chat = visit(person).new()
    chat.ask("First")
    gate = Gate(chat)
    gate.lets_in = False
    chat.send("yes")
    expect(chat.another_tab().questions).to_have_count(2)
    gate.lets_out = False
    expect(chat.composer).to_have_value("yes")
    chat.composer.fill("yes, but")
    gate.open()
    expect(body(chat.wait_for(2, "complete"))).to_have_text("yes")
    expect(chat.composer).to_have_value("yes, but")
    expect(chat.notice).to_be_hidden()
    chat.send("yes")
    chat.wait_for(3, "complete")
    expect(chat.questions).to_have_count(3)


def test_leaving_while_a_message_is_sent_leaves_no_draft_of_it(
    visit: Callable[..., ChatPage], person: Person
) -> None:
    chat = visit(person).new()
    chat.ask("First")
    path = chat.path
    gate = Gate(chat)
    gate.lets_in = False
    chat.send("Second")
    expect(chat.another_tab().questions).to_have_count(2)
    chat.new_chat.click()
    expect(chat.questions).to_have_count(0)
    gate.lets_in = True
    chat.open(path)
    expect(chat.questions).to_have_count(2)
    expect(chat.composer).to_have_value("")


def test_a_page_sends_again_once_somebody_has_signed_in_in_another_tab(
    visit: Callable[..., ChatPage], person: Person, shared_site: LiveSite
) -> None:
    chat = visit(person).new()
    chat.ask("First")
    anew = (
        "from django.contrib.sessions.backends.db import SessionStore; "
        f"old, new = SessionStore({person.session!r}), SessionStore(); new.update(old.items()); new.save(); "
        "old.delete(); print(new.session_key)"
    )
    session = shared_site.manage("shell", "-v0", "-c", anew).split()[-1]
    cookie = next(cookie for cookie in chat.page.context.cookies() if cookie["name"] == "chatsite_session")
    chat.page.context.add_cookies([{**cookie, "value": session}])
    chat.send("Second")
    expect(chat.notice).to_contain_text("You are signed out. Your message is kept here.")
    expect(chat.banner).to_be_hidden()
    chat.composer.press("Enter")
    expect(body(chat.wait_for(2, "complete"))).to_have_text("Second")
    expect(chat.notice).to_be_hidden()


def test_signing_out_in_one_tab_tells_the_others(chat: ChatPage) -> None:
    chat.new().ask("Hello")
    other = chat.another_tab()
    chat.composer.fill("Not sent yet")
    other.sidebar.get_by_role("button", name="person").click()
    other.page.get_by_role("button", name="Sign out").click()
    expect(other.page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(chat.banner).to_contain_text("You are signed out.")
    expect(chat.composer).to_have_value("Not sent yet")


def test_a_socket_takes_only_a_few_words_from_a_browser(chat: ChatPage) -> None:
    chat.new()
    code = chat.page.evaluate(
        """() => new Promise((resolve) => {
          const socket = new WebSocket(new URL("/ws/", location.href.replace("http", "ws")));
          socket.onopen = () => socket.send("x".repeat(200_000));
          socket.onclose = (event) => resolve(event.code);
        })"""
    )
    assert code in {1006, 1009}


def test_signing_in_again_in_another_tab_is_enough(
    tab_of: Callable[[Person | None], ChatPage], library: Library
) -> None:
    chat = tab_of(None)
    sign_in(chat.page, library.reader)
    chat.new().ask("Before")
    other = chat.page.context.new_page()
    other.goto("/settings/")
    other.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(chat.banner).to_contain_text("You are signed out.")
    sign_in(other, library.reader)
    chat.page.bring_to_front()
    chat.ask("After")
    expect(body(chat.answer(2))).to_have_text("After")
    expect(chat.banner).to_be_hidden()


def sign_in(page: Page, person: Person) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username or email").fill(person.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/$"))
