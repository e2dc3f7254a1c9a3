"""What one pass of the writer gives: tokens, and where in the source its blocks begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Frame:
    """An open container or leaf. start: byte offset of its marker; empty: nothing was written into it yet."""

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
    """A top-level block: where its tokens and its source (bytes) begin and end.

    decided: the offset whose line must be complete before it is certain that the block starts here.
    """

    token: int
    start: int
    end: int
    decided: int


@dataclass(slots=True)
class Written:
    """checkpoints: the last one for each depth. resumed: kinds of the containers that were opened again, outermost
    first. text_end: where the last text ends in the source (bytes)."""

    tokens: list[str] = field(default_factory=list)
    roots: list[Root] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    resumed: list[str] = field(default_factory=list)
    text_end: int = 0

    def shifted(self, offset: int) -> Written:
        """The same with all byte offsets less `offset`."""
        self.text_end -= offset
        for root in self.roots:
            root.start -= offset
            root.end -= offset
            root.decided -= offset
        for checkpoint in self.checkpoints.values():
            checkpoint.start -= offset
        for frame in {id(frame): frame for c in self.checkpoints.values() for frame in c.frames}.values():
            frame.start -= offset
        return self
