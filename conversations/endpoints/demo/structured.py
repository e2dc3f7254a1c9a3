"""Answers as JSON when the request's `response_format` asks for it.

Invariant: the answer is valid JSON, and follows the schema for the keywords that are read here; a schema that makes
no sense is refused, and none costs more than a moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from .language import guess_language
from .pieces import Piece, Refuse, Say
from .reading import DemoRequest

DEEPEST = 12
LONGEST_EXAMPLE = 50_000
PLAIN_VALUES: dict[str, Any] = {"string": "demo", "number": 0, "integer": 0, "boolean": True, "null": None}
KINDS = {*PLAIN_VALUES, "object", "array"}


class SchemaError(ValueError):
    """The schema cannot be followed; the message says why."""


def wants_json(request: DemoRequest) -> bool:
    return request.response_format.get("type") in ("json_object", "json_schema")


def answer_as_json(request: DemoRequest) -> Iterator[Piece]:
    schema = (request.response_format.get("json_schema") or {}).get("schema")
    text = request.last_text
    value: Any = {"words": len(text.split()), "characters": len(text), "language": guess_language(text)}
    if isinstance(schema, Mapping):
        try:
            value = SchemaExample(schema).value(schema, DEEPEST)
        except SchemaError as error:
            yield Refuse(
                400,
                f"Invalid schema for response_format: {error}",
                "invalid_request_error",
                None,
                "response_format",
            )
            return
    yield Say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


class SchemaExample:
    """Makes a small value for a JSON Schema. Recursion ends in null; so does what goes beyond LONGEST_EXAMPLE."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = LONGEST_EXAMPLE

    def value(self, schema: object, depth: int) -> Any:
        if depth <= 0 or self._left <= 0:
            return None
        flat = self._flat(schema, depth)
        if "const" in flat:
            return self._copied(flat["const"])
        if "enum" in flat:
            return self._copied(_list(flat, "enum")[0])
        for keyword in ("anyOf", "oneOf"):
            if keyword in flat:
                possible = [option for option in _list(flat, keyword) if option is not False]
                return self.value(possible[0] if possible else False, depth - 1)
        kind = _kind(flat)
        if kind == "object":
            return self._object(flat, depth)
        if kind == "array":
            return self._array(flat, depth)
        return _number(flat) if kind in ("number", "integer") else PLAIN_VALUES[kind]

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        made = {}
        for name, inner in schema.get("properties", {}).items():
            if self._left <= 0:
                break
            self._left -= len(name)
            if inner is not False:
                made[name] = self.value(inner, depth - 1)
        return made

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        items = schema.get("items", True)
        each = items if isinstance(items, list) else [items]
        return [self.value(item, depth - 1) for item in each if item is not False]

    def _flat(self, schema: object, depth: int) -> dict[str, Any]:
        """The schema with what it refers to and its `allOf` merged into it."""
        if schema is True or depth <= 0 or self._left <= 0:
            return {}
        if not isinstance(schema, Mapping):
            raise SchemaError(
                "`false` allows no value." if schema is False else "A schema is an object or a boolean."
            )
        flat = {name: value for name, value in schema.items() if name not in ("$ref", "allOf", "properties")}
        properties = dict(_properties(schema))
        self._left -= 10 + len(flat) + len(properties)
        parts = [self._target(schema["$ref"])] if "$ref" in schema else []
        for part in [*parts, *(_list(schema, "allOf") if "allOf" in schema else ())]:
            inner = self._flat(part, depth - 1)
            for name, value in inner.pop("properties", {}).items():
                properties.setdefault(name, value)
            for name, value in inner.items():
                flat.setdefault(name, value)
        return {**flat, "properties": properties} if properties else flat

    def _target(self, reference: object) -> Any:
        """What a reference inside the schema points to."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise SchemaError("A `$ref` must be a text that begins with `#`.")
        found: Any = self._root
        for step in filter(None, reference[1:].split("/")):
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and len(name) < 9 and int(name) < len(found):
                found = found[int(name)]
            else:
                raise SchemaError(f"The `$ref` {reference[:100]} points to nothing.")
        return found

    def _copied(self, value: Any) -> Any:
        self._left -= len(msgspec.json.encode(value))
        return value


def _list(schema: Mapping[str, Any], keyword: str) -> Sequence[Any]:
    found = schema[keyword]
    if not isinstance(found, list) or not found:
        raise SchemaError(f"`{keyword}` must be a list that is not empty.")
    return found


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties", {})
    if not isinstance(found, Mapping):
        raise SchemaError("`properties` must be an object.")
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if not isinstance(kind, str) or kind not in KINDS:
        raise SchemaError("`type` must be the name of a type, or a list of such names.")
    return kind


def _number(schema: Mapping[str, Any]) -> float | int:
    least = schema.get("minimum", 0)
    most = schema.get("maximum", least)
    for limit in (least, most):
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            raise SchemaError("`minimum` and `maximum` must be numbers.")
    smaller: float | int = min(least, most)
    return smaller
