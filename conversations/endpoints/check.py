"""The "Test connection" button: calls an endpoint as an answer would, and says in plain words what it found.

Invariant: never raises for anything that an endpoint may do; costs one tiny completion at most.
"""

import asyncio
import time

import httpx
import msgspec

from conversations.protocol.accumulator import ChunkAccumulator
from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.protocol.outcome import Outcome

from .client import EndpointClient
from .config import EndpointConfig
from .masking import mask_for

TEST_MESSAGES = [{"role": "user", "content": "Say yes."}]
TEST_TOKENS = 5
TEST_TIMEOUT_SECONDS = 60.0
# Models that a list may begin with, and that do not chat.
NOT_FOR_CHAT = (
    "embed",
    "whisper",
    "tts",
    "dall-e",
    "rerank",
    "moderation",
    "babbage",
    "davinci",
    "image",
    "sora",
)

ADVICE = {
    ErrorKind.AUTH: "Check the API key.",
    ErrorKind.QUOTA: "The key works, but its account has no credit or quota left.",
    ErrorKind.RATE_LIMIT: "The endpoint is there, but busy: try again in a while.",
    ErrorKind.MODEL_NOT_FOUND: "The endpoint does not know this model: check the model's name and the address.",
    ErrorKind.TIMEOUT: "A model that is being loaded may take minutes for its first answer: try again.",
    ErrorKind.SERVER_ERROR: "The endpoint is there, but failed: its own log may tell more.",
    ErrorKind.BAD_RESPONSE: "Check the address: most end in /v1.",
    ErrorKind.UNREACHABLE: "Check that the server runs, and that the address and port are right.",
}

NOT_ALLOWED = "The key is known, but may not do this: see at the provider what it may do."
FORBIDDEN = 403


class EndpointReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a test found out.

    reachable            something answered in HTTP
    models               names that the endpoint lists; None when it lists none of its models to us
    tested_model         the model that was asked for a completion, "" when there was none to ask
    answered             the completion came as it should
    first_token_seconds  from the request to the first text or reasoning; None when there was none
    usage_in_stream      whether token counts came with the streamed reply; None when there was no reply
    suggested_base_url   an address that would work where the given one did not, or ""
    diagnosis            plain sentences for the person who pressed the button
    """

    reachable: bool
    models: list[str] | None
    tested_model: str = ""
    answered: bool = False
    first_token_seconds: float | None = None
    usage_in_stream: bool | None = None
    suggested_base_url: str = ""
    error: EndpointError | None = None
    diagnosis: str = ""


class _Trial(msgspec.Struct):
    """One completion: what came of it, and after how long."""

    outcome: Outcome | None = None
    first_token_seconds: float | None = None
    error: EndpointError | None = None


async def check_endpoint(
    config: EndpointConfig, *, model: str = "", transport: httpx.AsyncBaseTransport | None = None
) -> EndpointReport:
    """List the models, then ask `model` (or the first that seems to chat) for a few tokens."""
    patience = min(config.first_byte_timeout_seconds, TEST_TIMEOUT_SECONDS)
    patient = msgspec.structs.replace(config, retries=0, first_byte_timeout_seconds=patience)
    client = EndpointClient(patient, transport)
    try:
        models, list_error = await _list(client)
        tested = model or model_to_test(models or [])
        trial = (
            await _try(client, tested)
            if tested and not _is_hopeless(list_error)
            else _Trial(error=list_error)
        )
    finally:
        await client.aclose()
    suggestion = ""
    error = trial.error or (list_error if not tested else None)
    if _is_wrong_path(error):
        suggestion = await _working_address(patient, transport)
    return _report(models, list_error, tested, trial, error, suggestion)


async def _list(client: EndpointClient) -> tuple[list[str] | None, EndpointError | None]:
    try:
        return [model.id for model in await client.list_models()], None
    except EndpointError as error:
        return None, error


async def _try(client: EndpointClient, model: str) -> _Trial:
    trial = _Trial()
    accumulator = ChunkAccumulator()
    started = time.monotonic()
    body = {"model": model, "messages": TEST_MESSAGES, "max_tokens": TEST_TOKENS}
    try:
        # Half of it is for the first byte, whose absence is told in its own words.
        async with asyncio.timeout(2 * TEST_TIMEOUT_SECONDS), client.stream(body) as stream:
            async for items in stream:
                for item in items:
                    accumulator.feed(item)
                if trial.first_token_seconds is None and not accumulator.outcome.is_empty:
                    trial.first_token_seconds = time.monotonic() - started
    except TimeoutError:
        message = f"{client.config.host} did not finish a test answer of {TEST_TOKENS} tokens in time."
        trial.error = EndpointError(ErrorKind.TIMEOUT, message)
        return trial
    except EndpointError as error:
        trial.error = error
        return trial
    accumulator.close()
    trial.outcome = accumulator.outcome
    trial.error = trial.outcome.error
    return trial


def _report(
    models: list[str] | None,
    list_error: EndpointError | None,
    tested: str,
    trial: _Trial,
    error: EndpointError | None,
    suggestion: str,
) -> EndpointReport:
    answered = trial.outcome is not None and trial.error is None
    reachable = answered or models is not None or (error is not None and error.status is not None)
    return EndpointReport(
        reachable=reachable,
        models=models,
        tested_model=tested,
        answered=answered,
        first_token_seconds=trial.first_token_seconds,
        usage_in_stream=trial.outcome.usage is not None if trial.outcome is not None else None,
        suggested_base_url=suggestion,
        error=error,
        diagnosis=" ".join(_sentences(models, tested, trial, error, suggestion)),
    )


def _sentences(
    models: list[str] | None, tested: str, trial: _Trial, error: EndpointError | None, suggestion: str
) -> list[str]:
    sentences = [_about_models(models)] if error is None or models is not None else []
    if error is not None:
        sentences.append(error.message if error.message.endswith((".", "!", "?")) else f"{error.message}.")
        sentences.append(f"Try {suggestion}" if suggestion else _advice(error))
    elif not tested:
        sentences.append("Name a model to test an answer.")
    elif trial.first_token_seconds is None:
        sentences.append(f"{tested} finished its test answer without any text.")
    else:
        sentences.append(f"{tested} began to answer after {trial.first_token_seconds:.1f} seconds.")
    return [sentence for sentence in sentences if sentence]


def _advice(error: EndpointError) -> str:
    if error.kind is ErrorKind.AUTH and error.status == FORBIDDEN:
        return NOT_ALLOWED
    return ADVICE.get(error.kind, "")


def _about_models(models: list[str] | None) -> str:
    if models is None:
        return "The endpoint does not list its models; type a name instead."
    if not models:
        return "The endpoint answers, but offers no models yet."
    return f"The endpoint offers {len(models)} model{'' if len(models) == 1 else 's'}."


def model_to_test(models: list[str]) -> str:
    """The first of them that seems to chat; "" when there is none."""
    chatting = [name for name in models if not any(word in name.lower() for word in NOT_FOR_CHAT)]
    return next(iter(chatting or models), "")


def _is_hopeless(error: EndpointError | None) -> bool:
    """Whether the list's error would be the completion's error as well."""
    if error is None or error.status == FORBIDDEN:  # some keys may chat, and not list
        return False
    return error.kind in (ErrorKind.UNREACHABLE, ErrorKind.AUTH)


def _is_wrong_path(error: EndpointError | None) -> bool:
    if error is None or error.kind is ErrorKind.UNREACHABLE:
        return False
    return error.kind is ErrorKind.BAD_RESPONSE or error.status in (404, 405)


async def _working_address(config: EndpointConfig, transport: httpx.AsyncBaseTransport | None) -> str:
    """The address with, or without, /v1 at its end, if a list of models is there."""
    path = config.url.raw_path.partition(b"?")[0].rstrip(b"/")
    other = config.at(path.removesuffix(b"/v1") if path.endswith(b"/v1") else path + b"/v1")
    client = EndpointClient(other, transport)
    try:
        await client.list_models()
    except EndpointError:
        return ""
    finally:
        await client.aclose()
    return mask_for(config)(str(other.url).rstrip("/"))
