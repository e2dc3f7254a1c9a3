"""Files from a person's hands into a message and back out of an answer: picked, pasted, dropped, recorded, heard."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from tests.browser.axe import assert_accessible
from tests.browser.pages import ChatPage, action, body
from tests.browser.scripted import ScriptedEndpoint
from tests.media import samples
from tests.servers.browser import running_browser

# Chromium's own microphone: a beep a second, and nobody has to allow it.
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PASTE = """([files, text]) => {
  const data = new DataTransfer();
  for (const [name, type, encoded] of files) {
    data.items.add(new File([Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0))], name, { type }));
  }
  if (text) data.setData("text/plain", text);
  const box = document.getElementById("message-text");
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  if (box.dispatchEvent(event) && text) {
    box.setRangeText(text);
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}"""
DROP = """([name, type, encoded]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0))], name, { type }));
  for (const type of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector("#transcript").dispatchEvent(event);
  }
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser(*MICROPHONE) as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("files")
    (made / "cat.png").write_bytes(samples.encoded(samples.picture()))
    (made / "dog.jpg").write_bytes(samples.encoded(samples.photograph((800, 600)), "JPEG"))
    (made / "note.wav").write_bytes(samples.wav(samples.tone(1.0)))
    (made / "fish.pdf").write_bytes(samples.pdf("One fish", "Two fish"))
    (made / "f.py").write_text("def f():\n    return 1\n")
    (made / "setup.exe").write_bytes(b"MZ" + b"\0" * 500)
    return made


def tray(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("list", name="Files to send").get_by_role("listitem")


def attach(chat: ChatPage, *paths: Path) -> None:
    """As somebody does it: the menu, the picker, and a wait until the files are there."""
    before = tray(chat).count()
    chat.page.get_by_role("button", name="Attach", exact=True).click()
    with chat.page.expect_file_chooser() as chooser:
        chat.page.get_by_role("menuitem", name="Files and pictures").click()
    chooser.value.set_files(paths)
    expect(tray(chat)).to_have_count(before + len(paths))
    expect(chat.page.locator(".is-uploading")).to_have_count(0)


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def test_files_are_picked_sent_and_seen(chat: ChatPage, folder: Path) -> None:
    chat.new()
    attach(chat, folder / "cat.png", folder / "note.wav", folder / "fish.pdf", folder / "f.py")
    expect(tray(chat).nth(0)).to_contain_text("300 × 200")
    expect(tray(chat).nth(2)).to_contain_text("Sent as text")
    answer = chat.ask("What are these?")
    expect(tray(chat)).to_have_count(0)
    shown = chat.question().get_by_role("list", name="Attachments")
    expect(shown.get_by_role("listitem")).to_have_count(4)
    expect(shown.get_by_role("img", name="cat.png")).to_have_js_property("naturalWidth", 300)
    expect(body(answer)).to_contain_text("What are these?")
    chat.reload()
    expect(shown.get_by_role("listitem")).to_have_count(4)


def test_a_message_may_be_files_alone(chat: ChatPage, folder: Path) -> None:
    chat.new()
    expect(chat.send_button).to_be_visible()
    attach(chat, folder / "cat.png")
    chat.send_button.click()
    chat.wait_for(1, "complete")
    expect(chat.question().get_by_role("img", name="cat.png")).to_be_visible()
    expect(chat.heading).to_have_text("cat.png")


def test_a_picture_is_pasted_and_several_are_dropped_anywhere(chat: ChatPage, folder: Path) -> None:
    chat.new().ask("Hello")
    chat.page.evaluate(PASTE, [[["image.png", "image/png", encoded(folder / "cat.png")]], ""])
    expect(tray(chat)).to_have_count(1)
    chat.page.evaluate(DROP, ["dog.jpg", "image/jpeg", encoded(folder / "dog.jpg")])
    expect(tray(chat)).to_have_count(2)
    expect(tray(chat).nth(1)).to_contain_text("800 × 600")
    expect(chat.page.locator("body")).not_to_have_attribute("data-dragging", "")
    chat.ask("Both")
    expect(chat.question(2).get_by_role("img")).to_have_count(2)


def test_what_waits_is_there_after_a_reload_and_in_another_tab(chat: ChatPage, folder: Path) -> None:
    chat.new().ask("Hello")
    attach(chat, folder / "cat.png")
    chat.composer.fill("Half a sent")
    chat.reload()
    expect(tray(chat)).to_have_count(1)
    expect(chat.composer).to_have_value("Half a sent")
    expect(tray(chat.another_tab(chat.path))).to_have_count(1)
    chat.composer.press("Enter")
    expect(chat.question(2).get_by_role("img", name="cat.png")).to_be_visible()


def test_files_are_described_arranged_and_taken_out_by_keyboard(chat: ChatPage, folder: Path) -> None:
    chat.new()
    attach(chat, folder / "cat.png", folder / "dog.jpg", folder / "f.py")
    chat.page.get_by_role("button", name="Move dog.jpg forward").press("Enter")
    expect(tray(chat).nth(0)).to_contain_text("dog.jpg")
    chat.page.get_by_role("button", name="Take f.py out").press("Enter")
    expect(tray(chat)).to_have_count(2)
    chat.page.get_by_role("button", name="How cat.png is sent").press("Enter")
    sheet = chat.page.get_by_role("dialog", name="How the file is sent")
    sheet.get_by_label("Description").fill("A red and blue flag")
    sheet.get_by_label("How closely to look").select_option("low")
    sheet.get_by_role("button", name="Keep").click()
    expect(sheet).to_be_hidden()
    chat.reload()
    expect(tray(chat).nth(0)).to_contain_text("dog.jpg")
    chat.ask("Look")
    expect(chat.question().get_by_role("img").nth(0)).to_have_attribute("alt", "dog.jpg")
    expect(chat.question().get_by_role("img").nth(1)).to_have_attribute("alt", "A red and blue flag")


def test_the_text_of_a_document_is_read_and_changed_before_it_is_sent(
    chat: ChatPage, folder: Path, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("reader")
    chat.new("scripted::reader")
    attach(chat, folder / "fish.pdf")
    chat.page.get_by_role("button", name="How fish.pdf is sent").click()
    sheet = chat.page.get_by_role("dialog", name="How the file is sent")
    expect(sheet.get_by_label("Its text")).to_have_value(re.compile(r"\[Page 2\]\s+Two fish"))
    sheet.get_by_label("Its text").fill("Only red fish")
    sheet.get_by_role("button", name="Keep").click()
    expect(tray(chat)).to_contain_text("changed by you")
    chat.send("Count")
    assert script.asked.wait(20)
    assert "Only red fish" in script.request["messages"][0]["content"]
    script.say("One")
    script.finish()
    chat.wait_for(1, "complete")


@pytest.mark.usefixtures("requests_may_fail")
def test_a_refused_file_says_why_and_what_was_typed_stays(chat: ChatPage, folder: Path) -> None:
    chat.new()
    chat.composer.fill("My words")
    attach_refused(chat, folder / "setup.exe")
    expect(tray(chat).get_by_role("alert")).to_have_text("This is a program, and programs are not taken.")
    expect(chat.composer).to_have_value("My words")
    tray(chat).get_by_role("button", name="Cancel").click()
    expect(tray(chat)).to_have_count(0)
    chat.composer.press("Enter")
    chat.wait_for(1, "complete")


def attach_refused(chat: ChatPage, path: Path) -> None:
    chat.page.get_by_role("button", name="Attach", exact=True).click()
    with chat.page.expect_file_chooser() as chooser:
        chat.page.get_by_role("menuitem", name="Files and pictures").click()
    chooser.value.set_files(path)
    expect(chat.page.locator(".has-failed")).to_have_count(1)


@pytest.mark.usefixtures("requests_may_fail")
def test_a_lost_connection_keeps_the_file_until_it_is_back(chat: ChatPage, folder: Path) -> None:
    chat.new()
    attach(chat, folder / "dog.jpg")
    chat.go_offline()
    attach_refused(chat, folder / "cat.png")
    expect(tray(chat).get_by_role("alert")).to_contain_text("no connection")
    chat.go_online()
    tray(chat).get_by_role("button", name="Try again").click()
    expect(chat.page.locator(".is-uploading")).to_have_count(0)
    expect(tray(chat).nth(1)).to_contain_text("cat.png")


@pytest.mark.usefixtures("requests_may_fail")
def test_what_another_tab_has_sent_leaves_the_tray_and_the_words_stay(chat: ChatPage, folder: Path) -> None:
    chat.new().ask("Hello")
    attach(chat, folder / "cat.png")
    other = chat.another_tab(chat.path)
    expect(tray(other)).to_have_count(1)
    chat.ask("First")
    expect(other.question(2)).to_be_visible()
    other.send("Second")
    expect(other.notice).to_contain_text("was sent already")
    expect(other.composer).to_have_value("Second")
    expect(tray(other)).to_have_count(0)
    other.composer.press("Enter")
    other.wait_for(3, "complete")


def test_a_long_text_is_offered_as_a_file(chat: ChatPage) -> None:
    chat.new()
    chat.page.evaluate(PASTE, [[], "A line of words.\n" * 600])
    chat.page.get_by_role("button", name="Attach it as a file").click()
    expect(tray(chat)).to_contain_text("Pasted text")
    expect(tray(chat)).to_contain_text("2400 words")
    expect(chat.composer).to_have_value("")
    chat.page.evaluate(PASTE, [[], "Short."])
    expect(chat.page.get_by_role("button", name="Attach it as a file")).to_be_hidden()


def test_a_sound_is_recorded_sent_and_played(chat: ChatPage, scripted_endpoint: ScriptedEndpoint) -> None:
    script = scripted_endpoint.script("listener")
    chat.new("scripted::listener")
    chat.page.get_by_role("button", name="Attach", exact=True).click()
    chat.page.get_by_role("menuitem", name="Record sound").click()
    bar = chat.page.get_by_role("group", name="Recording")
    expect(bar.locator("[data-seconds]")).to_have_text(re.compile("0:(0[2-9]|[1-5]\\d)"))
    bar.get_by_role("button", name="Attach the recording").click()
    expect(bar).to_be_hidden()
    expect(tray(chat)).to_contain_text("Recording")
    expect(chat.page.locator(".is-uploading")).to_have_count(0)
    chat.send("Listen")
    assert script.asked.wait(20)
    sound = script.request["messages"][0]["content"][0]["input_audio"]
    assert sound["format"] == "wav"
    assert base64.b64decode(sound["data"])[:4] == b"RIFF"
    script.say("A beep")
    script.finish()
    chat.wait_for(1, "complete")
    player = chat.question().locator("sound-player")
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("button", name="Pause")).to_be_visible()


def test_a_spoken_answer_is_heard_while_it_comes_and_stays(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("speaker")
    chat.new("scripted::speaker").send("Speak")
    second = base64.b64encode(samples.tone(1.0)).decode()
    script.delta(audio={"id": "audio_1", "transcript": "Hello "})
    script.delta(audio={"data": second})
    speech = chat.answer().locator("live-speech")
    expect(speech.get_by_role("button", name="Pause")).to_be_visible()
    expect(body(chat.answer())).to_contain_text("Hello")
    script.delta(audio={"transcript": "there."})
    script.delta(audio={"data": second})
    expect(body(chat.answer())).to_contain_text("Hello there.")
    script.finish()
    chat.wait_for(1, "complete")
    expect(chat.answer().locator("sound-player")).to_be_visible()
    chat.reload()
    player = chat.answer().locator("sound-player")
    expect(player).to_contain_text("0:02")
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    assert chat.text_of(chat.answer()) == "Hello there."


def test_a_picture_of_an_answer_is_shown_when_it_comes_and_opens_large(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = scripted_endpoint.script("painter")
    chat.new("scripted::painter").send("Draw")
    script.say("Here:")
    address = (
        "data:image/png;base64," + base64.b64encode(samples.encoded(samples.picture((640, 400)))).decode()
    )
    script.delta(images=[{"type": "image_url", "image_url": {"url": address}}])
    picture = chat.answer().get_by_role("img", name="picture.png")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    script.finish()
    chat.wait_for(1, "complete")
    picture.click()
    large = chat.page.get_by_role("dialog", name="picture.png")
    expect(large.get_by_role("img")).to_have_js_property("naturalWidth", 640)
    with chat.page.expect_download() as download:
        large.get_by_role("link", name="Download").click()
    assert Image.open(BytesIO(Path(download.value.path()).read_bytes())).size == (640, 400)
    chat.page.keyboard.press("Escape")
    expect(large).to_be_hidden()


def test_pictures_load_lazily_and_move_nothing(chat: ChatPage, folder: Path) -> None:
    chat.new()
    attach(chat, folder / "dog.jpg")
    chat.ask("Look")
    picture = chat.question().get_by_role("img", name="dog.jpg")
    expect(picture).to_have_attribute("loading", "lazy")
    height = picture.bounding_box()["height"]  # type: ignore[index]
    held = []

    def hold(route):  # type: ignore[no-untyped-def]
        held.append(route)

    chat.page.route("**/thumbnail/", hold)
    chat.reload()
    expect(picture).to_be_visible()
    assert picture.bounding_box()["height"] == height  # type: ignore[index]
    for route in held:
        route.continue_()
    chat.page.unroute("**/thumbnail/")


def test_an_edited_message_keeps_its_files(chat: ChatPage, folder: Path) -> None:
    chat.new()
    attach(chat, folder / "cat.png")
    chat.ask("Look")
    chat.question().hover()
    action(chat.question(), "Edit").click()
    chat.page.get_by_label("Edit your message").fill("Look again")
    chat.page.get_by_role("button", name="Send again").click()
    expect(body(chat.question())).to_have_text("Look again")
    expect(chat.question().get_by_role("img", name="cat.png")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_files_are_accessible_in_every_look(chat: ChatPage, folder: Path, width: int) -> None:
    chat.page.set_viewport_size({"width": width, "height": 800})
    chat.new()
    attach(chat, folder / "cat.png", folder / "note.wav", folder / "fish.pdf")
    assert_accessible(chat.page)
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    chat.ask("Look")
    assert_accessible(chat.page)
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_file_is_attached_and_seen_without_javascript(visit: Callable[..., ChatPage], folder: Path) -> None:
    chat = visit(java_script_enabled=False)
    chat.page.goto("/")
    chat.page.get_by_label("Attach a file").set_input_files(folder / "cat.png")
    chat.page.get_by_role("button", name="Attach", exact=True).click()
    expect(tray(chat)).to_contain_text("cat.png")
    chat.composer.fill("Look")
    chat.send_button.click()
    expect(chat.question().get_by_role("img", name="cat.png")).to_be_visible()
