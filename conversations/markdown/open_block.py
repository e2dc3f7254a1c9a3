"""The part of the text that may still change, and what the DOM shows of it.

Only the source after the base is parsed again; the tokens before it (head) are what they will be, or nearly: when
the block is sealed it is rendered from its whole source and any difference is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from conversations.markdown.blocks import follows_blank, line_start, reopening
from conversations.markdown.definitions import Definitions
from conversations.markdown.document import write
from conversations.markdown.patch import Op, Patcher, Position
from conversations.markdown.sanitize import clean_fragment
from conversations.markdown.tokens import SINGLE
from conversations.markdown.written import Checkpoint, Written

PROVISIONAL_AFTER = 1500
"""From so many characters on, source without a base inside is parsed again only when it has grown by ..."""
PROVISIONAL_SHARE = 20
"""... one part in so many; in between its growth is shown as it was written."""
_PLAIN = re.compile(r"(?:[^\W_]|[ ,.!?:'\"()%-])*")
_WORD = re.compile(r"[^\W\d_]{2}")


@dataclass(slots=True)
class Base:
    """Where parsing starts. reopening: lines that open the elements around it again; resumed: their kinds.

    before: the source of the top-level block before this place; lead: that between it and the sealed blocks.
    """

    reopening: str = ""
    resumed: list[str] = field(default_factory=list)
    resumed_list: str = ""
    lead: str = ""
    before: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Growth:
    """The text at the very end of what is shown: plain text can be added to it without parsing."""

    token: int
    element_id: str
    held: str
    plain: bool


class OpenBlock:
    def __init__(self, element_id: str, definitions: Definitions, new_id: Callable[[], str]) -> None:
        self.source = ""
        self._element_id = element_id
        self._definitions = definitions
        self._patcher = Patcher(new_id)
        self._shown: list[str] = []
        self._ids: list[str | None] = []
        self._parsed = 0
        self._growth: Growth | None = None
        self._nodes = 0
        self._restart()

    def _restart(self) -> None:
        self.base = Base()
        self._movable = True
        self._head: list[str] = []
        self._head_ids: list[str | None] = []
        self._position = Position(self._element_id, self._nodes)

    @property
    def whole_source(self) -> str:
        """The source from the last sealed block on."""
        return self.base.lead + "".join(self.base.before) + self.source

    def tokens(self) -> tuple[list[str], list[str | None]]:
        """All tokens that the DOM shows, with their ids; text that was split at the base is whole again."""
        texts: list[str] = []
        merged: list[str] = []
        merged_ids: list[str | None] = []
        for token, element_id in zip(self._head + self._shown, self._head_ids + self._ids, strict=True):
            if token[0] != "<":
                texts.append(token)
                continue
            if texts:
                merged.append("".join(texts))
                merged_ids.append(None)
                texts = []
            merged.append(token)
            merged_ids.append(element_id)
        if texts:
            merged.append("".join(texts))
            merged_ids.append(None)
        return merged, merged_ids

    def html(self) -> str:
        """What the DOM shows, with ids."""
        tokens, ids = self.tokens()
        parts = (f'{tag[:-1]} id="{name}">' if name else tag for tag, name in zip(tokens, ids, strict=True))
        return clean_fragment("".join(parts))

    def grow(self, fresh: str) -> list[Op] | None:
        """Show `fresh` without parsing, when that is right or soon put right; None when it must be parsed."""
        growth = self._growth
        if growth is not None and growth.plain and _PLAIN.fullmatch(fresh):
            text = growth.held + fresh
            shown = text.rstrip(" ")
            growth.held = text[len(shown) :]
        elif (
            len(self.source) > PROVISIONAL_AFTER
            and self._unparsed(fresh) < len(self.source) // PROVISIONAL_SHARE
        ):
            if growth is None:
                self.source += fresh
                return []
            shown = growth.held + fresh
            growth.held = ""
            growth.plain = False
        else:
            return None
        self.source += fresh
        if not shown:
            return []
        self._shown[growth.token] += escape(shown, quote=False)
        return [["text", growth.element_id, shown]]

    def _unparsed(self, fresh: str) -> int:
        return len(self.source) + len(fresh) - self._parsed

    def parse(self, fresh: str) -> Written:
        """Parse from the base on. Offsets in the answer count from the start of `reopening`."""
        self.source += fresh
        base = self.base
        written = write(
            base.reopening + self.source,
            self._definitions,
            continued=len(base.reopening.encode()),
            resumed_list=base.resumed_list,
        )
        if written.resumed != base.resumed:
            self._shown, self._ids = self.tokens()
            self.source = self.whole_source
            self._restart()
            self._movable = False
            written = write(self.source, self._definitions)
        self._parsed = len(self.source)
        return written

    def show(self, written: Written) -> list[Op]:
        """Bring the DOM to what was parsed; then move the base as far as possible."""
        carry = self._carry() if self._position.seam else ""
        ops, self._ids = self._patcher.diff(self._position, self._shown, self._ids, written.tokens, carry)
        self._shown = written.tokens
        self._find_growth(written.text_end)
        if self._movable:
            self._advance(written)
        return ops

    def seal(self, final: list[str], rest: list[str], source: str, nodes: int, text_end: int) -> list[Op]:
        """The DOM shows `final`, which is done with, then `rest`, the tokens of the remaining `source`.

        nodes: child nodes before the rest. text_end: where the last text ends in the source.
        """
        old, old_ids = self.tokens()
        start = Position(self._element_id, self._nodes)
        ops, ids = self._patcher.diff(start, old, old_ids, final + rest)
        self._shown, self._ids = rest, ids[len(final) :]
        self.source = source
        self._parsed = len(source)
        self._nodes = nodes
        self._restart()
        self._find_growth(text_end)
        return ops

    def _carry(self) -> str:
        """The text before the base in the text node that goes on there."""
        texts: list[str] = []
        for token in reversed(self._head):
            if token[0] == "<":
                break
            texts.append(token)
        return "".join(reversed(texts))

    def _find_growth(self, text_end: int) -> None:
        self._growth = None
        token = len(self._shown) - 1
        while token >= 0 and self._shown[token].startswith("</"):
            token -= 1
        if token < 0 or self._shown[token][0] == "<":
            return
        element_id = self._parent_id(token)
        if element_id is None:
            return
        source = self.base.reopening + self.source
        bare = source.rstrip(" ")
        held = "" if self._shown[token].endswith(" ") else source[len(bare) :]
        line = source[source.rfind("\n") + 1 :]
        plain = _WORD.search(line) is not None and len(bare.encode()) <= text_end
        self._growth = Growth(token, element_id, held, plain)

    def _parent_id(self, token: int) -> str | None:
        depth = 0
        for index in range(token - 1, -1, -1):
            tag = self._shown[index]
            if tag[0] != "<" or tag.startswith(SINGLE):
                continue
            if tag[1] == "/":
                depth += 1
            elif depth:
                depth -= 1
            else:
                return self._ids[index]
        return self._position.element_id

    def _advance(self, written: Written) -> None:
        """Move the base to the innermost checkpoint that can be opened again.

        A definition may hold on to the lines after it, so the base does not pass one.
        """
        source = (self.base.reopening + self.source).encode()
        done = len(self.base.reopening.encode())
        for depth in sorted(written.checkpoints, reverse=True):
            checkpoint = written.checkpoints[depth]
            start = line_start(source, checkpoint.start)
            if start <= done or b"]:" in source[done:start]:
                continue
            lines = reopening(source, checkpoint.frames[1:])
            if lines is not None:
                break
        else:
            return
        base = self.base
        if not base.before:
            root = line_start(source, written.roots[0].start)
            base.lead = source[:root].decode()
            done = root
        base.before.append(source[done:start].decode())
        base.reopening = lines.decode()
        self.source = source[start:].decode()
        self._parsed = len(self.source)
        base.resumed = [frame.kind for frame in checkpoint.frames[1:]]
        base.resumed_list = ""
        if base.resumed[-1] == "list":
            base.resumed_list = "loose" if follows_blank(source, checkpoint.start) else "tight"
        self._split(checkpoint)

    def _split(self, checkpoint: Checkpoint) -> None:
        """Move the tokens before the checkpoint to the head."""
        cut = checkpoint.token
        for token, element_id in zip(self._shown[:cut], self._ids[:cut], strict=True):
            self._position.step(token, element_id)
        self._head += self._shown[:cut]
        self._head_ids += self._ids[:cut]
        self._shown, self._ids = self._shown[cut:], self._ids[cut:]
        if checkpoint.text:
            text = self._shown[0]
            self._position.step(text)
            self._position.seam = True
            self._head.append(text[: checkpoint.text])
            self._head_ids.append(None)
            self._shown[0] = text[checkpoint.text :]
            if not self._shown[0]:
                del self._shown[0], self._ids[0]
                cut += 1
        if self._growth is not None:
            self._growth.token -= cut
            if self._growth.token < 0:
                self._growth = None
