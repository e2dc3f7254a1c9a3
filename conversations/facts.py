"""What there is to know about an answer besides its words: model, tokens, times, how it ended."""

from __future__ import annotations

import math

import msgspec
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.models import Completion, Message, OfferedModel

COARSE = 0.01

_USAGE = (
    ("prompt_tokens_details.cached_tokens", gettext_lazy("Tokens from the cache")),
    ("prompt_tokens_details.cache_write_tokens", gettext_lazy("Tokens put into the cache")),
    ("prompt_tokens_details.text_tokens", gettext_lazy("Text tokens in")),
    ("prompt_tokens_details.audio_tokens", gettext_lazy("Audio tokens in")),
    ("prompt_tokens_details.image_tokens", gettext_lazy("Image tokens in")),
    ("completion_tokens_details.reasoning_tokens", gettext_lazy("Reasoning tokens")),
    ("completion_tokens_details.text_tokens", gettext_lazy("Text tokens out")),
    ("completion_tokens_details.audio_tokens", gettext_lazy("Audio tokens out")),
    ("completion_tokens_details.image_tokens", gettext_lazy("Image tokens out")),
    ("completion_tokens_details.accepted_prediction_tokens", gettext_lazy("Predicted tokens used")),
    ("completion_tokens_details.rejected_prediction_tokens", gettext_lazy("Predicted tokens not used")),
)


class Fact(msgspec.Struct, frozen=True):
    label: str
    value: str


def facts_about(message: Message) -> list[Fact]:
    """Only what is known: an endpoint that gives no usage has no row of zeros."""
    facts = [
        (_("Written"), date_format(localtime(message.finished_at or message.created_at), "DATETIME_FORMAT"))
    ]
    completion = message.completion
    if completion:
        facts = [
            *_model(message, completion),
            *_tokens(completion),
            *_cost(completion),
            *_times(completion),
            *facts,
        ]
    if message.finish_reason:
        facts.append((_("Ended with"), message.finish_reason))
    if completion:
        facts += _names(completion)
    return [Fact(label=label, value=value) for label, value in facts]


def _model(message: Message, completion: Completion) -> list[tuple[str, str]]:
    rows = [(_("Model"), completion.response_model or message.model or completion.model)]
    if completion.response_model and completion.response_model != completion.model:
        rows.append((_("Asked for"), completion.model))
    if completion.endpoint:
        rows.append((_("Endpoint"), completion.endpoint.name))
    return rows


def _names(completion: Completion) -> list[tuple[str, str]]:
    """What the endpoint's own records call it."""
    rows = [(_("Response id"), completion.response_id), (_("Fingerprint"), completion.system_fingerprint)]
    return [(label, value) for label, value in rows if value]


def _tokens(completion: Completion) -> list[tuple[str, str]]:
    rows = []
    if completion.prompt_tokens is not None:
        rows.append((_("Tokens in"), number_format(completion.prompt_tokens)))
    if completion.completion_tokens is not None:
        rows.append((_("Tokens out"), number_format(completion.completion_tokens)))
    for path, label in _USAGE:
        value = completion.usage
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, int) and value:
            rows.append((str(label), number_format(value)))
    return rows


def _cost(completion: Completion) -> list[tuple[str, str]]:
    """What the endpoint says it took, or what its list of models says that so many tokens take; in US dollars."""
    told = (completion.usage or {}).get("cost")
    is_told = isinstance(told, int | float) and not isinstance(told, bool)
    label, cost = (_("Cost"), told) if is_told else (_("Cost, by the list of prices"), _price(completion))
    if cost is None or not math.isfinite(cost) or cost < 0:
        return []
    return [(label, f"${number_format(cost, 6 if cost < COARSE else 4)}")]


def _price(completion: Completion) -> float | None:
    offered = OfferedModel.objects.filter(endpoint=completion.endpoint_id, name=completion.model).first()
    pricing = offered.data.get("pricing") if offered else None
    if not isinstance(pricing, dict) or completion.prompt_tokens is None:
        return None
    try:
        of_prompt, of_answer = float(pricing["prompt"]), float(pricing["completion"])
    except (KeyError, TypeError, ValueError):
        return None
    if of_prompt < 0 or of_answer < 0:  # some gateways say so that it depends
        return None
    return completion.prompt_tokens * of_prompt + (completion.completion_tokens or 0) * of_answer


def _times(completion: Completion) -> list[tuple[str, str]]:
    rows = []
    if completion.first_token_seconds is not None:
        rows.append((_("First token after"), _("%s s") % number_format(completion.first_token_seconds, 2)))
    if completion.seconds is not None:
        rows.append((_("Took"), _("%s s") % number_format(completion.seconds, 1)))
        writing = completion.seconds - (completion.first_token_seconds or 0)
        if completion.completion_tokens and writing > 0:
            rows.append(
                (_("Speed"), _("%s tokens/s") % number_format(completion.completion_tokens / writing, 1))
            )
    return rows
