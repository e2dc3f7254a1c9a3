"""What travels to the pages that watch an answer: numbered frames of DOM operations, encoded once for all of them."""

from __future__ import annotations

from typing import Any

import msgspec

# One DOM operation, such as ["append", element id, html]; the script static/js/lib/ops.js lists and applies them.
Op = list[Any]


def _plain(value: Any) -> Any:
    """Rendered templates are a subclass of str, which msgspec refuses."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"cannot encode {type(value).__name__}")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that a joiner must see of the running answer `run`; its frames after `seq` follow on it."""

    run: str
    seq: int
    ops: list[Op]
    t: str = "snapshot"


def encode(message: Any) -> str:
    """A message as the WebSocket carries it."""
    return _encoder.encode(message).decode()


def frame(run: str, seq: int, ops: list[Op | str]) -> str:
    """What changed in a running answer since frame `seq` - 1: `[run, seq, op, …]`.

    Most frames carry a few characters, so there is little around them: an operation that is only a string appends to
    the element that the run's last "text" operation named.
    """
    return encode([run, seq, *ops])


def snapshot(run: str, seq: int, ops: list[Op]) -> str:
    return encode(Snapshot(run, seq, ops))


class Shorthand:
    """Leaves out the element of a "text" operation where it is the same as the one before."""

    def __init__(self) -> None:
        self._element = ""

    def forget(self) -> None:
        """Somebody joins who has not seen the operation before."""
        self._element = ""

    def of(self, ops: list[Op]) -> list[Op | str]:
        short: list[Op | str] = []
        for op in ops:
            if op[0] != "text":
                short.append(op)
            elif op[1] == self._element:
                short.append(op[2])
            else:
                self._element = op[1]
                short.append(op)
        return short
