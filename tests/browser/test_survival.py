"""Reload, leave, come back, a second tab, another device: an answer goes on, and every page shows all of it, once."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.pages import ChatPage, body, normal_form, press, rendered
from tests.browser.scripted import ScriptedEndpoint

MIXED = "\n\n".join(
    f"""## Section {number}

Some *words* about [{number}](https://example.com/{number}) and `code`, with $x_{number}^2$ in it.

| a | b |
|---|---|
| {number} | **{number + 1}** |

```python
def f{number}(x):
    return x * {number}
```

- one
- two
  1. nested

> quoted {number}"""
    for number in range(1, 9)
)


def assert_whole(chat: ChatPage, text: str) -> None:
    """The answer stands on the page exactly as `text` looks, and is stored exactly as `text`."""
    answer = chat.wait_for(1, "complete")
    assert chat.text_of(answer) == text
    expect(chat.messages).to_have_count(2)
    assert normal_form(body(answer).locator(".part")) == rendered(chat.page, text)


def stream_in_pieces(scripted: ScriptedEndpoint, model: str, text: str) -> Callable[[float], None]:
    """A function that sends the text up to the given share of it, from where the last call ended."""
    script = scripted.script(model)
    sent = 0

    def send_until(share: float) -> None:
        nonlocal sent
        end = int(len(text) * share)
        while sent < end:
            script.say(text[sent : min(sent + 7, end)])
            sent = min(sent + 7, end)
        if share == 1:
            script.finish()

    return send_until


def test_reloading_in_the_middle_shows_everything_once(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    send_until = stream_in_pieces(scripted_endpoint, "reloaded", MIXED)
    chat.new("scripted::reloaded").send("Write much")
    for share in (0.2, 0.5, 0.8):
        send_until(share)
        expect(body(chat.answer())).to_contain_text(f"Section {int(share * 8)}")
        chat.reload()
        expect(body(chat.answer())).to_contain_text(f"Section {int(share * 8)}")
        expect(body(chat.answer()).get_by_role("heading", name="Section 1", exact=True)).to_have_count(1)
    send_until(1)
    assert_whole(chat, MIXED)


def test_an_answer_goes_on_when_its_page_is_closed(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    send_until = stream_in_pieces(scripted_endpoint, "closed", MIXED)
    closed = chat.another_tab("/?model=scripted::closed")
    closed.send("Write much")
    path = closed.path
    send_until(0.3)
    expect(body(closed.answer())).to_contain_text("Section 2")
    closed.page.close()
    send_until(1)
    assert_whole(chat.open(path), MIXED)


def test_leaving_and_coming_back_with_the_browsers_button_shows_everything_once(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    send_until = stream_in_pieces(scripted_endpoint, "left", MIXED)
    chat.new("scripted::left").send("Write much")
    path = chat.path
    send_until(0.3)
    expect(body(chat.answer())).to_contain_text("Section 2")
    chat.new_chat.click()
    expect(chat.messages).to_have_count(0)
    send_until(0.6)
    chat.page.go_back()
    assert chat.path == path
    expect(body(chat.answer())).to_contain_text("Section 4")
    expect(chat.stop_button).to_be_visible()
    send_until(1)
    assert_whole(chat, MIXED)
    chat.page.go_forward()
    expect(chat.messages).to_have_count(0)
    chat.page.go_back()
    assert_whole(chat, MIXED)


def test_two_tabs_and_another_device_show_the_same_live(
    chat: ChatPage, visit: Callable[..., ChatPage], person: Person, scripted_endpoint: ScriptedEndpoint
) -> None:
    send_until = stream_in_pieces(scripted_endpoint, "watched", MIXED)
    chat.new("scripted::watched").send("Write much")
    pages = [chat]

    def everybody_sees(section: str) -> None:
        for page in pages:
            expect(body(page.answer())).to_contain_text(section)
            expect(page.stop_button).to_be_visible()

    send_until(0.1)
    everybody_sees("Section 1")
    pages.append(chat.another_tab(chat.path))
    send_until(0.35)
    everybody_sees("Section 2")
    pages.append(visit(person).open(chat.path))
    everybody_sees("Section 2")
    send_until(0.6)
    everybody_sees("Section 4")
    send_until(1)
    for page in pages:
        assert_whole(page, MIXED)


def test_what_one_tab_sends_and_stops_the_other_shows(chat: ChatPage) -> None:
    chat.new().ask("Hello")
    other = chat.another_tab()
    chat.model.fill("live-count;delay=30")
    chat.model.press("Enter")
    chat.send("More")
    expect(body(other.question(2))).to_have_text("More")
    expect(body(other.answer(2))).to_contain_text("2")
    other.stop_button.click()
    for page in (chat, other):
        page.wait_for(2, "stopped")
        expect(page.send_button).to_be_visible()
    assert body(chat.answer(2)).inner_text() == body(other.answer(2)).inner_text()


def test_a_version_chosen_in_one_tab_is_shown_in_the_other(chat: ChatPage) -> None:
    chat.new().ask("Again")
    other = chat.another_tab()
    press(chat.answer(), "Regenerate")
    for page in (chat, other):
        expect(page.answer()).to_contain_text("2/2")
        page.wait_for(1, "complete")
    press(other.answer(), "Previous version")
    for page in (chat, other):
        expect(page.answer()).to_contain_text("1/2")
