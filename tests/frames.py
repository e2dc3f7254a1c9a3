"""The socket's messages as tests read them."""

from __future__ import annotations

import json
from typing import Any


def decoded(text: str) -> dict[str, Any]:
    """A message with its kind in `t`; a frame `[run, seq, op, …]` becomes one as well."""
    message = json.loads(text)
    if isinstance(message, list):
        run, seq, *ops = message
        return {"t": "frame", "run": run, "seq": seq, "ops": ops}
    return dict(message)
