"""Raw HTML inside Markdown: a few formatting tags work, everything else is shown as it was written."""

from __future__ import annotations

import re
from collections import Counter
from html import escape

from conversations.markdown.tokens import merge_text

_FORMATTING = "sub|sup|kbd|mark|u|small|ins|del|b|i|strong|em|s"
_TAG = re.compile(rf"<(/?)({_FORMATTING})\s*>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SPLIT = re.compile(rf"(</?(?:{_FORMATTING})\s*>|<br\s*/?>)", re.IGNORECASE)
DETAILS = re.compile(r"\s*<details\s*>\s*(?:<summary\s*>(.*?)</summary\s*>)?\s*", re.IGNORECASE | re.DOTALL)
DETAILS_END = re.compile(r"</details\s*>\s*", re.IGNORECASE)


class InlineHtml:
    """Pairs formatting tags inside one leaf; a tag without its partner stays text."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int, int]] = []
        self._waiting: Counter[tuple[str, int]] = Counter()
        self.unmerged = False

    def feed(self, html: str, tokens: list[str], depth: int) -> None:
        """Append the token of one raw tag; `depth` is the number of Markdown spans around it."""
        if _BREAK.fullmatch(html):
            tokens.append("<br>")
            return
        match = _TAG.fullmatch(html)
        if match and match.group(1) and self._close(match.group(2).lower(), tokens, depth):
            return
        if match and not match.group(1):
            name = match.group(2).lower()
            self._open.append((name, len(tokens), depth))
            self._waiting[name, depth] += 1
        self.unmerged = True
        tokens.append(escape(html, quote=False))

    def leave(self, depth: int) -> None:
        """A Markdown span ended: tags opened deeper than `depth` can no longer be closed."""
        while self._open and self._open[-1][2] > depth:
            self._drop()

    def _drop(self) -> tuple[str, int]:
        name, index, depth = self._open.pop()
        self._waiting[name, depth] -= 1
        return name, index

    def _close(self, tag: str, tokens: list[str], depth: int) -> bool:
        """What was opened since is left as text. Nothing is looked at twice, however many tags there are."""
        if not self._waiting[tag, depth]:
            return False
        name, index = self._drop()
        while name != tag:
            name, index = self._drop()
        tokens[index] = f"<{tag}>"
        tokens.append(f"</{tag}>")
        return True


def inline_tokens(html: str) -> list[str]:
    """Tokens of a stretch of raw HTML without block tags."""
    tokens: list[str] = []
    spans = InlineHtml()
    for piece in _SPLIT.split(html):
        if not piece:
            continue
        if piece[0] == "<" and _SPLIT.fullmatch(piece):
            spans.feed(piece, tokens, 0)
        else:
            tokens.append(escape(piece, quote=False))
    merge_text(tokens, 0)
    return tokens
