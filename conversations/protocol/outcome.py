"""A reply as a value: what an exchange has given so far, the same for streamed and whole replies."""

from __future__ import annotations

from typing import Any

import msgspec

from .errors import EndpointError
from .events import PartKind
from .tools import ToolCall, arguments_are_complete
from .usage import Usage

FAILED_FINISH_REASONS = frozenset({"error", "insufficient_system_resource"})


class Part(msgspec.Struct, frozen=True):
    """One ordered piece of an assistant message.

    kind        text                    data
    text        Markdown                {}
    reasoning   the model's thinking    {}
    refusal     why it refuses          {}
    tool_call   arguments, JSON text    {"id", "name", "type": "function" | "custom", … unknown members}
    image                               {"url": data: or https: address}
    audio       transcript              {"id"?, "expires_at"?: Unix seconds, "audio_bytes"?: bytes}
    annotation                          the annotation as it came
    citation                            {"url"}
    """

    kind: PartKind
    text: str
    data: dict[str, Any]


class ChoiceOutcome(msgspec.Struct, frozen=True):
    """One choice. `message` is the assistant message as received, unknown members included, ready to store;
    history_message() makes of it what the next request carries. `logprobs` is {"content": […], …} or None.
    `reasoning_in` says where its reasoning came from, as build_message() takes it. `extra` holds members of the choice
    that the protocol does not name, such as "native_finish_reason".
    """

    index: int
    parts: list[Part]
    finish_reason: str | None
    message: dict[str, Any]
    reasoning_in: str = ""
    logprobs: dict[str, Any] | None = None
    extra: dict[str, Any] = {}

    @property
    def text(self) -> str:
        return self._joined(PartKind.TEXT)

    @property
    def reasoning(self) -> str:
        return self._joined(PartKind.REASONING)

    @property
    def refusal(self) -> str:
        return self._joined(PartKind.REFUSAL)

    @property
    def tool_calls(self) -> list[ToolCall]:
        return [
            ToolCall(
                id=part.data.get("id", ""),
                name=part.data.get("name", ""),
                arguments=part.text,
                type=part.data.get("type", "function"),
            )
            for part in self.parts
            if part.kind is PartKind.TOOL_CALL
        ]

    @property
    def is_empty(self) -> bool:
        """Nothing to show: no part with text, and no picture, sound or call."""
        return not any(part.text.strip() or part.data for part in self.parts)

    def _joined(self, kind: PartKind) -> str:
        return "".join(part.text for part in self.parts if part.kind is kind)


class Outcome(msgspec.Struct, frozen=True):
    """What one exchange has given so far.

    `complete` is False as long as, or whenever, the reply must not be presented as finished: it still runs,
    it failed, it was interrupted. A reply that ended with "length" or "content_filter" is complete.
    `extra` holds members of the response (not of the message) that the protocol does not name.
    """

    choices: list[ChoiceOutcome]
    usage: Usage | None = None
    error: EndpointError | None = None
    complete: bool = False
    response_id: str = ""
    model: str = ""
    created: int | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    extra: dict[str, Any] = {}

    @property
    def is_empty(self) -> bool:
        """The reply ended without anything to show: worth saying "empty reply"."""
        return all(choice.is_empty for choice in self.choices)

    def tool_calls_to_run(self, choice: int = 0) -> list[ToolCall]:
        """The calls of a finished reply whose arguments are whole; none at all while it is not complete."""
        if not self.complete:
            return []
        for candidate in self.choices:
            if candidate.index == choice:
                return [call for call in candidate.tool_calls if arguments_are_complete(call)]
        return []
