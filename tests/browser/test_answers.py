"""What an answer shows and what can be done with it."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.pages import ChatPage, action, body, normal_form, press, reasoning, rendered
from tests.browser.scripted import ScriptedEndpoint

CODE = 'Look:\n\n```python\nfor x in range(3):\n    print(x, "<b>")\n```\n\nDone.'
RICH = """# Heading

| Name | Value |
|:-----|------:|
| one  | 1     |
| two  | 2     |

Euler: $e^{i\\pi} + 1 = 0$ and

$$\\int_0^1 x^2\\,dx = \\frac{1}{3}$$

```python
print("hello")
```

[a link](https://example.com/) <script>alert(1)</script>"""

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def clipboard(chat: ChatPage) -> str:
    return str(chat.page.evaluate("navigator.clipboard.readText()"))


def test_tables_code_and_formulas_are_real_elements(chat: ChatPage) -> None:
    answer = chat.new().ask(RICH)
    expect(answer.get_by_role("heading", name="Heading")).to_be_visible()
    expect(answer.get_by_role("table")).to_be_visible()
    expect(answer.get_by_role("columnheader")).to_have_text(["Name", "Value"])
    expect(answer.get_by_role("cell")).to_have_text(["one", "1", "two", "2"])
    expect(answer.locator("math")).to_have_count(2)
    expect(answer.locator("math mfrac")).to_be_visible()
    expect(answer.locator("pre code span").first).to_be_visible()
    expect(answer.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com/")
    expect(answer.locator("script")).to_have_count(0)
    assert normal_form(body(answer).locator(".part")) == rendered(chat.page, RICH)


def test_code_is_copied_as_it_was_written(chat: ChatPage) -> None:
    chat.page.context.grant_permissions(CLIPBOARD)
    answer = chat.new().ask(CODE)
    button = answer.locator("[data-copy-code]")
    expect(button).to_have_text("Copy")
    button.click()
    expect(chat.page.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    assert clipboard(chat) == 'for x in range(3):\n    print(x, "<b>")'


def test_a_message_is_copied_as_its_author_wrote_it(chat: ChatPage) -> None:
    chat.page.context.grant_permissions(CLIPBOARD)
    press(chat.new().ask(RICH), "Copy message")
    expect(chat.page.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    assert clipboard(chat) == RICH


def test_details_tell_model_tokens_and_time(chat: ChatPage) -> None:
    answer = chat.new("001-text-openai").ask("Hello")
    press(answer, "Details")
    details = chat.page.get_by_role("dialog", name="About this answer")
    for fact in ("Model", "Tokens in", "Tokens out", "Took", "First token after", "Response id"):
        expect(details.get_by_text(fact, exact=True)).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(details).to_be_hidden()


def test_the_exchange_behind_an_answer_is_shown_as_it_went_over_the_wire(chat: ChatPage) -> None:
    answer = chat.new().ask("What did you get?")
    path = chat.path
    press(answer, "Details")
    chat.page.get_by_role("dialog").get_by_role("link", name="Request and response").click()
    expect(chat.page.get_by_role("heading", name="Request and response", level=1)).to_be_visible()
    request, response = (
        chat.page.get_by_role("region", name=name, exact=True) for name in ("Request", "Response")
    )
    expect(request).to_contain_text('"content": "What did you get?"')
    expect(response).to_contain_text('"object": "chat.completion"')
    chat.page.context.grant_permissions(CLIPBOARD)
    by_hand = chat.page.get_by_role("region", name="The same request by hand")
    by_hand.get_by_role("button", name="Copy", exact=True).first.click()
    expect(chat.page.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    copied = clipboard(chat)
    assert copied.startswith("curl")
    assert "What did you get?" in copied
    chat.page.get_by_role("main").get_by_role("link", name="What did you get?").click()
    expect(chat.answer()).to_be_visible()
    expect(chat.page).to_have_url(re.compile(f"{path}#message-"))


def test_regenerating_makes_a_version_to_go_back_from(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("versions")
    script.say("The first")
    script.finish()
    chat.new("scripted::versions").ask("Say something")
    script.say("The second")
    script.finish()
    press(chat.answer(), "Regenerate")
    expect(body(chat.answer())).to_have_text("The second")
    chat.wait_for(1, "complete")
    expect(chat.answer()).to_contain_text("2/2")
    expect(chat.messages).to_have_count(2)
    press(chat.answer(), "Previous version")
    expect(body(chat.answer())).to_have_text("The first")
    expect(chat.answer()).to_contain_text("1/2")
    expect(action(chat.answer(), "Previous version")).to_be_disabled()
    press(chat.answer(), "Next version")
    expect(body(chat.answer())).to_have_text("The second")
    chat.reload()
    expect(body(chat.answer())).to_have_text("The second")


def test_editing_makes_a_version_of_the_question_with_its_own_answer(chat: ChatPage) -> None:
    chat.new().ask("A question")
    press(chat.question(), "Edit")
    editor = chat.page.get_by_role("textbox", name="Edit your message")
    expect(editor).to_have_value("A question")
    editor.fill("A better question")
    chat.page.get_by_role("button", name="Send again").click()
    expect(body(chat.question())).to_have_text("A better question")
    chat.wait_for(1, "complete")
    expect(body(chat.answer())).to_have_text("A better question")
    expect(chat.question()).to_contain_text("2/2")
    press(chat.question(), "Previous version")
    expect(body(chat.question())).to_have_text("A question")
    expect(body(chat.answer())).to_have_text("A question")


def test_editing_can_be_given_up(chat: ChatPage) -> None:
    chat.new().ask("As it was")
    press(chat.question(), "Edit")
    editor = chat.page.get_by_role("textbox", name="Edit your message")
    editor.fill("Changed")
    editor.press("Escape")
    expect(editor).to_have_count(0)
    expect(body(chat.question())).to_have_text("As it was")
    expect(action(chat.question(), "Edit")).to_be_focused()


def test_a_failure_is_told_in_plain_words_and_can_be_retried(chat: ChatPage) -> None:
    answer = chat.new("live-echo;fail=1:500;for=retry").ask("Try me", "failed")
    card = answer.get_by_role("group", name="Error")
    expect(card).to_contain_text("Something went wrong at the endpoint.")
    expect(card).to_contain_text("Try again in a moment.")
    expect(answer).not_to_contain_text(re.compile("Traceback|Exception|HTTP/"))
    card.get_by_role("button", name="Retry").click()
    chat.wait_for(1, "complete")
    expect(body(chat.answer())).to_have_text("Try me")
    expect(chat.answer()).to_contain_text("2/2")


def test_each_kind_of_refusal_has_its_own_words(chat: ChatPage) -> None:
    refusals = {
        "104-error-401": "The endpoint did not accept the API key.",
        "107-error-429-quota": "There is no credit left at the endpoint.",
        "108-error-html-502": "Something went wrong at the endpoint.",
        "123-error-context-openai": "The conversation is too long for this model.",
        "no-such-model": "The endpoint does not have this model.",
    }
    for model, words in refusals.items():
        answer = chat.new(model).ask("Hello", "failed")
        expect(answer.get_by_role("group", name="Error")).to_contain_text(words)
        expect(chat.composer).to_be_editable()


def test_what_came_before_a_failure_is_kept(chat: ChatPage) -> None:
    answer = chat.new("125-midstream-error-openrouter").ask("Hello", "failed")
    kept = chat.text_of(answer)
    assert kept
    expect(body(answer)).to_have_text(kept.strip())
    expect(answer.get_by_role("button", name="Continue")).to_be_visible()
    expect(answer.get_by_role("button", name="Retry")).to_be_visible()


def test_an_answer_that_broke_off_can_be_continued(chat: ChatPage) -> None:
    answer = chat.new("039-cut-midstream").ask("Hello", "failed")
    expect(answer).to_contain_text("The answer broke off before its end.")
    kept = chat.text_of(answer)
    assert kept
    answer.get_by_role("button", name="Continue").click()
    expect(chat.answer()).to_contain_text("2/2")
    chat.wait_for(1, "failed")
    assert chat.text_of(chat.answer()).startswith(kept)
    assert len(chat.text_of(chat.answer())) > len(kept)


def test_an_answer_cut_at_the_length_limit_says_so_and_continues(chat: ChatPage) -> None:
    answer = chat.new("053-finish-length").ask("Hello")
    expect(answer).to_contain_text("Stopped at the length limit.")
    expect(answer.get_by_role("button", name="Continue")).to_be_visible()


def test_a_table_that_was_stopped_is_one_table_when_it_is_continued(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("table")
    chat.new("scripted::table").send("A table")
    script.say("| one | two |\n|---|---|\n| 1 | 2 |\n| 3 ")
    expect(body(chat.answer()).locator("td").nth(2)).to_have_text("3")
    chat.stop_button.click()
    answer = chat.wait_for(1, "stopped")
    script = scripted_endpoint.script("table")
    press(answer, "Continue")
    script.say("| 4 |\n")
    expect(body(chat.answer()).locator("table")).to_have_count(1)
    expect(body(chat.answer()).locator("td")).to_have_text(["1", "2", "3", "4"])
    expect(chat.answer()).to_contain_text("2/2")
    script.finish()
    answer = chat.wait_for(1, "complete")
    expect(body(answer).locator("td")).to_have_text(["1", "2", "3", "4"])
    chat.reload()
    expect(body(chat.answer()).locator("td")).to_have_text(["1", "2", "3", "4"])


def test_another_branch_can_be_read_while_an_answer_is_written(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("branches")
    chat.new("live-echo").ask("First")
    press(chat.answer(), "Regenerate")
    expect(chat.answer()).to_contain_text("2/2")
    chat.wait_for(1, "complete")
    chat.model.fill("scripted::branches")
    chat.model.press("Enter")
    chat.send("Second")
    script.say("Before.")
    expect(body(chat.answer(2))).to_have_text("Before.")
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    press(chat.answer(), "Previous version")
    expect(chat.answer()).to_contain_text("1/2")
    expect(chat.answers).to_have_count(1)
    expect(chat.stop_button).to_be_visible()
    script.say(" Meanwhile.")
    press(chat.answer(), "Next version")
    expect(body(chat.answer(2))).to_have_text("Before. Meanwhile.")
    transcripts = [url for url in asked if url.endswith("/messages/")]
    assert len(transcripts) <= 4, "the page asks again and again for what it cannot show"
    script.finish()
    chat.wait_for(2, "complete")


def test_the_keyboard_stays_where_it_was_when_another_version_is_shown(chat: ChatPage) -> None:
    chat.new("live-echo").ask("First")
    action(chat.answer(), "Regenerate").focus()
    chat.page.keyboard.press("Enter")
    expect(chat.answer()).to_contain_text("2/2")
    chat.wait_for(1, "complete")
    # On the same button, unless the answer had not got one yet.
    chat.page.wait_for_function("() => document.activeElement.closest('#transcript') !== null")
    action(chat.answer(), "Previous version").focus()
    chat.page.keyboard.press("Enter")
    expect(chat.answer()).to_contain_text("1/2")
    expect(action(chat.answer(), "Next version")).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(chat.answer()).to_contain_text("2/2")
    expect(action(chat.answer(), "Previous version")).to_be_focused()


def test_a_control_that_is_reached_while_the_messages_are_fetched_again_keeps_the_keyboard(
    chat: ChatPage,
) -> None:
    chat.new("live-echo").ask("First")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    chat.page.route("**/messages/", hold)
    with chat.page.expect_request("**/messages/"):
        press(chat.another_tab().answer(), "Regenerate")
    chat.page.bring_to_front()
    action(chat.answer(), "Regenerate").focus()
    held[0].continue_()
    chat.page.unroute("**/messages/")
    expect(chat.answer()).to_contain_text("2/2")
    expect(chat.page.locator("#transcript:focus, #transcript :focus")).to_have_count(1)


def test_reasoning_is_folded_opens_while_it_streams_and_stays_open(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("thinker")
    chat.new("scripted::thinker").send("Think")
    script.think("First thought.\n\n")
    block = reasoning(chat.answer())
    expect(block).to_contain_text("Thinking…")
    expect(block).not_to_have_attribute("open", re.compile(""))
    expect(block.get_by_text("First thought.")).to_be_hidden()
    block.locator("summary").click()
    expect(block.get_by_text("First thought.")).to_be_visible()
    script.think("Second thought.")
    expect(block.get_by_text("Second thought.")).to_be_visible()
    script.say("The answer.")
    expect(body(chat.answer())).to_have_text("The answer.")
    expect(block.locator("summary")).to_have_text(re.compile(r"Thought for (a moment|\d+ s)"))
    script.finish()
    chat.wait_for(1, "complete")
    expect(block.get_by_text("Second thought.")).to_be_visible()
    expect(body(chat.answer())).not_to_contain_text("thought")
    chat.reload()
    expect(block.locator("summary")).to_have_text(re.compile(r"Thought for (a moment|\d+ s)"))
    expect(block.get_by_text("Second thought.")).to_be_hidden()


def test_what_is_selected_in_an_answer_stays_selected_when_it_is_complete(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("selected")
    chat.new("scripted::selected").send("Write")
    script.say("Worth keeping.\n\nAnd then")
    paragraph = body(chat.answer()).get_by_text("Worth keeping.")
    paragraph.evaluate("(element) => getSelection().selectAllChildren(element)")
    script.say(" more.")
    script.finish()
    chat.wait_for(1, "complete")
    assert chat.page.evaluate("String(getSelection())") == "Worth keeping."


@pytest.mark.parametrize("thought", ["", "One thought.\n\n```python\nx = 1"])
@pytest.mark.parametrize(
    "said", ["", RICH, "A list:\n\n- one\n- **two", "Note[^1]\n\n[^1]: Below", "```python\nx = 1"]
)
def test_an_answer_that_is_stopped_anywhere_looks_as_it_does_later(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint, thought: str, said: str
) -> None:
    script = scripted_endpoint.script("stopped")
    chat.new("scripted::stopped").send("Write")
    if thought:
        script.think(thought)
    if said:
        script.say(said)
    if thought or said:
        expect((body(chat.answer()) if said else reasoning(chat.answer())).locator(".part")).not_to_be_empty()
    chat.stop_button.click()
    article = chat.wait_for(1, "stopped")
    before = normal_form(article)
    loaded = chat.page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [address for address in loaded if address.endswith("/messages/")], "fetched, not closed"
    chat.reload()
    expect(article).to_have_attribute("data-status", "stopped")
    assert normal_form(article) == before


def test_reasoning_in_tags_is_folded_too(chat: ChatPage) -> None:
    answer = chat.new("070-think-tags").ask("Think")
    expect(reasoning(answer)).to_have_count(1)
    expect(body(answer)).not_to_contain_text("think>")


def test_several_choices_are_versions(chat: ChatPage) -> None:
    answer = chat.new("064-stream-n2-openai").ask("Choose")
    expect(answer).to_contain_text("1/2")
    first = body(answer).inner_text()
    press(answer, "Next version")
    expect(chat.answer()).to_contain_text("2/2")
    expect(body(chat.answer())).not_to_have_text(first)
