"""A browser without JavaScript: everything can be read, and messages can be sent."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.pages import ChatPage, body


def test_messages_are_sent_and_answers_read_without_javascript(visit: Callable[..., ChatPage]) -> None:
    chat = visit(java_script_enabled=False).new()
    chat.composer.fill("No script here")
    chat.send_button.click()
    path = chat.path
    expect(body(chat.question())).to_have_text("No script here")
    for _ in range(50):
        if chat.answers.and_(chat.page.locator("[data-status=complete]")).count():
            break
        chat.page.reload()
    expect(body(chat.answer())).to_have_text("No script here")
    chat.composer.fill("And again")
    chat.send_button.click()
    expect(body(chat.question(2))).to_have_text("And again")
    chat.page.goto("/")
    chat.row("No script here").get_by_role("link").click()
    assert chat.path == path
    expect(body(chat.question(2))).to_have_text("And again")


def test_an_answer_that_is_being_written_is_shown_on_demand(visit: Callable[..., ChatPage]) -> None:
    chat = visit(java_script_enabled=False).new("live-count;delay=30;max=60")
    chat.composer.fill("Count")
    chat.send_button.click()
    expect(chat.answer()).to_have_attribute("data-status", "streaming")
    since = chat.page.get_by_role("link", name="Show what has been written since")
    while since.count():
        since.click()
    expect(body(chat.answer())).to_contain_text("59")
    expect(chat.answer()).to_have_attribute("data-status", "complete")


def test_an_answer_is_regenerated_and_stopped_without_javascript(visit: Callable[..., ChatPage]) -> None:
    chat = visit(java_script_enabled=False).new("live-count;delay=30")
    chat.composer.fill("Count")
    chat.send_button.click()
    expect(chat.answer()).to_have_attribute("data-status", "streaming")
    chat.stop_button.click()
    while chat.answer().get_attribute("data-status") != "stopped":
        chat.page.reload()
    chat.answer().get_by_role("button", name="Regenerate").click()
    expect(chat.answer()).to_have_attribute("data-status", "streaming")
    chat.stop_button.click()
    while chat.answer().get_attribute("data-status") != "stopped":
        chat.page.reload()
    expect(chat.answer()).to_contain_text("2/2")
    chat.answer().get_by_role("button", name="Previous version").click()
    expect(chat.answer()).to_contain_text("1/2")
