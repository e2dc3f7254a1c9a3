r"""How deep a formula is nested, judged before the native converter sees it: that one recurses until the stack ends.

Invariant: never less than the converter's own depth by more than a small factor. What is unclear counts as deeper.
"""

from __future__ import annotations

import re

MAX_DEPTH = 100
"""No formula that people read comes near; the converter's stack is good for thousands, in a thread for hundreds."""

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|%[^\n]*|[{}\[\]^_&]|[^\s'\\]", re.DOTALL)
_DEFINES = re.compile(r"\\(?:[a-z]*def|(?:re)?newcommand|providecommand|let|global)(?![A-Za-z])")
_OPENING = {"{": "}", "\\left": "\\right", "\\begin": "\\end", "\\begingroup": "\\endgroup"}
_DELIMITED = ("\\left", "\\right", "\\\\")
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_PAIRED = ("frac", "dfrac", "tfrac", "cfrac", "binom", "dbinom", "tbinom", "overset", "underset", "stackrel")
_ARGUMENTS = {**dict.fromkeys(_PAIRED, 2), "textcolor": 2, "sideset": 3, "mathchoice": 4, "genfrac": 6}
"""Of the commands that take more than one; what takes none is thought to take one."""
_TO_THE_END = {"\\displaystyle", "\\textstyle", "\\scriptstyle", "\\scriptscriptstyle", "\\color"}


def is_too_deep(latex: str) -> bool:
    """True when the formula is nested deeper than MAX_DEPTH, or defines commands: a few may multiply without end."""
    if "\\" in latex and _DEFINES.search(latex):
        return True
    marks = latex.count("{") + latex.count("^") + latex.count("_") + 2 * latex.count("\\")
    return marks > MAX_DEPTH and _depth(latex) > MAX_DEPTH


def _depth(latex: str) -> int:
    """The greatest number of groups and of commands without all their arguments that are open at once."""
    # (its mark, how many commands were open before it)
    groups: list[tuple[str, int]] = []
    # For each open command how many arguments it lacks: 0 for one that reaches to the end of its group.
    commands: list[int] = []
    commented = deepest = 0
    previous = ""
    for mark in _TOKEN.findall(latex):
        if mark[0] == "%":
            commented += mark.count("{")  # a comment, but perhaps not to the converter
            continue
        if mark in _OPENING or (mark == "[" and previous[:1] == "\\" and previous not in _DELIMITED):
            groups.append((mark, len(commands)))
        elif mark == "]" and groups and groups[-1][0] == "[":
            groups.pop()
        elif mark in _CLOSING:
            _close(_CLOSING[mark], groups, commands)
            if mark in ("}", "\\endgroup"):
                _give(groups, commands)
        elif mark in ("&", "\\\\"):
            _separate(groups, commands)
        elif mark in _TO_THE_END:
            commands.append(0)
        elif mark in "^_" or mark[0] == "\\":
            commands.append(_ARGUMENTS.get(mark[1:], 1))
        else:
            _give(groups, commands)
        previous = mark
        deepest = max(deepest, commented + len(groups) + len(commands))
    return deepest


def _close(opening: str, groups: list[tuple[str, int]], commands: list[int]) -> None:
    """End the innermost group of its kind with all that is open inside it."""
    while groups:
        opened, before = groups.pop()
        del commands[before:]
        if opened == opening:
            return


def _separate(groups: list[tuple[str, int]], commands: list[int]) -> None:
    """A cell ends; outside a table the mark is an argument like any other."""
    while groups and groups[-1][0] == "[":
        groups.pop()
    if groups and groups[-1][0] == "\\begin":
        del commands[groups[-1][1] :]
    else:
        _give(groups, commands)


def _give(groups: list[tuple[str, int]], commands: list[int]) -> None:
    """One more argument for the innermost open command; a command that has all is an argument itself."""
    least = groups[-1][1] if groups else 0
    while len(commands) > least and commands[-1]:
        commands[-1] -= 1
        if commands[-1]:
            return
        commands.pop()
