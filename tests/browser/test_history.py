"""Long conversations: they open at the latest message, and everything older is reached by scrolling up."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Library, Person
from tests.browser.pages import ChatPage
from tests.browser.population import LONG_CONVERSATION

# Scroll to a little below the oldest message shown: which message is read then, and where does it stand?
SCROLL_UP = """(log) => {
  log.scrollTop = Math.min(log.scrollTop - 1, 300);
  const top = log.getBoundingClientRect().top;
  const shown = [...log.querySelectorAll(".message")];
  const read = shown.find((message) => message.getBoundingClientRect().bottom > top);
  return [shown.length, read.id, read.getBoundingClientRect().top];
}"""
SETTLED = """(before) => {
  const log = document.querySelector("#transcript");
  return log.querySelectorAll(".message").length > before && !log.classList.contains("is-holding");
}"""


@pytest.fixture
def long(tab_of: Callable[[Person | None], ChatPage], library: Library) -> ChatPage:
    return tab_of(library.reader).open(library.long)


def test_it_opens_at_the_latest_message_without_the_older_ones(long: ChatPage) -> None:
    expect(long.messages.last).to_contain_text(f"Message {LONG_CONVERSATION - 1}")
    expect(long.messages.last).to_be_in_viewport()
    assert long.from_end < 2
    assert long.messages.count() < LONG_CONVERSATION


def test_scrolling_up_reaches_every_message_once_without_moving_the_view(long: ChatPage) -> None:
    while True:
        count, read, top = long.log.evaluate(SCROLL_UP)
        if count == LONG_CONVERSATION:
            break
        long.page.wait_for_function(SETTLED, arg=count)
        now = long.page.evaluate("(id) => document.getElementById(id).getBoundingClientRect().top", read)
        assert now == pytest.approx(top, abs=1)
    texts = [text.strip() for text in long.messages.locator(".message-body").all_inner_texts()]
    assert texts == [f"Message {number}" for number in range(LONG_CONVERSATION)]
    expect(long.page.get_by_role("link", name="Show earlier messages")).to_have_count(0)


def test_a_long_conversation_goes_on_where_it_ended(long: ChatPage) -> None:
    before = long.answers.count()
    long.send("One more")
    expect(long.wait_for(before + 1, "complete")).to_contain_text("One more")
    expect(long.messages.last).to_be_in_viewport()
