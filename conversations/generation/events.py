"""What travels to the pages that watch an answer: numbered frames of DOM operations, encoded once for all of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

# One DOM operation, such as ["append", element id, html]; the script static/js/lib/ops.js lists and applies them.
Op = list[Any]


def _plain(value: Any) -> Any:
    """Rendered templates are a subclass of str, which msgspec refuses."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"cannot encode {type(value).__name__}")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


class Frame(msgspec.Struct, frozen=True):
    """What changed in a running answer since frame `seq` - 1."""

    t: str
    run: UUID
    seq: int
    ops: list[Op]


def encode(message: Any) -> str:
    """A message as the WebSocket carries it."""
    return _encoder.encode(message).decode()


def frame(run: UUID, seq: int, ops: list[Op]) -> str:
    return encode(Frame("frame", run, seq, ops))


def snapshot(run: UUID, seq: int, ops: list[Op]) -> str:
    """Everything that a joiner must see of a running answer; frames after `seq` follow on it."""
    return encode(Frame("snapshot", run, seq, ops))
