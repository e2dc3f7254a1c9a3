"""What stands behind an answer: its other versions, how likely its words were, what it was refused for."""

import re

from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.pages import ChatPage, action, body, press
from tests.browser.scripted import ScriptedEndpoint
from tests.browser.test_parameters import Panel


def test_the_choices_of_one_request_are_read_side_by_side_and_one_is_chosen(chat: ChatPage) -> None:
    chat.new("008-llamacpp-n2").ask("Two, please")
    expect(chat.answer()).to_contain_text("1/2")
    path = chat.path
    chat.answer().get_by_role("link", name="Side by side").click()
    versions = chat.page.get_by_role("region")
    expect(versions).to_have_count(2)
    texts = [version.locator(".message-body").inner_text() for version in versions.all()]
    assert len(set(texts)) == 2
    assert_accessible(chat.page, schemes=True)
    versions.nth(1).get_by_role("button", name="Show this one").click()
    assert chat.path == path
    expect(chat.answer()).to_contain_text("2/2")
    expect(body(chat.answer())).to_have_text(texts[1], use_inner_text=True)


def test_probabilities_are_read_with_pointer_and_keyboard_and_put_away_again(chat: ChatPage) -> None:
    said = chat.new("009-llamacpp-logprobs").ask("How sure are you?")
    before = body(said).inner_text()
    press(said, "Probabilities")
    heat = said.get_by_role("group", name="Probabilities")
    tokens = heat.locator(".token")
    expect(body(said)).to_be_hidden()
    tokens.first.hover()
    expect(tokens.first.locator(".token__about")).to_be_visible()
    expect(tokens.first.locator(".token__about")).to_contain_text(re.compile(r"\d %"))
    tokens.first.focus()
    chat.page.keyboard.press("Tab")
    expect(tokens.nth(1)).to_be_focused()
    expect(tokens.nth(1).locator(".token__about")).to_be_visible()
    assert_accessible(chat.page, schemes=True)
    heat.get_by_role("button", name="Show the answer again").click()
    expect(body(said)).to_be_visible()
    expect(body(said)).to_have_text(before, use_inner_text=True)


def test_a_parameter_that_was_refused_is_named_and_one_press_sends_without_it(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("picky")
    script.refuses = "top_k"
    panel = Panel(chat.new("scripted::picky"))
    panel.unfold("Anything else")
    panel.type("extra", '{"top_k": 40, "min_p": 0.1}')
    panel.close()
    failed = chat.ask("Hello", "failed")
    expect(failed.get_by_role("group", name="Error")).to_contain_text("top_k")
    action(failed, "Send without top_k").click()
    script.say("Gladly.")
    script.finish()
    expect(chat.answer()).to_contain_text("2/2")
    expect(body(chat.answer())).to_have_text("Gladly.")
    assert script.request["min_p"] == 0.1
    assert "top_k" not in script.request
    panel.open()
    expect(panel.control("extra")).to_have_value(re.compile(r"min_p"))
    expect(panel.control("extra")).not_to_have_value(re.compile(r"top_k"))
