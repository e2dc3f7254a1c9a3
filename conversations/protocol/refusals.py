"""Which parameter of a request an endpoint refused: some say so in a field, most only in their words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import EndpointError, ErrorKind

# What means nothing, or is refused, without another.
DEPENDENTS = {
    "logprobs": ("top_logprobs",),
    "modalities": ("audio",),
    "tools": ("tool_choice", "parallel_tool_calls"),
}
# A request without these is none, or is another.
NEEDED = frozenset({"model", "messages", "stream"})
REFUSALS = frozenset({ErrorKind.INVALID_REQUEST, ErrorKind.TOO_LARGE})


def refused_parameter(error: EndpointError, sent: Mapping[str, Any]) -> str:
    """The member of `sent`, as it was set, that could be left out next time; empty when the error names none."""
    if error.kind not in REFUSALS:
        return ""
    candidates = [name for name in sent if name not in NEEDED]
    named = re.split(r"[.\[]", error.param or "")[0]
    if named in candidates:
        return named
    found = [place for name in candidates if (place := _place_of(name, error.message))]
    return min(found)[1] if found else ""


def without_parameter(parameters: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The parameters without one of them, and without those that need it."""
    gone = {name, *DEPENDENTS.get(name, ())}
    return {each: value for each, value in parameters.items() if each not in gone}


def _place_of(name: str, message: str) -> tuple[int, str] | None:
    """Where the message names it. A name that is also an ordinary word counts only in quotation marks."""
    escaped = re.escape(name)
    pattern = rf"\b{escaped}\b" if "_" in name else rf"(?<=['\"`“‘]){escaped}(?=['\"`”’.\[])"
    match = re.search(pattern, message)
    return (match.start(), name) if match else None
