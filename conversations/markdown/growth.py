"""When more text can be shown, or held back, without parsing.

What is decided here need not be exact: the next parse puts it right, and only text nodes are added to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from conversations.markdown.tokens import SINGLE

HELD_IN_CELL = 24
"""A table cell has no id to add text to: shown rows grow by cells, or by so many characters."""

_PLAIN = re.compile(r"(?:[^\W_]|[ ,.!?:'\"()%-])*")
_WORD = re.compile(r"[^\W\d_]{2}")
_FORMULA = {"$$": re.compile(r"[^$\n]*"), "\\[": re.compile(r"[^\]\n]*")}


@dataclass(slots=True)
class Growth:
    """The end of what is shown.

    token: index of the text at the very end, or -1. element_id: its element's. plain: what may be added to it as it
    is. held: white space of the source that is not shown yet. in_cell: the end is in a table cell.
    """

    token: int = -1
    element_id: str = ""
    held: str = ""
    plain: re.Pattern[str] | None = None
    in_cell: bool = False

    def take(self, fresh: str) -> str | None:
        """What to add to the text for `fresh`; None when that takes a parse."""
        if self.plain is None or not self.plain.fullmatch(fresh):
            return None
        text = self.held + fresh
        shown = text.rstrip(" ")
        self.held = text[len(shown) :]
        return shown

    def force(self, fresh: str) -> str:
        """The same for any text: it is shown as it was written."""
        self.plain = None
        text = self.held + fresh
        shown = text.rstrip()
        self.held = text[len(shown) :]
        return shown

    def holds(self, fresh: str, unparsed: int) -> bool:
        """True when `fresh` may wait for the end of the cell."""
        return self.in_cell and unparsed < HELD_IN_CELL and "|" not in fresh and "\n" not in fresh


def find_growth(
    tokens: Sequence[str], ids: Sequence[str | None], outer_id: str | None, source: str, text_end: int
) -> Growth:
    """The end of `tokens`, which show `source`. outer_id: of the element around them; text_end: see Written."""
    token = len(tokens) - 1
    in_cell = False
    while token >= 0 and tokens[token].startswith("</"):
        in_cell = in_cell or tokens[token] == "</td>"
        token -= 1
    growth = Growth(in_cell=in_cell)
    if token < 0 or tokens[token][0] == "<":
        return growth
    element_id = _parent_id(tokens, ids, token, outer_id)
    if element_id is None:
        return growth
    growth.token, growth.element_id = token, element_id
    bare = source.rstrip(" ")
    growth.held = "" if tokens[token].endswith(" ") else source[len(bare) :]
    if len(bare.encode()) <= text_end:
        line = source[source.rfind("\n") + 1 :]
        formula = _FORMULA.get(tokens[token][:2]) if tokens[token - 1] == "<p>" else None
        growth.plain = formula or (_PLAIN if _WORD.search(line) else None)
    return growth


def _parent_id(
    tokens: Sequence[str], ids: Sequence[str | None], token: int, outer_id: str | None
) -> str | None:
    depth = 0
    for index in range(token - 1, -1, -1):
        tag = tokens[index]
        if tag[0] != "<" or tag.startswith(SINGLE):
            continue
        if tag[1] == "/":
            depth += 1
        elif depth:
            depth -= 1
        else:
            return ids[index]
    return outer_id
