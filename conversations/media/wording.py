"""Collects the text of a file, no more than is wanted.

Invariant: what it holds can be written as UTF-8, has \\n for newlines and no NUL, and is not longer than the limit.
"""

from __future__ import annotations

import re

# A line end that is further from the cut than this is no good place for it.
NEAR_CHARACTERS = 2000
UNWRITABLE = re.compile(r"[\0\ud800-\udfff]")
# Scripts without spaces count by the character, as word processors do.
WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\s\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
LETTER = re.compile(r"[^\W_]")


class Wording:
    """Text in pieces, of at most `limit` characters; `words` counts only what was added as text."""

    def __init__(self, limit: int) -> None:
        self._pieces: list[str] = []
        self._left = limit
        self.words = 0
        self.is_cut = False

    @property
    def is_full(self) -> bool:
        """Nothing more will be taken."""
        return self.is_cut

    def add(self, text: str) -> None:
        """Take a piece, or what there is room for, up to a line end if there is one near."""
        # Dashes and the lines of tables are no words.
        self.words += sum(1 for word in WORD.finditer(self._take(clean(text))) if LETTER.search(word[0]))

    def mark(self, text: str) -> None:
        """Take a remark of our own, such as the number of a page, whole or not at all, without counting its words."""
        if len(text) > self._left:
            self.is_cut = True
        self._take("" if self.is_cut else text)

    def encoded(self) -> bytes:
        """All of it as UTF-8."""
        return "".join(self._pieces).encode()

    def _take(self, text: str) -> str:
        if self.is_cut:
            return ""
        if len(text) > self._left:
            self.is_cut = True
            text = _cut(text, self._left)
        self._left -= len(text)
        self._pieces.append(text)
        return text


def clean(text: str) -> str:
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _cut(text: str, limit: int) -> str:
    end = text.rfind("\n", max(0, limit - NEAR_CHARACTERS), limit) + 1
    return text[: end or limit]
