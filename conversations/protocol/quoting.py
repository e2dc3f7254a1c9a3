"""Whether what comes next in a growing Markdown text is only quoted: in code, or between quotation marks.

Invariant: the answer depends on the text alone, never on how it is cut; cost is linear in what is passed over.
"""

from __future__ import annotations

import re

# How much of what follows is looked at for the end of code: it is held back until then.
_LONGEST_FENCED = 4000
_LONGEST_SPAN = 200

_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»", "‹": "›", "「": "」"}
# Behind these, a straight quotation mark closes what an earlier one opened.
_CLOSED_BEHIND = re.compile(r"[A-Za-z0-9.,;:!?)\]]")
_LONGEST_HEAD = 200  # of a line, enough to see a fence
_FENCE = re.compile(r"[ \t>]*(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_BACKTICKS = re.compile("`+")
_RUNS = re.compile(r"`+|[^`]+")


class Surroundings:
    """Pass over the text as it grows, then ask about what stands at its end."""

    def __init__(self) -> None:
        self._fence = ""  # the one that is open
        self._head = ""  # the beginning of the line
        self._tail = ""  # its last two characters
        self._run = 0  # backticks at its end
        self._code = 0  # backticks that opened a span of code on it

    def pass_over(self, text: str) -> None:
        """The text grows by this."""
        *lines, last = text.split("\n")
        for line in lines:
            self._extend(line)
            self._end_line()
        self._extend(last)

    @property
    def is_fenced(self) -> bool:
        return bool(self._fence)

    def quoted_length(self, text: str, place: int, *, is_all: bool = False) -> int | None:
        """How much of the text from `place` on belongs to a quotation of the word between here and there.

        0: it is not quoted. None: more must be seen, which may come unless `is_all`.
        """
        mark = self._tail[-1:]
        if mark in _QUOTES and not (mark in "\"'" and _CLOSED_BEHIND.match(self._tail[:-1])):
            if place == len(text):
                return 0 if is_all else None
            if text[place] == _QUOTES[mark]:
                return 1
        if self._fence:
            behind = text[place : place + _LONGEST_FENCED]
            return self._to_end_of_fence(behind, is_all or len(behind) == _LONGEST_FENCED)
        if self._run == self._code:
            return 0  # not in code, or at the end of it
        behind = text[place : place + _LONGEST_SPAN]
        opened = self._code or self._run
        return self._to_end_of_code(behind, opened, is_all or len(behind) == _LONGEST_SPAN)

    def _to_end_of_code(self, behind: str, opened: int, is_all: bool) -> int | None:
        line, line_end, _ = behind.partition("\n")
        is_whole = bool(line_end) or is_all
        for run in _BACKTICKS.finditer(line):
            if len(run[0]) == opened and (run.end() < len(line) or is_whole):
                return run.end()
        return 0 if is_whole else None

    def _to_end_of_fence(self, behind: str, is_all: bool) -> int | None:
        place = behind.find("\n") + 1
        while place:
            end = behind.find("\n", place)
            if end < 0 and not is_all:
                break
            line = behind[place : end if end >= 0 else len(behind)]
            fence = _FENCE.match(line)
            if fence and fence["fence"].startswith(self._fence):
                # With a word behind it, it opens another: the one before was never closed.
                return 0 if fence["info"].strip() else place + len(line)
            place = end + 1
        return 0 if is_all else None

    def _extend(self, piece: str) -> None:
        if not piece:
            return
        self._head += piece[: _LONGEST_HEAD - len(self._head)]
        self._tail = (self._tail + piece[-2:])[-2:]
        if "`" not in piece and not self._run:
            return
        for run in _RUNS.findall(piece):
            if run[0] == "`":
                self._run += len(run)
            else:
                self._end_run()

    def _end_run(self) -> None:
        if self._run and not self._code:
            self._code = self._run
        elif self._run == self._code:
            self._code = 0
        self._run = 0

    def _end_line(self) -> None:
        fence = _FENCE.match(self._head)
        if fence:
            marks, info = fence["fence"], fence["info"].strip()
            if self._fence:
                self._fence = "" if marks.startswith(self._fence) and not info else self._fence
            elif not (marks[0] == "`" and "`" in info):
                self._fence = marks
        self._head = self._tail = ""
        self._run = self._code = 0
