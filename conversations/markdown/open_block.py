"""The part of the text that may still change, and what the DOM shows of it.

Only the source after the base is parsed again; the tokens before it (head) are what they will be, or nearly: when
the block is sealed it is rendered from its whole source and any difference is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape

from conversations.markdown.blocks import follows_blank, line_start, reopening
from conversations.markdown.definitions import Definitions
from conversations.markdown.document import write
from conversations.markdown.growth import Growth, find_growth
from conversations.markdown.highlight import MAX_HIGHLIGHTED, highlight
from conversations.markdown.patch import Op, Patcher, Position
from conversations.markdown.sanitize import clean_fragment
from conversations.markdown.written import Checkpoint, Written

PROVISIONAL_AFTER = 1500
"""From so many characters on, source without a base inside is parsed again only when it has grown by ..."""
PROVISIONAL_SHARE = 20
"""... one part in so many; in between its growth is shown as it was written."""
FIRST_COLORED = 60
"""Open code is highlighted from three times this length on."""
CODE = '<code class="highlight">'


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


class OpenBlock:
    def __init__(self, element_id: str, definitions: Definitions, new_id: Callable[[], str]) -> None:
        self.source = ""
        self._element_id = element_id
        self._definitions = definitions
        self._patcher = Patcher(new_id)
        self._shown: list[str] = []
        self._ids: list[str | None] = []
        self._parsed = 0
        self._growth = Growth()
        self._nodes = 0
        self._restart()

    def _restart(self) -> None:
        self.base = Base()
        self._movable = True
        self._colored = FIRST_COLORED
        self._code_length = 0
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
        """Show or hold back `fresh` without parsing, when that is right or soon put right; else None."""
        growth = self._growth
        unparsed = len(self.source) + len(fresh) - self._parsed
        shown = growth.take(fresh)
        if shown is None:
            provisional = (
                len(self.source) > PROVISIONAL_AFTER and unparsed < len(self.source) // PROVISIONAL_SHARE
            )
            if not provisional and not growth.holds(fresh, unparsed):
                return None
            shown = growth.force(fresh) if provisional and growth.token >= 0 else ""
        self.source += fresh
        if not shown:
            return []
        self._shown[growth.token] += escape(shown, quote=False)
        return [["text", growth.element_id, shown]]

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
        ops, self._ids = self._patcher.diff(
            self._position, self._shown, self._ids, written.tokens, self._carry
        )
        self._shown = written.tokens
        self._find_growth(written.text_end)
        if self._movable:
            ops += self._advance(written)
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
        source = self.base.reopening + self.source
        self._growth = find_growth(self._shown, self._ids, self._position.element_id, source, text_end)

    def _advance(self, written: Written) -> list[Op]:
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
            return []
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
        return self._color(checkpoint.frames[-1].detail[0]) if checkpoint.text else []

    def _color(self, language: str) -> list[Op]:
        """Highlight open code again whenever it is three times as long as at the last time."""
        if self._code_length < 3 * self._colored or self._colored > MAX_HIGHLIGHTED:
            return []
        self._colored = self._code_length
        start = max(index for index, token in enumerate(self._head) if token == CODE) + 1
        code = unescape("".join(token for token in self._head[start:] if token[0] != "<"))
        tokens = highlight(code, language)
        if len(tokens) < 2:
            return []
        code_id, path = self._position.address()
        place = Position(code_id)
        for token in tokens:
            place.step(token)
        self._position.move(place.count, seam=tokens[-1][0] != "<")
        self._head[start:] = tokens
        self._head_ids[start:] = [None] * len(tokens)
        tail = self._shown[0] if self._shown[0][0] != "<" else ""
        return [["patch", code_id, path, 0, clean_fragment("".join(tokens) + tail)]]

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
            self._code_length += checkpoint.text
            self._head.append(text[: checkpoint.text])
            self._head_ids.append(None)
            self._shown[0] = text[checkpoint.text :]
            if not self._shown[0]:
                del self._shown[0], self._ids[0]
                cut += 1
        self._growth.token -= cut
        if self._growth.token < 0:
            self._growth = Growth(in_cell=self._growth.in_cell)
