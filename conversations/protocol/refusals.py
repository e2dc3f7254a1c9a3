"""What of a request an endpoint refused, a parameter or its files: some say so in a field, most only in their words."""

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

# Parts of a message that many models cannot read, and the words in which they say so. Some servers say it with a 500.
UNREADABLE = {
    "image_url": re.compile(r"\bimages?\b|image_url|\bvision\b|multi-?modal|mmproj", re.I),
    "input_audio": re.compile(r"\baudio\b|input_audio|multi-?modal|mmproj", re.I),
}
CANNOT = re.compile(
    r"not support|n't support|unsupported|not allowed|not accept|unknown|expected|only text|must be a string",
    re.I,
)


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


def refused_files(error: EndpointError, sent: Mapping[str, Any]) -> str:
    """The type of part in the messages that the endpoint cannot read, as it says; empty if it says nothing of one."""
    if error.kind not in REFUSALS and error.kind is not ErrorKind.SERVER_ERROR:
        return ""
    complaint = f"{error.param or ''} {error.code or ''} {error.message}"
    if not CANNOT.search(complaint):
        return ""
    types = {
        part.get("type")
        for message in sent.get("messages", ())
        for part in (message["content"] if isinstance(message.get("content"), list) else ())
    }
    found = (kind for kind, words in UNREADABLE.items() if kind in types and words.search(complaint))
    return next(found, "")


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
