"""Errors as endpoints tell them, in every shape of body, made into EndpointError; reading never raises."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import msgspec

from .error_kinds import kind_of, retry_of
from .errors import EndpointError, ErrorKind, Retry
from .json_reading import NOT_JSON, read_json
from .key_masking import MAX_READ_CHARACTERS, Mask, mask_keys, plain_text
from .sse import SSEDecoder
from .text_repair import clean_text

_NAMES_OF_MESSAGE = ("message", "detail", "msg", "err", "error_msg", "error_message", "errors", "status_msg")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_MAX_DEPTH = 4
_MAX_PAGE_CHARACTERS = 8_000
_MAX_WORD_CHARACTERS = 200


# 415: a server that takes no JSON is none that models answer at.
_NO_SUCH_ADDRESS = (404, 405, 415)


class ErrorFacts(msgspec.Struct):
    """What an error object says, before it is judged. `words` are further code words, such as gRPC's."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    param: str | None = None
    words: list[str] = []
    retry_after: float | None = None


def read_error(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime | None = None,
    mask: Mask = mask_keys,
) -> EndpointError:
    """The error in a reply whose status is not 2xx. `now` is for reading Retry-After dates."""
    lowered = {name.lower(): value for name, value in headers.items()}
    value = _body_value(body)
    is_page = value is NOT_JSON and body.lstrip()[:1] == b"<"
    facts = None if value is NOT_JSON else _facts(value, 0)
    if facts is None:
        text = _page_text(body) if is_page else body[:MAX_READ_CHARACTERS].decode("utf-8", "replace").strip()
        facts = ErrorFacts(message=_with_status(status, text))
    elif status in _NO_SUCH_ADDRESS and _says_no_more(facts):
        value = NOT_JSON
        facts.message = _with_status(status, "")
    if value is NOT_JSON and status in _NO_SUCH_ADDRESS:
        # The web server speaks, and knows no such address: nobody was asked for a model.
        message = f"{facts.message} (is the base URL right? Most end in /v1)"
        return bad_response(message, status=status, mask=mask)
    wait = _retry_after(lowered, now or datetime.now(UTC))
    return _judge(
        facts,
        status,
        is_page=is_page,
        retry_after=facts.retry_after if wait is None else wait,
        advice=lowered.get("x-should-retry"),
        mask=mask,
    )


def read_error_value(
    value: Any, *, status: int = 200, is_error: bool = False, mask: Mask = mask_keys
) -> EndpointError | None:
    """The error in a JSON value that came with a good status; None when the value is no error.

    `is_error` says that the value is known to be one, as after "event: error".
    """
    if not is_error and not _tells_error(value):
        return None
    error = told_error(value, status=status, mask=mask)
    if error is not None:
        return error
    return _judge(ErrorFacts(), status, is_page=False, retry_after=None, advice=None, mask=mask)


def told_error(value: Any, *, status: int, mask: Mask = mask_keys) -> EndpointError | None:
    """What a JSON value says when read as an error; None when nothing in it can be."""
    facts = _facts(value, 0)
    if facts is None:
        return None
    return _judge(facts, status, is_page=False, retry_after=facts.retry_after, advice=None, mask=mask)


def bad_response(message: str, *, status: int, mask: Mask = mask_keys) -> EndpointError:
    """The reply to a request that went well is not what the protocol calls a reply."""
    return EndpointError(ErrorKind.BAD_RESPONSE, plain_text(message, mask), retry=Retry.NO, status=status)


def page_error(body: bytes, *, status: int, mask: Mask = mask_keys) -> EndpointError:
    """A web page came where a reply was expected: most often the base URL is wrong."""
    title = _page_text(body)
    named = f" ({title})" if title else ""
    return bad_response(
        f"The server answered with a web page{named}, not with a reply: is the base URL right?",
        status=status,
        mask=mask,
    )


def _says_no_more(facts: ErrorFacts) -> bool:
    """Whether an error holds only what its status says anyway, as web frameworks word it."""
    said = facts.message.strip(" .").lower()
    return said in ("", "not found", "method not allowed", "unsupported media type") and not (
        facts.code or facts.type or facts.words
    )


def _judge(
    facts: ErrorFacts,
    status: int,
    *,
    is_page: bool,
    retry_after: float | None,
    advice: str | None,
    mask: Mask,
) -> EndpointError:
    facts.message = facts.message[:MAX_READ_CHARACTERS]
    effective = status if status >= 300 else _embedded_status(facts)
    words = [word for word in (facts.code, *facts.words, facts.type) if word]
    kind = kind_of(effective, words, facts.message)
    return EndpointError(
        kind,
        plain_text(facts.message, mask) or _unexplained(status),
        retry=retry_of(kind, effective, is_page=is_page, retry_after=retry_after, advice=advice),
        status=status,
        type=_short(facts.type, mask),
        code=_short(facts.code, mask),
        param=_short(facts.param, mask),
        retry_after=retry_after,
    )


def _body_value(body: bytes) -> Any:
    if body.lstrip().startswith((b"data:", b"event:", b"error:")):
        decoder = SSEDecoder()
        events = decoder.feed(body) + decoder.close()
        return read_json(events[0].data) if events else NOT_JSON
    return read_json(body)


def _tells_error(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict) and _tells_error(value[0])
    if not isinstance(value, dict):
        return False
    base = value.get("base_resp")
    return bool(
        value.get("error")
        or value.get("object") == "error"
        or value.get("success") is False
        or (isinstance(base, dict) and base.get("status_code") not in (0, None, "0"))
    )


def _facts(value: Any, depth: int) -> ErrorFacts | None:
    """What an error body says; None when nothing in it can be read as an error."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, str):
        return ErrorFacts(message=value) if value.strip() else None
    if isinstance(value, list):
        return _facts_of_list(value, depth)
    if not isinstance(value, dict):
        return None
    inner = value.get("error") or value.get("base_resp")
    if isinstance(inner, dict | list):
        facts = _facts(inner, depth + 1)
    elif isinstance(inner, str) and not isinstance(value.get("message"), str):
        facts = ErrorFacts(message=inner)
    else:
        facts = next((f for name in _NAMES_OF_MESSAGE if (f := _facts(value.get(name), depth + 1))), None)
    return _with_members(facts, value)


def _with_members(facts: ErrorFacts | None, value: dict[str, Any]) -> ErrorFacts | None:
    kind = _word(value.get("type")) or _word(value.get("error_type"))
    code = _word(value.get("code"))
    if facts is None and not (code or value.get("type") == "error"):
        return None
    facts = facts or ErrorFacts()
    if facts.type is None and kind != "error":
        facts.type = kind
    facts.code = facts.code or code
    facts.param = facts.param or _word(value.get("param"))
    facts.words = [*facts.words, *_further_words(value)]
    if "status_code" in value:
        facts.code = facts.code or _word(value["status_code"])
    metadata = value.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if isinstance(raw, str) and raw not in facts.message:
        facts.message = f"{facts.message}: {raw}"
    if isinstance(value.get("details"), list):
        facts.retry_after = _delay_in_details(value["details"])
    return facts


def _further_words(value: dict[str, Any]) -> list[str]:
    inner = value.get("innererror")
    candidates = [inner.get("code") if isinstance(inner, dict) else None, value.get("status")]
    if "status_msg" in value:
        candidates.append(f"minimax_{value.get('status_code')}")
    return [word for candidate in candidates if isinstance(candidate, str) and (word := candidate.strip())]


def _facts_of_list(items: list[Any], depth: int) -> ErrorFacts | None:
    """A list of errors: Gemini's array, or FastAPI's [{loc, msg, type}] with the path in loc."""
    for item in items:
        facts = _facts(item, depth + 1)
        if facts is None:
            continue
        location = item.get("loc") if isinstance(item, dict) else None
        if isinstance(location, list):
            facts.words = [*facts.words, *([facts.type] if facts.type else [])]
            facts.type = None
            path = ".".join(str(step) for step in location if step != "body")
            facts.param = _word(path)
            facts.message = f"{path}: {facts.message}" if path else facts.message
        return facts
    return None


def _word(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return clean_text(str(value)[:MAX_READ_CHARACTERS]).strip() or None


def _embedded_status(facts: ErrorFacts) -> int:
    code = facts.code or ""
    return int(code) if len(code) == 3 and code.isascii() and code.isdigit() and code[0] in "45" else 0


def _delay_in_details(details: list[Any]) -> float | None:
    for detail in details:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and delay.endswith("s"):
            return _seconds(delay[:-1])
    return None


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "").strip()
    seconds = _seconds(text)
    if seconds is not None or not text:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _page_text(body: bytes) -> str:
    page = body[:_MAX_PAGE_CHARACTERS].decode("utf-8", "replace")
    title = _TITLE.search(page)
    text = title[1] if title and title[1].strip() else _TAG.sub(" ", page)
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())[:200]


def _unexplained(status: int) -> str:
    return _with_status(status, "") if status >= 300 else "The endpoint reported an error without a message."


def _with_status(status: int, text: str) -> str:
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = f"status {status}"
    if not text:
        return phrase
    return text if str(status) in text else f"{phrase}: {text}"


def _short(word: str | None, mask: Mask) -> str | None:
    return word and (mask(word)[:_MAX_WORD_CHARACTERS] or None)
