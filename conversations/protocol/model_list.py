"""The models an endpoint offers, read from every known shape of GET /v1/models; no shape raises."""

from __future__ import annotations

from typing import Any

import msgspec

from .json_reading import NOT_JSON, read_json
from .key_masking import Mask, mask_keys, plain_text
from .text_repair import clean_text, clean_value

# The largest gateways list some thousands; more would only be slow to keep and to choose from.
MOST_MODELS = 10_000


class ModelInfo(msgspec.Struct, frozen=True):
    """One model. `context_length` is in tokens; empty lists and None mean that the endpoint does not say.

    `extra` holds every other member of the entry as it came.
    """

    id: str
    name: str = ""
    created: int | None = None
    owned_by: str = ""
    context_length: int | None = None
    input_modalities: list[str] = []
    output_modalities: list[str] = []
    supported_parameters: list[str] = []
    extra: dict[str, Any] = {}


class ModelList(msgspec.Struct, frozen=True):
    """What an endpoint's list said. `problem` is a plain sentence when it is no list of models, else ""."""

    models: list[ModelInfo]
    problem: str = ""


_READ_MEMBERS = frozenset({"id", "object", "created", "owned_by", "supported_parameters"})


def read_model_list(body: bytes, *, mask: Mask = mask_keys) -> ModelList:
    """Read the body of a 200 answer: an array, {"data": […]} or {"models": […]}; the first MOST_MODELS count."""
    value = read_json(body)
    if value is NOT_JSON:
        return ModelList([], "This server does not list its models: its answer is not JSON.")
    entries = _entries(value)
    if entries is None:
        return ModelList([], plain_text(_problem(value), mask))
    models: dict[str, ModelInfo] = {}
    for entry in entries:
        model = read_model(entry)
        if model is not None:
            models.setdefault(model.id, model)
        if len(models) == MOST_MODELS:
            break
    return ModelList(list(models.values()))


def read_model(entry: object) -> ModelInfo | None:
    """Read one entry of a list, or the answer to GET /v1/models/{id}; None when it names no model."""
    if isinstance(entry, str):
        entry = {"id": entry}
    if not isinstance(entry, dict):
        return None
    identifier = next((text for name in ("id", "name", "model") if (text := _text(entry.get(name)))), "")
    if not identifier:
        return None
    return ModelInfo(
        id=identifier,
        name=_text(entry.get("name")) or _text(entry.get("display_name")),
        created=_integer(entry.get("created")),
        owned_by=_text(entry.get("owned_by")),
        context_length=_context_length(entry),
        input_modalities=_modalities(entry, "input_modalities"),
        output_modalities=_modalities(entry, "output_modalities"),
        supported_parameters=_texts(entry.get("supported_parameters")),
        extra={name: clean_value(value) for name, value in entry.items() if name not in _READ_MEMBERS},
    )


def _entries(value: object) -> list[Any] | None:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return None
    if value.get("error") or value.get("success") is False:
        return None
    lists = [value[name] for name in ("data", "models") if isinstance(value.get(name), list)]
    if lists:
        return next((entries for entries in lists if entries), [])
    # Go servers encode an empty list as null.
    return [] if "data" in value or "models" in value else None


def _problem(value: object) -> str:
    message = ""
    if isinstance(value, dict):
        error = value.get("error")
        message = _text(error.get("message")) if isinstance(error, dict) else _text(error)
        message = message or _text(value.get("message"))
    return message or "This server does not list its models."


def _context_length(entry: dict[str, Any]) -> int | None:
    meta = _object(entry.get("meta"))
    top = _object(entry.get("top_provider"))
    candidates = (
        entry.get("context_length"),
        entry.get("max_model_len"),
        entry.get("max_context_length"),
        entry.get("context_window"),
        meta.get("n_ctx"),
        meta.get("n_ctx_train"),
        top.get("context_length"),
    )
    return next((number for value in candidates if (number := _integer(value))), None)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _modalities(entry: dict[str, Any], name: str) -> list[str]:
    return _texts(_object(entry.get("architecture")).get(name)) or _texts(entry.get(name))


def _text(value: object) -> str:
    return clean_text(value).strip() if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [text for item in value if (text := _text(item))] if isinstance(value, list) else []


def _integer(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**63 else None
