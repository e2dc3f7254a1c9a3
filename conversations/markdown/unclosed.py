r"""How many brackets a formula opens and never closes: for each the native converter reads what follows twice.

Thirty of them would keep it for minutes, and the whole process with it.
Invariant: never fewer than the converter finds. What is unclear counts as open.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_READINGS = 2_000_000
"""Of characters, that is about a tenth of a second. A formula of a page may leave seven brackets open."""

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|%[^\n]*|[^\s'\\]", re.DOTALL)
_FENCES = (
    "Angle Brace Brack Paren Vert angle ang brace brack ceil floor group moustache paren vert "
    "langle lbracket lparenthesis"
)
_OPENING = {
    "(",
    "[",
    "\\{",
    "⌜",
    "⌞",
    "⎰",
    "\\ulcorner",
    "\\llcorner",
    *(f"\\l{name}" for name in _FENCES.split()),
}
_CLOSING = {")", "]", "\\}"} | {
    f"\\r{name}"
    for name in "Angle Brace Vert angle ang brace brack ceil floor group moustache paren vert".split()
}
_SIGNS = re.compile("[\u2308-\u29ff]")
"""Among them are all brackets that are no ASCII."""
_MAY_OPEN = re.compile(rf"[(\[]|\\[{{lu]|\\[bB]igg?l|{_SIGNS.pattern}")
_GROUPS = {"{": "}", "\\left": "\\right", "\\begin": "\\end", "\\begingroup": "\\endgroup"}
_ENDS = {end: mark for mark, end in _GROUPS.items()}
_SIZED = re.compile(r"\\(?:left|right|middle|[bB]igg?[lrm]?)")
_SIZED_OPENING = re.compile(r"\\[bB]igg?l")
"""Opens, whatever it stands before, until one of the right or a bracket of no size closes it."""
_SIZED_CLOSING = re.compile(r"\\[bB]igg?r")
_OPTIONAL = re.compile(r"\\(?:sqrt|x[A-Za-z]+)")


@dataclass(slots=True)
class _Group:
    """What a group holds. waiting: how many arguments each command lacks that is open in it.

    opened: brackets that may still be closed, whether one with a size may; lost: those that cannot; most: in any cell
    before this one.
    """

    mark: str = ""
    opened: list[bool] = field(default_factory=list)
    lost: int = 0
    most: int = 0
    waiting: list[int] = field(default_factory=list)

    @property
    def unclosed(self) -> int:
        return max(self.most, len(self.opened) + self.lost)

    def give(self) -> None:
        """One more argument; a command that has all is an argument itself."""
        while self.waiting:
            self.waiting[-1] -= 1
            if self.waiting[-1]:
                return
            self.waiting.pop()

    def separate(self) -> None:
        """A cell ends. Outside a table nothing does, but brackets may."""
        if self.mark == "\\begin":
            self.most, self.lost = self.unclosed, 0
            self.waiting.clear()
        else:
            self.lost += len(self.opened)
        self.opened.clear()


def takes_too_long(latex: str, arguments: Callable[[str], int | None]) -> bool:
    """True when the brackets left open make the converter read too much.

    arguments: how many arguments a command takes; None for one that does not exist, with which nothing is converted.
    """
    most = len(_MAY_OPEN.findall(latex))
    return len(latex) << min(most, 64) > MAX_READINGS and _readings(latex, arguments) > MAX_READINGS


def _readings(latex: str, arguments: Callable[[str], int | None]) -> int:
    groups = [_Group()]
    previous = ""
    for mark in _TOKEN.findall(latex):
        group = groups[-1]
        if mark[0] == "%":
            group.lost += len(_MAY_OPEN.findall(mark))  # a comment, but perhaps not to the converter
        elif _moves(mark, previous, groups):
            pass
        elif mark in ("&", "\\\\"):
            group.separate()
        elif _opens(mark):
            _open(group, sized=_SIZED.fullmatch(previous) is not None)
        elif _closes(mark) and not group.waiting:
            del group.opened[-1:]
        elif mark in "^_":
            group.waiting.append(1)
        elif not _take(mark, group, arguments):
            return MAX_READINGS + 1
        previous = mark
    return len(latex) << min(sum(group.unclosed for group in groups), 64)


def _moves(mark: str, previous: str, groups: list[_Group]) -> bool:
    """Begin or end a group, if that is what the mark does."""
    group = groups[-1]
    if mark in _GROUPS:
        groups.append(_Group(mark, waiting=[] if mark in ("{", "\\begingroup") else [1]))
    elif mark in _ENDS:
        _end(_ENDS[mark], groups, takes_more=mark in ("\\right", "\\end"))
    elif mark == "[" and group.waiting and _OPTIONAL.fullmatch(previous):
        groups.append(_Group("["))
    elif mark == "]" and group.mark == "[":
        groups.pop()
        groups[-1].lost += group.unclosed
    else:
        return False
    return True


def _opens(mark: str) -> bool:
    return mark in _OPENING or (_SIGNS.match(mark) is not None and unicodedata.category(mark) == "Ps")


def _closes(mark: str) -> bool:
    return mark in _CLOSING or (_SIGNS.match(mark) is not None and unicodedata.category(mark) == "Pe")


def _open(group: _Group, *, sized: bool) -> None:
    if group.waiting:
        group.lost += not sized
        group.give()
    else:
        group.opened.append(False)


def _take(mark: str, group: _Group, arguments: Callable[[str], int | None]) -> bool:
    """A command or an ordinary character; False for a command that does not exist."""
    count: int | None = 0
    if _SIZED.fullmatch(mark):
        count = 1
        _resize(mark, group)
    elif mark[0] == "\\" and mark[1:].isalpha():
        count = arguments(mark)
    if count is None:
        return False
    if count:
        group.waiting.append(count)
    else:
        group.give()
    return True


def _resize(mark: str, group: _Group) -> None:
    """A size opens or closes by itself, unless it is an argument."""
    if _SIZED_OPENING.fullmatch(mark):
        group.opened.append(True)
    elif _SIZED_CLOSING.fullmatch(mark) and not group.waiting and group.opened[-1:] == [True]:
        group.opened.pop()


def _end(mark: str, groups: list[_Group], *, takes_more: bool) -> None:
    """End the innermost group of a kind with those inside it. takes_more: what stands behind its end belongs to it."""
    if all(group.mark != mark for group in groups):
        return
    ended = ""
    while ended != mark:
        group = groups.pop()
        ended = group.mark
        groups[-1].lost += group.unclosed
    if takes_more:
        groups[-1].waiting.append(1)
    else:
        groups[-1].give()
