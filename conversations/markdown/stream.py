"""A Markdown text that grows, as DOM operations; what is final is sent once and never looked at again.

Invariant: the DOM after the operations handed out so far has the content that `snapshot` returns, and after `close`
that of `final_html`, which is `render(text)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import count

from conversations.markdown import parser
from conversations.markdown.blocks import undecided_line
from conversations.markdown.document import block_end, block_start
from conversations.markdown.open_block import CODE, OpenBlock
from conversations.markdown.patch import Op
from conversations.markdown.sealed import SealedBlocks
from conversations.markdown.written import Written

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class MarkdownStream:
    """Feed it text, flush it by the clock, close it.

    Operations address the element `element_id` and elements in it, whose ids are short names made from that.
    """

    def __init__(self, element_id: str) -> None:
        self._chunks: list[str] = []
        self._waiting: list[str] = []
        self._sealed = SealedBlocks(element_id)
        self._open = OpenBlock(element_id, self._sealed.definitions, element_ids(element_id))

    @property
    def text(self) -> str:
        """The whole text so far, as it was fed."""
        return "".join(self._chunks)

    @property
    def final_html(self) -> str:
        """HTML of the sealed blocks: after `close` that of the whole text."""
        return self._sealed.html

    def feed(self, text: str) -> None:
        """Take more text; nothing is parsed before `flush`."""
        if text:
            self._chunks.append(text)
            self._waiting.append(text)

    def flush(self) -> list[Op]:
        """Operations for what was fed since the last flush."""
        fresh = self._take()
        if fresh and (fresh[-1] == "\r" or "\ud800" <= fresh[-1] <= "\udbff"):
            self._waiting.append(fresh[-1])
            fresh = fresh[:-1]
        fresh = parser.normalize(fresh)
        undecided = undecided_line(self._open.source, fresh)
        if undecided:
            self._waiting.insert(0, fresh[-undecided:])
            fresh = fresh[:-undecided]
        if not fresh:
            return []
        ops = self._open.grow(fresh)
        return self._update(fresh) if ops is None else ops

    def close(self) -> list[Op]:
        """Last operations; no text may follow."""
        return self._update(parser.normalize(self._take()), closing=True)

    def snapshot(self) -> str:
        """Inner HTML of the element as it is shown now; later operations apply to it."""
        return self._sealed.html + self._open.html()

    def _take(self) -> str:
        fresh = "".join(self._waiting)
        self._waiting = []
        return fresh

    def _update(self, fresh: str, *, closing: bool = False) -> list[Op]:
        written = self._open.parse(fresh)
        base = self._open.base
        source = (base.reopening + self._open.source).encode()
        roots = written.roots
        if closing:
            settled = len(roots)
        else:
            complete = source.rfind(b"\n")
            settled = max((index for index, root in enumerate(roots) if root.decided <= complete), default=0)
            if not settled:
                return self._open.show(written)
        return self._seal(written, settled, source, closing=closing)

    def _seal(self, written: Written, settled: int, source: bytes, *, closing: bool) -> list[Op]:
        """The first `settled` top-level blocks are final."""
        base = self._open.base
        done = len(base.reopening.encode())
        roots = written.roots
        before = "".join(base.before)
        rest = block_start(source, roots, settled)
        ops = self._sealed.define(base.lead + before + source[done:rest].decode(), last=closing)
        final: list[str] = []
        for index, root in enumerate(roots[:settled]):
            start = block_start(source, roots, index) if index else done
            block = source[start : block_end(source, roots, index)].decode()
            if not index:
                block = base.lead + before + block
            end = roots[index + 1].token if index + 1 < len(roots) else len(written.tokens)
            tokens = written.tokens[root.token : end]
            whole = index > 0 or not before
            final += self._sealed.seal(block, tokens if whole and is_final(block, tokens) else None)
        shown = written.tokens[roots[settled].token :] if settled < len(roots) else []
        ops += self._open.seal(
            final, shown, source[rest:].decode(), self._sealed.nodes, written.text_end - rest
        )
        return ops


def is_final(source: str, tokens: list[str]) -> bool:
    """True when nothing in a block is shown otherwise while it grows: labels, formulas, code."""
    return CODE not in tokens and not any(mark in source for mark in ("[", "\\", "$$"))


def element_ids(element_id: str) -> Callable[[], str]:
    """Short ids that no other stream of the page makes: five letters from the element's id, and a number."""
    value = int.from_bytes(hashlib.blake2s(element_id.encode(), digest_size=8).digest(), "big")
    letters = ""
    for _ in range(5):
        value, letter = divmod(value, len(_LETTERS))
        letters += _LETTERS[letter]
    numbers = count(1)
    return lambda: f"{letters}{next(numbers)}"
