"""Code as a block of Markdown, whatever the code holds."""

from __future__ import annotations

import re

_FENCES = re.compile(r"`{3,}")


def fenced(code: str, language: str = "") -> str:
    """`code` between fences that are longer than any in it."""
    longest = max((len(run) for run in _FENCES.findall(code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{code.rstrip()}\n{fence}\n"
