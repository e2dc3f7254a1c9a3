"""Secrets out of texts that people and logs see: anything like a key loses all but its first letters."""

from __future__ import annotations

import re
from collections.abc import Callable

from .errors import MAX_MESSAGE_CHARACTERS
from .text_repair import clean_text

# What takes the secrets out of a text; a client's own knows its key besides.
Mask = Callable[[str], str]

# Of a text from outside no more than this is looked at.
MAX_READ_CHARACTERS = 4_000

_KEYS = re.compile(
    r"""
    (?P<bearer>\bBearer\s+)[^\s"',;]{6,}
    | (?P<userinfo>://)[^\s/?\#"'<>]+(?=@)
    | (?P<query>[?&;][\w\-]{0,40}(?:key|token|secret|password|sig|signature|auth)=)[^\s&;\#"'<>]+
    | \b(?P<named>(?:x-)?api[-_]?key["']?\s{0,9}[:=]\s{0,9}["']?)(?=[^\s"',;&]*\d)[^\s"',;&]{6,}
    | \b(?P<prefix>(?:sk|pk|rk|gsk|xai|hf|nvapi|pplx|csk|r8|tgp|fw|ghp|api|key)[-_])
      (?=[A-Za-z0-9_\-]*\d)[A-Za-z0-9_\-]{8,}
    | \b(?P<openai>sk-)[A-Za-z0-9_\-]{6,}
    | \b(?P<google>AIza)[A-Za-z0-9_\-]{20,}
    | \b(?P<jwt>eyJ)[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-.]{10,}
    | \b(?P<long>(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{4})[A-Za-z0-9]{36,}
    """,
    re.VERBOSE | re.IGNORECASE,
)


def mask_keys(text: str) -> str:
    """The text with each key replaced by its beginning and "***"."""
    return _KEYS.sub(lambda match: f"{match[match.lastgroup or 0]}***", text)


def plain_text(text: str, mask: Mask = mask_keys) -> str:
    """What an endpoint said, as people may read it. It is masked before it is cut, lest half a key remain."""
    masked = mask(clean_text(text[:MAX_READ_CHARACTERS])).strip()
    if len(masked) <= MAX_MESSAGE_CHARACTERS:
        return masked
    return masked[: MAX_MESSAGE_CHARACTERS - 1] + "…"
