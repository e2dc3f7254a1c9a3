"""One choice of a reply while it streams: deltas in, changes of its parts out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .audio import AudioMerger
from .chunks import Choice, Delta, says_something
from .content_parts import image_url, read_content_parts
from .events import ChoiceFinished, PartEvent, PartKind
from .members import MemberMerger
from .outcome import ChoiceOutcome
from .parts import MessageParts
from .raw_message import build_message
from .reasoning import Segment, ThinkTags, named_reasoning
from .text_repair import TextRepair, clean_text, clean_value
from .tool_calls import ToolCallMerger

MOST_CITATIONS = 500
_UNFINISHED = frozenset({"", "null", "none"})


class ChoiceState:
    """What has been received of one choice. feed() appends events to the list given at the start."""

    def __init__(self, index: int, events: list[PartEvent], new_id: Callable[[], str]) -> None:
        self.index = index
        self.finish_reason: str | None = None
        self.citations: list[Any] = []
        self._events = events
        self._parts = MessageParts(index, events)
        self._tags = ThinkTags()
        self._tool_calls = ToolCallMerger(self._parts, new_id)
        self._audio = AudioMerger(self._parts)
        self._content_repair = TextRepair()
        self._reasoning_repair = TextRepair()
        self._refusal_repair = TextRepair()
        self._members = MemberMerger()
        self._choice_members = MemberMerger()
        self._reasoning_details: list[Any] = []
        self._reasoning_origin = ""
        self._content_was_text = False
        self._logprobs: dict[str, list[Any]] = {}
        self._shown: list[Any] = []

    @property
    def has_output(self) -> bool:
        return not self._parts.is_empty

    def feed(self, choice: Choice) -> None:
        """Take a choice of a chunk, or of a whole reply. Raises TooManyParts."""
        delta = choice.delta
        if delta is not None and (choice.message is None or self.has_output or says_something(delta)):
            self._feed_delta(delta)
        elif choice.message is not None and not self.has_output:
            self._feed_delta(choice.message, is_whole=True)
        if choice.logprobs is not None:
            self._feed_logprobs(choice.logprobs)
        if choice.extra or choice.native_finish_reason or choice.content_filter_results:
            self._feed_choice_members(choice)
        if choice.finish_reason:
            self._finish(choice.finish_reason)

    def close(self) -> None:
        """Give out all that is held back, and finish every part."""
        self._parts.admit_rest()
        self._flush_text()
        self._audio.flush()
        self._tool_calls.flush()
        self._add_citations()
        self._parts.finish_all()

    def outcome(self) -> ChoiceOutcome:
        parts = self._parts.snapshot()
        return ChoiceOutcome(
            index=self.index,
            parts=parts,
            finish_reason=self.finish_reason,
            message=build_message(
                parts,
                origin=self._reasoning_origin,
                content_was_text=self._content_was_text,
                reasoning_details=self._reasoning_details,
                members=self._members.merged(),
            ),
            reasoning_in=self._reasoning_origin,
            logprobs=clean_value(self._logprobs) if self._logprobs else None,
            extra=self._choice_members.merged(),
        )

    def _feed_delta(self, delta: Delta, *, is_whole: bool = False) -> None:
        if delta.reasoning_content or delta.reasoning or delta.reasoning_details:
            self._feed_reasoning(delta)
        content = delta.content
        if isinstance(content, str):
            self._content_was_text = True
            if content:
                self._feed_content(content)
        elif content:
            self._feed_content_parts(content)
        if delta.refusal:
            self._flow(PartKind.REFUSAL, self._refusal_repair.feed(delta.refusal))
        if delta.tool_calls or delta.function_call:
            self._feed_tool_calls(delta, is_whole=is_whole)
        if delta.audio:
            self._audio.feed(delta.audio)
        if delta.images or delta.annotations:
            self._feed_attached(delta)
        if delta.extra:
            self._members.feed(delta.extra)

    def _feed_tool_calls(self, delta: Delta, *, is_whole: bool) -> None:
        self._flush_tags()
        for fragment in delta.tool_calls or ():
            self._tool_calls.feed(fragment, is_whole=is_whole)
        if delta.function_call is not None and not delta.tool_calls:
            self._tool_calls.feed_function_call(delta.function_call, is_whole=is_whole)

    def _feed_reasoning(self, delta: Delta) -> None:
        if delta.reasoning_details:
            self._reasoning_details.extend(map(clean_value, delta.reasoning_details))
        text, name = named_reasoning(delta)
        if text:
            self._reasoning_origin = self._reasoning_origin or name
            self._tags.expects_no_tags()
            self._flow(PartKind.REASONING, self._reasoning_repair.feed(text))

    def _feed_content(self, content: str) -> None:
        text = self._content_repair.feed(content)
        if self._tags.is_text(text):
            self._flow(PartKind.TEXT, text)
        else:
            self._take_segments(self._tags.feed(text))

    def _take_segments(self, segments: list[Segment]) -> None:
        for kind, text in segments:
            if kind is None:
                self._parts.text_becomes_reasoning()
            else:
                self._flow(kind, text)
            if kind is not PartKind.TEXT:
                self._reasoning_origin = self._reasoning_origin or "tags"

    def _feed_content_parts(self, parts: list[Any]) -> None:
        for kind, text in read_content_parts(parts):
            if kind is PartKind.TEXT:
                self._content_was_text = True
                self._feed_content(text)
            elif kind is PartKind.REASONING:
                self._reasoning_origin = self._reasoning_origin or "parts"
                self._tags.expects_no_tags()
                self._flow(kind, self._reasoning_repair.feed(text))
            elif kind is PartKind.IMAGE:
                self._add_image(text)
            else:
                self._flow(kind, self._refusal_repair.feed(text))

    def _flow(self, kind: PartKind, text: str) -> None:
        if text:
            self._parts.flow(kind, text)

    def _feed_attached(self, delta: Delta) -> None:
        for image in delta.images or ():
            self._add_image(image_url(image))
        for annotation in delta.annotations or ():
            if isinstance(annotation, dict):
                self._add_once(PartKind.ANNOTATION, clean_value(annotation))

    def _add_image(self, url: str) -> None:
        if url:
            self._flush_tags()
            self._parts.end_flow()
            self._add_once(PartKind.IMAGE, {"url": clean_text(url)})

    def _add_once(self, kind: PartKind, data: dict[str, Any]) -> None:
        # Some endpoints repeat pictures and sources in their last chunk.
        if data not in self._shown:
            self._shown.append(data)
            self._parts.add(kind, data)

    def _add_citations(self) -> None:
        for citation in self.citations[:MOST_CITATIONS]:
            url = citation if isinstance(citation, str) else image_url(citation)
            if url:
                self._add_once(PartKind.CITATION, {"url": clean_text(url)})

    def _feed_logprobs(self, logprobs: dict[str, Any]) -> None:
        for name, entries in logprobs.items():
            if isinstance(entries, list):
                self._logprobs.setdefault(name, []).extend(entries)

    def _feed_choice_members(self, choice: Choice) -> None:
        self._choice_members.replace(
            {
                **choice.extra,
                "native_finish_reason": choice.native_finish_reason,
                "content_filter_results": choice.content_filter_results,
            }
        )

    def _finish(self, reason: str) -> None:
        if reason.lower() in _UNFINISHED or self.finish_reason is not None:
            return
        self.finish_reason = clean_text(reason)
        self._flush_text()
        self._parts.end_flow()
        self._events.append(ChoiceFinished(self.index, self.finish_reason))

    def _flush_tags(self) -> None:
        self._take_segments(self._tags.flush())

    def _flush_text(self) -> None:
        self._flow(PartKind.REASONING, self._reasoning_repair.close())
        last = self._content_repair.close()
        if last:
            self._take_segments(self._tags.feed(last))
        self._flush_tags()
        self._flow(PartKind.REFUSAL, self._refusal_repair.close())
