"""The list of conversations: titles, what is done to a conversation, in every open tab; and its length."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Library, Person
from tests.browser.pages import ChatPage, body
from tests.browser.population import MANY_CONVERSATIONS


def test_the_model_writes_the_title_and_all_tabs_show_it(chat: ChatPage) -> None:
    watching = chat.new().another_tab()
    chat.new("live-title").send("The first words are the title until then")
    expect(chat.heading).to_have_text("A short title")
    expect(chat.row("A short title")).to_have_count(1)
    expect(watching.row("A short title")).to_have_count(1)
    expect(watching.rows).to_have_count(1)
    expect(chat.page).to_have_title(re.compile("A short title"))
    chat.reload()
    expect(chat.heading).to_have_text("A short title")


def test_the_first_words_are_the_title_when_the_model_has_none(chat: ChatPage) -> None:
    chat.new().ask("Words that stay")
    expect(chat.heading).to_have_text("Words that stay")
    expect(chat.row("Words that stay").get_by_role("link")).to_have_attribute("aria-current", "page")


def test_renaming_reaches_every_tab_and_beats_the_model(chat: ChatPage) -> None:
    chat.new().ask("Before")
    watching = chat.another_tab()
    chat.row_action("Before", "Rename")
    title = chat.page.get_by_role("textbox", name="Title")
    expect(title).to_be_focused()
    title.fill("After")
    title.press("Enter")
    for tab in (chat, watching):
        expect(tab.row("After")).to_have_count(1)
        expect(tab.row("Before")).to_have_count(0)
        expect(tab.heading).to_have_text("After")
    chat.reload()
    expect(chat.heading).to_have_text("After")


def test_a_title_in_the_making_survives_what_happens_to_its_row(chat: ChatPage) -> None:
    chat.new().ask("Before")
    watching = chat.another_tab()
    chat.row_action("Before", "Rename")
    title = chat.page.get_by_role("textbox", name="Title")
    title.fill("Half a ti")
    watching.row_action("Before", "Pin")
    expect(chat.page.locator(".sidebar-item[data-pinned]")).to_have_count(1)
    expect(title).to_be_focused()
    expect(title).to_have_value("Half a ti")
    chat.page.bring_to_front()
    title.press_sequentially("tle")
    title.press("Enter")
    for tab in (chat, watching):
        expect(tab.row("Half a title")).to_have_count(1)


@pytest.mark.usefixtures("requests_may_fail")
def test_what_cannot_be_done_without_a_connection_is_said_and_not_shown_as_done(chat: ChatPage) -> None:
    chat.new().ask("Before")
    chat.page.wait_for_function(
        """() => ["row-actions", "post", "place", "toast"].every((name) => {
          const hashed = RegExp(`/lib/${name}[.][0-9a-f]{12}[.]js$`);
          return performance.getEntriesByType("resource").some((entry) => hashed.test(entry.name));
        })"""
    )
    chat.page.context.set_offline(True)
    chat.row_action("Before", "Rename")
    title = chat.page.get_by_role("textbox", name="Title")
    title.fill("After")
    title.press("Enter")
    expect(chat.toast).to_contain_text("No connection. Nothing was changed.")
    expect(chat.row("Before")).to_have_count(1)
    chat.row_action("Before", "Delete")
    expect(chat.toast).to_contain_text("No connection. Nothing was changed.")
    expect(chat.row("Before")).to_have_count(1)
    chat.page.context.set_offline(False)


def test_a_pinned_conversation_stands_first_in_every_tab(chat: ChatPage) -> None:
    chat.new().ask("Older")
    chat.new().ask("Newer")
    watching = chat.another_tab()
    expect(watching.rows).to_have_text([re.compile("Newer"), re.compile("Older")])
    chat.row_action("Older", "Pin")
    for tab in (chat, watching):
        expect(tab.rows).to_have_text([re.compile("Older"), re.compile("Newer")])
    chat.row_action("Older", "Unpin")
    for tab in (chat, watching):
        expect(tab.rows).to_have_text([re.compile("Newer"), re.compile("Older")])


def test_a_deleted_conversation_leaves_every_tab_and_undo_brings_it_back(chat: ChatPage) -> None:
    chat.new().ask("Keep")
    chat.new().ask("Throw away")
    watching = chat.another_tab("/")
    chat.row_action("Throw away", "Delete")
    expect(chat.toast).to_contain_text("Conversation deleted.")
    for tab in (chat, watching):
        expect(tab.row("Throw away")).to_have_count(0)
        expect(tab.row("Keep")).to_have_count(1)
    expect(chat.page).to_have_url(re.compile(r"/$"))
    expect(chat.messages).to_have_count(0)
    chat.toast.get_by_role("button", name="Undo").click()
    for tab in (chat, watching):
        expect(tab.row("Throw away")).to_have_count(1)
    expect(chat.heading).to_have_text("Throw away")
    expect(body(chat.answer())).to_have_text("Throw away")
    watching.row("Throw away").get_by_role("link").click()
    expect(body(watching.answer())).to_have_text("Throw away")


def test_an_archived_conversation_leaves_the_list_and_can_be_found_and_restored(chat: ChatPage) -> None:
    chat.new().ask("Put away")
    watching = chat.another_tab("/")
    chat.row_action("Put away", "Archive")
    for tab in (chat, watching):
        expect(tab.row("Put away")).to_have_count(0)
    chat.page.goto("/archived/")
    main = chat.page.get_by_role("main")
    expect(main.get_by_role("link", name="Put away")).to_be_visible()
    main.get_by_role("button", name="Delete").click()
    expect(main.get_by_role("link", name="Put away")).to_have_count(0)
    expect(main).to_contain_text("Nothing is archived.")
    chat.toast.get_by_role("button", name="Undo").click()
    expect(main.get_by_role("link", name="Put away")).to_be_focused()
    main.get_by_role("button", name="Restore").click()
    expect(main.get_by_role("link", name="Put away")).to_have_count(0)
    for tab in (chat, watching):
        expect(tab.row("Put away")).to_have_count(1)


def test_a_new_message_brings_its_conversation_to_the_top_in_every_tab(chat: ChatPage) -> None:
    chat.new().ask("First")
    first = chat.path
    chat.new().ask("Second")
    watching = chat.another_tab()
    chat.open(first).ask("Again")
    for tab in (chat, watching):
        expect(tab.rows).to_have_text([re.compile("First"), re.compile("Second")])


def test_ninety_conversations_are_all_reached_once_by_scrolling(
    tab_of: Callable[[Person | None], ChatPage], library: Library
) -> None:
    chat = tab_of(library.collector).new()
    expect(chat.rows.first).to_contain_text("Conversation 00")
    assert chat.rows.count() < MANY_CONVERSATIONS
    while chat.rows.count() < MANY_CONVERSATIONS:
        before = chat.rows.count()
        chat.rows.last.scroll_into_view_if_needed()
        expect(chat.rows.nth(before)).to_be_attached()
    titles = [text.strip() for text in chat.rows.locator(".sidebar-item__title").all_inner_texts()]
    assert titles == [f"Conversation {number:02}" for number in range(MANY_CONVERSATIONS)]
    last = titles[-1]
    chat.row(last).get_by_role("link").click()
    expect(chat.heading).to_have_text(last)
    expect(chat.rows).to_have_count(MANY_CONVERSATIONS)


def test_a_conversation_that_another_device_starts_appears_by_itself(
    chat: ChatPage, visit: Callable[..., ChatPage], person: Person
) -> None:
    phone, laptop = visit(person).new(), chat.new()
    phone.ask("From the phone")
    expect(laptop.row("From the phone")).to_have_count(1)
    laptop.row("From the phone").get_by_role("link").click()
    expect(body(laptop.answer())).to_have_text("From the phone")
