"""DOM operations that turn one list of tokens into another, found along the right edge of the tree.

Invariant: after the operations the element's content is that of the new tokens; ids are not part of tokens but are
kept beside them, so that an element that stays keeps its id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import unescape
from itertools import islice

from conversations.markdown.sanitize import STREAMED_TAGS, clean_fragment
from conversations.markdown.tokens import SINGLE, close_of

Op = list[object]

_STREAMED = tuple(f"<{tag}{end}" for tag in STREAMED_TAGS if tag != "code" for end in (">", " "))
_STREAMED += ('<code class="highlight"',)


class Position:
    """A place in the DOM: the open elements with their ids and how many child nodes precede the place in each.

    seam: the place is at the end of a text node that may go on, in an element with an id.
    """

    def __init__(self, root: str, count: int = 0) -> None:
        self._ids: list[str | None] = [root]
        self._counts = [count]
        self.seam = False

    def copy(self) -> Position:
        other = Position("")
        other._ids = self._ids[:]
        other._counts = self._counts[:]
        other.seam = self.seam
        return other

    @property
    def count(self) -> int:
        return self._counts[-1]

    def move(self, count: int, *, seam: bool) -> None:
        """Go to after `count` child nodes of the innermost open element."""
        self._counts[-1] = count
        self.seam = seam

    @property
    def element_id(self) -> str | None:
        return self._ids[-1]

    def step(self, token: str, element_id: str | None = None) -> None:
        """Move over one token."""
        if token[0] != "<":
            if not self.seam:
                self._counts[-1] += 1
        elif token[1] == "/":
            self._ids.pop()
            self._counts.pop()
        else:
            self._counts[-1] += 1
            if not token.startswith(SINGLE):
                self._ids.append(element_id)
                self._counts.append(0)
        self.seam = False

    def address(self) -> tuple[str, list[int]]:
        """The nearest element with an id and the way from it to the innermost open element."""
        level = len(self._ids) - 1
        while self._ids[level] is None:
            level -= 1
        return str(self._ids[level]), [count - 1 for count in self._counts[level:-1]]


class Patcher:
    """Makes operations and names the elements that they add. `new_id` returns a fresh element id."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    def markup(self, tokens: Sequence[str], ids: list[str | None]) -> str:
        """HTML of new tokens; their ids are appended to `ids`."""
        parts = []
        for token in tokens:
            if token.startswith(_STREAMED):
                element_id = self._new_id()
                ids.append(element_id)
                parts.append(f'{token[:-1]} id="{element_id}">')
            else:
                ids.append(None)
                parts.append(token)
        return "".join(parts)

    def diff(
        self,
        position: Position,
        old: Sequence[str],
        old_ids: Sequence[str | None],
        new: Sequence[str],
        carry: Callable[[], str] = str,
    ) -> tuple[list[Op], list[str | None]]:
        """Operations from `old` to `new`, both starting at `position`, and the ids of the new tokens.

        carry: gives the text before `position` in the text node that goes on there (seam).
        """
        ops: list[Op] = []
        ids: list[str | None] = []
        place = position.copy()
        left = right = 0
        while True:
            for token in islice(new, right, None):
                if left >= len(old) or old[left] != token:
                    break
                place.step(token, old_ids[left])
                ids.append(old_ids[left])
                left += 1
                right += 1
            if left >= len(old) and right >= len(new):
                return ops, ids
            left_end, right_end = close_of(old, left), close_of(new, right)
            if left == left_end and right == right_end:
                raise ValueError(f"unbalanced: {old[left:]} {new[right:]}")
            ops += self._children(
                place, old[left:left_end], old_ids[left:left_end], new[right:right_end], ids, carry
            )
            left, right = left_end, right_end

    def _children(
        self,
        place: Position,
        old: Sequence[str],
        old_ids: Sequence[str | None],
        new: Sequence[str],
        ids: list[str | None],
        carry: Callable[[], str],
    ) -> list[Op]:
        """Change the rest of one element's children."""
        ops: list[Op] = []
        target, path = place.address()
        before = old[0] if old and old[0][0] != "<" else ""
        after = new[0] if new and new[0][0] != "<" else ""
        keep = place.count
        grows = after.startswith(before) and len(old) == bool(before)
        if place.seam:
            if not grows:
                html = carry() + self.markup(new, ids)
                return [["patch", target, path, keep - 1, clean_fragment(html)]]
            if after != before:
                ops.append(["text", target, unescape(after[len(before) :])])
        elif before and before == after:
            keep += 1
        elif before and grows and not path:
            ops.append(["text", target, unescape(after[len(before) :])])
            keep += 1
        else:
            before = after = ""
        if after:
            ids.append(None)
            new = new[1:]
        if before:
            old = old[1:]
            old_ids = old_ids[1:]
        if list(old) == list(new):
            ids += old_ids
            return ops
        html = clean_fragment(self.markup(new, ids))
        ops.append(["patch", target, path, keep, html] if old or path else ["append", target, html])
        return ops
