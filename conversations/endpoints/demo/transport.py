"""The demo endpoint's HTTP side: routes, validation, status codes; an httpx transport in place of a network.

Invariant: what it refuses, it refuses as the protocol says: plain JSON with a real status, before any stream.
"""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from conversations.protocol.errors import InvalidRequest
from conversations.protocol.requests import parse_request

from .costs import usage_of
from .delivery import BodyStream, Envelope, EventStream, Tempo, encode_json, error_object
from .pieces import Cut, Fail, Piece, Refuse
from .plan import ChoicePlan, plan_choice
from .reading import DemoRequest, read_request
from .scenarios import MOST_CHOICES, REASONING_MODEL, choices_of, reply_to
from .speech import spoken

DEMO_BASE_URL = "demo://built-in/v1"
DEMO_MODELS = ("demo", REASONING_MODEL)
STREAMED_FORMATS = ("pcm16",)
WHOLE_FORMATS = ("wav", "pcm16")
MODELS_CREATED = 1_735_689_600
EVENT_STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}


class DemoTransport(httpx.AsyncBaseTransport):
    """Answers Chat Completions requests without a network.

    `tokens_per_second` 0 writes everything at once; `first_token_seconds` is the wait before the first word.
    """

    def __init__(self, *, tokens_per_second: float = 60.0, first_token_seconds: float = 0.3) -> None:
        self._tempo = Tempo(tokens_per_second, first_token_seconds)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rstrip("/")
        if path.endswith("/models") and request.method == "GET":
            return _json(200, {"object": "list", "data": [_model(name) for name in DEMO_MODELS]})
        if not path.endswith("/chat/completions"):
            return _refuse(
                Refuse(404, f"Invalid URL ({request.method} {path})", "invalid_request_error", "unknown_url")
            )
        if request.method != "POST":
            message = f"Not allowed to {request.method} on {path}."
            return _refuse(Refuse(405, message, "invalid_request_error", headers={"allow": "POST"}))
        # A long answer is planned as a whole, which takes a moment: in a thread, so that nobody else waits for it.
        return await asyncio.to_thread(self._chat_completion, await request.aread())

    def _chat_completion(self, content: bytes) -> httpx.Response:
        try:
            body = parse_request(content).to_json()
        except InvalidRequest as error:
            return _refuse(Refuse(400, error.message, "invalid_request_error", error.code, error.param))
        if body["model"] not in DEMO_MODELS:
            message = f"The model `{body['model']}` does not exist or you do not have access to it."
            return _refuse(Refuse(404, message, "invalid_request_error", "model_not_found", "model"))
        request = read_request(body)
        if request.n > MOST_CHOICES:
            message = f"Invalid 'n': expected a value <= {MOST_CHOICES}, but got {request.n} instead."
            return _refuse(Refuse(400, message, "invalid_request_error", "integer_above_max_value", "n"))
        if refusal := _unspeakable(body, request):
            return _refuse(refusal)
        replies = [list(reply_to(request.for_choice(index))) for index in range(choices_of(request))]
        if refusal := _refusal(replies):
            return _refuse(refusal)
        plans = [plan_choice(pieces, stop=request.stop, limit=request.limit) for pieces in replies]
        plans = [_aloud_if_asked(plan, request) for plan in plans]
        return self._deliver(body, request, plans)

    def _deliver(
        self, body: Mapping[str, Any], request: DemoRequest, plans: Sequence[ChoicePlan]
    ) -> httpx.Response:
        options = body.get("stream_options") or {}
        envelope = Envelope(
            id=f"chatcmpl-demo-{uuid.uuid4().hex}",
            created=int(time.time()),
            model=request.model,
            usage=usage_of(request, plans),
            include_usage=bool(options.get("include_usage")),
            audio_format="pcm16" if request.audio_format == "pcm16" else "wav",
        )
        if body.get("stream"):
            stream = EventStream(envelope, plans, self._tempo)
            return httpx.Response(200, headers=_headers(EVENT_STREAM_HEADERS), stream=stream)
        steps = [step for plan in plans for step in plan.steps]
        if failure := next((step for step in steps if isinstance(step, Fail)), None):
            return _json(500, {"error": error_object(failure.message)}, {"x-should-retry": "false"})
        body_stream = BodyStream(
            envelope.completion(plans),
            seconds=sum(self._tempo.seconds(step, 1.0) for step in steps),
            cut=any(isinstance(step, Cut) for step in steps),
        )
        return httpx.Response(200, headers=_headers({"content-type": "application/json"}), stream=body_stream)


def _unspeakable(body: Mapping[str, Any], request: DemoRequest) -> Refuse | None:
    """A refusal of sound in a format that is not to be had; in a stream that is any but bare samples."""
    if "audio" not in request.modalities:
        return None
    possible = STREAMED_FORMATS if body.get("stream") else WHOLE_FORMATS
    if request.audio_format in possible:
        return None
    supported = " and ".join(f"'{name}'" for name in possible)
    message = (
        f"Unsupported value: 'audio.format' does not support '{request.audio_format}' with "
        f"stream={'true' if body.get('stream') else 'false'}. Supported values are: {supported}."
    )
    return Refuse(400, message, "invalid_request_error", "unsupported_value", "audio.format")


def _aloud_if_asked(plan: ChoicePlan, request: DemoRequest) -> ChoicePlan:
    if not plan.is_aloud and "audio" not in request.modalities:
        return plan
    return spoken(plan, identifier=f"audio_{uuid.uuid4().hex}", now=time.time())


def _refusal(replies: Sequence[Sequence[Piece]]) -> Refuse | None:
    return next((piece for pieces in replies for piece in pieces if isinstance(piece, Refuse)), None)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": MODELS_CREATED, "owned_by": "chatsite"}


def _refuse(refusal: Refuse) -> httpx.Response:
    return _json(refusal.status, refusal.to_json(), refusal.headers)


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> httpx.Response:
    all_headers = _headers({"content-type": "application/json", **(headers or {})})
    return httpx.Response(status, headers=all_headers, content=encode_json(body))


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {**headers, "x-request-id": f"req_{uuid.uuid4().hex}"}
