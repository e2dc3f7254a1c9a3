"""How much work a JSON schema makes of a value: a small schema can ask for more than any machine has time for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Pairs of a schema and a value that are looked at. Each takes a validator about a microsecond, and memory if it fails.
MOST_PAIRS = 20_000

Pair = tuple[Any, Any]


def is_affordable(schema: Any, value: Any) -> bool:
    """Whether checking `value` stays within MOST_PAIRS, however the validator goes about it.

    Counts every pair that could be looked at; False also for references that are not into the schema itself.
    """
    left = MOST_PAIRS
    pairs: list[Pair] = [(schema, value)]
    while pairs:
        here, part = pairs.pop()
        if not isinstance(here, dict):
            continue
        for reference in ("$ref", "$dynamicRef", "$recursiveRef"):
            if reference in here:
                target = _target(schema, here[reference])
                if target is None:
                    return False
                pairs.append((target, part))
        pairs.extend(_beside(here, part))
        pairs.extend(_within(here, part))
        left -= 1 + (len(part) if isinstance(part, dict | list) else 0)
        if left < len(pairs):
            return False
    return True


def _target(root: Any, reference: Any) -> Any | None:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    found = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found if reference == "#" or reference.startswith("#/") else None


def _beside(schema: dict[str, Any], value: Any) -> Iterator[Pair]:
    """What is asked of the value itself."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from ((each, value) for each in _list(schema.get(keyword)))
    for keyword in ("not", "if", "then", "else"):
        yield schema.get(keyword), value
    for keyword in ("dependentSchemas", "dependencies"):
        yield from ((each, value) for each in _object(schema.get(keyword)).values())


def _within(schema: dict[str, Any], value: Any) -> Iterator[Pair]:
    """What is asked of its members."""
    if isinstance(value, dict):
        named = _object(schema.get("properties"))
        patterns = list(_object(schema.get("patternProperties")).values())
        for name, member in value.items():
            yield named.get(name), member
            yield schema.get("additionalProperties"), member
            yield schema.get("unevaluatedProperties"), member
            yield schema.get("propertyNames"), name
            yield from ((pattern, member) for pattern in patterns)
    elif isinstance(value, list):
        for keyword in ("items", "additionalItems", "unevaluatedItems", "contains"):
            asked = schema.get(keyword)
            if isinstance(asked, dict):
                yield from ((asked, member) for member in value)
        for keyword in ("prefixItems", "items"):
            yield from zip(_list(schema.get(keyword)), value, strict=False)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
