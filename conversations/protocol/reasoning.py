"""Reasoning in a reply: under its names in a delta, and between tags at the very start of the content.

Only there is "<think>" or "<thinking>" a tag. A "</think>" that nothing opened makes reasoning of all text
before it, unless it stands in quotes or in code. Everywhere else tags are text like any other.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from .chunks import Delta
from .events import PartKind

_OPENING = ("<think>", "<thinking>")
_CLOSING = ("</think>", "</thinking>")
_TAGS = (*_OPENING, *_CLOSING)
_TAG = re.compile("|".join(_TAGS))
_LONGEST_TAG = max(map(len, _TAGS))
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "「": "」"}
_RUNS = re.compile(r"`+|[^`]+")
_FENCE = 3  # backticks in a row
_END_OF_SPAN = re.compile("[`\n]")
_LONGEST_SPAN = 200  # behind a tag in it; so much is held back

Segment = tuple[PartKind | None, str]  # None: all text so far was reasoning


class _State(Enum):
    START = 1  # nothing but white space yet
    THINKING = 2  # between the tags
    AFTER = 3  # behind the closing tag, where white space is dropped
    WATCHING = 4  # ordinary text, in which a closing tag may still turn up
    LITERAL = 5  # ordinary text for good


class _CodeMarks:
    """Whether the end of a text stands in a fenced block, or may stand in a span of code that its line began."""

    def __init__(self) -> None:
        self.is_fenced = False
        self._run = 0  # backticks at the end
        self._span = 0  # backticks that opened a span

    def feed(self, text: str) -> None:
        if not self._run and not self._span and "`" not in text:
            return
        for run in _RUNS.findall(text):
            if run[0] != "`":
                self._end_run()
                if "\n" in run:
                    self._span = 0
                continue
            if self._run < _FENCE <= self._run + len(run):
                self.is_fenced = not self.is_fenced
                self._span = 0
            self._run += len(run)

    def is_in_span(self) -> bool:
        """Asked where something else than a backtick follows."""
        self._end_run()
        return self._span > 0

    def _end_run(self) -> None:
        if 0 < self._run < _FENCE and self._span in (0, self._run):
            self._span = self._run - self._span
        self._run = 0


class ThinkTags:
    """Splits content into text and reasoning; holds back what may be the beginning of a tag."""

    def __init__(self) -> None:
        self._state = _State.START
        self._held = ""
        self._blanks: list[str] = []  # white space that the content begins with, so far
        self._before = ""  # the character in front of what is held or fed next
        self._closing = ""
        self._skips_blanks = False
        self._code = _CodeMarks()
        self._ordinary = _State.WATCHING

    def expects_no_tags(self) -> None:
        """Reasoning came under its own name, so a closing tag inside the text is text."""
        self._ordinary = _State.LITERAL
        if self._state is _State.WATCHING:
            self._state = _State.LITERAL

    def is_text(self, piece: str) -> bool:
        """Whether this piece is text as a whole, so that feed() need not be called for it."""
        if self._held or (self._state is not _State.LITERAL and self._state is not _State.WATCHING):
            return False
        if self._state is _State.LITERAL:
            return True
        if "<" in piece or "`" in piece:
            return False
        if piece:
            self._before = piece[-1]
            self._code.feed(piece)
        return True

    def feed(self, piece: str) -> list[Segment]:
        """The segments that are certain now, in order."""
        text = self._held + piece
        self._held = ""
        segments: list[Segment] = []
        while text:
            text = self._steps[self._state](self, text, segments)
        return segments

    def flush(self) -> list[Segment]:
        """What was held back: no tag any more, as something else follows, or nothing."""
        held, self._held = self._leading_blanks() + self._held, ""
        if self._state is _State.START and held:
            self._state = self._ordinary
        if not held:
            return []
        return [(PartKind.REASONING if self._state is _State.THINKING else PartKind.TEXT, held)]

    def _start(self, text: str, segments: list[Segment]) -> str:
        stripped = text.lstrip()
        if len(stripped) < len(text):
            self._blanks.append(text[: len(text) - len(stripped)])
        if not stripped:
            return ""
        for opening, closing in zip(_OPENING, _CLOSING, strict=True):
            if stripped.startswith(opening):
                self._state, self._closing, self._skips_blanks = _State.THINKING, closing, True
                self._blanks.clear()
                return stripped[len(opening) :]
        closing = next((tag for tag in _CLOSING if stripped.startswith(tag)), "")
        if closing:
            self._state = _State.AFTER
            self._blanks.clear()
            return stripped[len(closing) :]
        if any(tag.startswith(stripped) for tag in _TAGS):
            self._held = stripped
            return ""
        self._state = self._ordinary
        return self._leading_blanks() + stripped

    def _leading_blanks(self) -> str:
        blanks = "".join(self._blanks)
        self._blanks.clear()
        return blanks

    def _thinking(self, text: str, segments: list[Segment]) -> str:
        if self._skips_blanks:
            text = text.lstrip()
            if not text:
                return ""
            self._skips_blanks = False
        end = text.find(self._closing)
        if end >= 0:
            _add(segments, PartKind.REASONING, text[:end])
            self._state = _State.AFTER
            return text[end + len(self._closing) :]
        keep = _beginning_of_tag(text, (self._closing,))
        _add(segments, PartKind.REASONING, text[: len(text) - keep])
        self._held = text[len(text) - keep :]
        return ""

    def _after(self, text: str, segments: list[Segment]) -> str:
        text = text.lstrip()
        if text:
            self._state = _State.LITERAL
        return text

    def _watching(self, text: str, segments: list[Segment]) -> str:
        tag = _TAG.search(text)
        if tag is None:
            certain = len(text) - _beginning_of_tag(text, _TAGS)
            self._emit(segments, text[:certain])
            self._held = text[certain:]
            return ""
        self._emit(segments, text[: tag.start()])
        text, behind = text[tag.start() :], text[tag.end() :]
        if tag[0] in _OPENING or self._code.is_fenced:
            self._state = _State.LITERAL
            return text
        if self._code.is_in_span():
            # Unless its end follows in the line, a stray backtick stands before the tag.
            end = _END_OF_SPAN.search(behind, 0, _LONGEST_SPAN)
            if end is None and len(behind) < _LONGEST_SPAN:
                self._held = text
                return ""
            if end is not None and end[0] == "`":
                self._state = _State.LITERAL
                return text
        elif self._before in _QUOTES:
            # The character behind it decides.
            if not behind:
                self._held = text
                return ""
            if behind[0] == _QUOTES[self._before]:
                self._state = _State.LITERAL
                return text
        segments.append((None, ""))
        self._state = _State.AFTER
        return behind

    def _literal(self, text: str, segments: list[Segment]) -> str:
        _add(segments, PartKind.TEXT, text)
        return ""

    def _emit(self, segments: list[Segment], text: str) -> None:
        if not text:
            return
        self._before = text[-1]
        self._code.feed(text)
        segments.append((PartKind.TEXT, text))

    _steps = {
        _State.START: _start,
        _State.THINKING: _thinking,
        _State.AFTER: _after,
        _State.WATCHING: _watching,
        _State.LITERAL: _literal,
    }


def _add(segments: list[Segment], kind: PartKind, text: str) -> None:
    if text:
        segments.append((kind, text))


def _beginning_of_tag(text: str, tags: tuple[str, ...]) -> int:
    """How many characters at the end of the text may be the beginning of a tag."""
    start = text.rfind("<", max(0, len(text) - _LONGEST_TAG))
    if start < 0:
        return 0
    tail = text[start:]
    return len(tail) if any(tag.startswith(tail) for tag in tags) else 0


def named_reasoning(delta: Delta) -> tuple[str, str]:
    """The reasoning in a delta and the member it came under: the first of its names that is not empty."""
    if delta.reasoning_content:
        return delta.reasoning_content, "reasoning_content"
    if delta.reasoning:
        return delta.reasoning, "reasoning"
    if delta.reasoning_details:
        return "".join(map(_detail_text, delta.reasoning_details)), "reasoning_details"
    return "", ""


def _detail_text(detail: Any) -> str:
    if not isinstance(detail, dict):
        return ""
    return next((text for name in ("text", "summary") if isinstance(text := detail.get(name), str)), "")


def merge_reasoning_details(details: list[Any]) -> list[Any]:
    """Streamed pieces of one detail joined into it, everything else unchanged and in order."""
    merged: list[Any] = []
    pieces: list[list[str]] = []
    for detail in details:
        text_name = _text_name(detail)
        if text_name and merged and _continues(merged[-1], detail):
            pieces[-1].append(_detail_text(detail))
            merged[-1].update({k: v for k, v in detail.items() if v is not None and k != text_name})
        else:
            merged.append(dict(detail) if isinstance(detail, dict) else detail)
            pieces.append([_detail_text(detail)])
    for detail, texts in zip(merged, pieces, strict=True):
        if len(texts) > 1:
            detail[_text_name(detail)] = "".join(texts)
    return merged


def _text_name(detail: Any) -> str:
    kind = detail.get("type") if isinstance(detail, dict) else None
    return (
        {"reasoning.text": "text", "reasoning.summary": "summary"}.get(kind, "")
        if isinstance(kind, str)
        else ""
    )


def _continues(last: Any, detail: dict[str, Any]) -> bool:
    if not isinstance(last, dict) or last.get("type") != detail.get("type"):
        return False
    same_place = last.get("index") == detail.get("index")
    return same_place and (not detail.get("id") or not last.get("id") or last["id"] == detail["id"])
