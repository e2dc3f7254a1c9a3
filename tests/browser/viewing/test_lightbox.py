"""Viewing pictures and files large: the dialog and the lists of attachments alone, without the application."""

import re
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.viewing.site import CAT, ViewingSite, card, item, message, picture_item
from tests.servers.waiting import wait_until

PICTURES_AND_FILES = 7

Box = tuple[float, float, float, float]


class Lightbox:
    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.dialog = tab.get_by_role("dialog")
        self.picture = self.dialog.locator("img.lightbox__picture")
        self.scale = self.dialog.get_by_role("status")

    def link(self, name: str) -> Locator:
        return self.tab.locator(f"[data-lightbox][data-name='{name}']")

    def open(self, name: str) -> "Lightbox":
        self.link(name).click()
        return self.shows(name)

    def shows(self, name: str) -> "Lightbox":
        """Wait until it shows this, ready."""
        expect(self.dialog).to_have_accessible_name(name)
        expect(self.dialog).to_have_attribute("data-state", "ready")
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.keyboard.press(key)

    def lies_at(self, *box: float, tolerance: float = 2) -> None:
        """Wait until the picture is seen there: left, top and, if they are given, width and height."""
        wait_until(lambda: self.box[: len(box)] == pytest.approx(box, abs=tolerance), f"{self.box} is {box}")

    @property
    def box(self) -> Box:
        """Left, top, width and height of the picture as it is seen."""
        box = self.picture.bounding_box()
        assert box
        return box["x"], box["y"], box["width"], box["height"]


def test_the_keyboard_walks_through_the_gallery_and_comes_back_to_the_link(
    visit: Callable[..., Page],
) -> None:
    tab = visit()
    box = Lightbox(tab)
    box.link("tall.png").focus()
    box.press("Enter")
    box.shows("tall.png")
    expect(box.dialog).to_contain_text(f"2 of {PICTURES_AND_FILES}")
    expect(box.dialog.get_by_text("A tower")).to_be_visible()
    box.press("ArrowRight")
    box.shows("glass.png")
    box.press("ArrowLeft", "ArrowLeft")
    box.shows("cat.png")
    expect(box.dialog.get_by_role("button", name="Previous")).to_be_disabled()
    box.press("ArrowLeft")
    box.shows("cat.png")
    box.press("End")
    box.shows("made.png")
    expect(box.dialog).to_contain_text(f"{PICTURES_AND_FILES} of {PICTURES_AND_FILES}")
    box.press("Home")
    box.shows("cat.png")
    before = tab.evaluate("window.keys.length")
    box.press("Escape")
    expect(box.dialog).to_be_hidden()
    expect(box.link("tall.png")).to_be_focused()
    assert tab.evaluate("window.keys.length") == before, "Escape would have stopped an answer too"


def test_the_buttons_keep_the_focus_while_they_move_on(visit: Callable[..., Page]) -> None:
    box = Lightbox(visit()).open("cat.png")
    forward = box.dialog.get_by_role("button", name="Next")
    forward.focus()
    for name in ("tall.png", "glass.png", "blue.png", "report.pdf", "notes.py", "made.png", "made.png"):
        box.press("Enter")
        box.shows(name)
        expect(forward).to_be_focused()
    box.dialog.get_by_role("button", name="Close").click()
    expect(box.dialog).to_be_hidden()


def test_only_one_picture_has_no_others_to_go_to(visit: Callable[..., Page]) -> None:
    box = Lightbox(visit(message("user", "One", CAT))).open("cat.png")
    expect(box.dialog.get_by_role("button", name="Next")).to_be_hidden()
    expect(box.dialog).not_to_contain_text("1 of 1", use_inner_text=True)


def test_a_picture_is_fitted_then_zoomed_and_moved_by_keys_and_fitted_again(
    visit: Callable[..., Page],
) -> None:
    tab = visit()
    box = Lightbox(tab).open("cat.png")
    fitted = box.box
    stage = box.dialog.locator(".lightbox__view").bounding_box()
    assert stage
    assert fitted[2] <= stage["width"]
    assert fitted[3] <= stage["height"]
    assert fitted[2] / fitted[3] == pytest.approx(1600 / 1200, rel=0.01)
    percent = 100 * fitted[2] / 1600
    expect(box.scale).to_have_text(f"{round(percent)} %")
    box.press("+", "+")
    expect(box.scale).to_have_text(re.compile(f"{int(percent * 2.25)} %|{int(percent * 2.25) + 1} %"))
    left, top, width, height = grown(fitted, 2.25)
    box.lies_at(left, top, width, height)
    box.press("ArrowRight", "ArrowDown", "ArrowDown")
    box.lies_at(left - 80, top - 160, width, height)
    box.shows("cat.png")
    box.press("-", "0")
    box.lies_at(*fitted)
    box.press("+", *["ArrowRight"] * 12)
    expect(box.dialog).not_to_have_accessible_name("cat.png")


def grown(box: Box, times: float) -> Box:
    """The box as many times as large, about its middle."""
    left, top, width, height = box
    return left - width * (times - 1) / 2, top - height * (times - 1) / 2, width * times, height * times


def test_a_small_picture_is_not_blown_up_and_zoom_ends(visit: Callable[..., Page]) -> None:
    box = Lightbox(visit()).open("glass.png")
    expect(box.scale).to_have_text("100 %")
    for _ in range(8):
        box.dialog.get_by_role("button", name="Zoom in").click()
    expect(box.scale).to_have_text("400 %")
    for _ in range(8):
        box.dialog.get_by_role("button", name="Zoom out").click()
    expect(box.scale).to_have_text("100 %")


def test_wheel_and_double_click_zoom_where_they_point_and_dragging_moves(visit: Callable[..., Page]) -> None:
    tab = visit()
    box = Lightbox(tab).open("cat.png")
    left, top, width, height = fitted = box.box
    at = (left + width / 4, top + height / 4)
    tab.mouse.move(*at)
    tab.mouse.wheel(0, -300)
    wait_until(lambda: box.box[2] > width, "the wheel zooms")
    quarter = (at[0] - box.box[0]) / box.box[2]
    assert quarter == pytest.approx(0.25, abs=0.01), "what the pointer is on stays there"
    before = box.box
    tab.mouse.down()
    tab.mouse.move(at[0] - 60, at[1] - 40, steps=6)
    tab.mouse.up()
    # It does not begin before a drag is told from a finger that trembles.
    box.lies_at(before[0] - 60, before[1] - 40, tolerance=12)
    tab.mouse.dblclick(*at)
    box.lies_at(*fitted)
    tab.mouse.dblclick(*at)
    expect(box.scale).to_have_text(f"{round(2 * 100 * width / 1600)} %")


def test_a_swipe_goes_on_and_a_click_beside_the_picture_closes(visit: Callable[..., Page]) -> None:
    tab = visit()
    box = Lightbox(tab).open("tall.png")
    left, top, width, height = box.box
    x, y = left + width / 2, top + height / 2
    for start, end, name in ((x, x - 150, "glass.png"), (x - 150, x, "tall.png"), (x, x - 20, "tall.png")):
        tab.mouse.move(start, y)
        tab.mouse.down()
        tab.mouse.move(end, y, steps=5)
        tab.mouse.up()
        box.shows(name)
    box.picture.click()
    expect(box.dialog).to_be_visible()
    tab.mouse.click(left - 100, y)
    expect(box.dialog).to_be_hidden()


def test_two_fingers_zoom(visit: Callable[..., Page]) -> None:
    tab = visit(has_touch=True)
    box = Lightbox(tab).open("cat.png")
    left, top, width, height = box.box
    x, y = left + width / 2, top + height / 2
    device = tab.context.new_cdp_session(tab)
    for kind, apart in (("touchStart", 50), ("touchMove", 75), ("touchMove", 100), ("touchEnd", 0)):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}] if apart else []
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    wait_until(lambda: box.box[2] > width * 1.8, "the picture is about twice as large")
    box.shows("cat.png")


def test_the_next_picture_is_there_before_it_is_asked_for(
    site: ViewingSite, visit: Callable[..., Page]
) -> None:
    box = Lightbox(visit()).open("tall.png")
    for key in ("glass", "cat"):
        wait_until(lambda key=key: f"/attachments/{key}/" in site.asked, f"{key} is fetched")  # type: ignore[misc]
    before = len(site.asked)
    box.press("ArrowRight")
    box.shows("glass.png")
    assert "/attachments/glass/" not in site.asked[before:]


def test_one_who_waits_for_a_picture_sees_its_thumbnail_in_its_place(
    site: ViewingSite, visit: Callable[..., Page]
) -> None:
    site.held["/attachments/cat/"] = threading.Event()
    box = Lightbox(visit())
    expect(box.link("cat.png").locator("img")).to_have_js_property("naturalWidth", 1600)
    box.link("cat.png").click()
    expect(box.dialog.locator(".lightbox__spinner")).to_be_visible()
    expect(box.picture).to_have_css("background-image", re.compile("cat/thumbnail"))
    waiting = box.box
    site.held["/attachments/cat/"].set()
    box.shows("cat.png")
    expect(box.dialog.locator(".lightbox__spinner")).to_be_hidden()
    assert box.box == pytest.approx(waiting, abs=1)


def test_what_does_not_load_is_said_and_the_rest_can_be_seen(
    visit: Callable[..., Page], page_problems: list[str]
) -> None:
    signed_out = item(card("text", "signed-out.txt"))
    box = Lightbox(
        visit(message("user", "", picture_item("broken.png", "Broken", (640, 480)), CAT, signed_out))
    )
    box.link("broken.png").click()
    problem = box.dialog.get_by_role("alert")
    expect(problem).to_have_text("This file could not be loaded.")
    download = box.dialog.get_by_role("link", name="Download")
    expect(download).to_have_attribute("href", "/attachments/broken/?download")
    box.press("ArrowRight")
    box.shows("cat.png")
    expect(problem).to_be_hidden()
    box.press("ArrowRight")
    expect(problem).to_be_visible()
    expect(box.dialog.get_by_role("region")).to_be_focused()
    expect(box.dialog.get_by_role("region")).to_be_empty()
    page_problems.clear()


def test_a_file_is_read_with_the_keys_and_downloaded(visit: Callable[..., Page]) -> None:
    tab = visit()
    box = Lightbox(tab).open("notes.py")
    region = box.dialog.get_by_role("region", name="notes.py")
    expect(region).to_be_focused()
    expect(region).to_contain_text("line_89")
    expect(box.scale).to_be_hidden()
    box.press("End")
    wait_until(lambda: region.evaluate("(element) => element.scrollTop") > 0, "the text has moved")
    box.shows("notes.py")
    with tab.expect_download() as downloading:
        box.dialog.get_by_role("link", name="Download").click()
    assert downloading.value.suggested_filename == "notes.py"
    box.press("ArrowLeft")
    expect(box.dialog.get_by_role("region", name="report.pdf").get_by_role("img").first).to_be_visible()


def test_links_open_and_sounds_play_without_script(visit: Callable[..., Page]) -> None:
    tab = visit(java_script_enabled=False)
    expect(tab.locator("audio[controls]").first).to_be_visible()
    tab.locator("[data-name='notes.py']").click()
    expect(tab).to_have_url(re.compile("/attachments/notes/preview/"))
    expect(tab.get_by_role("log")).to_contain_text("line_89")


def test_a_picture_keeps_its_place_before_it_comes(site: ViewingSite, visit: Callable[..., Page]) -> None:
    for key in ("cat", "tall", "blue", "glass"):
        site.held[f"/attachments/{key}/thumbnail/"] = threading.Event()
    tab = visit(viewport={"width": 390, "height": 844})
    boxes = [tab.locator(f"[data-name='{name}.png']") for name in ("cat", "tall", "blue", "glass")]
    before = [box.bounding_box() for box in boxes]
    for event in site.held.values():
        event.set()
    expect(boxes[-1].locator("img")).to_have_js_property("complete", True)
    expect(boxes[0].locator("img")).to_have_js_property("naturalWidth", 1600)
    assert [box.bounding_box() for box in boxes] == before
    assert before[0]
    assert before[0]["width"] / before[0]["height"] == pytest.approx(1600 / 1200, rel=0.01)
    assert all(box and box["width"] == pytest.approx(box["height"], abs=1) for box in before[1:])


def test_everything_is_accessible_in_both_schemes(visit: Callable[..., Page]) -> None:
    tab = visit()
    box = Lightbox(tab)
    assert_accessible(tab)
    for name in ("cat.png", "notes.py"):
        box.open(name)
        assert_accessible(tab)
        box.press("Escape")


def test_on_a_phone_all_is_within_the_window_and_large_enough_for_fingers(visit: Callable[..., Page]) -> None:
    tab = visit(viewport={"width": 390, "height": 844}, has_touch=True)
    assert tab.evaluate("document.querySelector('.transcript').scrollWidth") <= 390
    box = Lightbox(tab).open("cat.png")
    for button in [*box.dialog.get_by_role("button").all(), box.dialog.get_by_role("link", name="Download")]:
        bounds = button.bounding_box()
        assert bounds
        assert min(bounds["width"], bounds["height"]) >= 44
        assert bounds["x"] >= 0
        assert bounds["x"] + bounds["width"] <= 390
