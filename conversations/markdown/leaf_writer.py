"""The inline half of the writer: text, spans, links, formulas, images and raw tags inside one leaf."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from conversations.markdown import brackets, links, maths, rawhtml
from conversations.markdown.markup import image_tokens, target_tokens
from conversations.markdown.parser import BYTE_ORDER_MARK, WORD_JOINER
from conversations.markdown.tokens import merge_text
from conversations.markdown.written import Frame, Written

SPANS = {"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"}


class LeafWriter:
    """Collects text until a tag interrupts it. `muted`: how many open elements are left out of the tokens."""

    def __init__(self, root: Frame, footnote_number: Callable[[str], int]) -> None:
        self._stack = [root]
        self._footnote_number = footnote_number
        self._written = Written()
        self._tokens = self._written.tokens
        self._in_leaf = False
        self._leaf = 0
        self._text: list[str] = []
        self._html = rawhtml.InlineHtml()
        self._spans = 0
        self._links: list[tuple[str, ...]] = []
        self._muted = 0
        self._image: dict[str, Any] | None = None

    def _open_leaf(self, name: str, attributes: str = "") -> None:
        self._stack.append(Frame("leaf", 0, (f"</{name}>",) if name else ()))
        if name:
            self._tokens.append(f"<{name}{attributes}>")
        self._in_leaf = True
        self._leaf = len(self._tokens)

    def _close_leaf(self) -> None:
        self._flush()
        if self._html.unmerged:
            merge_text(self._tokens, self._leaf)
        self._html = rawhtml.InlineHtml()
        self._spans = 0
        self._in_leaf = False
        self._tokens += self._stack.pop().closing

    def _open_inline(self) -> None:
        """Tight items hold text without a paragraph around it."""
        if not self._in_leaf:
            parent = self._stack[-1]
            bare = parent.empty and bool(parent.closing)
            parent.empty = False
            self._open_leaf("" if bare else "p")

    def _add_text(self, text: str) -> None:
        if not self._muted:
            self._open_inline()
        self._text.append(text)

    def _inline(self, name: str, value: Any) -> None:
        if self._muted:
            self._text.append(value if type(value) is str else "")
            return
        self._open_inline()
        if name == "Html":
            self._text.append(value)
            return
        self._flush()
        _INLINE[name](self, value)

    def _take_text(self) -> str:
        text = "".join(self._text)
        self._text = []
        if brackets.INLINE in text or brackets.DISPLAY in text:
            text = brackets.restore(text)
        if BYTE_ORDER_MARK in text:  # from a character reference
            text = text.replace(BYTE_ORDER_MARK, WORD_JOINER)
        return text

    def _flush(self) -> None:
        if not self._text:
            return
        text = self._take_text()
        if not self._links and links.may_hold_bare_link(text):
            for piece, is_link in links.split_bare_links(text):
                shown = escape(piece, quote=False)
                self._tokens += (links.link_tag(piece), shown, "</a>") if is_link else (shown,)
        elif text:
            self._tokens.append(escape(text, quote=False))

    def _break(self) -> None:
        self._open_inline()
        self._flush()
        self._tokens.append("<br>")

    def _start_span(self, kind: str, data: Any) -> None:
        if kind == "Image":
            self._flush()
            self._muted = 1
            self._image = data
            return
        self._spans += 1
        if kind == "Link":
            self._start_link(data)
            return
        self._flush()
        self._tokens.append(f"<{SPANS[kind]}>")

    def _end_span(self, kind: str) -> None:
        self._flush()
        self._tokens += self._links.pop() if kind == "Link" else (f"</{SPANS[kind]}>",)
        self._spans -= 1
        self._html.leave(self._spans)

    def _start_link(self, data: Any) -> None:
        address = "mailto:" + data["dest_url"] if data["link_type"] == "Email" else data["dest_url"]
        if links.is_link(address):
            self._flush()
            self._tokens.append(links.link_tag(address, data["title"]))
            self._links.append(("</a>",))
        else:
            self._links.append(target_tokens(address))

    def _unmute(self) -> None:
        text = self._take_text()
        if self._image is not None:
            self._tokens += image_tokens(text, self._image, inside_link=bool(self._links))
            self._image = None

    def _code_span(self, code: str) -> None:
        sentinel = code[:1]
        if sentinel in (brackets.INLINE, brackets.DISPLAY) and code[-1] == sentinel and len(code) > 1:
            self._tokens += maths.formula(code[1:-1], sentinel == brackets.DISPLAY, True)
        elif code:
            self._tokens += ("<code>", escape(brackets.restore(code), quote=False), "</code>")

    def _inline_math(self, latex: str) -> None:
        self._tokens += maths.formula(latex, False)

    def _display_math(self, latex: str) -> None:
        self._tokens += maths.formula(latex, True)

    def _inline_html(self, html: str) -> None:
        self._html.feed(html, self._tokens, self._spans)

    def _footnote_reference(self, label: str) -> None:
        self._tokens += ('<sup class="footnote-ref">', str(self._footnote_number(label)), "</sup>")

    def _task(self, done: bool) -> None:
        item = next(frame for frame in reversed(self._stack) if frame.kind == "item")
        opening = item.detail
        if item.closing and opening < len(self._tokens) and self._tokens[opening].startswith("<li"):
            loose = "loose " if "loose" in self._tokens[opening] else ""
            self._tokens[opening] = f'<li class="{loose}task-item">'
        self._tokens.append(
            '<input type="checkbox" disabled checked>' if done else '<input type="checkbox" disabled>'
        )
        self._text.append(" ")


_INLINE: dict[str, Callable[[LeafWriter, Any], None]] = {
    "Code": LeafWriter._code_span,
    "InlineMath": LeafWriter._inline_math,
    "DisplayMath": LeafWriter._display_math,
    "InlineHtml": LeafWriter._inline_html,
    "FootnoteReference": LeafWriter._footnote_reference,
    "TaskListMarker": LeafWriter._task,
}
