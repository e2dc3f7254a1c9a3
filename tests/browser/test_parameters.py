"""The panel of parameters: what is set there is what the endpoint is sent."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Person
from tests.browser.pages import ChatPage, body
from tests.browser.scripted import ScriptedEndpoint

TOO_MUCH = re.compile("less than or equal to 2")


class Panel:
    """The panel, once it is open."""

    def __init__(self, chat: ChatPage) -> None:
        self._chat = chat
        self.element = chat.page.get_by_role("dialog", name="Parameters")
        self.status = self.element.get_by_role("status")
        self.open()

    def open(self) -> None:
        self._chat.page.get_by_role("button", name="Parameters").click()
        expect(self.element).to_be_visible()

    def close(self) -> None:
        self._chat.page.keyboard.press("Escape")
        expect(self.element).to_be_hidden()

    def control(self, name: str) -> Locator:
        """By its name on the wire."""
        return self.element.locator(f"[name='p-{name}']")

    def unfold(self, title: str) -> None:
        self.element.locator("summary").filter(has_text=title).click()

    def type(self, name: str, text: str) -> None:
        self.control(name).fill(text)
        self.control(name).press("Tab")


def asked(chat: ChatPage, endpoint: ScriptedEndpoint, model: str, text: str) -> dict[str, Any]:
    """The request that this message makes."""
    script = endpoint.script(model)
    answers = chat.answers.count()
    chat.send(text)
    script.say("Done.")
    script.finish()
    chat.wait_for(answers + 1, "complete")
    return script.request


def test_what_is_set_before_the_first_message_goes_with_it_and_can_be_changed_later(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    panel = Panel(chat.new("scripted::panel"))
    panel.control("system_prompt").fill("Be brief.")
    panel.type("temperature", "0.25")
    panel.unfold("Length")
    panel.type("stop", "END")
    panel.close()
    panel.open()
    expect(panel.control("temperature")).to_have_value("0.25")
    panel.close()
    request = asked(chat, scripted_endpoint, "panel", "Hello")
    assert request["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
    ]
    assert (request["temperature"], request["stop"]) == (0.25, ["END"])
    assert "top_p" not in request
    panel.open()
    expect(panel.control("temperature")).to_have_value("0.25")
    panel.type("temperature", "")
    expect(panel.status).to_have_text("Kept")
    panel.close()
    assert "temperature" not in asked(chat, scripted_endpoint, "panel", "Again")


def test_a_bad_value_is_refused_where_it_is_typed_and_what_was_kept_still_holds(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    chat.new("scripted::bad")
    asked(chat, scripted_endpoint, "bad", "Hello")
    panel = Panel(chat)
    panel.type("temperature", "0.5")
    expect(panel.status).to_have_text("Kept")
    panel.type("temperature", "5")
    expect(panel.control("temperature")).to_have_accessible_description(TOO_MUCH)
    expect(panel.status).to_contain_text("Not kept")
    panel.close()
    assert asked(chat, scripted_endpoint, "bad", "Again")["temperature"] == 0.5
    panel.open()
    expect(panel.control("temperature")).to_have_value("0.5")


@pytest.mark.usefixtures("requests_may_fail")
def test_a_first_message_with_a_bad_value_comes_back_with_the_reason(chat: ChatPage) -> None:
    panel = Panel(chat.new("live-echo"))
    panel.type("temperature", "5")
    panel.close()
    chat.send("Keep me")
    expect(chat.notice).to_contain_text("Temperature")
    expect(chat.composer).to_have_value("Keep me")
    panel.open()
    panel.type("temperature", "0.5")
    panel.close()
    chat.composer.press("Enter")
    chat.wait_for(1, "complete")


def test_a_preset_is_kept_and_used_by_its_address(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    panel = Panel(chat.new("scripted::poet"))
    panel.type("temperature", "1.5")
    panel.element.get_by_label("Keep as a preset").fill("Poet")
    panel.element.get_by_label("Keep as a preset").press("Enter")
    expect(panel.status).to_have_text("Kept as “Poet”")
    panel.type("temperature", "0.1")
    panel.element.get_by_label("Preset", exact=True).select_option("Poet")
    panel.element.get_by_role("button", name="Use").click()
    expect(panel.control("temperature")).to_have_value("1.5")
    chat.page.goto("/settings/")
    chat.page.get_by_role("link", name="New chat with it").click()
    number = chat.page.url.partition("preset=")[2]
    chat.composer.fill("My draft")
    chat.page.goto(f"/?preset={number}&model=scripted::poet&q=Write%20a%20verse")
    expect(chat.composer).to_have_value("My draft\n\nWrite a verse")
    chat.composer.fill("My draft, and a verse")
    chat.reload()
    expect(chat.composer).to_have_value("My draft, and a verse")
    request = asked(chat, scripted_endpoint, "poet", "A verse, please")
    assert request["temperature"] == 1.5


def test_a_schema_to_begin_with_asks_for_json(chat: ChatPage, scripted_endpoint: ScriptedEndpoint) -> None:
    chat.new("scripted::json")
    asked(chat, scripted_endpoint, "json", "Hello")
    panel = Panel(chat)
    panel.unfold("Form")
    panel.element.get_by_role("button", name="A list").click()
    expect(panel.status).to_have_text("Kept")
    panel.close()
    shaped = asked(chat, scripted_endpoint, "json", "Now as JSON")["response_format"]
    assert shaped["type"] == "json_schema"
    assert shaped["json_schema"]["schema"]["required"] == ["items"]


def test_one_change_is_kept_once_and_what_is_typed_is_kept_without_leaving_the_field(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    chat.new("scripted::once")
    asked(chat, scripted_endpoint, "once", "Hello")
    panel = Panel(chat)
    posted: list[str] = []
    chat.page.on("request", lambda request: request.method == "POST" and posted.append(request.url))
    panel.type("temperature", "0.5")
    expect(panel.status).to_have_text("Kept")
    panel.element.get_by_label("Keep as a preset").fill("Once")
    panel.element.get_by_label("Keep as a preset").press("Enter")
    expect(panel.status).to_have_text("Kept as “Once”")
    panel.control("system_prompt").press_sequentially("Be brief.")
    expect(panel.status).to_have_text("Kept")
    chat.reload()
    panel.open()
    expect(panel.control("system_prompt")).to_have_value("Be brief.")
    assert [url.rpartition("/c/")[2].partition("/")[2] or url for url in posted].count("parameters/") == 2
    assert len(posted) == 3


def test_enter_in_the_panel_sends_no_message(chat: ChatPage) -> None:
    chat.new("live-echo").composer.fill("Not ready yet")
    panel = Panel(chat)
    panel.control("temperature").fill("0.3")
    panel.control("temperature").press("Enter")
    panel.close()
    expect(chat.composer).to_have_value("Not ready yet")
    assert "/c/" not in chat.page.url
    chat.composer.press("Enter")
    chat.wait_for(1, "complete")


@pytest.mark.usefixtures("requests_may_fail")
def test_parameters_are_set_without_javascript(visit: Callable[..., ChatPage], person: Person) -> None:
    chat = visit(person, java_script_enabled=False).new("live-echo")
    chat.composer.fill("Hello")
    chat.send_button.click()
    expect(body(chat.question())).to_have_text("Hello")
    path = chat.path
    chat.page.get_by_role("button", name="Parameters").click()
    chat.page.locator("[name=p-temperature]").fill("7")
    chat.page.locator("#parameters-form").get_by_role("button", name="Keep").click()
    expect(chat.page.locator("[name=p-temperature]")).to_have_accessible_description(TOO_MUCH)
    chat.page.locator("[name=p-temperature]").fill("0.7")
    chat.page.locator("#parameters-form").get_by_role("button", name="Keep").click()
    assert chat.path == path
    chat.page.goto(f"{path}parameters/")
    expect(chat.page.locator("[name=p-temperature]")).to_have_value("0.7")


def test_an_answer_in_json_looks_like_code_while_it_comes_and_is_a_checked_tree_then(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("tree")
    panel = Panel(chat.new("scripted::tree"))
    panel.unfold("Form")
    panel.element.get_by_role("button", name="A list").click()
    expect(panel.control("response_format.type")).to_have_value("json_schema")
    panel.close()
    chat.send("A list, please")
    script.say('{"items": [{"title": "One", ')
    expect(body(chat.answer()).locator("pre code")).to_contain_text('"title": "One"')
    script.say('"details": 5}]}')
    script.finish()
    chat.wait_for(1, "complete")
    answer = body(chat.answer())
    expect(answer).to_contain_text("Not as the schema asks: $.items[0].details")
    expect(answer.locator(".json-wrong")).to_have_text("details 5")
    answer.locator("summary").first.click()
    expect(answer.get_by_text("One")).to_be_hidden()
    chat.reload()
    expect(answer).to_contain_text("Not as the schema asks")
    expect(answer.get_by_text("One")).to_be_visible()
    assert chat.text_of(chat.answer()) == '{"items": [{"title": "One", "details": 5}]}'
