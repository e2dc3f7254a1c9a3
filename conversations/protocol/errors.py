"""Everything that can go wrong in an exchange, as data; instances carry what they know and never a key.

ProtocolError
├── InvalidRequest     a client's request breaks the protocol; names the parameter
└── EndpointError      an endpoint failed, refused or did not answer; says what may be done about it
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

MAX_MESSAGE_CHARACTERS = 500


class ErrorKind(StrEnum):
    """What an endpoint's failure means to the person who waits for the answer."""

    INVALID_REQUEST = "invalid_request"
    AUTH = "auth"
    QUOTA = "quota"
    RATE_LIMIT = "rate_limit"
    MODEL_NOT_FOUND = "model_not_found"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTER = "content_filter"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    BAD_RESPONSE = "bad_response"
    EMPTY_RESPONSE = "empty_response"
    INCOMPLETE_STREAM = "incomplete_stream"
    UNREACHABLE = "unreachable"
    NO_ENDPOINT = "no_endpoint"  # there is none to ask any more
    INTERNAL = "internal"  # the client's own fault, not the endpoint's


class Retry(StrEnum):
    """Whether to repeat: yes (nothing was received), no (useless), user (only a person may decide)."""

    YES = "yes"
    NO = "no"
    USER = "user"


class ProtocolError(Exception):
    """Base of the tree, so that callers can write one except clause."""


class InvalidRequest(ProtocolError):
    """A client's request breaks the protocol.

    `param` is the path of the offending member, such as "messages[2].content[0].image_url.url", or None
    when the body as a whole is at fault. `code` is the protocol's code word, such as "invalid_type", or None.
    """

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code

    def to_json(self) -> dict[str, Any]:
        """The body of the 400 answer: {"error": {message, type, param, code}}."""
        return {
            "error": {
                "message": self.message,
                "type": "invalid_request_error",
                "param": self.param,
                "code": self.code,
            }
        }


class EndpointError(ProtocolError):
    """An endpoint failed, refused or did not answer.

    message      plain text of at most 500 characters, keys masked
    status       HTTP status of the reply, None when there was no reply
    type, code   as the endpoint gave them (code always as text), None when absent
    param        the member of the request the endpoint complained about
    retry_after  seconds the endpoint asks to wait
    attempts     how often it was tried
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        retry: Retry = Retry.NO,
        status: int | None = None,
        type: str | None = None,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry = retry
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.retry_after = retry_after
        self.attempts = 1

    def __repr__(self) -> str:
        return f"EndpointError({self.kind.value}, {self.message!r}, status={self.status}, code={self.code!r})"

    def to_json(self) -> dict[str, Any]:
        """All that is known, as JSON values, for storage."""
        return {
            "kind": self.kind.value,
            "message": self.message,
            "retry": self.retry.value,
            "status": self.status,
            "type": self.type,
            "code": self.code,
            "param": self.param,
            "retry_after": self.retry_after,
        }

    def after_output(self) -> EndpointError:
        """This error as it counts once part of an answer has been received: no automatic repetition."""
        if self.retry is not Retry.YES:
            return self
        return EndpointError(
            self.kind,
            self.message,
            retry=Retry.USER,
            status=self.status,
            type=self.type,
            code=self.code,
            param=self.param,
            retry_after=self.retry_after,
        )
