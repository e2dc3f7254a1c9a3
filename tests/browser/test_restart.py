"""A server that is killed or stopped in the middle of an answer: what came is kept, marked, and can be gone on with."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.pages import ChatPage, action, body
from tests.servers.site import LiveSite
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.usefixtures("requests_may_fail")

INTERRUPTED = "Interrupted: the server stopped while this was being written."
# Twenty numbers a second, in order: what is missing can be told.
COUNTING = "live-count;delay=50"


@pytest.fixture
def counting(chat: ChatPage, shared_site: LiveSite) -> Iterator[ChatPage]:
    """A page on which an answer counts, and has come some way. Whatever happens, the site runs again afterwards."""
    chat.new(COUNTING).send("Count")
    expect(body(chat.answer())).to_contain_text(" 30 ")
    yield chat
    if shared_site.process is None:
        shared_site.start()


def last_number(chat: ChatPage) -> int:
    return int(body(chat.answer()).inner_text().split()[-1])


def test_a_killed_server_loses_at_most_the_last_second(counting: ChatPage, shared_site: LiveSite) -> None:
    path = counting.path
    seen = last_number(counting)
    shared_site.kill()
    expect(counting.banner).to_contain_text("Connection lost.")
    counting.composer.fill("Typed while it was down")
    shared_site.start()
    answer = counting.wait_for(1, "interrupted")
    expect(answer).to_contain_text(INTERRUPTED)
    expect(counting.banner).to_be_hidden()
    expect(counting.composer).to_have_value("Typed while it was down")
    expect(counting.send_button).to_be_visible()
    kept = counting.text_of(answer).split()
    assert kept == [str(number) for number in range(len(kept))]
    assert len(kept) >= seen - 25, "more than about a second of the text is missing"
    assert body(answer).inner_text().split() == kept
    counting.open(path)
    counting.wait_for(1, "interrupted")

    action(answer, "Continue").click()
    counting.wait_for(1, "streaming")
    expect(body(counting.answer())).to_contain_text(" ".join(kept))
    wait_until(lambda: len(body(counting.answer()).inner_text().split()) > len(kept), "it goes on")
    counting.stop_button.click()
    counting.wait_for(1, "stopped")
    expect(counting.answer()).to_contain_text("2/2")
    counting.answer().hover()
    action(counting.answer(), "Previous version").click()
    expect(counting.answer()).to_contain_text(INTERRUPTED)
    action(counting.answer(), "Retry").click()
    counting.wait_for(1, "streaming")
    expect(body(counting.answer())).to_contain_text("0 1 2 3")
    counting.stop_button.click()
    counting.wait_for(1, "stopped")
    expect(counting.answer()).to_contain_text("3/3")


def test_stopping_the_server_keeps_everything_and_marks_it_interrupted(
    counting: ChatPage, shared_site: LiveSite
) -> None:
    seen = last_number(counting)
    assert shared_site.stop() == 0
    shared_site.start()
    answer = counting.wait_for(1, "interrupted")
    expect(answer).to_contain_text(INTERRUPTED)
    kept = counting.text_of(answer).split()
    assert kept == [str(number) for number in range(len(kept))]
    assert len(kept) > seen
    expect(action(answer, "Continue")).to_be_visible()
    expect(action(answer, "Retry")).to_be_visible()
    counting.send("Once more")
    expect(body(counting.answer(2))).to_contain_text("0 1 2")
    counting.stop_button.click()
    counting.wait_for(2, "stopped")
