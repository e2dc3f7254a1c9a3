"""Turns the pieces of one answer into tokens, with `stop`, the token limit and the finish reason applied.

Invariant: joining the tokens of a plan gives exactly the text that the pieces said, up to where it was ended.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from .pieces import Aloud, Cut, Fail, Pace, Pause, Piece, Refuse, Say, Show, Think

LONGEST_COUNTED = 100_000
TOKEN = re.compile(r"\s*\S{1,6}|\s+\Z")


class Token(msgspec.Struct, frozen=True):
    text: str
    reasoning: bool = False


class Sound(msgspec.Struct, frozen=True):
    """A part of a spoken answer: its id first, then words and 16-bit PCM in any order, then when it expires."""

    id: str = ""
    transcript: str = ""
    pcm: bytes = b""
    expires_at: int = 0


Step = Token | Sound | Show | Pause | Pace | Fail | Cut


class ChoicePlan(msgspec.Struct, frozen=True):
    """One choice: its steps in order; `finish_reason` is None when it ends in a fault.

    `is_aloud`: it is to be spoken, even if the request did not ask for sound.
    """

    steps: Sequence[Step]
    finish_reason: str | None
    is_aloud: bool = False

    @property
    def tokens(self) -> list[Token]:
        return [step for step in self.steps if isinstance(step, Token)]

    @property
    def sounds(self) -> list[Sound]:
        return [step for step in self.steps if isinstance(step, Sound)]

    @property
    def pictures(self) -> list[Show]:
        return [step for step in self.steps if isinstance(step, Show)]

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens if not token.reasoning)

    @property
    def reasoning(self) -> str:
        return "".join(token.text for token in self.tokens if token.reasoning)


def split_tokens(text: str) -> list[str]:
    """Pieces of at most six visible characters, each with the white space before it."""
    return TOKEN.findall(text)


def count_tokens(text: str) -> int:
    """How many tokens a text has; of a very long one the beginning is counted and the rest in proportion."""
    if len(text) <= LONGEST_COUNTED:
        return len(split_tokens(text))
    return len(split_tokens(text[:LONGEST_COUNTED])) * len(text) // LONGEST_COUNTED


def plan_choice(pieces: Iterable[Piece], *, stop: Sequence[str] = (), limit: int | None = None) -> ChoicePlan:
    """The steps of one choice, with at most `limit` tokens, ended before the first of the `stop` texts."""
    pieces = list(pieces)
    is_aloud = any(isinstance(piece, Aloud) for piece in pieces)
    steps: list[Step] = []
    used = 0
    for step in _steps(_stopped(pieces, stop)):
        if isinstance(step, Token):
            if limit is not None and used >= limit:
                return ChoicePlan(steps, "length", is_aloud)
            used += 1
        steps.append(step)
        if isinstance(step, Fail | Cut):
            return ChoicePlan(steps, None, is_aloud)
    return ChoicePlan(steps, "stop", is_aloud)


def _stopped(pieces: Iterable[Piece], stop: Sequence[str]) -> Iterator[Piece]:
    """The pieces up to the first stop text (which is looked for inside each visible text)."""
    for piece in pieces:
        if not isinstance(piece, Say):
            yield piece
            continue
        ends = [end for text in stop if text and (end := piece.text.find(text)) >= 0]
        yield Say(piece.text[: min(ends)]) if ends else piece
        if ends:
            return


def _steps(pieces: Iterable[Piece]) -> Iterator[Step]:
    for piece in pieces:
        if isinstance(piece, Say | Think):
            for text in split_tokens(piece.text):
                yield Token(text, reasoning=isinstance(piece, Think))
        elif not isinstance(piece, Refuse | Aloud):
            yield piece
