"""Secrets out of texts that people and logs see: anything like a key loses all but its first letters."""

from __future__ import annotations

import re

_KEYS = re.compile(
    r"""
    (?P<bearer>\bBearer\s+)[^\s"',;]{6,}
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
