"""How likely each token of an answer was, for readers: from the log probabilities that an endpoint gave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from conversations.models import Message

# A token is coloured by the first of these shares that it reaches; what is below them all gets the strongest colour.
SHARES = (0.9, 0.6, 0.3, 0.1)


class Alternative(msgspec.Struct, frozen=True):
    text: str
    percent: str


class TokenCard(msgspec.Struct, frozen=True):
    """`level` is 0 for a token that was nearly certain, up to 4 for one that nobody expected."""

    text: str
    percent: str
    level: int
    others: list[Alternative]


def token_cards(message: Message) -> list[TokenCard]:
    """The tokens of an answer in their order; none when the endpoint was not asked for them or did not tell."""
    if message.completion is None or not message.completion.has_logprobs:
        return []
    told = message.completion.response.get("logprobs", {}).get(str(message.choice_index)) or {}
    entries = [*(told.get("content") or []), *(told.get("refusal") or [])]
    return [_card(entry) for entry in entries if isinstance(entry, Mapping)]


def _card(entry: Mapping[str, Any]) -> TokenCard:
    text = _text(entry)
    others = [other for other in entry.get("top_logprobs") or [] if isinstance(other, Mapping)]
    share = _share(entry.get("logprob"))
    return TokenCard(
        text=text,
        percent=_percent(share),
        level=next((level for level, least in enumerate(SHARES) if share >= least), len(SHARES)),
        others=[
            Alternative(text=_text(other), percent=_percent(_share(other.get("logprob"))))
            for other in others
            if _text(other) != text
        ],
    )


def _text(entry: Mapping[str, Any]) -> str:
    token = entry.get("token")
    return token if isinstance(token, str) else ""


def _share(logprob: Any) -> float:
    """Some servers give -9999 or null for what has no probability."""
    is_number = isinstance(logprob, int | float) and not isinstance(logprob, bool)
    return math.exp(min(logprob, 0)) if is_number and logprob > -700 else 0.0


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.1 else f"{share * 100:.1f} %"
