"""Chunks and errors in, part events out; at any time the outcome so far.

The same chunks give the same outcome however they arrive, and the events replayed give its parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .choice_state import ChoiceState
from .chunks import ChatCompletionChunk, Choice
from .error_reading import bad_response
from .errors import EndpointError, ErrorKind, Retry
from .events import PartEvent
from .members import MemberMerger
from .outcome import FAILED_FINISH_REASONS, Outcome
from .parts import TooManyParts
from .text_repair import clean_text, clean_value
from .tool_calls import new_tool_call_id
from .usage import has_counts, read_usage

# A choice's number is small; one that is not is a server's mistake and means the first.
MOST_CHOICES = 128
# The connection's faults: they do not matter once every choice has its finish_reason.
_CONNECTION_FAULTS = frozenset({ErrorKind.INCOMPLETE_STREAM, ErrorKind.UNREACHABLE, ErrorKind.TIMEOUT})


class ChunkAccumulator:
    """Makes one Outcome of the items of a ReplyDecoder.

    status       HTTP status of the reply, for the errors found only here
    new_call_id  makes ids for tool calls that came without one
    """

    def __init__(self, *, status: int = 200, new_call_id: Callable[[], str] = new_tool_call_id) -> None:
        self._status = status
        self._new_call_id = new_call_id
        self._events: list[PartEvent] = []
        self._choices: dict[int, ChoiceState] = {}
        self._error: EndpointError | None = None
        self.is_full = False  # nothing more is taken
        self._usage: dict[str, Any] | None = None
        self._is_done = False
        self._is_closed = False
        self._response_id = ""
        self._model = ""
        self._created: int | None = None
        self._system_fingerprint: str | None = None
        self._service_tier: str | None = None
        self._members = MemberMerger()

    def feed(self, item: ChatCompletionChunk | EndpointError) -> list[PartEvent]:
        """Take one item; returns what it changed."""
        if isinstance(item, EndpointError):
            self._error = self._error or item
            return []
        if self.is_full:
            return []
        if item.choices:
            try:
                for choice in item.choices:
                    self._feed_choice(choice)
            except TooManyParts:
                self.is_full = True
                message = "The endpoint's reply has too many parts."
                self._error = self._error or bad_response(message, status=self._status)
        if item.usage or item.x_groq:
            self._note_usage(item.usage)
            self._note_usage((item.x_groq or {}).get("usage"))
        if not self._response_id or not self._model or not self._created:
            self._note_identity(item)
        if item.extra or item.citations or item.system_fingerprint or item.provider or item.timings:
            self._note_members(item)
        if item.done:
            self._is_done = True
        return self._drain()

    def close(self, *, cut: bool = False) -> list[PartEvent]:
        """The reply is over; `cut` says that the connection broke. Finishes every part."""
        if self._is_closed:
            return []
        self._is_closed = True
        for state in self._choices.values():
            state.close()
        if self._error is None:
            self._error = self._missing_end(cut=cut)
        elif self._is_finished and self._error.kind in _CONNECTION_FAULTS:
            self._error = None
        return self._drain()

    @property
    def outcome(self) -> Outcome:
        """What has been received, as a value that later items do not change."""
        choices = [state.outcome() for _, state in sorted(self._choices.items())]
        failed = any(choice.finish_reason in FAILED_FINISH_REASONS for choice in choices)
        return Outcome(
            choices=choices,
            usage=None if self._usage is None else read_usage(clean_value(self._usage)),
            error=self._error.after_output() if self._error and self._has_output else self._error,
            complete=self._is_closed and self._error is None and not failed,
            response_id=self._response_id,
            model=self._model,
            created=self._created,
            system_fingerprint=self._system_fingerprint,
            service_tier=self._service_tier,
            extra=self._members.merged(),
        )

    @property
    def _has_output(self) -> bool:
        return any(state.has_output for state in self._choices.values())

    @property
    def _is_finished(self) -> bool:
        states = self._choices.values()
        return bool(states) and all(state.finish_reason is not None for state in states)

    def _feed_choice(self, choice: Choice) -> None:
        index = choice.index if choice.index is not None and 0 <= choice.index < MOST_CHOICES else 0
        state = self._choices.get(index)
        if state is None:
            if choice.delta is None and choice.message is None and not choice.finish_reason:
                return
            state = self._choices[index] = ChoiceState(index, self._events, self._new_call_id)
        state.feed(choice)
        if choice.usage:
            self._note_usage(choice.usage)

    def _missing_end(self, *, cut: bool) -> EndpointError | None:
        if self._is_finished:
            return None
        if not self._has_output and (self._is_done or not self._choices):
            return EndpointError(
                ErrorKind.EMPTY_RESPONSE,
                "The endpoint sent an empty reply.",
                retry=Retry.YES,
                status=self._status,
            )
        if self._is_done:
            return None
        how = "the connection broke" if cut else "the reply stopped"
        return EndpointError(
            ErrorKind.INCOMPLETE_STREAM,
            f"The answer was interrupted: {how} before its end.",
            retry=Retry.YES,
            status=self._status,
        )

    def _note_usage(self, usage: Any) -> None:
        if isinstance(usage, dict) and has_counts(usage):
            self._usage = usage

    def _note_identity(self, chunk: ChatCompletionChunk) -> None:
        if not chunk.choices and not chunk.usage:
            return
        self._response_id = self._response_id or clean_text(chunk.id or "")
        self._model = self._model or clean_text(chunk.model or "")
        if not self._created and chunk.created and 0 < chunk.created < 2**53:
            self._created = int(chunk.created)

    def _note_members(self, chunk: ChatCompletionChunk) -> None:
        if chunk.system_fingerprint and self._system_fingerprint is None:
            self._system_fingerprint = clean_text(chunk.system_fingerprint)
        if chunk.service_tier:
            self._service_tier = clean_text(chunk.service_tier)
        if chunk.citations and self._choices:
            min(self._choices.items())[1].citations = chunk.citations
        if chunk.extra or chunk.provider or chunk.timings:
            self._members.replace({**chunk.extra, "provider": chunk.provider, "timings": chunk.timings})

    def _drain(self) -> list[PartEvent]:
        events = self._events[:]
        self._events.clear()
        return events
