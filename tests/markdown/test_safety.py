"""Whatever a model writes, only harmless HTML leaves, and nothing of an ordinary text is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.markdown import MarkdownStream, render
from tests.markdown.dom import Element, parse
from tests.markdown.strategies import hostile, markdown

FORBIDDEN = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "svg",
    "link",
    "meta",
    "base",
    "template",
    "textarea",
}
ADDRESSES = {"href", "src", "data-src", "action", "formaction", "xlink:href"}


def assert_harmless(root: Element) -> None:
    for element in root.elements():
        assert element.tag not in FORBIDDEN
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ADDRESSES:
                image = element.tag == "img" and re.match(
                    r"data:image/(png|jpeg|gif|webp);base64,", value or ""
                )
                assert image or re.match(r"(https?://|mailto:)", value or "", re.IGNORECASE)
        if element.tag == "a":
            assert element.attributes["target"] == "_blank"
            assert set(str(element.attributes["rel"]).split()) == {"noopener", "noreferrer", "nofollow"}
        if element.tag == "img":
            assert str(element.attributes["src"]).startswith("data:image/")


@settings(max_examples=350, deadline=None)
@given(hostile)
def test_no_text_makes_active_content(text: str) -> None:
    assert_harmless(parse(render(text)))


@settings(max_examples=150, deadline=None)
@given(st.one_of(hostile, markdown), st.integers(1, 40))
def test_no_operation_carries_active_content(text: str, size: int) -> None:
    stream = MarkdownStream("P")
    for start in range(0, len(text), size):
        stream.feed(text[start : start + size])
        for op in stream.flush():
            if op[0] in ("append", "patch"):
                assert_harmless(parse(str(op[-1])))
    assert_harmless(parse(stream.snapshot()))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9), min_size=1, max_size=40)
)
def test_every_visible_character_of_words_survives(words: list[str]) -> None:
    shown = parse(render(" ".join(words))).text()
    assert "".join(shown.split()) == "".join("".join(words).split())


@pytest.mark.parametrize(
    "text",
    [
        "Vec<String>",
        "<tool_call>",
        "a <script>alert(1)</script> b",
        "<div>\nx\n</div>",
        "<!-- note -->",
        "<b>never closed",
        "closed twice</b>",
        "<b class=x>attributes</b>",
        "<b><i>crossed</b></i>",
        "if a < b && c > d",
        "<details open>x</details>",
        "<unknown-tag attribute='1'/>",
    ],
)
def test_other_raw_html_is_shown_as_it_was_written(text: str) -> None:
    lost = {"<b>", "</b>"} if "crossed" in text else set()
    shown = parse(render(text)).text()
    for word in re.findall(r"</?\w[^>]*>|\w+", text):
        assert word in shown or word in lost


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "src/a.py", "data:text/html,x", "vbscript:x", "//evil.example/x"]
)
def test_addresses_that_may_not_be_linked_stay_visible(address: str) -> None:
    root = parse(render(f"see [the file]({address}) and ![pic]({address})"))
    assert not [element for element in root.elements() if element.tag in ("a", "img")]
    assert root.text().count(f"({address})") == 2
    assert "the file" in root.text()


def test_deep_nesting_ends_before_browsers_flatten_it() -> None:
    for text in ("> " * 1000 + "x", "- " * 1000 + "x", "".join("  " * n + "- x\n" for n in range(300))):
        depth = deepest = 0
        for mark in re.findall(r"</?\w", render(text)):
            depth += -1 if mark[1] == "/" else 1
            deepest = max(deepest, depth)
        assert deepest < 200
