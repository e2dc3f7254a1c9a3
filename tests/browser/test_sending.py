"""Typing, sending, stopping: what the composer promises."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.pages import ChatPage, body
from tests.browser.scripted import ScriptedEndpoint


def test_the_message_is_shown_and_stored_before_the_endpoint_answers(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("silent")
    chat.new("scripted::silent").send("Are you there?")
    expect(body(chat.question())).to_have_text("Are you there?")
    expect(chat.composer).to_have_value("")
    expect(chat.answer()).to_have_attribute("data-status", "streaming")
    assert script.asked.wait(20)
    chat.reload()
    expect(body(chat.question())).to_have_text("Are you there?")
    script.finish()


def test_the_answer_streams_and_send_becomes_stop(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("slow")
    chat.new("scripted::slow")
    expect(chat.send_button).to_be_visible()
    expect(chat.stop_button).to_be_hidden()
    chat.send("Say two words")
    script.say("First")
    expect(body(chat.answer())).to_have_text("First")
    expect(chat.stop_button).to_be_visible()
    expect(chat.send_button).to_be_hidden()
    script.say(" second")
    expect(body(chat.answer())).to_have_text("First second")
    script.finish()
    chat.wait_for(1, "complete")
    expect(chat.send_button).to_be_visible()
    expect(chat.stop_button).to_be_hidden()
    expect(chat.questions).to_have_count(1)


def test_messages_and_answers_of_any_length_arrive(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    """Live, not only after a reload: far more than the socket takes from a browser."""
    script = scripted_endpoint.script("long")
    chat.new("scripted::long").send("Begin")
    script.say("Begun")
    script.finish()
    chat.wait_for(1, "complete")
    script = scripted_endpoint.script("long")
    chat.send("word " * 40_000 + "the last")
    expect(chat.question(2)).to_contain_text("the last")
    expect(chat.answer(2)).to_have_attribute("data-status", "streaming")
    expect(chat.questions).to_have_count(2)
    script.say("much " * 40_000 + "said")
    expect(body(chat.answer(2))).to_contain_text("said")
    late = chat.another_tab()
    expect(body(late.answer(2))).to_contain_text("said")
    script.say(" at last")
    script.finish()
    for tab in (chat, late):
        expect(body(tab.wait_for(2, "complete"))).to_contain_text("said at last")


@pytest.mark.usefixtures("requests_may_fail")
def test_a_message_that_is_too_long_is_refused_and_still_there(chat: ChatPage) -> None:
    too_long = "word " * 200_001
    chat.new().send(too_long)
    expect(chat.notice).to_contain_text("1,000,000")
    expect(chat.notice.get_by_role("button", name="Try again")).to_be_hidden()
    expect(chat.composer).to_have_value(too_long)
    chat.composer.fill("Short")
    chat.composer.press("Enter")
    expect(body(chat.wait_for(1, "complete"))).to_have_text("Short")


def test_enter_makes_a_line_where_the_keyboard_has_no_other_key_for_it(
    visit: Callable[..., ChatPage],
) -> None:
    chat = visit(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}).new()
    chat.composer.tap()
    chat.page.keyboard.type("One")
    chat.page.keyboard.press("Enter")
    chat.page.keyboard.type("Two")
    expect(chat.composer).to_have_value("One\nTwo")
    chat.send_button.tap()
    expect(body(chat.question())).to_have_text("One Two", use_inner_text=False)


def test_two_clicks_ask_once(chat: ChatPage) -> None:
    chat.new().ask("Once")
    chat.answer().get_by_role("button", name="Regenerate").dblclick()
    expect(chat.wait_for(1, "complete")).to_contain_text("2/2")
    chat.reload()
    expect(chat.answer()).to_contain_text("2/2")


def test_text_runs_as_its_script_does(chat: ChatPage) -> None:
    chat.new().ask("مرحبا\n\n- واحد\n- اثنان\n\nEnglish too\n\n```\ncode()\n```")
    directions = body(chat.answer()).evaluate(
        "(part) => ['li', 'pre'].map((name) => getComputedStyle(part.querySelector(name)).direction)"
    )
    assert directions == ["rtl", "ltr"]
    expect(chat.composer).to_have_attribute("dir", "auto")


def test_stop_keeps_the_text_and_says_so(chat: ChatPage) -> None:
    chat.new("live-count;delay=30").send("Count")
    expect(body(chat.answer())).to_contain_text("5")
    chat.stop_button.click()
    answer = chat.wait_for(1, "stopped")
    expect(answer).to_contain_text("You stopped this answer.")
    kept = chat.text_of(answer)
    assert kept.startswith("0 1 2 3 4 5")
    expect(body(answer)).to_have_text(kept.strip())
    chat.reload()
    expect(body(chat.answer())).to_have_text(kept.strip())


def test_escape_stops(chat: ChatPage) -> None:
    chat.new("live-count;delay=30").send("Count")
    expect(body(chat.answer())).to_contain_text("3")
    chat.page.keyboard.press("Escape")
    chat.wait_for(1, "stopped")


def test_shift_enter_breaks_the_line(chat: ChatPage) -> None:
    chat.new()
    chat.composer.press_sequentially("one")
    chat.composer.press("Shift+Enter")
    chat.composer.press_sequentially("two")
    expect(chat.composer).to_have_value("one\ntwo")
    expect(chat.questions).to_have_count(0)
    chat.composer.press("Enter")
    chat.wait_for(1, "complete")
    assert chat.text_of(chat.question()) == "one\ntwo"


def test_the_enter_that_ends_a_composition_does_not_send(chat: ChatPage) -> None:
    chat.new()
    chat.composer.fill("こんにちは")
    for composing in ({"isComposing": True}, {"keyCode": 229}):
        chat.composer.dispatch_event(
            "keydown", {"key": "Enter", "bubbles": True, "cancelable": True, **composing}
        )
    expect(chat.composer).to_have_value("こんにちは")
    expect(chat.questions).to_have_count(0)
    chat.composer.press("Enter")
    chat.wait_for(1, "complete")
    expect(body(chat.question())).to_have_text("こんにちは")


def test_nothing_is_sent_when_nothing_is_written(chat: ChatPage) -> None:
    chat.new()
    chat.composer.fill("  \n ")
    chat.composer.press("Enter")
    expect(chat.messages).to_have_count(0)
    expect(chat.page).to_have_url(re.compile(r"/$"))


def test_enter_while_an_answer_is_written_keeps_the_text_and_says_why(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    scripted_endpoint.script("busy").say("Wait")
    chat.new("scripted::busy").ask("First", "streaming")
    chat.send("Second")
    expect(chat.notice).to_contain_text("The answer is still being written.")
    expect(chat.composer).to_have_value("Second")
    expect(chat.questions).to_have_count(1)
    chat.stop_button.click()
    chat.wait_for(1, "stopped")
    expect(chat.notice).to_be_hidden()


def test_the_model_picker_lists_models_and_takes_a_typed_name(chat: ChatPage) -> None:
    chat.new()
    expect(chat.model).to_have_value("live-echo")
    chat.model.click()
    options = chat.page.get_by_role("option")
    expect(options.filter(has_text="live-title")).to_have_count(1)
    chat.model.fill("017")
    expect(options.filter(visible=True)).not_to_have_count(0)
    expect(options.filter(has_text="live-title")).to_be_hidden()
    chat.model.fill("live-echo;named=by hand")
    chat.model.press("Enter")
    chat.ask("Which model?")
    expect(chat.answer()).to_contain_text("live-echo;named=by hand")
    chat.reload()
    expect(chat.model).to_have_value("live-echo;named=by hand")


def test_a_second_message_is_answered_in_the_same_conversation(chat: ChatPage) -> None:
    chat.new().ask("One")
    path = chat.path
    chat.ask("Two")
    expect(body(chat.answer(2))).to_have_text("Two")
    assert chat.path == path
    expect(chat.messages).to_have_count(4)


def test_a_long_message_shows_its_beginning_until_all_of_it_is_asked_for(chat: ChatPage) -> None:
    lines = "\n".join(f"Line {number}" for number in range(200))
    chat.new().ask(lines)
    shown = body(chat.question())
    last = chat.page.get_by_text("Line 199").first
    cut = shown.bounding_box()
    assert cut is not None
    assert cut["height"] < 600
    toggle = shown.get_by_role("checkbox", name="Show all")
    toggle.press("Space")
    expect(last).to_be_visible()
    whole = shown.bounding_box()
    assert whole is not None
    assert whole["height"] > 3000
    shown.get_by_role("checkbox", name="Show less").press("Space")
    expect(toggle).not_to_be_checked()
    chat.question().get_by_role("button", name="Edit").click()
    expect(chat.page.get_by_role("textbox", name="Your message")).to_have_value(lines)
