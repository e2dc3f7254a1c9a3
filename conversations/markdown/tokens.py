"""Rendered HTML as a flat list of tokens: opening tag, closing tag, single node or escaped text.

Invariant: a text token holds no `<`, and two text tokens are never neighbours inside one list.
"""

from __future__ import annotations

from collections.abc import Sequence

SINGLE = ("<br", "<hr", "<input", "<img", "<math")
"""Beginnings of tokens that are one whole node."""


def is_text(token: str) -> bool:
    return token[0] != "<"


def is_close(token: str) -> bool:
    return token.startswith("</")


def is_single(token: str) -> bool:
    return token.startswith(SINGLE)


def close_of(tokens: Sequence[str], start: int) -> int:
    """Index of the token that closes the element around `start`; the length when none does."""
    depth = 0
    for index in range(start, len(tokens)):
        token = tokens[index]
        if token[0] != "<":
            continue
        if token[1] == "/":
            if not depth:
                return index
            depth -= 1
        elif not token.startswith(SINGLE):
            depth += 1
    return len(tokens)


def merge_text(tokens: list[str], start: int) -> None:
    """Join neighbouring text tokens from `start` on, in place."""
    merged: list[str] = []
    texts: list[str] = []
    for token in tokens[start:]:
        if token[0] != "<":
            texts.append(token)
            continue
        if texts:
            merged.append("".join(texts))
            texts = []
        merged.append(token)
    if texts:
        merged.append("".join(texts))
    tokens[start:] = merged
