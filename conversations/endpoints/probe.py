"""The endpoint doctor: asks one model for everything that the protocol has, in small, and notes what it can do.

Invariant: never raises for anything that an endpoint may do; every request is for a few tokens and has an end.
"""

import asyncio
import base64
import io
import json
import struct
import wave
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

import httpx
import msgspec

from conversations.protocol.accumulator import ChunkAccumulator
from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.protocol.key_masking import Mask
from conversations.protocol.outcome import ChoiceOutcome, Outcome
from conversations.protocol.text_repair import clean_text

from .client import EndpointClient
from .config import EndpointConfig
from .masking import mask_for

State = Literal["yes", "no", "unclear"]
Judge = Callable[["_Trial"], tuple[State, str]]
OnFinding = Callable[["Finding"], None]

# The first two trials: whoever gives neither is asked for nothing else.
ANSWERS = ("whole", "stream")
# Some models think for hundreds of tokens before they say a word; most end after two.
TOKENS = 512
SECONDS = 60.0
# Whoever goes on after so many chunks has said enough.
MOST_CHUNKS = 5_000
QUESTION = "Say yes."
SCHEMA = {
    "type": "object",
    "properties": {"yes": {"type": "boolean"}},
    "required": ["yes"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
# What is said of the request. Some servers say so with a fault of their own, which others have for a moment only.
REFUSALS = frozenset({ErrorKind.INVALID_REQUEST, ErrorKind.TOO_LARGE, ErrorKind.CONTEXT_LENGTH})
REFUSING_FAULTS = (500, 501)


class Finding(msgspec.Struct, frozen=True):
    """`ability` is one of ABILITIES; `detail` says in a few words what came instead, or in which form it came."""

    ability: str
    state: State
    detail: str = ""


class _Trial(msgspec.Struct, frozen=True):
    """What one request gave; `sent` is the request as the client fitted it in the end."""

    outcome: Outcome | None = None
    error: EndpointError | None = None
    sent: Mapping[str, Any] = {}
    came_as_events: bool = False

    @property
    def choice(self) -> ChoiceOutcome | None:
        return self.outcome.choices[0] if self.outcome and self.outcome.choices else None

    @property
    def said_something(self) -> bool:
        return self.choice is not None and not self.choice.is_empty

    @property
    def was_cut(self) -> bool:
        """The limit came before the end: what is missing might have come yet."""
        return self.choice is not None and self.choice.finish_reason == "length"


async def probe_model(
    config: EndpointConfig,
    model: str,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    on_finding: OnFinding | None = None,
) -> list[Finding]:
    """What `model` can do, one finding for each of ABILITIES; `on_finding` hears of each as it is made.

    An endpoint that does not answer at all is not asked further.
    """
    patient = msgspec.structs.replace(config, retries=0, first_byte_timeout_seconds=SECONDS)
    findings: list[Finding] = []
    for ability, (members, judge) in _TRIALS.items():
        if len(findings) >= len(ANSWERS) and all(
            finding.state != "yes" for finding in findings[: len(ANSWERS)]
        ):
            finding = Finding(ability, "unclear", "not asked")
        else:
            # A client learns from refusals; each trial is to find out for itself.
            client = EndpointClient(patient, transport)
            try:
                trial = await _ask(client, {"model": model, **members})
            finally:
                await client.aclose()
            finding = _found(ability, trial, judge, mask_for(config))
        findings.append(finding)
        if on_finding:
            on_finding(finding)
    return findings


async def _ask(client: EndpointClient, members: dict[str, Any]) -> _Trial:
    body = {"messages": [{"role": "user", "content": QUESTION}], "max_tokens": TOKENS, **members}
    body = {name: value for name, value in body.items() if value is not None}
    accumulator = ChunkAccumulator()
    sent: list[Mapping[str, Any]] = [{}]
    try:
        async with (
            asyncio.timeout(2 * SECONDS),
            client.stream(body, on_send=sent.append) as stream,
        ):
            chunks = 0
            async for items in stream:
                for item in items:
                    accumulator.feed(item)
                chunks += len(items)
                if chunks > MOST_CHUNKS:
                    return _Trial(accumulator.outcome, None, sent[-1], stream.came_as_events)
            came_as_events = stream.came_as_events
    except TimeoutError:
        return _Trial(error=EndpointError(ErrorKind.TIMEOUT, "no end in time"), sent=sent[-1])
    except EndpointError as error:
        return _Trial(error=error, sent=sent[-1])
    accumulator.close()
    return _Trial(accumulator.outcome, accumulator.outcome.error, sent[-1], came_as_events)


def _found(ability: str, trial: _Trial, judge: Judge, mask: Mask) -> Finding:
    if trial.error:
        return Finding(ability, "no" if _is_refusal(trial.error) else "unclear", trial.error.message[:200])
    state, detail = judge(trial)
    if state == "no" and trial.was_cut:
        state, detail = "unclear", f"cut off: {detail}"
    # A model can say whatever it was sent.
    return Finding(ability, state, clean_text(mask(detail))[:200])


def _is_refusal(error: EndpointError) -> bool:
    is_fault = error.kind is ErrorKind.SERVER_ERROR and error.status in REFUSING_FAULTS
    return error.kind in REFUSALS or is_fault


def _says(trial: _Trial) -> tuple[State, str]:
    if trial.was_cut and not trial.said_something:
        return "yes", "thinks in secret"
    return ("yes", "") if trial.said_something else ("unclear", "empty")


def _streams(trial: _Trial) -> tuple[State, str]:
    return _says(trial) if trial.came_as_events else ("no", "came whole")


def _counts(trial: _Trial) -> tuple[State, str]:
    if trial.outcome is None or trial.outcome.usage is None:
        return "no", "no numbers came"
    return "yes", "" if "stream_options" in trial.sent else "unasked"


def _limits(name: str) -> Judge:
    def judge(trial: _Trial) -> tuple[State, str]:
        other = {"max_tokens", "max_completion_tokens"} & trial.sent.keys() - {name}
        return ("no", f"takes {other.pop()}") if other else ("yes", "")

    return judge


def _has_choices(trial: _Trial) -> tuple[State, str]:
    count = len(trial.outcome.choices) if trial.outcome else 0
    return ("yes", "") if count == 2 else ("no", f"{count} of 2 came")


def _has_logprobs(trial: _Trial) -> tuple[State, str]:
    told = (trial.choice.logprobs or {}).get("content") if trial.choice else None
    return ("yes", "") if told else ("no", "none came")


def _has_json(trial: _Trial) -> tuple[State, str]:
    text = trial.choice.text if trial.choice else ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "no", f"came: {text[:60]}"
    fits = isinstance(value, dict) and list(value) == ["yes"] and isinstance(value["yes"], bool)
    return ("yes", "") if fits else ("no", f"came: {text[:60]}")


def _has_call(trial: _Trial) -> tuple[State, str]:
    return ("yes", "") if trial.choice and trial.choice.tool_calls else ("no", "text came, no call")


def _has_sound(trial: _Trial) -> tuple[State, str]:
    parts = trial.choice.parts if trial.choice else []
    return ("yes", "") if any(part.data.get("audio_bytes") for part in parts) else ("no", "no sound came")


def _has_reasoning(trial: _Trial) -> tuple[State, str]:
    where = trial.choice.reasoning_in if trial.choice else ""
    return ("yes", where) if where else ("no", "none came")


def _saying(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": QUESTION}, *parts]}]}


def _picture() -> str:
    """A red square of 32 pixels, as PNG in a data: URL: smaller ones are refused by some."""
    rows = b"".join(b"\0" + b"\xd0\x20\x20" * 32 for _ in range(32))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _sound() -> str:
    """Half a second of silence, as WAV in base64."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(16_000))
    return base64.b64encode(file.getvalue()).decode()


_TRIALS: dict[str, tuple[dict[str, Any], Judge]] = {
    "whole": ({"stream": False}, _says),
    "stream": ({}, _streams),
    "usage": ({}, _counts),
    "max_tokens": ({}, _limits("max_tokens")),
    "max_completion_tokens": (
        {"max_tokens": None, "max_completion_tokens": TOKENS},
        _limits("max_completion_tokens"),
    ),
    "developer": (
        {"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": QUESTION}]},
        _says,
    ),
    "n": ({"n": 2}, _has_choices),
    "logprobs": ({"logprobs": True, "top_logprobs": 2}, _has_logprobs),
    "json_schema": (
        {
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
        },
        _has_json,
    ),
    "tools": (
        {
            "messages": [{"role": "user", "content": "What is the weather in Oslo? Use the tool."}],
            "tools": [TOOL],
            "tool_choice": "required",
        },
        _has_call,
    ),
    "images": (_saying({"type": "image_url", "image_url": {"url": _picture()}}), _says),
    "audio": (_saying({"type": "input_audio", "input_audio": {"data": _sound(), "format": "wav"}}), _says),
    "speech": (
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}, "stream": False},
        _has_sound,
    ),
    "reasoning": (
        {
            "messages": [{"role": "user", "content": "Think first: how much is 17 times 3?"}],
        },
        _has_reasoning,
    ),
}
ABILITIES = tuple(_TRIALS)
