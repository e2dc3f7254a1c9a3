"""Parser events to HTML tokens; every tag that a text can cause is written here or in the modules it calls.

Invariant: tokens are balanced, and each top-level block is exactly one element.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from conversations.markdown import links, maths, rawhtml
from conversations.markdown.blocks import follows_blank
from conversations.markdown.highlight import highlight
from conversations.markdown.parser import Events
from conversations.markdown.tokens import merge_text

MAX_DEPTH = 40
"""Containers nested deeper than this lose their tags: browsers stop nesting elements at 512."""

_LANGUAGE = re.compile(r"[\w+#.-]{1,40}", re.ASCII)
_PARTIAL_FENCE = re.compile(r"(?:\A|(?<=\n)) {0,3}(?:`+|~+)[ \t]*\Z")
_SPANS = {"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"}


@dataclass(slots=True)
class Frame:
    """An open container or leaf. `empty`: nothing was written into it yet."""

    kind: str
    start: int
    closing: tuple[str, ...]
    empty: bool = True
    detail: Any = None


@dataclass(slots=True)
class Checkpoint:
    """A child of a container that starts on a complete line: all before it is final.

    text: in code, length of the part of the text token that is before the place.
    """

    token: int
    start: int
    frames: tuple[Frame, ...]
    text: int = 0


@dataclass(slots=True)
class Root:
    """A top-level block: where its tokens and its source (bytes) begin and end."""

    token: int
    start: int
    end: int


@dataclass(slots=True)
class Written:
    tokens: list[str]
    roots: list[Root]
    footnotes: list[str]
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    resumed: list[str] = field(default_factory=list)
    text_end: int = 0

    def shifted(self, offset: int) -> Written:
        """The same with all byte offsets less `offset`."""
        self.text_end -= offset
        for root in self.roots:
            root.start -= offset
            root.end -= offset
        for checkpoint in self.checkpoints.values():
            checkpoint.start -= offset
        for frame in {id(frame): frame for c in self.checkpoints.values() for frame in c.frames}.values():
            frame.start -= offset
        return self


class Writer:
    """Writes the events of one source.

    ignored: bytes at its start that only define footnotes.
    continued: end of the bytes that re-open elements which exist already; their opening tags are not written.
    resumed_list: the source goes on with an item of a list that exists already; "loose" after a blank line.
    final: highlight code.
    """

    def __init__(
        self, source: bytes, *, ignored: int = 0, continued: int = 0, resumed_list: str = "", final: bool = False
    ) -> None:
        self._source = source
        self._ignored = ignored
        self._continued = continued
        self._resumed_list = resumed_list
        self._final = final
        self._complete = source.rfind(b"\n")
        self._stack = [Frame("root", ignored, (), empty=not continued)]
        self._in_leaf = False
        self._leaf = 0
        self._text: list[str] = []
        self._html = rawhtml.InlineHtml()
        self._spans = 0
        self._links: list[tuple[str, ...]] = []
        self._muted = 0
        self._image: dict[str, Any] | None = None
        self._written = Written([], [], [])
        self._tokens = self._written.tokens

    def write(self, events: Events) -> Written:
        for event, span in events:
            start = span["start"]
            if start < self._ignored:
                continue
            if type(event) is str:
                self._mark(event, span)
                continue
            ((name, value),) = event.items()
            if name == "Text":
                self._add_text(value)
                self._written.text_end = span["end"]
            elif name == "Start":
                self._start(value, span)
            elif name == "End":
                self._end(value if type(value) is str else next(iter(value)), span)
            elif self._muted:
                self._text.append(value if type(value) is str else "")
            else:
                self._open_inline()
                _INLINE[name](self, value)
        while len(self._stack) > 1:
            if self._stack[-1].kind == "details":
                self._written.roots[-1].end = len(self._source)
            self._pop()
        return self._written

    # Blocks

    def _start(self, value: Any, span: Any) -> None:
        if type(value) is str:
            kind, data = value, None
        else:
            ((kind, data),) = value.items()
        if self._muted:
            self._muted += 1
        elif kind in _BLOCKS:
            if self._in_leaf:
                self._close_leaf()
            _BLOCKS[kind](self, data, span)
        else:
            self._open_inline()
            self._start_span(kind, data)

    def _end(self, kind: str, span: Any) -> None:
        if self._muted:
            self._muted -= 1
            if not self._muted:
                self._unmute(kind)
        elif kind in _SPANS:
            self._flush()
            self._tokens.append(f"</{_SPANS[kind]}>")
            self._leave_span()
        elif kind == "Link":
            self._end_link()
        elif kind == "HtmlBlock":
            self._end_html(span)
        elif kind == "CodeBlock":
            self._end_code(span)
        else:
            if self._in_leaf:
                self._close_leaf()
                if kind in _LEAVES:
                    return
            if kind not in _LEAVES:
                self._pop()

    def _child(self, span: Any) -> None:
        """A child of the innermost container starts here."""
        start = span["start"]
        depth = len(self._stack)
        parent = self._stack[-1]
        if depth == 1:
            self._written.roots.append(Root(len(self._tokens), start, span["end"]))
        elif not parent.empty and self._continued <= start <= self._complete and not self._resumed_list:
            self._checkpoint(Checkpoint(len(self._tokens), start, tuple(self._stack)))
        parent.empty = False

    def _checkpoint(self, checkpoint: Checkpoint) -> None:
        found = self._written.checkpoints
        depth = len(self._stack)
        for deeper in [other for other in found if other > depth]:
            del found[deeper]
        found[depth] = checkpoint

    def _push(self, kind: str, span: Any, opening: tuple[str, ...], closing: tuple[str, ...], detail: Any = None) -> None:
        """Open a container; its tags are left out when it exists already."""
        resumed = span["start"] < self._continued
        self._stack.append(Frame(kind, span["start"], closing, empty=not resumed, detail=detail))
        if resumed:
            self._written.resumed.append(kind)
        else:
            self._tokens += opening

    def _pop(self) -> None:
        if self._in_leaf:
            self._close_leaf()
        self._tokens += self._stack.pop().closing

    def _too_deep(self) -> bool:
        return len(self._stack) >= MAX_DEPTH

    def _quote(self, data: Any, span: Any) -> None:
        self._child(span)
        if self._too_deep():
            self._push("quote", span, (), ())
        else:
            self._push("quote", span, ("<blockquote>",), ("</blockquote>",))

    def _list(self, first: int | None, span: Any) -> None:
        self._child(span)
        name = "ul" if first is None else "ol"
        opening = f"<{name}>" if first in (None, 1) else f'<ol start="{first}">'
        shown = not self._too_deep()
        self._push("list", span, (opening,) if shown else (), (f"</{name}>",) if shown else (), detail=shown)
        if self._resumed_list and span["start"] >= self._continued:
            self._resume_list(shown)

    def _resume_list(self, shown: bool) -> None:
        if shown:
            self._tokens.pop()
        self._stack[-1].empty = False
        self._stack[-1].detail = (shown, self._resumed_list)
        self._resumed_list = ""
        self._written.resumed.append("list")

    def _item(self, data: Any, span: Any) -> None:
        parent = self._stack[-1]
        first = parent.empty
        if type(parent.detail) is tuple:
            shown, spacing = parent.detail
            parent.detail = shown
            loose = spacing == "loose"
        else:
            shown = parent.detail
            loose = not first and span["start"] >= self._continued and follows_blank(self._source, span["start"])
        self._child(span)
        opening = '<li class="loose">' if loose else "<li>"
        self._push("item", span, (opening,) if shown else (), ("</li>",) if shown else (), detail=len(self._tokens))

    def _paragraph(self, data: Any, span: Any) -> None:
        parent = self._stack[-1]
        bare = parent.kind == "item" and parent.empty and bool(parent.closing)
        self._child(span)
        self._open_leaf("" if bare else "p")

    def _heading(self, data: Any, span: Any) -> None:
        if span["start"] < self._continued:
            self._muted = 1
            return
        self._child(span)
        self._open_leaf(data["level"].lower())

    def _code(self, kind: Any, span: Any) -> None:
        self._child(span)
        info = "" if kind == "Indented" else kind["Fenced"]
        language = info.split(maxsplit=1)[0] if info.strip() else ""
        opening = code_opening(language)
        self._push("code", span, opening, ("</code>", "</pre>", "</div>"), detail=(language, kind != "Indented"))
        self._in_leaf = True

    def _end_code(self, span: Any) -> None:
        frame = self._stack[-1]
        language, fenced = frame.detail
        code = "".join(self._text)
        self._text = []
        self._in_leaf = False
        if self._final:
            self._tokens += highlight(code, language)
        else:
            if fenced and span["end"] == len(self._source):
                code = self._open_code(code, frame)
            if code:
                self._tokens.append(escape(code, quote=False))
        self._pop()

    def _open_code(self, code: str, frame: Frame) -> str:
        """The code to show while its fence may still be open; the place from which it can go on."""
        opening_end = self._source.find(b"\n", frame.start)
        if opening_end < 0 or code.count("\n") < self._source.count(b"\n", opening_end + 1):
            return code
        line = code.rfind("\n", 0, max(code.rfind("\n"), 0)) + 1
        if line:
            start = self._source.rfind(b"\n", 0, self._complete) + 1
            text = len(escape(code[:line], quote=False))
            self._checkpoint(Checkpoint(len(self._tokens), start, tuple(self._stack), text=text))
        return _PARTIAL_FENCE.sub("", code)

    def _html_block(self, data: Any, span: Any) -> None:
        self._in_leaf = True

    def _end_html(self, span: Any) -> None:
        html = "".join(self._text)
        self._text = []
        self._in_leaf = False
        if self._stack[-1].kind in ("root", "details"):
            self._top_html(html, span)
        else:
            self._raw(html, span)

    def _top_html(self, html: str, span: Any) -> None:
        """Outside other containers <details> may hold the blocks up to its end tag."""
        if self._stack[-1].kind == "details" and (end := rawhtml.DETAILS_END.match(html)):
            self._pop()
            self._after_details(html[end.end() :], span)
            return
        opening = rawhtml.DETAILS.match(html)
        if opening is None or self._too_deep():
            self._raw(html, span)
            return
        self._child(span)
        summary = opening.group(1)
        tokens = ("<summary>", *rawhtml.inline_tokens(summary.strip()), "</summary>") if summary else ()
        self._push("details", span, ("<details>", *tokens), ("</details>",))
        rest = html[opening.end() :]
        closing = rawhtml.DETAILS_END.search(rest)
        if closing is None:
            self._raw(rest, span)
            return
        self._raw(rest[: closing.start()], span)
        self._pop()
        self._after_details(rest[closing.end() :], span)

    def _after_details(self, rest: str, span: Any) -> None:
        if self._stack[-1].kind != "root":
            self._raw(rest, span)
            return
        if self._written.roots:
            start = span["end"] - len(rest.encode())
            self._written.roots[-1].end = start
            self._raw(rest, {"start": start, "end": span["end"]})

    def _raw(self, html: str, span: Any) -> None:
        tokens = rawhtml.inline_tokens(html.strip("\n"))
        if tokens:
            self._child(span)
            self._tokens += ('<p class="raw-html">', *tokens, "</p>")

    def _table(self, alignments: Any, span: Any) -> None:
        self._child(span)
        classes = ["" if side == "None" else f' class="align-{side.lower()}"' for side in alignments]
        opening = ('<div class="table-scroll" tabindex="0">', "<table>")
        self._push("table", span, opening, ("</tbody>", "</table>", "</div>"), detail=classes)

    def _table_head(self, data: Any, span: Any) -> None:
        if span["start"] < self._continued:
            self._muted = 1
            return
        self._push("head", span, ("<thead>", "<tr>"), ("</tr>", "</thead>", "<tbody>"), detail=0)

    def _row(self, data: Any, span: Any) -> None:
        self._child(span)
        self._push("row", span, ("<tr>",), ("</tr>",), detail=0)

    def _cell(self, data: Any, span: Any) -> None:
        row = self._stack[-1]
        classes = self._stack[-2].detail
        css = classes[row.detail] if row.detail < len(classes) else ""
        row.detail += 1
        if row.kind == "head":
            self._open_leaf("th", f' scope="col"{css}')
        else:
            self._open_leaf("td", css)

    def _footnote(self, label: str, span: Any) -> None:
        self._child(span)
        self._written.footnotes.append(label)
        opening = (
            '<div class="footnote">', '<sup class="footnote-label">', escape(label, quote=False), "</sup>",
            '<div class="footnote-text">',
        )  # fmt: skip
        self._push("footnote", span, opening, ("</div>", "</div>"))

    # Leaves and what is in them

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

    def _flush(self) -> None:
        if not self._text:
            return
        text = "".join(self._text)
        self._text = []
        if not self._links and links.may_hold_bare_link(text):
            for piece, is_link in links.split_bare_links(text):
                shown = escape(piece, quote=False)
                self._tokens += (links.link_tag(piece), shown, "</a>") if is_link else (shown,)
        elif text:
            self._tokens.append(escape(text, quote=False))

    def _mark(self, event: str, span: Any) -> None:
        if event == "Rule":
            if self._in_leaf:
                self._close_leaf()
            self._child(span)
            self._tokens.append("<hr>")
        elif event == "SoftBreak" or self._muted:
            self._add_text("\n")
        else:
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
        self._tokens.append(f"<{_SPANS[kind]}>")

    def _leave_span(self) -> None:
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

    def _end_link(self) -> None:
        self._flush()
        self._tokens += self._links.pop()
        self._leave_span()

    def _unmute(self, kind: str) -> None:
        text = "".join(self._text)
        self._text = []
        if self._image is not None:
            self._tokens += image_tokens(text, self._image, inside_link=bool(self._links))
            self._image = None

    def _inline_code(self, code: str) -> None:
        self._flush()
        self._tokens += ("<code>", escape(code, quote=False), "</code>") if code else ("<code>", "</code>")

    def _inline_math(self, latex: str) -> None:
        self._flush()
        self._tokens += maths.formula(latex, False)

    def _display_math(self, latex: str) -> None:
        self._flush()
        self._tokens += maths.formula(latex, True)

    def _raw_text(self, html: str) -> None:
        self._text.append(html)

    def _inline_html(self, html: str) -> None:
        self._flush()
        self._html.feed(html, self._tokens, self._spans)

    def _footnote_reference(self, label: str) -> None:
        self._flush()
        self._tokens += ('<sup class="footnote-ref">', escape(label, quote=False), "</sup>")

    def _task(self, done: bool) -> None:
        item = next(frame for frame in reversed(self._stack) if frame.kind == "item")
        opening = item.detail
        if item.closing and opening < len(self._tokens) and self._tokens[opening].startswith("<li"):
            loose = "loose " if "loose" in self._tokens[opening] else ""
            self._tokens[opening] = f'<li class="{loose}task-item">'
        self._flush()
        self._tokens.append('<input type="checkbox" disabled checked>' if done else '<input type="checkbox" disabled>')
        self._text.append(" ")


def code_opening(language: str) -> tuple[str, ...]:
    """Everything of a code block before its text. The button's words come from the page: readers differ in language."""
    known = f' data-language="{language.lower()}"' if _LANGUAGE.fullmatch(language) else ""
    name = (escape(language, quote=False),) if language else ()
    return (
        f'<div class="code-block"{known}>', '<div class="code-head">', '<span class="code-language">', *name, "</span>",
        '<button type="button" class="code-copy" data-copy-code>', "</button>", "</div>", '<pre tabindex="0">',
        '<code class="highlight">',
    )  # fmt: skip


def target_tokens(address: str) -> tuple[str, ...]:
    """An address that is not linked, as text, so that it is not lost."""
    return ('<span class="link-target">', f"({escape(address, quote=False)})", "</span>") if address else ()


def image_tokens(text: str, image: Mapping[str, str], *, inside_link: bool) -> tuple[str, ...]:
    """Images from other hosts are placeholders: loading one would tell its host what was said."""
    address = image["dest_url"]
    shown = escape(text or address, quote=False)
    if links.is_data_image(address):
        return (f'<img src="{address}" alt="{escape(text)}">',)
    if not links.is_link(address) or address[:7].lower() == "mailto:":
        return (*((shown,) if text else ()), *target_tokens(address))
    quoted = escape(address)
    if inside_link:
        return (f'<span class="remote-image" data-src="{quoted}">', shown, "</span>")
    return (f'<a class="remote-image" data-src="{quoted}" href="{quoted}" target="_blank">', shown, "</a>")


_LEAVES = {"Paragraph", "Heading", "TableCell"}
_BLOCKS: dict[str, Callable[[Writer, Any, Any], None]] = {
    "Paragraph": Writer._paragraph,
    "Heading": Writer._heading,
    "BlockQuote": Writer._quote,
    "CodeBlock": Writer._code,
    "HtmlBlock": Writer._html_block,
    "List": Writer._list,
    "Item": Writer._item,
    "FootnoteDefinition": Writer._footnote,
    "Table": Writer._table,
    "TableHead": Writer._table_head,
    "TableRow": Writer._row,
    "TableCell": Writer._cell,
}
_INLINE: dict[str, Callable[[Writer, Any], None]] = {
    "Code": Writer._inline_code,
    "InlineMath": Writer._inline_math,
    "DisplayMath": Writer._display_math,
    "Html": Writer._raw_text,
    "InlineHtml": Writer._inline_html,
    "FootnoteReference": Writer._footnote_reference,
    "TaskListMarker": Writer._task,
}
