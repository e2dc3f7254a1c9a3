"""Parser events to HTML tokens; every tag that a text can cause is written here or in the modules it calls.

Invariant: tokens are balanced, and each top-level block is one element (two when text follows </details> at once).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

from conversations.markdown import rawhtml
from conversations.markdown.blocks import follows_blank, line_end
from conversations.markdown.highlight import highlight
from conversations.markdown.leaf_writer import SPANS, LeafWriter
from conversations.markdown.markup import CODE_CLOSING, code_opening
from conversations.markdown.parser import Events
from conversations.markdown.written import Checkpoint, Frame, Root, Written

MAX_DEPTH = 40
"""Containers nested deeper than this lose their tags: browsers stop nesting elements at 512."""

_FORMULAS = {b"$$": b"$$", b"\\[": b"\\]"}
_PARTIAL_FENCE = re.compile(r"(?:\A|(?<=\n)) {0,3}(?:`+|~+)[ \t]*\Z")


class Writer(LeafWriter):
    """Writes the events of one source.

    footnote_number: the number that is shown for a footnote label.
    ignored: bytes at its start that only define footnotes.
    continued: end of the bytes that re-open elements which exist already; their opening tags are not written.
    resumed_list: the source goes on with an item of a list that exists already; "loose" after a blank line.
    final: highlight code.
    """

    def __init__(
        self,
        source: bytes,
        *,
        footnote_number: Callable[[str], int],
        ignored: int = 0,
        continued: int = 0,
        resumed_list: str = "",
        final: bool = False,
    ) -> None:
        super().__init__(Frame("root", ignored, (), empty=not continued), footnote_number)
        self._source = source
        self._ignored = ignored
        self._continued = continued
        self._resumed_list = resumed_list
        self._final = final
        self._complete = source.rfind(b"\n")
        self._formula = False
        self._row_end = 0
        self._padding = 0

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
            else:
                self._inline(name, value)
        while len(self._stack) > 1:
            if self._stack[-1].kind == "details":
                self._written.roots[-1].end = len(self._source)
            self._pop()
        return self._written

    def _mark(self, event: str, span: Any) -> None:
        if event == "Rule":
            if self._in_leaf:
                self._close_leaf()
            self._child(span)
            self._tokens.append("<hr>")
        elif event == "SoftBreak" or self._muted:
            self._add_text("\n")
        else:
            self._break()

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
                self._unmute()
        elif kind == "Link" or kind in SPANS:
            self._end_span(kind)
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
                self._end_container(kind, span)

    def _end_container(self, kind: str, span: Any) -> None:
        if kind == "TableRow":
            self._pad_row()
        if kind == "Item" and len(self._stack) == 3:
            self._written.roots[-1].end = span["end"]  # the parser lets a list reach to the next block
        self._pop()

    def _child(self, span: Any, *, lines: int = 1) -> None:
        """A child of the innermost container starts here; that is certain when so many lines are complete."""
        start = decided = span["start"]
        for _ in range(lines - 1):
            decided = line_end(self._source, decided)
        depth = len(self._stack)
        parent = self._stack[-1]
        if depth == 1:
            self._written.roots.append(Root(len(self._tokens), start, span["end"], decided))
        elif (
            not parent.empty
            and self._continued <= start
            and decided <= self._complete
            and not self._resumed_list
        ):
            self._checkpoint(Checkpoint(len(self._tokens), start, tuple(self._stack)))
        parent.empty = False

    def _checkpoint(self, checkpoint: Checkpoint) -> None:
        found = self._written.checkpoints
        depth = len(self._stack)
        for deeper in [other for other in found if other > depth]:
            del found[deeper]
        found[depth] = checkpoint

    def _push(
        self, kind: str, span: Any, opening: tuple[str, ...], closing: tuple[str, ...], detail: Any = None
    ) -> None:
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

    def _quote(self, alert: str | None, span: Any) -> None:
        """A quotation, or a remark that begins with "[!NOTE]" or the like."""
        self._child(span)
        if self._too_deep():
            self._push("quote", span, (), ())
        elif alert:
            opening = f'<blockquote class="alert alert-{alert.lower()}">'
            title = ('<p class="alert-title">', alert, "</p>")
            self._push("quote", span, (opening, *title), ("</blockquote>",))
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
            loose = (
                not first and span["start"] >= self._continued and follows_blank(self._source, span["start"])
            )
        self._child(span)
        opening = '<li class="loose">' if loose else "<li>"
        self._push(
            "item", span, (opening,) if shown else (), ("</li>",) if shown else (), detail=len(self._tokens)
        )

    def _paragraph(self, data: Any, span: Any) -> None:
        parent = self._stack[-1]
        bare = parent.kind == "item" and parent.empty and bool(parent.closing)
        self._child(span)
        self._open_leaf("" if bare else "p")
        if not self._final and (source := self._open_formula(span)):
            self._tokens.append(escape(source, quote=False))
            self._muted = 1
            self._formula = True
            self._written.text_end = span["end"]

    def _unmute(self) -> None:
        super()._unmute()
        if self._formula:
            self._formula = False
            self._close_leaf()

    def _open_formula(self, span: Any) -> str:
        """The source of a paragraph that begins with a display formula not yet closed: it is shown as it is."""
        source = self._source[span["start"] : span["end"]]
        closing = _FORMULAS.get(source[:2])
        if closing is None or closing in source[2:]:
            return ""
        return "\n".join(line.lstrip(" \t>") for line in source.decode().rstrip().split("\n"))

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
        self._push("code", span, opening, CODE_CLOSING, detail=(language, kind != "Indented"))
        self._in_leaf = True

    def _end_code(self, span: Any) -> None:
        frame = self._stack[-1]
        language, fenced = frame.detail
        code = self._take_text()
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
        html = self._take_text()
        self._in_leaf = False
        if self._stack[-1].kind in ("root", "details"):
            self._top_html(html, span)
        else:
            self._raw(html, span)

    def _top_html(self, html: str, span: Any) -> None:
        """Outside other containers <details> may hold the blocks up to its end tag."""
        if self._stack[-1].kind == "details" and (end := rawhtml.DETAILS_END.match(html.lstrip())):
            self._pop()
            self._after_details(html.lstrip()[end.end() :], span)
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
        self._raw(rest[: closing.start()].rstrip(), span)
        self._pop()
        self._after_details(rest[closing.end() :], span)

    def _after_details(self, rest: str, span: Any) -> None:
        """What follows the end tag without a blank line belongs to the same top-level block."""
        if self._stack[-1].kind == "root":
            self._written.roots[-1].end = span["end"]
        tokens = rawhtml.inline_tokens(rest.strip("\n"))
        if tokens:
            self._tokens += ('<p class="raw-html">', *tokens, "</p>")

    def _raw(self, html: str, span: Any) -> None:
        tokens = rawhtml.inline_tokens(html.strip("\n"))
        if tokens:
            self._child(span)
            self._tokens += ('<p class="raw-html">', *tokens, "</p>")

    def _table(self, alignments: Any, span: Any) -> None:
        self._child(span, lines=2)
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
        self._row_end = span["end"]

    def _pad_row(self) -> None:
        """One cell in place of all that are missing: many short rows under a wide head would be a huge table."""
        if self._padding:
            self._tokens += (f'<td colspan="{self._padding}">' if self._padding > 1 else "<td>", "</td>")
        self._padding = 0

    def _cell(self, data: Any, span: Any) -> None:
        row = self._stack[-1]
        if row.kind == "row" and span["start"] == self._row_end:
            self._padding += 1
            return
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
            '<div class="footnote">', '<sup class="footnote-label">', str(self._footnote_number(label)), "</sup>",
            '<div class="footnote-text">',
        )  # fmt: skip
        self._push("footnote", span, opening, ("</div>", "</div>"))


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
