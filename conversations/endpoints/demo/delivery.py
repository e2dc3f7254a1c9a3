"""Sends planned choices as the bytes of a Chat Completions reply: server-sent events over time, or one JSON.

Invariant: chunks follow the stream rules of the official clients: one role chunk for each choice first, in
order; a finish chunk for each; then, if asked for, one usage chunk without choices; then `[DONE]`.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import httpx
import msgspec

from conversations.media import wav_header

from .pieces import Cut, Fail, Pace, Pause, Show
from .plan import ChoicePlan, Sound, Step, Token
from .speech import BYTES_PER_SECOND, RATE

COMMENT = b": the demo is thinking\n\n"
COMMENT_EVERY_SECONDS = 1.0
DONE = b"data: [DONE]\n\n"
# Tokens that are due closer together than this leave in one write.
SMALLEST_SLEEP_SECONDS = 0.004
# Sound comes faster than it is heard, so that playing it never has to wait.
FASTER_THAN_SOUND = 4.0

encode_json = msgspec.json.Encoder().encode


class Tempo(msgspec.Struct, frozen=True):
    """How fast the demo writes; `tokens_per_second` 0 means at once."""

    tokens_per_second: float = 60.0
    first_token_seconds: float = 0.3

    def seconds(self, step: Step, pace: float) -> float:
        if not self.tokens_per_second:
            return 0.0
        if isinstance(step, Pause):
            return step.seconds
        if isinstance(step, Sound):
            return len(step.pcm) / BYTES_PER_SECOND / (FASTER_THAN_SOUND * pace)
        return 1 / (self.tokens_per_second * pace) if isinstance(step, Token) else 0.0


class Envelope(msgspec.Struct, frozen=True):
    """What all objects of one reply share; `usage` in a stream only if it was asked for."""

    id: str
    created: int
    model: str
    usage: dict[str, Any]
    include_usage: bool = False
    audio_format: str = "wav"

    def chunk(self, choices: list[dict[str, Any]], *, usage: dict[str, Any] | None = None) -> bytes:
        body = {**self._head("chat.completion.chunk"), "choices": choices}
        if self.include_usage:
            body["usage"] = usage
        return b"data: " + encode_json(body) + b"\n\n"

    def delta(self, index: int, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self.chunk([choice])

    def completion(self, plans: Sequence[ChoicePlan]) -> bytes:
        choices = [
            {
                "index": index,
                "message": self._message(plan),
                "logprobs": None,
                "finish_reason": plan.finish_reason,
            }
            for index, plan in enumerate(plans)
        ]
        return encode_json({**self._head("chat.completion"), "choices": choices, "usage": self.usage})

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": "demo",
        }

    def _message(self, plan: ChoicePlan) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": plan.text, "refusal": None}
        if plan.reasoning:
            message["reasoning_content"] = plan.reasoning
        if plan.sounds:
            message["content"] = None
            message["audio"] = self._audio(plan.sounds)
        if plan.pictures:
            message["images"] = [_image(index, picture) for index, picture in enumerate(plan.pictures)]
        return message

    def _audio(self, sounds: Sequence[Sound]) -> dict[str, Any]:
        pcm = b"".join(sound.pcm for sound in sounds)
        header = wav_header(len(pcm), rate=RATE) if self.audio_format == "wav" else b""
        return {
            "id": "".join(sound.id for sound in sounds),
            "data": base64.b64encode(header + pcm).decode(),
            "transcript": "".join(sound.transcript for sound in sounds),
            "expires_at": max(sound.expires_at for sound in sounds),
        }


def _image(index: int, picture: Show) -> dict[str, Any]:
    url = f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"
    return {"type": "image_url", "index": index, "image_url": {"url": url}}


def _audio_delta(sound: Sound) -> dict[str, Any]:
    delta = {
        "id": sound.id,
        "transcript": sound.transcript,
        "data": base64.b64encode(sound.pcm).decode(),
        "expires_at": sound.expires_at,
    }
    return {name: value for name, value in delta.items() if value}


class BodyStream(httpx.AsyncByteStream):
    """A whole body, after the time that writing it takes; with `cut`, the connection breaks in its middle."""

    def __init__(self, body: bytes, *, seconds: float = 0.0, cut: bool = False) -> None:
        self._body = body
        self._seconds = seconds
        self._cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await asyncio.sleep(self._seconds)
        yield self._body[: len(self._body) // 2] if self._cut else self._body
        if self._cut:
            raise httpx.ReadError("the demo cut the connection off")


class EventStream(httpx.AsyncByteStream):
    """The choices' steps as server-sent events, all choices side by side, each token when it is due."""

    def __init__(self, envelope: Envelope, plans: Sequence[ChoicePlan], tempo: Tempo) -> None:
        self._envelope = envelope
        self._plans = plans
        self._tempo = tempo

    async def __aiter__(self) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        pending: list[bytes] = []
        due = clock() + (self._tempo.first_token_seconds if self._tempo.tokens_per_second else 0.0)
        for data, seconds in self._events():
            async for comment in self._wait_until(due, clock, pending):
                yield comment
            if data is None:
                yield b"".join(pending)
                raise httpx.ReadError("the demo cut the connection off")
            pending.append(data)
            due += seconds
        yield b"".join(pending)

    async def _wait_until(
        self, due: float, clock: Callable[[], float], pending: list[bytes]
    ) -> AsyncIterator[bytes]:
        """Sends what is pending before it sleeps, and a comment now and then while it does."""
        if due - clock() < SMALLEST_SLEEP_SECONDS:
            return
        if pending:
            yield b"".join(pending)
            pending.clear()
        while (rest := due - clock()) > 0:
            await asyncio.sleep(min(rest, COMMENT_EVERY_SECONDS))
            if rest > COMMENT_EVERY_SECONDS:
                yield COMMENT

    def _events(self) -> Iterator[tuple[bytes | None, float]]:
        """Each event's bytes and the pause after it, in seconds; None where the connection breaks."""
        for index, plan in enumerate(self._plans):
            yield (
                self._envelope.delta(index, {"role": "assistant", "content": None if plan.sounds else ""}),
                0.0,
            )
        paces = [1.0] * len(self._plans)
        pictures = [0] * len(self._plans)
        for index, step in _side_by_side(self._plans):
            if isinstance(step, Pace):
                paces[index] = step.factor
                continue
            if isinstance(step, Show):
                image = _image(pictures[index], step)
                pictures[index] += 1
                yield self._envelope.delta(index, {"content": "", "images": [image]}), 0.0
                continue
            yield self._event(index, step), self._tempo.seconds(step, paces[index]) / len(self._plans)
            if isinstance(step, Fail | Cut):
                return
        for index, plan in enumerate(self._plans):
            yield self._envelope.delta(index, {}, plan.finish_reason), 0.0
        if self._envelope.include_usage:
            yield self._envelope.chunk([], usage=self._envelope.usage), 0.0
        yield DONE, 0.0

    def _event(self, index: int, step: Step) -> bytes | None:
        if isinstance(step, Token):
            name = "reasoning_content" if step.reasoning else "content"
            return self._envelope.delta(index, {name: step.text})
        if isinstance(step, Sound):
            return self._envelope.delta(index, {"audio": _audio_delta(step)})
        if isinstance(step, Fail):
            return b"data: " + encode_json({"error": error_object(step.message)}) + b"\n\n"
        return COMMENT if isinstance(step, Pause) else None


def error_object(message: str) -> dict[str, Any]:
    return {"message": message, "type": "server_error", "param": None, "code": "demo_error"}


def _side_by_side(plans: Sequence[ChoicePlan]) -> Iterator[tuple[int, Step]]:
    """One step of each choice in turn, until all are at their end."""
    running = {index: iter(plan.steps) for index, plan in enumerate(plans)}
    while running:
        for index, steps in list(running.items()):
            step = next(steps, None)
            if step is None:
                del running[index]
            else:
                yield index, step
