"""Every page for everybody: axe-core finds nothing, small screens never scroll sideways, the keyboard reaches all."""

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Library, Person
from tests.browser.pages import ChatPage, body, press, reasoning
from tests.browser.scripted import ScriptedEndpoint

SCREENS: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 720},
    "phone": {"width": 390, "height": 844},
}
NARROW: ViewportSize = {"width": 360, "height": 740}
on_every_screen = pytest.mark.parametrize("screen", SCREENS)


@pytest.fixture
def tab(tab_of: Callable[[Person | None], ChatPage], screen: str) -> Callable[[Person | None], ChatPage]:
    """The same as tab_of, on that screen."""

    def make(person: Person | None) -> ChatPage:
        chat = tab_of(person)
        chat.page.set_viewport_size(SCREENS[screen])
        return chat

    return make


@pytest.fixture
def axe(screen: str) -> Callable[[Page], None]:
    """Fails on any violation. The colours are the same on all screens: the large one shows both schemes."""
    return partial(assert_accessible, schemes=screen == "desktop")


@on_every_screen
@pytest.mark.usefixtures("requests_may_fail")
def test_pages_before_signing_in_have_no_violation(
    tab: Callable[[Person | None], ChatPage], axe: Callable[[Page], None]
) -> None:
    page = tab(None).page
    for path in ("login", "signup", "password/reset", "password/reset/done", "setup/unknown"):
        page.goto(f"/accounts/{path}/")
        axe(page)
    page.goto("/accounts/login/")
    page.get_by_label("Username or email").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("not correct")).to_be_visible()
    axe(page)
    page.goto("/no/such/page/")
    axe(page)


@on_every_screen
def test_pages_of_a_signed_in_reader_have_no_violation(
    tab: Callable[[Person | None], ChatPage], library: Library, axe: Callable[[Page], None]
) -> None:
    chat = tab(library.reader)
    for path in ("/settings/", "/archived/", "/accounts/password/change/", "/accounts/logout/"):
        chat.page.goto(path)
        axe(chat.page)
    chat.new()
    axe(chat.page)
    chat.open(library.rich)
    axe(chat.page)
    press(chat.answer(), "Details")
    expect(chat.page.get_by_role("dialog", name="About this answer")).to_be_visible()
    axe(chat.page)
    chat.page.keyboard.press("Escape")
    chat.model.click()
    expect(chat.page.get_by_role("option").first).to_be_visible()
    axe(chat.page)
    chat.page.keyboard.press("Escape")
    press(chat.question(), "Edit")
    expect(chat.page.get_by_role("textbox", name="Edit your message")).to_be_focused()
    axe(chat.page)
    chat.page.get_by_role("button", name="Parameters").click()
    panel = chat.page.get_by_role("dialog", name="Parameters")
    for summary in panel.locator("summary").all():
        summary.click()
    panel.get_by_role("spinbutton", name="temperature").fill("9")
    panel.get_by_role("spinbutton", name="temperature").press("Tab")
    expect(panel.get_by_text("Not kept")).to_be_visible()
    axe(chat.page)
    chat.page.goto(f"{library.rich}parameters/")
    axe(chat.page)


@on_every_screen
def test_the_exchange_behind_an_answer_has_no_violation(
    tab: Callable[[Person | None], ChatPage], person: Person, axe: Callable[[Page], None]
) -> None:
    chat = tab(person).new()
    answer = chat.ask("A line that is far longer than any screen is wide: " + "word " * 100)
    chat.page.goto(f"{chat.path}messages/{answer.get_attribute('data-message-id')}/raw/")
    expect(chat.page.get_by_role("region", name="Response", exact=True)).to_be_visible()
    axe(chat.page)
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@on_every_screen
def test_the_sidebar_and_its_menus_have_no_violation(
    tab: Callable[[Person | None], ChatPage], library: Library, axe: Callable[[Page], None]
) -> None:
    chat = tab(library.reader).new()
    opener = chat.page.get_by_role("button", name="Open conversations")
    if opener.is_visible():
        opener.click()
    expect(chat.rows.first).to_be_visible()
    axe(chat.page)
    row = chat.row("A rich answer")
    row.hover()
    row.get_by_role("button", name="Options for").click()
    expect(chat.page.get_by_role("menuitem", name="Rename")).to_be_focused()
    axe(chat.page)
    chat.page.get_by_role("menuitem", name="Rename").click()
    expect(chat.page.get_by_role("textbox", name="Title")).to_be_focused()
    axe(chat.page)
    chat.page.keyboard.press("Escape")
    chat.sidebar.get_by_role("button", name="reader").click()
    expect(chat.page.get_by_role("link", name="Settings")).to_be_visible()
    axe(chat.page)


@on_every_screen
def test_an_answer_being_written_and_one_that_failed_have_no_violation(
    tab: Callable[[Person | None], ChatPage],
    person: Person,
    scripted_endpoint: ScriptedEndpoint,
    axe: Callable[[Page], None],
) -> None:
    chat = tab(person)
    script = scripted_endpoint.script("axe")
    chat.new("scripted::axe").send("Think and write")
    script.think("A thought.")
    reasoning(chat.answer()).locator("summary").click()
    script.say("# An answer\n\n```python\nx = 1\n```\n\nto be")
    expect(body(chat.answer())).to_contain_text("to be")
    axe(chat.page)
    chat.send("Too early")
    expect(chat.notice).to_be_visible()
    axe(chat.page)
    chat.new("104-error-401").ask("Fail", "failed")
    axe(chat.page)


def test_nothing_scrolls_sideways_on_a_narrow_screen(
    tab_of: Callable[[Person | None], ChatPage], library: Library
) -> None:
    chat = tab_of(library.reader)
    chat.page.set_viewport_size(NARROW)
    paths = ["/", library.rich, library.wide, "/settings/", "/archived/", "/accounts/password/change/"]
    for path in paths:
        chat.page.goto(path)
        widths = chat.page.evaluate(
            """() => [document.documentElement.scrollWidth,
                      ...[...document.querySelectorAll("main, #transcript")].map((e) => e.scrollWidth)]"""
        )
        assert max(widths) <= 360, (path, widths)


# What has the focus: its name, and whether anything is drawn to show it.
FOCUSED = """() => {
  const element = document.activeElement;
  const outlined = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const shows = (style) => outlined(style) || style.boxShadow !== "none";
  let shown = false;
  for (let around = element, level = 0; around && level < 3; around = around.parentElement, level += 1) {
    shown ||= shows(getComputedStyle(around));
  }
  const label = element.labels?.[0]?.textContent ?? "";
  return [(element.getAttribute("aria-label") || label || element.textContent).trim(), shown, element.tagName];
}"""


def tab_through(page: Page, *, most: int = 80) -> list[str]:
    """The names of what Tab reaches, once round; each must show that it has the focus."""
    names: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        name, shown, tag = page.evaluate(FOCUSED)
        if [name] == names[:1]:
            return names
        if tag != "BODY":
            assert shown, f"{name} does not show that it has the focus"
            names.append(name)
    raise AssertionError(f"no way round: {names}")


def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    tab_of: Callable[[Person | None], ChatPage], library: Library
) -> None:
    chat = tab_of(library.reader).open(library.rich)
    expect(chat.composer).to_be_focused()
    names = tab_through(chat.page)
    wanted = ["New chat", "A rich answer", "Options for A rich answer", "Model", "Conversation", "Message"]
    wanted += ["Copy message", "Edit", "Regenerate", "Details", "Send"]
    assert [name for name in wanted if name not in names] == []


def test_a_conversation_is_held_and_put_in_order_with_the_keyboard_alone(chat: ChatPage) -> None:
    keyboard = chat.page.keyboard
    chat.new()
    expect(chat.composer).to_be_focused()
    keyboard.type("By keyboard")
    keyboard.press("Enter")
    chat.wait_for(1, "complete")
    expect(chat.composer).to_be_focused()

    for name in ("Regenerate", "Previous version"):
        button = chat.answer().get_by_role("button", name=name)
        button.focus()
        expect(button).to_be_visible()
        keyboard.press("Enter")
        expect(chat.answer()).to_contain_text("2/2" if name == "Regenerate" else "1/2")

    chat.model.focus()
    keyboard.press("ArrowDown")
    expect(chat.page.get_by_role("option").first).to_be_visible()
    keyboard.type("live-title")
    keyboard.press("Enter")
    expect(chat.model).to_have_value("live-title")
    expect(chat.composer).to_be_focused()

    chat.row("By keyboard").get_by_role("button", name="Options for").focus()
    keyboard.press("Enter")
    expect(chat.page.get_by_role("menuitem", name="Rename")).to_be_focused()
    keyboard.press("ArrowDown")
    expect(chat.page.get_by_role("menuitem", name="Pin")).to_be_focused()
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(chat.page.get_by_role("textbox", name="Title")).to_be_focused()
    keyboard.type("Named by keyboard")
    keyboard.press("Enter")
    expect(chat.heading).to_have_text("Named by keyboard")
    expect(chat.row("Named by keyboard").get_by_role("link")).to_be_focused()

    keyboard.press("Control+Shift+KeyO")
    expect(chat.messages).to_have_count(0)
    expect(chat.composer).to_be_focused()
    keyboard.press("Escape")
    chat.heading.focus()
    chat.page.evaluate("() => document.activeElement.blur()")
    keyboard.press("/")
    expect(chat.composer).to_be_focused()
