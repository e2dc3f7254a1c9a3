"""Token counts of an exchange, wherever an endpoint puts them; a number not given is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

# More than any exchange uses: servers write -1 as an unsigned number.
MOST_TOKENS = 2**31 - 1


class Usage(msgspec.Struct, frozen=True):
    """What one exchange used. Counts are tokens, `cost` is in the endpoint's currency; None means unknown.

    `raw` is the usage object as the endpoint gave it, with every member this class does not name.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    prompt_text_tokens: int | None = None
    prompt_audio_tokens: int | None = None
    prompt_image_tokens: int | None = None
    reasoning_tokens: int | None = None
    completion_text_tokens: int | None = None
    completion_audio_tokens: int | None = None
    completion_image_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    cost: float | None = None
    raw: dict[str, Any] = {}


def has_counts(value: object, *, depth: int = 3) -> bool:
    """Whether a usage object says anything: some number in it or in its details is not zero."""
    if isinstance(value, Mapping):
        return depth > 0 and any(has_counts(member, depth=depth - 1) for member in value.values())
    return isinstance(value, int | float) and not isinstance(value, bool) and value != 0


def read_usage(raw: Mapping[str, Any]) -> Usage:
    """Read a usage object leniently: members of the wrong type count as not given."""
    prompt = _object(raw, "prompt_tokens_details", "input_tokens_details")
    completion = _object(raw, "completion_tokens_details", "output_tokens_details")
    cached = _count(prompt, "cached_tokens")
    return Usage(
        prompt_tokens=_count(raw, "prompt_tokens", "input_tokens"),
        completion_tokens=_count(raw, "completion_tokens", "output_tokens"),
        total_tokens=_count(raw, "total_tokens"),
        cached_tokens=_count(raw, "prompt_cache_hit_tokens", "cached_tokens") if cached is None else cached,
        cache_write_tokens=_count(prompt, "cache_write_tokens"),
        prompt_text_tokens=_count(prompt, "text_tokens"),
        prompt_audio_tokens=_count(prompt, "audio_tokens"),
        prompt_image_tokens=_count(prompt, "image_tokens"),
        reasoning_tokens=_count(completion, "reasoning_tokens"),
        completion_text_tokens=_count(completion, "text_tokens"),
        completion_audio_tokens=_count(completion, "audio_tokens"),
        completion_image_tokens=_count(completion, "image_tokens"),
        accepted_prediction_tokens=_count(completion, "accepted_prediction_tokens"),
        rejected_prediction_tokens=_count(completion, "rejected_prediction_tokens"),
        cost=_cost(raw),
        raw=dict(raw),
    )


def _object(raw: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        value = raw.get(name)
        if isinstance(value, Mapping):
            return value
    return {}


def _count(raw: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = raw.get(name)
        if isinstance(value, bool):
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and 0 <= value <= MOST_TOKENS:
            return value
    return None


def _cost(raw: Mapping[str, Any]) -> float | None:
    value = raw.get("cost")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e12 else None
