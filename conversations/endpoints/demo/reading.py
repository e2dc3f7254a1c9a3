"""Reads a validated request: who said what, and what is asked of the demo.

Invariant: reading never fails on a request that the strict parser accepted.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

# The demo reads no more of a message closely: it answers on the event loop, where everybody waits for it.
LONGEST_BEGINNING = 20_000
NOT_PARAMETERS = ("model", "messages", "stream", "stream_options")


class Turn(msgspec.Struct, frozen=True):
    """One message of the request: its role, its text, and the kinds of its other parts in order."""

    role: str
    text: str
    other_parts: tuple[str, ...] = ()


class DemoRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo looks at; `choice` is the index of the choice that is being written."""

    model: str
    turns: tuple[Turn, ...]
    parameters: Mapping[str, Any]
    n: int = 1
    seed: int | None = None
    limit: int | None = None
    stop: tuple[str, ...] = ()
    response_format: Mapping[str, Any] = {}
    choice: int = 0

    @property
    def last_turn(self) -> Turn:
        """The last thing that a person said (the last message of all when nobody did)."""
        return next((turn for turn in reversed(self.turns) if turn.role == "user"), self.turns[-1])

    @property
    def last_text(self) -> str:
        return self.last_turn.text.strip()

    @property
    def last_beginning(self) -> str:
        """As much of the last text as is read closely."""
        return self.last_text[:LONGEST_BEGINNING]

    @property
    def user_texts(self) -> list[str]:
        return [turn.text.strip() for turn in self.turns if turn.role == "user"]

    def for_choice(self, index: int) -> "DemoRequest":
        return msgspec.structs.replace(self, choice=index)

    def random(self) -> random.Random:
        """Chances for this choice: the same for the same seed and words, different without a seed."""
        if self.seed is None and self.parameters.get("temperature") != 0:
            return random.Random()
        return random.Random(f"{self.seed}/{self.choice}/{self.last_text}")


def read_request(body: Mapping[str, Any]) -> DemoRequest:
    """The demo's view of a request's JSON body (already checked by the strict parser)."""
    stop = body.get("stop") or ()
    return DemoRequest(
        model=body["model"],
        turns=tuple(_turn(message) for message in body["messages"]),
        parameters={
            name: value
            for name, value in body.items()
            if name not in NOT_PARAMETERS and value not in (None, {}, [], "")
        },
        n=int(body.get("n") or 1),
        seed=_integer(body.get("seed")),
        limit=_integer(body.get("max_completion_tokens")) or _integer(body.get("max_tokens")),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        response_format=body.get("response_format") or {},
    )


def _turn(message: Mapping[str, Any]) -> Turn:
    content = message.get("content")
    if not isinstance(content, Sequence):
        return Turn(message["role"], "")
    if isinstance(content, str):
        return Turn(message["role"], content)
    texts = [part["text"] for part in content if part.get("type") == "text"]
    others = tuple(str(part.get("type")) for part in content if part.get("type") != "text")
    return Turn(message["role"], "\n".join(texts), others)


def _integer(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None
