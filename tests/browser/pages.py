"""The words in which the journeys speak of the chat page: its stable names, and what people do with them."""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from conversations.markdown import render

# The DOM of an element as text: without ids, wrappers of what is still open, and white space between blocks.
NORMAL_FORM = """(element) => {
  const copy = element.cloneNode(true);
  for (const open of copy.querySelectorAll(".open-block")) open.replaceWith(...open.childNodes);
  for (const node of copy.querySelectorAll("[id]")) node.removeAttribute("id");
  for (const button of copy.querySelectorAll("[data-copy-code]")) button.textContent = "";
  copy.normalize();
  return copy.innerHTML.replace(/>\\s+</g, "><").trim();
}"""


class ChatPage:
    """A tab of a browser that is signed in."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # Where to go

    def new(self, model: str = "") -> ChatPage:
        """An empty conversation with this model, ready to type in."""
        return self.open(f"/?model={quote(model)}" if model else "/")

    def open(self, path: str) -> ChatPage:
        self.page.goto(path)
        expect(self.composer).to_be_editable()
        return self

    def another_tab(self, path: str | None = None) -> ChatPage:
        """The same person in a second tab, at `path` or where this one is."""
        return ChatPage(self.page.context.new_page()).open(path or self.page.url)

    def reload(self) -> None:
        self.page.reload()
        expect(self.composer).to_be_editable()

    @property
    def path(self) -> str:
        """The address of the conversation, once it has one."""
        expect(self.page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
        return "/" + self.page.url.split("/", 3)[3]

    # The composer

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def send_button(self) -> Locator:
        return self.page.get_by_role("button", name="Send", exact=True)

    @property
    def stop_button(self) -> Locator:
        return self.page.get_by_role("button", name="Stop", exact=True)

    @property
    def notice(self) -> Locator:
        return self.page.locator("#composer").get_by_role("alert")

    def send(self, text: str) -> None:
        """Type and press Enter."""
        expect(self.page.locator("chat-composer:defined")).to_be_attached()
        self.composer.fill(text)
        self.composer.press("Enter")

    def ask(self, text: str, status: str = "complete") -> Locator:
        """Send and wait until the last answer has this status; the answer."""
        before = self.answers.count()
        self.send(text)
        return self.wait_for(before + 1, status)

    # The conversation

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log", name="Conversation")

    @property
    def messages(self) -> Locator:
        return self.log.get_by_role("article")

    @property
    def answers(self) -> Locator:
        return self.log.locator("article[data-role=assistant]")

    @property
    def questions(self) -> Locator:
        return self.log.locator("article[data-role=user]")

    def answer(self, number: int = 1) -> Locator:
        return self.answers.nth(number - 1)

    def question(self, number: int = 1) -> Locator:
        return self.questions.nth(number - 1)

    def wait_for(self, number: int, status: str) -> Locator:
        """The answer, once it has this status."""
        answer = self.answer(number)
        expect(answer).to_have_attribute("data-status", status)
        return answer

    def text_of(self, message: Locator) -> str:
        """What the message says as it is stored."""
        url = f"{self.path}messages/{message.get_attribute('data-message-id')}/text/"
        return self.page.request.get(url).text()

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def jump_button(self) -> Locator:
        return self.page.get_by_role("button", name="Jump to latest")

    @property
    def banner(self) -> Locator:
        return self.page.locator(".banner")

    @property
    def model(self) -> Locator:
        return self.page.get_by_label("Model", exact=True)

    # The sidebar

    @property
    def sidebar(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations")

    @property
    def rows(self) -> Locator:
        return self.sidebar.get_by_role("listitem")

    def row(self, title: str) -> Locator:
        return self.rows.filter(has_text=title)

    def row_action(self, title: str, action: str) -> None:
        """Choose `action` in the menu of a conversation's row."""
        self.page.bring_to_front()
        row = self.row(title)
        row.hover()
        row.get_by_role("button", name="Options for").click()
        self.page.get_by_role("menuitem", name=action, exact=True).click()

    @property
    def new_chat(self) -> Locator:
        return self.sidebar.get_by_role("button", name="New chat", exact=True)

    @property
    def toast(self) -> Locator:
        return self.page.locator(".toast")

    # The transcript's scroll

    @property
    def from_end(self) -> float:
        """Pixels between what is shown and the end of the transcript."""
        return float(self.log.evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight"))

    def wheel(self, pixels: int) -> None:
        self.log.hover()
        self.page.mouse.wheel(0, pixels)

    # What the page's own script cannot be asked

    def go_offline(self) -> None:
        self.page.context.set_offline(True)

    def go_online(self) -> None:
        self.page.context.set_offline(False)


def body(message: Locator) -> Locator:
    return message.locator(".message-body")


def reasoning(message: Locator) -> Locator:
    return message.locator("details.reasoning")


def action(message: Locator, name: str) -> Locator:
    """A button under a message."""
    return message.locator("footer").get_by_role("button", name=name, exact=True)


def press(message: Locator, name: str) -> None:
    message.page.bring_to_front()
    message.hover()
    action(message, name).click()


def normal_form(element: Locator) -> str:
    """The element's content as one text that can be compared."""
    return str(element.evaluate(NORMAL_FORM))


def rendered(page: Page, text: str) -> str:
    """What a browser makes of `text` rendered in one pass, as normal_form gives it."""
    return str(
        page.evaluate(
            f"""(html) => {{
              const part = document.createElement("div");
              part.innerHTML = html;
              return ({NORMAL_FORM})(part);
            }}""",
            render(text),
        )
    )
