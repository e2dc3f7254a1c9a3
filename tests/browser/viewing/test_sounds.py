"""Hearing sounds and recording: the player and the recorder alone, without the application."""

import io
import re
import wave
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.viewing.site import message, sound_item
from tests.servers.waiting import wait_until

MIDDLE = 0.5


class Player:
    def __init__(self, tab: Page, name: str) -> None:
        self.root = tab.get_by_role("group", name=name)
        self.button = self.root.get_by_role("button")
        self.slider = self.root.get_by_role("slider", name="Position")
        self.audio = self.root.locator("audio")

    @property
    def at(self) -> float:
        return float(self.audio.evaluate("(audio) => audio.currentTime"))

    def play(self) -> None:
        expect(self.button).to_have_accessible_name("Play")
        self.button.click()
        expect(self.button).to_have_accessible_name("Pause")


def test_a_sound_plays_pauses_and_only_one_is_heard(visit: Callable[..., Page]) -> None:
    tab = visit()
    tone, low = Player(tab, "tone.wav"), Player(tab, "low.wav")
    expect(tone.root).to_contain_text("0:00 / 0:12")
    tone.play()
    wait_until(lambda: tone.at > 0, "it sounds")
    low.play()
    expect(tone.button).to_have_accessible_name("Play")
    tone.button.click()
    expect(low.button).to_have_accessible_name("Play")
    expect(tone.root).to_contain_text(re.compile(r"0:0[1-9] / 0:12"))
    tone.button.click()
    expect(tone.button).to_have_accessible_name("Play")
    assert tone.audio.evaluate("(audio) => audio.paused")


def test_the_slider_seeks_with_keys_and_pointer_even_before_the_sound_is_loaded(
    visit: Callable[..., Page],
) -> None:
    tab = visit()
    tone = Player(tab, "tone.wav")
    tone.slider.focus()
    for key, second in (("ArrowRight", 1), ("ArrowUp", 2), ("ArrowLeft", 1), ("End", 12), ("Home", 0)):
        tab.keyboard.press(key)
        expect(tone.slider).to_have_attribute("aria-valuetext", f"0:{second:02} / 0:12")
        assert tone.at == pytest.approx(second, abs=0.01)
    box = tone.slider.bounding_box()
    assert box
    tab.mouse.click(box["x"] + box["width"] * MIDDLE, box["y"] + box["height"] / 2)
    assert tone.at == pytest.approx(6, abs=0.2)
    tone.play()
    wait_until(lambda: tone.at > 6.1, "it sounds from there")
    expect(tone.slider).to_have_attribute("aria-valuetext", re.compile(r"0:0[678]"))


def test_another_source_begins_anew(visit: Callable[..., Page]) -> None:
    tab = visit()
    tone = Player(tab, "tone.wav")
    tone.play()
    tone.root.evaluate(
        "(root) => { root.dataset.seconds = 3; root.querySelector('audio').src = '/attachments/low/' }"
    )
    expect(tone.button).to_have_accessible_name("Play")
    expect(tone.root).to_contain_text("0:00 / 0:03")
    tone.play()
    expect(tone.slider).to_have_js_property("max", "3")


def test_a_stream_without_length_shows_the_time_passed_and_no_slider(visit: Callable[..., Page]) -> None:
    tab = visit(message("assistant", "Listen", sound_item("live.wav", None)))
    live = Player(tab, "live.wav")
    live.play()
    expect(live.root).to_have_attribute("data-endless", "")
    expect(live.slider).to_be_hidden()
    expect(live.root).to_have_text(re.compile(r"^\s*0:0[1-9]\s*$"))
    live.button.click()
    expect(live.button).to_have_accessible_name("Play")


def test_a_sound_that_cannot_be_played_says_so_and_can_be_downloaded(
    visit: Callable[..., Page], page_problems: list[str]
) -> None:
    tab = visit(message("assistant", "Listen", sound_item("nothing.wav", 3)))
    sound = Player(tab, "nothing.wav")
    sound.button.click()
    expect(sound.root.get_by_role("alert")).to_contain_text("This sound cannot be played here.")
    expect(sound.root.get_by_role("link", name="Download")).to_have_attribute(
        "href", "/attachments/nothing/?download"
    )
    expect(sound.slider).to_be_hidden()
    assert_accessible(tab)
    sound.audio.evaluate("(audio) => (audio.src = '/attachments/low/')")
    expect(sound.root.get_by_role("alert")).to_be_hidden()
    expect(sound.root).to_contain_text("0:00 / 0:03")
    page_problems.clear()


RECORD = """async (seconds) => {
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => (window.stream = await getUserMedia(wanted));
  const recorder = new window.Recorder();
  let loudest = 0;
  await new Promise((resolve, reject) => recorder.start({ onLevel: (level) => {
    loudest = Math.max(loudest, level);
    if (recorder.seconds >= seconds) resolve();
  } }).catch(reject));
  const before = recorder.seconds;
  const file = await recorder.stop();
  const open = window.stream.getTracks().some((track) => track.readyState === "live");
  const bytes = [...new Uint8Array(await file.arrayBuffer())];
  return { bytes, name: file.name, type: file.type, seconds: before, loudest, open };
}"""


def test_a_recording_is_a_wav_file_and_the_microphone_is_let_go(visit: Callable[..., Page]) -> None:
    recorded = visit(permissions=["microphone"]).evaluate(RECORD, 1.5)
    assert re.fullmatch(r"Recording \d{4}-\d\d-\d\d \d\d\.\d\d\.wav", recorded["name"])
    assert recorded["type"] == "audio/wav"
    with wave.open(io.BytesIO(bytes(recorded["bytes"]))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 24_000)
        assert sound.getnframes() / sound.getframerate() == pytest.approx(recorded["seconds"], abs=0.01)
        assert any(sound.readframes(sound.getnframes()))
    assert 1.5 <= recorded["seconds"] < 5
    assert 0 < recorded["loudest"] <= 1
    assert not recorded["open"]


def test_a_refusal_is_told_apart_from_a_recording_that_was_cancelled(visit: Callable[..., Page]) -> None:
    start = "(recorder) => recorder.start().then(() => 'started', (error) => error.name)"
    refused = visit().evaluate(f"() => ({start})(new window.Recorder())")
    assert refused == "NotAllowedError"
    cancelled = visit(permissions=["microphone"]).evaluate(
        f"() => {{ const recorder = new window.Recorder(); const name = ({start})(recorder);"
        " recorder.cancel(); return name }"
    )
    assert cancelled == "AbortError"


def test_a_microphone_that_is_gone_leaves_what_was_recorded(visit: Callable[..., Page]) -> None:
    lost = """async () => {
      const recorder = new window.Recorder("Aufnahme");
      const error = await new Promise((resolve) => recorder.start({
        onError: resolve,
        onLevel: () => recorder.stream.getTracks()[0].dispatchEvent(new Event("ended")),
      }));
      const file = await recorder.stop();
      return [error.name, file.name, file.size];
    }"""
    name, file, size = visit(permissions=["microphone"]).evaluate(lost)
    assert name == "NotReadableError"
    assert file.startswith("Aufnahme ")
    assert size > 44
