"""The transcripts as test cases, and the normal form in which their expectations are written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conversations.protocol import (
    ChoiceOutcome,
    ChunkAccumulator,
    Outcome,
    PartEvent,
    PartKind,
    ReplyDecoder,
    Retry,
)

FOLDER = Path(__file__).parent / "transcripts"
RETRY = {Retry.YES: True, Retry.NO: False, Retry.USER: "user"}
USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")


@dataclass(frozen=True)
class Case:
    """One transcript: what was asked, what came back, what a client should make of it."""

    path: Path

    @cached_property
    def sidecar(self) -> dict[str, Any]:
        return json.loads(self.path.read_text(encoding="utf-8"))

    @cached_property
    def body(self) -> bytes:
        return (FOLDER / self.sidecar["response"]["body"]).read_bytes()

    @property
    def expected(self) -> list[dict[str, Any]]:
        """The expectation and its allowed alternatives."""
        expect = self.sidecar["expect"]
        return [expect, *({**expect, **other} for other in expect.get("accept_also", ()))]

    @property
    def is_cut(self) -> bool:
        return self.sidecar["response"]["end"] != "clean"

    def receive(self, pieces: Iterable[bytes]) -> tuple[Outcome, list[PartEvent]]:
        """Read the body in these pieces, as a client does."""
        response = self.sidecar["response"]
        return receive(pieces, status=response["status"], headers=response["headers"], cut=self.is_cut)


def receive(
    pieces: Iterable[bytes], *, status: int = 200, headers: dict[str, str] | None = None, cut: bool = False
) -> tuple[Outcome, list[PartEvent]]:
    numbers = iter(range(1_000_000))
    decoder = ReplyDecoder(status=status, headers=headers)
    accumulator = ChunkAccumulator(status=status, new_call_id=lambda: f"made-{next(numbers)}")
    events: list[PartEvent] = []
    for piece in pieces:
        for item in decoder.feed(piece):
            events += accumulator.feed(item)
    for item in decoder.close(cut=cut):
        events += accumulator.feed(item)
    events += accumulator.close(cut=cut)
    return accumulator.outcome, events


def all_cases() -> list[Case]:
    return [Case(path) for path in sorted(FOLDER.glob("*.json")) if ".body." not in path.name]


def normal_form(outcome: Outcome, expect: dict[str, Any]) -> dict[str, Any]:
    """The outcome with the members that the expectation has."""
    error = outcome.error
    asked = expect["error"] or {}
    return {
        "messages": [
            _message(choice, asked)
            for choice, asked in zip(outcome.choices, _padded(expect, outcome), strict=True)
        ],
        "usage": None if outcome.usage is None else {name: getattr(outcome.usage, name) for name in USAGE},
        "error": None
        if error is None
        else {
            "kind": error.kind.value,
            "retry": RETRY[error.retry],
            "status": error.status,
            "type": error.type,
            "code": error.code or "",
            "message": (asked.get("message_contains") or "") in error.message or error.message,
            **({"retry_after": error.retry_after} if "retry_after" in asked else {}),
            **({"param": error.param} if {"param", "field"} & asked.keys() else {}),
        },
        "complete": outcome.complete,
    }


def expected_form(expect: dict[str, Any]) -> dict[str, Any]:
    """The expectation in the shape of normal_form()."""
    asked = expect["error"]
    return {
        "messages": [{**message, "tool_calls": _comparable(message)} for message in expect["messages"]],
        "usage": expect["usage"],
        "error": None
        if asked is None
        else {
            **{name: asked[name] for name in ("kind", "retry", "status", "type")},
            "code": asked["code"] or "",
            "message": True,
            **({"retry_after": asked["retry_after"]} if "retry_after" in asked else {}),
            **(
                {"param": asked.get("param", asked.get("field"))} if {"param", "field"} & asked.keys() else {}
            ),
        },
        "complete": expect["complete"],
    }


def _padded(expect: dict[str, Any], outcome: Outcome) -> list[dict[str, Any]]:
    asked = expect["messages"]
    return [asked[place] if place < len(asked) else {} for place in range(len(outcome.choices))]


def _message(choice: ChoiceOutcome, asked: dict[str, Any]) -> dict[str, Any]:
    wanted = asked.get("tool_calls", [])
    ids = [call.id for call in choice.tool_calls]
    assert all(ids), "a tool call without an id"
    assert len(set(ids)) == len(ids), "two tool calls with one id"
    calls = [part for part in choice.parts if part.kind is PartKind.TOOL_CALL]
    message: dict[str, Any] = {
        "index": choice.index,
        "content": choice.text,
        "reasoning": choice.reasoning.strip(),
        "refusal": choice.refusal,
        "finish_reason": choice.finish_reason,
        "tool_calls": [
            {
                **{
                    name: part.data.get(name)
                    for name in (wanted[place] if place < len(wanted) else part.data)
                },
                "arguments": _value(part.text),
                "id": "*" if place < len(wanted) and wanted[place]["id"] == "*" else part.data["id"],
            }
            for place, part in enumerate(calls)
        ],
    }
    readers = {
        "audio": _audio,
        "images": lambda choice: [part.data["url"] for part in _of(choice, PartKind.IMAGE)],
        "annotations": lambda choice: [part.data for part in _of(choice, PartKind.ANNOTATION)],
        "citations": lambda choice: [part.data["url"] for part in _of(choice, PartKind.CITATION)],
        "logprob_tokens": lambda choice: [entry["token"] for entry in (choice.logprobs or {})["content"]],
    }
    return message | {name: reader(choice) for name, reader in readers.items() if name in asked}


def _of(choice: ChoiceOutcome, kind: PartKind) -> list[Any]:
    return [part for part in choice.parts if part.kind is kind]


def _audio(choice: ChoiceOutcome) -> dict[str, Any]:
    (part,) = _of(choice, PartKind.AUDIO)
    return {
        "id": part.data["id"],
        "transcript": part.text,
        "data_base64": base64.b64encode(part.data["audio_bytes"]).decode(),
        "expires_at": part.data["expires_at"],
    }


def _comparable(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**call, "arguments": _value(call["arguments"])} for call in message["tool_calls"]]


def _value(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
