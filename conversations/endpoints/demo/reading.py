"""Reads a validated request: who said what, and what is asked of the demo.

Invariant: reading never fails on a request that the strict parser accepted.
"""

import random
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

import msgspec

from .attachments import Attachments

# The demo reads no more of a message closely: it answers on the event loop, where everybody waits for it.
LONGEST_BEGINNING = 20_000
FILE_BLOCK = re.compile(r'<file name="([^"\n]*)"[^>\n]*>\n(.*?)\n</file>\s*', re.DOTALL)
# Pictures of an earlier answer go before what is said next, since only people may show pictures.
MADE_BEFORE = re.compile(r"\[Parts of your last answer, (\d{1,3}) in number")
NOT_PARAMETERS = ("model", "messages", "stream", "stream_options")


class Turn(msgspec.Struct, frozen=True):
    """One message of the request: its role, its text, and its other parts in order, as they came."""

    role: str
    text: str
    other_parts: tuple[Mapping[str, Any], ...] = ()


class DemoRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo looks at; `choice` is the index of the choice that is being written.

    attachments: what came with the last thing that a person said. audio_format: "" where the request names none.
    """

    model: str
    turns: tuple[Turn, ...]
    parameters: Mapping[str, Any]
    n: int = 1
    seed: int | None = None
    limit: int | None = None
    stop: tuple[str, ...] = ()
    response_format: Mapping[str, Any] = {}
    modalities: tuple[str, ...] = ("text",)
    audio_format: str = ""
    attachments: Attachments = Attachments(())
    choice: int = 0

    @property
    def last_turn(self) -> Turn:
        """The last thing that a person said (the last message of all when nobody did)."""
        return last_of(self.turns)

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


def last_of(turns: Sequence[Turn]) -> Turn:
    return next((turn for turn in reversed(turns) if turn.role == "user"), turns[-1])


def read_request(body: Mapping[str, Any]) -> DemoRequest:
    """The demo's view of a request's JSON body (already checked by the strict parser)."""
    stop = body.get("stop") or ()
    turns = tuple(_turn(message) for message in body["messages"])
    return DemoRequest(
        model=body["model"],
        turns=turns,
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
        modalities=tuple(body.get("modalities") or ("text",)),
        audio_format=str((body.get("audio") or {}).get("format") or ""),
        attachments=Attachments(last_of(turns).other_parts),
    )


def _turn(message: Mapping[str, Any]) -> Turn:
    content = message.get("content")
    if not isinstance(content, Sequence):
        return Turn(message["role"], "")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    others = [part for part in parts if part.get("type") != "text"]
    if made := MADE_BEFORE.match(str(parts[0].get("text"))) if parts else None:
        del others[: int(made[1])]
        parts = parts[1 + int(made[1]) :]
    # What stands before a picture is about the picture; what somebody says of it comes after.
    said = (
        parts[1 + max((place for place, part in enumerate(parts) if part in others), default=-1) :] or parts
    )
    text = "\n".join(part["text"] for part in said if part.get("type") == "text")
    return Turn(message["role"], FILE_BLOCK.sub("", text).strip(), (*others, *_files_in(text)))


def _files_in(text: str) -> list[dict[str, Any]]:
    """Documents that came as their text, in blocks that name them."""
    return [
        {
            "type": "file",
            "file": {"filename": unescape(name), "file_data": b64encode(words.encode()).decode()},
        }
        for name, words in FILE_BLOCK.findall(text)
    ]


def _integer(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None
