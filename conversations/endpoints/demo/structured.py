"""Answers as JSON when the request's `response_format` asks for it.

Invariant: the answer is valid JSON, and follows the schema for the keywords that are read here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from .language import guess_language
from .pieces import Piece, Say
from .reading import DemoRequest

DEEPEST = 12
PLAIN_VALUES: dict[str, Any] = {"string": "demo", "number": 0, "integer": 0, "boolean": True, "null": None}


def wants_json(request: DemoRequest) -> bool:
    return request.response_format.get("type") in ("json_object", "json_schema")


def answer_as_json(request: DemoRequest) -> Iterator[Piece]:
    schema = (request.response_format.get("json_schema") or {}).get("schema")
    text = request.last_text
    value: Any = {"words": len(text.split()), "characters": len(text), "language": guess_language(text)}
    if isinstance(schema, Mapping):
        value = _example(schema, schema, DEEPEST)
    yield Say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _example(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    """A small value for a JSON Schema; recursion ends at `depth`."""
    if depth == 0:
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if inner := _alternative(schema, root):
        return _example(inner, root, depth - 1)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties") or {}
        return {name: _example(inner, root, depth - 1) for name, inner in properties.items()}
    if kind == "array":
        return [_example(schema.get("items") or {}, root, depth - 1)]
    return _number(schema) if kind in ("number", "integer") else PLAIN_VALUES.get(str(kind), "demo")


def _alternative(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for keyword in ("anyOf", "oneOf", "allOf"):
        if schema.get(keyword):
            first: Mapping[str, Any] = schema[keyword][0]
            return first
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    found: Any = root
    for name in filter(None, reference.removeprefix("#").split("/")):
        found = found.get(name, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else None


def _number(schema: Mapping[str, Any]) -> float | int:
    least: float | int = schema.get("minimum", 0)
    most: float | int = schema.get("maximum", least)
    return min(least, most)
