"""What a model can do, in words: from what the endpoint doctor found, for tables and for the panel of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy

from conversations.endpoints import Finding

LABELS = {
    "whole": gettext_lazy("Whole answers"),
    "stream": gettext_lazy("Streamed answers"),
    "usage": gettext_lazy("Token counts while streaming"),
    "max_tokens": gettext_lazy("Limit as max_tokens"),
    "max_completion_tokens": gettext_lazy("Limit as max_completion_tokens"),
    "developer": gettext_lazy("Role developer"),
    "n": gettext_lazy("Several answers at once"),
    "logprobs": gettext_lazy("Log probabilities"),
    "json_schema": gettext_lazy("JSON by a schema"),
    "tools": gettext_lazy("Tools"),
    "images": gettext_lazy("Pictures in"),
    "audio": gettext_lazy("Sound in"),
    "speech": gettext_lazy("Speech out"),
    "reasoning": gettext_lazy("Reasoning"),
}
STATES = {
    "yes": gettext_lazy("yes"),
    "no": gettext_lazy("no"),
    "unclear": gettext_lazy("unclear"),
}
# The parameters that are of no use without an ability.
NEEDS = {
    "stream": "stream",
    "stream_options.include_usage": "usage",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_completion_tokens",
    "n": "n",
    "logprobs": "logprobs",
    "top_logprobs": "logprobs",
    "response_format.type": "json_schema",
    "response_format.json_schema": "json_schema",
    "tool_choice": "tools",
    "parallel_tool_calls": "tools",
    "modalities": "speech",
    "audio.voice": "speech",
    "audio.format": "speech",
}
TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")


class AbilityRow(msgspec.Struct, frozen=True):
    label: str
    state: str
    word: str
    detail: str


def profile_of(findings: Iterable[Finding]) -> dict[str, Any]:
    """As OfferedModel keeps it: {ability: {"state", "detail"}}."""
    return {finding.ability: {"state": finding.state, "detail": finding.detail} for finding in findings}


def ability_rows(profile: Mapping[str, Any]) -> list[AbilityRow]:
    """A kept profile as a table, in the order of the doctor's trials."""
    return [
        AbilityRow(
            label=str(LABELS[ability]),
            state=found["state"],
            word=str(STATES[found["state"]]),
            detail=str(found.get("detail", "")),
        )
        for ability, found in _known(profile)
    ]


def beyond(profile: Mapping[str, Any]) -> frozenset[str]:
    """The parameters that the model had no use for when it was tried. A limit under the other name still is one."""
    lacking = {ability for ability, found in _known(profile) if found["state"] == "no"}
    if not lacking.issuperset(TOKEN_LIMITS):
        lacking.difference_update(TOKEN_LIMITS)
    return frozenset(name for name, ability in NEEDS.items() if ability in lacking)


def _known(profile: Any) -> list[tuple[str, dict[str, Any]]]:
    """Of a profile that may be of another version, what this one knows."""
    members = profile.items() if isinstance(profile, Mapping) else ()
    return [
        (ability, found)
        for ability, found in members
        if ability in LABELS and isinstance(found, dict) and found.get("state") in STATES
    ]
