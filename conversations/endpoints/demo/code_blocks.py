"""Finds fenced code in a text: how much of it there is, in which languages, and what stands around it.

Invariant: reads line by line, so the time it takes grows with the length of the text and no faster.
"""

import re

import msgspec

OPENING = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)", re.S)


class CodeBlocks(msgspec.Struct, frozen=True):
    """`languages`: what stands after each opening fence, "" for nothing; `outside`: the lines of no block."""

    languages: tuple[str, ...]
    outside: str


def find_code_blocks(text: str) -> CodeBlocks:
    """A block without a closing fence reaches to the end."""
    languages: list[str] = []
    outside: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if fence:
            fence = "" if _closes(line, fence) else fence
        elif opening := _opening(line):
            fence = opening["fence"]
            languages.append("".join(opening["info"].split()[:1]))
        else:
            outside.append(line)
    return CodeBlocks(tuple(languages), "\n".join(outside))


def _opening(line: str) -> re.Match[str] | None:
    """The rest of an opening line holds no back quote, or it is a span of code."""
    found = OPENING.match(line)
    return found if found and "`" not in found["info"] else None


def _closes(line: str, fence: str) -> bool:
    bare = line.strip(" \t")
    return len(bare) >= len(fence) and not bare.strip(fence[0]) and line.find(bare) <= 3
