"""While an answer grows: a reader at its end stays there, one further up is not moved, and nothing jumps."""

from playwright.sync_api import expect

from tests.browser.pages import ChatPage, body
from tests.browser.scripted import Script, ScriptedEndpoint
from tests.servers.waiting import wait_until

PARAGRAPH = "Some words that make a line of a certain length, and then some more of them to fill it. "

# Watches, frame by frame, where each finished block stands in its part; collects those that move.
WATCH_BLOCKS = """() => {
  window.moved = [];
  window.frames = 0;
  const known = new Map();
  const look = () => {
    window.frames += 1;
    const part = document.querySelector("article[data-role=assistant] .part");
    const open = part?.querySelector(".open-block");
    const blocks = part ? [...part.children].filter((block) => block !== open).slice(0, open ? undefined : -1) : [];
    blocks.forEach((block, index) => {
      const top = block.getBoundingClientRect().top - part.getBoundingClientRect().top;
      if (known.has(index) && Math.abs(known.get(index) - top) > 0.6) {
        window.moved.push([block.outerHTML.slice(0, 80), known.get(index), top]);
      }
      known.set(index, top);
    });
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def start_long_answer(chat: ChatPage, endpoint: ScriptedEndpoint, model: str) -> Script:
    """An answer that is longer than the screen and goes on."""
    script = endpoint.script(model)
    chat.new(f"scripted::{model}").send("Write much")
    for number in range(15):
        script.say(f"Number {number}: {PARAGRAPH}\n\n{PARAGRAPH}\n\n")
    expect(body(chat.answer())).to_contain_text("Number 14:")
    wait_until(lambda: chat.log.evaluate("(log) => log.scrollHeight > 1.5 * log.clientHeight"), "it is long")
    return script


def top_of(chat: ChatPage, text: str) -> float:
    box = chat.log.get_by_text(text).first.bounding_box()
    assert box
    return box["y"]


def test_a_reader_at_the_end_stays_there(chat: ChatPage, scripted_endpoint: ScriptedEndpoint) -> None:
    script = start_long_answer(chat, scripted_endpoint, "followed")
    wait_until(lambda: chat.from_end < 2, "the end is shown")
    for word in ("alpha", "beta", "gamma"):
        script.say(f"{PARAGRAPH * 3} {word}\n\n")
        expect(chat.log.get_by_text(word)).to_be_in_viewport()
    expect(chat.jump_button).to_be_hidden()
    script.finish()
    chat.wait_for(1, "complete")
    wait_until(lambda: chat.from_end < 2, "the end is still shown")


def test_a_reader_further_up_is_not_moved_and_can_jump_to_the_latest(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = start_long_answer(chat, scripted_endpoint, "read")
    wait_until(lambda: chat.from_end < 2, "the end is shown")
    chat.wheel(-500)
    expect(chat.jump_button).to_be_visible()
    wait_until(lambda: chat.from_end > 400, "the page has scrolled")
    place = chat.log.evaluate("(log) => log.scrollTop")
    reading = top_of(chat, "Number 10:")
    for word in ("alpha", "beta", "gamma"):
        script.say(f"{PARAGRAPH * 3} {word}\n\n")
        expect(chat.log.get_by_text(word)).to_be_attached()
    assert chat.log.evaluate("(log) => log.scrollTop") == place
    assert abs(top_of(chat, "Number 10:") - reading) < 1
    script.finish()
    chat.wait_for(1, "complete")
    assert abs(top_of(chat, "Number 10:") - reading) < 1
    chat.jump_button.click()
    wait_until(lambda: chat.from_end < 2, "the end is shown again")
    expect(chat.jump_button).to_be_hidden()


def test_a_reader_who_returns_to_the_end_is_taken_along_again(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    script = start_long_answer(chat, scripted_endpoint, "returned")
    chat.wheel(-500)
    expect(chat.jump_button).to_be_visible()
    chat.wheel(5000)
    expect(chat.jump_button).to_be_hidden()
    script.say(f"{PARAGRAPH * 6} alpha\n\n")
    expect(chat.log.get_by_text("alpha")).to_be_in_viewport()


def test_finished_blocks_do_not_move_while_the_answer_grows(
    chat: ChatPage, scripted_endpoint: ScriptedEndpoint
) -> None:
    text = "\n\n".join(
        [
            "# Title",
            PARAGRAPH,
            "| a | b |\n|---|---|\n" + "\n".join(f"| {n} | `{n}` |" for n in range(8)),
            "- one\n- two\n\n  two again\n- three",
            "```python\n" + "\n".join(f"print({n})" for n in range(8)) + "\n```",
            "> quoted\n> twice",
            "$$\\frac{1}{2}$$",
            "## Second",
            PARAGRAPH,
            "1. first\n2. second",
            "***",
            f"The end. {PARAGRAPH}",
        ]
    )
    script = scripted_endpoint.script("steady")
    chat.new("scripted::steady")
    chat.page.evaluate(WATCH_BLOCKS)
    chat.send("Write everything")
    for start in range(0, len(text), 9):
        script.say(text[start : start + 9])
        if start % 90 == 0:
            # One word after another, as a page really sees them, and not all in one frame.
            seen = chat.page.evaluate("window.frames")
            chat.page.wait_for_function("(seen) => window.frames > seen + 2", arg=seen)
    expect(body(chat.answer())).to_contain_text("The end.")
    script.finish()
    chat.wait_for(1, "complete")
    assert chat.page.evaluate("window.moved") == []
