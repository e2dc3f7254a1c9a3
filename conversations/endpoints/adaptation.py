"""Fits a request to what one endpoint accepts, and learns from its refusals.

Invariant: only what the client chose by itself, or the name of the token limit, is ever changed (one goes out); what a
person set is sent as set, or refused by the endpoint in its own words.
"""

import re
from collections.abc import Mapping
from typing import Any

from conversations.protocol.errors import EndpointError, ErrorKind

from .config import EndpointConfig

USAGE_OPTIONS = {"include_usage": True}
OTHER_TOKEN_LIMIT = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
COMPLAINT = re.compile(
    r"unsupported|not supported|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed|use '?max_",
    re.I,
)
# A limit that is too high, or too low, is so under any name.
ABOUT_VALUE = re.compile(
    r"\bvalues?\b|too (large|big|high|long|small|low)|at (most|least)|(less|greater|more|smaller|larger) than"
    r"|exceed|maximum|minimum|between|range|[<>]=?",
    re.I,
)
REFUSING_STATUSES = (400, 422)


class RequestShape:
    """One client's knowledge of its endpoint; it lasts as long as the client."""

    def __init__(self, config: EndpointConfig) -> None:
        self._config = config
        self._asks_usage = config.include_usage
        self._token_limit = config.token_limit

    def fit(self, body: Mapping[str, Any], *, stream: bool) -> dict[str, Any]:
        """The JSON to send for a request's body."""
        fitted = {**self._config.extra_body, **body, "stream": stream}
        self._keep_one_token_limit(fitted, body)
        if not stream:
            fitted.pop("stream_options", None)
        elif self._asks_usage:
            fitted.setdefault("stream_options", USAGE_OPTIONS)
        self._rename_token_limit(fitted)
        for name in self._config.removed_parameters:
            fitted.pop(name, None)
        return fitted

    def learn(self, error: EndpointError, body: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
        """Whether the refusal teaches something, so that the same body, fitted again, may be accepted."""
        if error.status not in REFUSING_STATUSES or error.kind is not ErrorKind.INVALID_REQUEST:
            return False
        complaint = f"{error.param or ''} {error.code or ''} {error.type or ''} {error.message}"
        chosen = "stream_options" in sent and "stream_options" not in body
        if chosen and re.search("stream_options|include_usage", complaint):
            self._asks_usage = False
            return True
        return self._learn_token_limit(complaint, sent)

    def _learn_token_limit(self, complaint: str, sent: Mapping[str, Any]) -> bool:
        for name, other in OTHER_TOKEN_LIMIT.items():
            named = re.search(rf"\b{name}\b", complaint) and COMPLAINT.search(complaint)
            if name in sent and named and not ABOUT_VALUE.search(complaint):
                self._token_limit = other
                return True
        return False

    def _keep_one_token_limit(self, fitted: dict[str, Any], body: Mapping[str, Any]) -> None:
        """Endpoints refuse both at once; the request's own goes before one that is merged into every request."""
        given = [name for name in OTHER_TOKEN_LIMIT if name in fitted]
        if len(given) == 2:
            kept = max(given, key=lambda name: self._rank(name, fitted, body))
            del fitted[OTHER_TOKEN_LIMIT[kept]]

    def _rank(self, name: str, fitted: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[bool, ...]:
        is_removed = name in self._config.removed_parameters
        # Servers that take both at once go by the newer name.
        return not is_removed, fitted[name] is not None, name in body, name == "max_completion_tokens"

    def _rename_token_limit(self, fitted: dict[str, Any]) -> None:
        other = OTHER_TOKEN_LIMIT.get(self._token_limit)
        if other in fitted and self._token_limit not in fitted:
            fitted[self._token_limit] = fitted.pop(other)
