"""What a failure means and whether repeating helps: one table of words, one of messages, one of statuses.

Code words are looked at before the message, the message before the HTTP status: gateways answer 500 to a
bad request and 503 to an unknown model, and rename error.type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .errors import ErrorKind, Retry

LONGEST_AUTOMATIC_WAIT_SECONDS = 120.0

_WORDS: dict[ErrorKind, str] = {
    ErrorKind.CONTEXT_LENGTH: """context_length_exceeded exceed_context_size_error context_window_exceeded
        contextwindowexceedederror model_context_window_exceeded prompt_too_long input_too_long""",
    ErrorKind.CONTENT_FILTER: """content_filter content_policy_violation contentpolicyviolationerror
        responsibleaipolicyviolation sensitive_words_detected prompt_blocked data_inspection_failed
        datainspectionfailed minimax_1026 minimax_1027""",
    ErrorKind.QUOTA: """insufficient_quota insufficient_user_quota pre_consume_token_quota_failed
        insufficient_balance insufficient_funds billing_hard_limit_reached billing_not_active
        exceeded_current_quota_error payment_required arrearage minimax_1008""",
    ErrorKind.MODEL_NOT_FOUND: """model_not_found model_not_exist model_not_available not_found_error
        notfounderror deploymentnotfound deployment_not_found unknown_model model_not_supported""",
    ErrorKind.AUTH: """invalid_api_key incorrect_api_key api_key_invalid authentication_error
        authenticationerror invalid_authentication_error unauthorized unauthenticated permission_error
        permission_denied permissiondeniederror access_denied minimax_1004 minimax_2049""",
    ErrorKind.BAD_RESPONSE: "unknown_url method_not_supported",
    ErrorKind.TOO_LARGE: "request_too_large read_request_body_failed",
    ErrorKind.RATE_LIMIT: """rate_limit_exceeded rate_limit_error ratelimiterror rate_limit_reached_error
        too_many_requests resource_exhausted minimax_1002 minimax_1039""",
    ErrorKind.TIMEOUT: "timeout timeout_error timeouterror request_timeout deadline_exceeded minimax_1001",
    ErrorKind.INVALID_REQUEST: """invalid_request model_price_error extra_forbidden unsupported_parameter
        unsupported_value invalid_parameter_combination invalid_value invalid_type
        missing_required_parameter minimax_2013""",
}
_KIND_OF_WORD = {word: kind for kind, words in _WORDS.items() for word in words.split()}

# Types that so many different errors carry that they count only when nothing else speaks.
_KIND_OF_VAGUE_WORD = {
    "invalid_request_error": ErrorKind.INVALID_REQUEST,
    "badrequesterror": ErrorKind.INVALID_REQUEST,
    "invalid_argument": ErrorKind.INVALID_REQUEST,
    "unprocessableentityerror": ErrorKind.INVALID_REQUEST,
}

_MESSAGES: list[tuple[ErrorKind, re.Pattern[str]]] = [
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            ErrorKind.CONTEXT_LENGTH,
            r"maximum context length|available context size|context (length|window|size) (is |was )?exceeded"
            r"|exceeds? (the |its |this )?(model'?s? )?(maximum )?context|(prompt|input) is too long"
            r"|longer than the model'?s context|too many tokens in (the )?prompt",
        ),
        (
            ErrorKind.QUOTA,
            r"free-models-per-day|insufficient (account )?(balance|credits?|funds)"
            r"|(no|not enough|out of) credits?\b|exceeded your current quota"
            r"|余额不足|额度不足|额度已用尽|欠费",
        ),
        (
            ErrorKind.MODEL_NOT_FOUND,
            r"无可用渠道|no available channel|\bmodel\b.{0,120}?(not found|does not exist|not exist\b)"
            r"|no such model|unknown model|模型不存在",
        ),
        (ErrorKind.AUTH, r"(incorrect|invalid) api[ _-]?key|api[ _-]?key (is )?(not valid|invalid|expired)"),
        (ErrorKind.CONTENT_FILTER, r"content management policy|content[ _]policy violation"),
        (ErrorKind.INVALID_REQUEST, r"(image|audio|video) input is not supported"),
    )
]

# What servers say of an address that they do not have, under words and statuses that mean models elsewhere.
_WRONG_ADDRESS = re.compile(
    r"^invalid url \((get|post)|unexpected endpoint or method|^route \S+ not found|^cannot (get|post) /"
    r"|^(file |page |path )?not found\W*$",
    re.IGNORECASE,
)

_KIND_OF_STATUS = {
    401: ErrorKind.AUTH,
    402: ErrorKind.QUOTA,
    403: ErrorKind.AUTH,
    404: ErrorKind.MODEL_NOT_FOUND,
    408: ErrorKind.TIMEOUT,
    409: ErrorKind.SERVER_ERROR,
    413: ErrorKind.TOO_LARGE,
    429: ErrorKind.RATE_LIMIT,
    504: ErrorKind.TIMEOUT,
    524: ErrorKind.TIMEOUT,
}

_REPEATABLE = frozenset({ErrorKind.RATE_LIMIT, ErrorKind.SERVER_ERROR, ErrorKind.TIMEOUT})


def kind_of(status: int, words: Iterable[str], message: str) -> ErrorKind:
    """The kind of an error. `status` is 0 when none is known; `words` are code, type and the like."""
    if _WRONG_ADDRESS.search(message):
        return ErrorKind.BAD_RESPONSE
    lowered = [word.lower() for word in words]
    named = next((kind for word in lowered if (kind := _KIND_OF_WORD.get(word))), None)
    if status == 413 and named is not ErrorKind.CONTEXT_LENGTH:
        return ErrorKind.TOO_LARGE
    if named is not None and not (named is ErrorKind.INVALID_REQUEST and status in _KIND_OF_STATUS):
        return named
    told = next((kind for kind, pattern in _MESSAGES if pattern.search(message)), None)
    if told is not None and status not in (401, 402):
        return told
    if status in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[status]
    vague = next((kind for word in lowered if (kind := _KIND_OF_VAGUE_WORD.get(word))), None)
    if 300 <= status < 500 or vague is not None:
        return ErrorKind.INVALID_REQUEST
    return ErrorKind.SERVER_ERROR


def retry_of(
    kind: ErrorKind, status: int, *, is_page: bool, retry_after: float | None, advice: str | None
) -> Retry:
    """Whether to repeat a request of which nothing was received.

    is_page      the body is a web page, so a proxy speaks: the endpoint may still be at work, and bill
    retry_after  seconds the endpoint asks to wait
    advice       the x-should-retry header
    """
    wanted = advice == "true" if advice in ("true", "false") else kind in _REPEATABLE
    if not wanted:
        return Retry.NO
    if retry_after is not None and retry_after > LONGEST_AUTOMATIC_WAIT_SECONDS:
        return Retry.USER
    if status == 524 or (status == 504 and is_page):
        return Retry.USER
    return Retry.YES
