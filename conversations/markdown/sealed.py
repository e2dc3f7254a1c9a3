"""Top-level blocks that are final except for one thing: a label they refer to may be defined later."""

from __future__ import annotations

from collections import Counter

from conversations.markdown import parser
from conversations.markdown.definitions import Definitions
from conversations.markdown.document import write
from conversations.markdown.patch import Op
from conversations.markdown.sanitize import clean, clean_fragment
from conversations.markdown.tokens import close_of, is_single

ALWAYS_SHOWN = 4
"""So many late definitions are shown in a block one by one; then whenever their number has doubled, and at the end."""


class SealedBlocks:
    """Final HTML of the blocks so far, and which of them wait for which label.

    nodes: number of child nodes they are in the DOM.
    """

    def __init__(self, element_id: str) -> None:
        self.definitions = Definitions()
        self.nodes = 0
        self._element_id = element_id
        self._html: list[str] = []
        self._waiting: dict[str, set[int]] = {}
        self._sources: dict[int, tuple[str, int]] = {}
        self._defined: Counter[int] = Counter()
        self._shown: Counter[int] = Counter()

    @property
    def html(self) -> str:
        return "".join(self._html)

    def define(self, source: str, *, last: bool = False) -> list[Op]:
        """Take the definitions in a final stretch of source; operations for the blocks that waited for them.

        last: no more will follow.
        """
        links = parser.reference_definitions(source)
        notes = write(source, self.definitions).footnotes if "[^" in source and "]:" in source else []
        blocks: set[int] = set()
        for key in self.definitions.add(links, notes):
            waiting = self._waiting.pop(key, set())
            self._defined.update(waiting)
            blocks |= waiting
        due = self._defined if last else filter(self._is_due, blocks)
        ops: list[Op] = []
        for index in sorted(due):
            self._shown[index] += self._defined.pop(index)
            ops += self._again(index)
        return ops

    def _is_due(self, index: int) -> bool:
        shown = self._shown[index]
        return shown < ALWAYS_SHOWN or self._defined[index] >= shown

    def seal(self, source: str, tokens: list[str] | None = None) -> list[str]:
        """Final tokens of one block; `tokens` when the caller knows that they are final."""
        if tokens is None:
            unresolved: set[str] = set()
            tokens = write(source, self.definitions, final=True, unresolved=unresolved).tokens
            if unresolved:
                self._sources[len(self._html)] = (source, self.nodes)
                for key in unresolved:
                    self._waiting.setdefault(key, set()).add(len(self._html))
        self._html.append(clean("".join(tokens)))
        self.nodes += len(_elements(tokens))
        return tokens

    def _again(self, index: int) -> list[Op]:
        source, first = self._sources[index]
        tokens = write(source, self.definitions, final=True).tokens
        self._html[index] = clean("".join(tokens))
        return [
            ["patch", self._element_id, [first + offset], 0, clean_fragment("".join(tokens[start + 1 : end]))]
            for offset, (start, end) in enumerate(_elements(tokens))
            if end > start
        ]


def _elements(tokens: list[str]) -> list[tuple[int, int]]:
    """(opening, closing) token of each outermost element."""
    found = []
    index = 0
    while index < len(tokens):
        end = index if is_single(tokens[index]) else close_of(tokens, index + 1)
        found.append((index, end))
        index = end + 1
    return found
